"""What was written on the pull request, turned into what the procedure knows: verdicts, questions, answers.

Which of it counts is not decided here: a review of somebody who is known is offered, and the page rules.  Only
what has nobody behind it, or no meaning, is discounted on the spot.
"""

from collections.abc import Callable, Iterator
from typing import ClassVar

from workflows import events as ev
from workflows import observations as ob
from workflows.decide import Refused
from workflows.people import Person
from workflows.ports import Account, CommentView, LiveGroups, ReviewDesk, ReviewView
from workflows.procedure import FINAL
from workflows.prose import ERASED, LONGEST
from workflows.record import ChangeRecord, Verdict
from workflows.steps import Evidence, Lasting, Task
from workflows.vocabulary import SYSTEM, ExceptionId, Grade, Number, PersonId, StepName

REJECTED = "rejected:"  #: how the text of a review begins that rejects
UNLINKED = (
    "This GitHub account is not linked to anybody here, so its review does not count. Ask an administrator to "
    "run `emergency-change people link EMAIL --github LOGIN`; the review then counts by itself."
)
BOT = "Reviews by bots do not count."
BOTH = "This review approves and says “Rejected:” at once, so it does not count; submit one that says what you mean."

Verdicts = type[ev.Approval | ev.Rejection | ev.Question]
PersonOf = Callable[[Account], Person | None]


class Reviews:
    """Reads one pull request; reading it again changes nothing."""

    def __init__(self, desk: ReviewDesk, groups: LiveGroups, person_of: PersonOf) -> None:
        self._desk = desk
        self._groups = groups
        self._person_of = person_of

    def read(self, task: Task, *, disturbed: bool = False) -> None:
        """Read everything; ``disturbed``: whoever reviewed may have read a description that was not ours."""
        for number in sorted(_pulls(task.record)):
            seen = self._desk.reviews(number)
            _compare(task, number, seen)
            if task.record.pull and number == task.record.pull.pull:
                for review in seen:
                    self._judge(task, review, number, disturbed=disturbed)
                if any(asked.question.review for asked in task.record.open_questions):
                    self._answers(task, number, seen)

    # --- verdicts and questions --------------------------------------------------------------------

    def _judge(self, task: Task, review: ReviewView, pull: int, *, disturbed: bool) -> None:
        told = {because for id, because in task.record.discounted if id == review.id}
        if review.id in _taken(task.record) or told - {UNLINKED} or not _means_something(review):
            return
        read = _read(review, pull, disturbed=disturbed)
        person = None if review.account.bot else self._person_of(review.account)
        because = BOT if review.account.bot else UNLINKED if person is None else ""
        if _contradicts_itself(review):
            because = BOTH
        if person and not because:
            because = self._offered(task, review, read, person.id)
        if because and because not in told:
            task.observe(_discounted(task, review, read, person, because))

    def _offered(self, task: Task, review: ReviewView, read: ev.Review, by: PersonId) -> str:
        """Put it to the procedure, with the approvers' group read just before; return why it was refused."""
        self._groups.holds(task.record.profile(task.policy).approvers, by)
        event = _event(task, review, read, by)
        ruling = task.offer(event, f"github:review:{review.id}")
        return ruling.because if isinstance(ruling, Refused) else ""

    # --- answers -----------------------------------------------------------------------------------

    def _answers(self, task: Task, pull: int, seen: tuple[ReviewView, ...]) -> None:
        """Take what the requester wrote after a question for its answer."""
        said: list[CommentView | ReviewView] = [*self._desk.comments(pull), *(r for r in seen if r.body)]
        for asked in task.record.open_questions:
            for one in sorted(said, key=lambda one: one.at):
                person = None if one.account.bot else self._person_of(one.account)
                if person and person.id == task.record.owner and one.at >= asked.question.at:
                    task.observe(
                        ob.QuestionAnswered(
                            at=min(one.at, task.now()),
                            by=SYSTEM,
                            question=asked.number,
                            who=person.id,
                            url=one.url,
                            text=one.body[:LONGEST],
                        )
                    )
                    break


