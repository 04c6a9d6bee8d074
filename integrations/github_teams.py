"""Access by membership of a GitHub team, and groups that are GitHub teams.

GitHub says 404 both for *not a member* and for *you may not see this team*: only the first is absence.
"""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Protocol
from urllib.parse import quote

from workflows.errors import Declined, Unavailable
from workflows.ports import Standing, Target

OK, NO_CONTENT, NOT_FOUND = 200, 204, 404
#: Seconds a team counts as visible before anything is given; the bot checks every target each minute.
IN_SIGHT = 90.0
MEMBER_SCOPES = frozenset({"admin:org", "write:org"})

_SEGMENT = re.compile(r"\w[\w.-]*(?:\[bot\])?", re.ASCII)  #: never "..", which would address something else


class Connection(Protocol):
    """What this adapter needs of GitHub."""

    def ask(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> tuple[int, Mapping[str, str], Any]:
        """Make one request."""

    def listing(self, path: str, *, query: Mapping[str, str] | None = None) -> tuple[int, list[Any]]:
        """Read all pages."""

    def app_permissions(self) -> Mapping[str, str] | None:
        """Return what the App may do."""


class GitHubTeams:
    """Access as membership of a team; outsiders of the organisation are only invited, which is not access."""

    name: ClassVar[str] = "github-team"
    parts: ClassVar[tuple[str, ...]] = ("organization", "team")

    def __init__(self, connection: Connection, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._monotonic = monotonic
        # When each team was last in sight; replaced whole, so threads may share it.
        self._seen: dict[str, float] = {}

    def look(self, target: Target, account: str, *, sure: bool = True) -> Standing | None:
        """Read the membership: one GET, and two more only to be sure that absence is absence.

        Whoever renames their account takes its memberships along, and GitHub knows the old login no more.
        """
        team = _path(target)
        status, _, found = self._connection.ask("GET", _membership(team, account))
        if status == OK:
            state = found.get("state") if isinstance(found, dict) else None
            if state not in ("active", "pending"):
                raise Unavailable("GitHub answered with half a membership.")
            return Standing(active=state == "active", seen=f"{found.get('role', 'member')}, {state}")
        if status == NOT_FOUND:
            self._must_see(team, target, sure=sure)
            if sure:
                self._must_know(account)
            return None
        raise Declined(
            f"GitHub refused to show who is in {target} ({status}); check the access profile's target."
        )

    def grant(self, target: Target, account: str) -> None:
        """Add the account to the team: one PUT, and nothing else."""
        status, _, said = self._connection.ask(
            "PUT", _membership(_path(target), account), body={"role": "member"}
        )
        if status == NOT_FOUND:
            raise Declined(
                f"GitHub does not know the team of {target} or the account “{account}”, "
                "or hides them from the bot; "
                "check the access profile's target and the person's GitHub account."
            )
        if status != OK:
            raise Declined(f"GitHub refused to add “{account}” to {target} ({status}{_message(said)}).")

    def remove(self, target: Target, account: str) -> None:
        """Take back the invitation that would bring the account in later, then take it out of the team.

        In this order, because an invitation is not listed under the team any more once the team forgot it.
        """
        team = _path(target)
        standing = self.look(target, account, sure=False)
        for number in [] if standing is None or standing.active else self._invitations(team, account):
            self._connection.ask("DELETE", f"/orgs/{_part(target, 'organization')}/invitations/{number}")
        status, _, said = self._connection.ask("DELETE", _membership(team, account))
        if status == NOT_FOUND:
            self._must_see(team, target, sure=True)
        elif status != NO_CONTENT:
            raise Declined(f"GitHub refused to remove “{account}” from {target} ({status}{_message(said)}).")

    def members(self, team: str) -> frozenset[str]:
        """Return the members of ``organisation/team``; invited people are not members."""
        organisation, _, slug = team.partition("/")
        if not organisation or not slug or "/" in slug:
            raise Declined(
                f"A GitHub team is written organisation/team, not “{team}”; correct the policy's groups."
            )
        path = f"/orgs/{_segment(organisation)}/teams/{_segment(slug)}"
        status, listed = self._connection.listing(f"{path}/members")
        if status != OK:
            raise Declined(f"GitHub has no team {team} that the bot may see; correct the policy's groups.")
        if any(not isinstance(member, dict) or not isinstance(member.get("login"), str) for member in listed):
            raise Unavailable("GitHub answered with half a listing.")
        return frozenset(member["login"] for member in listed)

    def holders(self, target: Target) -> frozenset[str]:
        """Return the members of the target's team."""
        return self.members(f"{_part(target, 'organization')}/{_part(target, 'team')}")

    def check(self, target: Target) -> str | None:
        """Return what is wrong with the target in one sentence, or ``None`` if nothing is seen to be."""
        try:
            status, headers, _ = self._connection.ask("GET", _path(target))
            if status != OK:
                self._seen.pop(_path(target), None)
                return _unseen(target)
            self._seen[_path(target)] = self._monotonic()
            permissions = self._connection.app_permissions()
        except (Declined, Unavailable) as error:
            return str(error)
        if permissions is not None and permissions.get("members") != "write":
            return (
                f"The GitHub App may not change {target}; give it the organisation permission Members: write."
            )
        scopes = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")} - {""}
        if permissions is None and scopes and not scopes & MEMBER_SCOPES:
            return f"GITHUB_TOKEN may not change {target}; give it the scope write:org."
        return None

    def _must_see(self, team: str, target: Target, *, sure: bool) -> None:
        """Make sure that a 404 is about the membership: the team is in sight now, or was a moment ago."""
        if not sure and self._monotonic() - self._seen.get(team, -IN_SIGHT) < IN_SIGHT:
            return
        status, _, _ = self._connection.ask("GET", team)
        if status != OK:
            raise Declined(_unseen(target))
        self._seen[team] = self._monotonic()

    def _must_know(self, account: str) -> None:
        """Make sure that a 404 is about the membership, and not about an account that has another login by now."""
        status, _, _ = self._connection.ask("GET", f"/users/{_segment(account)}")
        if status != OK:
            raise Declined(
                f"GitHub does not know “{account}” any more, so the access may go on under another login; "
                "link the one it has now with `emergency-change people link`."
            )

    def _invitations(self, team: str, account: str) -> list[int]:
        """Return the invitations made only for this team; others belong to somebody else's decision."""
        status, listed = self._connection.listing(f"{team}/invitations")
        if status != OK:
            raise Unavailable(f"GitHub did not show the team's invitations ({status}).")
        mine = [i for i in listed if str(i.get("login", "")).casefold() == account.casefold()]
        return [int(i["id"]) for i in mine if i.get("team_count") == 1]


def _unseen(target: Target) -> str:
    return f"GitHub has no team for {target} that the bot may see; correct the target or the bot's access."


def _part(target: Target, part: str) -> str:
    try:
        value = target[part]
    except KeyError:
        raise Declined(f"The target {target} names no {part}; correct the access profile.") from None
    return _segment(value)


def _path(target: Target) -> str:
    return f"/orgs/{_part(target, 'organization')}/teams/{_part(target, 'team')}"


def _membership(team: str, account: str) -> str:
    return f"{team}/memberships/{_segment(account)}"


def _segment(name: str) -> str:
    """Return a name as one segment of an address; what is no name cannot lead elsewhere."""
    if not _SEGMENT.fullmatch(name):
        raise Declined(
            f"“{name}” is not a name on GitHub; check the access profile and the person's account."
        )
    return quote(name, safe="")


def _message(said: Any) -> str:
    message = said.get("message") if isinstance(said, dict) else None
    return f": {message[:200].rstrip('.')}" if isinstance(message, str) else ""
