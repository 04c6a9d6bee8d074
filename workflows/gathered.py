"""What one message tells one person: duties of changes, follow-ups that are late, reviews that nobody has signed.

Of each it says what the clock has spoken up about and this person was not told yet.  Anything of that kind is what
makes a message; whatever else waits for them comes along.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from workflows import administration as ad
from workflows.chase import LATE, Reader, heirs, prompts_of
from workflows.duties import Owed
from workflows.follow_ups import Chased, FollowUp, name
from workflows.policy import Policy
from workflows.record import ChangeRecord, Prompt
from workflows.reviews import Review, delivery
from workflows.vocabulary import ChangeId, Duty, PersonId


@dataclass(frozen=True, slots=True)
class DutyItem:
    """One duty of one change, as one person is told of it."""

    record: ChangeRecord
    policy: Policy
    owed: Owed
    prompts: tuple[Prompt, ...]  #: what the clock said about it and this person was not told yet
    mine: bool  #: it waits for this person, or for whom they stand in for
    instead_of: PersonId | None = None  #: it is this author's alone; the reader stands in
    answers: bool = False  #: the reader can fulfil it in person
    abandoned: bool = False  #: its author has left; the reader can hand it over

    @property
    def change(self) -> ChangeId:
        return self.record.id

    @property
    def name(self) -> str:
        return f"{self.change}:{self.owed.duty.value}"

    @property
    def due(self) -> datetime:
        return self.owed.due

    @property
    def overdue(self) -> bool:
        return self.owed.overdue

    @property
    def asked(self) -> bool:
        """Say whether not the verdict waits for the reader, but an answer to a question of the approvers."""
        return self.mine and self.owed.duty is Duty.APPROVAL and not self.answers

    @property
    def overridden(self) -> bool:
        """Say whether an approval is asked for that the requester did not wait for."""
        return self.record.override is not None and self.owed.duty is Duty.APPROVAL


@dataclass(frozen=True, slots=True)
class FollowUpItem:
    """One follow-up that is late, as one person is told of it."""

    record: ChangeRecord
    policy: Policy
    follow_up: FollowUp
    due: datetime
    prompts: tuple[Chased, ...]
    mine: bool
    instead_of: PersonId | None = None  #: it is this owner's; the reader stands in
    overdue: ClassVar[bool] = True

    @property
    def change(self) -> ChangeId:
        return self.record.id

    @property
    def name(self) -> str:
        return name(self.record.id, self.follow_up.number)


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One month nobody has signed off, as one person is told of it."""

    review: Review
    due: datetime
    prompts: tuple[ad.ReviewReminded, ...]
    mine: bool

    @property
    def name(self) -> str:
        return f"{self.review.made.period}/{self.review.made.version}"

    @property
    def overdue(self) -> bool:
        return self.review.overdue is not None


Item = DutyItem | FollowUpItem | ReviewItem


# --- duties ----------------------------------------------------------------------------------------


def of_duty(record: ChangeRecord, policy: Policy, owed: Owed, reader: Reader) -> DutyItem | None:
    """Return what one person is told of a duty now; ``None``: it is not theirs (any more)."""
    mine = _can_fulfil(owed, reader)
    left = heirs(record, policy, owed)
    inherits = not mine and bool(left.groups & reader.groups) and reader.id not in left.without
    prompts = [
        prompt
        for prompt in prompts_of(record, owed)
        if (prompt.to in reader.groups if prompt.to else mine or inherits)
        and (prompt.number, reader.id) not in record.told
    ]
    if not mine and not inherits and not prompts:
        return None
    decides = (
        owed.duty is Duty.APPROVAL and reader.id not in owed.by.people and _through_a_group(owed, reader)
    )
    stands_in = not decides and reader.id not in owed.by.people and owed.by.people & reader.instead_of
    instead_of = min(owed.by.people) if stands_in else None
    answers = mine and not instead_of and (owed.duty is not Duty.APPROVAL or reader.id not in owed.by.people)
    return DutyItem(record, policy, owed, tuple(prompts), mine, instead_of, answers, inherits)


def _can_fulfil(owed: Owed, reader: Reader) -> bool:
    if owed.by.people & ({reader.id} | reader.instead_of):
        return True
    return _through_a_group(owed, reader)


def _through_a_group(owed: Owed, reader: Reader) -> bool:
    return bool(owed.by.groups & reader.groups) and reader.id not in owed.by.without


# --- follow-ups ------------------------------------------------------------------------------------


def of_follow_up(
    record: ChangeRecord, policy: Policy, one: FollowUp, due: datetime, reader: Reader
) -> FollowUpItem | None:
    """Return what one person is told of a late follow-up now; ``None``: it is done, or not theirs."""
    stands_in = one.owner in reader.instead_of
    mine = one.owner == reader.id or stands_in
    prompts = tuple(
        prompt
        for prompt in one.prompts
        if (prompt.to in reader.groups if prompt.to else mine)
        and (prompt.number, reader.id) not in record.told
    )
    if not one.open or not one.prompts or not (mine or prompts):
        return None
    return FollowUpItem(record, policy, one, due, prompts, mine, one.owner if stands_in else None)


def follow_up_of(record: ChangeRecord, about: str) -> FollowUp | None:
    """Return the follow-up that a list names, or ``None`` if it names a duty."""
    number = about.removeprefix(LATE)
    return record.follow_ups[int(number) - 1] if number != about else None


# --- reviews ---------------------------------------------------------------------------------------


def of_review(review: Review, reader: Reader, told: Collection[str]) -> ReviewItem | None:
    """Return what one person is told of a review now; ``told``: the deliveries by which they were told before."""
    due = review.made.due
    if due is None or not review.owed:
        return None
    group, has_signed = review.made.reviewers, reader.id in (one.by for one in review.signed)
    mine = group in reader.groups and not has_signed
    prompts = tuple(
        prompt
        for prompt in review.reminded
        if prompt.to in reader.groups and (mine or prompt.to != group)
        if told_of(prompt, reader.id) not in told
    )
    return ReviewItem(review, due, prompts, mine) if mine or prompts else None


def told_of(prompt: ad.ReviewReminded, person: PersonId) -> str:
    """Name the entry that says that a reminder has reached somebody."""
    return f"{delivery(prompt)}>{person}"
