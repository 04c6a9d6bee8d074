"""A digest's files in one text, as the ledger keeps them beside the entry that names their hashes."""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping

from workflows.errors import Declined


def packed(files: Mapping[str, bytes]) -> str:
    """Pack files into a text; the same files give the same text."""
    named = {name: base64.b64encode(data).decode() for name, data in sorted(files.items())}
    return base64.b64encode(zlib.compress(json.dumps(named).encode(), 9)).decode()


def unpacked(text: str, hashes: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files, each checked against its SHA-256; raises ``Declined`` if they are gone or not those."""
    try:
        named = json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
        files = {name: base64.b64decode(data) for name, data in named.items()}
    except (ValueError, zlib.error) as error:
        raise Declined("The digest's files are not kept any more.") from error
    if hashes_of(files) != dict(hashes):
        raise Declined("The digest's files are not those the ledger names.")
    return files


def hashes_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """Return the SHA-256 of each file, in hexadecimal."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
