"""What an approver sees before answering, what they may answer, and what they have in hand afterwards."""

import pytest

from tests.http.night import ADA, GRACE, LINUS, MAYA
from workflows.judged import judged, shown_digest
from workflows.vocabulary import State


def texts(blocks):
    """Return everything written in blocks, people by their account."""
    found = []
    for block in blocks:
        if block["type"] == "rich_text":
            parts = [part for section in block["elements"] for part in section["elements"]]
            found += [part.get("text") or f"<@{part['user_id']}>" for part in parts]
        else:
            found += [str(block.get("text") or block.get("elements") or block.get("label"))]
    return "\n".join(found)


def judged_part(blocks):
    """Return what is judged, as it is shown: in a dialog and in a transcript alike."""
    return texts([block for block in blocks if str(block.get("block_id")).startswith("read:")])


def transcripts(night, who):
    """Return the blocks of the transcripts somebody got, oldest first."""
    messages = night.world.slack.messages(night.world.slack.im_with(who).id)
    return [m.blocks for m in messages if any(b.get("block_id") == "digest" for b in m.blocks)]


# --- what is shown --------------------------------------------------------------------------------------


def test_known_stands_next_to_declared(night):
    night.requests(window="30m")
    night.passes(minutes=45)
    night.reports(changes="https://github.com/acme/payments/pull/77")
    shown = texts(night.presses(GRACE, "change.approve").view["blocks"])

    for expected in ("Checkout answers 500", "in force from", "; ended ", "seen gone", "<@U0LINUS>"):
        assert expected in shown
    assert "https://github.com/acme/payments/pull/77" in shown
    assert "Who wrote them" in shown
    assert "Looked at again and still gone" in shown


def test_an_approver_sees_who_else_may_answer_and_what_a_rejection_brings(night):
    night.requests()
    shown = texts(night.presses(GRACE, "change.approve").view["blocks"])

    assert "Who else may answer (heads, 1 needed): <@U0ADA>." in shown
    assert "the access ends now, and <@U0LINUS> then owes a remediation within 3 business days" in shown


def test_before_anything_began_a_rejection_ends_the_request(night):
    night.requests(access="ledger-admin", window="30m")
    shown = texts(night.presses(GRACE, "change.approve").view["blocks"])

    assert "the request ends here, and nothing is given" in shown
    assert "not given; it waits for an approver" in shown


def test_the_same_dialog_stands_behind_both_buttons_with_another_answer_proposed(night):
    night.requests()
    approve = night.presses(GRACE, "change.approve").view
    night.closes(GRACE)
    reject = night.presses(GRACE, "change.reject").view

    assert (approve["submit"]["text"], reject["submit"]["text"]) == ("Approve", "Reject")
    assert judged_part(approve["blocks"]) == judged_part(reject["blocks"])


