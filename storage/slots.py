"""The slots of a change's timetable that wait for their moment, and those that had it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage.among import among
from storage.schema import deadlines
from workflows.timetable import Slot
from workflows.vocabulary import ChangeId

_d = deadlines.c
_OF_CHANGE = _d.change_id == sa.bindparam("change")
_NEW = sa.insert(deadlines)
_MOVE = (
    sa.update(deadlines).where(_OF_CHANGE, _d.slot == sa.bindparam("name")).values(due_at=sa.bindparam("due"))
)
_DROP = sa.delete(deadlines).where(_OF_CHANGE, among(_d.slot, "names"))


def schedule(
    connection: sa.Connection, change: ChangeId, wanted: Sequence[Slot], there: Iterable[sa.Row[Any]]
) -> None:
    """Bring the waiting slots in line with ``wanted``; those that fired stay as they are."""
    waiting = {row.name: row for row in there}
    names = {slot.name for slot in wanted}
    new = [slot for slot in wanted if slot.name not in waiting]
    moved = [
        slot
        for slot in wanted
        if slot.name in waiting and not waiting[slot.name].fired_at and waiting[slot.name].due_at != slot.due
    ]
    gone = [name for name, row in waiting.items() if name not in names and not row.fired_at]
    if new:
        connection.execute(_NEW, [{"change_id": change, "slot": s.name, "due_at": s.due} for s in new])
    if moved:
        connection.execute(_MOVE, [{"change": change, "name": s.name, "due": s.due} for s in moved])
    if gone:
        connection.execute(_DROP, {"change": change, "names": gone})


def fire(connection: sa.Connection, change: ChangeId, slot: str, at: datetime) -> bool:
    """Mark a slot as fired; ``False`` if it is not waiting or not due."""
    done = connection.execute(
        sa.update(deadlines)
        .where(_d.change_id == change, _d.slot == slot, _d.fired_at.is_(None), _d.due_at <= at)
        .values(fired_at=at)
        .returning(_d.slot)
    )
    return done.one_or_none() is not None
