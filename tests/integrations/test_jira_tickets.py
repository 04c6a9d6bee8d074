"""Jira's failures in the procedure's words, and what the adapter does not do: repeat, wait, or leak."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.integrations.examples import CHANGE, TICKET, desk_at
from workflows.errors import Declined, Unavailable
from workflows.vocabulary import ChangeId, TicketKey


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "status", "status": 500}, Unavailable),
        ({"kind": "status", "status": 502}, Unavailable),
        ({"kind": "status", "status": 503}, Unavailable),
        ({"kind": "status", "status": 504}, Unavailable),
        ({"kind": "status", "status": 429}, Unavailable),
        ({"kind": "status", "status": 409}, Unavailable),
        ({"kind": "malformed"}, Unavailable),
        ({"kind": "drop"}, Unavailable),
        ({"kind": "status", "status": 200, "body": []}, Unavailable),
        ({"kind": "status", "status": 200, "body": {"id": "10001"}}, Unavailable),
        ({"kind": "status", "status": 400}, Declined),
        ({"kind": "status", "status": 401}, Declined),
        ({"kind": "status", "status": 403}, Declined),
        ({"kind": "status", "status": 404}, Declined),
        ({"kind": "status", "status": 410}, Declined),
        ({"kind": "status", "status": 422}, Declined),
        ({"kind": "status", "status": 302, "headers": {"location": "https://login.example/"}}, Declined),
    ],
)
@pytest.mark.parametrize("verb", ["open", "find"])
def test_a_failure_is_either_try_later_or_ask_a_person(jira, desk, fault, said, verb):
    desk.open(TICKET)
    path = "/rest/api/2/issue$" if verb == "open" else "/rest/api/2/search/jql"
    jira.fail("*", path, **fault)

    with pytest.raises(said):
        desk.open(TICKET) if verb == "open" else desk.find(CHANGE)


def test_an_answer_that_does_not_come_in_time_is_unavailable(jira, jira_url):
    jira.fail("GET", "/rest/api/2/search/jql", "delay", seconds=0.3)

    with pytest.raises(Unavailable):
        desk_at(jira_url, jira, read=0.05).find(CHANGE)


def test_nobody_listening_is_unavailable(jira):
    with pytest.raises(Unavailable):
        desk_at("http://127.0.0.1:9/jira", jira).find(CHANGE)


def test_a_rate_limit_says_how_long_to_wait(jira, desk):
    jira.fail("GET", "/rest/api/2/search/jql", status=429, headers={"Retry-After": "17"})

    with pytest.raises(Unavailable) as caught:
        desk.find(CHANGE)
    assert caught.value.retry_after == 17


@pytest.mark.parametrize("wait", ["Fri, 21 Nov 2026 03:10:00 GMT", "soon", ""])
def test_a_wait_that_is_no_number_is_still_a_rate_limit(jira, desk, wait):
    jira.fail("GET", "/rest/api/2/search/jql", status=429, headers={"Retry-After": wait})

    with pytest.raises(Unavailable) as caught:
        desk.find(CHANGE)
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    "fault", [{"kind": "drop", "after": True}, {"kind": "drop"}, {"kind": "status", "status": 503}]
)
def test_a_creation_of_unknown_outcome_is_asked_for_once(jira, desk, fault):
    desk.open(TICKET)
    before = len(jira.tracker.tickets())
    jira.fail("POST", "/rest/api/2/issue$", **fault)

    with pytest.raises(Unavailable):
        desk.open(TICKET)
    assert len(jira.tracker.tickets()) - before == (1 if fault.get("after") else 0)


def test_a_ticket_whose_creation_was_not_answered_is_found_when_the_search_has_caught_up(jira, desk):
    jira.tracker.lag_searches = 1
    jira.fail("POST", "/rest/api/2/issue$", "drop", after=True)
    with pytest.raises(Unavailable):
        desk.open(TICKET)

    assert desk.find(CHANGE) == ()
    assert desk.find(CHANGE) == ("CHG-1",)


def test_the_search_may_lag_by_real_time_too(jira, desk):
    jira.tracker.lag_seconds = 3600.0
    key = desk.open(TICKET)

    assert desk.find(CHANGE) == ()
    assert desk.look(key) is not None


def test_creation_is_one_request_once_the_screen_is_known(jira, desk):
    desk.open(TICKET)
    jira.traffic.clear()
    desk.open(TICKET)

    assert [(e.method, e.path) for e in jira.traffic] == [("POST", "/rest/api/2/issue")]


def test_nothing_jira_sends_with_an_error_leaks(jira, desk):
    headers = {"x-secret": "s3cr3t-header"}
    jira.fail("GET", "/rest/api/2/search/jql", status=400, headers=headers, body={"trace": "s3cr3t-body"})

    with pytest.raises(Declined) as caught:
        desk.find(CHANGE)
    shown = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__suppress_context__}"
    assert "s3cr3t" not in shown
    assert shown.endswith("True")
    assert jira.token not in shown


@pytest.mark.parametrize("change", ['EC" OR labels = "x', "EC 2026", "", "EC-2026\n0042"])
def test_what_is_no_change_id_never_reaches_a_query(jira, desk, change):
    with pytest.raises(Declined):
        desk.find(ChangeId(change))
    assert jira.traffic == []


def test_eight_threads_get_their_own_answers(jira, desk):
    keys = [desk.open(replace(TICKET, change=ChangeId(f"EC-2026-{n:04}"))) for n in range(8)]
    barrier = threading.Barrier(8)

    def look(key):
        barrier.wait(timeout=5)
        return [desk.look(key).key for _ in range(15)]

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(look, keys))
    assert answers == [[key] * 15 for key in keys]


def test_the_old_search_is_gone_as_it_is_in_the_cloud(jira, desk):
    with pytest.raises(Declined, match="410"):
        desk.connection.ask("GET", "/search", query={"jql": "project = CHG"})


def test_whoever_shows_the_tickets_hears_of_each_change(jira, desk):
    heard = []
    jira.tracker.subscribe(lambda: heard.append(jira.tracker.version))
    key = desk.open(TICKET)
    desk.move(key, "Implementing")
    jira.tracker.comment(key, "On it.", "Grace")

    assert heard == [1, 2, 3]
    assert [issue.status for issue in jira.tracker.tickets()] == ["Implementing"]


def test_a_key_is_never_used_twice(jira, desk):
    jira.tracker.delete(desk.open(TICKET))

    assert desk.open(TICKET) == TicketKey("CHG-2")
