"""Who is behind a click: read with everybody else once a minute, and not looked up at each click."""

import sqlalchemy as sa

from bot.payloads import Clicker
from sandbox.settings import TEAM


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


def test_nobody_the_mirror_has_seen_is_looked_up_at_a_click(night):
    bot = night.world.bot
    bot.directory.refresh()

    members = [person for person in bot.memory.people.everyone() if person.slack_team == TEAM]
    found = {}

    def click():
        found.update((one.id, bot.directory.person_id(Clicker(TEAM, one.slack_user))) for one in members)

    assert looked_up(bot, click) == 0
    assert found == {one.id: one.id for one in members} != {}
