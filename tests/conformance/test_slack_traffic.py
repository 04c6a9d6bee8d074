"""Everything the bot says to Slack in a whole story, and everything it hears, is Slack's own language."""

import json
from functools import cache
from urllib.parse import parse_qsl

import pytest
from jsonschema import Draft7Validator

from tests.conformance.openapi import spec
from tests.http.night import ADA, GIL, GRACE, LINUS, MAYA, Night
from workflows.vocabulary import State

STRUCTURED = ("blocks", "view", "attachments", "metadata")
SPOKEN = {
    "chat.postMessage",
    "chat.postEphemeral",
    "chat.update",
    "views.open",
    "views.push",
    "views.update",
    "views.publish",
    "auth.test",
    "users.list",
    "conversations.list",
    "usergroups.users.list",
}


@cache
def schema(name):
    return json.loads(spec(f"slack/{name}").read_text())


def faults(name, kind, value):
    """Judge a value by one definition of the vendor's schema."""
    known = schema(name)
    if kind not in known["definitions"]:
        return []
    judge = Draft7Validator({"definitions": known["definitions"], "$ref": f"#/definitions/{kind}"})
    return [f"{kind} {list(e.absolute_path)}: {e.message[:200]}" for e in judge.iter_errors(value)]


def webapi(kind, value):
    return faults("webapi/slack-webapi.schema.json", kind, value)


def blockkit(kind, value):
    return faults("blockkit/slack-blockkit.strict.schema.json", kind, value)


class Listening:
    """Stands in the workspace's door and keeps what goes to the bot, and what it answers."""

    def __init__(self, slack):
        self._door, self.heard = slack._door, []
        slack._door = self

    def deliver(self, kind, payload, command=None):
        delivered = self._door.deliver(kind, payload, command)
        self.heard.append((kind, payload, delivered.body))
        return delivered

    def close(self):
        self._door.close()


def told(exchange):
    """Return the arguments of one call, structures parsed."""
    text = exchange.request_body.decode()
    if "json" in exchange.request_headers.get("content-type", ""):
        return json.loads(text or "{}")
    given = dict(parse_qsl(text, keep_blank_values=True))
    return {name: json.loads(value) if name in STRUCTURED else value for name, value in given.items()}


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """Tell one story in which every button, dialog and word of the product is used."""
    night = Night(tmp_path_factory.mktemp("night"))
    ears = Listening(night.world.slack)
    for who in (LINUS, GRACE, GIL):
        night.looks_at_home(who)
    for word in ("help", "list", "status", "frobnicate"):
        night.types(MAYA, word)
    night.types(LINUS, "payments checkout is down")
    night.asks(GRACE)
    change = night.requests(window="30m")
    night.types(LINUS, "status")
    night.presses(GIL, "change.approve")
    night.asks(LINUS)
    night.presses(GRACE, "change.approve")
    night.extends(LINUS)
    night.submits(GRACE)
    night.world.slack.close(GRACE, night.dialog(GRACE).id)
    night.passes(minutes=61)
    night.asks_about(ADA, change)
    night.closes(ADA)
    night.answers(LINUS, change)
    night.presses(ADA, "change.reject")
    night.chooses(ADA, "dialog.choice", "follow_up")
    night.closes(ADA)
    night.rejects(ADA)
    night.passes(hours=5)
    night.reports(LINUS, changes="https://github.com/acme/payments/pull/1")
    night.remediates(LINUS)
    night.looks_back(LINUS)
    night.returns(ADA)
    night.types(LINUS, f"retrospective {change}")
    night.chooses(LINUS, "dialog.more")
    day = night.day(5).isoformat()
    night.submits(
        LINUS,
        cause="A",
        genuine="no",
        normal_process="B",
        prevention="C",
        follow_up_2="D",
        owner_2=MAYA,
        due_2=day,
    )
    night.accepts(ADA)
    asked = night.requests(access="ledger-admin", window="30m")
    night.passes(minutes=31)
    night.overrides(LINUS)
    night.ends_access(GRACE, asked)
    night.presses_raw(ADA, "change.reassign", asked)
    night.submits(ADA, to=MAYA, reason="Linus is ill.")
    night.passes(hours=30)
    withdrawn = night.requests(MAYA, access="ledger-admin", window="30m")
    night.presses(MAYA, "change.withdraw", withdrawn)
    night.presses_at_home(LINUS, "home.drill")
    night.world.slack.close(LINUS, night.dialog(LINUS).id)
    night.presses_at_home(GRACE, "change.approve")
    assert (night.state(change), night.state(withdrawn)) == (State.CLOSED, State.WITHDRAWN)
    yield night.world.slack.app.traffic, ears.heard
    night.ends()


