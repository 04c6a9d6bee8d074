"""What people are told when a click leads nowhere."""

from types import SimpleNamespace

import pytest

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
