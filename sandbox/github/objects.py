"""The Git data API: blobs, trees, commits and references, and what GitHub refuses about them.

References cannot be made in an empty repository, and objects neither; a branch moves forward only,
unless forced; and rules of the branch hold for everybody.
"""

import base64
import binascii
import re

from sandbox.github import shapes
from sandbox.github.call import Call, Json, Refusal, Reply
from sandbox.github.git import KINDS, Author, BadObject, Commit, Git, Item
from sandbox.github.world import Repository

LARGEST_BLOB = 100_000_000
SHA = re.compile(r"[0-9a-f]{40}")
_ILL = re.compile(r"(?:^|/)(?:\.{0,2}|\.git)(?:/|$)", re.IGNORECASE)


def _where(call: Call) -> tuple[Repository, Git]:
    repository = call.repository()
    if not repository.git.refs and not repository.git.commits:
        raise Refusal(409, "Git Repository is empty.")
    return repository, repository.git


def _writable(call: Call) -> tuple[Repository, Git]:
    call.repository()
    call.may_push()
    repository, git = _where(call)
    if repository.archived:
        raise Refusal(403, "Repository was archived so is read-only.")
    return repository, git


def _wanted(call: Call, name: str, kind: type = str) -> Json:
    value = call.body.get(name) if isinstance(call.body, dict) else None
    if not isinstance(value, kind):
        raise Refusal(422, f'Invalid request.\n\n"{name}" wasn\'t supplied.')
    return value


# --- blobs -----------------------------------------------------------------------------------------


def _make_blob(call: Call) -> Reply:
    repository, git = _writable(call)
    content, encoding = _wanted(call, "content"), call.body.get("encoding", "utf-8")
    try:
        data = base64.b64decode(content, validate=True) if encoding == "base64" else content.encode()
    except (binascii.Error, UnicodeEncodeError):
        raise Refusal(422, "content is not valid Base64") from None
    if len(data) > LARGEST_BLOB:
        raise Refusal(422, "blob is too large")
    sha = git.blob(data)
    return Reply({"sha": sha, "url": f"{call.base}{_path(repository)}/git/blobs/{sha}"}, 201)


def _show_blob(call: Call) -> Reply:
    repository, git = _where(call)
    sha = call.path["sha"]
    data = git.blobs.get(sha)
    if data is None:
        raise Refusal(404, "Not Found")
    return Reply(
        {
            "sha": sha,
            "node_id": f"B_{sha[:20]}",
            "size": len(data),
            "url": f"{call.base}{_path(repository)}/git/blobs/{sha}",
            "content": base64.encodebytes(data).decode(),
            "encoding": "base64",
        }
    )


# --- trees -----------------------------------------------------------------------------------------


def _make_tree(call: Call) -> Reply:
    repository, git = _writable(call)
    base, lines = call.body.get("base_tree"), _wanted(call, "tree", list)
    if base is not None and (base := _tree(git, str(base))) is None:
        raise Refusal(404, "Not Found")
    if not lines:
        raise Refusal(422, "Invalid tree info")
    try:
        sha = git.changed(base, dict(_line(git, line) for line in lines))
    except BadObject as error:
        raise Refusal(422, str(error)) from None
    return Reply(_listing(call, repository, sha, recursive=False), 201)


def _tree(git: Git, name: str) -> str | None:
    """Return the tree a tree's hash, a commit's hash or a branch names."""
    if name in git.trees:
        return name
    commit = git.resolved(name)
    return commit.tree if commit else None


def _line(git: Git, line: Json) -> tuple[str, Item | None]:
    path = line.get("path") if isinstance(line, dict) else None
    if not isinstance(path, str) or _ILL.search(path):
        raise Refusal(422, "tree.path contains a malformed path component")
    mode, content = line.get("mode"), line.get("content")
    if mode not in KINDS or line.get("type", KINDS[mode]) != KINDS[mode]:
        raise Refusal(422, "Must supply a valid tree.mode")
    if "sha" in line and content is not None:
        raise Refusal(422, "Must supply either tree.sha or tree.content, not both")
    if content is not None:
        return path, Item(path, mode, git.blob(content.encode()))
    if line.get("sha", "") is None:
        return path, None
    known = {"blob": set(git.blobs), "tree": set(git.trees), "commit": set(git.commits)}
    if line.get("sha") not in known[KINDS[mode]]:
        raise Refusal(422, f"tree.sha {line.get('sha')} is not a valid {KINDS[mode]}")
    return path, Item(path, mode, line["sha"])


def _show_tree(call: Call) -> Reply:
    repository, git = _where(call)
    sha = _tree(git, call.path["sha"])
    if sha is None:
        raise Refusal(404, "Not Found")
    return Reply(_listing(call, repository, sha, recursive=bool(call.query.get("recursive"))))


def _listing(call: Call, repository: Repository, sha: str, *, recursive: bool) -> shapes.Shape:
    git, url = repository.git, f"{call.base}{_path(repository)}/git"
    items = list(git.walk(sha) if recursive else git.trees[sha].values())
    shown = []
    for item in items[: git.most_items]:
        line: shapes.Shape = {"path": item.path, "mode": item.mode, "type": item.kind, "sha": item.sha}
        if item.kind == "blob":
            line["size"] = len(git.blobs[item.sha])
        shown.append(line | {"url": f"{url}/{item.kind}s/{item.sha}"})
    return {"sha": sha, "url": f"{url}/trees/{sha}", "tree": shown, "truncated": len(items) > git.most_items}


# --- commits ---------------------------------------------------------------------------------------


