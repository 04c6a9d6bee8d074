"""The look back: begun with what is known, asked what matters, kept when it comes back."""

import pytest

from tests.http.night import GRACE, LINUS, LOOK_BACK, MAYA
from tests.http.test_answers import texts


@pytest.fixture
def ended(night):
    """Return a night whose access has ended and was reported on."""
    night.requests(justification="Every order fails since 03:01 and nobody else is awake to look.")
    night.approves(GRACE)
    night.reports(LINUS, done="Rolled the index back.", verified="Orders go through.")
    return night


def inputs_of(view):
    return {b["block_id"]: b["element"] for b in view.view["blocks"] if b["type"] == "input"}


def test_the_form_begins_with_what_is_known(ended):
    view = ended.presses(LINUS, "change.retrospective")
    fields = inputs_of(view)
    timeline = fields["timeline"]["initial_value"]

    order = ["asked for", "The access was in force", "approved", "reported: Rolled the index back."]
    assert sorted(order, key=timeline.index) == order
    assert "Linus Berg" in timeline
    assert "nobody else is awake" in fields["normal_process"]["initial_value"]
    assert "initial_value" not in fields["cause"]
    assert "initial_option" not in fields["genuine"]
    assert "Rolled the index back." in texts(view.view["blocks"])


def test_what_it_asks_is_kept_word_for_word(ended):
    ended.looks_back(LINUS, timeline="03:01 it broke.", cause="No lock.", prevention="A check.", genuine="no")
    look = ended.record().retrospective

    assert (look.timeline, look.cause, look.prevention, look.genuine) == (
        "03:01 it broke.",
        "No lock.",
        "A check.",
        False,
    )


def test_whoever_owes_it_and_until_when_is_known_from_the_moment_the_change_ends(night):
    night.requests(window="30m")
    before = night.owed()
    night.passes(minutes=31)
    card = str(night.card().blocks)

    assert "retrospective" not in before
    assert "retrospective" in night.owed()
    assert "Retrospective, by <@U0LINUS>, until" in card


def test_a_returned_retrospective_begins_with_what_was_written_and_says_why_it_came_back(ended):
    ended.looks_back(LINUS, timeline="03:01 it broke.", cause="No lock.", prevention="A check.")
    ended.returns(GRACE, reason="Say why there was no lock.")
    view = ended.presses(LINUS, "change.retrospective")
    fields = inputs_of(view)

    begins = {name: fields[name].get("initial_value") for name in ("timeline", "cause", "prevention")}
    assert begins == {"timeline": "03:01 it broke.", "cause": "No lock.", "prevention": "A check."}
    assert fields["genuine"]["initial_option"]["value"] == LOOK_BACK["genuine"]
    assert "Say why there was no lock." in texts(view.view["blocks"])


def test_prevention_is_asked_for_and_its_absence_shown_where_it_belongs(ended):
    ended.presses(LINUS, "change.retrospective")
    ended.sends_form(LINUS, **LOOK_BACK | {"prevention": ""})

    assert ended.dialog(LINUS).errors == {"prevention": "Fill in: prevention."}


def test_a_secret_is_shown_at_the_field_it_was_typed_into_and_nothing_typed_is_lost(ended):
    ended.presses(LINUS, "change.retrospective")
    secret = "ghp_0123456789abcdefghijABCDEFGHIJ456789"
    errors = ended.submits(
        LINUS, **LOOK_BACK, follow_up_1=f"Rotate {secret}", owner_1=MAYA, due_1=ended.day(3).isoformat()
    )

    assert list(errors) == ["follow_up_1"]
    assert ended.dialog(LINUS).state["cause"]["cause"]["value"] == LOOK_BACK["cause"]
    assert secret not in str([entry.leaf for entry in ended.entries()])


def test_a_row_more_keeps_what_was_typed(ended):
    ended.presses(LINUS, "change.retrospective")
    view = ended.dialog(LINUS)
    view.state["cause"]["cause"]["value"] = "No lock."
    view.state["follow_up_1"]["follow_up_1"]["value"] = "Lock it."
    ended.chooses(LINUS, "dialog.more")
    view = ended.dialog(LINUS)

    assert {"follow_up_1", "follow_up_2"} <= set(inputs_of(view))
    assert view.state["cause"]["cause"]["value"] == "No lock."
    assert view.state["follow_up_1"]["follow_up_1"]["value"] == "Lock it."


def test_ten_rows_are_the_most_and_the_form_still_fits_slack(ended):
    ended.presses(LINUS, "change.retrospective")
    for _ in range(9):
        ended.chooses(LINUS, "dialog.more")
    view = ended.dialog(LINUS)

    assert [n for n in inputs_of(view) if n.startswith("follow_up_")] == [
        f"follow_up_{n}" for n in range(1, 11)
    ]
    assert "dialog.more" not in str(view.view["blocks"])
