"""What concerns no single change: the rules in force, keys, identities, absences, and that the bot is alive."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from workflows.events import Act, Entry
from workflows.prose import Policytext, Prose
from workflows.vocabulary import ChangeId, PersonId, ReconciliationId, TicketKey


class PolicyInForce(Entry):
    """From here on new changes are pinned to this policy."""

    kind: Literal["policy-in-force/1"] = "policy-in-force/1"
    sha256: str
    text: Policytext


class KeyInForce(Entry):
    """From here on checkpoints are signed with this key."""

    kind: Literal["key-in-force/1"] = "key-in-force/1"
    origin: str
    public_key: str  #: the verifier key of the signed note format


class KeyRotated(Entry):
    """From here on checkpoints are signed with another key; the old one and the new one both signed that."""

    kind: Literal["key-rotated/1"] = "key-rotated/1"
    previous: str  #: the verifier key that was in force
    public_key: str  #: the verifier key that is in force from here on, of the same origin
    note: str  #: a signed note that names both, signed by both


class LedgerDamaged(Entry):
    """Entries at the end of the ledger were gone, or its head was changed; it goes on, and nothing is closed."""

    kind: Literal["ledger-damaged/1"] = "ledger-damaged/1"
    said: int  #: how many entries the head knew of
    there: int  #: how many entries were there


class LedgerRecovered(Entry):
    """What was lost is known, and from here on the ledger is signed under another origin."""

    kind: Literal["ledger-recovered/1"] = "ledger-recovered/1"
    previous: str  #: the verifier key that was in force
    public_key: str  #: the verifier key of the new origin
    kept: int  #: what was signed under the previous origin over more entries than this is lost
    lost: int  #: the most entries that are known to have been signed; 0 if nobody knows
    note: str  #: a signed note that names both keys, signed by both
    because: Prose


class Attested(Entry):
    """Somebody else holds a checkpoint, or has vouched for it."""

    size: int
    root: str  #: hexadecimal
    checkpoint: str  #: the signed note, as it was given out


class Anchored(Attested):
    """A checkpoint was kept in a place that the bot cannot rewrite unseen."""

    kind: Literal["anchored/1"] = "anchored/1"
    where: str  #: such as a repository
    reference: str  #: such as a commit


class Timestamped(Attested):
    """A timestamp authority signed when a checkpoint was there (RFC 3161)."""

    kind: Literal["timestamped/1"] = "timestamped/1"
    authority: str
    response: str  #: the whole answer, in base64


class Cosigned(Attested):
    """A witness signed that a checkpoint continues all it saw before (C2SP ``cosignature/v1``)."""

    kind: Literal["cosigned/1"] = "cosigned/1"
    witness: str  #: the witness' verifier key
    signature: str  #: the line it put under the checkpoint


class EvidenceAltered(Entry):
    """The evidence repository was not as it had been left; it was written again."""

    kind: Literal["evidence-altered/1"] = "evidence-altered/1"
    where: str
    head: str  #: the commit its branch was at; empty: the branch was gone
    lost: str  #: a commit that was no longer in its history; empty: none was missing
    changes: int  #: how many records were not what had been written; each has a finding of its own
    checkpoint: bool  #: the anchored checkpoint was gone or another
    papers: tuple[str, ...] = ()  #: folders of digests and reviews that were not what had been written


class Reconciled(Entry):
    """The ledger was compared with another system; the differences may name accounts of people."""

    kind: Literal["reconciled/1"] = "reconciled/1"
    id: ReconciliationId
    begin: AwareDatetime | None = None  #: the period that was compared; none: all there is, as of now
    end: AwareDatetime | None = None
    matched: int
    left_only: int
    right_only: int
    waived: int
    differences: Prose = ""  #: one line each: left only, right only, waived


class AccountLinked(Entry):
    """A person's account at GitHub or Jira is known from here on."""

    kind: Literal["account-linked/1"] = "account-linked/1"
    person: PersonId
    vendor: Literal["github", "jira"]
    account: Prose
    number: Prose = ""  #: what stays when a login is changed or taken over; empty: not known yet
    source: Literal["command", "import", "verified e-mail", "seen"]


