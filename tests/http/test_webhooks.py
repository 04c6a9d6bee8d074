"""What GitHub says by itself: a hint and no more, signed, once, in any order; and nothing is lost without it."""

import hashlib
import hmac
import json
import socket
import uuid
from urllib.parse import urlsplit

import httpx
import pytest

from sandbox.github.hooks import HookDelivery, headers
from sandbox.world import WEBHOOK_SECRET
from tests.http.night import LINUS, Night
from tests.http.test_reviews_of_record import HERE, by_review
from tests.http.test_signatures import counted

LIMIT = 25 * 1024 * 1024


@pytest.fixture
def night(nights):
    night = nights(policy=by_review, evidence=True)
    night.github, night.hooks = night.world.github, night.world.github.hooks
    return night


@pytest.fixture(scope="module")
def listening(tmp_path_factory):
    """A night that a module's tests share, whose webhooks change nothing."""
    night = Night(tmp_path_factory.mktemp("night"), policy=by_review, evidence=True)
    night.requests(LINUS)
    night.world.github.reviewing.submit(HERE, 1, "grace-acme", "COMMENT", "Looking.")
    night.settles()
    yield night
    night.ends()


@pytest.fixture
def http(listening):
    with httpx.Client(base_url=listening.world.process.url, trust_env=False, timeout=60) as client:
        yield client


def approve(night):
    return night.github.reviewing.submit(HERE, 1, "grace-acme")


def announced(night):
    return night.happened().count("review-announced")


def test_a_webhook_brings_the_look_forward(night):
    night.requests(LINUS)
    approve(night)
    night.settles()

    assert [d.status for d in night.hooks.deliveries] == [202, 202]
    assert "approval" not in night.owed()


def test_what_a_lost_webhook_would_have_told_is_found_by_looking(night):
    night.requests(LINUS)
    night.hooks.losing = 1
    approve(night)
    night.settles()
    at_once = night.owed()
    night.passes(minutes=15)

    assert "approval" in at_once
    assert "approval" not in night.owed()
    assert announced(night) == 0


def test_a_webhook_that_comes_twice_is_one(night):
    night.requests(LINUS)
    approve(night)
    night.settles()
    before = len(night.entries())
    status = night.hooks.redeliver(night.hooks.deliveries[-1])
    night.settles()

    assert status == 202
    assert len(night.entries()) == before
    assert len(night.record().verdicts) == 1


def test_webhooks_in_the_wrong_order_lead_to_the_same_end(night):
    night.requests(LINUS)
    night.hooks.holding = True
    review = approve(night)
    night.github.reviewing.dismiss(HERE, 1, review, "sol-acme")
    approve(night)
    night.hooks.release(order=[2, 1, 0])
    night.settles()

    assert "approval" not in night.owed()
    assert len(night.record().verdicts) == 1
    assert night.findings() == []  # what was dismissed had never counted


def test_a_webhook_is_not_believed(night):
    """Whoever has the secret can make us look, and nothing more."""
    change = night.requests(LINUS)
    body = json.dumps(
        {
            "action": "submitted",
            "review": {"id": 1, "state": "approved", "user": {"login": "grace-acme"}},
            "pull_request": {"number": 1, "head": {"ref": f"approval/{change}"}},
            "repository": {"full_name": HERE},
        }
    ).encode()
    answer = sent(night, body)
    night.settles()

    assert answer.status_code == 202
    assert announced(night) == 1
    assert "approval" in night.owed()


def test_without_webhooks_everything_is_found_all_the_same(night):
    night.hooks.unsubscribe()
    night.requests(LINUS)
    review = approve(night)
    night.passes(minutes=15)
    counted_for = night.owed()
    night.github.reviewing.edit(HERE, 1, review, "Never.")
    night.passes(hours=2)

    assert "approval" not in counted_for
    assert night.findings() == ["X13"]


def test_a_review_that_comes_while_github_does_not_answer_is_read_later(night):
    night.requests(LINUS)
    night.github.fail("GET", "/repos/acme/evidence/pulls", status=502, times=4)
    approve(night)
    night.settles()

    assert "approval" not in night.owed()


def test_a_review_is_not_judged_while_nobody_can_say_whether_it_was_edited(night):
    night.requests(LINUS)
    night.github.fail("POST", "/graphql", status=502, times=3)
    approve(night)
    night.settles()

    assert "approval" not in night.owed()
    assert [v.answer.review.edited for v in night.record().verdicts] == [False]


# --- who may knock ---------------------------------------------------------------------------------


def ping(**more):
    return json.dumps({"zen": "Hello.", **more}).encode()


def signed(body, event="ping", secret=WEBHOOK_SECRET):
    return headers(HookDelivery(str(uuid.uuid4()), event, body), secret)


def sent(night, body, event="pull_request_review", **changed):
    with httpx.Client(base_url=night.world.process.url, trust_env=False) as http:
        return http.post("/github/webhooks", content=body, headers=signed(body, event) | changed)


