"""Who stands in for whom: along a line of absences, never in a circle, and only with rights of their own."""

from datetime import timedelta

import pytest

from tests.acme import ADA, GRACE, LINUS, MARGARET, PEOPLE, SAM
from tests.clocks import MONDAY_NIGHT
from tests.paper import RULES
from workflows.delegation import (
    Absence,
    answering_groups,
    groups_told,
    in_reach,
    objection,
    stand_in,
    unable,
)
from workflows.people import Person

DAY = timedelta(days=1)
GUEST = Person("P-GUEST", name="Gil", slack_user="U9", guest=True)
GONE = Person("P-GONE", name="Dee", slack_user="U8", deactivated=True)


def away(**who):
    names = {"ada": ADA, "grace": GRACE, "sam": SAM, "linus": LINUS}
    return {names[one]: Absence(names[one], delegate, MONDAY_NIGHT + DAY) for one, delegate in who.items()}


@pytest.mark.parametrize(
    ("absences", "stands_in"),
    [
        ({}, None),
        (away(ada=GRACE), GRACE),
        (away(ada=GRACE, grace=SAM), SAM),
        (away(ada=GRACE, grace=ADA), None),
        (away(ada=GRACE, grace=SAM, sam=GRACE), None),
        (away(grace=ADA), None),
    ],
)
def test_whoever_is_at_the_end_of_the_line_stands_in(absences, stands_in):
    assert stand_in(ADA, absences) == stands_in


def test_who_is_away_is_left_in_peace_where_the_delegate_is_told_as_well():
    assert in_reach(frozenset({ADA, GRACE}), away(ada=GRACE)) == {GRACE}


def test_who_is_away_is_told_where_the_delegate_could_not_answer():
    assert in_reach(frozenset({ADA, GRACE}), away(ada=SAM)) == {ADA, GRACE}


def test_nobody_is_left_out_where_everybody_is_away():
    assert in_reach(frozenset({ADA, GRACE}), away(ada=GRACE, grace=ADA)) == {ADA, GRACE}


@pytest.mark.parametrize(
    ("to", "until", "absences", "because"),
    [
        (PEOPLE[GRACE], DAY, {}, None),
        (None, DAY, {}, "Name an active member of this organisation."),
        (GUEST, DAY, {}, "Name an active member of this organisation."),
        (GONE, DAY, {}, "Name an active member of this organisation."),
        (PEOPLE[ADA], DAY, {}, "Name somebody else than yourself."),
        (PEOPLE[GRACE], timedelta(), {}, "That is over already; name a day to come."),
        (PEOPLE[GRACE], -DAY, {}, "That is over already; name a day to come."),
        (PEOPLE[GRACE], 367 * DAY, {}, "Name a day within a year."),
        (PEOPLE[GRACE], DAY, away(grace=SAM), "Grace is away too; name somebody else."),
    ],
)
def test_not_everybody_can_be_a_delegate_at_any_time(to, until, absences, because):
    assert objection(PEOPLE[ADA], to, MONDAY_NIGHT + until, MONDAY_NIGHT, absences) == because


def test_whoever_answers_for_a_group_names_somebody_who_could():
    assert unable({"heads"}, {"heads", "sre"}, RULES) is None
    assert unable({"heads"}, {"sre"}, RULES) == (
        "They could not answer for you: they are not in heads. Name somebody who is."
    )


def test_whoever_answers_for_nothing_may_name_anybody():
    assert unable({"sre"}, set(), RULES) is None


def test_groups_that_answer_and_groups_that_are_told_are_read_off_the_policy():
    assert answering_groups(RULES) == {"heads"}
    assert groups_told(RULES) == {"heads", "security"}


def test_a_colleague_of_the_author_cannot_be_unable():
    assert objection(PEOPLE[LINUS], PEOPLE[MARGARET], MONDAY_NIGHT + DAY, MONDAY_NIGHT, {}) is None
