"""A signed note is read in one way only: whatever byte is changed, it is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.notes import Cosigner, Note, Signer, VerifierKey, read_checkpoint, unb64, verified
from workflows.errors import LedgerCorrupt, Misconfigured

SIGNER = Signer("acme.example/ledger", b"k" * 32)
POINT = SIGNER.sign(70_000, bytes(range(32)))
WITNESS = Cosigner("witness.example/w1", b"w" * 32)

# The cosignature of the specification's own example (C2SP tlog-cosignature), and the note it is on.
EXAMPLE = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""


def test_the_specifications_example_is_read_as_it_says():
    note, point = Note.read(EXAMPLE), read_checkpoint(EXAMPLE)

    assert str(note) == EXAMPLE
    assert (point.origin, point.size) == ("example.com/behind-the-sofa", 20852163)
    assert [signature.name for signature in note.signatures] == [
        "example.com/behind-the-sofa",
        "witness.example.com/w1",
    ]
    assert note.signatures[1].at == 1679315147


@pytest.mark.parametrize("bit", [0x01, 0x02, 0x04, 0x20, 0x80])
def test_any_changed_byte_of_a_checkpoint_is_noticed(bit):
    data = POINT.note.encode()

    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
        with pytest.raises((LedgerCorrupt, UnicodeDecodeError)):
            verified(changed.decode(), SIGNER.key)


def test_any_character_taken_out_or_put_in_is_noticed():
    note = POINT.note

    for at in range(len(note) + 1):
        for changed in (
            note[:at] + note[at + 1 :],
            *(note[:at] + more + note[at:] for more in "\n A=0—\r\0"),
        ):
            if changed != note:
                with pytest.raises(LedgerCorrupt):
                    verified(changed, SIGNER.key)


def test_what_a_known_witness_did_not_sign_spoils_the_whole_note():
    line = str(WITNESS.cosign(Note.read(POINT.note).text, 1_793_000_000))
    good = Note.read(POINT.note + line)
    wrong = Note.read(POINT.note + str(WITNESS.cosign("something else\n", 1_793_000_000)))

    assert len(good.signed_by([SIGNER.key, WITNESS.key])) == 2
    with pytest.raises(
        LedgerCorrupt, match=r"The checkpoint's cosignature by witness\.example/w1 does not hold"
    ):
        wrong.signed_by([SIGNER.key, WITNESS.key])
    assert len(wrong.signed_by([SIGNER.key])) == 1  # to whom the witness is unknown, it says nothing


def test_a_cosignature_holds_for_its_time_alone():
    line = WITNESS.cosign(Note.read(POINT.note).text, 1_793_000_000)
    later = line.data[:7] + bytes([line.data[7] ^ 1]) + line.data[8:]
    note = Note(Note.read(POINT.note).text, (type(line)(line.name, line.key, later),))

    with pytest.raises(LedgerCorrupt, match="does not hold"):
        note.signed_by([WITNESS.key])


def test_a_signature_of_the_text_is_no_cosignature():
    """The same private key under both algorithms: neither counts for the other."""
    both = Cosigner(SIGNER.origin, b"k" * 32)

    assert both.key.public == SIGNER.key.public
    assert both.key.id != SIGNER.key.id
    assert Note.read(POINT.note).signed_by([both.key]) == ()


@pytest.mark.parametrize(
    "text",
    [
        "a\n1\n",
        "a\n01\n{root}\n",
        "a\n-1\n{root}\n",
        "a\n1\n{short}\n",
        "\n1\n{root}\n",
        "a\n1\n{root}\n\nb\n",
        "a\n\uff11\n{root}\n",
    ],
)
def test_what_is_signed_and_no_checkpoint_is_said_to_be_none(text):
    root = POINT.note.split("\n")[2]
    text = text.format(root=root, short=root[4:])
    note = str(Note(text, (SIGNER.signature(text),)))

    with pytest.raises(LedgerCorrupt):
        verified(note, SIGNER.key)


@given(st.text(max_size=80))
def test_any_text_is_refused_in_one_sentence(text):
    with pytest.raises(LedgerCorrupt, match=r"^The checkpoint "):
        verified(text, SIGNER.key)
    with pytest.raises(LedgerCorrupt, match=r"^The checkpoint "):
        verified(f"{text}\n\n{text}\n", SIGNER.key)


@pytest.mark.parametrize("key", [SIGNER.key, WITNESS.key])
def test_a_verifier_key_is_read_as_it_was_written(key):
    assert VerifierKey.read(f"{key}\n") == key


@given(st.text(max_size=60))
def test_what_is_no_verifier_key_is_said_to_be_none(text):
    with pytest.raises(Misconfigured, match="is no verifier key"):
        VerifierKey.read(text)


def test_any_changed_character_of_a_verifier_key_is_noticed():
    text = str(SIGNER.key)

    for at in range(len(text)):
        changed = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        with pytest.raises(Misconfigured):
            VerifierKey.read(changed)


@pytest.mark.parametrize("text", ["AA", "AA==\n", "AB==", "A A=", "AA=", "é"])
def test_base64_is_written_in_one_way_only(text):
    with pytest.raises(ValueError, match=r".*"):
        unb64(text)
