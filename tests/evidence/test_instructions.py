"""The commands of VERIFY.md run as they stand there, with tools that are not ours, and notice what was changed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot.evidence.drawing import drawn

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("openssl", "jq", "sha256sum", "sh"))), reason="needs openssl, jq and sha256sum"
)


def follow(folder, tmp_path, *, with_sigstore):
    """Run every block in one shell, in an environment that knows nothing of us."""
    tools = tmp_path / "tools"
    tools.mkdir()
    python = tools / "python3"
    python.write_text(
        f'#!/bin/sh\nexec {sys.executable if with_sigstore else Path(sys.base_prefix, "bin/python3")} "$@"\n'
    )
    python.chmod(0o755)
    commands = "\n".join(
        re.findall(r"^```sh\n(.*?)^```$", (folder / "VERIFY.md").read_text(), re.MULTILINE | re.DOTALL)
    )
    script = tmp_path / "verify.sh"
    script.write_text(commands)
    environment = {
        "PATH": f"{tools}:{os.defpath}",
        "HOME": str(tmp_path),
        "TMPDIR": str(tmp_path),
        "LANG": "C.UTF-8",
    }
    return subprocess.run(
        ["sh", str(script)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_instructions_work_with_nothing_installed(folder, tmp_path):
    done = follow(folder, tmp_path, with_sigstore=False)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Signature Verified Successfully") == 2
    assert "entries lead to" in done.stdout
    assert "6 changes, all there" in done.stdout
    assert "texts are as first written; 0 were erased, 0 of them with no entry that says so" in done.stdout
    assert "sigstore is not installed" in done.stdout


def test_the_receipts_hold_for_the_sigstore_projects_code(folder, tmp_path):
    pytest.importorskip("sigstore")

    done = follow(folder, tmp_path, with_sigstore=True)

    assert done.returncode == 0, done.stderr
    assert "receipts hold" in done.stdout


def test_the_sample_drawn_by_hand_is_ours(nights, folder, tmp_path):
    done = follow(folder, tmp_path, with_sigstore=False)

    ours = drawn(nights.memory, nights.year, 25, None)
    by_hand = re.findall(r"^([0-9a-f]{64})  (EC-\d+-\d+)$", done.stdout, re.MULTILINE)
    assert by_hand == [(one.figure, one.change) for one in ours.sample]
    assert len(by_hand) == 6


@pytest.mark.parametrize(
    "name", ["population.csv", "VERIFY.md", "log/checkpoint", "manifest.json", "log/tile/0/*/*"]
)
def test_the_instructions_notice_what_was_changed(folder, tmp_path, name):
    path = next(p for p in folder.rglob("*") if p.is_file() and p.relative_to(folder).match(name))
    commands = (folder / "VERIFY.md").read_text()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    if name == "VERIFY.md":  # a reader has the commands already
        assert path.read_text() != commands
        return

    assert follow(folder, tmp_path, with_sigstore=False).returncode != 0


def test_the_instructions_notice_a_file_that_was_added(folder, tmp_path):
    (folder / "changes/extra.html").write_text("x")

    assert follow(folder, tmp_path, with_sigstore=False).returncode != 0
