"""A refused dialog keeps what was typed, unless no answer to the change is wanted any more."""

import pytest

from bot.mending import FINAL_NO, mended_at
from tests.acme import ADA
from tests.clocks import MONDAY_NIGHT
from workflows import events as ev

ACCEPTANCE = ev.Acceptance(at=MONDAY_NIGHT, by=ADA, shown="", comment="Well done.")
LATER = ["authors_known", "verdicts_read_again", "access_proven_gone", "ledger_guarded", "nothing_owed"]


@pytest.mark.parametrize("guard", LATER)
def test_what_stands_in_the_way_for_a_moment_is_said_beside_the_comment(guard):
    assert mended_at(guard, "Try again.", ACCEPTANCE, {"comment": "Well done."}) == "comment"


def test_the_words_of_a_person_come_before_what_they_chose():
    assert mended_at("by_an_approver", "", ACCEPTANCE, {"answer": "reject", "reason": "No."}) == "reason"
    assert mended_at("by_the_author", "", ACCEPTANCE, {"cause": "An index.", "genuine": "yes"}) == "cause"


@pytest.mark.parametrize("guard", sorted(FINAL_NO))
def test_a_final_no_is_said_alone(guard):
    assert mended_at(guard, "No.", ACCEPTANCE, {"comment": "Well done."}) == ""


def test_a_dialog_in_which_nothing_can_be_typed_has_no_place_beside_it():
    assert mended_at("by_an_approver", "No.", ACCEPTANCE, {}) == ""
