"""Who everybody is: mirrors of Slack's people and channels and of the policy's groups.

Clicks are answered from the mirrors, never from the network; the mirrors are refreshed every minute and
carry their age, and a verdict's group is read again from its source after the commit.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from slack_sdk import WebClient

from bot.payloads import Clicker
from bot.slack_out import part, translated
from workflows.errors import Declined, ProcedureError, Unavailable
from workflows.people import KnownBy, Person
from workflows.policy import Group, Policy
from workflows.ports import Posted, TeamDirectory
from workflows.vocabulary import PersonId

PAGE = 200
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")


class PeopleStore(Protocol):
    """Where the mirrors are kept."""

    def by_slack(self, team: str, user: str) -> Person | None: ...
    def called(self, said: str) -> list[Person]: ...
    def everyone(self) -> list[Person]: ...
    def known_by(self, what: KnownBy, listed: Iterable[str]) -> list[Person]: ...
    def keep(self, found: Iterable[Mapping[str, object]]) -> int: ...
    def in_groups(self) -> frozenset[str]: ...
    def replace_group(self, group: str, persons: Iterable[PersonId]) -> None: ...
    def mark(self, mirror: str, size: int) -> None: ...
    def failed(self, mirror: str, error: str) -> None: ...


class SlackDirectory:
    """People, groups and channels, as last seen."""

    def __init__(
        self,
        client: WebClient,
        people: PeopleStore,
        teams: TeamDirectory,
        policy: Callable[[], Policy],
        team_ids: tuple[str, ...],
    ) -> None:
        self._client = client
        self._people = people
        self._teams = teams
        self._policy = policy
        self._team_ids = frozenset(team_ids)
        self._known: dict[Clicker, PersonId] = {}
        self._channels: dict[str, str] = {}
        self._topics: dict[str, str] = {}
        self._shared: frozenset[str] = frozenset()
        self._left: frozenset[Clicker] = frozenset()
        self._url = ""

    # --- answers without a network -----------------------------------------------------------------

    def person_id(self, who: Clicker) -> PersonId:
        """Return the person behind an account; somebody never seen is kept as a person without groups."""
        if id := self._known.get(who):
            return id
        known = self._people.by_slack(who.team, who.user)
        if known is None:
            stranger = {
                "slack_team": who.team,
                "slack_user": who.user,
                "outsider": not self._ours(who.team),
                "deactivated": who in self._left,
            }
            self._people.keep([stranger])
            known = self._people.by_slack(who.team, who.user)
        id = self._known[who] = known.id if known else PersonId("unknown")
        return id

    def by_slack(self, user: str) -> PersonId | None:
        """Return the member of our workspaces with this account."""
        found = (self._people.by_slack(team, user) for team in self._team_ids)
        return next((person.id for person in found if person), None)

    def called(self, said: str) -> tuple[Person, ...]:
        """Return the members of our workspaces who go by a mention, a handle or a name."""
        mention = _MENTION.fullmatch(said.strip())
        if mention:
            found = [self._people.by_slack(team, mention[1]) for team in sorted(self._team_ids)]
        else:
            found = list(self._people.called(said.strip().removeprefix("@").strip()))
        return tuple(person for person in found if person and person.slack_team in self._team_ids)

    def topic(self, channel: str) -> str:
        """Return a channel's topic as last seen."""
        return self._topics.get(channel, "")

    def channel_id(self, name: str) -> str:
        """Return a channel's id; a channel shared with another organisation is refused."""
        id = self._channels.get(name.removeprefix("#"), name)
        if name.startswith("#") and id == name:
            raise Declined(f"The bot cannot see the channel {name}; invite it there.")
        if id in self._shared:
            raise Declined(f"{name} is shared with another organisation; change cards are not posted there.")
        return id

    def address(self, posted: Posted) -> str:
        """Return the address a message opens at; empty until the workspace's own is known."""
        return f"{self._url}archives/{posted.channel}/p{posted.ts.replace('.', '')}" if self._url else ""

    def _ours(self, team: str) -> bool:
        """Say whether a workspace is ours; while Slack has not named one yet, none is."""
        return team in self._team_ids

    # --- refreshing --------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Bring all mirrors up to date; what cannot be read keeps growing old, and says why."""
        self._known.clear()  # somebody may have been erased, and is another person from then on
        for mirror, read in (("people", self._read_people), ("channels", self._read_channels)):
            try:
                self._people.mark(mirror, read())
            except ProcedureError as error:
                self._people.failed(mirror, str(error))
        # so that nobody's first click has to look them up
        self._known |= {
            Clicker(one.slack_team, one.slack_user): one.id
            for one in self._people.everyone()
            if one.slack_user
        }
        groups = self._policy().groups
        for name, group in groups.items():
            try:
                self._people.replace_group(name, self._members(group))
            except ProcedureError as error:
                self._people.failed(f"group:{name}", str(error))
        for name in sorted(self._people.in_groups().difference(groups)):
            self._people.replace_group(name, ())  # the policy knows it no more, so that nobody is in it

    def holds(self, group: str, person: PersonId) -> bool:
        """Read a group from its source, and say whether the person is in it now."""
        rules = self._policy().groups.get(group)
        if rules is None:
            raise Unavailable(f"The policy in force knows no group “{group}”; name it there again.")
        members = self._members(rules)
        self._people.replace_group(group, members)
        return person in members

    def _read_people(self) -> int:
        with translated():
            who = self._client.auth_test()
            self._url = str(who.get("url") or "")
            self._team_ids |= {str(part(who, "team_id"))}
            accounts = [self._account(user) for user in _all(self._client.users_list, "members")]
        return self._people.keep(self._without_who_left(accounts))

    def _without_who_left(self, accounts: list[dict[str, object]]) -> list[dict[str, object]]:
        """Pass over deactivated accounts nobody here is known by: Slack lists them for ever, and the erased too."""
        everyone = self._people.everyone()
        known = {(person.slack_team, person.slack_user) for person in everyone}
        emails = {person.email for person in everyone}
        here, left = [], set()
        for account in accounts:
            key = (str(account["slack_team"]), str(account["slack_user"]))
            if account["deactivated"] and key not in known and account["email"] not in emails - {""}:
                left.add(Clicker(*key))
            else:
                here.append(account)
        self._left = frozenset(left)
        return here

    def _account(self, user: Any) -> dict[str, object]:
        profile = user.get("profile") or {}
        team = str(user.get("team_id") or "")
        return {
            "slack_team": team,
            "slack_user": str(user["id"]),
            "name": str(profile.get("real_name") or user.get("real_name") or user.get("name") or ""),
            "handle": str(user.get("name") or ""),
            "timezone": str(user.get("tz") or ""),
            "email": str(profile.get("email") or "").lower(),
            "guest": bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            "outsider": not self._ours(team),
            "bot": bool(user.get("is_bot")) or user["id"] == "USLACKBOT",
            "deactivated": bool(user.get("deleted")),
        }

    def _read_channels(self) -> int:
        with translated():
            kinds = "public_channel,private_channel"
            found = list(
                _all(self._client.conversations_list, "channels", types=kinds, exclude_archived=True)
            )
        self._channels = {str(channel["name"]): str(channel["id"]) for channel in found}
        self._topics = {str(c["id"]): str((c.get("topic") or {}).get("value") or "") for c in found}
        self._shared = frozenset(str(c["id"]) for c in found if c.get("is_ext_shared"))
        return len(found)

    def _members(self, group: Group) -> frozenset[PersonId]:
        if group.people is not None:
            found = self._people.known_by("email", {email.lower() for email in group.people})
        elif group.slack_usergroup:
            with translated():
                answer = self._client.usergroups_users_list(usergroup=group.slack_usergroup)
                users = {str(user) for user in part(answer, "users")}
            found = self._people.known_by("slack_user", users)
            found = [person for person in found if person.slack_team in self._team_ids]
        else:
            logins = self._teams.members(str(group.github_team))
            found = self._people.known_by("github", {login.lower() for login in logins})
        return frozenset(person.id for person in found)


def _all(call: Callable[..., Any], name: str, **where: Any) -> Iterator[Any]:
    """Read every page of a listing; half a listing raises."""
    cursor = ""
    while True:
        page = call(**where, limit=PAGE, **({"cursor": cursor} if cursor else {}))
        yield from part(page, name)
        cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return
