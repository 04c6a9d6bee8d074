"""A digest as it was made: its entry, and what its own files say.  Nothing is added up a second time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.digest.contents import unpacked
from workflows.administration import DigestMade
from workflows.period import Period
from workflows.policy import Policy
from workflows.reviews import Case
from workflows.vocabulary import ChangeId, PersonId

SEPARATOR = "/"  #: between period and version, in buttons and in dialogs


@dataclass(frozen=True, slots=True)
class Dossier:
    """What a review is about."""

    made: DigestMade
    files: Mapping[str, bytes]
    said: Mapping[str, Any]  #: ``digest.json``

    @property
    def period(self) -> Period:
        return Period.read(self.made.period)

    @property
    def name(self) -> str:
        """Return what buttons and dialogs carry."""
        return f"{self.made.period}{SEPARATOR}{self.made.version}"

    @property
    def requesters(self) -> dict[ChangeId, PersonId]:
        """Return who asked for each change that counts."""
        return {ChangeId(id): PersonId(one["requester"]) for id, one in self.said["asked"].items()}

    def about(self, change: ChangeId) -> str:
        """Say in a few words what a change was about."""
        one = self.said["asked"][change]
        return f"{change} · {one['system']} · {one['criterion']}"

    def case(self, policy: Policy, replaced: int = 0) -> Case:
        """Return what an answer is judged by; a group the policy knows no more is replaced by today's."""
        known = self.made.reviewers in policy.groups
        return Case(self.made, self.made.reviewers if known else policy.review.by, self.requesters, replaced)


def dossier(made: DigestMade) -> Dossier:
    """Open a digest; raises ``Declined`` if its files are not kept any more."""
    files = unpacked(made.contents, made.files)
    return Dossier(made, files, json.loads(files["digest.json"]))


def version_of(name: str) -> tuple[str, int]:
    """Return period and version of what a button carries; something else is no digest's."""
    period, _, version = name.rpartition(SEPARATOR)
    return period, int(version) if version.isdecimal() else 0
