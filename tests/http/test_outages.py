"""Slack, Jira and GitHub at their worst: access still comes and goes, and every gap is recorded and filled."""

from collections import Counter
from datetime import timedelta

import httpx
import pytest

from sandbox import cast
from tests.clocks import until
from tests.http.night import ADA, DEE, GRACE, LINUS, REQUEST
from workflows.vocabulary import State

A_WHILE = timedelta(minutes=15)
MISFORTUNES = {
    "500": {"status": 500},
    "429": {"status": 429, "headers": {"Retry-After": "5"}, "body": {"ok": False, "error": "ratelimited"}},
    "not json": {"kind": "malformed"},
    "hangs up": {"kind": "drop"},
    "does it and hangs up": {"kind": "drop", "after": True},
    "does it and answers nonsense": {"kind": "malformed", "after": True},
}
WRITES = (
    ("slack", "POST", "/api/chat.postMessage"),
    ("slack", "POST", "/api/chat.update"),
    ("jira", "POST", "/rest/api/2/issue"),
    ("github", "PUT", "/orgs/acme/teams/payments-break-glass/memberships"),
    ("github", "DELETE", "/orgs/acme/teams/payments-break-glass/memberships"),
)
READS = (
    ("slack", "*", "/api/conversations.history"),
    ("jira", "GET", "/rest/api/2/"),
    ("github", "GET", "/orgs/acme/teams/payments-break-glass/memberships"),
)


def stand_in(night, name):
    return {"slack": night.world.slack.app, "jira": night.world.jira, "github": night.world.github}[name]


def strike(night, places, times, **how):
    for name, method, path in places:
        stand_in(night, name).fail(method, path, times=times, **how)


def nothing_is_there_twice(night):
    """Say that every message stands once, and that one ticket survived."""
    slack = night.world.slack
    for channel in (cast.PAYMENTS, slack.im_with(LINUS).id, slack.im_with(GRACE).id):
        markers = Counter(m.blocks[0]["block_id"] for m in slack.messages(channel) if m.blocks)
        assert set(markers.values()) <= {1}, markers
    surviving = [t for t in night.tickets() if t.status != "Declined"]
    assert [t.key for t in surviving] == [night.record().ticket.key]
    comments = Counter(comment.body for comment in surviving[0].comments)
    assert set(comments.values()) <= {1}, comments
    return True


def whole_story(night):
    night.requests()
    there = night.holders()
    night.approves(GRACE)
    night.reports(LINUS)
    gone = night.holders()
    night.looks_back(LINUS)
    night.accepts(ADA)
    night.lives_through(step=A_WHILE, minutes=15)
    assert night.is_closed_well()
    assert night.ticket_of_record().status == "Closed"
    return there, gone


@pytest.mark.parametrize("misfortune", MISFORTUNES)
def test_one_bad_answer_to_every_write_loses_and_doubles_nothing(night, misfortune):
    strike(night, WRITES, times=1, **MISFORTUNES[misfortune])
    there, gone = whole_story(night)

    assert (there, gone) == ({"linus-acme"}, set())
    assert nothing_is_there_twice(night)
    assert night.record().stuck == frozenset()
    assert any("approved" in text for text in night.direct(LINUS))


@pytest.mark.parametrize("misfortune", ["500", "not json", "hangs up"])
def test_reads_that_fail_for_a_while_are_recorded_and_made_up_for(night, misfortune):
    strike(night, READS, times=3, **MISFORTUNES[misfortune])
    there, gone = whole_story(night)

    happened = night.happened()
    assert (there, gone) == ({"linus-acme"}, set())
    assert nothing_is_there_twice(night)
    assert "step-stuck" in happened
    assert happened.count("step-stuck") == happened.count("step-recovered")


@pytest.mark.parametrize("name", ["jira", "github", "slack"])
def test_half_an_answer_is_no_answer(night, name):
    halves = {
        "jira": ("GET", "/rest/api/2/issue/.*/comment", {"comments": []}),
        "github": ("GET", "/orgs/acme/teams/payments-break-glass/memberships", {"surprise": 1}),
        "slack": ("POST", "/api/chat.postMessage", {"ok": True}),
    }
    method, path, body = halves[name]
    stand_in(night, name).fail(method, path, status=200, body=body, times=2)
    there, gone = whole_story(night)

    assert (there, gone) == ({"linus-acme"}, set())
    assert nothing_is_there_twice(night)


