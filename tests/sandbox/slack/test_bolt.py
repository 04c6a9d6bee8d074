"""The framework the bot is written with finds in the stand-in what it finds in Slack, over HTTP and Socket Mode."""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.adapter.wsgi import SlackRequestHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from waitress.server import create_server
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from sandbox.serving import Served
from sandbox.slack import Workspace

from .building import button, modal, text_input


@pytest.fixture
def app(client: WebClient) -> App:
    app = App(client=client, signing_secret="8f742231b10e8888abcd99yyyzzz85a5", process_before_response=True)

    @app.command("/emergency-change")
    def command(ack: Any, body: Any, client: WebClient) -> None:
        client.views_open(trigger_id=body["trigger_id"], view=modal(text_input("why"), callback_id="form"))
        ack("Fill in the form.")

    @app.view("form")
    def form(ack: Any, view: Any) -> None:
        why = view["state"]["values"]["why"]["text"]["value"]
        if why == "no":
            ack(response_action="errors", errors={"why": "Say more."})
        else:
            ack()

    @app.action("approve")
    def approve(ack: Any, body: Any, client: WebClient) -> None:
        client.chat_update(channel=body["channel"]["id"], ts=body["message"]["ts"], text="approved")
        ack()

    @app.event("app_home_opened")
    def home(event: Any, client: WebClient) -> None:
        client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [button()]})

    return app


@pytest.fixture
def over_http(app: App, workspace: Workspace) -> Iterator[Workspace]:
    server: Any = create_server(SlackRequestHandler(app), host="127.0.0.1", port=0, threads=4, map={})
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    workspace.connect_http(f"http://127.0.0.1:{server.effective_port}")
    yield workspace
    workspace.disconnect()
    server.trigger.pull_trigger(server.close)
    server.task_dispatcher.shutdown()
    thread.join(5)


def leave(handler: SocketModeHandler) -> None:
    """Close Slack's client, which takes its time: it reads from an empty queue for a second."""
    with suppress(AttributeError):  # its reader may have closed the socket a moment before
        handler.close()


@pytest.fixture
def over_socket(app: App, served: Served, workspace: Workspace) -> Iterator[Workspace]:
    app_client = WebClient(base_url=served.url + "/slack/api/")
    handler = SocketModeHandler(app, app_token="xapp-1", web_client=app_client)
    handler.connect()
    assert workspace.socket.connected.wait(5)
    workspace.connect_socket()
    yield workspace
    handler.client.auto_reconnect_enabled = False
    workspace.socket.close()
    threading.Thread(target=leave, args=(handler,)).start()


@pytest.fixture(params=["over_http", "over_socket"])
def playing(request: pytest.FixtureRequest) -> Workspace:
    made: Workspace = request.getfixturevalue(request.param)
    return made


def test_a_form_is_opened_refused_and_sent(playing: Workspace) -> None:
    assert playing.command("U0ADA", "C0OPS").ok
    view = playing.views("U0ADA")[0]

    refused = playing.submit("U0ADA", view.id, {"why": "no"})
    errors = dict(view.errors)
    sent = playing.submit("U0ADA", view.id, {"why": "it is down"})

    assert refused.ok
    assert errors == {"why": "Say more."}
    assert sent.ok
    assert playing.views("U0ADA") == []
    assert [m.text for m in playing.messages("C0OPS")] == ["Fill in the form."]


def test_a_click_changes_the_card(playing: Workspace, client: WebClient) -> None:
    ts = client.chat_postMessage(channel="C0OPS", text="card", blocks=[button()])["ts"]

    assert playing.click("U0LINUS", "C0OPS", ts, "approve").ok

    message = playing.messages("C0OPS")[0]
    assert [version.text for version in message.versions] == ["card", "approved"]


def test_the_home_tab_is_there_once_it_was_opened(playing: Workspace) -> None:
    assert playing.open_home("U0ADA").ok

    assert playing.home("U0ADA")


def test_unsigned_old_and_altered_requests_are_turned_away(over_http: Workspace) -> None:
    body = "token=x&command=%2Femergency-change&trigger_id=1&user_id=U0ADA&team_id=T0ACME"

    unsigned = over_http.raw(body, {"Content-Type": "application/x-www-form-urlencoded"})
    old = over_http.raw(body, over_http.signed(body, at=1_000_000_000))
    altered = over_http.raw(body + "&text=more", over_http.signed(body))

    assert [one.status for one in (unsigned, old, altered)] == [401, 401, 401]


def test_a_bot_that_says_nothing_over_the_socket_has_failed(over_socket: Workspace) -> None:
    over_socket.limit = 0.05
    over_socket.commands |= {"/unheard-of"}

    delivered = over_socket.command("U0ADA", "C0OPS", command="/unheard-of")

    assert delivered.error == "operation_timeout"


def test_a_socket_that_is_told_to_go_comes_back(over_socket: Workspace) -> None:
    gone = threading.Event()
    back = threading.Event()
    over_socket.socket.on_change = lambda count: (back if gone.is_set() and count else gone).set()
    over_socket.socket.disconnect()

    assert gone.wait(5)
    assert back.wait(15)
    assert over_socket.open_home("U0ADA").ok
    assert over_socket.redeliver(over_socket.open_home("U0ADA"), reason="http_timeout").ok


def test_each_link_can_be_used_once_and_is_given_for_an_app_token_alone(served: Served) -> None:
    api = WebClient(base_url=served.url + "/slack/api/")
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        api.apps_connections_open(app_token="xoxb-1")
    url = api.apps_connections_open(app_token="xapp-1")["url"]

    with connect(url) as first:
        assert json.loads(first.recv(timeout=5))["type"] == "hello"
        with pytest.raises(InvalidStatus):
            connect(url)