class Reply(Lasting):
    """The sentence owed to somebody whose review does not count, where they wrote it."""

    name: ClassVar[StepName] = StepName.REPLY

    def __init__(self, desk: ReviewDesk) -> None:
        self._desk = desk

    def verify(self, task: Task) -> Evidence | None:
        return Evidence(task.reference) if task.reference else None

    def apply(self, task: Task) -> None:
        entry, _ = task.entry(Number(int(task.subject)))
        if isinstance(entry, ob.ReviewDiscounted) and entry.account != ERASED:
            marker = f"{task.record.id}:{task.subject}"
            self._desk.comment(entry.review.pull, marker, entry.account, entry.because)
        task.made("told")


# --- what a review says ----------------------------------------------------------------------------


def _means_something(review: ReviewView) -> bool:
    """Say whether a review decides or asks anything; a mere comment does not, and no dismissed one does."""
    if review.state == "commented":
        return _says_no(review)
    return review.state != "dismissed"


def _says_no(review: ReviewView) -> bool:
    return review.body.strip().casefold().startswith(REJECTED)


def _contradicts_itself(review: ReviewView) -> bool:
    return review.state == "approved" and _says_no(review)


def _read(review: ReviewView, pull: int, *, disturbed: bool) -> ev.Review:
    return ev.Review(
        id=review.id,
        pull=pull,
        url=review.url,
        commit=review.commit,
        edited=review.edited,
        disturbed=disturbed,
    )


def _event(task: Task, review: ReviewView, read: ev.Review, by: PersonId) -> ev.Event:
    at, text = min(review.at, task.now()), review.body.strip()[:LONGEST]
    shown = task.record.pull.shown if task.record.pull else ""
    if _says_no(review):
        reason = text[len(REJECTED) :].strip()
        return ev.Rejection(at=at, by=by, shown=shown, reason=reason, assurance=Grade.A, review=read)
    if review.state == "approved":
        return ev.Approval(at=at, by=by, shown=shown, comment=text, assurance=Grade.A, review=read)
    return ev.Question(at=at, by=by, text=text or "Changes requested, without a word.", review=read)


def _discounted(
    task: Task, review: ReviewView, read: ev.Review, person: Person | None, because: str
) -> ob.ReviewDiscounted:
    return ob.ReviewDiscounted(
        at=task.now(),
        by=SYSTEM,
        review=read,
        reviewer=person.id if person else None,
        account=review.account.login,
        because=because,
    )


# --- what the record knows already -----------------------------------------------------------------


def _by_review(record: ChangeRecord) -> Iterator[tuple[Verdict, ev.Review]]:
    for verdict in record.verdicts:
        if verdict.answer.review:
            yield verdict, verdict.answer.review


def _pulls(record: ChangeRecord) -> set[int]:
    """Return the pull requests that were reviewed, and the one that is to be."""
    current = {record.pull.pull} if record.pull else set()
    return current | {review.pull for _, review in _by_review(record)}


def _taken(record: ChangeRecord) -> set[int]:
    """Return the reviews that the procedure has accepted."""
    asked = {asked.question.review.id for asked in record.questions if asked.question.review}
    return asked | {review.id for _, review in _by_review(record)}


def _compare(task: Task, pull: int, seen: tuple[ReviewView, ...]) -> None:
    """Look whether a verdict still stands there as it was counted (X13)."""
    there = {review.id: review for review in seen}
    for verdict, counted in list(_by_review(task.record)):
        if counted.pull != pull or verdict.annulled:
            continue
        how = _altered(there.get(counted.id))
        known = any((f.exception, f.about) == (ExceptionId.X13, verdict.number) for f in task.record.findings)
        if how and not known:
            because = f"The review that decided {how} after it had counted."
            task.observe(
                ob.Finding(
                    at=task.now(),
                    by=SYSTEM,
                    exception=ExceptionId.X13,
                    about=verdict.number,
                    because=because,
                )
            )
        if how and task.record.state not in FINAL:
            task.offer(
                ev.Annulment(at=task.now(), by=SYSTEM, verdict=verdict.number, exception=ExceptionId.X13)
            )


def _altered(review: ReviewView | None) -> str:
    if review is None:
        return "disappeared"
    if review.state == "dismissed":
        return "was dismissed"
    return "was edited" if review.edited else ""