def test_nonsense_in_place_of_an_answer_loses_no_message(night):
    night.requests()
    night.world.slack.app.fail("POST", "/api/chat.postMessage", "malformed", times=4)
    night.approves(GRACE)

    assert any("approved" in text for text in night.direct(LINUS))
    assert any("approved" in text for text in night.thread())


def test_half_a_listing_of_a_group_empties_no_group(night):
    night.requests()
    night.world.github.fail("GET", "/orgs/acme/teams/sre/members", status=200, body={"message": "?"}, times=1)
    night.world.slack.app.fail("*", "/api/users.list", status=200, body={"ok": True}, times=1)
    night.world.slack.app.fail("*", "/api/usergroups.users.list", status=200, body={"ok": True}, times=1)
    night.world.slack.app.fail("*", "/api/conversations.list", status=200, body={"ok": True}, times=1)
    before = {name: night.memory.people.group(name) for name in ("sre", "heads", "security")}
    night.world.bot.refresh()

    assert {name: night.memory.people.group(name) for name in before} == before
    errors = {mirror.name: mirror.error for mirror in night.memory.people.mirrors() if mirror.error}
    assert set(errors) == {"people", "channels", "group:sre", "group:security"}


def test_a_grant_that_times_out_and_lands_late_is_counted_and_removed(night):
    grants = "/orgs/acme/teams/payments-break-glass/memberships"
    night.world.github.fail("PUT", grants, "delay", seconds=2.3)
    night.requests(window="30m")
    there = night.holders()
    landed = until(lambda: len(night.world.github.calls("PUT", grants)) == 2)
    night.passes(minutes=45)

    assert there == {"linus-acme"}
    assert landed
    assert night.state() is State.IN_REVIEW
    assert night.ends_well()


def test_jira_down_for_an_hour_delays_nothing_else_and_is_filled_in_later(night):
    night.world.jira.fail("*", ".*", status=503, times=100_000)
    night.requests(window="30m")
    there = night.holders()
    said = str(night.card().blocks)
    night.approves(GRACE)
    night.lives_through(step=A_WHILE, minutes=60)
    gone, tickets = night.holders(), night.tickets()
    night.world.jira.heal()
    night.lives_through(minutes=2)

    assert (there, gone, tickets) == ({"linus-acme"}, set(), [])
    assert "being opened" in said or "it will follow" in said
    assert night.ticket().status == "Review"
    happened = night.happened()
    assert happened.count("step-stuck") == happened.count("step-recovered") > 0
    assert len(night.ticket().comments) == len(night.thread())
    assert "CHG-1" in str(night.card().blocks)
    assert nothing_is_there_twice(night)


def test_github_down_for_an_hour_ends_the_change_without_access(night):
    night.world.github.fail("*", ".*", status=503, times=100_000)
    night.requests(window="30m")
    night.lives_through(step=A_WHILE, minutes=60)

    assert night.state() is State.IN_REVIEW
    assert any("never confirmed" in text for text in night.direct(LINUS))
    assert night.ticket().status == "Review"
    night.world.github.heal()
    night.lives_through(minutes=5)
    assert night.ends_well()


def test_github_down_at_the_end_is_retried_until_the_access_is_seen_gone(night):
    night.requests(window="30m")
    night.passes(minutes=29)
    night.world.github.fail("*", ".*", status=503, times=100_000)
    night.lives_through(step=A_WHILE, minutes=30)
    alarmed = night.direct(GRACE)
    night.world.github.heal()
    night.lives_through(step=A_WHILE, minutes=15)

    assert any("nobody has seen it gone" in text for text in alarmed)
    assert night.holders() == set()
    assert "access-ended" in night.happened()
    assert night.ends_well()


