"""How GitHub shows pull requests, reviews and comments; in webhooks some of it is spelt otherwise."""

from datetime import datetime

from sandbox.github.pulls import Comment, Pull, Review
from sandbox.github.shapes import BORN, Shape, repository, stamp, user
from sandbox.github.world import Forge, Repository

NOWHERE = "0" * 40


def head_of(repo: Repository, of: Pull) -> str:
    """Return the commit a pull request is at: its branch's, or the last one it had."""
    there = repo.git.refs.get(f"heads/{of.head}") if of.is_open else None
    if there:
        of.commits = _own(repo, of, there)
    return of.commits[-1] if of.commits else NOWHERE


def _own(repo: Repository, of: Pull, head: str) -> list[str]:
    """Return the commits of a branch that its base does not have, oldest first."""
    base = repo.git.refs.get(f"heads/{of.base}")
    known = {commit.sha for commit in repo.git.history(base)} if base else set()
    return [c.sha for c in reversed(repo.git.history(head)) if c.sha not in known]


def _addresses(url: str, html: str, of: Pull) -> dict[str, str]:
    here = f"{url}/pulls/{of.number}"
    return {
        "self": here,
        "html": html,
        "issue": f"{url}/issues/{of.number}",
        "comments": f"{url}/issues/{of.number}/comments",
        "review_comments": f"{here}/comments",
        "review_comment": f"{url}/pulls/comments{{/number}}",
        "commits": f"{here}/commits",
        "statuses": f"{url}/statuses/{of.number}",
    }


def _when(at: datetime | None) -> str:
    return stamp(at) if at else BORN


def _progress(of: Pull) -> Shape:
    ended = None if of.is_open else _when(of.closed)
    return {
        "state": "open" if of.is_open else "closed",
        "created_at": _when(of.created),
        "updated_at": _when(of.created),
        "closed_at": ended,
        "merged_at": ended if of.merged else None,
        "merge_commit_sha": None,
    }


def html_url(repo: Repository, of: Pull) -> str:
    """Return the address a person opens the pull request at."""
    return f"https://github.com/{repo.owner}/{repo.name}/pull/{of.number}"


def simple(base: str, forge: Forge, repo: Repository, of: Pull) -> Shape:
    """Show a pull request as in a listing."""
    url, html = f"{base}/repos/{repo.owner}/{repo.name}", html_url(repo, of)
    opener = forge.account(of.user)
    person = user(base, opener) if opener else None
    shown, head, git = repository(base, forge, repo), head_of(repo, of), repo.git
    ends = {
        side: {"label": f"{repo.owner}:{ref}", "ref": ref, "sha": sha, "user": person, "repo": shown}
        for side, ref, sha in (
            ("head", of.head, head),
            ("base", of.base, git.refs.get(f"heads/{of.base}", NOWHERE)),
        )
    }
    addresses = _addresses(url, html, of)
    shape: Shape = {
        f"{name}_url": addresses[name] for name in addresses if name not in ("self", "html", "issue")
    }
    shape |= dict.fromkeys(("milestone", "assignee", "auto_merge"))
    return shape | _progress(of) | ends | {
        "id": repo.id * 1000 + of.number,
        "node_id": f"PR_{repo.id}_{of.number}",
        "number": of.number,
        "url": addresses["self"],
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": addresses["issue"],
        "locked": False,
        "title": of.title,
        "body": of.body or None,
        "user": person,
        "labels": [],
        "_links": {name: {"href": address} for name, address in addresses.items()},
        "author_association": "MEMBER",
        "draft": False,
    }  # fmt: skip


def pull(base: str, forge: Forge, repo: Repository, of: Pull) -> Shape:
    """Show a pull request, at length."""
    shape = simple(base, forge, repo, of)
    shape |= dict.fromkeys(("mergeable", "merged_by"))
    shape |= dict.fromkeys(("review_comments", "additions", "deletions", "changed_files"), 0)
    return shape | {
        "merged": of.merged,
        "mergeable_state": "unknown",
        "comments": len(of.comments),
        "commits": len(of.commits),
        "maintainer_can_modify": False,
    }


def review(base: str, forge: Forge, repo: Repository, of: Pull, one: Review) -> Shape:
    """Show a review."""
    account = forge.account(one.user)
    html = f"{html_url(repo, of)}#pullrequestreview-{one.id}"
    url = f"{base}/repos/{repo.owner}/{repo.name}/pulls/{of.number}"
    return {
        "id": one.id,
        "node_id": f"PRR_{one.id}",
        "user": user(base, account) if account else None,
        "body": one.body,
        "state": one.state,
        "html_url": html,
        "pull_request_url": url,
        "author_association": "MEMBER",
        "_links": {"html": {"href": html}, "pull_request": {"href": url}},
        "submitted_at": stamp(one.submitted),
        "commit_id": one.commit,
    }


def comment(base: str, forge: Forge, repo: Repository, of: Pull, one: Comment) -> Shape:
    """Show a comment of the conversation."""
    account = forge.account(one.user)
    url = f"{base}/repos/{repo.owner}/{repo.name}/issues"
    return {
        "id": one.id,
        "node_id": f"IC_{one.id}",
        "url": f"{url}/comments/{one.id}",
        "html_url": f"{html_url(repo, of)}#issuecomment-{one.id}",
        "issue_url": f"{url}/{of.number}",
        "body": one.body,
        "user": user(base, account) if account else None,
        "created_at": stamp(one.at),
        "updated_at": stamp(one.at),
        "author_association": "MEMBER",
    }
