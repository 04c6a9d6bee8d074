"""Puts two lists of the same thing side by side: a ledger cannot prove that something was never written.

It only compares; asking the other systems is done elsewhere.  What is found on one side alone is said in a
sentence that names no person but by pseudonym, unless the account belongs to nobody who is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from workflows.administration import Reconciled
from workflows.ports import LabelledTicket
from workflows.prose import LONGEST
from workflows.vocabulary import SYSTEM, ChangeId, PersonId, ReconciliationId, TicketKey

R = ReconciliationId
SIDES: Mapping[ReconciliationId, tuple[str, str]] = {
    R.R1: ("entries in the ledger, 1 to the last, without gaps", "entries under the signed head"),
    R.R2: ("changes in the ledger", "change tickets in the tracker, by label"),
    R.R3: ("access the ledger says is in force", "members of the teams that give access, read now"),
    R.R4: ("production deployments", "merged, reviewed pull requests, or a change"),
    R.R5: ("bypasses, direct pushes and unreviewed merges", "changes"),
    R.R6: ("incidents with deployments", "changes"),
    R.R7: ("uses of the command in Slack", "requests, refused ones included"),
    R.R8: ("changes in the ledger", "records in the evidence repository, read now"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """What came of it: how many are on both sides, and a sentence for each that is not."""

    id: ReconciliationId
    matched: int
    left_only: tuple[str, ...] = ()
    right_only: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()  #: differences that are as they should be, each with the reason

    def entry(self, at: datetime, span: tuple[datetime, datetime] | None) -> Reconciled:
        """Return what is written into the ledger; more differences than fit are counted."""
        return Reconciled(
            at=at,
            by=SYSTEM,
            id=self.id,
            begin=span[0] if span else None,
            end=span[1] if span else None,
            matched=self.matched,
            left_only=len(self.left_only),
            right_only=len(self.right_only),
            waived=len(self.waived),
            differences=_fitting([*self.left_only, *self.right_only, *self.waived]),
        )


@dataclass(frozen=True, slots=True)
class Ticketed:
    """What the ledger says of a change's ticket, and what a look at the tracker said."""

    key: TicketKey | None  #: ``None``: none was opened
    duplicates: frozenset[TicketKey]
    gone: bool  #: the tracker was asked for the key and does not have it
    young: bool  #: requested so lately that the ticket may be on its way


def tickets(
    changes: Mapping[ChangeId, Ticketed], known: frozenset[ChangeId], listed: Iterable[LabelledTicket]
) -> Compared:
    """Compare the changes of a period with the tickets that are labelled as ours."""
    left, waived, matched = [], [], 0
    for change, of in changes.items():
        if of.gone:
            left.append(f"{change}: its ticket {of.key} is gone from the tracker.")
        elif of.key:
            matched += 1
        elif of.young:
            waived.append(f"{change}: its ticket is on its way.")
        else:
            left.append(f"{change} has no ticket.")
    right = []
    for one in listed:
        of_change = changes.get(one.change)
        if one.change not in known:
            right.append(f"{one.key} is labelled {one.change}, which the ledger does not have.")
        elif of_change and one.key not in {of_change.key, *of_change.duplicates}:
            right.append(
                f"{one.key} is labelled {one.change}, whose ticket is {of_change.key or 'not known'}."
            )
    return Compared(R.R2, matched, tuple(left), tuple(right), tuple(waived))


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody at a target that gives emergency access."""

    target: str
    account: str  #: in lower case
    person: PersonId | None  #: ``None``: nobody known has this account

    @property
    def who(self) -> str:
        return self.person or f"the account {self.account}, which belongs to nobody known,"


@dataclass(frozen=True, slots=True)
class Access:
    """What the ledger says of somebody's access at a target."""

    change: ChangeId
    in_force: bool  #: ``False``: it ended, and nobody has seen it gone
    moving: bool  #: it is being given or taken away just now


def access(
    known: Mapping[Membership, Access], anyway: Mapping[Membership, ChangeId], seen: Iterable[Membership]
) -> Compared:
    """Compare access as it should be with who is there; ``anyway``: who was there before a change."""
    there = frozenset(seen)
    in_force = {one: of for one, of in known.items() if of.in_force}
    left, right, waived = [], [], []
    for one, of in in_force.items():
        if one not in there and of.moving:
            waived.append(f"{of.change}: the access of {one.who} to {one.target} is on its way.")
        elif one not in there:
            left.append(f"{of.change}: {one.who} should be in {one.target} and is not.")
    for one in sorted(there - in_force.keys(), key=lambda m: (m.target, m.account)):
        said = f"{one.who} is in {one.target}"
        if one in anyway:
            waived.append(f"{said}, as before {anyway[one]}.")
        elif one not in known:
            right.append(f"{said}, and no change gave them that.")
        elif known[one].moving:
            waived.append(f"{said}; the removal after {known[one].change} is on its way.")
        else:
            right.append(f"{said} still, though the access of {known[one].change} has ended.")
    return Compared(R.R3, len(there & in_force.keys()), tuple(left), tuple(right), tuple(waived))


def records(changes: Mapping[ChangeId, bool], filed: Mapping[str, str]) -> Compared:
    """Compare all changes (each with whether its record may be on its way) with what is filed.

    ``filed`` is what each file or folder below the repository's ``changes`` is called there, by the change
    it would belong to.
    """
    left = [
        f"{change} has no record." for change, waits in changes.items() if change not in filed and not waits
    ]
    waived = [
        f"{one}: its record is on its way." for one, waits in changes.items() if one not in filed and waits
    ]
    right = [
        f"{path} belongs to no change of the ledger." for one, path in filed.items() if one not in changes
    ]
    matched = sum(change in filed for change in changes)
    return Compared(R.R8, matched, tuple(left), tuple(right), tuple(waived))


def _fitting(lines: list[str]) -> str:
    """Join as many lines as a text of the ledger may have; the rest is counted."""
    kept: list[str] = []
    room = LONGEST - len("… and 1000000 more.")
    for done, line in enumerate(lines):
        if len(line) + 1 > room:
            return "\n".join([*kept, f"… and {len(lines) - done} more."])
        kept.append(line)
        room -= len(line) + 1
    return "\n".join(kept)