def test_slack_down_delays_no_access(night):
    night.types(LINUS)
    night.world.slack.app.fail("*", "/api/", status=503, times=100_000)
    night.submits(LINUS, **REQUEST, access="payments-merge")
    there = night.holders()
    night.lives_through(step=A_WHILE, minutes=75)
    gone = night.holders()
    night.world.slack.app.heal()
    night.lives_through(minutes=2)

    assert (there, gone) == ({"linus-acme"}, set())
    assert night.state() is State.IN_REVIEW
    assert night.card()
    assert nothing_is_there_twice(night)
    assert any("window ended" in text for text in night.direct(LINUS))


def test_a_socket_that_cannot_be_opened_at_the_start_is_opened_later(nights):
    """Slack's client tries again only what was open once."""

    def breaks(world):
        world.slack.app.fail("POST", "/api/apps.connections.open", status=503, times=1)

    night = nights(socket=True, before=breaks)

    assert until(night.world.slack.socket.connected.is_set)
    assert night.types(LINUS, "list") == "Nothing is open in your name, and nobody waits for you."


def test_while_no_socket_is_open_the_process_is_not_ready(nights):
    def breaks(world):
        world.slack.app.fail("POST", "/api/apps.connections.open", status=503, times=1000)

    night = nights(socket=True, before=breaks)

    with httpx.Client(base_url=night.world.process.url, trust_env=False) as http:
        ready = http.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["because"] == "No socket to Slack is open: nobody who clicks is heard."


def test_what_github_declines_is_told_at_once(night):
    night.world.github.forge.team("acme", "payments-break-glass").synchronised = True
    night.requests()

    assert night.state() is State.IN_REVIEW
    assert any("Access was not given" in text for text in night.direct(LINUS))
    assert night.owed() == {"acceptance"}
    night.accepts(GRACE)
    assert night.is_closed_well()


def test_an_account_that_must_accept_an_invitation_first_is_waited_for(night):
    night.world.github.forge.organisations["acme"].members.discard("linus-acme")
    night.requests(window="30m")
    waiting = night.holders()
    night.world.github.forge.accept("acme", "linus-acme")
    night.world.stopwatch.advance(timedelta(seconds=60))
    night.settles()
    there = night.holders()
    night.passes(minutes=45)

    assert (waiting, there) == (set(), {"linus-acme"})
    assert night.ends_well()


def test_a_deleted_card_is_posted_no_second_time_and_stops_nothing(night):
    night.requests()
    card = night.record().card
    night.world.slack.delete(card.channel, card.ts)
    night.passes(minutes=61)

    assert night.state() is State.IN_REVIEW
    assert night.holders() == set()


def test_a_deleted_ticket_is_noticed_and_stops_no_removal(night):
    night.requests()
    night.world.jira.tracker.delete(night.ticket().key)
    night.passes(minutes=61)

    assert night.holders() == set()
    assert night.state() is State.IN_REVIEW


def test_a_bot_that_is_started_anew_goes_on_where_it_was(night):
    night.requests(window="1h")
    night.world.halt()
    night.world.travel.by(timedelta(hours=2))
    night.world.boot()
    night.settles()

    assert night.holders() == set()
    assert night.state() is State.IN_REVIEW
    night.passes(minutes=15)
    assert night.ends_well()


def test_a_sentence_that_reaches_nobody_is_given_up_and_one_that_is_delayed_is_not(night):
    night.requests()
    elsewhere = night.forged(GRACE, "change.approve", api_app_id="A0OTHER")
    night.world.slack.app.fail("POST", "/api/chat.postEphemeral", status=503, times=2)
    night.sends(elsewhere)
    night.settles()
    delayed = night.told(GRACE)
    nobody = night.forged(DEE, "change.approve", api_app_id="A0OTHER")
    nobody["channel"] = nobody["channel"] | {"id": "C0NOWHERE"}
    nobody["container"] = nobody["container"] | {"channel_id": "C0NOWHERE"}
    night.sends(nobody)
    night.lives_through(minutes=5)

    assert delayed == ["This request was meant for another app or workspace."]
    assert night.memory.outbox.backlog().waiting == 0
