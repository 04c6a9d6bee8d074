"""What people do, what the bot hears of it, and what its answers do to their screens."""

import threading
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from sandbox.slack import Channel, Delivered, NotSubmittable, NotThere, Workspace

from .building import Bot, Stopwatch, button, modal, text_input


def trigger(workspace: Workspace, bot: Bot) -> str:
    workspace.command("U0ADA", "C0OPS")
    return str(bot.received[-1].payload["trigger_id"])


def opened(workspace: Workspace, bot: Bot, client: WebClient, view: dict[str, Any]) -> str:
    """Let Ada open this view; returns its id."""
    return str(client.views_open(trigger_id=trigger(workspace, bot), view=view)["view"]["id"])


def error_of(call: Any, **arguments: Any) -> Any:
    with pytest.raises(SlackApiError) as raised:
        call(**arguments)
    return raised.value.response["error"]


# --- commands


def test_a_command_is_signed_and_tells_who_asks_where(workspace: Workspace, bot: Bot) -> None:
    delivered = workspace.command("U0ADA", "C0OPS", "status EC-1")

    received = bot.received[0]
    assert delivered.ok
    assert received.headers[":path"] == "/slack/events"
    assert SignatureVerifier("8f742231b10e8888abcd99yyyzzz85a5").is_valid_request(
        received.body, received.headers
    )
    payload = received.payload
    assert (payload["command"], payload["text"]) == ("/emergency-change", "status EC-1")
    assert (payload["user_id"], payload["channel_id"]) == ("U0ADA", "C0OPS")


def test_an_answer_to_a_command_appears_to_the_person_alone(workspace: Workspace, bot: Bot) -> None:
    bot.answer = lambda _: (200, {"text": "Nothing is open."})

    workspace.command("U0ADA", "C0OPS")

    assert [m.text for m in workspace.messages("C0OPS", seen_by="U0ADA")] == ["Nothing is open."]
    assert workspace.messages("C0OPS", seen_by="U0LINUS") == []


def test_an_answer_slack_cannot_show_fails_for_the_person(workspace: Workspace, bot: Bot) -> None:
    bot.answer = lambda _: (200, {"text": "x", "blocks": [{"type": "nonsense"}]})

    delivered = workspace.command("U0ADA", "C0OPS")

    assert not delivered.ok
    assert delivered.error == "invalid_command_response"


def test_outsiders_and_unknown_commands_do_not_reach_the_bot(workspace: Workspace, bot: Bot) -> None:
    outsider = workspace.command("U0EVE", "C0OPS")
    mistyped = workspace.command("U0ADA", "C0OPS", command="/emergency")

    assert "is not a valid command" in (outsider.seen or "")
    assert "is not a valid command" in (mistyped.seen or "")
    assert bot.received == []


def test_a_bot_that_is_too_slow_is_not_waited_for(workspace: Workspace, bot: Bot) -> None:
    released = threading.Event()

    def never(_: dict[str, Any]) -> tuple[int, Any]:
        released.wait(5)
        return 200, ""

    workspace.limit = 0.05
    bot.answer = never
    delivered = workspace.command("U0ADA", "C0OPS")
    released.set()

    assert not delivered.ok
    assert delivered.seen == '/emergency-change failed with the error "operation_timeout"'


@pytest.mark.parametrize(("status", "error"), [(500, "http_service_error"), (404, "http_client_error")])
def test_a_bot_that_fails_is_seen_to_fail(workspace: Workspace, bot: Bot, status: int, error: str) -> None:
    bot.answer = lambda _: (status, "no")

    delivered = workspace.command("U0ADA", "C0OPS")

    assert (delivered.ok, delivered.status, delivered.error) == (False, status, error)


def test_a_bot_that_is_not_there_is_seen_not_to_be(workspace: Workspace) -> None:
    nowhere = workspace.command("U0ADA", "C0OPS")
    workspace.connect_http("http://127.0.0.1:1")
    refused = workspace.command("U0ADA", "C0OPS")

    assert (nowhere.error, refused.error) == ("dispatch_failed", "dispatch_failed")


# --- messages


