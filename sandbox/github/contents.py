"""The part of GitHub's API that reads branches, files and differences, and the rules a branch has."""

import base64
import binascii

from sandbox.github import shapes
from sandbox.github.call import Call, Refusal, Reply
from sandbox.github.git import FILE, Commit, Git, Item
from sandbox.github.objects import commit_shape
from sandbox.github.world import Repository

INLINE = 1_000_000  #: bytes beyond which a file's content is not in the answer
MOST_FILES = 300


def _branch(call: Call) -> Reply:
    repository = call.repository()
    name = call.path["branch"]
    sha = repository.git.refs.get(f"heads/{name}")
    if sha is None:
        raise Refusal(404, "Branch not found")
    url, rules = f"{call.base}/repos/{repository.owner}/{repository.name}", repository.rules.get(name)
    here = f"{url}/branches/{name}"
    return Reply(
        {
            "name": name,
            "commit": shapes.commit(call.base, call.forge, repository, repository.git.commits[sha]),
            "_links": {
                "self": here,
                "html": f"https://github.com/{repository.owner}/{repository.name}/tree/{name}",
            },
            "protected": bool(rules),
            "protection": {"enabled": False, "required_status_checks": {"contexts": [], "checks": []}},
            "protection_url": f"{here}/protection",
        }
    )


def _rules(call: Call) -> Reply:
    repository = call.repository()
    full = f"{repository.owner}/{repository.name}"
    rules = sorted(repository.rules.get(call.path["branch"], ()))
    source = {"ruleset_source_type": "Repository", "ruleset_source": full, "ruleset_id": repository.id}
    return call.page([{"type": rule, **source} for rule in rules])


def _ruleset(call: Call) -> Reply:
    """Show the only ruleset a repository has; who may go past it, to whoever may edit it."""
    repository = call.repository()
    if str(call.path["ruleset"]) != str(repository.id):
        raise Refusal(404, "Not Found")
    full = f"{repository.owner}/{repository.name}"
    here = f"{call.base}/repos/{full}/rulesets/{repository.id}"
    actors = [{"actor_id": 1, "actor_type": kind, "bypass_mode": "always"} for kind in repository.bypass]
    shown: dict[str, object] = {"bypass_actors": actors} if "administration" in call.powers else {}
    branches = sorted(f"refs/heads/{branch}" for branch in repository.rules)
    return Reply(
        {
            "id": repository.id,
            "name": "Evidence stays",
            "target": "branch",
            "source_type": "Repository",
            "source": full,
            "enforcement": "active",
            "conditions": {"ref_name": {"include": branches, "exclude": []}},
            "rules": [{"type": rule} for rule in sorted({r for of in repository.rules.values() for r in of})],
            "node_id": f"RRS_{repository.id}",
            "created_at": shapes.BORN,
            "updated_at": shapes.BORN,
            "current_user_can_bypass": "always" if "Integration" in repository.bypass else "never",
            "_links": {
                "self": {"href": here},
                "html": {"href": f"https://github.com/{full}/rules/{repository.id}"},
            },
            **shown,
        }
    )


def _commits(call: Call) -> Reply:
    repository, git = call.repository(), call.repository().git
    if not git.commits:
        raise Refusal(409, "Git Repository is empty.")
    head = git.resolved(call.query.get("sha") or "main")
    if head is None:
        raise Refusal(404, "Not Found")
    path = call.query.get("path", "")
    listed = [c for c in git.history(head.sha) if not path or _touches(git, c, path)]
    return call.page([shapes.commit(call.base, call.forge, repository, commit) for commit in listed])


def _touches(git: Git, commit: Commit, path: str) -> bool:
    before = git.item(git.commits[commit.parents[0]].tree, path) if commit.parents else None
    return git.item(commit.tree, path) != before


# --- files -----------------------------------------------------------------------------------------


def _contents(call: Call) -> Reply:
    repository, git, path = call.repository(), call.repository().git, call.path["path"].strip("/")
    if not git.commits:
        raise Refusal(404, "This repository is empty.")
    ref = call.query.get("ref") or "main"
    commit = git.resolved(ref)
    if commit is None:
        raise Refusal(404, f"No commit found for the ref {ref}")
    item = git.item(commit.tree, path)
    if item is None:
        raise Refusal(404, "Not Found")
    if item.kind == "tree":
        inside = [(f"{path}/{name}".strip("/"), one) for name, one in git.trees[item.sha].items()]
        return Reply([_shown(call, repository, ref, at, one) for at, one in inside])
    data = git.blobs[item.sha]
    inline = len(data) <= INLINE
    content = {
        "content": base64.encodebytes(data).decode() if inline else "",
        "encoding": "base64" if inline else "none",
    }
    return Reply(_shown(call, repository, ref, path, item) | content)


