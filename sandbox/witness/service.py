"""The one call of a witness: ``POST /add-checkpoint``, with the answers the specification asks for."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from sandbox.witness.records import Records
from storage import merkle
from storage.notes import Checkpoint, Cosigner, Note, VerifierKey, read_checkpoint, unb64
from workflows.errors import LedgerCorrupt

LONGEST = 65_536  #: bytes of a request
MOST = 63  #: hashes in a proof
SIZE = {"content-type": "text/x.tlog.size"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request says."""

    old: int
    proof: tuple[bytes, ...]
    point: Checkpoint


class Refused(Exception):
    """The request is answered with a status and no cosignature."""

    def __init__(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(text)
        self.answer = PlainTextResponse(text, status, headers)


class Witness:
    """Cosigns the checkpoints of the ledgers it knows; one request at a time, as a whole."""

    def __init__(
        self, cosigner: Cosigner, ledgers: Iterable[VerifierKey], directory: Path, now: Callable[[], datetime]
    ) -> None:
        self._cosigner = cosigner
        self._records = Records(directory)
        self._now = now
        self._lock = threading.Lock()
        self._keys: dict[str, list[VerifierKey]] = {}
        for key in ledgers:
            self._keys.setdefault(key.name, []).append(key)
        self.app = Starlette(routes=[Route("/add-checkpoint", self._asked, methods=["POST"])])

    async def _asked(self, request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > LONGEST:
                return PlainTextResponse("This is too long.\n", 413)
        try:
            with self._lock:
                return PlainTextResponse(self.add(body))
        except Refused as refused:
            return refused.answer

    def add(self, body: bytes) -> str:
        """Return the cosignature on a checkpoint; raises ``Refused``.  What is cosigned was kept before."""
        shown = _read(body)
        self._require_signature(shown.point)
        if shown.old > shown.point.size:
            raise Refused(400, "The old size is larger than the checkpoint's.\n")
        newest = self._records.newest(shown.point.origin)
        before = read_checkpoint(newest) if newest else None
        if shown.old != (before.size if before else 0):
            raise Refused(409, f"{before.size if before else 0}\n", SIZE)
        if before is not None:
            _require_growth(before, shown)
        elif shown.proof:
            raise Refused(422, "There is nothing yet that this could continue.\n")
        self._records.keep(shown.point.origin, shown.point.note)
        text = Note.read(shown.point.note).text
        return str(self._cosigner.cosign(text, int(self._now().timestamp())))

    def _require_signature(self, point: Checkpoint) -> None:
        keys = self._keys_of(point.origin)
        if not keys:
            raise Refused(404, "No ledger of this origin is known here.\n")
        try:
            signed = Note.read(point.note).signed_by(keys)
        except LedgerCorrupt as error:
            raise Refused(403, f"{error}\n") from error
        if not signed:
            raise Refused(403, "The checkpoint is not signed by that ledger.\n")

    def _keys_of(self, origin: str) -> list[VerifierKey]:
        """Return the keys of an origin; after a recovery a ledger signs with its key under a longer name."""
        if origin in self._keys:
            return self._keys[origin]
        base = origin.rpartition("/")[0]
        return [VerifierKey(origin, key.kind, key.public) for key in self._keys.get(base, [])]


def _require_growth(before: Checkpoint, shown: Shown) -> None:
    point = shown.point
    if before.size == point.size and before.root != point.root:
        raise Refused(409, "Another root was seen at this size.\n")
    if before.size and not merkle.verify_consistency(
        before.size, point.size, shown.proof, before.root, point.root
    ):
        raise Refused(422, "The proof does not show that this continues what was seen.\n")


def _read(body: bytes) -> Shown:
    try:
        head, blank, note = body.decode().partition("\n\n")
        first, *lines = head.split("\n")
        word, _, old = first.partition(" ")
        if not blank or word != "old" or not old.isdecimal() or str(int(old)) != old or len(lines) > MOST:
            raise Refused(400, "An old size, a proof, an empty line and a checkpoint are wanted.\n")
        proof = tuple(unb64(line) for line in lines)
        if any(len(node) != merkle.WIDTH for node in proof):
            raise Refused(400, "A line of the proof is no hash.\n")
        return Shown(int(old), proof, read_checkpoint(note))
    except (ValueError, LedgerCorrupt) as error:
        raise Refused(400, "This cannot be read.\n") from error
