"""A witness: shown each checkpoint with a proof that it continues the one before (C2SP ``tlog-witness``).

Its cosignature is handed on as it comes; whoever asks checks it against the witness' key.
"""

import base64
from collections.abc import Sequence

import httpx

from workflows.errors import Declined, Unavailable
from workflows.ports import Seen

PATIENCE = 10.0  #: seconds; nobody waits for it
LONGEST = 16_384  #: characters of an answer
SIZE = "text/x.tlog.size"
_SERVER_ERROR = 500
_DIGITS = 19


class HttpWitness:
    """A witness at an address, and its verifier key."""

    def __init__(self, url: str, key: str) -> None:
        self.key = key
        self._url = f"{url.rstrip('/')}/add-checkpoint"

    def show(self, note: str, old: int, proof: Sequence[bytes]) -> str | Seen:
        """Show a checkpoint; return the lines to put under it, or what the witness has seen instead.

        Raises ``Unavailable``, or ``Declined`` if it holds the checkpoint for wrong.
        """
        lines = "".join(f"{base64.b64encode(node).decode()}\n" for node in proof)
        try:
            answer = httpx.post(self._url, content=f"old {old}\n{lines}\n{note}".encode(), timeout=PATIENCE)
        except httpx.HTTPError as error:
            raise Unavailable(f"The witness did not answer: {type(error).__name__}.") from error
        match answer.status_code:
            case httpx.codes.OK if len(answer.text) <= LONGEST:
                return answer.text
            case httpx.codes.CONFLICT if answer.headers.get("content-type", "").startswith(SIZE):
                return Seen(_size(answer.text))
            case httpx.codes.CONFLICT | httpx.codes.UNPROCESSABLE_ENTITY:
                return Seen(None)
            case status if status >= _SERVER_ERROR or status == httpx.codes.TOO_MANY_REQUESTS:
                raise Unavailable(f"The witness says {status}.")
            case status:
                raise Declined(f"The witness does not take our checkpoints: it says {status}.")


def _size(text: str) -> int:
    line = text.removesuffix("\n")
    if not line.isascii() or not line.isdecimal() or len(line) > _DIGITS:
        raise Declined("The witness does not say what it has seen.")
    return int(line)