UNSIGNED = "X-Hub-Signature-256"


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        "sha1=" + hmac.new(WEBHOOK_SECRET.encode(), ping(), hashlib.sha1).hexdigest(),
        "sha256=" + hmac.new(b"another secret", ping(), hashlib.sha256).hexdigest(),
        "sha256=" + hmac.new(WEBHOOK_SECRET.encode(), ping(more=1), hashlib.sha256).hexdigest(),
        b"sha256=\xb2\xb3",
    ],
)
def test_what_is_not_signed_rightly_is_only_counted(listening, http, signature):
    before, entries = counted(http), len(listening.entries())
    sent_with = signed(ping(), "pull_request_review")
    del sent_with[UNSIGNED]
    answer = http.post(
        "/github/webhooks",
        content=ping(),
        headers=sent_with | ({UNSIGNED: signature} if signature is not None else {}),
    )

    assert answer.status_code == 401
    assert answer.json() == {"message": "The signature does not fit GITHUB_WEBHOOK_SECRET."}
    assert counted(http) == before + 1
    assert len(listening.entries()) == entries


def test_a_signature_in_capitals_is_none(listening, http):
    body = ping()
    right = signed(body)
    answer = http.post("/github/webhooks", content=body, headers=right | {UNSIGNED: right[UNSIGNED].upper()})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "said", "kind"),
    [
        (
            b"payload=%7B%7D",
            "Set the webhook's content type to application/json.",
            "application/x-www-form-urlencoded",
        ),
        (b"{}", "Set the webhook's content type to application/json.", ""),
        (b"{", "The body is not JSON.", "application/json"),
        (b"\xff\xfe", "The body is not JSON.", "application/json; charset=utf-8"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(listening, http, body, said, kind):
    answer = http.post("/github/webhooks", content=body, headers=signed(body) | {"Content-Type": kind})

    assert answer.status_code in (400, 415)
    assert answer.json() == {"message": said}


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"action": "submitted"},
        [],
        "text",
        {"action": "submitted", "repository": {"full_name": HERE}, "pull_request": {"number": "x"}},
        {
            "action": "submitted",
            "repository": {"full_name": HERE},
            "pull_request": {"number": 1, "head": {"ref": "main"}},
        },
        {
            "action": "submitted",
            "repository": {"full_name": HERE},
            "pull_request": {"number": 1, "head": {"ref": "approval/"}},
        },
        {
            "action": "submitted",
            "repository": {"full_name": HERE},
            "pull_request": {"number": 1, "head": {"ref": "approval/EC-1999-0001"}},
        },
        {
            "action": "submitted",
            "repository": {"full_name": "acme/other"},
            "pull_request": {"number": 1, "head": {"ref": "approval/EC-2026-0001"}},
        },
    ],
)
def test_what_is_about_none_of_our_changes_is_heard_and_forgotten(listening, http, told):
    body, entries = json.dumps(told).encode(), len(listening.entries())
    answer = http.post("/github/webhooks", content=body, headers=signed(body, "pull_request_review"))

    assert answer.status_code == 202
    assert len(listening.entries()) == entries


def test_other_events_are_heard_and_forgotten(listening, http):
    body, entries = ping(), len(listening.entries())
    statuses = {
        http.post("/github/webhooks", content=body, headers=signed(body, event)).status_code
        for event in ("ping", "push", "installation", "")
    }

    assert statuses == {202}
    assert len(listening.entries()) == entries


@pytest.mark.parametrize("length", [2 * LIMIT, 10**12])
def test_a_body_that_is_too_long_is_refused_before_it_is_sent(listening, length):
    """Only the head is sent: whoever waited for the body would never answer."""
    where = urlsplit(listening.world.process.url)
    head = f"POST /github/webhooks HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
    with socket.create_connection((where.hostname, where.port), timeout=5) as line:
        line.sendall(head.encode())
        answer = line.recv(4096)

    assert b" 413 " in answer.split(b"\r\n")[0]


def test_a_body_of_25_mb_is_read_and_one_byte_more_is_not(listening, http):
    fits, too_long = b" " * (LIMIT - 2) + b"{}", b" " * (LIMIT - 1) + b"{}"
    taken = http.post("/github/webhooks", content=fits, headers=signed(fits, "pull_request_review"))
    refused = http.post("/github/webhooks", content=too_long, headers=signed(too_long))

    assert taken.status_code == 202
    assert refused.status_code == 413
    assert refused.json() == {"message": "GitHub sends at most 25 MB."}


def test_without_a_secret_nobody_listens(nights):
    night = nights()
    with httpx.Client(base_url=night.world.process.url, trust_env=False) as http:
        answer = http.post("/github/webhooks", content=ping(), headers=signed(ping()))

    assert answer.status_code == 404


def test_the_address_takes_posts_alone(listening, http):
    assert http.get("/github/webhooks").status_code == 404
