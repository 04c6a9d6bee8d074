"""GitHub's webhooks: who sent one is checked, and nothing in it is believed.

A webhook is a hint that a look is due; the truth is read from GitHub's API, and polling finds what a lost one
would have told.  So this only writes down that it came, once per delivery, and answers.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from workflows.proposal import of_branch
from workflows.vocabulary import ChangeId

LONGEST = 25 * 1024 * 1024  #: bytes; GitHub sends nothing longer
DELIVERY = 100  #: characters of a delivery's id; GitHub's have 36
EVENT = "pull_request_review"


@dataclass(frozen=True, slots=True)
class Announcement:
    """That something happened to a review of a change's pull request."""

    delivery: str
    change: ChangeId
    pull: int
    action: str


Announce = Callable[[Announcement], None]
Answer = tuple[HTTPStatus, str]  #: and a sentence, where whoever set the webhook up has something to do


class GitHubHooks:
    """The address webhooks are sent to; ``repository`` is the only one that is listened to."""

    def __init__(self, secret: str, repository: str, announce: Announce) -> None:
        self._secret = secret.encode()
        self._repository = repository.partition("#")[0].casefold()
        self._announce = announce

    def may_be_read(self, length: int) -> Answer | None:
        """Say no to a body that nobody has to read first."""
        if length > LONGEST:
            return HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "GitHub sends at most 25 MB."
        return None

    def signed(self, body: bytes, signature: str) -> bool:
        """Compare in constant time; whatever is no signature is a wrong one."""
        expected = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"sha256={expected}".encode(), signature.encode("utf-8", "replace"))

    def hear(self, event: str, delivery: str, content_type: str, body: bytes) -> Answer:
        """Take note of a signed message."""
        if content_type.partition(";")[0].strip().casefold() != "application/json":
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Set the webhook's content type to application/json."
        try:
            told = json.loads(body)
        except ValueError:  # also bytes that are no text
            return HTTPStatus.BAD_REQUEST, "The body is not JSON."
        if event != EVENT:
            return HTTPStatus.ACCEPTED, ""
        announcement = self._read(told, delivery)
        if announcement:
            self._announce(announcement)
        return HTTPStatus.ACCEPTED, ""

    def _read(self, told: Any, delivery: str) -> Announcement | None:
        """Find out which change it is about; what is about none is not ours."""
        try:
            pull, action = told["pull_request"], str(told["action"])
            where, number = str(told["repository"]["full_name"]), int(pull["number"])
            change = of_branch(str(pull["head"]["ref"]))
        except (KeyError, TypeError, ValueError):
            return None
        if change is None or where.casefold() != self._repository or not 0 < len(delivery) <= DELIVERY:
            return None
        return Announcement(f"github:delivery:{delivery}", change, number, action[:40])
