"""A witness cosigns what continues what it has seen, and nothing else; our own client and ledger against it."""

import base64
from datetime import UTC, datetime

import httpx
import pytest
import sqlalchemy as sa

from bot.vouching import Vouching
from integrations.witness import HttpWitness
from sandbox.serving import Served
from sandbox.witness.service import Witness
from storage.levels import Outside
from storage.notes import Cosigner, Note, Signer, VerifierKey, b64, verified
from storage.schema import checkpoints
from tests.memories import ORIGIN
from tests.proofs import naive
from tests.proofs.test_recovery import cuts
from workflows.errors import Declined, LedgerCorrupt, Unavailable
from workflows.ports import Seen

NOW = datetime(2026, 11, 2, 3, 10, tzinfo=UTC)
COSIGNER = Cosigner("witness.example/w1", b"w" * 32)
LEDGER = Signer("log.example", b"l" * 32)
LEAVES = [bytes([n]) for n in range(20)]


class Place:
    """A witness that is up, and where it keeps what it saw."""

    def __init__(self, directory, keys):
        self.directory, self.keys = directory, keys
        self.opens()

    def opens(self):
        self.witness = Witness(COSIGNER, self.keys, self.directory, lambda: NOW)
        self.served = Served({"/witness": self.witness.app}).start()
        self.client = HttpWitness(f"{self.served.url}/witness", str(COSIGNER.key))

    def closes(self):
        self.served.stop()

    def post(self, body):
        return httpx.post(f"{self.served.url}/witness/add-checkpoint", content=body)


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path / "seen", [LEDGER.key])
    yield place
    place.closes()


def point(size, signer=LEDGER, leaves=LEAVES):
    return signer.sign(size, naive.mth(leaves[:size])).note


def show(place, old, size):
    return place.client.show(point(size), old, naive.proof(old, LEAVES[:size]) if old else [])


def test_the_first_checkpoint_is_cosigned(place):
    lines = show(place, 0, 5)

    note = Note.read(point(5) + lines)
    [signature] = note.signed_by([COSIGNER.key])
    assert signature.at == int(NOW.timestamp())
    assert verified(point(5) + lines, COSIGNER.key).size == 5


def test_what_continues_it_is_cosigned(place):
    show(place, 0, 5)

    assert verified(point(12) + show(place, 5, 12), COSIGNER.key).size == 12
    assert verified(point(12) + show(place, 12, 12), COSIGNER.key).size == 12


def test_whoever_does_not_know_what_it_has_seen_is_told(place):
    show(place, 0, 5)

    assert show(place, 0, 12) == Seen(5)
    assert show(place, 7, 12) == Seen(5)
    answer = place.post(f"old 0\n\n{point(12)}")
    assert (answer.status_code, answer.text) == (409, "5\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"


def test_what_it_has_seen_survives_it(place):
    show(place, 0, 5)
    place.closes()
    place.opens()

    assert show(place, 0, 12) == Seen(5)


@pytest.mark.parametrize("size", [5, 12])
def test_another_history_is_not_cosigned(place, size):
    show(place, 0, 5)
    other = [b"other", *LEAVES[1:]]
    note = point(size, leaves=other)

    assert place.client.show(note, 5, naive.proof(5, other[:size]) if size > 5 else []) == Seen(None)
    assert show(place, 5, 12)  # and what is true still is


def test_a_wrong_proof_is_not_taken(place):
    show(place, 0, 5)

    assert place.client.show(point(12), 5, [b"\0" * 32] * 3) == Seen(None)
    assert place.post(f"old 0\n{b64(bytes(32))}\n\n{point(5)}").status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (lambda: "", 400),
        (lambda: "nonsense", 400),
        (lambda: f"old 05\n\n{point(12)}", 400),
        (lambda: f"old -1\n\n{point(12)}", 400),
        (lambda: f"new 0\n\n{point(12)}", 400),
        (lambda: f"old 0\nshort\n\n{point(12)}", 400),
        (lambda: f"old 0\n{b64(b'x')}\n\n{point(12)}", 400),
        (lambda: "old 0\n" + f"{b64(bytes(32))}\n" * 64 + f"\n{point(12)}", 400),
        (lambda: "old 0\n\nno checkpoint\n\n" + point(12).split("\n\n")[1], 400),
        (lambda: b"old 0\n\n\xff", 400),
        (lambda: f"old 13\n\n{point(12)}", 400),
        (lambda: f"old 0\n{b64(bytes(32))}\n\n{point(12)}", 422),
        (lambda: f"old 0\n\n{point(12, Signer('unknown.example', b'u' * 32))}", 404),
        (lambda: f"old 0\n\n{point(12, Signer('log.example', b'u' * 32))}", 403),
        (lambda: f"old 0\n\n{point(12)}".replace("\n12\n", "\n13\n"), 403),
        (lambda: b"x" * 70_000, 413),
    ],
)
def test_a_request_that_is_wrong_gets_the_answer_the_specification_gives_it(place, body, status):
    assert place.post(body()).status_code == status


