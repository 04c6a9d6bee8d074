"""A disk that is full, a file that may not be written: nothing is half kept, and nothing typed is lost."""

from contextlib import contextmanager

import pytest
import sqlalchemy as sa

from tests.http.night import GRACE, LINUS, REQUEST
from workflows.vocabulary import State

SORRY = "The bot could not keep this just now. Nothing was changed; please try again."
FULL = ("PRAGMA max_page_count = 1", "PRAGMA max_page_count = 1073741823")  # 1: as large as it is now
READ_ONLY = ("PRAGMA query_only = ON", "PRAGMA query_only = OFF")


@contextmanager
def taking_nothing(night, pragmas):
    """Let the database refuse every writer, as SQLite itself does on such a disk."""
    engine, (refuse, take) = night.memory.database.engine, pragmas

    def before(connection):
        connection.exec_driver_sql(refuse)

    def after(connection):
        connection.exec_driver_sql(take)

    sa.event.listen(engine, "begin", before)
    yield
    sa.event.remove(engine, "begin", before)
    sa.event.listen(engine, "begin", after)


@pytest.mark.parametrize("pragmas", [FULL, READ_ONLY], ids=["full", "read-only"])
def test_a_request_that_cannot_be_kept_stays_on_the_screen_and_can_be_sent_again(nights, pragmas):
    night = nights()
    night.types(LINUS)
    said = {**REQUEST, "access": "payments-merge", "what": "Checkout is down. " * 150}
    before = len(night.entries())

    with taking_nothing(night, pragmas):
        view = night.dialog(LINUS)
        sent = night.world.slack.submit(LINUS, view.id, said)

    assert sent.ok
    assert list(view.errors.values()) == [SORRY]
    assert len(night.entries()) == before
    assert night.holders() == set()
    assert night.submits(LINUS) == {}
    assert night.state() is State.ACTIVE
    assert night.record().request.what == said["what"].strip()
    assert night.holders() == {"linus-acme"}


def test_an_approval_that_cannot_be_kept_does_not_look_kept(nights):
    night = nights()
    night.requests()
    night.presses(GRACE, "change.approve")

    with taking_nothing(night, READ_ONLY):
        view = night.dialog(GRACE)
        night.world.slack.submit(GRACE, view.id, {"comment": "Go."})

    assert list(view.errors.values()) == [SORRY]
    assert "approval" in night.owed()
    assert night.submits(GRACE) == {}
    assert "approval" not in night.owed()


def test_a_command_on_a_file_that_may_not_be_written_is_answered(nights):
    night = nights()

    with taking_nothing(night, READ_ONLY):
        answer = night.world.slack.command(LINUS, "C0PAYMENTS", "list")

    assert answer.ok
    assert answer.body["text"] == SORRY
