"""What the page asks of its server reaches the workspace and the world, and comes back in the state."""

from collections.abc import Callable
from typing import Any

import pytest

from .client import Client
from .demo import DemoWorld

State = Callable[..., Any]
MARA = {"as": "U0MARA"}
FILLED = {
    "access": "payments-merge",
    "criterion": "service down",
    "justification": "Every card payment fails, and the roll-back needs a merge.",
    "window": "30",
    "checks": ["rollback", "customers"],
    "grantee": "U0TOM",
    "planned": 1793847060,
    "review_day": "2026-11-09",
    "contact": "mara@acme.example",
}


def ordered(client: Client, order: str, body: dict[str, Any]) -> Any:
    answer = client.post(f"/api/{order}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def card(state: Any) -> Any:
    return next(m for m in state["messages"]["C0PAY"] if m["blocks"])


def form(client: Client, state: State) -> str:
    ordered(client, "command", MARA | {"channel": "C0PAY", "text": "/emergency-change"})
    return str(state()["views"][-1]["id"])


def test_the_state_holds_all_that_the_page_shows(state: State) -> None:
    seen = state()

    assert seen["me"] == "U0MARA"
    assert [person["slack_id"] for person in seen["people"]] == ["U0MARA", "U0JONAS", "U0PRIYA", "U0TOM"]
    assert [channel["id"] for channel in seen["channels"]] == ["C0REVIEW", "C0PAY", "D0MARA"]
    assert seen["tickets"][0]["key"] == "CHG-1042"
    assert seen["teams"][0]["members"] == [{"login": "mlindqvist", "state": "member"}]
    assert seen["ledger"][0]["sequence"] == len(seen["ledger"])
    assert seen["faults"] == {"slack": "none", "jira": "none", "github": "none"}


def test_nobody_in_particular_is_the_first_who_can_be_played(client: Client) -> None:
    assert client.get("/api/state").json()["me"] == "U0MARA"


def test_everybody_sees_their_own_conversations_and_no_one_elses_whispers(state: State) -> None:
    mine, theirs = state("U0MARA"), state("U0JONAS")

    assert any(m["ephemeral"] for m in mine["messages"]["C0PAY"])
    assert not any(m["ephemeral"] for m in theirs["messages"]["C0PAY"])
    assert "G0SEC" in theirs["messages"]
    assert "G0SEC" not in mine["messages"]
    assert set(mine["waiting"]) == {"U0MARA", "U0JONAS"}


@pytest.mark.parametrize("text", ["/emergency-change list", "list"])
def test_a_command_is_answered_to_the_person_alone(client: Client, state: State, text: str) -> None:
    assert ordered(client, "command", MARA | {"channel": "C0PAY", "text": text})["ok"]

    last = state()["messages"]["C0PAY"][-1]
    assert last["ephemeral"]
    assert "EC-2026-0042" in last["text"]


def test_a_command_slack_does_not_know_is_said_to_be_none(client: Client) -> None:
    answer = ordered(client, "command", MARA | {"channel": "C0PAY", "text": "/deploy now"})

    assert not answer["ok"]
    assert "/deploy is not a valid command" in answer["seen"]


def test_what_is_posted_is_escaped_and_lands_in_its_thread(client: Client, state: State) -> None:
    parent = card(state())["ts"]

    ordered(client, "post", MARA | {"channel": "C0PAY", "text": "<script>&", "thread_ts": parent})

    last = state()["messages"]["C0PAY"][-1]
    assert (last["text"], last["thread_ts"], last["from"]) == ("&lt;script&gt;&amp;", parent, "U0MARA")


def test_a_form_that_is_not_complete_comes_back_with_its_faults(client: Client, state: State) -> None:
    view = form(client, state)

    answer = ordered(client, "submit", MARA | {"view_id": view, "values": {"justification": "short"}})

    assert not answer["ok"]
    assert set(answer["errors"]) == {"access", "criterion", "justification"}
    assert state()["views"][-1]["errors"] == answer["errors"]


def test_the_bots_own_objection_is_shown_at_its_field(client: Client, state: State) -> None:
    view = form(client, state)
    values = FILLED | {"justification": "This is a test, " * 4}

    ordered(client, "submit", MARA | {"view_id": view, "values": values})

    assert set(state()["views"][-1]["errors"]) == {"justification"}


def test_a_form_filled_in_with_plain_values_is_accepted(client: Client, state: State) -> None:
    view = form(client, state)

    answer = ordered(client, "submit", MARA | {"view_id": view, "values": FILLED})

    assert answer["ok"]
    assert state()["views"] == []
    assert len(state()["tickets"]) == 2


def test_a_form_that_is_closed_is_gone(client: Client, state: State) -> None:
    view = form(client, state)

    ordered(client, "close", MARA | {"view_id": view})

    assert state()["views"] == []


def test_a_button_in_a_message_opens_a_form_for_the_one_who_pressed_it(client: Client, state: State) -> None:
    pressed = {"as": "U0JONAS", "channel": "C0PAY", "ts": card(state())["ts"], "action_id": "approve"}

    ordered(client, "click", pressed | {"block_id": "card", "version": 0, "option": None})

    assert state("U0JONAS")["views"][-1]["view"]["callback_id"] == "verdict-approve"
    assert state("U0MARA")["views"] == []


def test_a_message_that_was_changed_still_shows_what_it_said_before(client: Client, state: State) -> None:
    pressed = {"as": "U0JONAS", "channel": "C0PAY", "ts": card(state())["ts"], "action_id": "approve"}
    ordered(client, "click", pressed)
    view = state("U0JONAS")["views"][-1]["id"]

    ordered(client, "submit", {"as": "U0JONAS", "view_id": view})

    assert [version["text"] for version in card(state())["earlier"]] == [
        "EC-2026-0042: emergency access for Mara Lindqvist"
    ]


def test_the_home_tab_is_drawn_when_it_is_opened_and_its_buttons_work(client: Client, state: State) -> None:
    ordered(client, "home", MARA)
    view = state()["home"]["id"]

    ordered(client, "view-click", MARA | {"view_id": view, "action_id": "request", "block_id": "home"})

    assert state()["views"][-1]["view"]["callback_id"] == "request"


def test_the_clock_moves_forward_and_access_ends_with_it(client: Client, state: State) -> None:
    before = state()["now"]

    answer = ordered(client, "clock", {"advance_seconds": 10800})

    assert (before, answer["now"]) == ("2026-11-05T02:17:00+00:00", "2026-11-05T05:17:00+00:00")
    assert state()["teams"][0]["members"] == []


def test_a_team_can_be_changed_behind_the_bots_back(client: Client, state: State) -> None:
    team = {"team": "acme/payments-break-glass"}

    ordered(client, "access", team | {"login": "tokafor", "do": "add"})
    ordered(client, "access", team | {"login": "mlindqvist", "do": "remove"})

    assert state()["teams"][0]["members"] == [{"login": "tokafor", "state": "pending"}]


def test_a_ticket_is_moved_and_deleted_by_hand(client: Client, state: State) -> None:
    ordered(client, "ticket", {"key": "CHG-1042", "status": "Closed"})
    moved = state()["tickets"][0]["status"]
    ordered(client, "ticket", {"key": "CHG-1042", "status": None})

    assert moved == "Closed"
    assert "CHG-1042" not in {ticket["key"] for ticket in state()["tickets"]}


def test_a_service_can_be_broken_and_mended(client: Client, state: State) -> None:
    ordered(client, "faults", {"service": "jira", "kind": "down"})
    assert state()["faults"]["jira"] == "down"

    ordered(client, "faults", {"service": "jira", "kind": "none"})
    assert state()["faults"]["jira"] == "none"


def test_verifying_says_how_far_the_ledger_reaches(client: Client, world: DemoWorld) -> None:
    answer = ordered(client, "verify", {})

    assert answer["ok"]
    assert answer["size"] == len(world.ledger(100))


@pytest.mark.parametrize(
    ("order", "body", "status", "words"),
    [
        ("clock", {"advance_seconds": -60}, 422, "advance_seconds"),
        ("faults", {"service": "pagerduty", "kind": "down"}, 422, "service"),
        ("post", {"as": "U0MARA", "channel": "C0PAY", "text": "hello", "colour": "red"}, 422, "colour"),
        ("post", {"as": "U0NOBODY", "channel": "C0PAY", "text": "hello"}, 404, "no user U0NOBODY"),
        ("post", {"as": "U0MARA", "channel": "G0SEC", "text": "hello"}, 404, "cannot write"),
        ("ticket", {"key": "CHG-1", "status": "Closed"}, 404, "no CHG-1"),
        ("access", {"team": "acme/none", "login": "tokafor", "do": "add"}, 404, "no team"),
        ("submit", {"as": "U0MARA", "view_id": "V0"}, 404, "not on top"),
        ("explode", {}, 404, "does not know"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_in_a_sentence(
    client: Client, order: str, body: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post(f"/api/{order}", json=body)

    assert answer.status_code == status
    assert words in answer.json()["error"]


def test_a_body_that_is_no_json_is_refused(client: Client) -> None:
    assert client.post("/api/clock", content=b"{").status_code == 422


# --- the evidence repository -----------------------------------------------------------------------


def test_the_evidence_repository_is_listed_and_its_files_are_read_one_by_one(
    client: Client, state: State
) -> None:
    listed = state()["evidence"]

    assert [file["path"] for file in listed["files"]] == [
        "changes/2026/EC-2026-0001/record.md",
        "checkpoint",
    ]
    assert ordered(client, "file", {"path": "checkpoint"}) == {"ok": True, "text": "acme\n1\n"}


def test_a_file_that_is_not_there_is_said_to_be_missing(client: Client) -> None:
    answer = client.post("/api/file", json={"path": "changes/none"})

    assert (answer.status_code, answer.json()["error"]) == (404, "There is no changes/none.")


def test_somebody_may_meddle_with_the_evidence_and_the_page_shows_it(client: Client, state: State) -> None:
    ordered(client, "meddle", {"do": "rewrite"})

    assert state()["evidence"]["commits"][0]["sha"] == "rewrite"
    assert client.post("/api/meddle", json={"do": "burn"}).status_code == 422


def test_a_pull_request_is_reviewed_in_somebodys_part(client: Client, state: State) -> None:
    ordered(
        client, "review", {"as": "U1", "number": 1, "verdict": "request changes", "body": " Which index? "}
    )
    ordered(client, "pull-comment", {"as": "U2", "number": 1, "body": "The one on orders."})
    ordered(client, "edit-review", {"as": "U1", "number": 1, "review": 1, "body": "Which?"})
    ordered(client, "dismiss", {"as": "U2", "number": 1, "review": 1})

    [pull] = state()["evidence"]["pulls"]
    [review] = pull["reviews"]
    assert (review["author"], review["state"], review["body"], review["edited"]) == (
        "U1", "dismissed", "Which?", True,
    )  # fmt: skip
    assert [one["text"] for one in pull["comments"]] == ["The one on orders."]


def test_a_review_nobody_can_give_is_refused_with_a_sentence(client: Client) -> None:
    unknown = client.post("/api/review", json={"as": "U1", "number": 7, "verdict": "approve"})

    assert (unknown.status_code, unknown.json()["error"]) == (404, "There is no pull request 7.")
    strange = client.post("/api/review", json={"as": "U1", "number": 1, "verdict": "nod"})
    assert strange.status_code == 422
