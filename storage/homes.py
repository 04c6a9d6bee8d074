"""Whose Home tab is drawn, and when it is owed anew.

A Home belongs to a person and to no change.  Its obligation is made when the person first opens it; from then on
whatever changes what they see makes it due again, once however much changed.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from storage.among import among
from storage.schema import members, obligations
from storage.upserts import insert_into
from storage.wakeup import notify
from workflows.duties import Audience
from workflows.vocabulary import PersonId, StepName

PAUSE = timedelta(seconds=1)  #: real time in which further changes join the same drawing

_o = obligations.c
_AT, _LATER = (sa.bindparam(name, type_=_o.due_at.type) for name in ("at", "later"))
_DRAWN = (_o.change_id == "", _o.step == StepName.HOME.value, _o.wanted.is_(True))
_AMONG = (
    sa.select(_o.subject)
    .where(
        *_DRAWN,
        sa.or_(
            among(_o.subject, "people"),
            _o.subject.in_(sa.select(members.c.person).where(among(members.c.group, "groups"))),
        ),
    )
    .order_by(_o.subject)  # rows are locked in one order everywhere
    .with_for_update()
)
_AT_REST = sa.or_(_o.due_at.is_(None), _o.due_at > _AT)
_DUE = (
    sa.update(obligations)
    .where(*_DRAWN, _o.subject.in_(_AMONG))
    .values(
        revision=_o.revision + 1,
        due_at=_AT,
        not_before=sa.case((_AT_REST, _LATER), else_=_o.not_before),
    )
)


def opened(connection: sa.Connection, person: PersonId, at: datetime) -> None:
    """Owe somebody their Home now, and from here on."""
    connection.execute(
        _opening(connection.dialect.name),
        {
            "change_id": "",
            "step": StepName.HOME.value,
            "subject": person,
            "wanted": True,
            "revision": 1,
            "place": "",
            "reference": "",
            "due_at": at,
            "attempts": 0,
            "token": 0,
        },
    )
    notify(connection)


def refresh(connection: sa.Connection, audience: Audience, at: datetime, real: datetime) -> None:
    """Make the Homes of an audience due; people who never opened theirs cost nothing.

    Nobody is told of it: none is drawn before the pause is over, and the workers look by themselves by then.
    """
    who = {"people": sorted(audience.people), "groups": sorted(audience.groups)}
    connection.execute(_DUE, {**who, "at": at, "later": real + PAUSE})


@cache
def _opening(dialect: str) -> Any:
    insert = insert_into(dialect, obligations)
    fresh = {"wanted": True, "revision": _o.revision + 1, "due_at": insert.excluded.due_at}
    return insert.on_conflict_do_update(
        index_elements=["change_id", "step", "subject"], set_={**fresh, "not_before": None, "attempts": 0}
    )
