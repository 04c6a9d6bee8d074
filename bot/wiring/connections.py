"""How each system outside is reached, as the settings say."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from slack_sdk import WebClient

from bot.files import read_roots
from bot.settings import Settings
from bot.slack_out import ClickClient
from integrations.github_activity import GitHubActivity
from integrations.github_client import GitHubConnection
from integrations.github_evidence import GitHubEvidence
from integrations.github_teams import GitHubTeams
from integrations.jira_tickets import JiraFollowUps, JiraReviews, JiraTickets
from integrations.timestamps import TimestampAuthority
from integrations.witness import HttpWitness
from storage.notes import VerifierKey
from workflows.policy import Policy
from workflows.ports import AccessProvider
from workflows.vocabulary import PersonId, State

CALL = 4  #: seconds a worker's call to Slack may take; shorter than its lease
CLICK = 2  #: seconds the one call before an ``ack`` may take


#: How each kind of access is connected: to add a provider, write its module and add its line here.
PROVIDERS: Mapping[type[AccessProvider], Callable[[Settings], AccessProvider]] = {
    GitHubTeams: lambda settings: GitHubTeams(github_connection(settings)),
}


@dataclass(slots=True)
class JiraVoice:
    """The voice of the ticket: names and UTC; the adapter escapes."""

    person: Callable[[PersonId], str]

    def who(self, person: PersonId) -> str:
        return self.person(person)

    def when(self, at: datetime) -> str:
        return f"{at:%Y-%m-%d %H:%M} UTC"

    def quote(self, text: str) -> str:
        return text

    def link(self, url: str, text: str) -> str:
        return text  # a key links itself in the tracker


def slack_client(settings: Settings) -> WebClient:
    """Connect to Slack; nothing is repeated by the client itself."""
    token = settings.slack_bot_token.get_secret_value()
    return WebClient(token, base_url=settings.slack_api_url, timeout=CALL, retry_handlers=[])


def click_client(settings: Settings, away: Callable[[], AbstractContextManager[None]]) -> ClickClient:
    """Connect to Slack for what a click asks before it is answered."""
    token = settings.slack_bot_token.get_secret_value()
    client = ClickClient(token, base_url=settings.slack_api_url, timeout=CLICK, retry_handlers=[])
    client.away = lambda: away()  # noqa: PLW0108  # no method: see there
    return client


def github_teams(settings: Settings) -> GitHubTeams:
    """Return the teams of GitHub: where access is given, and where groups are listed."""
    return GitHubTeams(github_connection(settings))


def github_activity(settings: Settings) -> GitHubActivity:
    """Return where all changes are counted, emergencies or not."""
    return GitHubActivity(github_connection(settings))


def github_connection(settings: Settings) -> GitHubConnection:
    """Connect to GitHub with a token or as an App."""
    if settings.github_token:
        return GitHubConnection(settings.github_api_url, token=settings.github_token.get_secret_value())
    key = settings.github_app_private_key
    return GitHubConnection(
        settings.github_api_url,
        app_id=settings.github_app_id,
        private_key=key.get_secret_value() if key else None,
        installation_id=settings.github_app_installation_id,
    )


def evidence_connection(settings: Settings) -> GitHubConnection:
    """Connect to GitHub for evidence: as its own App or with its own token, or else as for everything."""
    token, key = settings.evidence_github_token, settings.evidence_github_app_private_key
    if not token and not key:
        return github_connection(settings)
    return GitHubConnection(
        settings.github_api_url,
        token=token.get_secret_value() if token else None,
        app_id=settings.evidence_github_app_id,
        private_key=key.get_secret_value() if key else None,
        installation_id=settings.evidence_github_app_installation_id,
    )


def evidence_repository(settings: Settings) -> GitHubEvidence | None:
    """Return where evidence is kept, if anywhere; raises ``Misconfigured``."""
    if not settings.evidence_repository:
        return None
    return GitHubEvidence(evidence_connection(settings), settings.evidence_repository)


def timestamp_authority(settings: Settings) -> TimestampAuthority | None:
    """Return who timestamps checkpoints, if anybody does; raises ``Misconfigured``."""
    if not settings.timestamp_url or settings.timestamp_roots is None:
        return None
    return TimestampAuthority(settings.timestamp_url, read_roots(settings.timestamp_roots))


def witness(settings: Settings) -> HttpWitness | None:
    """Return who cosigns checkpoints, if anybody does; raises ``Misconfigured``."""
    if not settings.witness_url:
        return None
    return HttpWitness(settings.witness_url, str(VerifierKey.read(settings.witness_key)))


def jira_tickets(settings: Settings, policy: Policy) -> JiraTickets:
    """Connect to Jira under the policy's names."""
    return JiraTickets(
        settings.jira_url,
        settings.jira_user,
        settings.jira_token.get_secret_value(),
        project=policy.ticket.project,
        issue_type=policy.ticket.issue_type,
        fields=policy.ticket.fields,
        path=tuple(dict.fromkeys(policy.ticket.statuses.values())),
        link_type=policy.ticket.duplicate_link_type,
        duplicate_status=policy.ticket.duplicate_status,
        site=policy.ticket.site or None,
    )


def jira_follow_ups(tickets: JiraTickets, policy: Policy) -> JiraFollowUps:
    """Keep follow-ups in the same Jira, over the same connection."""
    rules = policy.ticket.follow_ups
    return JiraFollowUps(
        tickets.connection,
        project=rules.project or policy.ticket.project,
        issue_type=rules.issue_type,
        link_type=rules.link_type,
        duplicate_link_type=policy.ticket.duplicate_link_type,
        site=policy.ticket.site or tickets.connection.url,
    )


def jira_reviews(tickets: JiraTickets, policy: Policy) -> JiraReviews:
    """Keep the reviews of periods where follow-ups are kept."""
    rules = policy.ticket.follow_ups
    return JiraReviews(
        tickets,
        project=rules.project or policy.ticket.project,
        issue_type=rules.issue_type,
        duplicate_link_type=policy.ticket.duplicate_link_type,
        site=policy.ticket.site or tickets.connection.url,
        closed=policy.ticket.statuses.get(State.CLOSED, ""),
    )
