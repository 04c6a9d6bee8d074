"""Drills: the same procedure with real access, marked wherever the change is seen."""

from tests.http.night import ADA, GRACE, LINUS, REQUEST
from workflows.vocabulary import State


def rehearses(night, who=LINUS, access="payments-merge", typed="drill", **said):
    """Raise a drill; returns its id."""
    night.types(who, typed)
    assert night.submits(who, **{**REQUEST, "access": access, **said}) == {}
    return night.world.latest()


def test_a_drill_gives_the_access_takes_it_away_and_is_closed_like_any_change(anywhere):
    night = anywhere()
    change = rehearses(night)
    given = night.holders()
    night.approves(GRACE)
    night.reports(LINUS)
    gone = night.holders()
    night.looks_back(LINUS)
    night.accepts(ADA)
    night.passes(minutes=15)

    assert (given, gone) == ({"linus-acme"}, set())
    assert night.record(change).request.drill
    assert night.is_closed_well(change)


def test_the_form_of_a_drill_says_that_it_is_one_and_is_filled_in_alike(shared):
    shared.types(LINUS, "drill payments practise the roll-back")
    view = shared.dialog(LINUS).view

    assert view["callback_id"] == "form.drill"
    assert view["title"]["text"] == "Emergency change: drill"
    assert "*This is a drill.*" in view["blocks"][0]["text"]["text"]
    initial = {b["block_id"]: b.get("element", {}).get("initial_value") for b in view["blocks"]}
    assert initial["what"] == "practise the roll-back"
    assert initial["incident"] is None, "the incident of the channel is real, and not this one's"


def test_a_drill_is_marked_wherever_it_is_seen(night):
    night.world.slack.im_with(LINUS)
    change = rehearses(night)
    night.presses(GRACE, "change.approve")
    dialog = str(night.dialog(GRACE).view["blocks"])
    night.submits(GRACE)
    night.passes(minutes=55)

    assert night.card().blocks[0]["text"]["text"].startswith("DRILL · Emergency change")
    assert night.card().text.startswith("DRILL · ")
    assert night.thread()
    assert all("DRILL · " in said for said in night.thread())
    assert night.direct(LINUS)
    assert all("DRILL · " in said for said in night.direct(LINUS))
    assert "This is a rehearsal" in dialog
    assert night.ticket().summary.startswith("DRILL · ")
    assert "emergency-change-drill" in night.ticket().fields["labels"]
    assert all("DRILL · " in comment.body for comment in night.ticket().comments)
    assert "DRILL · " in night.types(LINUS, f"status {change}")
    assert [row.drill for row in night.memory.changes()] == [True]


def test_an_emergency_is_not_marked(night):
    night.requests()
    night.approves(GRACE)
    seen = [night.card().text, *night.thread(), *night.direct(LINUS), night.ticket().summary]
    seen += [comment.body for comment in night.ticket().comments]

    assert not [said for said in seen if "DRILL" in said]
    assert "emergency-change-drill" not in night.ticket().fields["labels"]


def test_a_real_emergency_during_a_drill_is_told_how_to_begin(night):
    change = rehearses(night)
    night.types(LINUS)
    night.submits(LINUS, **REQUEST, access="payments-merge")
    said = night.says_no(LINUS)
    night.world.slack.close(LINUS, night.dialog(LINUS).id)
    night.reports(LINUS, change)
    real = night.requests()

    assert said == f"Your drill {change} is open for this access: say Done there, then request again."
    assert night.state(real) is State.ACTIVE
    assert night.holders() == {"linus-acme"}


def test_what_a_drill_owes_late_does_not_stand_in_the_way_of_an_emergency(night):
    change = rehearses(night)
    night.passes(days=9)
    assert "completion" in night.owed(change)

    assert night.state(night.requests()) is State.ACTIVE


def test_what_an_emergency_owes_late_does(night):
    night.requests()
    night.passes(days=9)

    assert night.state(night.requests(window="30m")) is State.REQUESTED


def test_the_word_is_an_entry_of_its_own(shared):
    shared.types(LINUS, "drill")

    assert [e.entry.word for e in shared.entries() if e.entry.kind == "invocation/1"][-1] == "drill"
