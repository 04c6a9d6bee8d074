"""The slash command and its words."""

import pytest

from sandbox import cast
from sandbox.slack import Channel
from tests.http.night import GIL, GRACE, LINUS, MAYA, REPORT
from workflows.vocabulary import State


def filled_in(view):
    """Return what a form has been filled in with, by field."""
    said = {}
    for block in view.view["blocks"]:
        element = block.get("element", {})
        if "initial_value" in element:
            said[block["block_id"]] = element["initial_value"]
        if "initial_option" in element:
            said[block["block_id"]] = element["initial_option"]["value"]
    return said


def test_a_system_and_a_sentence_fill_in_the_form(shared):
    shared.types(LINUS, "payments checkout is down", channel=cast.INCIDENTS)

    said = filled_in(shared.dialog(LINUS))
    assert (said["access"], said["what"]) == ("payments-merge", "checkout is down")


def test_a_sentence_alone_is_what_is_broken(shared):
    shared.types(LINUS, "the checkout has been answering 500", channel=cast.INCIDENTS)

    assert filled_in(shared.dialog(LINUS))["what"] == "the checkout has been answering 500"


def test_the_incident_is_read_from_the_channels_topic(shared):
    shared.types(LINUS, channel=cast.PAYMENTS)

    assert filled_in(shared.dialog(LINUS))["incident"] == "https://status.acme.example/incidents/INC-2041"


def test_the_incident_is_read_from_the_channels_name(shared):
    shared.world.slack.add_channel(Channel("C0INC", "inc-2077-checkout", members={LINUS}))
    shared.types(LINUS, channel="C0INC")

    assert filled_in(shared.dialog(LINUS))["incident"] == "inc-2077"


def test_help_is_help(shared):
    assert shared.types(LINUS, "help").startswith("*Emergency changes*")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("staus", "status"),
        ("exnted 30m", "extend"),
        ("exnted 1h 30m EC-2026-0001", "extend"),
        ("dnoe EC-2026-0001", "done"),
        ("lst all", "list"),
        ("delgate maya until next friday", "delegate"),
        ("reasign EC-2026-0001 please", "reassign"),
        ("delegat @maya", "delegate"),
        ("dril payments checkout is down", "drill"),
        ("retro", None),
        ("frobnicate", None),
        ("approve EC-2026-0001", None),
    ],
)
def test_a_word_that_is_unknown_is_answered_with_help_and_changes_nothing(shared, typed, meant):
    said = shared.types(LINUS, typed)

    assert "*Emergency changes*" in said or shared.dialog(LINUS)
    if meant:
        assert f"did you mean `{meant}`" in said
    assert len(shared.memory.changes()) == 1


def test_the_list_of_everything_shows_what_is_not_over(night):
    nothing = night.types(MAYA, "list all")
    change = night.requests(LINUS)

    assert nothing == "No emergency change is open."
    assert change in night.types(MAYA, "list all")


def test_the_list_says_what_stands_at_home(night):
    nothing = night.types(LINUS, "list")
    change = night.requests(LINUS)
    mine, theirs = night.types(LINUS, "list"), night.types(GRACE, "list")

    assert nothing == "Nothing is open in your name, and nobody waits for you."
    for who, said in ((LINUS, mine), (GRACE, theirs)):
        home = night.looks_at_home(who)
        for name, text in home.items():
            if name.startswith(("window:", "owed:", "asked:")):
                assert f"• {text}" in said
    assert "*Your open windows*" in mine
    assert "*Waits for your approval*" in theirs
    assert "Open: 1" in theirs
    assert change in mine


def test_one_part_of_the_list_can_be_asked_for(night):
    night.requests(LINUS)

    assert night.types(GRACE, "list asked").splitlines()[0] == "*Waits for your approval*"
    assert "*For reviewers*" not in night.types(GRACE, "list asked")
    assert night.types(GRACE, "list nonsense").startswith(
        "`/emergency-change list` alone, or with one of: windows,"
    )


def test_the_status_of_somebody_with_several_changes_says_where_they_stand(night):
    first, second = night.requests(LINUS), night.requests(LINUS, access="ledger-admin", window="30m")
    said = night.types(LINUS, "status")

    assert first in said
    assert second in said
    assert "*Recent changes" not in said


def test_the_status_of_ones_only_change_needs_no_id(shared):
    change = shared.world.latest()
    said = shared.types(LINUS, "status")

    assert change in said
    assert "in force until" in said
    assert "CHG-1" in said


def test_the_status_of_any_change_can_be_asked_by_id(shared):
    change = shared.world.latest()

    assert change in shared.types(MAYA, f"status {change.lower()}")


def test_a_change_that_is_not_there_is_said_so(shared):
    assert shared.types(LINUS, "status EC-2026-9999") == "There is no change EC-2026-9999."
    assert shared.types(LINUS, "done EC-2026-9999") == "There is no change EC-2026-9999."


@pytest.mark.parametrize("typed", ["list", "list all", "list late", "status", "status EC-2027-0001"])
def test_guests_are_told_nothing_about_any_change(shared, typed):
    change = shared.world.latest()
    said = shared.types(GIL, typed.replace("EC-2027-0001", change))

    assert said == "Guests cannot take part in an emergency change; ask a colleague."


