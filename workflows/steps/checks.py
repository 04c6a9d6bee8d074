"""What is looked at again after it was decided: the approver's group, and who wrote the commits."""

import re
from collections.abc import Callable
from typing import ClassVar

from workflows import events as ev
from workflows import observations as ob
from workflows.errors import Declined
from workflows.people import Person
from workflows.ports import Account, Authorship, CommitHistory, LiveGroups
from workflows.steps import Evidence, Lasting, Task
from workflows.vocabulary import SYSTEM, ExceptionId, Number, PersonId, StepName

_ADDRESS = re.compile(r"https?://\S+")


class MembershipCheck(Lasting):
    """The verdict's group, read from its source after the commit; a wrong verdict is annulled (X03)."""

    name: ClassVar[StepName] = StepName.MEMBERSHIP

    def __init__(self, groups: LiveGroups) -> None:
        self._groups = groups

    def verify(self, task: Task) -> Evidence | None:
        return Evidence(task.reference) if task.reference else None

    def apply(self, task: Task) -> None:
        number = Number(int(task.subject))
        entry, _ = task.entry(number)
        group = task.record.profile(task.policy).approvers
        member = self._groups.holds(group, entry.by)
        at = task.now()
        seen: list[ev.Entry] = [
            ob.MembershipRead(at=at, by=SYSTEM, verdict=number, group=group, member=member)
        ]
        if not member and not _found(task, ExceptionId.X03, number):
            because = f"The verdict was given by somebody who was not in {group} when it was read again."
            seen.append(
                ob.Finding(at=at, by=SYSTEM, exception=ExceptionId.X03, about=number, because=because)
            )
        task.observe(*seen)
        if not member and any(v.number == number and not v.annulled for v in task.record.verdicts):
            task.offer(ev.Annulment(at=at, by=SYSTEM, verdict=number, group=group))
        task.made("member" if member else "annulled")


BY_AUTHOR = "The approval was given by an author of the change's commits; it is owed again."
BY_DEPLOYER = "The approval was given by somebody who deployed the change; it is owed again."


class Authors(Lasting):
    """Who wrote the commits and started the deployments a completion report names.

    An approver among them does not count (X02).
    """

    name: ClassVar[StepName] = StepName.AUTHORS

    def __init__(self, history: CommitHistory, person_of: Callable[[Account], Person | None]) -> None:
        self._history = history
        self._person_of = person_of

    def verify(self, task: Task) -> Evidence | None:
        return Evidence(task.reference) if task.reference else None

    def apply(self, task: Task) -> None:
        number = Number(int(task.subject))
        report, _ = task.entry(number)
        addresses = _ADDRESS.findall(report.changes) if isinstance(report, ev.Completion) else []
        authors, deployers, unresolved = self._behind(addresses)
        at = task.now()
        seen = ob.AuthorsSeen(
            at=at,
            by=SYSTEM,
            completion=number,
            authors=tuple(sorted(authors)),
            deployers=tuple(sorted(deployers)),
            unresolved=unresolved,
        )
        breaches = [
            ob.Finding(at=at, by=SYSTEM, exception=ExceptionId.X02, about=verdict.number, because=because)
            for verdict in task.record.approvals
            for people, because in ((authors, BY_AUTHOR), (deployers - authors, BY_DEPLOYER))
            if verdict.by in people
        ]
        task.observe(seen, *breaches)
        task.made(f"{len(authors)} authors")

    def _behind(self, addresses: list[str]) -> tuple[set[PersonId], set[PersonId], int]:
        """Return authors, deployers, and how many of both nobody could tell."""
        authors: set[PersonId] = set()
        deployers: set[PersonId] = set()
        unresolved = 0
        for address in (address.rstrip(".,;)") for address in addresses):
            started = _asked(self._history.deployers, address)
            found = started or _asked(self._history.authors, address)
            if found is None:
                unresolved += 1
                continue
            unresolved += found.unresolved
            for login in found.accounts:
                person = self._person_of(Account(login, found.numbers.get(login, "")))
                (deployers if started else authors).update({person.id} if person else ())
                unresolved += person is None
        return authors, deployers, unresolved


def _asked(ask: Callable[[str], Authorship | None], address: str) -> Authorship | None:
    """Ask about one address; one that means nothing, or that the bot may not see, must not hide the others."""
    try:
        return ask(address)
    except Declined:
        return None


def _found(task: Task, exception: ExceptionId, about: Number) -> bool:
    return any((f.exception, f.about) == (exception, about) for f in task.record.findings)
