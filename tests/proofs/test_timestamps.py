"""Timestamps by an authority that openssl is, checked by openssl; and every way in which one does not hold."""

import base64
import socket

import pytest
from starlette.responses import Response

from bot.vouching import Vouching
from integrations.timestamps import TimestampAuthority
from storage.levels import Outside
from tests.proofs.authority import Authority, openssl
from workflows.errors import Declined, LedgerCorrupt, Misconfigured, Unavailable


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("tsa") / "authority")


@pytest.fixture
def served(authority):
    with authority.serve() as served:
        yield TimestampAuthority(f"{served.url}/tsa/", authority.roots.read_bytes())
    authority.faults.clear()


def test_a_stamp_is_verified_by_openssl(served, authority, tmp_path):
    (tmp_path / "checkpoint").write_bytes(b"what was there")
    (tmp_path / "checkpoint.tsr").write_bytes(served.stamp(b"what was there"))

    said = openssl(
        "ts", "-verify", "-data", tmp_path / "checkpoint", "-in", tmp_path / "checkpoint.tsr",
        "-CAfile", authority.roots,
    )  # fmt: skip
    assert b"Verification: OK" in said


def test_a_stamp_holds_for_the_bytes_it_is_of_and_no_others(served):
    answer = served.stamp(b"what was there")

    assert served.stamped(b"what was there", answer).tzinfo
    with pytest.raises(LedgerCorrupt, match="A timestamp does not hold"):
        served.stamped(b"what was not there", answer)


def test_any_changed_byte_of_a_stamp_is_noticed_or_changes_nothing(served):
    """The outermost bytes of an answer are not signed; its time and what it is about are."""
    answer = served.stamp(b"what was there")
    before = served.stamped(b"what was there", answer)

    for at in range(0, len(answer), 7):
        changed = answer[:at] + bytes([answer[at] ^ 0x01]) + answer[at + 1 :]
        try:
            assert served.stamped(b"what was there", changed) == before
        except LedgerCorrupt:
            continue


def test_a_stamp_of_another_authority_does_not_hold(served, tmp_path):
    answer = served.stamp(b"what was there")
    other = TimestampAuthority("", Authority(tmp_path / "other", "Impostor").roots.read_bytes())

    with pytest.raises(LedgerCorrupt, match="A timestamp does not hold"):
        other.stamped(b"what was there", answer)


def test_an_answer_to_another_request_is_refused(served, authority):
    old = served.stamp(b"what was there")
    authority.faults.append(Response(old))

    with pytest.raises(Declined, match="does not hold"):
        served.stamp(b"what was there")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Response("busy", 503), Unavailable),
        (Response("who are you?", 403), Declined),
        (Response(b"not DER"), Declined),
        (Response(b""), Declined),
        (Response(b"\x30\x05\x30\x03\x02\x01\x02"), Declined),  # rejected
        (Response(b"x" * 60_000), Declined),
    ],
    ids=["down", "forbidden", "nonsense", "empty", "rejected", "too long"],
)
def test_what_is_no_stamp_is_said_to_be_none(served, authority, fault, error):
    authority.faults.append(fault)

    with pytest.raises(error):
        served.stamp(b"what was there")


def test_an_authority_that_is_away_is_asked_again_later(authority):
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    away = TimestampAuthority(f"http://127.0.0.1:{port}", authority.roots.read_bytes())

    with pytest.raises(Unavailable, match="did not answer"):
        away.stamp(b"x")


def test_roots_that_are_none_stop_the_start():
    with pytest.raises(Misconfigured, match="TIMESTAMP_ROOTS"):
        TimestampAuthority("http://tsa.example", b"nonsense")


# --- with a ledger ------------------------------------------------------------------------------------


def test_a_checkpoint_is_stamped_once_and_the_ledger_reaches_the_level(desk, memory, served, authority):
    asked = authority.asked
    desk.opens()
    vouching = Vouching(memory, served, None)
    vouching.timestamp()  # nothing is signed yet
    point = memory.checkpoint()
    vouching.timestamp()
    vouching.timestamp()

    assert authority.asked == asked + 1
    found = memory.verify(Outside(stamped=served.stamped))
    assert (found.level, found.reached[-1].size) == ("TIMESTAMPED", point.size)


def test_the_stamp_in_the_ledger_is_verified_by_openssl(desk, memory, served, authority, tmp_path):
    desk.opens()
    memory.checkpoint()
    Vouching(memory, served, None).timestamp()

    body = memory.entries()[-1].leaf["body"]
    (tmp_path / "checkpoint").write_text(body["checkpoint"])
    (tmp_path / "checkpoint.tsr").write_bytes(base64.b64decode(body["response"]))
    said = openssl(
        "ts", "-verify", "-data", tmp_path / "checkpoint", "-in", tmp_path / "checkpoint.tsr",
        "-CAfile", authority.roots,
    )  # fmt: skip
    assert b"Verification: OK" in said


def test_a_stamp_put_under_another_checkpoint_is_found(desk, memory, served):
    desk.opens()
    memory.checkpoint()
    desk.opens("ledger-admin")
    second = memory.checkpoint()
    answer = base64.b64encode(served.stamp(b"another checkpoint")).decode()
    memory.timestamped(second, served.name, answer)

    with pytest.raises(LedgerCorrupt, match="A timestamp does not hold"):
        memory.verify(Outside(stamped=served.stamped))
