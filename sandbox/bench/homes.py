"""(e) How long one person's Home takes to build, from the database to the blocks, by how many changes are open.

The rows are written straight into the projections: building a Home reads nothing else, and ten thousand changes
are then there in a second.
"""

import time
from datetime import timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bot.desk import Desk
from bot.views.home import MOST, Home
from sandbox.bench.load import Measured
from storage.schema import changes, duties
from workflows.vocabulary import Duty, PersonId, State

BATCH = 1000
SOMEBODY = PersonId("P-BENCH")


def fill(memory: Any, open_: int) -> None:
    """Let so many changes be open: every tenth active, the others in review; half of what is owed is overdue."""
    rows = iter(range(open_))
    now, policy = memory.clock.now(), memory.policy_text()[0]
    with memory.database.write() as connection:
        connection.execute(sa.delete(duties))
        connection.execute(sa.delete(changes))
        while batch := list(islice(rows, BATCH)):
            made = [_change(n, now - timedelta(seconds=n), policy) for n in batch]
            connection.execute(sa.insert(changes), made)
            owed = [_duty(row, Duty.APPROVAL, "", "heads", n) for n, row in zip(batch, made, strict=True)]
            owed += [
                _duty(row, Duty.RETROSPECTIVE, row["owner"], "", n)
                for n, row in zip(batch, made, strict=True)
                if n % 10
            ]
            connection.execute(sa.insert(duties), owed)


def _change(n: int, at: Any, policy: str) -> dict[str, Any]:
    return {
        "id": f"EC-2025-{n:05d}",
        "state": (State.IN_REVIEW if n % 10 else State.ACTIVE).value,
        "requester": f"{SOMEBODY}{n % 500}",
        "owner": f"{SOMEBODY}{n % 500}",
        "system": "payments" if n % 2 else "ledger",
        "access": f"access-{n}",
        "target": "",
        "policy": policy,
        "drill": n % 50 == 0,
        "abandoned": False,
        "overridden": False,
        "asked_first": False,
        "opened_at": at,
        "access_until": None if n % 10 else at + timedelta(hours=1),
        "duty_due": None,
        "card_channel": "C0PAYMENTS",
        "card_ts": "1700000000.000100",
        "entries": 1,
    }


def _duty(row: dict[str, Any], duty: Duty, person: str, group: str, n: int) -> dict[str, Any]:
    due = row["opened_at"] + timedelta(days=1 if n % 2 else -1)
    recused = f"|{row['owner']}|" if group else ""
    return {
        "change_id": row["id"],
        "duty": duty.value,
        "person": person,
        "group": group,
        "due_at": due,
        "recused": recused,
        "drill": row["drill"],
        "earliest": duty is Duty.APPROVAL,
    }


def build(desk: Desk, person: PersonId, times: int) -> Measured:
    """Build one person's Home so many times."""
    measured = Measured()
    for _ in range(times):
        began = time.perf_counter()
        Home(*desk.mine(person, MOST)).view()
        measured.add(time.perf_counter() - began, 200)
    return measured
