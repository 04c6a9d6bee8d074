"""What people are told when a click leads nowhere."""

from contextvars import copy_context
from types import SimpleNamespace

import pytest
import structlog

from bot.boundary import Boundary
from bot.digest.contents import hashes_of
from bot.listeners.reviews import Reviews
from tests.clocks import MONDAY_NIGHT
from workflows.administration import DigestMade
from workflows.errors import ProcedureError
from workflows.prose import ERASED
from workflows.vocabulary import SYSTEM

SUBMITTED = {
    "type": "view_submission",
    "user": {"id": "U1", "team_id": "T1"},
    "view": {"private_metadata": "2026-10/1", "state": {"values": {}}},
}
PURGED = DigestMade(
    at=MONDAY_NIGHT, by=SYSTEM, period="2026-10", files=hashes_of({"digest.md": b"None."}), contents=ERASED,
    changes=0, drills=0, alarms=0, sample=(), root="",
)  # fmt: skip


CLICKED = {
    "type": "block_actions",
    "api_app_id": "A1",
    "trigger_id": "12.34",
    "actions": [{"action_id": "change.approve", "value": "EC-2026-0001"}],
}
ABOUT = SUBMITTED | {"view": {"id": "V1", "private_metadata": "EC-2026-0002|digest"}}
TYPED = {"command": "/emergency-change", "trigger_id": "56.78", "text": "help"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (CLICKED, ("slack:trigger:12.34", "EC-2026-0001")),
        (ABOUT, ("slack:view:V1", "EC-2026-0002")),
        (TYPED, ("slack:trigger:56.78", "")),
    ],
)
def test_whatever_a_listener_logs_names_the_delivery_and_the_change(body, named):
    heard = []

    def listener():
        heard.append(structlog.contextvars.get_contextvars())

    copy_context().run(Boundary(None, "", (), lambda: None).admit, body, listener)

    assert [(said["delivery"], said["change"]) for said in heard] == [named]


@pytest.mark.parametrize(
    ("body", "counted"),
    [
        (CLICKED, 1),
        (TYPED, 1),
        (ABOUT, 1),
        ({"type": "event_callback", "event": {"type": "app_home_opened"}}, 1),
        ({"type": "event_callback", "event": {"type": "user_change"}}, 0),
        ({"type": "event_callback", "event": {"type": "subteam_members_changed"}}, 0),
    ],
)
def test_workers_make_room_for_people_and_not_for_what_slack_says_about_people(body, counted):
    clicks = []
    boundary = Boundary(None, "", (), lambda: clicks.append(body))

    copy_context().run(boundary.admit, body, lambda: None)

    assert len(clicks) == counted


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (None, "This digest is not known here; it may be another deployment's."),
        (PURGED, "The digest's files are not kept any more."),
    ],
)
def test_a_digest_that_cannot_be_read_is_not_mistaken_for_a_slow_slack(kept, said):
    desk = SimpleNamespace(records=SimpleNamespace(administered=lambda delivery: kept))

    with pytest.raises(ProcedureError) as caught:
        Reviews(desk).sign(lambda **_: None, SUBMITTED)
    answer = Boundary(desk, "", (), lambda: None).failed(caught.value, SUBMITTED)

    assert said in str(answer.body)
