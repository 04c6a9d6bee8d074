"""What a witness remembers: the newest checkpoint it cosigned of each ledger, one file each, before it answers."""

import hashlib
import os
from pathlib import Path


class Records:
    """A directory of checkpoints.  Not locked: the service takes one request at a time."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def newest(self, origin: str) -> str | None:
        """Return the newest checkpoint seen under an origin."""
        file = self._file(origin)
        return file.read_text() if file.exists() else None

    def keep(self, origin: str, note: str) -> None:
        """Remember a checkpoint in place of the one before; it is on the disk when this returns."""
        file = self._file(origin)
        draft = file.with_suffix(".draft")
        with draft.open("w") as open_file:
            open_file.write(note)
            open_file.flush()
            os.fsync(open_file.fileno())
        draft.replace(file)
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _file(self, origin: str) -> Path:
        return self._directory / f"{hashlib.sha256(origin.encode()).hexdigest()}.checkpoint"
