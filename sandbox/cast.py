"""Who lives in the sandbox, and where they work."""

from dataclasses import dataclass, replace

from sandbox.github import Author, Forge
from sandbox.jira import Account, Tracker
from sandbox.settings import TEAM
from sandbox.slack.model import Channel, User
from sandbox.slack.workspace import Workspace

ELSEWHERE = "T0OTHER"


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody one can be."""

    user: User
    role: str
    github: str = ""


def _user(id: str, name: str, real_name: str, team: str = TEAM) -> User:
    return User(id, team, name, real_name, f"{name}@acme.example")


def _guest(user: User) -> User:
    return replace(user, is_restricted=True)


def _gone(user: User) -> User:
    return replace(user, deleted=True)


LINUS = Player(_user("U0LINUS", "linus", "Linus Berg"), "On-call engineer", "linus-acme")
MAYA = Player(_user("U0MAYA", "maya", "Maya Okafor"), "On-call engineer", "maya-acme")
GRACE = Player(_user("U0GRACE", "grace", "Grace Lind"), "Head of engineering, approver", "grace-acme")
ADA = Player(_user("U0ADA", "ada", "Ada Novak"), "Head of platform, approver", "ada-acme")
SOL = Player(_user("U0SOL", "sol", "Sol Reyes"), "Security", "sol-acme")
GIL = Player(_guest(_user("U0GIL", "gil", "Gil Guest")), "Guest")
OSKAR = Player(_user("U0OSKAR", "oskar", "Oskar Outside", team=ELSEWHERE), "Another organisation")
DEE = Player(_gone(_user("U0DEE", "dee", "Dee Gone")), "Left the company", "dee-acme")

CAST = (LINUS, MAYA, GRACE, ADA, SOL, GIL, OSKAR, DEE)
PLAYABLE = (LINUS, GRACE, ADA, MAYA, SOL, GIL, OSKAR)

INCIDENTS = "C0INCIDENTS"
PAYMENTS = "C0PAYMENTS"
LEDGER = "C0LEDGER"
REVIEW = "C0REVIEW"
GENERAL = "C0GENERAL"


def furnish_slack(slack: Workspace) -> None:
    """Put people, channels and the security group in place."""
    for player in CAST:
        slack.add_user(player.user)
    everybody = {player.user.id for player in CAST}
    names = {
        INCIDENTS: ("incidents", "Everything that is on fire"),
        PAYMENTS: ("payments-incidents", "Payments is down: https://status.acme.example/incidents/INC-2041"),
        LEDGER: ("ledger-incidents", ""),
        REVIEW: ("change-review", "The monthly look at every emergency change"),
        GENERAL: ("general", ""),
    }
    for id, (name, topic) in names.items():
        slack.add_channel(Channel(id, name, topic, members=set(everybody)))
    slack.add_usergroup("S0SECURITY", "security", [SOL.user.id])


def furnish_jira(tracker: Tracker) -> None:
    """Give everybody of the organisation an account; who left cannot be given issues."""
    for player in CAST:
        if player.user.team_id == TEAM and not player.user.is_restricted:
            account = Account(player.user.real_name, player.user.email, assignable=not player.user.deleted)
            tracker.add_account(account)


def furnish_github(forge: Forge) -> None:
    """Put the organisation, its teams and a repository in place."""
    forge.add_organisation("acme", *(player.github for player in CAST if player.github))
    for player in CAST:
        if player.github and (account := forge.account(player.github)):
            forge.accounts[player.github] = type(account)(
                account.id, account.login, player.user.real_name, player.user.email
            )
    forge.add_team("acme", "sre", LINUS.github, MAYA.github, DEE.github)
    forge.add_team("acme", "payments-break-glass")
    forge.add_team("acme", "ledger-break-glass")
    forge.add_repository("acme", "payments")
    forge.add_repository("acme", "ledger")
    furnish_evidence(forge)


EVIDENCE = "acme/evidence"


def furnish_evidence(forge: Forge) -> None:
    """Set the evidence repository up as docs/evidence-repository.md says."""
    repository = forge.add_repository(*EVIDENCE.split("/"))
    repository.rules["main"] = {"deletion", "non_fast_forward"}
    owners = {".github/CODEOWNERS": b"* @acme/security\n"}
    sol = Author(SOL.user.real_name, SOL.user.email, SOL.github)
    forge.push(repository, owners, "Say who must review what people change here", sol)
