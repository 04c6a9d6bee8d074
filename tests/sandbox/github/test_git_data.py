"""The stand-in's repositories: objects as git names them, and the refusals of GitHub's Git data API."""

import base64
import shutil
import subprocess
import zlib

import httpx
import pytest

from sandbox.github import Author, Git, GitHub
from sandbox.github.git import FILE
from tests.switchboard import plugged

ADA = Author("Ada", "ada@acme.example", "ada")


@pytest.fixture
def github():
    stand_in = GitHub()
    stand_in.forge.add_organisation("acme", "ada")
    stand_in.forge.add_repository("acme", "evidence")
    return stand_in


@pytest.fixture
def repository(github):
    return github.forge.repositories["acme/evidence"]


@pytest.fixture
def begun(github, repository):
    """Return the first commit of the repository."""
    return github.forge.push(repository, {"README.md": b"Evidence.\n", "a/b/c.txt": b"c\n"}, "Begin", ADA)


@pytest.fixture
def ask(github):
    with plugged(github) as url:
        client = httpx.Client(
            base_url=f"{url}/repos/acme/evidence", headers={"authorization": f"token {github.token}"}
        )

        def ask(verb, to, body=None, **query):
            return client.request(verb, to, json=body, params=query)

        yield ask
        client.close()


def write(ask, parent, path, content):
    """Write a file the way a client does, up to the commit; no branch moves."""
    base = ask("GET", f"/git/commits/{parent}").json()["tree"]["sha"]
    line = {"path": path, "mode": FILE, "type": "blob", "content": content}
    tree = ask("POST", "/git/trees", {"base_tree": base, "tree": [line]}).json()["sha"]
    body = {"message": f"Write {path}", "tree": tree, "parents": [parent]}
    return ask("POST", "/git/commits", body).json()["sha"]


def test_objects_have_the_names_git_gives_them():
    git = Git()

    assert git.blob(b"what is up, doc?") == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"
    assert git.blob(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert git.tree({}) == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_itself_finds_nothing_wrong_with_the_objects(github, repository, begun, tmp_path):
    github.forge.push(repository, {"a.txt": b"1", "a/d": b"2", "a-b": b"3", "a/b/c.txt": None}, "Go on", ADA)
    git, store = repository.git, tmp_path / ".git"
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    for sha, data in raw_objects(git):
        place = store / "objects" / sha[:2]
        place.mkdir(exist_ok=True)
        (place / sha[2:]).write_bytes(zlib.compress(data))
    (store / "refs" / "heads" / "main").write_text(git.refs["heads/main"] + "\n")
    (store / "HEAD").write_text("ref: refs/heads/main\n")

    checked = subprocess.run(
        ["git", "-C", tmp_path, "fsck", "--strict", "--no-dangling"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (checked.returncode, checked.stderr) == (0, "")


def raw_objects(git):
    for sha, data in git.blobs.items():
        yield sha, b"blob %d\0" % len(data) + data
    for sha, folder in git.trees.items():
        lines = sorted(folder.values(), key=lambda i: i.path + ("/" if i.kind == "tree" else ""))
        data = b"".join(f"{i.mode.lstrip('0')} {i.path}\0".encode() + bytes.fromhex(i.sha) for i in lines)
        yield sha, b"tree %d\0" % len(data) + data
    for sha, commit in git.commits.items():
        who = f"{commit.author.name} <{commit.author.email}> {int(commit.at.timestamp())} +0000"
        lines = [f"tree {commit.tree}", *(f"parent {p}" for p in commit.parents)]
        data = "\n".join([*lines, f"author {who}", f"committer {who}", "", commit.message]).encode()
        yield sha, b"commit %d\0" % len(data) + data


def test_a_commit_reaches_the_branch_only_when_the_branch_is_moved(ask, repository, begun):
    made = write(ask, begun.sha, "x/y.txt", "ü\n")
    before = ask("GET", "/git/ref/heads/main").json()["object"]["sha"]
    moved = ask("PATCH", "/git/refs/heads/main", {"sha": made, "force": False})

    assert before == begun.sha
    assert moved.status_code == 200
    assert repository.git.files("main") == {
        "README.md": b"Evidence.\n",
        "a/b/c.txt": b"c\n",
        "x/y.txt": "ü\n".encode(),
    }


def test_a_branch_moves_forward_only(ask, begun):
    first, second = write(ask, begun.sha, "1", "1"), write(ask, begun.sha, "2", "2")
    ask("PATCH", "/git/refs/heads/main", {"sha": first})
    refused = ask("PATCH", "/git/refs/heads/main", {"sha": second})
    forced = ask("PATCH", "/git/refs/heads/main", {"sha": second, "force": True})

    assert (refused.status_code, refused.json()["message"]) == (422, "Update is not a fast forward")
    assert forced.json()["object"]["sha"] == second


def test_rules_of_the_branch_hold_for_the_bot_too(ask, repository, begun):
    repository.rules["main"] = {"non_fast_forward", "deletion"}
    other = write(ask, begun.sha, "1", "1")
    ask("PATCH", "/git/refs/heads/main", {"sha": other})
    forced = ask("PATCH", "/git/refs/heads/main", {"sha": begun.sha, "force": True})
    dropped = ask("DELETE", "/git/refs/heads/main")

    assert forced.status_code == dropped.status_code == 422
    assert "Repository rule violations found" in forced.json()["message"]
    assert {rule["type"] for rule in ask("GET", "/rules/branches/main").json()} == repository.rules["main"]
    assert repository.git.refs["heads/main"] == other


def test_an_empty_repository_takes_nothing_but_a_first_file(ask, repository):
    answers = [
        ask("GET", "/git/ref/heads/main").status_code,
        ask("POST", "/git/blobs", {"content": "x"}).status_code,
        ask("POST", "/git/trees", {"tree": [{"path": "x", "mode": FILE, "content": "x"}]}).status_code,
        ask("POST", "/git/refs", {"ref": "refs/heads/main", "sha": "0" * 40}).status_code,
    ]
    first = {"message": "Begin", "content": base64.b64encode(b"Evidence.\n").decode()}
    begun = ask("PUT", "/contents/README.md", first)

    assert answers == [409, 409, 409, 409]
    assert begun.status_code == 201
    assert repository.git.files("main") == {"README.md": b"Evidence.\n"}


def test_a_tree_over_another_keeps_changes_and_takes_away(ask, repository, begun):
    blob = ask("POST", "/git/blobs", {"content": base64.b64encode(b"\xff\0").decode(), "encoding": "base64"})
    lines = [
        {"path": "a/b/c.txt", "mode": FILE, "type": "blob", "sha": None},
        {"path": "a/d", "mode": FILE, "type": "blob", "sha": blob.json()["sha"]},
    ]
    made = ask("POST", "/git/trees", {"base_tree": begun.tree, "tree": lines}).json()
    listed = ask("GET", f"/git/trees/{made['sha']}", recursive="1").json()

    assert [one["path"] for one in made["tree"]] == ["README.md", "a"]
    assert [one["path"] for one in listed["tree"]] == ["README.md", "a", "a/d"]
    assert base64.b64decode(ask("GET", f"/git/blobs/{blob.json()['sha']}").json()["content"]) == b"\xff\0"


def test_the_same_content_is_the_same_tree(ask, begun):
    same = {"path": "README.md", "mode": FILE, "type": "blob", "content": "Evidence.\n"}

    assert ask("POST", "/git/trees", {"base_tree": begun.tree, "tree": [same]}).json()["sha"] == begun.tree


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"path": "/x", "mode": FILE, "content": ""}, "tree.path contains a malformed path component"),
        ({"path": "x/../y", "mode": FILE, "content": ""}, "tree.path contains a malformed path component"),
        ({"path": "x", "mode": "100600", "content": ""}, "Must supply a valid tree.mode"),
        ({"path": "x", "mode": FILE, "sha": "0" * 40}, f"tree.sha {'0' * 40} is not a valid blob"),
        ({"path": "x", "mode": FILE, "sha": None}, "GitRPC::BadObjectState"),
    ],
)
def test_a_line_that_makes_no_tree_is_refused(ask, begun, line, message):
    refused = ask("POST", "/git/trees", {"base_tree": begun.tree, "tree": [line]})

    assert (refused.status_code, refused.json()["message"]) == (422, message)