@pytest.fixture(scope="module")
def calls(story):
    return [(e.path.removeprefix("/api/"), told(e), json.loads(e.response_body)) for e in story[0]]


def test_the_story_speaks_with_every_method_the_bot_uses(calls):
    assert {method for method, _, _ in calls} == SPOKEN


def test_every_message_is_block_kit(calls):
    messages = [given for method, given, _ in calls if given.get("blocks") and method.startswith("chat.")]

    assert len(messages) > 40
    assert [fault for given in messages for fault in blockkit("Blocks", given["blocks"])] == []


def test_every_dialog_is_block_kit(calls, story):
    drawn = ("views.open", "views.push", "views.update")
    opened = [given["view"] for method, given, _ in calls if method in drawn]
    updated = [answer["view"] for _, _, answer in story[1] if isinstance(answer, dict) and "view" in answer]

    assert {view["callback_id"] for view in opened} >= {f"form.{name}" for name in FORMS}
    assert updated
    assert [fault for view in (*opened, *updated) for fault in blockkit("Modal", view)] == []


def test_every_home_tab_is_block_kit(calls):
    homes = [given["view"] for method, given, _ in calls if method == "views.publish"]

    assert len(homes) > 20
    assert [fault for view in homes for fault in blockkit("Home", view)] == []


FORMS = (
    "request",
    "drill",
    "approve",
    "reject",
    "done",
    "extend",
    "end",
    "override",
    "retrospective",
    "remediate",
    "accept",
    "return",
    "reassign",
    "ask",
    "answer",
)


def test_every_request_is_what_the_method_takes(calls):
    assert [
        fault
        for method, given, _ in calls
        for fault in webapi(f"Req_{method.replace('.', '_')}", _typed(given))
    ] == []


def _typed(given):
    """Read what a form can only say as text: numbers and yes or no."""
    as_said = {"true": True, "false": False, "1": True, "0": False}
    numbers = {name: int(given[name]) for name in ("limit",) if name in given}
    flags = {
        name: as_said[value]
        for name, value in given.items()
        if name.startswith(("unfurl", "include", "exclude")) and isinstance(value, str)
    }
    return given | numbers | flags


def test_every_answer_is_what_the_method_gives(calls):
    found = [
        fault
        for method, _, answer in calls
        if answer["ok"]
        for fault in webapi(f"Res_{method.replace('.', '_')}", _without_echo(answer))
    ]

    assert [
        fault for fault in found if "None is not of type" not in fault
    ] == []  # the types leave out Slack's nulls


def _without_echo(answer):
    """Leave out the echo of what was posted: the types of answers know fewer blocks than those of messages."""
    if isinstance(answer.get("message"), dict):
        return answer | {"message": answer["message"] | {"blocks": []}}
    return answer


def test_everything_that_reaches_the_bot_is_what_slack_sends(story):
    kinds = {"block_actions": "In_block_actions", "view_submission": "In_view_submission"}
    heard = [
        (kinds.get(payload.get("type"), "In_slash_command"), payload)
        for kind, payload, _ in story[1]
        if kind != "event"
    ]

    assert {kind for kind, _ in heard} == {"In_slash_command", *kinds.values()}
    assert [fault for kind, payload in heard for fault in webapi(kind, _as_typed(payload))] == []


def test_every_event_that_reaches_the_bot_is_one_that_slack_sends(story):
    known = json.loads(spec("slack/event-types.from-slack-types-3.2.0.json").read_text())
    events = [payload["event"] for kind, payload, _ in story[1] if kind == "event"]

    assert {event["type"] for event in events} == {"app_home_opened"}
    assert {event["type"] for event in events} <= set(known)
    assert {event["tab"] for event in events} == {"home"}
    assert {len(answer or "") for kind, _, answer in story[1] if kind == "event"} == {0}


def _as_typed(payload):
    """Leave out where the types differ from Slack: ``enterprise`` may be null, ``confirm`` is a Block Kit object."""
    known = {name: value for name, value in payload.items() if name != "enterprise"}
    if payload.get("container", {}).get("type") == "view":
        known.setdefault("response_url", "")  # the types are those of a press in a message; a view has none
    if "actions" in known:
        known["actions"] = [{k: v for k, v in one.items() if k != "confirm"} for one in known["actions"]]
    return known