class Delegation(Entry):
    """Somebody is away until ``until``; ``to`` stands in: is told, and answers with rights of their own."""

    kind: Literal["delegation/1"] = "delegation/1"
    to: PersonId
    until: AwareDatetime


class DelegationEnded(Entry):
    """Somebody is back before the time."""

    kind: Literal["delegation-ended/1"] = "delegation-ended/1"


class GroupEmpty(Entry):
    """Nobody is left in a group that must decide or be told; people were alarmed once."""

    kind: Literal["group-empty/1"] = "group-empty/1"
    group: str


class GroupFilled(Entry):
    """There is somebody again in a group that was empty."""

    kind: Literal["group-filled/1"] = "group-filled/1"
    group: str


class Invocation(Entry):
    """Somebody typed the command; ``word`` is the first word if it is one of ours."""

    kind: Literal["invocation/1"] = "invocation/1"
    word: str


class TurnedAway(Entry):
    """Somebody who may not use the bot at all clicked or typed; the sentence is in the ruling."""

    kind: Literal["turned-away/1"] = "turned-away/1"
    because: str


class Started(Entry):
    """A replica began to work."""

    kind: Literal["started/1"] = "started/1"
    replica: str
    version: str


class Heartbeat(Entry):
    """A replica is alive; gaps between heartbeats are outages."""

    kind: Literal["heartbeat/1"] = "heartbeat/1"
    replica: str


class GuardsChecked(Entry):
    """The database's own guards were looked at; ``missing`` names those that were not there."""

    kind: Literal["guards-checked/1"] = "guards-checked/1"
    missing: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What people are told."""
        if not self.missing:
            return "The ledger's guards are all in the database again, so changes can be closed. Run `emergency-change ledger verify` to see what happened meanwhile."
        return (
            f"Something is wrong with the ledger's guards in the database: {', '.join(self.missing)}. Emergencies are "
            "granted as before, but nothing can be closed. Find out who did this, then put them back with "
            "`emergency-change db guard`."
        )


class PersonErased(Entry):
    """What was known about a person is gone: accounts, and every value about or by them."""

    kind: Literal["person-erased/1"] = "person-erased/1"
    person: PersonId
    reason: Prose
    values: int
    also: tuple[str, ...] = ()  #: ``sequence/field`` of what others wrote and mentions them


class PolicyRedacted(Entry):
    """The policy of this digest named somebody who was erased; from here on it reads like this."""

    kind: Literal["policy-redacted/1"] = "policy-redacted/1"
    sha256: str
    text: Policytext


class HoldSet(Entry):
    """Nothing of this change, or about this person, may be erased until the hold is lifted."""

    kind: Literal["hold-set/1"] = "hold-set/1"
    change: ChangeId | None = None
    person: PersonId | None = None
    reason: Prose


class HoldLifted(Entry):
    """The hold is over."""

    kind: Literal["hold-lifted/1"] = "hold-lifted/1"
    change: ChangeId | None = None
    person: PersonId | None = None
    reason: Prose


class RecordsPurged(Entry):
    """The values of these changes, and those of entries without a change up to ``until``, are gone: too old."""

    kind: Literal["records-purged/1"] = "records-purged/1"
    before: AwareDatetime
    changes: tuple[ChangeId, ...]
    until: int
    values: int


class ReviewRung(BaseModel):
    """When the review is escalated, and to which group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    to: str


class DigestMade(Entry):
    """A period was added up, once and for all; of a month it begins the review, by the rules that stand here.

    A version is never made anew: what changes later is in the next period's, or in a version of its own.
    """

    kind: Literal["digest-made/1"] = "digest-made/1"
    period: str  #: ``2026-10`` or ``2026-Q4``
    ends: AwareDatetime | None = None  #: where the next one begins, whatever the time zone became
    version: int = 1
    files: Mapping[str, str]  #: the SHA-256 of each file, by its name
    contents: Policytext  #: the files themselves, packed: as they were, wherever they are kept or shown later
    changes: int
    drills: int
    alarms: int
    sample: tuple[ChangeId, ...]
    root: str  #: hexadecimal; the ledger's root the sample was drawn by; empty: nothing to draw from
    channel: str = ""  #: where it is posted
    reviewers: str = ""  #: the group that signs it
    due: AwareDatetime | None = None  #: of the review; ``None``: nobody owes one
    reminders: tuple[AwareDatetime, ...] = ()
    escalation: tuple[ReviewRung, ...] = ()
    because: Prose = ""  #: why it was made again; empty: it is the first
    #: The pseudonym of whoever had it made again: nothing here is about them, or goes with them.
    asked_by: str = ""


