"""Makes every projected table again from the ledger and its values; nothing else may be needed."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa

from storage import chase, ledger, merkle, proofs
from storage.concerns import assign, track
from storage.folds import promised_of
from storage.leaves import Vault
from storage.policies import Rules
from storage.schema import PROJECTED, changes, claims, counters, deadlines, deliveries, head, policies
from storage.search import POLICIES
from storage.work import claimed, projected
from workflows import events as ev
from workflows import fold
from workflows.administration import PolicyInForce, PolicyRedacted
from workflows.chase import holdings
from workflows.errors import LedgerCorrupt
from workflows.record import ChangeRecord, Recorded
from workflows.timetable import owed, timetable
from workflows.vocabulary import CLOCK, ChangeId, Number, State

ABSENCES = ("delegation/1", "delegation-ended/1")


def rebuild(connection: sa.Connection, vault: Vault, rules: Rules) -> int:
    """Drop the contents of all projections and make them again; return how many changes there are."""
    for table in PROJECTED:
        connection.execute(sa.delete(table))
    of_change = _replay_ledger(connection, vault)
    years: dict[int, int] = {}
    for change in of_change:
        _replay_change(connection, vault, rules, change)
        _, drawn, number = change.split("-")
        years[int(drawn)] = max(years.get(int(drawn), 0), int(number))
    for year, last in years.items():
        connection.execute(sa.insert(counters).values(year=year, last=last))
    return len(of_change)


def _replay_ledger(connection: sa.Connection, vault: Vault) -> list[ChangeId]:
    seen: dict[ChangeId, None] = {}
    size, frontier = 0, b""
    for row in chain.from_iterable(ledger.walk(connection)):
        size, frontier = merkle.grown(size, frontier, row.leaf_hash)
        proofs.keep_full_tiles(connection, size - 1, size)
        leaf = json.loads(row.leaf)
        if leaf["delivery"]:
            connection.execute(sa.insert(deliveries).values(delivery=leaf["delivery"], sequence=size))
        if leaf["change"]:
            seen[ChangeId(leaf["change"])] = None
        if leaf["kind"] in POLICIES:
            _keep_policy(connection, vault, size)
        if leaf["kind"] in ABSENCES and (written := ledger.at(connection, vault, size)):
            chase.administered(connection, written.entry)
    connection.execute(sa.insert(head).values(id=1, size=size, frontier=frontier))
    return list(seen)


def _keep_policy(connection: sa.Connection, vault: Vault, sequence: int) -> None:
    """Keep the newest text of a policy; one that was redacted stands since it was last put in force."""
    written = ledger.at(connection, vault, sequence)
    if written is None or not isinstance(written.entry, PolicyInForce | PolicyRedacted):
        raise LedgerCorrupt(f"Entry {sequence} is no policy.")
    sha256, text = written.entry.sha256, written.entry.text.encode()
    here = policies.c.sha256 == sha256
    if isinstance(written.entry, PolicyRedacted):
        connection.execute(sa.update(policies).where(here).values(text=text))
        return
    connection.execute(sa.delete(policies).where(here))
    connection.execute(sa.insert(policies).values(sha256=sha256, sequence=sequence, text=text))


def _replay_change(connection: sa.Connection, vault: Vault, rules: Rules, change: ChangeId) -> None:
    written = ledger.of_change(connection, vault, change)
    digest = written[0].leaf["policy"]
    policy = rules.pinned(connection, digest)
    calendar = rules.calendar(policy)
    record: ChangeRecord | None = None
    fired: dict[str, tuple[datetime, datetime]] = {}
    claim: dict[str, Any] | None = None
    for recorded, refused in _replayed(written):
        if record and recorded.entry.by == CLOCK:
            for slot in timetable(record, policy, owed(record, policy, calendar)):
                if (
                    _raised(slot.name, slot.raises, recorded.entry)
                    and slot.name not in fired
                    and slot.due <= recorded.entry.at
                ):
                    fired[slot.name] = (slot.due, recorded.entry.at)
                    break
        if refused:
            continue
        record = fold.after(record, recorded) if record else fold.opened(change, digest, recorded)
        claim = claimed(record, policy, recorded.entry) or claim
    if record is None:
        raise LedgerCorrupt(f"{change} has no accepted request.")
    duties = owed(record, policy, calendar)
    row = projected(record, policy, duties, len(written))
    connection.execute(sa.insert(changes).values(id=change, **row))
    assign(connection, record, duties)
    track(connection, record)
    chase.hold(connection, change, holdings(record, policy, duties))
    if claim:
        connection.execute(sa.insert(claims).values(**claim))
    waiting = {s.name: (s.due, None) for s in timetable(record, policy, duties) if s.name not in fired}
    for name, (due, at) in {**fired, **waiting}.items():
        connection.execute(sa.insert(deadlines).values(change_id=change, slot=name, due_at=due, fired_at=at))


def _replayed(written: list[ledger.Written]) -> Iterator[tuple[Recorded, bool]]:
    state = State.REQUESTED
    for one in written:
        ruling: Mapping[str, Any] = one.leaf["ruling"]
        refused = ruling.get("answer") == "refused"
        state = State(ruling["to"]) if "to" in ruling else state
        yield Recorded(Number(one.leaf["number"]), one.entry, state, promised_of(ruling)), refused


def _raised(name: str, raises: type[ev.Event], entry: ev.Entry) -> bool:
    return type(entry) is raises and getattr(entry, "slot", name) == name
