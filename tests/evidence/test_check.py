"""Whoever changes any byte of a pack is found out, also with our key, and the check says what does not hold."""

import base64
import hashlib
import json
import random
import shutil
import subprocess
import sys

import pytest

from bot.evidence import envelope
from bot.evidence.check import check
from bot.evidence.pack import export
from bot.wiring.opening import outside
from storage.notes import Signer
from storage.tiles import bundle, unbundle
from tests.http.night import ADA, GRACE, LINUS, WHY, Night
from workflows.errors import LedgerCorrupt, Misconfigured
from workflows.period import Span


def refused(place, match=".", key=""):
    with pytest.raises(LedgerCorrupt, match=match) as found:
        check(place, outside(key, (), None, ()))
    assert len(str(found.value)) < 400
    return str(found.value)


def names(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def positions(size, count=9):
    """Return the ends, and some places between them; the same ones each time."""
    return sorted({0, size - 1, *random.Random(size).choices(range(size), k=count)})


def test_a_pack_holds_as_folder_and_as_zip(nights):
    for place in (nights.folder, nights.zip):
        found = check(place, outside(nights.key, (), None, ()))
        assert (found.changes, found.level, found.key_was_given) == (6, "SIGNED", True)
        assert found.root == nights.made.root


def test_every_changed_byte_of_every_file_is_noticed(folder):
    for name in names(folder):
        path = folder / name
        whole = path.read_bytes()
        for position in positions(len(whole)):
            for bit in (1, 0x20):
                spoilt = bytearray(whole)
                spoilt[position] ^= bit
                path.write_bytes(spoilt)
                refused(folder)
        path.write_bytes(whole)
    assert check(folder).changes == 6


def test_every_changed_byte_of_the_zip_is_noticed(nights, tmp_path):
    copy, whole = tmp_path / "pack.zip", nights.zip.read_bytes()
    directory = whole.rfind(b"PK\x05\x06")
    headers = [i for i in range(len(whole) - 4) if whole[i : i + 4] in (b"PK\x03\x04", b"PK\x01\x02")][::7]
    within = [start + offset for start in headers for offset in (4, 6, 8, 10, 12, 28, 30)]
    for position in (*positions(len(whole), 60), *within, *range(directory, len(whole))):
        spoilt = bytearray(whole)
        spoilt[position] ^= 1
        copy.write_bytes(spoilt)
        refused(copy)


@pytest.mark.parametrize("keep", [0, 1, 100, 0.5, 0.9, -1, -22])
def test_a_truncated_zip_is_no_pack(nights, tmp_path, keep):
    whole = nights.zip.read_bytes()
    cut = int(len(whole) * keep) if isinstance(keep, float) else keep
    (tmp_path / "cut.zip").write_bytes(whole[:cut])

    refused(tmp_path / "cut.zip")


@pytest.mark.parametrize("more", [b"\x00", b"PK\x05\x06" + b"\0" * 18, b"x" * 70000])
def test_a_zip_with_something_after_it_or_before_it_is_no_pack(nights, tmp_path, more):
    whole = nights.zip.read_bytes()
    for name, data in (("after.zip", whole + more), ("before.zip", more + whole)):
        (tmp_path / name).write_bytes(data)
        refused(tmp_path / name)


def test_what_is_missing_or_was_added_is_named(folder):
    (folder / "extra.txt").write_text("x")
    refused(folder, "extra.txt is not named by the manifest")
    (folder / "extra.txt").unlink()
    (folder / "population.csv").rename(folder.parent / "population.csv")

    refused(folder, "population.csv is missing")


def test_a_link_is_no_file(folder):
    path = folder / "VERIFY.md"
    path.rename(folder.parent / "elsewhere.md")
    path.symlink_to(folder.parent / "elsewhere.md")

    refused(folder, "VERIFY.md is no file")


def test_nothing_there_is_one_sentence(tmp_path):
    refused(tmp_path / "nothing", "is not there")
    refused(tmp_path, "manifest.json|key.txt")


def test_a_pack_signed_with_another_key_is_refused_if_ours_is_given(nights, folder):
    other = Signer(nights.memory.signer.origin, b"x" * 32)

    refused(folder, "was never signed with the key", key=other.verifier_key)
    with pytest.raises(Misconfigured, match="no verifier key"):
        check(folder, outside("nonsense", (), None, ()))


def test_a_checkpoint_that_was_kept_elsewhere_must_follow_from_the_entries(nights, folder, tmp_path):
    kept, forged = tmp_path / "kept", tmp_path / "forged"
    kept.write_text(nights.night.first_head.note)
    forged.write_text(nights.memory.signer.sign(nights.night.first_head.size, b"r" * 32).note)

    assert check(folder, outside("", [kept], None, ())).level == "ANCHORED"
    with pytest.raises(LedgerCorrupt, match="something before it was changed"):
        check(folder, outside("", [forged], None, ()))
    with pytest.raises(Misconfigured, match="cannot be read as a checkpoint"):
        check(folder, outside("", [tmp_path / "nothing"], None, ()))


def test_a_foreign_key_in_the_pack_does_not_fit_its_signatures(nights, folder, sign_again):
    other = Signer(nights.memory.signer.origin, b"x" * 32)
    (folder / "log/key.txt").write_text(f"{other.verifier_key}\n")
    sign_again()

    refused(folder, "manifest.json is signed with another key")


# --- signed with our key, and wrong all the same -------------------------------------------------------


def edit(folder, name, change):
    path = folder / name
    path.write_bytes(change(path.read_bytes()))


def a_record(folder):
    return next(name for name in names(folder) if name.endswith("0001/record.json"))


@pytest.mark.parametrize(
    ("was", "becomes", "match"),
    [
        (b'"matched": 6', b'"matched": 7', "says of R. what the ledger does not"),
        (b'"entry": 1', b'"entry": 9', "names a comparison that the ledger does not have"),
    ],
)
def test_a_comparison_that_came_out_otherwise_is_found(folder, sign_again, was, becomes, match):
    edit(folder, "reconciliations.json", lambda data: data.replace(was, becomes, 1))
    sign_again()

    refused(folder, match)


def test_a_row_that_was_left_out_is_missed(folder, sign_again):
    lines = (folder / "population.csv").read_bytes().split(b"\r\n")
    (folder / "population.csv").write_bytes(b"\r\n".join([*lines[:3], *lines[4:]]))
    sign_again(lambda s: s["predicate"].update(rows=5))

    refused(folder, "is not the population")


@pytest.mark.parametrize(("was", "becomes"), [(b",closed,", b",active,"), (b",active,", b",closed,")])
def test_a_row_that_says_another_state_is_found(folder, sign_again, was, becomes):
    edit(folder, "population.csv", lambda data: data.replace(was, becomes, 1))
    sign_again()

    refused(folder, "what the ledger does not: state")


def test_a_text_that_was_rewritten_is_found(folder, sign_again):
    edit(
        folder,
        a_record(folder),
        lambda data: data.replace(b"Checkout answers 500.", b"Checkout answers 404."),
    )
    sign_again()

    refused(folder, "is not what the entry commits to")


def test_a_text_that_was_left_out_as_if_it_were_erased_is_said(nights, folder, sign_again):
    """By whoever holds the key.  It is no refusal: it may have been erased after the head of the pack."""
    record, statement = folder / a_record(folder), (folder / a_record(folder)).with_name("statement.json")
    found = json.loads(record.read_text())
    next(one for one in found["entries"] if "justification" in one["values"])["values"]["justification"] = (
        None
    )
    record.write_text(json.dumps(found))
    said = json.loads(base64.b64decode(json.loads(statement.read_bytes())["payload"]))
    subject = next(one for one in said["subject"] if one["name"].endswith("record.json"))
    subject["digest"]["sha256"] = hashlib.sha256(record.read_bytes()).hexdigest()
    signer = nights.memory.signer
    statement.write_bytes(envelope.envelope(envelope.compact(said), signer.key.named, signer.raw))
    sign_again()

    checked = check(folder)
    assert checked.erased == 1
    assert "No entry in this pack says that 1 of the values that are gone were erased" in checked.remarks[-1]


def test_a_fact_that_was_rewritten_is_found(folder, sign_again):
    edit(
        folder, a_record(folder), lambda data: data.replace(b'\\"risk\\":\\"low\\"', b'\\"risk\\":\\"high\\"')
    )
    sign_again()

    refused(folder, "is not the one in the log")


def test_an_entry_that_was_dropped_is_missed(folder, sign_again):
    def drop(data):
        record = json.loads(data)
        del record["entries"][2]
        return json.dumps(record).encode()

    edit(folder, a_record(folder), drop)
    sign_again()

    refused(folder, "has not exactly the entries")


def test_a_receipt_of_another_entry_proves_nothing(folder, sign_again):
    def swap(data):
        record = json.loads(data)
        first, second = record["entries"][:2]
        first["receipt"], second["receipt"] = second["receipt"], first["receipt"]
        return json.dumps(record).encode()

    edit(folder, a_record(folder), swap)
    sign_again()

    refused(folder, "The receipt of entry")


def test_a_key_that_stands_twice_is_refused(folder, sign_again):
    edit(
        folder,
        a_record(folder),
        lambda data: data.replace(b'{\n "change"', b'{\n "change": "EC-1",\n "change"', 1),
    )
    sign_again()

    refused(folder, "has a key twice")


def test_a_manifest_with_a_key_twice_is_refused(nights, folder):
    data = json.loads((folder / "manifest.json").read_bytes())
    payload = base64.b64decode(data["payload"]).replace(b'{"_type":', b'{"_type":"x","_type":', 1)
    signer = nights.memory.signer
    (folder / "manifest.json").write_bytes(envelope.envelope(payload, signer.key.named, signer.raw))

    refused(folder, "manifest.json has a key twice")


@pytest.mark.parametrize("spoil", [
    lambda text: text.replace('"payload"', ' "payload"'),
    lambda text: text.replace('"}]}', '=="}]}'),
    lambda text: text + "\n",
    lambda text: text.replace("==", "=", 1) if "==" in text else text + " ",
])  # fmt: skip
def test_an_envelope_may_be_written_in_one_way_only(folder, spoil):
    edit(folder, "manifest.json", lambda data: spoil(data.decode()).encode())

    refused(folder, "manifest.json")


def test_a_leaf_that_is_too_long_is_no_leaf(nights, folder, sign_again):
    """Two bytes of length cannot say more; a bundle that tries falls apart."""
    name = next(name for name in names(folder) if "tile/entries/" in name)
    edit(folder, name, lambda data: b"\xff\xff" + data[2:])
    sign_again()

    refused(folder, "ends within an entry")


def test_entries_that_were_swapped_are_found(folder, sign_again):
    def swap(data):
        leaves = unbundle(data)
        leaves[3], leaves[4] = leaves[4], leaves[3]
        return bundle(leaves)

    name = next(name for name in names(folder) if "tile/entries/" in name)
    edit(folder, name, swap)
    sign_again()

    refused(folder, "does not hold the entries")


def test_a_policy_is_named_by_its_bytes(folder, sign_again):
    name = next(name for name in names(folder) if name.startswith("policies/"))
    edit(folder, name, lambda data: data + b"\n# nothing")
    sign_again()

    refused(folder, "is not the policy it is named after")


def test_a_seed_that_somebody_chose_is_found(folder, sign_again):
    sign_again(lambda s: s["predicate"]["sample"].update(seed="0" * 64))

    refused(folder, "does not follow from the period's last head")


def test_a_head_of_another_ledger_is_no_seed(nights, folder, sign_again):
    size = nights.made.size
    (folder / "log/period-checkpoint").write_text(nights.memory.signer.sign(size, b"r" * 32).note)
    sign_again()

    refused(folder, "is not a head of this ledger")


def test_a_statement_about_something_else_is_found(folder, sign_again):
    one, other = (
        name for name in names(folder) if name.endswith(("0001/statement.json", "0002/statement.json"))
    )
    shutil.copy(folder / other, folder / one)
    sign_again()

    refused(folder, "is about something else")


# --- offline -------------------------------------------------------------------------------------------


def test_checking_needs_neither_database_nor_network(nights, tmp_path):
    """Neither is even loaded, and a process without any socket succeeds."""
    program = (
        "import socket, sys; socket.socket = None; from pathlib import Path; from bot.evidence.check import check;"
        "print(check(Path(sys.argv[1])).level);"
        "assert not {'sqlalchemy', 'slack_sdk', 'github', 'jira', 'psycopg'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, nights.folder], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == "SIGNED\n"


def test_what_was_erased_is_gone_from_the_pack_and_everything_else_still_holds(tmp_path):
    (tmp_path / "world").mkdir()
    night = Night(tmp_path / "world")
    night.requests(LINUS, what="Linus Berg mends it himself.")
    night.approves(GRACE)
    night.reports(LINUS)
    night.passes(minutes=15)
    night.looks_back(LINUS)
    night.accepts(ADA)
    who = night.world.person(LINUS)
    year = Span.read(str(night.world.now().year))
    export_as_it_is(night, year, tmp_path / "before")

    night.memory.erasing.erase(
        who, by=night.world.person(GRACE).id, reason="They asked for it.", also_text=True
    )
    export_as_it_is(night, year, tmp_path / "after")
    night.ends()

    found = check(tmp_path / "after")
    assert found.erased > 5
    assert not [remark for remark in found.remarks if "values that are gone" in remark]
    everything = b"".join((tmp_path / "after" / name).read_bytes() for name in names(tmp_path / "after"))
    for said in (b"Linus", b"linus", WHY.encode(), b"mends it himself", b"Rolled the index back"):
        assert said not in everything
    assert b"[erased]" in (tmp_path / "after/changes" / found_change(tmp_path) / "dossier.html").read_bytes()
    assert check(tmp_path / "before").erased == 0


def export_as_it_is(night, year, place):
    night.memory.checkpoint()
    export(night.memory, year, place)


def found_change(place):
    return next((place / "after/changes").iterdir()).name
