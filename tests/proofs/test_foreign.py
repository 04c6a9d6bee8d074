"""What we give out is verified by code that is not ours: sigstore-python and openssl."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import verify_checkpoint
from sigstore._internal.trust import Keyring
from sigstore.errors import VerificationError
from sigstore.models import TransparencyLogEntry
from sigstore_models.common import v1 as common
from sigstore_models.rekor import v1 as rekor

from storage.notes import Signer
from storage.tiles import unbundle
from tests.memories import ORIGIN
from tests.proofs import naive
from tests.proofs.authority import openssl

STRANGER = Signer(ORIGIN, b"s" * 32)


def b64(data):
    return base64.b64encode(data).decode()


def taken_apart(receipt):
    """Read a receipt with nothing of ours: index, path, checkpoint, and what the checkpoint says."""
    head, _, note = receipt.partition("\n\n")
    header, index, *path = head.split("\n")
    assert header == "c2sp.org/tlog-proof@v1"
    _origin, size, root = note.split("\n")[:3]
    return int(index.removeprefix("index ")), path, note, int(size), root


def entry(receipt, leaf, key):
    """Write a receipt the way sigstore-python knows proofs."""
    index, path, note, size, root = taken_apart(receipt)
    proof = rekor.InclusionProof(
        log_index=str(index),
        root_hash=root,
        tree_size=str(size),
        hashes=path,
        checkpoint=rekor.Checkpoint(envelope=note),
    )
    return TransparencyLogEntry(
        rekor.TransparencyLogEntry(
            log_index=str(index),
            log_id=common.LogId(key_id=b64(key.id)),
            kind_version=rekor.KindVersion(kind="emergency-change", version="1"),
            inclusion_proof=proof,
            canonicalized_body=b64(leaf),
        )
    )


def keyring(key):
    der = Ed25519PublicKey.from_public_bytes(key.public).public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    details = common.PublicKeyDetails.PKIX_ED25519
    return Keyring([common.PublicKey(raw_bytes=b64(der), key_details=details)])


def verify(receipt, leaf, key):
    told = entry(receipt, leaf, key)
    verify_merkle_inclusion(told)
    verify_checkpoint(keyring(key), told)


@pytest.fixture
def signed(desk, memory, grow):
    desk.opens()
    grow(300)
    memory.checkpoint()
    return memory


def test_receipts_are_verified_by_sigstore(signed):
    for sequence in (1, 2, 3, 128, 255, 256, 257, 303):
        leaf, _ = signed.leaf(sequence)
        verify(signed.receipt(sequence), leaf, signed.signer.key)


def test_sigstore_refuses_a_receipt_for_another_entry(signed):
    with pytest.raises(VerificationError, match="invalid root hash"):
        verify(signed.receipt(3), signed.leaf(4)[0], signed.signer.key)


def test_sigstore_refuses_an_entry_that_was_edited(signed):
    leaf, _ = signed.leaf(3)

    with pytest.raises(VerificationError, match="invalid root hash"):
        verify(signed.receipt(3), leaf.replace(b"payments", b"paymentz"), signed.signer.key)


def test_sigstore_refuses_a_ledger_that_somebody_else_signed(signed):
    """Everything was recomputed and signed again, under the same name, with another key."""
    point = signed.newest_checkpoint()
    receipt = signed.receipt(3).replace(point.note, STRANGER.sign(point.size, point.root).note)

    verify(receipt, signed.leaf(3)[0], STRANGER.key)  # it hangs together
    with pytest.raises(VerificationError, match="Signature not found"):
        verify(receipt, signed.leaf(3)[0], signed.signer.key)


def test_sigstore_refuses_a_checkpoint_whose_size_or_root_was_edited(signed):
    point = signed.newest_checkpoint()
    other = b64(bytes(32))

    for edited in (
        signed.receipt(3).replace("\n303\n", "\n304\n"),
        signed.receipt(3).replace(b64(point.root), other),
    ):
        with pytest.raises(VerificationError):
            verify(edited, signed.leaf(3)[0], signed.signer.key)


@pytest.fixture
def files(signed, tmp_path):
    """Lay out a checkpoint's parts and the public key, as openssl wants them."""
    key = Ed25519PublicKey.from_public_bytes(signed.signer.key.public)
    text, _, line = signed.newest_checkpoint().note.partition("\n\n")
    (tmp_path / "text").write_text(f"{text}\n")
    (tmp_path / "signature").write_bytes(base64.b64decode(line.split(" ")[2])[4:])
    (tmp_path / "key.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return tmp_path


def test_a_checkpoint_is_verified_by_openssl(files):
    said = openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", files / "key.pem", "-rawin",
        "-in", files / "text", "-sigfile", files / "signature",
    )  # fmt: skip

    assert b"Signature Verified Successfully" in said


def test_openssl_refuses_a_checkpoint_with_one_letter_changed(files):
    (files / "text").write_text((files / "text").read_text().replace("303", "304"))

    with pytest.raises(AssertionError):
        openssl(
            "pkeyutl", "-verify", "-pubin", "-inkey", files / "key.pem", "-rawin",
            "-in", files / "text", "-sigfile", files / "signature",
        )  # fmt: skip


def test_the_root_follows_from_the_exported_entries_by_the_definition_alone(signed):
    point = signed.newest_checkpoint()
    exported = dict(signed.tiles(0, point.size))

    leaves = [leaf for path in sorted(exported) if "/entries/" in path for leaf in unbundle(exported[path])]
    assert naive.mth(leaves) == point.root
    hashed = openssl("dgst", "-sha256", "-binary", input=b"\0" + leaves[2])
    assert hashed == exported["tile/0/000"][64:96] == hashlib.sha256(b"\0" + leaves[2]).digest()
