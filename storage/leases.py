"""Who works on what: leases on obligations and on what somebody holds, as parts of a transaction.

Whoever comes back after the lease with an old token changes nothing.  All times are real time.
"""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa

from storage.schema import access_keys, obligations
from storage.upserts import insert_into
from workflows.vocabulary import ChangeId, StepName
from workflows.work import Claimed

LEASE = timedelta(seconds=10)  #: longer than any deadline of a call

_o = obligations.c
_NOW, REAL, UNTIL = (sa.bindparam(name, type_=_o.due_at.type) for name in ("now", "real", "until"))
#: That most are not due at all is said in words: a server that plans for any moment expects a third of them otherwise.
DUE = (_o.due_at.is_not(None), _o.due_at <= _NOW, sa.or_(_o.not_before.is_(None), _o.not_before <= REAL))
FREE = sa.or_(_o.lease_until.is_(None), _o.lease_until < REAL)
ONE = (
    _o.change_id == sa.bindparam("of"),
    _o.step == sa.bindparam("by"),
    _o.subject == sa.bindparam("about"),
)
MINE = sa.update(obligations).where(*ONE, _o.token == sa.bindparam("held")).returning(_o.token)
_LEASED = (
    sa.update(obligations).where(*ONE).values(lease_until=UNTIL, token=_o.token + 1).returning(obligations)
)
_LEASED_IF_DUE = _LEASED.where(*DUE, FREE)
_KEPT = MINE.values(lease_until=UNTIL)
_ATTEMPTED = _KEPT.values(attempted_at=REAL)
_KEY_KEPT = (
    sa.update(access_keys)
    .where(access_keys.c.holder == sa.bindparam("whose"))
    .values(lease_until=UNTIL)
    .returning(access_keys.c.key)
)
_FREED = sa.delete(access_keys).where(access_keys.c.holder == sa.bindparam("whose"))


def lease(connection: sa.Connection, change: str, step: str, subject: str, real: datetime) -> Claimed:
    """Claim an obligation, whoever has it."""
    row = connection.execute(
        _LEASED, {"of": change, "by": step, "about": subject, "until": real + LEASE}
    ).one()
    return _claimed(row)


def claim(
    connection: sa.Connection, change: ChangeId, step: StepName, now: datetime, real: datetime
) -> Claimed | None:
    """Claim what a change owes once, by its name; ``None``: it is not due, or somebody works on it."""
    which = {"of": change, "by": step.value, "about": ""}
    row = connection.execute(
        _LEASED_IF_DUE, {**which, "now": now, "real": real, "until": real + LEASE}
    ).one_or_none()
    return _claimed(row) if row else None


def _claimed(row: Any) -> Claimed:
    return Claimed(
        change=ChangeId(row.change_id),
        step=StepName(row.step),
        subject=row.subject,
        wanted=row.wanted,
        revision=row.revision,
        settled=row.settled,
        place=row.place,
        reference=row.reference,
        attempts=row.attempts,
        attempted_at=row.attempted_at,
        token=row.token,
        error=row.error,
    )


def change(connection: sa.Connection, claimed: Claimed, how: sa.Update, **to: Any) -> bool:
    """Change a claimed obligation; ``False`` if the claim has passed to somebody else."""
    which = {"of": claimed.change, "by": claimed.step.value, "about": claimed.subject}
    return connection.execute(how, {**which, "held": claimed.token, **to}).one_or_none() is not None


def give_back(connection: sa.Connection, claimed: Claimed, how: sa.Update, **to: Any) -> bool:
    """Change a claimed obligation for good, and give back what was taken for it."""
    given_back = change(connection, claimed, how, **to)
    if claimed.step is StepName.ACCESS:
        free_key(connection, claimed.holder)
    return given_back


def attempting(connection: sa.Connection, claimed: Claimed, real: datetime) -> bool:
    """Keep that a call is about to leave, and renew as ``keep`` does."""
    return _key_kept(connection, claimed, real) and change(
        connection, claimed, _ATTEMPTED, real=real, until=real + LEASE
    )


def keep(connection: sa.Connection, claimed: Claimed, real: datetime) -> bool:
    """Renew the lease for one call; ``False`` if the claim, or its right to the access, has passed on.

    That right is passed on even if whoever had it meanwhile gave it back: what was seen may be so no more.
    """
    return _key_kept(connection, claimed, real) and change(connection, claimed, _KEPT, until=real + LEASE)


def _key_kept(connection: sa.Connection, claimed: Claimed, real: datetime) -> bool:
    if claimed.step is not StepName.ACCESS:
        return True
    renewed = {"whose": claimed.holder, "until": real + LEASE}
    return connection.execute(_KEY_KEPT, renewed).one_or_none() is not None


def take_key(connection: sa.Connection, key: str, holder: str, real: datetime) -> bool:
    """Take the right to change what one person holds at one target; ``False`` if somebody has it."""
    wish = {"key": key, "holder": holder, "lease_until": real + LEASE, "real": real}
    taken = connection.execute(_taking(connection.dialect.name), wish)
    return bool(taken.scalar_one_or_none() == holder)


def free_key(connection: sa.Connection, holder: str) -> None:
    """Give that right back, if this holder has it."""
    connection.execute(_FREED, {"whose": holder})


@cache
def _taking(dialect: str) -> Any:
    insert = insert_into(dialect, access_keys)
    fresh = {name: insert.excluded[name] for name in ("holder", "lease_until")}
    free = sa.or_(access_keys.c.lease_until < REAL, access_keys.c.holder == insert.excluded.holder)
    return insert.on_conflict_do_update(index_elements=["key"], set_=fresh, where=free).returning(
        access_keys.c.holder
    )
