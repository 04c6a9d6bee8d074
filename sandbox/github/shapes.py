"""How GitHub's answers look: few facts, and an address for everything."""

from datetime import datetime

from sandbox.github.git import Author, Commit
from sandbox.github.world import (
    Account,
    Forge,
    Invitation,
    Organisation,
    Repository,
    Team,
)

Shape = dict[str, object]

_USER_URLS = (
    "followers", "following{/other_user}", "gists{/gist_id}", "starred{/owner}{/repo}", "subscriptions",
    "orgs", "repos", "events{/privacy}", "received_events",
)  # fmt: skip
_REPO_URLS = (
    "archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare",
    "contents", "contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs",
    "git_tags", "hooks", "issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges",
    "milestones", "notifications", "pulls", "releases", "stargazers", "statuses", "subscribers",
    "subscription", "tags", "teams", "trees",
)  # fmt: skip
BORN = "2020-01-01T00:00:00Z"


def stamp(at: datetime) -> str:
    """Write a moment as GitHub does."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def user(base: str, account: Account) -> Shape:
    """Show an account, in short."""
    url = f"{base}/users/{account.login}"
    shape: Shape = {
        "login": account.login,
        "id": account.id,
        "node_id": f"U_{account.id}",
        "avatar_url": f"{base}/avatars/u/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"https://github.com/{account.login}",
        "organizations_url": f"{url}/orgs",
        "type": "Bot" if account.login.endswith("[bot]") else "User",
        "site_admin": False,
    }
    for name in _USER_URLS:
        key = name.split("{")[0]
        if key != "orgs":
            shape[f"{key}_url"] = f"{url}/{name}"
    return shape


def full_user(base: str, account: Account) -> Shape:
    """Show an account, at length."""
    return user(base, account) | {
        "user_view_type": "public",
        "name": account.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": account.email or None,
        "hireable": None,
        "bio": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": BORN,
        "updated_at": BORN,
    }


def organisation(base: str, org: Organisation) -> Shape:
    """Show an organisation."""
    url = f"{base}/orgs/{org.login}"
    return {
        "login": org.login,
        "id": org.id,
        "node_id": f"O_{org.id}",
        "url": url,
        "repos_url": f"{url}/repos",
        "events_url": f"{url}/events",
        "hooks_url": f"{url}/hooks",
        "issues_url": f"{url}/issues",
        "members_url": f"{url}/members{{/member}}",
        "public_members_url": f"{url}/public_members{{/member}}",
        "avatar_url": f"{base}/avatars/u/{org.id}",
        "description": None,
        "html_url": f"https://github.com/{org.login}",
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": BORN,
        "updated_at": BORN,
        "archived_at": None,
    }


def team(base: str, org: Organisation, of: Team) -> Shape:
    """Show a team, at length."""
    url = f"{base}/orgs/{org.login}/teams/{of.slug}"
    return {
        "id": of.id,
        "node_id": f"T_{of.id}",
        "url": url,
        "html_url": f"https://github.com/orgs/{org.login}/teams/{of.slug}",
        "name": of.name,
        "slug": of.slug,
        "description": None,
        "privacy": "secret" if of.hidden else "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "type": "organization",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "parent": None,
        "members_count": len(of.members),
        "repos_count": 0,
        "created_at": BORN,
        "updated_at": BORN,
        "organization": organisation(base, org),
    }


def membership(base: str, org: Organisation, of: Team, login: str, state: str) -> Shape:
    """Show what an account is in a team."""
    url = f"{base}/orgs/{org.login}/teams/{of.slug}/memberships/{login}"
    return {"url": url, "role": of.members.get(login, "member"), "state": state}


def invitation(base: str, org: Organisation, of: Invitation, inviter: Account) -> Shape:
    """Show an invitation to the organisation."""
    return {
        "id": of.id,
        "node_id": f"OI_{of.id}",
        "login": of.login,
        "email": None,
        "role": "direct_member",
        "created_at": stamp(of.created),
        "inviter": user(base, inviter),
        "team_count": len(of.teams),
        "invitation_teams_url": f"{base}/orgs/{org.login}/invitations/{of.id}/teams",
        "invitation_source": "member",
    }


def repository(base: str, forge: Forge, of: Repository) -> Shape:
    """Show a repository."""
    path = f"{of.owner}/{of.name}"
    url = f"{base}/repos/{path}"
    owner = forge.account(of.owner) or Account(
        forge.organisations[of.owner.casefold()].id, of.owner, of.owner
    )
    shape: Shape = {f"{name}_url": f"{url}/{name}" for name in _REPO_URLS}
    shape |= dict.fromkeys(
        ("forks", "forks_count", "open_issues", "open_issues_count", "size", "stargazers_count"), 0
    )
    shape |= dict.fromkeys(("watchers", "watchers_count", "network_count", "subscribers_count"), 0)
    shape |= dict.fromkeys(("fork", "disabled", "has_pages", "has_discussions"), False)
    shape |= dict.fromkeys(("has_issues", "has_projects", "has_wiki", "has_downloads"), True)
    shape |= {"private": of.private, "archived": of.archived}
    shape |= dict.fromkeys(("description", "homepage", "language", "mirror_url", "license"))
    return shape | {
        "id": of.id,
        "node_id": f"R_{of.id}",
        "name": of.name,
        "full_name": path,
        "owner": user(base, owner),
        "url": url,
        "html_url": f"https://github.com/{path}",
        "git_url": f"git://github.com/{path}.git",
        "ssh_url": f"git@github.com:{path}.git",
        "clone_url": f"https://github.com/{path}.git",
        "svn_url": f"https://github.com/{path}",
        "default_branch": "main",
        "pushed_at": BORN,
        "created_at": BORN,
        "updated_at": BORN,
    }


def commit(base: str, forge: Forge, repo: Repository, of: Commit) -> Shape:
    """Show a commit; ``author`` and ``committer`` outside are accounts, inside they are what the commit says."""
    url = f"{base}/repos/{repo.owner}/{repo.name}"

    def said(who: Author) -> Shape:
        return {"name": who.name, "email": who.email, "date": stamp(of.at)}

    def known(who: Author) -> Shape | None:
        account = forge.account(who.login) if who.login else None
        return user(base, account) if account else None

    tree = of.tree
    return {
        "sha": of.sha,
        "node_id": f"C_{of.sha[:20]}",
        "url": f"{url}/commits/{of.sha}",
        "html_url": f"https://github.com/{repo.owner}/{repo.name}/commit/{of.sha}",
        "comments_url": f"{url}/commits/{of.sha}/comments",
        "commit": {
            "url": f"{url}/git/commits/{of.sha}",
            "message": of.message,
            "author": said(of.author),
            "committer": said(of.committer),
            "comment_count": 0,
            "tree": {"sha": tree, "url": f"{url}/git/trees/{tree}"},
            "verification": {
                "verified": False,
                "reason": "unsigned",
                "signature": None,
                "payload": None,
                "verified_at": None,
            },
        },
        "author": known(of.author),
        "committer": known(of.committer),
        "parents": [parent(base, repo, sha) for sha in of.parents],
    }


def parent(base: str, repo: Repository, sha: str) -> Shape:
    """Show what a commit came after."""
    path = f"{repo.owner}/{repo.name}"
    return {
        "sha": sha,
        "url": f"{base}/repos/{path}/commits/{sha}",
        "html_url": f"https://github.com/{path}/commit/{sha}",
    }
