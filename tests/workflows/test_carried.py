"""Which follow-ups a period carries on: asked of its end, so that the answer does not change later."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.acme import GRACE, MARGARET
from tests.paper import RULES, Paper
from workflows.calendar import Calendar
from workflows.carried import Carried, carried
from workflows.follow_ups import FollowUp

END = datetime(2026, 3, 31, 22, tzinfo=UTC)  # midnight in Berlin, in summer time
BEFORE, AFTER = datetime(2026, 3, 20, 9, tzinfo=UTC), datetime(2026, 4, 1, 9, tzinfo=UTC)


def open_at_the_end(**said):
    one = replace(FollowUp(1, 2, BEFORE, GRACE, "Lock it.", MARGARET, date(2026, 4, 10)), **said)
    record = replace(Paper().record, id="EC-2026-0001", follow_ups=(one,))
    return list(carried(record, Calendar(RULES.calendar), END))


@pytest.mark.parametrize(
    ("said", "late"),
    [
        ({}, False),
        ({"due": date(2026, 3, 31)}, True),  # its day was over at six
        ({"due": date(2026, 4, 1)}, False),
        ({"done_at": AFTER}, False),  # done since; it was open then
        ({"done_at": END}, False),
    ],
)
def test_what_was_open_at_the_end_is_carried_whatever_became_of_it(said, late):
    due = said.get("due", date(2026, 4, 10))

    assert open_at_the_end(**said) == [Carried("EC-2026-0001-F1", MARGARET, due, late)]


@pytest.mark.parametrize("said", [{"done_at": BEFORE}, {"at": END}, {"at": AFTER}])
def test_what_was_done_by_then_or_agreed_later_is_not(said):
    assert open_at_the_end(**said) == []