def test_a_ledger_that_recovered_is_known_by_its_longer_name(place):
    recovered = LEDGER.named("log.example/20261102-abcdef")

    assert place.post(f"old 0\n\n{point(5, recovered)}").status_code == 200
    assert place.post(f"old 0\n\n{point(5, Signer('log.example/x', b'u' * 32))}").status_code == 403


# --- the client ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "text", "error"),
    [
        (404, {}, "", Declined),
        (403, {}, "", Declined),
        (500, {}, "", Unavailable),
        (429, {}, "", Unavailable),
        (409, {"content-type": "text/x.tlog.size"}, "many", Declined),
        (409, {"content-type": "text/x.tlog.size"}, "9" * 30, Declined),
        (200, {}, "x" * 20_000, Declined),
    ],
)
def test_what_the_client_makes_of_answers(status, headers, text, error):
    from starlette.applications import Starlette  # noqa: PLC0415 - only here
    from starlette.responses import Response  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    async def answer(request):
        return Response(text, status, headers)

    app = Starlette(routes=[Route("/add-checkpoint", answer, methods=["POST"])])
    with Served({"/w": app}) as served, pytest.raises(error):
        HttpWitness(f"{served.url}/w/", "key").show("note", 0, [])


def test_a_witness_that_is_away_is_asked_again_later():
    with Served({}) as served:
        url = served.url
    with pytest.raises(Unavailable, match="The witness did not answer"):
        HttpWitness(url, "key").show("note", 0, [])


# --- with a ledger ------------------------------------------------------------------------------------


@pytest.fixture
def watched(memory, tmp_path):
    place = Place(tmp_path / "seen", [memory.signer.key])
    yield place
    place.closes()


@pytest.fixture
def vouching(memory, watched):
    return Vouching(memory, None, watched.client)


def level(memory):
    return memory.verify(Outside(witnesses=(COSIGNER.key,))).level


def test_each_checkpoint_is_cosigned_and_the_ledger_reaches_the_level(desk, memory, vouching):
    vouching.cosign()  # nothing is signed yet
    for access in ("payments-merge", "ledger-admin", "payments-twice"):
        desk.opens(access)
        newest = memory.checkpoint()
        vouching.cosign()
        vouching.cosign()

    assert level(memory) == "WITNESSED"
    assert memory.vouched_for("cosigned", str(COSIGNER.key)) == newest.size
    kinds = [written.leaf["kind"] for written in memory.entries()]
    assert kinds.count("cosigned/1") == 3


def test_a_cosignature_whose_answer_got_lost_is_asked_for_again(desk, memory, vouching, watched):
    """The witness has seen the checkpoint, and we do not know that it has."""
    desk.opens()
    seen = memory.checkpoint()
    watched.client.show(seen.note, 0, [])
    desk.opens("ledger-admin")
    memory.checkpoint()

    vouching.cosign()

    assert level(memory) == "WITNESSED"


def test_a_copy_from_before_is_found_out_by_the_witness(desk, memory, vouching, watched):
    desk.opens()
    kept = memory.checkpoint()
    desk.opens("ledger-admin")
    desk.opens("payments-twice")
    seen = memory.checkpoint()
    watched.client.show(seen.note, 0, [])
    cuts(memory, kept.size, sa.delete(checkpoints).where(checkpoints.c.size > kept.size))
    memory.mend()

    with pytest.raises(LedgerCorrupt, match=r"The witness has seen 5 entries and only 4 are there"):
        vouching.cosign()


def test_after_a_recovery_the_witness_cosigns_under_the_new_name(desk, memory, vouching):
    desk.opens()
    memory.checkpoint()
    vouching.cosign()
    memory.recover("Restored.")

    vouching.cosign()

    assert level(memory) == "WITNESSED"
    assert memory.newest_checkpoint().origin.startswith(f"{ORIGIN}/")


def test_a_rewritten_ledger_is_found_out_by_the_witness(desk, memory, vouching, watched):
    """Somebody with the key and the database wrote another history, and signed it."""
    desk.opens()
    desk.opens("ledger-admin")
    other = [b"another", b"history", b"of", b"four"]
    watched.client.show(memory.signer.sign(2, naive.mth(other[:2])).note, 0, [])
    memory.checkpoint()

    with pytest.raises(LedgerCorrupt, match="The witness has seen another ledger under our name"):
        vouching.cosign()


def test_lines_of_somebody_else_are_no_cosignature(desk, memory):
    desk.opens()
    newest = memory.checkpoint()
    stranger = Cosigner("witness.example/w1", b"s" * 32)

    line = str(stranger.cosign(Note.read(newest.note).text, 1))
    with pytest.raises(LedgerCorrupt, match=r"not signed by witness\.example/w1"):
        memory.cosigned(newest, str(COSIGNER.key), line)
    assert VerifierKey.read(str(COSIGNER.key)) == COSIGNER.key
    assert base64.b64decode(str(COSIGNER.key).split("+", 2)[2])[0] == 4
