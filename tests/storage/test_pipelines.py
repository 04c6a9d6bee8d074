"""What is only written is sent without waiting on PostgreSQL; what can go wrong with that."""

import select

import pytest
import sqlalchemy as sa
from psycopg.pq import PipelineStatus

from storage.ahead import ahead
from storage.schema import counters
from workflows.errors import Unavailable

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

YEARS = sa.select(counters.c.year).order_by(counters.c.year)
MOVED = (
    sa.update(counters).where(counters.c.year == sa.bindparam("of")).values(last=2).returning(counters.c.last)
)
AHEAD = ahead(sa.select(counters.c.year)).order_by(counters.c.year)
AHEAD_TOO = ahead(sa.select(sa.func.max(counters.c.year), sa.func.count()))


def write(*years):
    """Write rows with one statement each."""

    def step(connection):
        for year in years:
            connection.execute(sa.insert(counters).values(year=year, last=1))

    return step


def write_at_once(*years):
    """Write rows with one statement for all."""
    rows = [{"year": year, "last": 1} for year in years]
    return lambda connection: connection.execute(sa.insert(counters), rows)


def ask(connection):
    return list(connection.execute(YEARS).scalars())


def let_answers_come(connection):
    select.select([driver(connection).fileno()], [], [], 10)


def hang_up(connection):
    lost = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with connection.engine.connect() as other:
        other.exec_driver_sql(f"SELECT pg_terminate_backend({lost})").scalar_one()


def stumble(connection):
    raise ZeroDivisionError


def driver(connection):
    return connection.connection.driver_connection


def waits(connection):
    """Say whether answers wait in line."""
    return driver(connection).pgconn.pipeline_status != PipelineStatus.OFF


def transact(database, *steps):
    """Take steps in one transaction, and return the driver's connection."""
    with database.write() as connection:
        used = driver(connection)
        for step in steps:
            step(connection)
    return used


def there(database):
    with database.read() as connection:
        return ask(connection)


def test_what_asks_nothing_is_not_waited_for_until_something_does(database):
    with database.write() as connection:
        write(2001)(connection)
        write_at_once(2002, 2003)(connection)
        connection.execute(sa.update(counters).where(counters.c.year == 2003).values(year=2004))
        connection.exec_driver_sql("NOTIFY obligations")
        connection.execute(sa.delete(counters).where(counters.c.year == 2001))
        assert waits(connection)

        assert ask(connection) == [2002, 2004]
        assert not waits(connection)

    assert there(database) == [2002, 2004]


def test_the_beginning_is_not_waited_for_by_itself(database):
    with database.write() as connection:
        assert waits(connection)

        assert ask(connection) == []
        assert not waits(connection)


def ask_ahead(connection):
    """Ask two questions, and return what waits for their answers."""
    return connection.execute(AHEAD), connection.execute(AHEAD_TOO)


def test_what_is_asked_ahead_is_waited_for_when_the_first_answer_is_read(database):
    first = transact(database, ask_ahead)  # from then on it is known how the answers look
    with database.write() as connection:
        assert driver(connection) is first
        write(2001, 2003)(connection)
        years, newest = ask_ahead(connection)
        assert waits(connection)

        assert newest.one() == (2003, 2)
        assert not waits(connection)
        assert list(years.scalars()) == [2001, 2003]


def test_what_is_asked_ahead_answers_in_the_order_it_was_sent(database):
    transact(database, ask_ahead)
    with database.write() as connection:
        none, _ = ask_ahead(connection)
        write(2001)(connection)
        one, counted = ask_ahead(connection)
        write(2002)(connection)

        assert counted.one() == (2001, 1)
        assert none.all() == []
        assert one.all() == [(2001,)]
        assert connection.execute(AHEAD).first() == (2001,)
    assert there(database) == [2001, 2002]


def test_nobody_needs_to_read_what_was_asked_ahead(database):
    transact(database, ask_ahead)
    transact(database, ask_ahead, write(2001))

    assert there(database) == [2001]


def test_whoever_reads_what_was_asked_ahead_is_told_what_failed_before(database):
    transact(database, ask_ahead)
    with pytest.raises(sa.exc.IntegrityError, match="pk_counters"):
        transact(database, write(2001, 2001), lambda connection: ask_ahead(connection)[0].all())

    assert there(database) == []


def test_a_transaction_that_only_reads_asks_nothing_ahead(database):
    transact(database, ask_ahead)
    with database.read() as connection:
        years, newest = ask_ahead(connection)

        assert not waits(connection)
        assert (years.all(), newest.one()) == ([], (None, 0))


def test_several_commands_at_once_are_waited_for(database):
    with database.write() as connection:
        write(2001)(connection)
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'; DELETE FROM counters WHERE year = 2001")

        assert not waits(connection)
        assert ask(connection) == []


def test_a_connection_that_was_lost_at_rest_is_unavailable_once(database):
    with database.write() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with database.engine.connect() as here, database.engine.connect() as other:
        kept = here if driver(here).info.backend_pid == pid else other
        ends = other if kept is here else here
        ends.exec_driver_sql(f"SELECT pg_terminate_backend({pid})").scalar_one()

    with pytest.raises(Unavailable):
        transact(database, write(2001))

    transact(database, write(2002))
    assert there(database) == [2002]


def test_a_write_that_asks_for_what_it_changed_is_told(database):
    with database.write() as connection:
        write(2001)(connection)

        assert connection.execute(MOVED, {"of": 2001}).scalar_one() == 2
        assert connection.execute(MOVED, {"of": 1999}).one_or_none() is None


@pytest.mark.parametrize("behind", [0, 1, 700])
@pytest.mark.parametrize("last", [[ask], [let_answers_come, ask], []], ids=["asked", "asked later", "commit"])
def test_whoever_waits_next_is_told_what_failed_whatever_was_sent_behind_it(database, behind, last):
    sent = write_at_once(2001, 2001, *range(3000, 3000 + behind))
    with pytest.raises(sa.exc.IntegrityError, match="pk_counters"):
        transact(database, sent, *last)

    assert there(database) == []


def test_nothing_after_a_failure_is_kept_either(database):
    with pytest.raises(sa.exc.IntegrityError, match="pk_counters"):
        transact(database, write(2001, 2001, 2002), ask)

    assert there(database) == []


def test_a_connection_is_as_good_as_new_after_a_failure(database):
    before = transact(database)
    with pytest.raises(sa.exc.IntegrityError):
        transact(database, write(2001, 2001))

    assert transact(database, write(2002)) is before
    assert there(database) == [2002]


def test_what_was_sent_is_forgotten_if_the_code_fails(database):
    with pytest.raises(ZeroDivisionError):
        transact(database, write(2001, 2001), stumble)

    assert there(database) == []


def test_only_a_transaction_that_is_meant_to_write_lets_anything_wait(database):
    before = transact(database, write(2001))

    with database.read() as connection:
        assert driver(connection) is before
        write(2002)(connection)
        assert not waits(connection)


def test_a_migration_waits_for_each_answer_and_counts_its_rows(database):
    counted = sa.update(counters).where(counters.c.year == 2001).values(last=2)
    with database.write() as connection:
        database.count_rows(connection)
        write(2001)(connection)

        assert connection.execute(counted).rowcount == 1
        assert not waits(connection)


def test_a_server_that_hangs_up_while_answers_wait_is_unavailable(database):
    with pytest.raises(Unavailable):
        transact(database, hang_up, write(2001, 2002))

    assert there(database) == []
