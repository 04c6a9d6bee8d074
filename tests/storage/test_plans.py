"""What PostgreSQL does for a click does not grow with what everybody else has, whether it knows its tables or not."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage import ledger, questions
from storage.schema import changes
from tests.acme import LINUS
from tests.memories import migrated, request
from workflows import events as ev
from workflows.vocabulary import State

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


def test_a_server_that_knows_its_tables_plans_nothing_anew_at_each_click(desk, memory):
    planned = "SELECT sum(generic_plans), sum(custom_plans) FROM pg_prepared_statements"
    change = desk.opens()
    for _ in range(2):
        for _ in range(OFTEN):
            desk.changes.open(request(at=memory.clock.now()))  # refused: one is open already
            desk.happens(change, ev.Extension, window=timedelta(minutes=5), justification="Not yet.")
        analyse(memory)

    with memory.database.read() as connection:
        once, anew = connection.exec_driver_sql(planned).one()

    assert once > 50
    assert anew == 0