def test_a_change_of_mind_draws_the_dialog_anew_and_keeps_what_was_typed(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    night.dialog(GRACE).state["comment"]["comment"]["value"] = "It could have waited."
    view = night.chooses(GRACE, "dialog.choice", "reject")
    kept = view.state["reason"]["reason"]["value"]
    errors = night.submits(GRACE)

    assert (view.view["submit"]["text"], kept) == ("Reject", "It could have waited.")
    assert errors == {}
    assert night.record().rejection.answer.reason == "It could have waited."


def test_a_rejection_without_a_reason_stays_in_the_dialog(night):
    night.requests()
    night.presses(GRACE, "change.reject")
    sent = night.sends_form(GRACE, reason="")

    assert night.dialog(GRACE).errors == {"reason": "Give a reason."}
    assert sent.ok
    assert night.record().rejection is None


def test_a_text_that_changed_while_it_was_read_is_shown_again_with_what_was_typed(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    night.extends()
    night.submits(GRACE, comment="Go.")
    view = night.dialog(GRACE)

    assert "added to after you opened it" in texts(view.view["blocks"])
    assert view.state["comment"]["comment"]["value"] == "Go."
    assert night.submits(GRACE) == {}
    assert len(night.record().approvals) == 1


def test_a_dialog_drawn_anew_says_that_the_text_has_changed(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    night.extends()
    view = night.chooses(GRACE, "dialog.choice", "follow_up")

    assert "added to after you opened it" in texts(view.view["blocks"])


# --- the transcript ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["change.approve", "change.reject"])
def test_the_transcript_has_exactly_the_text_that_was_decided_on_and_its_digest(night, action):
    night.requests()
    night.reports(changes="https://github.com/acme/payments/pull/77")
    read = judged_part(night.presses(GRACE, action).view["blocks"])
    before = judged(*night.memory.record(night.world.latest()))
    night.submits(GRACE, **({"reason": "No."} if action == "change.reject" else {"comment": "Go."}))
    night.looks_back()
    [transcript] = transcripts(night, GRACE)

    assert judged_part(transcript) == read
    assert shown_digest(before) in texts(transcript)
    assert night.record().verdicts[0].answer.shown == shown_digest(before)
    assert transcripts(night, LINUS) == []


def test_whoever_accepts_has_a_transcript_too(night):
    night.requests()
    night.approves(GRACE)
    night.reports()
    night.looks_back()
    read = judged_part(night.presses(ADA, "change.accept").view["blocks"])
    night.submits(ADA)

    [transcript] = transcripts(night, ADA)
    assert judged_part(transcript) == read
    assert night.state() is State.CLOSED


def test_a_transcript_of_a_long_text_comes_in_parts_and_loses_nothing(night):
    long = {
        name: f"{name} " + "x" * 2900
        for name in ("what", "justification", "security_impact", "rollback_plan")
    }
    night.requests(**long)
    night.reports(done="d" * 3000, verified="v" * 3000)
    read = judged_part(night.presses(GRACE, "change.approve").view["blocks"])
    night.submits(GRACE)

    parts = transcripts(night, GRACE)
    assert len(parts) > 1
    assert "".join(map(judged_part, parts)).replace("\n", "") == read.replace("\n", "")


def test_a_transcript_is_sent_once_though_slack_loses_the_answers(night):
    night.requests(
        justification="y" * 2900, what="x" * 2900, rollback_plan="z" * 2900, security_impact="w" * 2900
    )
    night.presses(GRACE, "change.approve")
    night.world.slack.app.fail("POST", "/api/chat.postMessage", kind="drop", after=True, times=4)
    night.submits(GRACE)
    night.lives_through(minutes=3)

    markers = [transcript[0]["block_id"] for transcript in transcripts(night, GRACE)]
    assert len(markers) == len(set(markers)) > 1
    assert night.happened().count("transcript-sent") == 1


def test_who_has_no_account_any_more_keeps_nobody_waiting(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    night.world.slack.app.fail(
        "POST", "/api/chat.postMessage", status=200, body={"ok": False, "error": "account_inactive"}, times=1
    )
    night.submits(GRACE)
    night.reports()
    night.looks_back()
    night.accepts(ADA)
    night.passes(minutes=15)

    assert night.is_closed_well()


# --- questions ------------------------------------------------------------------------------------------


def test_a_question_is_asked_in_the_dialog_answered_in_the_thread_and_pauses_nothing(night):
    night.requests()
    errors = night.asks_about(GRACE, text="Since when does it fail?")
    below = night.dialog(GRACE).view["callback_id"]
    card = str(night.card().blocks)
    until = night.record().access_until
    answered = night.answers(LINUS, text="Since 03:01.")

    assert (errors, answered, below) == ({}, {}, "form.approve")
    assert any("<@U0GRACE> asks: Since when does it fail?" in text for text in night.thread())
    assert any("<@U0LINUS> answered: Since 03:01." in text for text in night.thread())
    assert any("Since when does it fail?" in text for text in night.direct(LINUS))
    assert any("Since 03:01." in text for text in night.direct(GRACE))
    assert "Since when does it fail?" in card
    assert "Since when does it fail?" not in str(night.card().blocks)
    assert (night.state(), night.record().access_until) == (State.ACTIVE, until)
    assert [comment.body for comment in night.ticket().comments if "Since when" in comment.body]


def test_asking_is_no_reason_to_read_again_and_an_answer_is(night):
    night.requests()
    night.asks_about(GRACE)
    unanswered = night.memory.record(night.world.latest())
    approved = night.submits(GRACE, comment="Go.")

    assert approved == {}
    assert len(night.record().approvals) == 1
    assert "Asked" not in str(judged(*unanswered))


def test_an_answer_is_part_of_what_the_next_approver_judges(night):
    night.requests()
    night.asks_about(GRACE, text="Since when?")
    night.closes(GRACE)
    night.answers(LINUS, text="Since 03:01.")
    shown = texts(night.presses(ADA, "change.approve").view["blocks"])

    assert "Asked: Since when?" in shown
    assert "Since 03:01." in shown


def test_several_questions_are_answered_one_after_the_other(night):
    night.requests()
    night.asks_about(GRACE, text="Since when?")
    night.asks_about(ADA, text="Why you?")
    first = texts(night.presses(LINUS, "change.answer").view["blocks"])
    night.closes(LINUS)
    night.answers(LINUS, text="Since 03:01.")
    second = texts(night.presses(LINUS, "change.answer").view["blocks"])

    assert "Since when?" in first
    assert "1 more question after this one." in first
    assert "Why you?" in second


def test_only_approvers_and_reviewers_ask_and_only_the_requester_answers(night):
    night.requests()
    night.presses_raw(MAYA, "change.ask")
    night.presses_raw(LINUS, "change.ask")
    night.asks_about(GRACE)
    night.closes(GRACE)
    night.presses_raw(MAYA, "change.answer")

    assert "Only approvers and reviewers can ask the requester" in night.told(MAYA)[0]
    assert night.told(LINUS)[-1] == "You cannot decide on your own change."
    assert night.told(MAYA)[-1] == "Only the requester can do this."
    assert night.happened().count("question") == 1


def test_a_question_can_be_asked_and_answered_by_its_word(night):
    change = night.requests()
    night.types(GRACE, f"ask {change}")
    night.submits(GRACE, text="Since when?")
    night.types(LINUS, "answer")
    [field] = [b["block_id"] for b in night.dialog(LINUS).view["blocks"] if b["type"] == "input"]
    night.submits(LINUS, **{field: "Since 03:01."})

    assert "question" in night.happened()
    assert "answer" in night.happened()


def test_nothing_asked_is_nothing_to_answer(night):
    night.requests()
    night.types(LINUS, "answer")

    assert night.says_no(LINUS) == "Nobody has asked anything about this change."


def test_an_answer_to_no_question_is_refused(night):
    night.requests()
    night.asks_about(GRACE)
    view = night.presses(LINUS, "change.answer")
    [field] = [b["block_id"] for b in view.view["blocks"] if b["type"] == "input"]
    payload = night.world.slack.views(LINUS)[-1]
    payload.state[f"{field}99"] = payload.state.pop(field)
    for block in payload.view["blocks"]:
        if block.get("block_id") == field:
            block["block_id"] = f"{field}99"
    night.sends_form(LINUS, **{f"{field}99": "To nobody."})

    assert night.dialog(LINUS).errors == {f"{field}99": "There is no such question."}
