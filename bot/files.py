"""Files that people keep beside the bot: checkpoints, keys, certificates."""

import base64
import os
import secrets
from pathlib import Path

from workflows.errors import Misconfigured

SEED = 32  #: bytes of a signing key


def read_note(file: Path) -> str:
    """Read a checkpoint from a file; raises ``Misconfigured``."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{file} cannot be read as a checkpoint.") from error


def read_roots(file: Path) -> bytes:
    """Read the root certificates of a timestamp authority; raises ``Misconfigured``."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"TIMESTAMP_ROOTS: {file} cannot be read ({error.strerror}).") from error


def seed_in(file: Path) -> bytes:
    """Read a signing key, 32 bytes in base64; made for its owner's eyes alone if it is not there."""
    try:
        if not file.exists():
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as made:
                made.write(base64.b64encode(secrets.token_bytes(SEED)).decode() + "\n")
        seed = base64.b64decode(file.read_text().strip(), validate=True)
    except (OSError, ValueError):
        seed = b""
    if len(seed) != SEED:
        raise Misconfigured(f"{file} cannot be used as a key: {SEED} bytes in base64 are wanted.")
    return seed
