"""What GitHub knows: accounts, organisations, teams, invitations, repositories; and people's hands in it.

Who is not yet in the organisation is only invited by being added to a team: pending, and without power.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from sandbox.github.git import FILE, Author, Commit, Git, Item
from sandbox.github.pulls import Pull
from sandbox.watched import Watched


@dataclass(frozen=True, slots=True)
class Account:
    """A person or a bot; ``email`` is what a search by e-mail finds, empty if kept private."""

    id: int
    login: str
    name: str
    email: str = ""


@dataclass(slots=True)
class Invitation:
    """An invitation to the organisation, with the teams that wait for its acceptance."""

    id: int
    login: str
    inviter: str
    teams: set[str]
    created: datetime


@dataclass(slots=True)
class Team:
    """A team: members by login, with their role.  ``synchronised``: an identity provider fills it."""

    id: int
    slug: str
    name: str
    members: dict[str, str] = field(default_factory=dict)
    synchronised: bool = False
    hidden: bool = False  #: secret, and the token's account is no member of it


@dataclass(slots=True)
class Organisation:
    """An organisation; logins are kept as the account writes them."""

    id: int
    login: str
    members: set[str] = field(default_factory=set)
    teams: dict[str, Team] = field(default_factory=dict)
    invitations: list[Invitation] = field(default_factory=list)
    domains: set[str] = field(default_factory=set)  #: verified ones, whose addresses its members verified

    def pending(self, team: Team, login: str) -> Invitation | None:
        """Return the invitation that would bring this account into the team."""
        return next((i for i in self.invitations if i.login == login and team.slug in i.teams), None)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Something that was put somewhere, and when."""

    id: int
    environment: str
    sha: str
    created_at: datetime
    by: str = ""  #: the login of who started it; empty: the pipeline's own account


@dataclass(slots=True)
class Repository:
    """A repository; what the token may not see, it is told does not exist."""

    id: int
    owner: str
    name: str
    git: Git = field(default_factory=Git)
    pulls: dict[int, Pull] = field(default_factory=dict)
    hidden: bool = False
    private: bool = True
    archived: bool = False
    rules: dict[str, set[str]] = field(
        default_factory=dict
    )  #: branch → types of rules, such as ``non_fast_forward``
    bypass: list[str] = field(default_factory=list)  #: kinds of actors in the rules' bypass list
    merges: list[datetime] = field(default_factory=list)  #: when pull requests were merged
    deployments: list[Deployment] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TeamView:
    """A team as a page shows it."""

    organisation: str
    slug: str
    name: str
    members: tuple[str, ...]
    pending: tuple[str, ...]