def test_what_is_not_there_is_not_found(ask, begun):
    for path in ("/git/ref/heads/other", f"/git/commits/{'0' * 40}", f"/git/trees/{'0' * 40}", "/contents/x"):
        assert ask("GET", path).status_code == 404
    nowhere = ask("PATCH", "/git/refs/heads/other", {"sha": begun.sha})
    twice = ask("POST", "/git/refs", {"ref": "refs/heads/main", "sha": begun.sha})

    assert (nowhere.status_code, nowhere.json()["message"]) == (422, "Reference does not exist")
    assert (twice.status_code, twice.json()["message"]) == (422, "Reference already exists")


def test_a_token_that_may_only_read_writes_nothing(github, ask, begun):
    github.scopes = "read:org"

    assert ask("GET", "/contents/README.md").status_code == 200
    assert ask("POST", "/git/blobs", {"content": "x"}).status_code == 403


def test_a_rewritten_branch_has_diverged_from_what_it_was(github, ask, repository, begun):
    lost = github.forge.push(repository, {"x": b"1"}, "Write x", ADA)
    ahead = ask("GET", f"/compare/{begun.sha}...main").json()
    github.forge.push(repository, {"x": b"2"}, "Write another x", ADA, onto=begun.sha)
    after = ask("GET", f"/compare/{lost.sha}...main").json()

    assert (ahead["status"], ahead["ahead_by"], ahead["behind_by"]) == ("ahead", 1, 0)
    assert (after["status"], after["ahead_by"], after["behind_by"]) == ("diverged", 1, 1)
    assert [one["filename"] for one in ahead["files"]] == ["x"]


def test_a_large_file_is_read_by_its_blob_alone(github, ask, repository, begun):
    github.forge.push(repository, {"large": b"x" * 1_000_001}, "Write much", ADA)
    shown = ask("GET", "/contents/large").json()

    assert (shown["encoding"], shown["content"], shown["size"]) == ("none", "", 1_000_001)


def test_the_history_of_a_file_names_the_commits_that_touched_it(github, ask, repository, begun):
    written = github.forge.push(repository, {"x/y": b"1"}, "Write x/y", ADA)
    github.forge.push(repository, {"z": b"1"}, "Write z", ADA)

    assert [one["sha"] for one in ask("GET", "/commits", path="x/y").json()] == [written.sha]
    assert len(ask("GET", "/commits").json()) == 3
