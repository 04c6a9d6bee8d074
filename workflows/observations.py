"""What was seen or done about a change.

Observations are recorded and folded, never decided, and are allowed in every state, final ones too:
the world does not ask the procedure for permission.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workflows.events import Entry, Review
from workflows.prose import Naming, Prose, Shown
from workflows.vocabulary import ChangeId, ExceptionId, Number, Origin, PersonId, StepName, TicketKey


class PreLook(Entry):
    """What the grantee held at the target before this change's first grant."""

    kind: Literal["pre-look/1"] = "pre-look/1"
    target: str
    origin: Origin
    through: ChangeId | None = None


class GrantAttempted(Entry):
    """A grant call is about to leave; whatever comes of it ends by ``ends_by``."""

    kind: Literal["grant-attempted/1"] = "grant-attempted/1"
    ends_by: AwareDatetime


class GrantConfirmed(Entry):
    """The provider's read-back shows the access in force."""

    kind: Literal["grant-confirmed/1"] = "grant-confirmed/1"
    seen: str


class AccessEnded(Entry):
    """The access is gone, or is rightly left: held anyway, or carried on by another change."""

    kind: Literal["access-ended/1"] = "access-ended/1"
    left: Origin | None = None  #: ABSENT is never used here: ``None`` says removed and seen gone
    through: ChangeId | None = None


class AccessStillGone(Entry):
    """A later read-back found the access still gone; ``look`` 2 comes after a minute, 3 after ten."""

    kind: Literal["access-still-gone/1"] = "access-still-gone/1"
    look: int


class AccessBack(Entry):
    """Access that was seen gone is there again without a change that owes it."""

    kind: Literal["access-back/1"] = "access-back/1"


class TicketOpened(Entry):
    """The ticket of record exists."""

    kind: Literal["ticket-opened/1"] = "ticket-opened/1"
    key: TicketKey
    url: str
    adopted: bool = False  #: found by its label after an attempt whose outcome was unknown


class TicketMoved(Entry):
    """The ticket was read in this status."""

    kind: Literal["ticket-moved/1"] = "ticket-moved/1"
    key: TicketKey
    status: str


class DuplicateTicketClosed(Entry):
    """A second ticket of the same change was found, linked and closed."""

    kind: Literal["duplicate-ticket-closed/1"] = "duplicate-ticket-closed/1"
    key: TicketKey
    survivor: TicketKey


class CardPosted(Entry):
    """The card stands in a channel."""

    kind: Literal["card-posted/1"] = "card-posted/1"
    channel: str
    ts: str


class MessageSent(Entry):
    """A direct message about ``about`` reached Slack."""

    kind: Literal["message-sent/1"] = "message-sent/1"
    about: Number
    to: PersonId


class StepStuck(Entry):
    """A step cannot finish; the gap is recorded once and filled later."""

    kind: Literal["step-stuck/1"] = "step-stuck/1"
    step: StepName
    because: Prose


class StepRecovered(Entry):
    """A step that was stuck has finished."""

    kind: Literal["step-recovered/1"] = "step-recovered/1"
    step: StepName


class MembershipRead(Entry):
    """The verdict's group was read again after the commit."""

    kind: Literal["membership-read/1"] = "membership-read/1"
    verdict: Number
    group: str
    member: bool


class AuthorsSeen(Entry):
    """Who wrote the commits that a completion report names, and who started its deployments."""

    kind: Literal["authors-seen/1"] = "authors-seen/1"
    completion: Number
    authors: tuple[PersonId, ...]
    deployers: tuple[PersonId, ...] = ()
    unresolved: int  #: authors and deployers nobody could tell


class PullRequested(Entry):
    """The pull request asks for reviews of exactly what ``shown`` is the digest of."""

    kind: Literal["pull-requested/1"] = "pull-requested/1"
    pull: int
    url: str
    branch: str
    commit: str  #: its head, which commits to everything shown
    shown: Shown
    description: str  #: sha256 of the text people read there; what else stands there was put there by others
    erased: bool = False  #: that text was taken out, because some of it was erased


class PullClosed(Entry):
    """The pull request was closed with its change."""

    kind: Literal["pull-closed/1"] = "pull-closed/1"
    pull: int


class ReviewAnnounced(Entry):
    """A webhook said that something happened to a review; what it was is looked up, never taken from it."""

    kind: Literal["review-announced/1"] = "review-announced/1"
    pull: int
    action: str


class ReviewDiscounted(Entry):
    """A review does not count, and its author is told why."""

    kind: Literal["review-discounted/1"] = "review-discounted/1"
    review: Review
    reviewer: PersonId | None  #: ``None``: nobody is linked to the account
    account: Annotated[Prose, Naming()]
    because: str


class QuestionAnswered(Entry):
    """Whoever answers for the change replied to an approver's question, on GitHub."""

    kind: Literal["question-answered/1"] = "question-answered/1"
    question: Number
    who: PersonId
    url: str
    text: Prose


class FollowUpOpened(Entry):
    """The issue of a follow-up exists."""

    kind: Literal["follow-up-opened/1"] = "follow-up-opened/1"
    follow_up: int
    key: TicketKey
    url: str
    adopted: bool = False  #: found by its label after an attempt whose outcome was unknown


class FollowUpMoved(Entry):
    """The issue of a follow-up was read in this status; ``assigned``: to somebody, in the tracker too."""

    kind: Literal["follow-up-moved/1"] = "follow-up-moved/1"
    follow_up: int
    key: TicketKey
    status: str
    assigned: bool


class FollowUpDone(Entry):
    """The tracker says that a follow-up is done."""

    kind: Literal["follow-up-done/1"] = "follow-up-done/1"
    follow_up: int
    key: TicketKey
    status: str


class FollowUpLost(Entry):
    """The issue of a follow-up is gone from the tracker, though it was not done."""

    kind: Literal["follow-up-lost/1"] = "follow-up-lost/1"
    follow_up: int
    key: TicketKey


class FollowUpReminder(Entry):
    """The owner of a follow-up is told that its date has come, or has passed."""

    kind: Literal["follow-up-reminder/1"] = "follow-up-reminder/1"
    follow_up: int
    slot: str


class FollowUpEscalation(Entry):
    """Somebody else is told of a follow-up that is late."""

    kind: Literal["follow-up-escalation/1"] = "follow-up-escalation/1"
    follow_up: int
    slot: str
    to: str  #: a group of the policy


class TranscriptSent(Entry):
    """Whoever decided was sent the text they decided on."""

    kind: Literal["transcript-sent/1"] = "transcript-sent/1"
    about: Number
    shown: Shown  #: its digest
    to: PersonId


class Finding(Entry):
    """A control failed in this instance."""

    kind: Literal["finding/1"] = "finding/1"
    exception: ExceptionId
    about: Number | None = None
    because: Prose


Observation = Annotated[
    PreLook
    | GrantAttempted
    | GrantConfirmed
    | AccessEnded
    | AccessStillGone
    | AccessBack
    | TicketOpened
    | TicketMoved
    | DuplicateTicketClosed
    | CardPosted
    | MessageSent
    | StepStuck
    | StepRecovered
    | MembershipRead
    | AuthorsSeen
    | PullRequested
    | PullClosed
    | ReviewAnnounced
    | ReviewDiscounted
    | QuestionAnswered
    | FollowUpOpened
    | FollowUpMoved
    | FollowUpDone
    | FollowUpLost
    | FollowUpReminder
    | FollowUpEscalation
    | TranscriptSent
    | Finding,
    Field(discriminator="kind"),
]