def _make_commit(call: Call) -> Reply:
    repository, git = _writable(call)
    message, tree = _wanted(call, "message"), _wanted(call, "tree")
    if tree not in git.trees:
        raise Refusal(422, "Tree SHA does not exist")
    parents = call.body.get("parents") or []
    for parent in parents:
        if not SHA.fullmatch(parent):
            raise Refusal(422, "The parents parameter must contain only valid SHAs")
        if parent not in git.commits:
            raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    author = _said(call, call.body.get("author"))
    committer = _said(call, call.body.get("committer") or call.body.get("author"))
    made = git.commit(tree, parents, message, author, committer, call.forge.now())
    return Reply(commit_shape(call, repository, made), 201)


def _said(call: Call, who: Json) -> Author:
    """Return who is named; if nobody is, it is the account that calls."""
    if not isinstance(who, dict):
        return call.author()
    email = str(who.get("email", ""))
    known = (a.login for a in call.forge.accounts.values() if a.email and a.email == email)
    return Author(str(who.get("name", "")), email, next(known, None))


def commit_shape(call: Call, repository: Repository, of: Commit) -> shapes.Shape:
    """Show a commit as the Git data API does: without accounts."""
    url, html = f"{call.base}{_path(repository)}", f"https://github.com/{repository.owner}/{repository.name}"
    at = shapes.stamp(of.at)
    return {
        "sha": of.sha,
        "node_id": f"C_{of.sha[:20]}",
        "url": f"{url}/git/commits/{of.sha}",
        "html_url": f"{html}/commit/{of.sha}",
        "author": {"name": of.author.name, "email": of.author.email, "date": at},
        "committer": {"name": of.committer.name, "email": of.committer.email, "date": at},
        "tree": {"sha": of.tree, "url": f"{url}/git/trees/{of.tree}"},
        "message": of.message,
        "parents": [shapes.parent(call.base, repository, sha) for sha in of.parents],
        "verification": dict.fromkeys(("signature", "payload", "verified_at"))
        | {"verified": False, "reason": "unsigned"},
    }


def _show_commit(call: Call) -> Reply:
    repository, git = _where(call)
    commit = git.commits.get(call.path["sha"])
    if commit is None:
        raise Refusal(404, "Not Found")
    return Reply(commit_shape(call, repository, commit))


# --- references ------------------------------------------------------------------------------------


def _reference(call: Call, repository: Repository, name: str) -> Reply:
    sha, url = repository.git.refs[name], f"{call.base}{_path(repository)}/git"
    return Reply(
        {
            "ref": f"refs/{name}",
            "node_id": f"REF_{name}",
            "url": f"{url}/refs/{name}",
            "object": {"type": "commit", "sha": sha, "url": f"{url}/commits/{sha}"},
        }
    )


def _show_ref(call: Call) -> Reply:
    repository, git = _where(call)
    if call.path["ref"] not in git.refs:
        raise Refusal(404, "Not Found")
    return _reference(call, repository, call.path["ref"])


def _make_ref(call: Call) -> Reply:
    repository, git = _writable(call)
    full, sha = _wanted(call, "ref"), _wanted(call, "sha")
    if not re.fullmatch(r"refs/[\w-]+/[\w./-]+", full) or ".." in full:
        raise Refusal(422, f"{full} is not a valid ref name.")
    if full.removeprefix("refs/") in git.refs:
        raise Refusal(422, "Reference already exists")
    if sha not in git.commits:
        raise Refusal(422, "Object does not exist")
    git.refs[full.removeprefix("refs/")] = sha
    call.forge.changed()
    made = _reference(call, repository, full.removeprefix("refs/"))
    return Reply(made.body, 201)


def _move_ref(call: Call) -> Reply:
    repository, git = _writable(call)
    name, sha = call.path["ref"], _wanted(call, "sha")
    if name not in git.refs:
        raise Refusal(422, "Reference does not exist")
    if sha not in git.commits:
        raise Refusal(422, "Object does not exist")
    if not git.precedes(git.refs[name], sha):
        if call.body.get("force") is not True:
            raise Refusal(422, "Update is not a fast forward")
        _obey(repository, name, "non_fast_forward", "Cannot force-push to this branch")
    if git.refs[name] != sha:
        git.refs[name] = sha
        call.forge.changed()
    return _reference(call, repository, name)


def _drop_ref(call: Call) -> Reply:
    repository, git = _writable(call)
    name = call.path["ref"]
    if name not in git.refs:
        raise Refusal(422, "Reference does not exist")
    _obey(repository, name, "deletion", "Cannot delete this branch")
    del git.refs[name]
    call.forge.changed()
    return Reply(status=204)


def _obey(repository: Repository, ref: str, rule: str, because: str) -> None:
    if rule in repository.rules.get(ref.removeprefix("heads/"), ()):
        raise Refusal(422, f"Repository rule violations found\n\n{because}\n\n")


def _path(repository: Repository) -> str:
    return f"/repos/{repository.owner}/{repository.name}"


_GIT = "/repos/{owner}/{repo}/git"
ROUTES = (
    ("POST", f"{_GIT}/blobs", _make_blob),
    ("GET", f"{_GIT}/blobs/{{sha}}", _show_blob),
    ("POST", f"{_GIT}/trees", _make_tree),
    ("GET", f"{_GIT}/trees/{{sha:path}}", _show_tree),
    ("POST", f"{_GIT}/commits", _make_commit),
    ("GET", f"{_GIT}/commits/{{sha}}", _show_commit),
    ("GET", f"{_GIT}/ref/{{ref:path}}", _show_ref),
    ("POST", f"{_GIT}/refs", _make_ref),
    ("PATCH", f"{_GIT}/refs/{{ref:path}}", _move_ref),
    ("DELETE", f"{_GIT}/refs/{{ref:path}}", _drop_ref),
)
