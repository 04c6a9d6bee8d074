"""How the memory is opened, checked and looked after, as the settings say."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from bot.files import read_note, read_roots, seed_in
from bot.settings import NEED_KEYS, DatabaseSettings, Settings
from integrations.public_holidays import public_holidays
from integrations.timestamps import TimestampAuthority
from storage import migrate, remains
from storage.engine import Database, file_of
from storage.erasing import Erased, Findings
from storage.keys import Keys, embedded_keys, given_keys
from storage.levels import Outside
from storage.memory import Memory, audited, opened
from storage.notes import VerifierKey
from storage.snapshot import Copied, Snapshot
from storage.verify import Verified
from workflows.changes import EmergencyChanges, Hands
from workflows.clock import FollowingClock, ProcedureClock, RealTime
from workflows.errors import Misconfigured
from workflows.ports import Clock, Stopwatch
from workflows.vocabulary import StepName

OpenMemory = Memory  #: for annotations elsewhere; only this module may import the storage


WhatIsKnown: TypeAlias = Findings


WhatIsGone: TypeAlias = Erased


OpenSnapshot = Snapshot


CopiedEntry = Copied


EVIDENCE_STEPS = frozenset({StepName.EVIDENCE, StepName.PULL, StepName.REPLY})  #: need the repository


DEFAULT_ORIGIN = "emergency-change.example/ledger"


def embedded_file(database_url: str) -> str | None:
    """Return the file of an embedded database; ``None`` for a server."""
    return file_of(database_url)


def open_memory(
    settings: Settings | DatabaseSettings,
    *,
    clock: Clock | None = None,
    stopwatch: Stopwatch | None = None,
    upgrade: bool,
) -> Memory:
    """Open the memory the settings name; raises ``Misconfigured``."""
    return opened(
        settings.database_url.get_secret_value(),
        clock=clock or ProcedureClock(),
        stopwatch=stopwatch or RealTime(),
        keys=lambda database: _keys(settings, database),
        holidays=public_holidays,
        upgrade=upgrade,
    )


def existing_memory(settings: Settings | DatabaseSettings, *, owner: bool = False) -> Memory:
    """Open a memory that is there already; raises ``Misconfigured`` instead of making an empty file.

    As its ``owner``: with the login that may empty tables, where the settings name one.
    """
    if owner and settings.database_migration_url:
        settings = settings.model_copy(update={"database_url": settings.database_migration_url})
    _require_file(settings)
    return open_memory(settings, upgrade=False)


def _require_file(settings: Settings | DatabaseSettings) -> None:
    file = embedded_file(settings.database_url.get_secret_value())
    if file and not Path(file).is_file():
        raise Misconfigured(
            f"DATABASE_URL: there is no database at {file}; start the bot once, or run `emergency-change db upgrade`."
        )


def changes_of(
    settings: Settings,
    memory: Memory,
    wake: Callable[[], None] = lambda: None,
    hands: Hands | None = None,
) -> EmergencyChanges:
    """Return the front door; without an evidence repository nothing is owed to it."""
    without = EVIDENCE_STEPS if not settings.evidence_repository else frozenset()
    return EmergencyChanges(memory.transaction, memory.reading, wake, hands=hands, without=without)


def follow_the_database(clock: Clock, memory: Memory) -> None:
    """Set a clock that can follow by the database's; SQLite has none of its own."""
    now = memory.database_now()
    if now and isinstance(clock, FollowingClock):
        clock.follow(now)


def upgrade_database(settings: DatabaseSettings) -> None:
    """Bring the schema up to date, under the owner's login where there is one."""
    url = settings.database_migration_url or settings.database_url
    database = Database(url.get_secret_value())
    try:
        migrate.upgrade(database)
    finally:
        database.close()


def put_guards_back(settings: DatabaseSettings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Put the ledger's guards back, under the owner's login; return what was wrong, and what still is."""
    url = settings.database_migration_url or settings.database_url
    database = Database(url.get_secret_value())
    try:
        return migrate.guard(database)
    finally:
        database.close()


def let_go(settings: DatabaseSettings) -> list[str]:
    """Write the database's files anew without what was deleted; return a sentence for each thing that remains."""
    url = settings.database_migration_url or settings.database_url
    database = Database(url.get_secret_value())
    try:
        return remains.let_go(database)
    finally:
        database.close()


def rotate_ledger_key(settings: DatabaseSettings, new: Path | None) -> str:
    """Put a new key in force and return its public half; raises ``Misconfigured``."""
    if settings.ledger_signing_key and new is None:
        raise Misconfigured("--new: name a file for the new key; it is set as LEDGER_SIGNING_KEY afterwards.")
    if not settings.ledger_signing_key and new is not None:
        raise Misconfigured("--new: this database makes and keeps its key itself; leave the option out.")
    memory = existing_memory(settings)
    try:
        memory.rotate_key(seed_in(new) if new else None)
        return memory.signer.verifier_key
    finally:
        memory.database.close()


def brought_along(
    settings: DatabaseSettings, key: str, notes: Sequence[Path], roots: Path | None, witnesses: Sequence[str]
) -> Outside:
    """Gather what somebody who checks the ledger brings along, and what the settings name."""
    known = [*witnesses, *([settings.witness_key] if settings.witness_key else [])]
    return outside(key, notes, roots or settings.timestamp_roots, known)


def outside(key: str, notes: Sequence[Path], roots: Path | None, witnesses: Sequence[str]) -> Outside:
    """Gather what somebody who checks an export brings along; raises ``Misconfigured``."""
    return Outside(
        key=key,
        notes=tuple(map(read_note, notes)),
        stamped=TimestampAuthority.checking(read_roots(roots)).stamped if roots else None,
        witnesses=tuple(VerifierKey.read(text) for text in witnesses),
    )


def verify_ledger(settings: DatabaseSettings, outside: Outside) -> Verified:
    """Recompute the ledger; with a key that was brought along, none of the bot's own is needed."""
    if not outside.key:
        memory = existing_memory(settings)
        try:
            return memory.verify(outside)
        finally:
            memory.database.close()
    _require_file(settings)
    values = settings.values_key.get_secret_value() if settings.values_key else ""
    return audited(settings.database_url.get_secret_value(), values, outside)


def _keys(settings: Settings | DatabaseSettings, database: Database) -> Keys:
    if settings.ledger_signing_key and settings.values_key:
        return given_keys(
            settings.ledger_origin,
            settings.ledger_signing_key.get_secret_value(),
            settings.values_key.get_secret_value(),
        )
    if not database.sqlite:
        raise Misconfigured(NEED_KEYS)
    return embedded_keys(database, settings.ledger_origin or DEFAULT_ORIGIN)