def _shown(call: Call, repository: Repository, ref: str, path: str, item: Item) -> shapes.Shape:
    full = f"{repository.owner}/{repository.name}"
    url, folder = f"{call.base}/repos/{full}", item.kind == "tree"
    self = f"{url}/contents/{path}?ref={ref}"
    git_url = f"{url}/git/{item.kind}s/{item.sha}"
    html = f"https://github.com/{full}/{'tree' if folder else 'blob'}/{ref}/{path}"
    return {
        "type": "dir" if folder else "file",
        "size": 0 if folder else len(repository.git.blobs[item.sha]),
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": item.sha,
        "url": self,
        "git_url": git_url,
        "html_url": html,
        "download_url": None if folder else f"https://raw.githubusercontent.com/{full}/{ref}/{path}",
        "_links": {"self": self, "git": git_url, "html": html},
    }


def _put_file(call: Call) -> Reply:
    """Write one file in a commit of its own: the only way to begin an empty repository."""
    repository, git, path = call.repository(), call.repository().git, call.path["path"].strip("/")
    call.may_push()
    body = call.body if isinstance(call.body, dict) else {}
    try:
        data = base64.b64decode(body["content"], validate=True)
        message = str(body["message"])
    except (KeyError, TypeError, binascii.Error):
        raise Refusal(422, "Invalid request.\n\ncontent is not valid Base64") from None
    branch = body.get("branch") or "main"
    head = git.resolved(f"heads/{branch}")
    if head is None and git.commits:
        raise Refusal(404, f"Branch {branch} not found")
    there = git.item(head.tree, path) if head else None
    if there and "sha" not in body:
        raise Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if there and body["sha"] != there.sha:
        raise Refusal(409, f"{path} does not match {body['sha']}")
    blob = Item(path, FILE, git.blob(data))
    tree = git.changed(head.tree if head else None, {path: blob})
    who = call.author()
    made = git.commit(tree, [head.sha] if head else [], message, who, who, call.forge.now())
    git.refs[f"heads/{branch}"] = made.sha
    call.forge.changed()
    answer = {
        "content": _shown(call, repository, branch, path, blob),
        "commit": commit_shape(call, repository, made),
    }
    return Reply(answer, 200 if there else 201)


# --- differences -----------------------------------------------------------------------------------


def _compare(call: Call) -> Reply:
    repository, git = call.repository(), call.repository().git
    base, _, head = call.path["basehead"].partition("...")
    old, new = git.resolved(base), git.resolved(head)
    if old is None or new is None:
        raise Refusal(404, "Not Found")
    before, after = git.history(old.sha), git.history(new.sha)
    known, common = {c.sha for c in before}, {c.sha for c in after}
    ahead, behind = [c for c in after if c.sha not in known], [c for c in before if c.sha not in common]
    merge_base = next((c for c in after if c.sha in known), None)
    if merge_base is None:
        raise Refusal(404, f"No common ancestor between {base} and {head}.")
    page, size = int(call.query.get("page", "1")), min(int(call.query.get("per_page", "250")), 250)
    shown = list(reversed(ahead))[(page - 1) * size : page * size]
    full = f"{repository.owner}/{repository.name}"
    html = f"https://github.com/{full}/compare/{base}...{head}"
    status = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}
    return Reply(
        {
            "url": f"{call.base}/repos/{full}/compare/{base}...{head}",
            "html_url": html,
            "permalink_url": html,
            "diff_url": f"{html}.diff",
            "patch_url": f"{html}.patch",
            "base_commit": shapes.commit(call.base, call.forge, repository, old),
            "merge_base_commit": shapes.commit(call.base, call.forge, repository, merge_base),
            "status": status.get((bool(ahead), bool(behind)), "diverged"),
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [shapes.commit(call.base, call.forge, repository, c) for c in shown],
            "files": _files(call, repository, merge_base, new) if page == 1 else [],
        }
    )


def _files(call: Call, repository: Repository, old: Commit, new: Commit) -> list[shapes.Shape]:
    git, full = repository.git, f"{repository.owner}/{repository.name}"
    before = {item.path: item.sha for item in git.walk(old.tree) if item.kind == "blob"}
    after = {item.path: item.sha for item in git.walk(new.tree) if item.kind == "blob"}
    paths = [path for path in sorted(before | after) if before.get(path) != after.get(path)]
    shown: list[shapes.Shape] = []
    for path in paths[:MOST_FILES]:
        status = "modified" if path in before and path in after else "added" if path in after else "removed"
        shown.append(
            {
                "sha": after.get(path, before.get(path)),
                "filename": path,
                "status": status,
                "additions": 0,
                "deletions": 0,
                "changes": 0,
                "blob_url": f"https://github.com/{full}/blob/{new.sha}/{path}",
                "raw_url": f"https://github.com/{full}/raw/{new.sha}/{path}",
                "contents_url": f"{call.base}/repos/{full}/contents/{path}?ref={new.sha}",
            }
        )
    return shown


_REPO = "/repos/{owner}/{repo}"
ROUTES = (
    ("GET", f"{_REPO}/branches/{{branch:path}}", _branch),
    ("GET", f"{_REPO}/rules/branches/{{branch:path}}", _rules),
    ("GET", f"{_REPO}/rulesets/{{ruleset:int}}", _ruleset),
    ("GET", f"{_REPO}/commits", _commits),
    ("GET", f"{_REPO}/contents/{{path:path}}", _contents),
    ("PUT", f"{_REPO}/contents/{{path:path}}", _put_file),
    ("GET", f"{_REPO}/compare/{{basehead:path}}", _compare),
)
