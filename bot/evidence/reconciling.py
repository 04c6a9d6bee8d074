"""Compares the ledger with the other systems and writes down what came of it; each comparison fails alone.

What is asked is what those systems say now: a ticket that was deleted since is missing, and is X13 of its change.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any

from bot.wiring.opening import OpenMemory
from bot.wiring.others import OtherSystems
from workflows import completeness
from workflows import observations as ob
from workflows.administration import Reconciled
from workflows.completeness import Access, Compared, Membership, Ticketed
from workflows.consequences import announcement
from workflows.errors import ProcedureError
from workflows.filed import FOLDERS, change_of, record_of
from workflows.period import Span
from workflows.ports import EvidenceRepository, Target
from workflows.record import ChangeRecord
from workflows.vocabulary import SYSTEM, ChangeId, ExceptionId, Origin, PersonId, ReconciliationId, State

Standing = Mapping[tuple[Target, Membership], Access]
YOUNG = timedelta(minutes=15)  #: how long a ticket, a record or a removal may be on its way
ASTRAY = timedelta(hours=1)  #: how far the tracker's clock may be off, and how late a ticket may be opened


@dataclass(frozen=True, slots=True)
class Outcome:
    """One comparison: what was written into the ledger, or why it could not be made."""

    id: ReconciliationId
    entry: Reconciled | None
    because: str = ""

    def data(self) -> dict[str, Any]:
        """Return it for a program."""
        found = self.entry.model_dump(mode="json", exclude={"kind", "by"}) if self.entry else {}
        return {"id": self.id.value, "made": self.entry is not None, "because": self.because, **found}


class Reconciliations:
    """Runs R2, R3 and, where there is an evidence repository, R8."""

    def __init__(self, memory: OpenMemory, others: OtherSystems) -> None:
        self._memory = memory
        self._changes = others.changes
        self._tickets = others.tickets
        self._providers = others.providers
        self._repository = others.repository

    def run(self, span: Span) -> Iterator[Outcome]:
        """Compare a period with the tracker, and what there is now with everything else."""
        runs: list[tuple[ReconciliationId, Callable[[], Compared], Span | None]] = [
            (ReconciliationId.R2, partial(self._with_tickets, span), span),
            (ReconciliationId.R3, partial(self._with_access, span), None),
        ]
        if self._repository:
            runs.append((ReconciliationId.R8, partial(self._with_records, self._repository), None))
        for id, compare, about in runs:
            try:
                yield Outcome(id, self._written(compare(), about))
            except ProcedureError as error:
                yield Outcome(id, None, str(error))

    def _written(self, compared: Compared, span: Span | None) -> Reconciled:
        """Write it down, and say it to the reviewers where the two sides differ."""
        at = self._memory.clock.now()
        entry = compared.entry(at, (span.begin, span.end) if span else None)
        delivery = f"reconciled:{entry.id}:{at.isoformat()}"
        channel = self._memory.policy().review.channel
        differs = entry.left_only or entry.right_only
        self._changes.administer(
            entry, delivery, [announcement(delivery, channel)] if channel and differs else []
        )
        return entry

    # --- tickets -----------------------------------------------------------------------------------

    def _with_tickets(self, span: Span) -> Compared:
        listed = self._tickets.labelled(span.begin - ASTRAY, span.end + ASTRAY)
        there = {one.key for one in listed}
        changes: dict[ChangeId, Ticketed] = {}
        missing: dict[ChangeId, str] = {}
        now = self._memory.clock.now()
        for record in self._records(span):
            key = record.ticket.key if record.ticket else None
            gone = bool(key and key not in there and self._tickets.look(key) is None)
            if gone:
                missing[record.id] = f"The ticket {key} is gone from the tracker."
            young = now - record.request.at < YOUNG
            changes[record.id] = Ticketed(key, record.duplicates, gone=gone, young=young)
        self._find_altered(missing)
        return completeness.tickets(changes, self._memory.filing.changes(), listed)

    def _find_altered(self, missing: Mapping[ChangeId, str]) -> None:
        """Record X13 once for each change whose ticket was deleted."""
        for change, because in missing.items():
            record, _ = self._changes.look(change)
            if (ExceptionId.X13, because) not in {(f.exception, f.because) for f in record.findings}:
                finding = ob.Finding(
                    at=self._memory.clock.now(), by=SYSTEM, exception=ExceptionId.X13, because=because
                )
                self._changes.observe(change, finding)

    def _records(self, span: Span) -> Iterator[ChangeRecord]:
        with self._memory.population() as population:
            for record, _, _ in population.records(span.begin, span.end):
                yield record

    # --- access ------------------------------------------------------------------------------------

    def _with_access(self, span: Span) -> Compared:
        policy, before = self._memory.policy(), self._standing()
        named = [*(profile.where for profile in policy.access.values()), *(target for target, _ in before)]
        seen = [
            self._membership(target, account)
            for target in dict.fromkeys(named)
            for account in self._providers[target.provider].holders(target)
        ]
        known = _settled(before, self._standing())
        anyway: dict[Membership, ChangeId] = {}
        with self._memory.population() as population:
            for record, pinned, _ in population.records(span.begin, span.end):
                if Origin.HELD_ANYWAY in (record.grant.origin, record.grant.left):
                    anyway[self._of(record.target(pinned), record.request.by)] = record.id
        return completeness.access(known, anyway, seen)

    def _standing(self) -> Standing:
        """Return the access that is in force, or was not seen gone; what is in force goes before what ended."""
        found: dict[tuple[Target, Membership], Access] = {}
        now = self._memory.clock.now()
        for row in self._memory.standing():
            record, pinned = self._memory.record(row.id)
            in_force, target = record.state is State.ACTIVE, record.target(pinned)
            lately = record.ended_at is not None and now - record.ended_at < YOUNG
            moving = record.grant.confirmed_at is None if in_force else lately
            where = target, self._of(target, record.request.by)
            if in_force or where not in found:
                found[where] = Access(record.id, in_force, moving)
        return found

    def _membership(self, target: Target, account: str) -> Membership:
        people, by_login = self._memory.people, target.provider.startswith("github")
        known = people.by_account("github", account) if by_login else people.by_email(account)
        return Membership(str(target), account.lower(), known.id if known else None)

    def _of(self, target: Target, person: PersonId) -> Membership:
        account = self._memory.person(person).account(target.provider)
        return Membership(str(target), account.lower(), person)

    # --- records -----------------------------------------------------------------------------------

    def _with_records(self, repository: EvidenceRepository) -> Compared:
        filing, since = self._memory.filing, self._memory.clock.now() - YOUNG
        before, waiting = filing.changes(), filing.waiting(since)
        latest = repository.latest()
        paths = sorted(latest.listing(FOLDERS)) if latest else []
        known = filing.changes()
        filed: dict[str, str] = {}
        for path in paths:
            change = change_of(path)
            if change is None or change not in known or path == record_of(change):
                filed.setdefault(change or path, path)
        changes = {change: change in waiting or change not in before for change in known}
        return completeness.records(changes, filed)


def _settled(before: Standing, after: Standing) -> dict[Membership, Access]:
    """Return what was so all the while somebody looked; what was not is on the move."""
    found: dict[Membership, Access] = {}
    for where in {**before, **after}:
        then, now = before.get(where), after.get(where)
        said = now or then
        if said:
            found[where[1]] = said if then == now else replace(said, moving=True)
    return found