class DigestPosted(Entry):
    """The digest stands in its channel."""

    kind: Literal["digest-posted/1"] = "digest-posted/1"
    period: str
    version: int
    channel: str
    ts: str


class ReviewSigned(Act):
    """A reviewer has reviewed a period's changes; all that are not named here qualified as emergencies."""

    kind: Literal["review-signed/1"] = "review-signed/1"
    period: str
    version: int
    decisions: Prose = ""
    follow_ups: Prose = ""
    qualified: int = 0  #: how many the reviewer says were emergencies
    did_not: tuple[ChangeId, ...] = ()  #: those that were none
    recused: tuple[ChangeId, ...] = ()  #: those the reviewer asked for and may not judge


Tested = Literal["pass", "fail", "not applicable"]


class SelfTested(Act):
    """A change of the sample was tested by the attributes of the control (CC8.1)."""

    kind: Literal["self-tested/1"] = "self-tested/1"
    period: str
    version: int
    change: ChangeId
    authorised: Tested
    documented: Tested
    tested: Tested
    approved: Tested
    traceable: Tested
    access_ended: Tested
    note: Prose = ""


class ReviewReminded(Entry):
    """The clock spoke up about a review nobody has signed."""

    kind: Literal["review-reminded/1"] = "review-reminded/1"
    period: str
    version: int
    slot: str
    to: str  #: the group that is told


class ReviewTold(Entry):
    """What the clock said about a review has reached somebody by direct message."""

    kind: Literal["review-told/1"] = "review-told/1"
    period: str
    version: int
    slot: str
    to: PersonId


class ReviewOverdue(Entry):
    """Nobody signed the review in time: X12, which is a period's and no change's."""

    kind: Literal["review-overdue/1"] = "review-overdue/1"
    period: str
    version: int
    due: AwareDatetime


class PapersFiled(Entry):
    """A period's digest, or the account of its review, is in the evidence repository, and stays as it is."""

    kind: Literal["papers-filed/1"] = "papers-filed/1"
    period: str
    of: str  #: the delivery of the entry that is filed
    where: str
    folder: str
    commit: str
    contents: Mapping[str, str]  #: the repository's name for the content of each file, by its path


class ReviewIssueOpened(Entry):
    """The review of a period has an issue in the tracker."""

    kind: Literal["review-issue-opened/1"] = "review-issue-opened/1"
    period: str
    key: TicketKey
    url: str
    adopted: bool = False  #: found after an attempt whose outcome got lost


class ReviewIssueClosed(Entry):
    """The tracker says that the review's issue is done."""

    kind: Literal["review-issue-closed/1"] = "review-issue-closed/1"
    period: str
    key: TicketKey
    status: str


class DuplicateReviewClosed(Entry):
    """A second issue of the same review was linked to the first, and closed."""

    kind: Literal["duplicate-review-closed/1"] = "duplicate-review-closed/1"
    period: str
    key: TicketKey
    survivor: TicketKey


Administration = Annotated[
    PolicyInForce
    | KeyInForce
    | KeyRotated
    | LedgerDamaged
    | LedgerRecovered
    | Anchored
    | Timestamped
    | Cosigned
    | EvidenceAltered
    | Reconciled
    | AccountLinked
    | Delegation
    | DelegationEnded
    | GroupEmpty
    | GroupFilled
    | Invocation
    | TurnedAway
    | Started
    | Heartbeat
    | GuardsChecked
    | PersonErased
    | PolicyRedacted
    | HoldSet
    | HoldLifted
    | RecordsPurged
    | DigestMade
    | DigestPosted
    | ReviewSigned
    | SelfTested
    | ReviewReminded
    | ReviewTold
    | ReviewOverdue
    | PapersFiled
    | ReviewIssueOpened
    | ReviewIssueClosed
    | DuplicateReviewClosed,
    Field(discriminator="kind"),
]
