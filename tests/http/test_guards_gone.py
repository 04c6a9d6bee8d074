"""A guard of the ledger is gone: emergencies go on, nothing closes, and people are told; then it is back."""

import pytest

from sandbox import cast
from storage import guards
from tests.http.night import GRACE, LINUS
from workflows.vocabulary import State


@pytest.fixture(params=["sqlite", "postgres"])
def night(request, nights, fresh_database):
    return nights(database_url=fresh_database()) if request.param == "postgres" else nights()


def drop(night, name="ledger_refuses_update"):
    on = "" if night.memory.database.sqlite else f" ON {guards.table_of(name)}"
    with night.memory.database.write() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")


def posted(night):
    """Return what was said in the review channel."""
    return [message.text.replace("\u200b", "") for message in night.world.slack.messages(cast.REVIEW)]


def gauge(night):
    return night.world.bot.metrics.registry.get_sample_value("emergency_change_guards_missing")


def looks(night):
    night.world.bot.watch.look_for_guards()
    night.settles()


def test_emergencies_go_on_nothing_closes_and_people_are_told(night):
    change = night.requests(LINUS)
    drop(night)
    night.world.bot.watch.look_at_guards()
    night.settles()
    other = night.requests(LINUS, access="ledger-admin", window="30m")
    night.approves(GRACE, change)
    night.reports(LINUS, change)
    night.looks_back(LINUS, change)
    dialog, refused = night.presses(GRACE, "change.accept", change), night.told(GRACE)[-1]

    assert dialog is None
    assert night.state(change) is State.IN_REVIEW
    assert night.memory.record(other)[0].request.by
    assert "nothing can be closed until that is mended" in refused
    [said] = posted(night)
    assert "Something is wrong with the ledger's guards in the database: ledger" in said
    assert "Nothing can be closed" in night.types(GRACE, "list")
    assert "Nothing can be closed" in night.types(LINUS, f"status {change}")
    assert gauge(night) == 1


def test_once_they_are_put_back_changes_close_and_people_are_told(night):
    change = night.requests(LINUS)
    drop(night)
    night.world.bot.watch.look_at_guards()
    with night.memory.database.write() as connection:
        assert guards.mend(connection) == ()
    looks(night)
    night.approves(GRACE, change)
    night.reports(LINUS, change)
    night.looks_back(LINUS, change)
    night.accepts(GRACE, change)

    assert night.state(change) is State.CLOSED
    assert "guards are all in the database again" in posted(night)[-1]
    assert "Nothing can be closed" not in night.types(GRACE, "list")
    assert gauge(night) == 0


def test_a_comment_outlives_what_stands_in_the_way_of_accepting(night):
    change = night.requests(LINUS)
    night.approves(GRACE, change)
    night.reports(LINUS, change)
    night.looks_back(LINUS, change)
    night.presses(GRACE, "change.accept", change)
    drop(night)
    night.world.bot.watch.look_at_guards()
    errors = night.submits(GRACE, comment="Well written.")
    with night.memory.database.write() as connection:
        guards.mend(connection)
    looks(night)
    again = night.submits(GRACE)

    assert [*errors] == ["comment"]
    assert "nothing can be closed until that is mended" in errors["comment"]
    assert again == {}
    assert night.state(change) is State.CLOSED
    assert night.record(change).acceptance.comment == "Well written."


def test_people_are_told_once_however_often_one_looks(night):
    drop(night)
    for _ in range(3):
        night.world.bot.watch.look_at_guards()
    night.settles()
    looks(night)

    assert len(posted(night)) == 1
    assert "`emergency-change db guard`" in night.world.slack.messages(cast.REVIEW)[0].text
