"""What has to hold before a night begins.

It only reads: the directory is looked at through mirrors of its own, so that a policy which is not in force
yet cannot change who is who for a bot that is running.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Any

from bot.directory import SlackDirectory
from bot.doctor.mirrors import Mirrors
from bot.settings import DatabaseSettings, Settings
from bot.slack_out import translated
from bot.wiring.connections import (
    evidence_repository,
    github_teams,
    jira_follow_ups,
    jira_tickets,
    slack_client,
)
from bot.wiring.opening import existing_memory
from bot.wiring.policies import check_policy, check_reviews, load_policy
from workflows.clock import RealTime
from workflows.errors import Misconfigured, ProcedureError
from workflows.people import Person
from workflows.policy import Group, Policy

#: What the bot asks Slack for; the same as in ``manifest.yml``.
SCOPES = frozenset(
    {
        "commands",
        "chat:write",
        "files:write",
        "users:read",
        "users:read.email",
        "usergroups:read",
        "channels:read",
        "groups:read",
        "channels:history",
        "groups:history",
        "im:history",
        "im:write",
    }
)
SECRET = 16  #: characters a webhook's secret must have at least
SILENT = {"GitHub did not answer": "GITHUB_API_URL", "Jira did not answer": "JIRA_URL"}
DRIFT = 60  #: seconds the clock may differ from Slack's; a signature five minutes off is refused


@dataclass(frozen=True, slots=True)
class Check:
    """One line: what was looked at, and what to do where it is not well."""

    ok: bool
    what: str
    remedy: str = ""
    seen: bool = True  #: ``False``: nobody could look, and the remedy says where a person can


Checks = Iterator[Check]


def examine(read: Callable[[], Settings], read_database: Callable[[], DatabaseSettings]) -> Checks:
    """Look at everything; what cannot be asked because an earlier answer is missing is left out."""
    settings: Settings | None = None
    try:
        settings = read()
        yield Check(ok=True, what="the settings are there")
    except Misconfigured as error:
        yield from _wrong("the settings are there", error)
    try:
        of_database = settings or read_database()
    except Misconfigured:  # said above
        return
    policy: Policy | None = None
    try:
        policy = check_policy(load_policy(of_database), str(of_database.policy_file))
        if settings:
            check_reviews(settings, policy)
        yield Check(ok=True, what=f"{of_database.policy_file} can be used")
    except Misconfigured as error:
        yield from _wrong("the policy can be used", error)
    known: list[Person] = []
    yield from _database(of_database, known)
    if settings and policy:
        yield from Visit(settings, policy, known).checks()


def _wrong(what: str, error: ProcedureError) -> Checks:
    for line in str(error).splitlines():
        yield Check(ok=False, what=what, remedy=line)


def _database(settings: Settings | DatabaseSettings, known: list[Person]) -> Checks:
    """Look at the database; who is known in it goes into ``known``."""
    what = "the database answers and its schema is current"
    try:
        memory = existing_memory(settings)
    except ProcedureError as error:
        yield from _wrong(what, error)
        return
    try:
        yield Check(ok=True, what=what)
        missing = memory.missing_guards()
        remedy = (
            f"Missing: {', '.join(missing)}. Find out who removed them, then put them back with "
            "`emergency-change db guard`."
        )
        yield Check(not missing, "the ledger's guards are in the database", remedy if missing else "")
        known += memory.people.everyone()
    except ProcedureError as error:
        yield from _wrong(what, error)
    finally:
        memory.database.close()


class Visit:
    """Looks at Slack, the directory, Jira and GitHub."""

    def __init__(self, settings: Settings, policy: Policy, known: Iterable[Person]) -> None:
        self._settings = settings
        self._policy = policy
        self._mirrors = Mirrors(known)
        self._slack = slack_client(settings)

    def checks(self) -> Checks:
        """Look at one after the other."""
        yield from map(_naming_the_setting, self._looks())

    def _looks(self) -> Checks:
        slack = [*self._slack_checks()]
        yield from slack
        yield from self._github_checks()
        if slack[0].ok:
            yield from self._directory_checks()
        yield from self._jira_checks()

    # --- Slack -------------------------------------------------------------------------------------

    def _slack_checks(self) -> Checks:
        what = "Slack accepts the bot's token"
        try:
            with translated():
                answer: Any = self._slack.auth_test()
        except ProcedureError as error:
            yield Check(
                ok=False, what=what, remedy=f"{_stop(error)} Check SLACK_BOT_TOKEN and SLACK_API_URL."
            )
            return
        yield Check(ok=True, what=what)
        headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
        yield from _scopes(headers.get("x-oauth-scopes", ""))
        yield from drift(headers.get("date", ""))
        yield from self._workspace(str(answer["team_id"]))
        yield from self._socket()

    def _workspace(self, team: str) -> Checks:
        ours = self._settings.slack_team_ids
        if ours:
            remedy = "" if team in ours else f"The token belongs to {team}; add it to SLACK_TEAM_IDS."
            yield Check(not remedy, "the token belongs to our workspace", remedy)

    def _socket(self) -> Checks:
        token = self._settings.slack_app_token
        if token is None:
            return
        what = "Slack accepts the app-level token"
        try:
            with translated():
                self._slack.apps_connections_open(app_token=token.get_secret_value())
            yield Check(ok=True, what=what)
        except ProcedureError as error:
            yield Check(
                ok=False,
                what=what,
                remedy=f"{_stop(error)} Give SLACK_APP_TOKEN the scope connections:write.",
            )

    # --- who is who --------------------------------------------------------------------------------

    def _directory_checks(self) -> Checks:
        teams = github_teams(self._settings)
        directory = SlackDirectory(
            self._slack, self._mirrors, teams, lambda: self._policy, self._settings.slack_team_ids
        )
        directory.refresh()
        for mirror in ("people", "channels"):
            if error := self._mirrors.errors.get(mirror):
                remedy = f"{_stop(error)} Check the scopes of the app."
                yield Check(ok=False, what=f"Slack lists its {mirror}", remedy=remedy)
        if "channels" not in self._mirrors.errors:
            yield from self._channels(directory)
        for name, group in self._policy.groups.items():
            yield self._group(name, group)
        if "people" not in self._mirrors.errors:
            yield from self._accounts(teams.members)

    def _channels(self, directory: SlackDirectory) -> Checks:
        named = [system.channel for system in self._policy.systems.values()]
        for channel in dict.fromkeys((self._settings.slack_channel, *named, self._policy.review.channel)):
            if channel:
                yield Check(
                    not (wrong := self._channel(directory, channel)), f"the bot is in {channel}", wrong
                )

    def _channel(self, directory: SlackDirectory, channel: str) -> str:
        try:
            id = directory.channel_id(channel)
            with translated():
                found: Any = self._slack.conversations_info(channel=id)["channel"]
        except ProcedureError as error:
            return _stop(error)
        return "" if found.get("is_member") else f"Invite the bot: /invite @emergency-change in {channel}."

    def _group(self, name: str, group: Group) -> Check:
        what, error = f"the group {name} has members", self._mirrors.errors.get(f"group:{name}")
        if error:
            return Check(ok=False, what=what, remedy=_stop(error))
        nobody = [email for email in group.people or () if not self._mirrors.by_email(email)]
        if nobody:
            return Check(
                ok=False,
                what=what,
                remedy=f"Nobody has the address {', '.join(nobody)}; correct [groups.{name}].",
            )
        if self._mirrors.groups.get(name):
            return Check(ok=True, what=what)
        remedy = f"It resolves to nobody, so nobody can act for it; correct [groups.{name}]"
        how = " or link its members: emergency-change people link" if group.github_team else ""
        return Check(ok=False, what=what, remedy=f"{remedy}{how}.")

    def _accounts(self, members: Callable[[str], frozenset[str]]) -> Checks:
        """Look for accounts without a person, and for people who may ask for access but have no account."""
        for name, group in self._policy.groups.items():
            if group.github_team and f"group:{name}" not in self._mirrors.errors:
                yield self._linked(group.github_team, members)
        for name in dict.fromkeys(profile.eligible for profile in self._policy.access.values()):
            persons = [self._mirrors.by_id(one) for one in self._mirrors.groups.get(name, ())]
            lacking = sorted(p.email or p.name for p in persons if not p.github and not p.deactivated)
            remedy = (
                f"Link {', '.join(lacking)}: emergency-change people link EMAIL --github LOGIN."
                if lacking
                else ""
            )
            yield Check(not lacking, f"everybody in {name} has a GitHub account linked", remedy)

    def _linked(self, team: str, members: Callable[[str], frozenset[str]]) -> Check:
        what = f"every account in {team} belongs to somebody"
        try:
            unknown = sorted(
                login for login in members(team) if not self._mirrors.by_account("github", login)
            )
        except ProcedureError as error:
            return Check(ok=False, what=what, remedy=_stop(error))
        if not unknown:
            return Check(ok=True, what=what)
        remedy = f"Link {', '.join(unknown)}: emergency-change people link EMAIL --github LOGIN."
        return Check(ok=False, what=what, remedy=remedy)

    # --- where the work is done --------------------------------------------------------------------

    def _github_checks(self) -> Checks:
        try:
            teams = github_teams(self._settings)
        except ProcedureError as error:
            yield from _wrong("GitHub can be reached", error)
            return
        for target in dict.fromkeys(profile.where for profile in self._policy.access.values()):
            wrong = teams.check(target) or ""
            yield Check(not wrong, f"the bot can change {target}", wrong)
        yield from self._evidence_checks()

    def _evidence_checks(self) -> Checks:
        try:
            repository = evidence_repository(self._settings)
        except ProcedureError as error:
            yield from _wrong("the evidence repository can be used", error)
            return
        if repository:
            yield from (Check(*found) for found in repository.check())
            if self._policy.duties.approval.of_record == "review" or self._settings.github_webhook_secret:
                yield self._webhooks()
                yield Check(*repository.check_webhook())

    def _webhooks(self) -> Check:
        """Look whether GitHub could tell the bot of reviews; without it they are only polled for."""
        secret = self._settings.github_webhook_secret
        remedy = ""
        if secret is None:
            remedy = (
                "GITHUB_WEBHOOK_SECRET is not set, so that reviews are noticed late; set it here and in the "
                "repository's webhook, see docs/evidence-repository.md."
            )
        elif len(secret.get_secret_value()) < SECRET:
            remedy = f"GITHUB_WEBHOOK_SECRET is shorter than {SECRET} characters and could be guessed; make a random one."
        return Check(not remedy, "reviews are heard of by webhook, and nobody can guess its secret", remedy)

    def _jira_checks(self) -> Checks:
        try:
            tickets = jira_tickets(self._settings, self._policy)
            found = [*tickets.check(), *jira_follow_ups(tickets, self._policy).check()]
        except ProcedureError as error:
            yield from _wrong("Jira can be reached", error)
            return
        for ok, what, remedy in found:
            yield Check(ok, what, remedy)


def _scopes(granted: str) -> Checks:
    if granted:
        missing = sorted(SCOPES - {scope.strip() for scope in granted.split(",")})
        remedy = (
            f"Add {', '.join(missing)} (they are in manifest.yml) and install the app again."
            if missing
            else ""
        )
        yield Check(not missing, "the app has the scopes it needs", remedy)


def drift(date: str) -> Checks:
    """Compare the clock with the ``Date`` of an answer."""
    if date:
        off = abs((RealTime().now() - parsedate_to_datetime(date)).total_seconds())
        remedy = f"It is {off:.0f} seconds off Slack's; synchronise it (NTP)." if off > DRIFT else ""
        yield Check(not remedy, "the clock agrees with Slack's", remedy)


def _naming_the_setting(check: Check) -> Check:
    """Say where to look when nobody answers there."""
    setting = next((name for said, name in SILENT.items() if check.remedy.startswith(said)), "")
    if not setting:
        return check
    remedy = f"{_stop(check.remedy)} Check {setting}, and that it can be reached from here."
    return replace(check, remedy=remedy)


def _stop(error: object) -> str:
    """End a complaint with a full stop."""
    return f"{str(error).rstrip('.')}."
