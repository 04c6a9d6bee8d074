"""A pack of a few nights, made once; whoever changes one takes a copy."""

import base64
import hashlib
import json
import shutil

import pytest

from bot.evidence import envelope
from bot.evidence.pack import export
from bot.evidence.reconciling import Reconciliations
from bot.wiring.others import other_systems
from tests.evidence.year import lived
from workflows.period import Span


class Nights:
    """What was lived, and the packs of it."""

    def __init__(self, place):
        (place / "world").mkdir()
        self.night = lived(place / "world")
        self.memory = self.night.memory
        self.year = Span.read(str(self.night.world.now().year))
        others = other_systems(self.night.world.settings(), self.memory)
        self.compared = [*Reconciliations(self.memory, others).run(self.year)]
        self.memory.checkpoint()
        self.folder, self.zip = place / "pack", place / "pack.zip"
        self.made = export(self.memory, self.year, self.folder)
        export(self.memory, self.year, self.zip)

    @property
    def key(self):
        return self.memory.signer.verifier_key


@pytest.fixture(scope="session")
def nights(tmp_path_factory):
    nights = Nights(tmp_path_factory.mktemp("evidence"))
    yield nights
    nights.night.ends()


@pytest.fixture
def folder(nights, tmp_path):
    """A copy of the pack, to be spoilt."""
    copy = tmp_path / "copy"
    shutil.copytree(nights.folder, copy)
    return copy


@pytest.fixture
def sign_again(nights, folder):
    """Return what signs the spoilt copy as if it were ours: only what it says can give it away then."""

    def sign(edit=lambda statement: None):
        data = json.loads((folder / "manifest.json").read_bytes())
        statement = json.loads(base64.b64decode(data["payload"]))
        for one in statement["subject"]:
            path = folder / one["name"]
            one["digest"]["sha256"] = digest(path) if path.exists() else one["digest"]["sha256"]
        edit(statement)
        signed = envelope.envelope(
            envelope.compact(statement), nights.memory.signer.key.named, nights.memory.signer.raw
        )
        (folder / "manifest.json").write_bytes(signed)

    return sign


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()
