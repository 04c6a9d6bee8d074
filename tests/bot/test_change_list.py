"""The list of everything is whole lines, and says what it leaves out."""

import re
from datetime import timedelta

from bot.views.lists import LONGEST, change_list
from storage.lists import Row
from tests.acme import LINUS, PEOPLE, POLICY
from tests.clocks import MONDAY_NIGHT
from workflows.policy import load
from workflows.vocabulary import ChangeId, State

RULES = load(POLICY.encode())


def listed(count, *, drill=False):
    """Say so many changes that are active."""
    until = MONDAY_NIGHT + timedelta(hours=1)
    rows = [
        Row(ChangeId(f"EC-2026-{n:04}"), State.ACTIVE, LINUS, "payments", "payments-merge", "", MONDAY_NIGHT, until, drill)
        for n in range(count)
    ]  # fmt: skip
    return change_list(rows, RULES, lambda person: PEOPLE[person].slack_user).splitlines()


def test_a_list_that_is_too_long_ends_with_how_many_it_leaves_out():
    whole, lines = listed(1)[0], listed(300)

    *shown, last = lines
    assert [re.sub(r"EC-2026-\d{4}", "EC-2026-0000", line) for line in shown] == [whole] * len(shown)
    assert last == f"…and {300 - len(shown)} more"
    assert LONGEST - 2 * len(whole) < len("\n".join(lines)) <= LONGEST


def test_a_list_that_fits_leaves_nothing_out():
    assert len(listed(5)) == 5


def test_a_drill_is_marked_in_the_list():
    assert listed(1, drill=True) == [f"DRILL · {listed(1)[0]}"]
