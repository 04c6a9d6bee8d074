"""What an accepted entry obliges the system to: read off the page, written with the entry.

Obligations are desired state, not messages: ten entries that ask for the same card cost one card.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workflows import administration as ad
from workflows import chase
from workflows import events as ev
from workflows import observations as ob
from workflows.calendar import Calendar
from workflows.delegation import Absences
from workflows.duties import Audience, Owed, reviewers
from workflows.policy import Policy
from workflows.procedure import IF, NOTICES, OBLIGATIONS, READ_AGAIN, TRANSCRIPTS
from workflows.record import ChangeRecord, Recorded
from workflows.vocabulary import CLOCK, SYSTEM, Number, PersonId, State, StepName

Members = Callable[[Audience], frozenset[PersonId]]

#: Steps whose obligations belong to no single change.
OF_NO_CHANGE = frozenset({StepName.REMINDER, StepName.ANNOUNCEMENT, StepName.DIGEST, StepName.REVIEW,
                          StepName.PAPERS, StepName.REVIEW_ISSUE})  # fmt: skip
SEPARATOR = ">"  #: between the delivery of what is announced and whom it is announced to
AT_THE_DIGEST = "digest"  #: told where the digest stands, and not to a person
PROMPTS = (ev.Reminder, ev.Overdue, ev.Escalation)
#: Of these nobody is told at once: everybody gets one message for all that falls due with them.
GATHERED = (*PROMPTS, ob.FollowUpReminder, ob.FollowUpEscalation)

#: Entries that change nothing a person would see on the card.
UNSEEN = (ob.PreLook, ob.GrantAttempted, ob.MessageSent, ob.CardPosted, ob.TicketMoved, ob.MembershipRead,
          ob.AccessStillGone, ob.PullClosed, ob.ReviewAnnounced, ob.TranscriptSent, ob.FollowUpReminder,
          ob.FollowUpEscalation, ev.Reminder, ev.EndsSoon)  # fmt: skip
#: Entries after which the pull request is looked at: what it must show has changed, or what was written there.
READ_AFTER = (ev.Override, ev.Extension, ev.Completion, ev.Remediation, ev.Retrospective, ev.Return, ev.Annulment,
              ev.Intent, ev.Question, ev.Answer, ob.QuestionAnswered, ob.ReviewAnnounced)  # fmt: skip

#: Entries that change nothing a person would see on their Home tab.
UNSEEN_AT_HOME = (*(kind for kind in UNSEEN if kind not in (ob.CardPosted, ob.FollowUpReminder)), ob.TicketOpened, ob.DuplicateTicketClosed, ob.StepStuck, ob.StepRecovered, ob.Finding,
                  ob.AccessEnded, ob.AccessBack, ev.RemovalOverdue)  # fmt: skip

_NOTICE = {notice.of: notice for notice in NOTICES}


@dataclass(frozen=True, slots=True)
class Obligation:
    """One thing that must be true outside; the key is (change, step, subject)."""

    step: StepName
    subject: str  #: empty, or the entry (and person) it is about, once each
    wanted: bool
    revision: Number  #: the entry whose state is to be shown
    place: str = ""
    due: datetime | None = None  #: ``None``: at once


class Reach(Protocol):
    """Who can be reached."""

    def members(self, audience: Audience) -> frozenset[PersonId]:
        """Resolve groups from the mirrors, without those who left."""

    def absences(self, at: datetime) -> Absences:
        """Return who is away, and who stands in."""


#: Entries of no change that change what reviewers see on their Home tab.
SEEN_AT_HOME = (ad.DigestMade, ad.DigestPosted, ad.ReviewSigned, ad.ReviewOverdue)


def consequences(
    before: State | None,
    record: ChangeRecord,
    policy: Policy,
    of: Recorded,
    owed: tuple[Owed, ...],
    members: Members,
) -> tuple[Obligation, ...]:
    """Return what ``of`` obliges to; ``before`` is the state it found, ``None`` for a request."""
    return (
        *_standing(before, record, policy, of),
        *_told(record, policy, of, owed, members),
        *_checks(of),
        *_after(record, of),
    )


def obliged(state: State, policy: Policy) -> frozenset[StepName]:
    """Return what the system owes in a state under these rules."""
    return frozenset(step for step in OBLIGATIONS[state] if step not in IF or IF[step](policy))


def _standing(
    before: State | None, record: ChangeRecord, policy: Policy, of: Recorded
) -> Iterator[Obligation]:
    wanted, number = obliged(record.state, policy), of.number
    moved = before is not record.state
    if not isinstance(of.entry, UNSEEN):
        yield Obligation(StepName.CARD, "", StepName.CARD in wanted, number)
    if StepName.PULL in wanted and (moved or isinstance(of.entry, READ_AFTER)):
        yield Obligation(StepName.PULL, "", wanted=True, revision=number)
    if not _of_the_evidence(of.entry):
        yield Obligation(StepName.EVIDENCE, "", StepName.EVIDENCE in wanted, number)
    if moved:
        yield Obligation(StepName.TICKET, "", StepName.TICKET in wanted, number)
    if moved and State.ACTIVE in (before, record.state):
        yield Obligation(StepName.ACCESS, "", StepName.ACCESS in wanted, number)


def _of_the_evidence(entry: ev.Entry) -> bool:
    """Say whether the entry is about filing itself, which would never come to an end."""
    return isinstance(entry, ob.StepStuck) and entry.step is StepName.EVIDENCE


def _told(
    record: ChangeRecord, policy: Policy, of: Recorded, owed: tuple[Owed, ...], members: Members
) -> Iterator[Obligation]:
    notice = _NOTICE.get(type(of.entry))
    if notice is None:
        return
    if notice.milestone:
        for step in (StepName.NOTE, StepName.COMMENT):
            yield Obligation(step, str(of.number), wanted=True, revision=of.number)
    if notice.tell and not isinstance(of.entry, GATHERED):
        people = members(notice.tell(record, policy, of, owed)) - {of.entry.by}
        for person in sorted(people):
            yield Obligation(StepName.MESSAGE, f"{of.number}:{person}", wanted=True, revision=of.number)


def reminders(
    record: ChangeRecord,
    policy: Policy,
    of: Recorded,
    owed: tuple[Owed, ...],
    calendar: Calendar,
    reach: Reach,
) -> tuple[Obligation, ...]:
    """Return the messages in which people are told what the clock said: one each, for all that falls due with it."""
    notice = _NOTICE.get(type(of.entry))
    if not isinstance(of.entry, GATHERED) or notice is None or notice.tell is None:
        return ()
    audience = notice.tell(record, policy, of, owed)
    if record.abandoned and isinstance(of.entry, PROMPTS) and not reach.members(audience):
        audience = reviewers(record, policy)
    moment = chase.gathering(of.entry.at, calendar)
    if isinstance(of.entry, PROMPTS):
        moment = chase.delivery(of.entry.at, record, of.entry.duty, calendar)
    return _gathered(audience, of.entry.at, moment, of.number, reach)


def group_reminders(entry: ev.Entry, calendar: Calendar, reach: Reach) -> tuple[Obligation, ...]:
    """Return the messages in which a group is told what is no single change's to say: the same ones.

    That a review is not signed; and, once somebody is in a group again, what the clock said while nobody was.
    """
    match entry:
        case ad.ReviewReminded(to=group) | ad.GroupFilled(group=group):
            moment = chase.gathering(entry.at, calendar)
            return _gathered(Audience(groups=frozenset({group})), entry.at, moment, Number(1), reach)
        case _:
            return ()


def _gathered(
    audience: Audience, at: datetime, moment: datetime, revision: Number, reach: Reach
) -> tuple[Obligation, ...]:
    people = chase.reached(reach.members(audience), audience, reach.absences(at))
    return tuple(
        Obligation(
            StepName.REMINDER,
            f"{person}@{moment:%Y-%m-%dT%H:%MZ}",
            wanted=True,
            revision=revision,
            due=moment,
        )
        for person in sorted(people)
    )


def _checks(of: Recorded) -> Iterator[Obligation]:
    if type(of.entry) in READ_AGAIN:
        yield Obligation(StepName.MEMBERSHIP, str(of.number), wanted=True, revision=of.number)
    if isinstance(of.entry, ob.ReviewDiscounted):
        yield Obligation(StepName.REPLY, str(of.number), wanted=True, revision=of.number)
    if isinstance(of.entry, ev.Completion) and of.entry.changes:
        yield Obligation(StepName.AUTHORS, str(of.number), wanted=True, revision=of.number)


def _after(record: ChangeRecord, of: Recorded) -> Iterator[Obligation]:
    if type(of.entry) in TRANSCRIPTS:
        yield Obligation(StepName.TRANSCRIPT, str(of.number), wanted=True, revision=of.number)
    for one in record.follow_ups:
        if one.source == of.number:
            yield Obligation(StepName.FOLLOW_UP, str(one.number), wanted=True, revision=of.number)


def of_administration(entry: ev.Entry, delivery: str) -> tuple[Obligation, ...]:
    """Return what an entry obliges to that concerns no single change.

    The subject of what follows a digest is the delivery it came with, ``digest_delivery`` of its period; of what
    follows anything else, the entry's own.
    """
    return (*_in_slack(entry, delivery), *_kept_outside(entry, delivery))


def _in_slack(entry: ev.Entry, delivery: str) -> tuple[Obligation, ...]:
    match entry:
        case ad.DigestMade(channel=channel) if channel:
            before = [digest_delivery(entry.period, entry.version - 1)] if entry.version > 1 else []
            return tuple(due(StepName.DIGEST, one) for one in (delivery, *before))
        case ad.ReviewSigned() | ad.SelfTested() | ad.ReviewOverdue():
            digest = digest_delivery(entry.period, entry.version)
            return (
                due(StepName.DIGEST, digest),
                due(StepName.REVIEW, f"{delivery}{SEPARATOR}{AT_THE_DIGEST}"),
            )
        case _:
            return ()


def _kept_outside(entry: ev.Entry, delivery: str) -> Iterator[Obligation]:
    """Yield what is owed to the evidence repository, and to the tracker for a period that is reviewed.

    The tracker's issue hears of everything by its period: there is one, however many versions a digest has.
    """
    if isinstance(entry, ad.DigestMade | ad.ReviewSigned | ad.SelfTested):
        yield due(StepName.PAPERS, delivery)
    if isinstance(entry, ad.ReviewSigned | ad.SelfTested | ad.ReviewOverdue) or (
        isinstance(entry, ad.DigestMade) and entry.due
    ):
        yield due(StepName.REVIEW_ISSUE, entry.period)


def who_reviews(policy: Policy) -> Audience:
    """Return who sees it at home that a review is owed, or is not any more."""
    return Audience(groups=frozenset({policy.duties.acceptance.by, policy.review.by} - {""}))


def digest_delivery(period: str, version: int) -> str:
    """Name the delivery a digest comes with: two replicas that make it at once make one."""
    return f"digest:{period}/{version}"


def due(step: StepName, subject: str) -> Obligation:
    """Owe something of no single change."""
    return Obligation(step, subject, wanted=True, revision=Number(1))


def announcement(delivery: str, to: str) -> Obligation:
    """Owe a person, or a channel, the entry that comes with a delivery."""
    return Obligation(StepName.ANNOUNCEMENT, f"{delivery}{SEPARATOR}{to}", wanted=True, revision=Number(1))


def answer(number: Number, by: PersonId, place: str) -> tuple[Obligation, ...]:
    """Return the sentence owed to somebody who was refused, if they are a person and can be reached."""
    if not place or by in (CLOCK, SYSTEM):
        return ()
    return (Obligation(StepName.ANSWER, str(number), wanted=True, revision=number, place=place),)