def test_a_click_carries_the_button_the_message_and_the_person(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    ts = client.chat_postMessage(channel="C0OPS", text="card", blocks=[button()])["ts"]

    assert workspace.click("U0LINUS", "C0OPS", ts, "approve").ok

    payload = bot.received[0].payload
    assert payload["actions"][0]["value"] == "EC-1"
    assert payload["message"]["ts"] == ts
    assert payload["container"]["channel_id"] == "C0OPS"
    assert payload["user"]["id"] == "U0LINUS"


def test_an_outsiders_click_differs_in_the_users_team_alone(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    ts = client.chat_postMessage(channel="C0OPS", text="card", blocks=[button()])["ts"]

    workspace.click("U0EVE", "C0OPS", ts, "approve")

    payload = bot.received[0].payload
    assert (payload["team"]["id"], payload["user"]["team_id"]) == ("T0ACME", "T0OUTSIDE")


def test_what_cannot_be_seen_cannot_be_clicked_but_an_old_screen_can(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    ts = client.chat_postMessage(channel="C0OPS", text="card", blocks=[button()])["ts"]
    client.chat_update(channel="C0OPS", ts=ts, text="decided")

    with pytest.raises(NotThere):
        workspace.click("U0LINUS", "C0OPS", ts, "approve")
    assert workspace.click("U0LINUS", "C0OPS", ts, "approve", version=0).ok
    assert bot.received[0].payload["message"]["text"] == "card"
    workspace.add_channel(Channel("G0BOTH", "both", is_private=True, members={"U0LINUS"}))
    hidden = client.chat_postMessage(channel="G0BOTH", text="card", blocks=[button()])["ts"]
    with pytest.raises(NotThere):
        workspace.click("U0ADA", "G0BOTH", hidden, "approve")
    with pytest.raises(NotThere):
        workspace.command("U0ADA", "G0BOTH")


def test_choices_in_a_message_are_told_and_remembered(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    options = [{"text": {"type": "plain_text", "text": t}, "value": t} for t in ("end", "extend")]
    overflow = {"type": "overflow", "action_id": "more", "options": options}
    select = {"type": "static_select", "action_id": "what", "options": options}
    block = {"type": "actions", "block_id": "b", "elements": [overflow, select]}
    ts = client.chat_postMessage(channel="C0OPS", text="card", blocks=[block])["ts"]

    workspace.click("U0ADA", "C0OPS", ts, "what", option="extend")
    workspace.click("U0ADA", "C0OPS", ts, "more", option="end")

    last = bot.received[-1].payload
    assert last["actions"][0]["selected_option"]["value"] == "end"
    assert last["state"]["values"]["b"]["what"]["selected_option"]["value"] == "extend"
    with pytest.raises(NotThere):
        workspace.click("U0ADA", "C0OPS", ts, "more", option="nothing of the kind")


def test_a_response_url_answers_five_times_within_half_an_hour(
    workspace: Workspace, bot: Bot, client: WebClient, stopwatch: Stopwatch
) -> None:
    ts = client.chat_postMessage(channel="C0OPS", text="card", blocks=[button()])["ts"]
    workspace.click("U0ADA", "C0OPS", ts, "approve")
    url = bot.received[0].payload["response_url"]

    with httpx.Client() as http:
        answers = [http.post(url, json={"text": f"only you {n}"}).status_code for n in range(6)]

    assert answers == [200] * 5 + [404]
    assert len(workspace.messages("C0OPS", seen_by="U0ADA")) == 6
    assert len(workspace.messages("C0OPS", seen_by="U0LINUS")) == 1
    workspace.click("U0ADA", "C0OPS", ts, "approve")
    stopwatch.seconds += 1801
    late = httpx.post(bot.received[1].payload["response_url"], json={"text": "late"})
    assert late.json() == {"ok": False, "error": "expired_url"}


def test_a_response_url_replaces_and_deletes_what_it_came_from(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    ts = client.chat_postMessage(channel="C0OPS", text="card", blocks=[button()])["ts"]
    workspace.click("U0ADA", "C0OPS", ts, "approve")
    url = bot.received[0].payload["response_url"]

    httpx.post(url, json={"text": "decided", "replace_original": True})
    replaced = workspace.messages("C0OPS")[0].text
    httpx.post(url, json={"delete_original": True})

    assert replaced == "decided"
    assert workspace.messages("C0OPS") == []


def test_people_write_and_bots_hear_only_what_they_subscribed_to(workspace: Workspace, bot: Bot) -> None:
    workspace.post("U0ADA", "C0OPS", "a < b")
    workspace.events.add("message.channels")
    workspace.post("U0ADA", "C0OPS", "heard")

    assert [m.text for m in workspace.messages("C0OPS")] == ["a &lt; b", "heard"]
    assert [r.payload["event"]["text"] for r in bot.received] == ["heard"]
    with pytest.raises(NotThere):
        workspace.post("U0ADA", "C0OLD", "x")


# --- triggers and views


def test_a_trigger_opens_one_view_within_three_seconds(
    workspace: Workspace, bot: Bot, client: WebClient, stopwatch: Stopwatch
) -> None:
    first = trigger(workspace, bot)
    client.views_open(trigger_id=first, view=modal(text_input("why")))
    second = trigger(workspace, bot)
    stopwatch.seconds += 3.5

    assert error_of(client.views_open, trigger_id=first, view=modal()) == "exchanged_trigger_id"
    assert error_of(client.views_open, trigger_id=second, view=modal()) == "expired_trigger_id"
    assert error_of(client.views_open, trigger_id="1.2.x", view=modal()) == "invalid_trigger_id"


def test_a_form_is_submitted_with_plain_values(workspace: Workspace, bot: Bot, client: WebClient) -> None:
    options = [{"text": {"type": "plain_text", "text": t}, "value": t} for t in ("a", "b")]
    label = {"type": "plain_text", "text": "label"}
    elements: dict[str, dict[str, Any]] = {
        "select": {"type": "static_select", "options": options},
        "radio": {"type": "radio_buttons", "options": options, "initial_option": options[0]},
        "boxes": {"type": "checkboxes", "options": options},
        "when": {"type": "datetimepicker"},
        "who": {"type": "users_select"},
    }
    inputs = [
        {
            "type": "input",
            "block_id": f"block-{name}",
            "label": label,
            "element": {**element, "action_id": name},
        }
        for name, element in elements.items()
    ]
    view_id = opened(workspace, bot, client, modal(text_input("why"), *inputs, private_metadata="EC-1"))

    values = {"why": "it is down", "select": "b", "boxes": ["a", "b"], "when": 1763756400, "who": "U0LINUS"}
    delivered = workspace.submit("U0ADA", view_id, values)

    view = bot.received[-1].payload["view"]
    state = view["state"]["values"]
    assert delivered.ok
    assert view["private_metadata"] == "EC-1"
    assert state["why"]["text"] == {"type": "plain_text_input", "value": "it is down"}
    assert state["block-select"]["select"]["selected_option"]["value"] == "b"
    assert state["block-radio"]["radio"]["selected_option"]["value"] == "a"
    assert [o["value"] for o in state["block-boxes"]["boxes"]["selected_options"]] == ["a", "b"]
    assert state["block-when"]["when"]["selected_date_time"] == 1763756400
    assert state["block-who"]["who"]["selected_user"] == "U0LINUS"
    assert workspace.views("U0ADA") == []


def test_slacks_client_sends_no_form_that_is_incomplete(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    number = text_input("hours")
    number["element"] = {
        "type": "number_input",
        "action_id": "n",
        "is_decimal_allowed": False,
        "max_value": "4",
    }
    optional = text_input("notes") | {"optional": True}
    view_id = opened(workspace, bot, client, modal(text_input("why", min_length=10), number, optional))
    before = len(bot.received)

    with pytest.raises(NotSubmittable) as empty:
        workspace.submit("U0ADA", view_id)
    with pytest.raises(NotSubmittable) as wrong:
        workspace.submit("U0ADA", view_id, {"why": "too short", "hours": 5})

    assert set(empty.value.errors) == {"why", "hours"}
    assert set(wrong.value.errors) == {"why", "hours"}
    assert workspace.views("U0ADA")[0].errors == wrong.value.errors
    assert len(bot.received) == before
    assert workspace.submit("U0ADA", view_id, {"why": "long enough", "hours": 4}).ok


def test_errors_keep_the_form_open_and_stand_at_their_blocks(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    view_id = opened(workspace, bot, client, modal(text_input("why")))
    bot.answer = lambda _: (200, {"response_action": "errors", "errors": {"why": "Say more."}})

    delivered = workspace.submit("U0ADA", view_id, {"why": "x"})

    assert delivered.ok
    assert workspace.views("U0ADA")[0].errors == {"why": "Say more."}
    assert workspace.views("U0ADA")[0].state["why"]["text"]["value"] == "x"


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors", "errors": {}},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "dance"},
        "thanks",
    ],
)
def test_an_answer_slack_cannot_use_leaves_the_form_open(
    workspace: Workspace, bot: Bot, client: WebClient, answer: Any
) -> None:
    view_id = opened(workspace, bot, client, modal(text_input("why")))
    bot.answer = lambda _: (200, answer)

    delivered = workspace.submit("U0ADA", view_id, {"why": "x"})

    assert not delivered.ok
    assert "trouble connecting" in (delivered.seen or "")
    assert workspace.views("U0ADA")[0].id == view_id


def test_views_are_pushed_three_deep_and_cleared_at_once(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    first = opened(workspace, bot, client, modal(text_input("one")))
    bot.answer = lambda _: (200, {"response_action": "push", "view": modal(text_input("more"))})

    assert workspace.submit("U0ADA", first, {"one": "x"}).ok
    second = workspace.views("U0ADA")[-1]
    assert workspace.submit("U0ADA", second.id, {"more": "x"}).ok
    third = workspace.views("U0ADA")[-1]
    too_deep = workspace.submit("U0ADA", third.id, {"more": "x"})

    assert (third.root_id, third.previous_id) == (first, second.id)
    assert too_deep.error == "push_limit_reached"
    with pytest.raises(NotThere):
        workspace.submit("U0ADA", second.id, {"more": "x"})
    bot.answer = lambda _: (200, {"response_action": "clear"})
    workspace.submit("U0ADA", third.id, {"more": "x"})
    assert workspace.views("U0ADA") == []


def test_an_update_keeps_what_was_typed_under_the_same_ids_and_changes_the_hash(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    view_id = opened(workspace, bot, client, modal(text_input("why"), text_input("gone")))
    old_hash = workspace.views("U0ADA")[0].hash
    workspace.click_in_view("U0ADA", view_id, "text", block_id="why", value="typed")
    workspace.click_in_view("U0ADA", view_id, "text", block_id="gone", value="typed too")

    client.views_update(view_id=view_id, hash=old_hash, view=modal(text_input("why"), text_input("new")))

    view = workspace.views("U0ADA")[0]
    assert view.id == view_id
    assert {block: values["text"]["value"] for block, values in view.state.items()} == {
        "why": "typed",
        "new": None,
    }
    assert error_of(client.views_update, view_id=view_id, hash=old_hash, view=modal()) == "hash_conflict"


def test_a_closed_view_is_not_found(workspace: Workspace, bot: Bot, client: WebClient) -> None:
    view_id = opened(workspace, bot, client, modal(external_id="form"))
    assert client.views_update(external_id="form", view=modal(external_id="form"))["view"]["id"] == view_id

    workspace.close("U0ADA", view_id)

    assert error_of(client.views_update, view_id=view_id, view=modal()) == "not_found"
    assert error_of(client.views_update, external_id="form", view=modal()) == "not_found"


def test_closing_is_told_only_to_a_bot_that_asked(workspace: Workspace, bot: Bot, client: WebClient) -> None:
    quiet = workspace.close("U0ADA", opened(workspace, bot, client, modal()))
    asked = workspace.close("U0ADA", opened(workspace, bot, client, modal(notify_on_close=True)))

    assert (quiet.sent, bot.received[-1].payload["type"]) == (None, "view_closed")
    assert asked.ok


def test_inputs_are_dispatched_only_where_the_bot_asked(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    loud = text_input("loud", "loud") | {"dispatch_action": True}
    view_id = opened(workspace, bot, client, modal(text_input("quiet", "quiet"), loud, button("press")))
    before = len(bot.received)

    silent = workspace.click_in_view("U0ADA", view_id, "quiet", value="a")
    workspace.click_in_view("U0ADA", view_id, "loud", value="b")
    workspace.click_in_view("U0ADA", view_id, "press")

    typed, pressed = (r.payload for r in bot.received[before:])
    assert silent == Delivered(ok=True)
    assert typed["actions"][0]["value"] == "b"
    assert typed["view"]["state"]["values"]["quiet"]["quiet"]["value"] == "a"
    assert pressed["container"] == {"type": "view", "view_id": view_id}


def test_options_are_asked_of_the_bot_and_can_then_be_chosen(
    workspace: Workspace, bot: Bot, client: WebClient
) -> None:
    block = text_input("system")
    block["element"] = {"type": "external_select", "action_id": "system", "min_query_length": 1}
    view_id = opened(workspace, bot, client, modal(block))
    bot.answer = lambda _: (
        200,
        {"options": [{"text": {"type": "plain_text", "text": "Pay"}, "value": "pay"}]},
    )

    nothing = workspace.suggestions("U0ADA", view_id, "system", "")
    offered = workspace.suggestions("U0ADA", view_id, "system", "p")
    asked = bot.received[-1].payload
    bot.answer = lambda _: (200, "")
    workspace.submit("U0ADA", view_id, {"system": "pay"})

    assert (nothing.body, nothing.sent) == ({"options": []}, None)
    assert offered.body["options"][0]["value"] == "pay"
    assert (asked["type"], asked["value"]) == ("block_suggestion", "p")
    chosen = bot.received[-1].payload["view"]["state"]["values"]["system"]["system"]["selected_option"]
    assert chosen["value"] == "pay"


def test_too_many_options_cannot_be_shown(workspace: Workspace, bot: Bot, client: WebClient) -> None:
    block = text_input("system")
    block["element"] = {"type": "external_select", "action_id": "system", "min_query_length": 0}
    view_id = opened(workspace, bot, client, modal(block))
    option = {"text": {"type": "plain_text", "text": "Pay"}, "value": "pay"}
    bot.answer = lambda _: (200, {"options": [option] * 101})

    assert not workspace.suggestions("U0ADA", view_id, "system", "").ok


def test_the_home_tab_is_published_and_opened(workspace: Workspace, bot: Bot, client: WebClient) -> None:
    home = {"type": "home", "blocks": [button("declare")]}
    workspace.open_home("U0ADA")
    published = client.views_publish(user_id="U0ADA", view=home)["view"]
    workspace.open_home("U0ADA")

    first, second = (r.payload["event"] for r in bot.received)
    view = workspace.home("U0ADA")
    assert view
    assert (first["type"], first["tab"], "view" in first) == ("app_home_opened", "home", False)
    assert second["view"]["id"] == published["id"] == view.id
    assert workspace.click_in_view("U0ADA", view.id, "declare").ok
    assert error_of(client.views_publish, user_id="U0ADA", view=home, hash="old") == "hash_conflict"
    assert error_of(client.views_publish, user_id="U0NOBODY", view=home) == "invalid_arguments"


# --- the wire


def test_events_are_retried_with_the_reason_and_replays_are_the_same_bytes(
    workspace: Workspace, bot: Bot
) -> None:
    bot.answer = lambda _: (500, "")
    first = workspace.open_home("U0ADA")

    second = workspace.redeliver(first, reason="http_error")
    workspace.redeliver(second, reason="http_timeout")
    workspace.redeliver(first)

    original, retry, again, replay = bot.received
    assert original.body == retry.body == replay.body
    assert original.headers["x-slack-signature"] == replay.headers["x-slack-signature"]
    assert (retry.headers["x-slack-retry-num"], retry.headers["x-slack-retry-reason"]) == ("1", "http_error")
    assert (again.headers["x-slack-retry-num"], again.headers["x-slack-retry-reason"]) == (
        "2",
        "http_timeout",
    )


def test_sharing_a_channel_is_an_event(workspace: Workspace, bot: Bot) -> None:
    workspace.share_channel("C0OPS")

    payload = bot.received[0].payload
    assert (payload["type"], payload["event"]["type"]) == ("event_callback", "channel_shared")
    assert payload["is_ext_shared_channel"]
    assert workspace.channels["C0OPS"].is_ext_shared


def test_an_address_is_verified_by_its_echo(workspace: Workspace, bot: Bot) -> None:
    silent = workspace.verify_url()
    bot.answer = lambda payload: (200, {"challenge": payload["challenge"]})
    echo = workspace.verify_url()

    assert (silent.ok, echo.ok) == (False, True)


def test_bytes_can_be_sent_as_they_are(workspace: Workspace, bot: Bot) -> None:
    workspace.raw("payload=x", workspace.signed("payload=x", at=1))

    headers = bot.received[0].headers
    assert (bot.received[0].body, headers["x-slack-request-timestamp"]) == ("payload=x", "1")
