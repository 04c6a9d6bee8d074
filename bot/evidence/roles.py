"""The six roles of a change, and whether the ones that must differ did.

Persons are compared, never accounts.  Where a role is not known, the answer says so: not knowing who wrote
the commits is not the same as nobody having written any.
"""

from dataclasses import dataclass

from bot.evidence.copies import CopiedChange
from workflows import events as ev
from workflows import observations as ob
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import PersonId
from workflows.words import listed


@dataclass(frozen=True, slots=True)
class Role:
    """One role, who held it, and what is to be said where nobody is named."""

    name: str
    means: str
    people: tuple[PersonId, ...]
    otherwise: str = "nobody"


@dataclass(frozen=True, slots=True)
class Separation:
    """Whether whoever approved and reviewed had no hand in the change."""

    holds: bool | None  #: ``None``: it cannot be told yet
    because: str


def roles(record: ChangeRecord, policy: Policy) -> tuple[Role, ...]:
    """Return the six roles."""
    handed = tuple(one.to for one in record.reassignments)
    reviewers = (record.acceptance.by,) if record.acceptance else ()
    return (
        Role("Requester", "asked for the change and answers for it", (record.request.by, *handed)),
        Role("Grantee", "was given the access", (record.request.by,)),
        Role("Commit authors", "wrote what was changed", tuple(sorted(record.authors)), _no_authors(record)),
        Role("Deployer", "brought it to production", tuple(sorted(record.deployers)), _no_deployers(record)),
        Role(
            "Approver",
            "rejected it" if record.rejection else "authorised it",
            _approvers(record),
            "nobody (yet)",
        ),
        Role("Reviewer", "accepted the retrospective and closed the change", reviewers, "nobody (yet)"),
    )


def separation(change: CopiedChange) -> Separation:
    """Ask whether approver and reviewer made none of this change."""
    record = change.record
    unknown = sum(one.entry.unresolved for one in change.entries if isinstance(one.entry, ob.AuthorsSeen))
    deciders = {*_approvers(record), *((record.acceptance.by,) if record.acceptance else ())}
    if deciders & record.people:
        return Separation(
            holds=False, because="Somebody who made this change also decided on it; see the exceptions."
        )
    if not deciders:
        return Separation(holds=None, because="Nobody has decided on this change yet.")
    if record.authors_awaited:
        return Separation(
            holds=None, because="Who wrote the commits is not known yet; it is asked again before closing."
        )
    if unknown:
        because = f"Nobody known is on both sides, but {counted(unknown)} could not be told."
        return Separation(holds=None, because=because)
    behind = ["requester", "grantee"]
    behind += [
        name
        for name, people in (("commit authors", record.authors), ("deployers", record.deployers))
        if people
    ]
    compared = listed(behind)
    because = f"Whoever decided is nobody of those behind this change (compared with {compared})."
    return Separation(holds=True, because=because)


def counted(unknown: int) -> str:
    of = "behind the named commits and deployments"
    return f"1 person {of}" if unknown == 1 else f"{unknown} people {of}"


def _approvers(record: ChangeRecord) -> tuple[PersonId, ...]:
    """Return who answered with a verdict that was not annulled, authors of the change included."""
    return tuple(
        dict.fromkeys(
            v.by
            for v in record.verdicts
            if not v.annulled and isinstance(v.answer, ev.Approval | ev.Rejection)
        )
    )


def _no_authors(record: ChangeRecord) -> str:
    if record.authors_awaited:
        return "not known yet"
    if record.completion is None:
        return "not known: no completion report"
    return "no commits named" if not record.completion.changes else "none that could be told"


def _no_deployers(record: ChangeRecord) -> str:
    if record.authors_awaited:
        return "not known yet"
    return (
        "no deployment named that could be told" if record.completion else "not known: no completion report"
    )