@pytest.mark.parametrize("word", ["status", "withdraw"])
def test_what_was_typed_instead_of_a_change_mentions_nobody(shared, word):
    said = shared.types(LINUS, f"{word} <!here>")

    assert said == "There is no change &lt;!HERE&gt;."


def test_without_a_change_the_words_ask_which(shared):
    for word in ("status", "done", "extend 30m", "end", "withdraw", "retrospective", "remediate", "accept"):
        assert shared.types(MAYA, word).startswith("Say which change:")


def test_done_opens_the_report(night):
    night.requests()
    night.types(LINUS, "done")
    errors = night.submits(LINUS, **REPORT)

    assert errors == {}
    assert night.state() is State.IN_REVIEW


def test_extend_opens_its_dialog_with_the_length_filled_in(night):
    night.requests()
    night.types(LINUS, "extend 45m")
    said = filled_in(night.dialog(LINUS))
    errors = night.submits(LINUS, justification="The index is large.")

    assert said["window"] == "45m"
    assert errors == {}
    assert night.record().window.total_seconds() == 105 * 60


def test_end_asks_for_a_reason(night):
    change = night.requests()
    night.types(GRACE, f"end {change}")
    errors = night.submits(GRACE, reason="Enough.")

    assert errors == {}
    assert night.holders() == set()


def test_the_words_of_the_review_open_their_dialogs(night):
    change = night.requests()
    night.rejects(GRACE)
    opened = []
    for who, word in ((LINUS, "retrospective"), (LINUS, f"remediate {change}"), (LINUS, "done")):
        night.types(who, word)
        opened.append(night.dialog(who).view["callback_id"])

    assert opened == ["form.retrospective", "form.remediate", "form.done"]


def test_accept_opens_its_dialog(night):
    change = night.requests()
    night.approves(GRACE)
    night.reports(LINUS)
    night.looks_back(LINUS)
    night.types(GRACE, f"accept {change}")
    errors = night.submits(GRACE)

    assert errors == {}
    assert night.state() is State.CLOSED


def test_a_word_that_the_procedure_refuses_is_answered_with_its_sentence(shared):
    change = shared.world.latest()

    assert shared.types(MAYA, f"done {change}") == "Only the requester can do this."
    assert shared.types(LINUS, "withdraw") == f"{change} is active; that cannot happen to it now."
    assert shared.types(LINUS, "retrospective") == f"{change} is active; that cannot happen to it now."


def test_every_invocation_is_an_entry_and_keeps_nothing_of_what_was_typed(shared):
    shared.types(LINUS, "hunter2 is my favourite")
    shared.types(LINUS, "help")

    entries = shared.entries()
    assert [e.entry.word for e in entries if e.entry.kind == "invocation/1"][-2:] == ["", "help"]
    assert "hunter2" not in str(entries)


def test_a_word_means_the_change_that_it_can_be_said_of(night):
    """With the one whose access runs, an older one in review and one that waits, no id is needed."""
    older = night.requests(LINUS)
    night.ends_access(GRACE, older)
    waiting = night.requests(LINUS, access="ledger-admin", window="30m")
    running = night.requests(LINUS)
    opened = []
    for word in ("extend 30m", "end", "done", "retrospective"):
        night.types(LINUS, word)
        opened.append(night.dialog(LINUS).view["private_metadata"].partition("|")[0])
        night.closes(LINUS)

    assert opened == [running, running, running, older]
    assert night.types(LINUS, "withdraw") == f"{waiting} is withdrawn."


def test_a_refusal_is_read_as_it_is_written(nights):
    night = nights(policy=lambda text: text.replace("heads", "_heads_"))
    change = night.requests()
    night.ends_access(GRACE, change)
    said = night.types(MAYA, f"accept {change}")

    assert said == "Only members of \u200b_heads\u200b_ can accept or return this change."


def test_done_without_a_window_means_the_change_that_has_no_report_yet(night):
    night.requests(LINUS)
    night.reports(LINUS)
    silent = night.requests(LINUS)
    night.ends_access(GRACE, silent)
    night.types(LINUS, "done")

    assert night.dialog(LINUS).view["private_metadata"].startswith(silent)


def test_which_change_is_asked_where_a_word_may_mean_several(night):
    for _ in range(2):
        night.ends_access(GRACE, night.requests(LINUS))

    assert night.types(LINUS, "done").startswith("Say which change:")
    assert night.types(LINUS, "extend 30m").startswith("Say which change:")


@pytest.mark.parametrize(
    "sentence",
    [
        "lost connection to the primary database",
        "down since 03:01",
        "lists of orders are empty until somebody restarts the shop",
        "ends in 500, as with EC-2026-0001",
    ],
)
def test_a_sentence_that_begins_like_a_word_is_still_what_is_broken(shared, sentence):
    shared.types(LINUS, sentence)
    said = filled_in(shared.dialog(LINUS))
    shared.closes(LINUS)

    assert said["what"] == sentence
