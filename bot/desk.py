"""What listeners and views may ask of the memory, in this package's words; ``wiring`` supplies it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.payloads import Clicker, Payload, clicker
from bot.views.lines import Told
from bot.views.scene import Scene
from bot.views.text import SlackVoice
from workflows.calendar import Calendar
from workflows.changes import EmergencyChanges
from workflows.delegation import Absences
from workflows.duties import Owed
from workflows.events import Entry
from workflows.facts import Debt
from workflows.follow_ups import today
from workflows.mine import Glance, Interests, Mine, interests, mine
from workflows.people import Person, not_a_member
from workflows.policy import Policy
from workflows.ports import Clock, Posted
from workflows.record import ChangeRecord
from workflows.reviews import Review, unsigned
from workflows.signing_off import SigningOff
from workflows.timetable import owed
from workflows.vocabulary import ChangeId, PersonId, State

NOBODY = PersonId("unknown")


class Listed(Protocol):
    """A change as lists show it."""

    @property
    def id(self) -> ChangeId: ...
    @property
    def state(self) -> State: ...
    @property
    def requester(self) -> PersonId: ...
    @property
    def access(self) -> str: ...
    @property
    def system(self) -> str: ...
    @property
    def opened_at(self) -> datetime: ...
    @property
    def access_until(self) -> datetime | None: ...
    @property
    def drill(self) -> bool: ...


class Records(Protocol):
    """The memory, as far as Slack is concerned."""

    def record(self, change: ChangeId) -> tuple[ChangeRecord, Policy]:
        """Return record and rules; raises ``UnknownChange``."""

    def policy(self) -> Policy:
        """Return the policy in force."""

    def calendar(self, policy: Policy) -> Calendar:
        """Return the policy's calendar."""

    def person(self, person: PersonId) -> Person:
        """Look somebody up."""

    def closing_stopped(self) -> str:
        """Say why nothing can be closed; empty if it can."""

    def changes(
        self, *, states: Sequence[State] = (), person: PersonId | None = None, limit: int = 50
    ) -> Sequence[Listed]:
        """List changes, newest first."""

    def named(self, ids: Iterable[PersonId]) -> Mapping[PersonId, Person]:
        """Look several people up at once; unknown ones are left out."""

    def members_of(self, group: str) -> frozenset[PersonId]:
        """Return who is in a group, by its mirror."""

    def groups_of(self, person: PersonId) -> frozenset[str]:
        """Return the groups whose mirror has the person in it."""

    def overdue(self, person: PersonId) -> tuple[Debt, ...]:
        """Return what somebody owes, as an author, and did not do in time."""

    def absences(self) -> Absences:
        """Return who is away now, and who stands in."""

    def administered(self, delivery: str) -> Entry | None:
        """Return the entry that came with a delivery, if it concerns no single change."""

    def reviews(self) -> Mapping[str, Review]:
        """Return the reviews there were lately, by period."""

    def glance(
        self, person: PersonId, known: Interests, at: datetime, month_began: datetime, most: int
    ) -> Glance:
        """Read what concerns a person, the first ``most`` of each kind."""


class Directory(Protocol):
    """Who is behind a Slack account."""

    def person_id(self, who: Clicker) -> PersonId:
        """Return the person, making them known as a stranger if they never were."""

    def topic(self, channel: str) -> str:
        """Return a channel's topic as last mirrored; empty if unknown."""

    def address(self, posted: Posted) -> str:
        """Return the address a message opens at; empty if unknown."""

    def called(self, said: str) -> tuple[Person, ...]:
        """Return the members of this organisation who go by a mention, a handle or a name."""

    def by_slack(self, user: str) -> PersonId | None:
        """Return the member with this account, if the directory knows them."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything a listener may use."""

    changes: EmergencyChanges
    signing: SigningOff
    records: Records
    directory: Directory
    clock: Clock

    def who(self, body: Payload) -> PersonId:
        """Return the person behind a payload; nobody is behind what the workspace says by itself."""
        who = clicker(body)
        return self.directory.person_id(who) if who else NOBODY

    def owed(self, record: ChangeRecord, policy: Policy) -> tuple[Owed, ...]:
        """Return what people owe a change now."""
        return owed(record, policy, self.records.calendar(policy))

    def scene(
        self, change: ChangeId, reader: PersonId, notice: str = "", typed: Mapping[str, str] | None = None
    ) -> Scene:
        """Return what a dialog about a change is made from; raises ``UnknownChange``."""
        record, policy = self.records.record(change)
        due = self.records.calendar(policy).after(self.clock.now(), policy.duties.follow_up.due)
        return Scene(
            record=record,
            policy=policy,
            voice=SlackVoice(self.slack_id),
            name=self.name,
            reader=reader,
            approvers=self.records.members_of(record.profile(policy).approvers),
            proposed=today(due, policy),
            notice=notice,
            typed=typed or {},
        )

    def mine(self, person: PersonId, most: int) -> tuple[Mine, Told]:
        """Return what is a person's, the first ``most`` of each kind, and who writes it for them."""
        records, now = self.records, self.clock.now()
        policy, who = records.policy(), records.person(person)
        began, ends = records.calendar(policy).month(now)
        seen = Glance()
        if not not_a_member(who):
            seen = records.glance(person, interests(records.groups_of(person), policy), now, began, most)
        found = mine(who, seen, now, ends, most, records.absences())
        named = records.named(found.people)
        voice = SlackVoice(lambda one: named[one].slack_user if one in named else "")
        if found.counts:
            found = replace(found, reviews=unsigned(records.reviews().values()))
        return found, Told(frozenset({person}), now, policy, voice, self.directory.address)

    def slack_id(self, person: PersonId) -> str:
        """Return the Slack account of a person, for mentions; empty if there is none."""
        return self.records.person(person).slack_user

    def name(self, person: PersonId) -> str:
        """Return what a person is called, where a mention cannot stand."""
        return self.records.person(person).name or str(person)


Typed = Mapping[str, str]
