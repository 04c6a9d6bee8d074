"""The memory as the rest of the product sees it: one object per process."""

import json
import secrets as randomness
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from storage import administrative, guards, ledger, migrate, projections, reviews, succession
from storage.engine import Database, is_there_already
from storage.erasing import Erasing
from storage.filing import Filing
from storage.folds import Folds, folded
from storage.keys import Keys, kept_values_key
from storage.leaves import Vault
from storage.levels import OWN, Outside
from storage.lists import Lists
from storage.notes import Signer
from storage.openings import openings
from storage.outbox import Outbox
from storage.people import People
from storage.policies import Holidays, Rules, without_holidays
from storage.population import Population
from storage.retention import Retention
from storage.schema import (
    deliveries,
    entries,
    policies,
)
from storage.signed_ledger import SignedLedger
from storage.snapshot import Snapshot
from storage.upserts import upsert
from storage.verify import Verified, verify
from storage.work import SqlWork
from workflows.administration import GuardsChecked, PolicyInForce, TurnedAway
from workflows.calendar import Calendar
from workflows.consequences import Obligation
from workflows.errors import Conflict, LedgerCorrupt, ProcedureError, UnknownChange
from workflows.events import Entry
from workflows.people import Person, unknown
from workflows.policy import Policy, digest, load
from workflows.ports import Clock, Opening, Stopwatch
from workflows.record import ChangeRecord
from workflows.reviews import Review
from workflows.vocabulary import SYSTEM, ChangeId, Number, PersonId, StepName


