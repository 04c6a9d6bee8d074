"""What the guards are told besides the record: collected in the transaction, kept with the ruling.

Guards never call out.  A mirror older than ``STALE`` or an empty group answers for nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflows.calendar import Calendar
from workflows.duties import NAMES
from workflows.people import Membership, Person
from workflows.vocabulary import ChangeId, Duty, PersonId

STALE = 300  #: seconds after which a mirror of a group is no answer any more


@dataclass(frozen=True, slots=True)
class Debt:
    """A duty of one person that is overdue."""

    change: ChangeId
    duty: Duty

    def __str__(self) -> str:
        return f"the {NAMES[self.duty]} of {self.change}"


@dataclass(frozen=True, slots=True)
class Facts:
    """The answers the rules may use, as they were inside the transaction."""

    actor: Person
    calendar: Calendar
    groups: Mapping[str, Membership] = field(default_factory=dict)  #: by group, for the actor
    same_access: ChangeId | None = None  #: the actor's open change on the same access profile
    same_access_drill: bool = False  #: and it is a drill
    overdue: tuple[Debt, ...] = ()  #: what the actor owes, as an author, and did not do in time
    ledger_guarded: bool = True  #: the database's guards were there when last looked at
    assignee: Person | None = None  #: of a reassignment: the person named
    grantee: Person | None = None  #: of an approval that may let access begin: whom it is given to
    owners: Mapping[PersonId, Person] = field(default_factory=dict)  #: whom follow-ups are given to

    def belongs(self, group: str) -> bool:
        """Say whether the actor is in ``group``: freshly mirrored, and not an empty group."""
        answer = self.groups.get(group)
        return answer is not None and answer.member and answer.size > 0 and answer.age <= STALE

    def evidence(self) -> dict[str, object]:
        """Return the groups' answers, and what is overdue, in a form the ledger can keep."""
        groups = {
            name: {"member": a.member, "size": a.size, "age_seconds": a.age}
            for name, a in sorted(self.groups.items())
        }
        overdue = [f"{debt.change}/{debt.duty.value}" for debt in self.overdue]
        return ({"groups": groups} if groups else {}) | ({"overdue": overdue} if overdue else {})
