"""Who is behind a click: read with everybody else once a minute, and not looked up at each click."""

import sqlalchemy as sa

from bot.directory import SlackDirectory
from bot.payloads import Clicker
from sandbox.settings import TEAM
from sandbox.slack import payloads
from tests.http.night import GRACE, LINUS


def looked_up(bot, happens):
    """Count the people looked up by their Slack account while something happens."""
    asked = []

    def note(connection, cursor, statement, *_):
        if "people.slack_user = " in statement:
            asked.append(statement)

    sa.event.listen(bot.memory.database.engine, "before_cursor_execute", note)
    happens()
    sa.event.remove(bot.memory.database.engine, "before_cursor_execute", note)
    return len(asked)


def test_whose_workspace_is_ours_is_not_guessed_before_slack_has_said_it(night):
    """Where no workspace is named in the settings, an outsider may click before the first look at Slack."""
    bot = night.world.bot
    early = SlackDirectory(
        bot.directory._client, bot.memory.people, bot.directory._teams, bot.memory.policy, ()
    )
    person = early.person_id(Clicker("T0OUTSIDE", "U0EARLY"))
    early.refresh()

    assert bot.memory.person(person).outsider
    assert not bot.memory.people.by_slack(TEAM, LINUS).outsider


def test_nobody_the_mirror_has_seen_is_looked_up_at_a_click(night):
    bot = night.world.bot
    bot.directory.refresh()

    members = [person for person in bot.memory.people.everyone() if person.slack_team == TEAM]
    found = {}

    def click():
        found.update((one.id, bot.directory.person_id(Clicker(TEAM, one.slack_user))) for one in members)

    assert looked_up(bot, click) == 0
    assert found == {one.id: one.id for one in members} != {}


def test_who_is_changed_in_slack_is_known_as_that_once_for_all_that_slack_said_of_it(night):
    bot, slack = night.world.bot, night.world.slack
    bot.directory.refresh()
    slack.user(LINUS).real_name = "Linus Renamed"
    for number in range(20):
        told = {"type": "user_change", "user": {"id": LINUS}}
        assert slack._deliver("event", payloads.event_callback(slack, told, f"Ev{number}")).status == 200
    listed = len(slack.app.calls("POST", "/api/users.list"))
    before = bot.memory.people.by_slack(TEAM, LINUS).name
    bot.hints.follow()
    once = len(slack.app.calls("POST", "/api/users.list"))
    bot.hints.follow()

    assert before != bot.memory.people.by_slack(TEAM, LINUS).name == "Linus Renamed"
    assert len(slack.app.calls("POST", "/api/users.list")) == once > listed


def test_a_group_is_read_anew_without_reading_everybody(night):
    """After a verdict, while others click: what it costs must not grow with the organisation."""
    bot = night.world.bot
    read = []

    class Counted:
        def __getattr__(self, name):
            read.append(name)
            return getattr(bot.memory.people, name)

    directory = SlackDirectory(bot.directory._client, Counted(), bot.directory._teams, bot.memory.policy, ())

    assert directory.holds("heads", bot.memory.people.by_slack(TEAM, GRACE).id)
    assert "everyone" not in read