class Memory(SignedLedger, Lists):
    """Ledger, records, outbox and people of one deployment."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        stopwatch: Stopwatch,
        keys: Keys,
        holidays: Holidays = without_holidays,
    ) -> None:
        super().__init__(database, Vault(keys.values), Signer(keys.origin, keys.signing), clock)
        self.stopwatch = stopwatch
        self.rules = Rules(holidays)
        self.folds = Folds(self.vault)
        self.outbox = Outbox(database, clock, stopwatch)
        self.filing = Filing(database)
        self.people = People(database, clock, stopwatch)
        self.erasing = Erasing(database, self.vault, clock)
        self.retention = Retention(database, self.vault, self.rules, clock)
        self.guards_missing: tuple[str, ...] = ()
        self.doubts: dict[str, str] = {}

    # --- transactions ------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[SqlWork]:
        """Begin a unit of work that may write; whoever is told ``Conflict`` finds a mended ledger next time.

        Raises ``Conflict`` where the tables have a name already, such as a second change on the same access.
        """
        try:
            with self.database.write() as connection:
                self.database.plan_once(connection)
                yield self._work(connection)
        except Conflict:
            self.mend()
            raise
        except sa.exc.IntegrityError as error:
            if not is_there_already(error):
                raise
            raise Conflict("Somebody wrote the same at the same moment.") from error

    @contextmanager
    def reading(self) -> Iterator[SqlWork]:
        """Begin a unit of work that only reads."""
        with self.database.read() as connection:
            yield self._work(connection, writes=False)

    def forget_what_was_erased(self) -> None:
        """Let words that any process erased leave this one too; call it now and then."""
        with self.database.read() as connection:
            self.folds.forget_what_was_erased(connection)

    def _work(self, connection: sa.Connection, *, writes: bool = True) -> SqlWork:
        guarded = not self.guards_missing and not self.doubts
        return SqlWork(
            connection,
            self.vault,
            self.rules,
            self.folds,
            self.stopwatch.now(),
            self.clock.now,
            guarded,
            writes,
        )

    # --- administration ----------------------------------------------------------------------------

    def adopt_policy(self, text: bytes, where: str) -> Policy:
        """Put a policy in force; the one already in force is left as it is.  Raises ``Misconfigured``."""
        policy, sha256 = load(text, where), digest(text)
        self.record_key()
        with self.transaction() as work:
            ledger.lock(work.connection)  # another replica may start with it at the same moment
            newest = sa.select(policies.c.sha256).order_by(policies.c.sequence.desc()).limit(1)
            if work.connection.execute(newest).scalar_one_or_none() == sha256:
                return policy
            entry = PolicyInForce(at=self.clock.now(), by=SYSTEM, sha256=sha256, text=text.decode())
            drafts = [ledger.Draft(entry)]
            sequence = ledger.append(work.connection, self.vault, drafts, self.clock.now()).last
            work.connection.execute(
                upsert(work.connection, policies)
                .values(sha256=sha256, sequence=sequence, text=text)
                .on_conflict_do_update(index_elements=["sha256"], set_={"sequence": sequence, "text": text})
            )
        return policy

    def policy(self) -> Policy:
        """Return the policy in force."""
        with self.reading() as work:
            return work.in_force()[1]

    def policy_text(self) -> tuple[str, bytes]:
        """Return the sha256 and the very bytes of the policy in force; raises ``Misconfigured``."""
        with self.reading() as work:
            sha256, _ = work.in_force()
            query = sa.select(policies.c.text).where(policies.c.sha256 == sha256)
            return sha256, bytes(work.connection.execute(query).scalar_one())

    def record_key(self) -> None:
        """Write down the key the ledger is signed with, before anything else; once."""
        with self.database.write() as connection:
            succession.introduce(connection, self.vault, self.signer, self.clock.now())

    def check_guards(self, place: str = "") -> tuple[str, ...]:
        """Look at the database's own guards; what is missing stops closing until it is back.

        What changed since the last look of any replica is an entry, and a sentence owed to ``place``.
        """
        self.mend()
        missing = self.guards_missing = self.missing_guards()
        with self.transaction() as work:
            if administrative.guards_missed(work.connection) == missing:
                return missing
            ledger.lock(work.connection)  # another replica may have been first
            if administrative.guards_missed(work.connection) != missing:
                entry = GuardsChecked(at=self.clock.now(), by=SYSTEM, missing=missing)
                told = f"guards:{randomness.token_hex(8)}"
                debt = Obligation(StepName.ANSWER, told, wanted=True, revision=Number(0), place=place)
                work.owe(None, [debt] if place else [], entry.at)
                drafts = [ledger.Draft(entry, delivery=told)]
                ledger.append(work.connection, self.vault, drafts, entry.at)
        return missing

    def closing_stopped(self) -> str:
        """Say why nothing can be closed; empty if it can."""
        if self.guards_missing:
            return f"Nothing can be closed: something is wrong with the ledger's guards ({', '.join(self.guards_missing)})."
        return "Nothing can be closed: the ledger does not hold." if self.doubts else ""

    def missing_guards(self) -> tuple[str, ...]:
        """Name the database's own guards that are not there, and record nothing."""
        with self.database.read() as connection:
            return guards.missing(connection)

    def distrust(self, because: str, source: str = "ledger") -> None:
        """Close nothing from here on: the ledger does not hold, as ``source`` has found."""
        self.doubts[source] = because

    def trust_again(self, source: str = "ledger") -> None:
        """Let changes be closed again as far as ``source`` is concerned: it has found nothing wrong."""
        self.doubts.pop(source, None)

    # --- the ledger --------------------------------------------------------------------------------

    def verify(self, outside: Outside = OWN) -> Verified:
        """Recompute everything; raises ``LedgerCorrupt``."""
        with self.database.snapshot() as connection:
            trust = administrative.trust(connection)
            known = trust.known(trust.origin(self.signer.origin))
            if known and self.signer.named(known[0].name).key not in known:
                raise LedgerCorrupt(f"The ledger names another key for {known[0].name} than the one in use.")
            if trust.terms and not known:
                raise LedgerCorrupt(
                    f"The ledger was never signed under the name in use, {self.signer.origin}."
                )
            return verify(connection, self.vault, outside)

    def entries(
        self, *, after: int = 0, limit: int = 200, change: ChangeId | None = None
    ) -> list[ledger.Written]:
        """Read entries, oldest first."""
        query = sa.select(entries.c.sequence).where(entries.c.sequence > after)
        if change:
            query = query.where(entries.c.change_id == change)
        with self.database.read() as connection:
            rows = connection.execute(query.order_by(entries.c.sequence).limit(limit)).all()
            found = (ledger.at(connection, self.vault, row.sequence) for row in rows)
            return [written for written in found if written]

    def leaves_of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Read the leaves of all entries of a kind, oldest first."""
        query = sa.select(entries.c.leaf).where(entries.c.kind == kind).order_by(entries.c.sequence)
        with self.database.read() as connection:
            return [json.loads(row.leaf) for row in connection.execute(query)]

    def leaf(self, sequence: int) -> tuple[bytes, bytes] | None:
        """Return an entry's bytes and its leaf hash."""
        with self.database.read() as connection:
            row = connection.execute(
                sa.select(entries.c.leaf, entries.c.leaf_hash).where(entries.c.sequence == sequence)
            ).one_or_none()
        return (bytes(row.leaf), bytes(row.leaf_hash)) if row else None

    def rebuild(self) -> int:
        """Make all projections again from the ledger."""
        with self.database.write() as connection:
            return projections.rebuild(connection, self.vault, Rules(self.rules.holidays))

    @contextmanager
    def snapshot(self, size: int | None = None) -> Iterator[Snapshot]:
        """Read the ledger as it was at a checkpoint: the newest, or the one at ``size`` entries."""
        with self.database.snapshot() as connection:
            yield Snapshot(connection, self.vault, self.rules, self.signer, size)

    # --- questions ---------------------------------------------------------------------------------

    def record(self, change: ChangeId) -> tuple[ChangeRecord, Policy]:
        """Return a change's record and its rules; raises ``UnknownChange``."""
        with self.reading() as work:
            held = work.lock(change)
            return held.record, held.policy

    def entry(self, change: ChangeId, number: Number) -> tuple[Entry, str]:
        """Return one entry of a change by its number, and why it was refused; raises ``UnknownChange``."""
        with self.database.read() as connection:
            found = ledger.of_change(connection, self.vault, change)
        one = next((one for one in found if one.leaf["number"] == number), None)
        if one is None:
            raise UnknownChange(f"{change} has no entry {number}.")
        return one.entry, one.leaf["ruling"].get("because", "")

    def openings(self, change: ChangeId) -> tuple[Opening, ...]:
        """Return what opens the commitments of a change's accepted entries."""
        with self.database.read() as connection:
            return openings(connection, self.vault, change)

    def record_before(self, change: ChangeId, number: Number) -> ChangeRecord:
        """Return a record as it stood just before one of its entries; raises ``UnknownChange``."""
        with self.database.read() as connection:
            found = ledger.of_change(connection, self.vault, change)
        before = [one for one in found if one.leaf["number"] < number]
        return folded(change, found[0].leaf["policy"] if found else "", before)

    @contextmanager
    def population(self) -> Iterator[Population]:
        """Read whole periods, as they are at one moment."""
        with self.database.read() as connection:
            yield Population(connection, self.vault, self.rules)

    def administered(self, delivery: str) -> Entry | None:
        """Return the entry that came with a delivery, if it concerns no single change."""
        with self.database.read() as connection:
            query = sa.select(deliveries.c.sequence).where(deliveries.c.delivery == delivery)
            sequence = connection.execute(query).scalar_one_or_none()
            written = ledger.at(connection, self.vault, sequence) if sequence else None
        return written.entry if written and not written.leaf["change"] else None

    def reviews(self) -> dict[str, Review]:
        """Return the reviews there were lately, by period; what people wrote is left out."""
        with self.database.read() as connection:
            return reviews.known(connection)

    def began(self) -> datetime | None:
        """Return when the ledger began."""
        with self.population() as population:
            return population.began()

    def told(self, delivery: str) -> str:
        """Return why somebody was turned away, or what became of the guards; empty if there is no such entry."""
        entry = self.administered(delivery)
        if isinstance(entry, GuardsChecked):
            return entry.sentence
        return entry.because if isinstance(entry, TurnedAway) else ""

    def calendar(self, policy: Policy) -> Calendar:
        """Return the policy's calendar; raises ``Misconfigured`` for holidays nobody knows."""
        return self.rules.calendar(policy)

    def person(self, person: PersonId) -> Person:
        """Look somebody up; somebody unknown may do nothing."""
        return self.people.by_id(person) or unknown(person)

    def named(self, ids: Iterable[PersonId]) -> dict[PersonId, Person]:
        """Look several people up at once; unknown ones are left out."""
        return self.people.named(ids)

    def members_of(self, group: str) -> frozenset[PersonId]:
        """Return who is in a group, by its mirror."""
        return self.people.group(group)

    def database_now(self) -> datetime | None:
        """Return the database's own time; ``None`` on SQLite, which has none of its own."""
        if self.database.sqlite:
            return None
        with self.database.read() as connection:
            now: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return now


def opened(
    url: str,
    *,
    clock: Clock,
    stopwatch: Stopwatch,
    keys: Callable[[Database], Keys],
    holidays: Holidays = without_holidays,
    upgrade: bool,
) -> Memory:
    """Open the memory at ``url``; with ``upgrade`` its schema is brought up to date first."""
    database = Database(url)
    if upgrade:
        migrate.upgrade(database)
    try:
        migrate.require_current(database)
        return Memory(database, clock, stopwatch, keys(database), holidays)
    except ProcedureError:
        database.close()
        raise


def audited(url: str, values: str, outside: Outside) -> Verified:
    """Verify a ledger without the bot's own keys; reads only.  Without ``values`` no value is opened."""
    database = Database(url)
    try:
        migrate.require_current(database)
        with database.snapshot() as connection:
            key = kept_values_key(values, connection) if values or database.sqlite else None
            return verify(connection, Vault(key) if key else None, outside)
    finally:
        database.close()
