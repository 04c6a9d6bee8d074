"""How each entry changes the record.

Entries of every version fold for ever; one this fold does not know changes nothing but the position.
Refused events are in the ledger too but never get here.
"""

from dataclasses import replace
from datetime import datetime

from workflows import events as ev
from workflows import observations as ob
from workflows.follow_ups import Chased, FollowUp, agreed
from workflows.record import Asked, ChangeRecord, Grant, Promise, Prompt, Recorded, Verdict
from workflows.vocabulary import ChangeId, State


def opened(id: ChangeId, policy: str, first: Recorded) -> ChangeRecord:
    """Begin a record with its request."""
    request = first.entry
    if not isinstance(request, ev.Request):
        raise TypeError(f"{id} begins with {type(request).__name__}, not with a request")
    return ChangeRecord(
        id=id,
        policy=policy,
        state=first.state,
        entered_at=request.at,
        request=request,
        owner=request.by,
        last=first.number,
        asked_first=first.state is State.REQUESTED,
        promised=first.promised,
    )


def after(record: ChangeRecord, recorded: Recorded) -> ChangeRecord:
    """Return the record as it stands once ``recorded`` has happened."""
    at, state = recorded.entry.at, recorded.state
    if state is not record.state:
        ended = at if record.state is State.ACTIVE else record.ended_at
        record = replace(record, state=state, entered_at=at, ended_at=ended)
    record = replace(record, last=recorded.number, grant=_grant(record, recorded))
    record = promised(record, recorded.promised)
    decided = _chased(_followed(_decided(record, recorded), recorded), recorded)
    return _reopened(record, _outside(decided, recorded), at)


def promised(record: ChangeRecord, moments: tuple[Promise, ...]) -> ChangeRecord:
    """Let moments of the chase stand from here on."""
    return replace(record, promised=(*record.promised, *moments)) if moments else record


def _reopened(before: ChangeRecord, record: ChangeRecord, at: datetime) -> ChangeRecord:
    """Note the moment at which a verdict turned out not to count: the approval is owed again from there."""
    lost = len(record.approvals) < len(before.approvals) or (before.rejection and not record.rejection)
    return replace(record, reopened_at=at) if lost else record


def _chased(record: ChangeRecord, recorded: Recorded) -> ChangeRecord:
    match recorded.entry:
        case ev.Reminder() | ev.Overdue() | ev.Escalation() as prompt:
            return replace(record, prompts=(*record.prompts, Prompt(recorded.number, prompt)))
        case ob.MessageSent(about=about, to=person):
            return replace(record, told=record.told | {(about, person)})
        case _:
            return record


def _decided(record: ChangeRecord, recorded: Recorded) -> ChangeRecord:
    match recorded.entry:
        case ev.Approval() | ev.Rejection() as answer:
            return replace(record, verdicts=(*record.verdicts, Verdict(recorded.number, answer)))
        case ev.Annulment(verdict=annulled, exception=why):
            return replace(
                record,
                verdicts=tuple(
                    replace(v, annulled=True, annulled_for=why) if v.number == annulled else v
                    for v in record.verdicts
                ),
            )
        case ev.Intent(by=approver):
            return replace(record, intents=record.intents | {approver})
        case ev.Question() as question:
            return replace(record, questions=(*record.questions, Asked(recorded.number, question)))
        case ev.Unanswered(at=at):
            return replace(record, unanswered_at=at)
        case ev.Override() as override:
            return replace(record, override=override)
        case ev.Extension() as extension:
            return replace(record, extensions=(*record.extensions, extension))
        case ev.Revocation() as revocation:
            return replace(record, revocation=revocation)
        case _:
            return _looked_back(record, recorded)


def _looked_back(record: ChangeRecord, recorded: Recorded) -> ChangeRecord:
    match recorded.entry:
        case ev.Completion() as report:
            awaited = {recorded.number} if report.changes else set()
            return replace(
                record,
                completions=(*record.completions, report),
                authors_awaited=record.authors_awaited | awaited,
            )
        case ev.Remediation() as remediation:
            return replace(record, remediation=remediation)
        case ev.Retrospective() as look:
            return replace(record, retrospective=look, retrospectives=(*record.retrospectives, look))
        case ev.Return() as back:
            return replace(record, retrospective=None, returns=(*record.returns, back))
        case ev.Acceptance() as acceptance:
            return replace(record, acceptance=acceptance)
        case ev.Departure(person=person):
            return replace(record, departed=record.departed | {person})
        case ev.Reassignment() as handed:
            return replace(record, owner=handed.to, reassignments=(*record.reassignments, handed))
        case _:
            return _answered(record, recorded)


