"""Timestamps of an authority (RFC 3161), with rfc3161-client.  The only module that imports it.

An answer counts only if it leads to a root certificate that was given: the authority's own word about its
certificate proves nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from workflows.errors import Declined, LedgerCorrupt, Misconfigured, Unavailable

PATIENCE = 10.0  #: seconds; nobody waits for it
LONGEST = 45_000  #: bytes of an answer; in base64 it must fit into an entry
_SERVER_ERROR = 500


class TimestampAuthority:
    """An authority, and the certificates its answers must lead to."""

    def __init__(self, url: str, roots: bytes) -> None:
        self.name = url
        self._roots = certificates(roots)

    @classmethod
    def checking(cls, roots: bytes) -> Self:
        """Return one that is never asked, and only checks what it once answered."""
        return cls("", roots)

    def stamp(self, data: bytes) -> bytes:
        """Have bytes stamped and return the whole answer, verified; raises ``Unavailable`` or ``Declined``."""
        request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
        answer = self._ask(request.as_bytes())
        response = _decoded(answer)
        try:
            self._verify(response, data, request.nonce)
        except (VerificationError, ValueError) as error:
            raise Declined(f"The timestamp of {self.name} does not hold: {error}") from error
        return answer

    def stamped(self, data: bytes, answer: bytes) -> datetime:
        """Return when the bytes were there, by an answer of the past; raises ``LedgerCorrupt``."""
        try:
            response = _decoded(answer)
            self._verify(response, data)
            at: datetime = response.tst_info.gen_time
        except (Declined, VerificationError, ValueError) as error:
            raise LedgerCorrupt(f"A timestamp does not hold: {error}") from error
        return at

    def _verify(self, response: TimeStampResponse, data: bytes, nonce: int | None = None) -> None:
        builder = VerifierBuilder(nonce=nonce)
        for root in self._roots:
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(response, data)

    def _ask(self, request: bytes) -> bytes:
        try:
            answer = httpx.post(
                self.name,
                content=request,
                headers={"Content-Type": "application/timestamp-query"},
                timeout=PATIENCE,
            )
        except httpx.HTTPError as error:
            raise Unavailable(f"{self.name} did not answer: {type(error).__name__}.") from error
        if answer.status_code >= _SERVER_ERROR:
            raise Unavailable(f"{self.name} says {answer.status_code}.")
        if answer.status_code != httpx.codes.OK or len(answer.content) > LONGEST:
            raise Declined(
                f"{self.name} gave no timestamp: {answer.status_code}, {len(answer.content)} bytes."
            )
        return answer.content


def certificates(pem: bytes) -> Sequence[x509.Certificate]:
    """Read root certificates; raises ``Misconfigured``."""
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise Misconfigured("TIMESTAMP_ROOTS: name a file with certificates in PEM form.") from error


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(answer)
        granted: bool = response.status == 0
    except (ValueError, OverflowError) as error:
        raise Declined("This is no answer of a timestamp authority.") from error
    if not granted:
        raise Declined(f"The timestamp authority refused, with status {response.status}.")
    return response