class Forge(Watched):
    """GitHub's state, and what people do to it in their browsers."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        super().__init__(now=now)
        self.accounts: dict[str, Account] = {}
        self.organisations: dict[str, Organisation] = {}
        self.repositories: dict[str, Repository] = {}
        self._numbers = 1000

    def number(self) -> int:
        """Return the next id."""
        self._numbers += 1
        return self._numbers

    def now(self) -> datetime:
        """Return the forge's time; without a clock it stands at the number of changes made so far."""
        return self._now() if self._now else datetime.fromtimestamp(1_790_000_000 + self.version, UTC)

    def account(self, login: str) -> Account | None:
        """Return the account; logins ignore case."""
        return self.accounts.get(login.casefold())

    def teams(self) -> list[TeamView]:
        """Return all teams, as they are now."""
        with self.lock:
            return [
                TeamView(
                    org.login,
                    team.slug,
                    team.name,
                    tuple(sorted(team.members)),
                    tuple(sorted(i.login for i in org.invitations if team.slug in i.teams)),
                )
                for org in self.organisations.values()
                for team in org.teams.values()
            ]

    def add_account(self, login: str, name: str = "", email: str = "") -> Account:
        """Somebody signs up."""
        with self.lock:
            account = Account(self.number(), login, name or login.capitalize(), email)
            self.accounts[login.casefold()] = account
            self.changed()
            return account

    def rename_account(self, login: str, to: str) -> None:
        """Somebody changes their login: number and memberships stay theirs, and the old login is free."""
        with self.lock:
            account = self.accounts.pop(login.casefold())
            self.accounts[to.casefold()] = replace(account, login=to)
            for organisation in self.organisations.values():
                if login in organisation.members:
                    organisation.members = (organisation.members - {login}) | {to}
                for team in organisation.teams.values():
                    if login in team.members:
                        team.members[to] = team.members.pop(login)
            self.changed()

    def rename_team(self, organisation: str, slug: str, to: str) -> None:
        """Somebody renames a team in the browser; its members stay."""
        with self.lock:
            teams = self.organisations[organisation.casefold()].teams
            teams[to] = team = teams.pop(slug)
            team.slug = team.name = to
            self.changed()

    def add_organisation(self, login: str, *members: str) -> Organisation:
        """Found an organisation; members who have no account yet get one."""
        with self.lock:
            for member in members:
                if self.account(member) is None:
                    self.add_account(member)
            organisation = Organisation(self.number(), login, set(members))
            self.organisations[login.casefold()] = organisation
            self.changed()
            return organisation

    def add_team(self, organisation: str, slug: str, *members: str) -> Team:
        """Make a team, with members who are in the organisation already."""
        with self.lock:
            team = Team(self.number(), slug, slug.replace("-", " ").title(), dict.fromkeys(members, "member"))
            self.organisations[organisation.casefold()].teams[slug] = team
            self.changed()
            return team

    def add_repository(self, owner: str, name: str) -> Repository:
        """Make a repository."""
        with self.lock:
            repository = Repository(self.number(), owner, name)
            self.repositories[f"{owner}/{name}".casefold()] = repository
            self.changed()
            return repository

    def merge(self, repository: Repository, at: datetime) -> None:
        """Somebody merges a pull request that nobody looks into."""
        with self.lock:
            repository.merges.append(at)
            self.changed()

    def deploy(self, repository: Repository, environment: str, at: datetime, by: str = "") -> Deployment:
        """Put the newest commit somewhere, as a pipeline does, or somebody by hand."""
        with self.lock:
            made = Deployment(self.number(), environment, "0" * 40, at, by)
            repository.deployments.append(made)
            self.changed()
            return made

    def commit(
        self, repository: Repository, message: str, author: Author, committer: Author | None = None
    ) -> Commit:
        """Somebody pushes a commit that changes nothing worth showing."""
        return self.push(repository, {}, message, author, committer)

    def push(
        self,
        repository: Repository,
        files: Mapping[str, bytes | None],
        message: str,
        author: Author,
        committer: Author | None = None,
        *,
        branch: str = "main",
        onto: str | None = None,
    ) -> Commit:
        """Somebody pushes a commit; with ``onto``, over whatever came after that commit (a forced push)."""
        with self.lock:
            git = repository.git
            parent = git.resolved(onto or branch)
            items = {
                path: None if content is None else Item(path, FILE, git.blob(content))
                for path, content in files.items()
            }
            tree = git.changed(parent.tree if parent else None, items)
            parents = (parent.sha,) if parent else ()
            commit = git.commit(tree, parents, message, author, committer or author, self.now())
            git.refs[f"heads/{branch}"] = commit.sha
            self.changed()
            return commit

    def force(self, repository: Repository, branch: str, sha: str | None) -> None:
        """Somebody with the power to do so sets a branch to another commit, or deletes it (``None``)."""
        with self.lock:
            if sha is None:
                del repository.git.refs[f"heads/{branch}"]
                for pull in repository.pulls.values():
                    if pull.head == branch and pull.is_open:  # GitHub closes what has no branch any more
                        pull.closed = self.now()
            else:
                repository.git.refs[f"heads/{branch}"] = sha
            self.changed()

    def pull(self, repository: Repository, title: str, user: str, *commits: Commit) -> Pull:
        """Somebody opens a pull request."""
        with self.lock:
            pull = Pull(len(repository.pulls) + 1, title, user, [commit.sha for commit in commits])
            repository.pulls[pull.number] = pull
            self.changed()
            return pull

    def team(self, organisation: str, slug: str) -> Team:
        """Return a team that is known to exist."""
        return self.organisations[organisation.casefold()].teams[slug]

    def add_member(self, organisation: str, slug: str, login: str) -> None:
        """Somebody adds a member to a team in the browser."""
        with self.lock:
            self.team(organisation, slug).members[login] = "member"
            self.changed()

    def remove_member(self, organisation: str, slug: str, login: str) -> None:
        """Somebody removes a member from a team in the browser."""
        with self.lock:
            self.team(organisation, slug).members.pop(login, None)
            self.changed()

    def accept(self, organisation: str, login: str) -> None:
        """Accept an invitation: from now on the person is in the organisation and in the teams."""
        with self.lock:
            org = self.organisations[organisation.casefold()]
            for invitation in [i for i in org.invitations if i.login == login]:
                org.members.add(login)
                for slug in invitation.teams:
                    org.teams[slug].members[login] = "member"
                org.invitations.remove(invitation)
            self.changed()
