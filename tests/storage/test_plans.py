"""What PostgreSQL does for a click does not grow with what everybody else has, whether it knows its tables or not."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import ledger, questions, reviews
from storage.outbox import Outbox
from storage.schema import changes, obligations
from tests.acme import LINUS
from tests.memories import migrated, request
from workflows import events as ev
from workflows.vocabulary import State, StepName

MANY = 1000  #: entries, or changes, that do not matter
OFTEN = 7  #: the driver prepares what it was asked five times


@pytest.fixture
def database(postgres):
    """A database of its own: what a server knows of its tables outlives what was in them."""
    database = migrated(postgres.empty())
    yield database
    database.close()


def rows_read(memory, ask):
    """Return how many rows PostgreSQL reads while something is asked."""
    tables = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
    with memory.reading() as work:
        before = work.connection.exec_driver_sql(tables).scalar_one()
        ask(work)
        return work.connection.exec_driver_sql(tables).scalar_one() - before


class Borrowed:
    """A database whose every transaction is a part of one."""

    def __init__(self, connection):
        self.connection = connection

    @contextmanager
    def write(self):
        yield self.connection


def analyse(memory):
    with memory.database.read() as connection:
        connection.exec_driver_sql("ANALYZE")


@pytest.mark.parametrize("anew", [True, False], ids=["folded anew", "taken up again"])
def test_a_server_that_knows_nothing_of_its_tables_yet_reads_one_change_alone(desk, memory, anew):
    others = [ledger.Draft(request(), change=desk.opens("ledger-admin"))] * MANY
    with memory.database.write() as connection:
        ledger.append(connection, memory.vault, others, memory.clock.now())
    change = desk.opens()
    memory.database.engine.dispose()  # nothing was planned while the tables were smaller
    if anew:
        memory.folds.forget()

    assert 0 < rows_read(memory, lambda work: work.lock(change)) < MANY / 10


def test_what_somebody_has_open_is_found_however_much_they_had_before(desk, memory):
    change = desk.opens()
    with memory.database.write() as connection:
        row = connection.execute(sa.select(changes).where(changes.c.id == change)).one()._asdict()
        closed = [{**row, "id": f"EC-1999-{n}", "state": State.CLOSED.value} for n in range(MANY)]
        connection.execute(sa.insert(changes), closed)
    analyse(memory)
    found = []

    def ask(work):
        about = (LINUS, "payments-merge", memory.clock.now())
        found.extend(questions.in_the_way(work.connection, *about)() for _ in range(OFTEN))

    assert 0 < rows_read(memory, ask) < MANY / 10
    assert {one.same_access for one in found} == {change}


def test_the_newest_of_a_kind_are_found_however_long_the_ledger_is(desk, memory):
    others = [ledger.Draft(request(), change=desk.opens("ledger-admin"))] * MANY
    with memory.database.write() as connection:
        for _ in range(10):
            ledger.append(connection, memory.vault, others, memory.clock.now())
    analyse(memory)

    def ask(work):
        for _ in range(OFTEN):
            reviews.known(work.connection)

    assert rows_read(memory, ask) < MANY / 10


@pytest.mark.parametrize("access", [True, False], ids=["access alone", "anything"])
def test_what_is_due_is_found_however_much_was_done_before(desk, memory, access):
    change = desk.opens()
    with memory.database.write() as connection:
        done = connection.execute(sa.select(obligations)).first()._asdict() | {"due_at": None}
        rows = [{**done, "change_id": f"EC-1999-{n}"} for n in range(MANY * 10)]
        connection.execute(sa.insert(obligations), rows)
    analyse(memory)
    found = []

    def ask(work):
        due = Outbox(Borrowed(work.connection), memory.clock, memory.stopwatch)
        found.extend(due.claim(1, access=access))
        found.extend(due.claim(1) for _ in range(OFTEN))

    assert 0 < rows_read(memory, ask) < MANY / 10
    assert (found[0].change, found[0].step) == (change, StepName.ACCESS)


def test_a_server_that_knows_its_tables_plans_nothing_anew_at_each_click(desk, memory):
    change = desk.opens()
    planned = []
    for _ in range(3):
        for _ in range(OFTEN):
            desk.changes.open(request(at=memory.clock.now()))  # refused: one is open already
            desk.happens(change, ev.Extension, window=timedelta(minutes=5), justification="Not yet.")
        analyse(memory)
        with memory.database.read() as connection:
            counted = "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements"
            planned.append(connection.exec_driver_sql(counted).one())

    (once, anew), *_, (once_later, anew_later) = planned
    assert once_later - once > 50
    assert anew_later == anew
