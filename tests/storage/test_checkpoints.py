"""Signed heads, in a format that is not ours, and the keys they are signed with."""

import base64
import hashlib

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storage.keys import embedded_keys, given_keys
from storage.notes import Signer, verified
from storage.schema import checkpoints, secrets
from tests.memories import ORIGIN
from workflows.errors import LedgerCorrupt, Misconfigured

KEY = base64.b64encode(b"k" * 32).decode()

# The example of golang.org/x/mod/sumdb/note: key, text and signature.
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_checkpoint_is_a_signed_note_of_origin_size_and_root(desk, memory):
    desk.opens()

    point = memory.checkpoint()

    size, root = memory.root()
    text, signature = point.note.split("\n\n")
    assert text.splitlines() == [ORIGIN, str(size), base64.b64encode(bytes.fromhex(root)).decode()]
    assert signature.startswith(f"— {ORIGIN} ")


def test_a_checkpoint_is_verified_by_ed25519_alone(memory):
    point = memory.checkpoint()
    name, hashed, key = memory.signer.verifier_key.split("+", 2)
    public = base64.b64decode(key)

    text, line = point.note.split("\n\n")
    raw = base64.b64decode(line.split(" ")[2])

    assert raw[:4].hex() == hashed == hashlib.sha256(f"{name}\n".encode() + public).hexdigest()[:8]
    assert public[:1] == b"\x01"
    Ed25519PublicKey.from_public_bytes(public[1:]).verify(raw[4:], f"{text}\n".encode())


def test_a_note_that_was_signed_elsewhere_is_read_and_is_no_checkpoint():
    with pytest.raises(LedgerCorrupt, match=r"What PeterNeumann signed is no checkpoint\."):
        verified(PETER_NOTE, PETER_KEY)


def test_a_note_of_somebody_else_with_one_letter_changed_is_refused():
    with pytest.raises(LedgerCorrupt, match="The checkpoint's signature by PeterNeumann does not hold"):
        verified(PETER_NOTE.replace("problem,", "Problem,"), PETER_KEY)


def test_further_signatures_on_a_checkpoint_do_not_disturb_ours():
    signer = Signer(ORIGIN, b"k" * 32)
    point = signer.sign(3, b"r" * 32)
    cosigned = point.note.replace("\n\n", f"\n\n{PETER_NOTE.splitlines()[-1]}\n")

    assert verified(cosigned, signer.verifier_key).size == 3


def test_the_same_head_is_signed_once(memory):
    assert memory.checkpoint() == memory.checkpoint()


def test_a_longer_ledger_is_signed_again(desk, memory):
    first = memory.checkpoint()
    desk.opens()
    second = memory.checkpoint()

    assert second.size == first.size + 1
    with memory.database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(checkpoints)).scalar_one() == 2


def test_the_key_is_recorded_before_the_first_policy_and_once(desk, memory):
    memory.adopt_policy(b"# new\n" + memory.policy_text()[1], "policy.toml")

    kinds = [written.leaf["kind"] for written in memory.entries()]
    assert kinds == ["key-in-force/1", "policy-in-force/1", "policy-in-force/1"]


def test_a_new_key_is_recorded(memory, desk):
    memory.signer = Signer(f"{ORIGIN}-2", b"n" * 32)
    memory.adopt_policy(memory.policy_text()[1], "policy.toml")

    keys = [w.entry.origin for w in memory.entries() if w.leaf["kind"] == "key-in-force/1"]
    assert keys == [ORIGIN, f"{ORIGIN}-2"]
    memory.checkpoint()
    assert memory.verify().level == "SIGNED"


def test_a_key_that_is_not_the_ledgers_stops_the_start_in_one_sentence(desk, memory):
    memory.signer = Signer(ORIGIN, b"n" * 32)

    with pytest.raises(
        Misconfigured, match=f"the ledger of {ORIGIN} is signed with another key; set that one"
    ):
        memory.adopt_policy(memory.policy_text()[1], "policy.toml")


def test_an_embedded_deployment_makes_its_keys_once(database):
    first = embedded_keys(database, ORIGIN)
    second = embedded_keys(database, "another.example/ledger")

    assert first == second
    assert first.origin == ORIGIN
    assert (len(first.signing), len(first.values)) == (32, 32)
    with database.read() as connection:
        assert {row.name for row in connection.execute(sa.select(secrets))} == {"origin", "signing", "values"}


def test_given_keys_are_taken_as_they_are():
    keys = given_keys(ORIGIN, KEY, KEY)

    assert (keys.origin, keys.signing, keys.values) == (ORIGIN, b"k" * 32, b"k" * 32)


@pytest.mark.parametrize(("signing", "values"), [("???", KEY), (KEY, "???"), (KEY, "c2hvcnQ="), (KEY, "")])
def test_keys_that_are_none_stop_the_start_in_one_sentence(signing, values):
    with pytest.raises(
        Misconfigured, match=r"LEDGER_SIGNING_KEY and VALUES_KEY must be 32 bytes each, in base64\."
    ):
        given_keys(ORIGIN, signing, values)


def test_a_signing_key_of_another_length_is_refused_in_one_sentence():
    with pytest.raises(
        Misconfigured, match=r"LEDGER_SIGNING_KEY must be 32 bytes in base64; it is 5 bytes\."
    ):
        Signer(ORIGIN, b"short")
