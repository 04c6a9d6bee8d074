"""What the Web API answers and refuses, asked with Slack's own client."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.serving import Served
from sandbox.slack import User, Workspace

from .building import button

pytestmark = pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")


def refusal(call: Any, **arguments: Any) -> Any:
    with pytest.raises(SlackApiError) as raised:
        call(**arguments)
    return raised.value.response


def test_a_message_comes_back_as_slack_writes_it(client: WebClient, workspace: Workspace) -> None:
    answer = client.chat_postMessage(channel="C0OPS", text="hello", blocks=[button()])

    assert answer["channel"] == "C0OPS"
    assert answer["ts"] == answer["message"]["ts"]
    assert answer["message"]["bot_id"] == workspace.bot_id
    assert answer["message"]["user"] == workspace.bot_user_id
    assert answer["message"]["app_id"] == "A0EMERGENCY"
    assert answer["message"]["blocks"][0]["block_id"]
    assert [m.text for m in workspace.messages("C0OPS")] == ["hello"]


def test_time_stamps_are_distinct_and_rise_though_the_clock_stands_still() -> None:
    workspace = Workspace(signing_secret="s", bot_token="xoxb-1", now=lambda: 1763756400.0)

    stamps = [workspace.next_ts() for _ in range(3)]

    assert stamps == ["1763756400.000000", "1763756400.000100", "1763756400.000200"]


def test_who_am_i_is_answered_with_the_scopes_granted(client: WebClient, workspace: Workspace) -> None:
    answer = client.auth_test()

    assert answer["user_id"] == workspace.bot_user_id
    assert answer["bot_id"] == workspace.bot_id
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-other", "invalid_auth"), ("xapp-1", "not_allowed_token_type")],
)
def test_only_the_right_token_is_let_in(served: Served, token: str, error: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    answer = httpx.post(served.url + "/slack/api/auth.test", headers=headers).json()

    assert answer == {"ok": False, "error": error}


def test_a_token_may_stand_in_the_form_too(served: Served) -> None:
    answer = httpx.post(served.url + "/slack/api/auth.test", data={"token": "xoxb-1"}).json()

    assert answer["ok"]


def test_blocks_and_flags_may_come_as_strings_in_a_form(served: Served, workspace: Workspace) -> None:
    form = {"token": "xoxb-1", "channel": "C0OPS", "text": "x", "blocks": '[{"type":"divider"}]'}

    httpx.post(served.url + "/slack/api/chat.postMessage", data=form)

    assert workspace.messages("C0OPS")[0].blocks[0]["type"] == "divider"


def test_a_missing_scope_is_named(client: WebClient, workspace: Workspace) -> None:
    workspace.scopes.discard("usergroups:read")

    answer = refusal(client.usergroups_list)

    assert (answer["error"], answer["needed"]) == ("missing_scope", "usergroups:read")
    assert "chat:write" in answer["provided"]


def test_an_address_is_hidden_from_an_app_without_the_scope(client: WebClient, workspace: Workspace) -> None:
    with_scope = client.users_info(user="U0ADA")["user"]["profile"]
    workspace.scopes.discard("users:read.email")
    without = client.users_info(user="U0ADA")["user"]["profile"]

    assert with_scope["email"] == "ada@acme.example"
    assert "email" not in without


def test_people_are_listed_page_by_page(client: WebClient, workspace: Workspace) -> None:
    workspace.add_user(
        User("U0GUEST", "T0ACME", "guest", "Guest", "g@acme.example", is_ultra_restricted=True)
    )

    pages = [page["members"] for page in client.users_list(limit=2)]

    seen = [member["id"] for page in pages for member in page]
    assert sorted(seen) == sorted([workspace.bot_user_id, "U0ADA", "U0LINUS", "U0GUEST"])
    assert len(pages) == 2
    assert refusal(client.users_list, cursor="nonsense")["error"] == "invalid_cursor"


def test_people_are_found_by_address_unless_gone_or_outside(client: WebClient, workspace: Workspace) -> None:
    assert client.users_lookupByEmail(email="Ada@acme.example")["user"]["id"] == "U0ADA"
    workspace.users["U0ADA"].deleted = True
    for email in ("ada@acme.example", "eve@outside.example", "nobody@acme.example"):
        assert refusal(client.users_lookupByEmail, email=email)["error"] == "users_not_found"
    assert refusal(client.users_info, user="U0NOBODY")["error"] == "user_not_found"


def test_groups_tell_who_is_in_them(client: WebClient) -> None:
    assert client.usergroups_list(include_users=True)["usergroups"][0]["users"] == ["U0LINUS"]
    assert client.usergroups_users_list(usergroup="S0HEADS")["users"] == ["U0LINUS"]
    assert refusal(client.usergroups_users_list, usergroup="S0NONE")["error"] == "no_such_subteam"


def test_conversations_show_what_the_bot_may_know(client: WebClient, workspace: Workspace) -> None:
    workspace.channels["C0OPS"].is_ext_shared = True

    listed = client.conversations_list(types="public_channel,private_channel", exclude_archived=True)

    assert [c["id"] for c in listed["channels"]] == ["C0OPS", "C0LOBBY"]
    assert client.conversations_info(channel="C0OPS")["channel"]["is_ext_shared"]
    assert refusal(client.conversations_info, channel="G0SECRET")["error"] == "channel_not_found"
    assert "U0ADA" in client.conversations_members(channel="C0OPS")["members"]


def test_a_direct_conversation_is_opened_once(client: WebClient) -> None:
    first = client.conversations_open(users="U0ADA")
    again = client.conversations_open(users="U0ADA")

    assert first["channel"]["id"] == again["channel"]["id"]
    assert (first["already_open"], again["already_open"]) == (False, True)
    assert refusal(client.conversations_open, users="U0NOBODY")["error"] == "user_not_found"


def test_a_message_to_a_person_opens_their_dm(client: WebClient, workspace: Workspace) -> None:
    answer = client.chat_postMessage(channel="U0ADA", text="psst")

    assert answer["channel"].startswith("D")
    assert workspace.channels[answer["channel"]].user == "U0ADA"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"channel": "C0NONE", "text": "x"}, "channel_not_found"),
        ({"channel": "G0SECRET", "text": "x"}, "channel_not_found"),
        ({"channel": "C0LOBBY", "text": "x"}, "not_in_channel"),
        ({"channel": "C0OLD", "text": "x"}, "is_archived"),
        ({"channel": "C0OPS"}, "no_text"),
        ({"channel": "C0OPS", "text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ({"channel": "C0OPS", "text": "x", "blocks": "{"}, "invalid_blocks_format"),
        ({"channel": "C0OPS", "text": "x", "metadata": {"event_type": "a b"}}, "invalid_metadata_format"),
        ({"channel": "C0OPS", "text": "x", "thread_ts": "1.000100"}, "thread_not_found"),
    ],
)
def test_a_message_is_refused_as_slack_refuses_it(
    client: WebClient, arguments: dict[str, Any], error: str
) -> None:
    assert refusal(client.chat_postMessage, **arguments)["error"] == error


def test_blocks_with_too_much_text_together_are_refused(client: WebClient) -> None:
    long = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}

    answer = refusal(client.chat_postMessage, channel="C0OPS", text="x", blocks=[long] * 5)

    assert answer["error"] == "msg_blocks_too_long"


def test_an_update_without_blocks_takes_the_blocks_away_and_history_keeps_them(
    client: WebClient, workspace: Workspace
) -> None:
    posted = client.chat_postMessage(channel="C0OPS", text="one", blocks=[button()])

    client.chat_update(channel="C0OPS", ts=posted["ts"], text="two")

    message = workspace.messages("C0OPS")[0]
    assert (message.text, message.blocks) == ("two", [])
    assert message.edited
    assert [version.text for version in message.versions] == ["one", "two"]
    assert message.versions[0].blocks


def test_an_update_with_blocks_shows_no_edited_mark_and_keeps_the_metadata(
    client: WebClient, workspace: Workspace
) -> None:
    metadata = {"event_type": "card", "event_payload": {"id": "EC-1"}}
    posted = client.chat_postMessage(channel="C0OPS", text="one", metadata=metadata)

    client.chat_update(channel="C0OPS", ts=posted["ts"], text="two", blocks=[button()])

    message = workspace.messages("C0OPS")[0]
    assert message.edited is None
    assert message.metadata == metadata


def test_updates_are_refused_as_slack_refuses_them(client: WebClient, workspace: Workspace) -> None:
    own = client.chat_postMessage(channel="C0OPS", text="mine")["ts"]
    theirs = workspace.post("U0ADA", "C0OPS", "hers").ts

    def error(**arguments: Any) -> Any:
        return refusal(client.chat_update, **{"channel": "C0OPS", "ts": own, "text": "x"} | arguments)[
            "error"
        ]

    assert error(ts=theirs) == "cant_update_message"
    assert error(ts="1.000100") == "message_not_found"
    assert error(text="x" * 4001) == "msg_too_long"
    assert error(channel="U0ADA") == "channel_not_found"
    assert error(text="") == "no_text"
    workspace.channels["C0OPS"].is_archived = True
    assert error() == "is_inactive"


def test_only_what_the_bot_wrote_can_it_delete(client: WebClient, workspace: Workspace) -> None:
    own = client.chat_postMessage(channel="C0OPS", text="mine")["ts"]
    theirs = workspace.post("U0ADA", "C0OPS", "hers").ts

    client.chat_delete(channel="C0OPS", ts=own)

    assert [m.text for m in workspace.messages("C0OPS")] == ["hers"]
    assert refusal(client.chat_delete, channel="C0OPS", ts=theirs)["error"] == "cant_delete_message"


def test_an_ephemeral_message_is_seen_by_one_member_and_is_in_no_history(
    client: WebClient, workspace: Workspace
) -> None:
    client.chat_postEphemeral(channel="C0OPS", user="U0ADA", text="only you")

    assert [m.text for m in workspace.messages("C0OPS", seen_by="U0ADA")] == ["only you"]
    assert workspace.messages("C0OPS", seen_by="U0LINUS") == []
    assert client.conversations_history(channel="C0OPS")["messages"] == []
    workspace.channels["C0OPS"].members.discard("U0LINUS")
    answer = refusal(client.chat_postEphemeral, channel="C0OPS", user="U0LINUS", text="x")
    assert answer["error"] == "user_not_in_channel"


def test_threads_count_their_replies(client: WebClient) -> None:
    parent = client.chat_postMessage(channel="C0OPS", text="card")["ts"]
    reply = client.chat_postMessage(channel="C0OPS", text="one", thread_ts=parent)["ts"]
    client.chat_postMessage(channel="C0OPS", text="two", thread_ts=reply)

    history = client.conversations_history(channel="C0OPS")["messages"]
    replies = client.conversations_replies(channel="C0OPS", ts=parent)["messages"]

    assert [(m["text"], m["reply_count"]) for m in history] == [("card", 2)]
    assert [m["text"] for m in replies] == ["card", "one", "two"]
    assert replies[1]["thread_ts"] == parent
    assert refusal(client.conversations_replies, channel="C0OPS", ts="1.0")["error"] == "thread_not_found"


def test_history_is_newest_first_in_pages_and_between_stamps(client: WebClient) -> None:
    stamps = [client.chat_postMessage(channel="C0OPS", text=str(n))["ts"] for n in range(4)]

    pages = [page["messages"] for page in client.conversations_history(channel="C0OPS", limit=3)]
    between = client.conversations_history(channel="C0OPS", oldest=stamps[0], latest=stamps[2])["messages"]
    edges = client.conversations_history(channel="C0OPS", oldest=stamps[0], latest=stamps[2], inclusive=True)

    assert [[m["text"] for m in page] for page in pages] == [["3", "2", "1"], ["0"]]
    assert [m["text"] for m in between] == ["1"]
    assert [m["text"] for m in edges["messages"]] == ["2", "1", "0"]


def test_metadata_is_told_only_when_asked_for(client: WebClient) -> None:
    metadata = {"event_type": "card", "event_payload": {}}
    client.chat_postMessage(channel="C0OPS", text="x", metadata=metadata)

    without = client.conversations_history(channel="C0OPS")["messages"][0]
    with_it = client.conversations_history(channel="C0OPS", include_all_metadata=True)["messages"][0]

    assert "metadata" not in without
    assert with_it["metadata"] == metadata


def test_a_permalink_leads_into_the_thread(client: WebClient) -> None:
    parent = client.chat_postMessage(channel="C0OPS", text="card")["ts"]
    reply = client.chat_postMessage(channel="C0OPS", text="one", thread_ts=parent)["ts"]

    link = client.chat_getPermalink(channel="C0OPS", message_ts=reply)["permalink"]

    assert (
        link
        == f"https://acme.slack.com/archives/C0OPS/p{reply.replace('.', '')}?thread_ts={parent}&cid=C0OPS"
    )


def test_too_many_calls_are_told_when_to_come_back(client: WebClient, workspace: Workspace) -> None:
    workspace.rate_limit("chat.postMessage", seconds=7)

    answer = refusal(client.chat_postMessage, channel="C0OPS", text="x")

    assert (answer.status_code, answer["error"], answer.headers["retry-after"]) == (429, "ratelimited", "7")
    assert client.chat_postMessage(channel="C0OPS", text="x")["ok"]


def lock_is_free(workspace: Workspace) -> bool:
    """Tell whether another thread could take the lock now."""

    def take() -> bool:
        taken = workspace.lock.acquire(timeout=1)
        if taken:
            workspace.lock.release()
        return taken

    with ThreadPoolExecutor(1) as other:
        return other.submit(take).result()


def test_subscribers_hear_of_changes_while_the_lock_is_free(client: WebClient, workspace: Workspace) -> None:
    heard: list[tuple[int, bool]] = []
    leave = workspace.subscribe(lambda version: heard.append((version, lock_is_free(workspace))))

    client.chat_postMessage(channel="C0OPS", text="x")
    client.users_info(user="U0ADA")
    leave()
    client.chat_postMessage(channel="C0OPS", text="y")

    assert [free for _, free in heard] == [True]


def test_an_unknown_method_is_named(client: WebClient) -> None:
    assert refusal(client.api_call, api_method="chat.shout")["error"] == "unknown_method"