def _answered(record: ChangeRecord, recorded: Recorded) -> ChangeRecord:
    entry = recorded.entry
    if not isinstance(entry, ev.Answer | ob.QuestionAnswered):
        return record
    questions = (
        replace(asked, answers=(*asked.answers, entry)) if asked.number == entry.question else asked
        for asked in record.questions
    )
    return replace(record, questions=tuple(questions))


def _followed(record: ChangeRecord, recorded: Recorded) -> ChangeRecord:
    entry = recorded.entry
    if isinstance(entry, ev.Agreement):
        more = agreed(entry, recorded.number, len(record.follow_ups))
        return replace(record, follow_ups=(*record.follow_ups, *more))
    about = getattr(entry, "follow_up", None)
    if about is None:
        return record
    known = (_moved_on(one, recorded) if one.number == about else one for one in record.follow_ups)
    return replace(record, follow_ups=tuple(known))


def _moved_on(one: FollowUp, recorded: Recorded) -> FollowUp:
    match recorded.entry:
        case ob.FollowUpOpened(key=key, url=url, at=at):
            return replace(one, key=key, url=url, opened_at=at)
        case ob.FollowUpMoved(key=key, status=status, assigned=assigned):
            return replace(one, key=key, status=status, assigned=assigned)
        case ob.FollowUpDone(key=key, status=status, at=at):
            return replace(one, key=key, status=status, done_at=at)
        case ob.FollowUpLost(key=key):
            return replace(one, key=None, url="", status="", lost=(*one.lost, key))
        case ob.FollowUpReminder() | ob.FollowUpEscalation() as said:
            prompt = Chased(recorded.number, said.at, said.slot, getattr(said, "to", ""))
            return replace(one, prompts=(*one.prompts, prompt))
        case _:
            return one


def _grant(record: ChangeRecord, recorded: Recorded) -> Grant:
    grant = record.grant
    match recorded.entry:
        case ob.PreLook() as look:
            return replace(grant, origin=look.origin, through=look.through)
        case ob.GrantAttempted() as attempt:
            extended = record.window - record.request.window
            return replace(grant, attempted_at=attempt.at, ends_by=attempt.ends_by, extended=extended)
        case ob.GrantConfirmed() as confirmed:
            return replace(grant, confirmed_at=grant.confirmed_at or confirmed.at, seen=confirmed.seen)
        case ev.GrantFailed() as failed:
            return replace(grant, failed=failed)
        case ob.AccessEnded() as end:
            proven = grant.ended_at or end.at
            return replace(
                grant,
                ended_at=proven,
                left=end.left,
                looks=1,
                through_at_end=end.through,
                seen_gone=(end.at,),
            )
        case ob.AccessStillGone(look=look_number, at=at):
            return replace(grant, looks=look_number, seen_gone=(*grant.seen_gone, at))
        case ob.AccessBack():
            return replace(grant, ended_at=None, looks=0, seen_gone=())
        case _:
            return grant


def _outside(record: ChangeRecord, recorded: Recorded) -> ChangeRecord:
    match recorded.entry:
        case ob.TicketOpened() as opened_ticket:
            return replace(record, ticket=opened_ticket, ticket_status="")
        case ob.TicketMoved(status=status):
            return replace(record, ticket_status=status)
        case ob.DuplicateTicketClosed(key=key):
            return replace(record, duplicates=record.duplicates | {key})
        case ob.CardPosted() as card:
            return replace(record, card=card)
        case ob.StepStuck(step=step):
            return replace(record, stuck=record.stuck | {step})
        case ob.StepRecovered(step=step):
            return replace(record, stuck=record.stuck - {step})
        case ob.AuthorsSeen(authors=authors, deployers=deployers, completion=report, unresolved=unresolved):
            return replace(
                record,
                authors=record.authors | set(authors),
                deployers=record.deployers | set(deployers),
                authors_unresolved=record.authors_unresolved
                + (unresolved if report in record.authors_awaited else 0),
                authors_awaited=record.authors_awaited - {report},
            )
        case ob.Finding() as finding:
            return replace(record, findings=(*record.findings, finding))
        case _:
            return _reviewed(record, recorded)


def _reviewed(record: ChangeRecord, recorded: Recorded) -> ChangeRecord:
    match recorded.entry:
        case ob.MembershipRead(verdict=confirmed, member=True):
            return replace(record, read_again=record.read_again | {confirmed})
        case ob.PullRequested() as pull:
            return replace(record, pull=pull, pull_closed=False)
        case ob.PullClosed():
            return replace(record, pull_closed=True)
        case ob.ReviewDiscounted(review=review, because=because):
            return replace(record, discounted=record.discounted | {(review.id, because)})
        case _:
            return record
