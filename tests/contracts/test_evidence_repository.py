"""What every evidence repository promises, fake or real."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from integrations.github_client import GitHubConnection
from integrations.github_evidence import GitHubEvidence
from sandbox.fakes import FakeEvidence
from sandbox.github import Author, GitHub
from tests.switchboard import plugged
from workflows.errors import Conflict, Declined, Unavailable

ADA = Author("Ada", "ada@acme.example")


class FakeBench:
    """The fake, and people's hands in it."""

    def __init__(self):
        self.repository = FakeEvidence()

    def go_down(self):
        self.repository.down = True

    def refuse(self):
        self.repository.declines = "Not you."

    def files(self, branch="main"):
        return self.repository.commits[self.repository.heads[branch]][1]

    def length(self, branch="main"):
        count, head = 0, self.repository.heads.get(branch)
        while head:
            count, head = count + 1, self.repository.commits[head][0]
        return count

    def parent(self, commit):
        return self.repository.commits[commit][0]

    def push_by_hand(self, path, content):
        head = self.repository.heads["main"]
        self.repository.push("main", {**self.files(), path: content}, "By hand", head)

    def rewrite(self, onto):
        self.repository.push("main", dict(self.repository.commits[onto][1]), "Rewritten", onto)

    def delete_branch(self):
        del self.repository.heads["main"]


class GitHubBench:
    """The adapter against the stand-in, and people's hands in that."""

    def __init__(self, url, stand_in):
        self.stand_in, self.forge = stand_in, stand_in.forge
        self.kept = stand_in.forge.add_repository("acme", "evidence")
        self.repository = GitHubEvidence(GitHubConnection(url, token=stand_in.token), "acme/evidence")

    def go_down(self):
        self.stand_in.fail("*", "/", "status", status=503, times=99)

    def refuse(self):
        self.stand_in.scopes = "read:org"

    def files(self, branch="main"):
        return {path: data for path, data in self.kept.git.files(branch).items() if path != "README.md"}

    def length(self, branch="main"):
        """Count commits; the first one only begins the repository."""
        return len(self.kept.git.history(self.kept.git.refs[f"heads/{branch}"])) - 1

    def parent(self, commit):
        return self.kept.git.commits[commit].parents[0]

    def push_by_hand(self, path, content):
        self.forge.push(self.kept, {path: content}, "By hand", ADA)

    def rewrite(self, onto):
        self.forge.push(self.kept, {}, "Rewritten", ADA, onto=onto)

    def delete_branch(self):
        self.forge.force(self.kept, "main", None)


@pytest.fixture(params=["fake", "github"])
def bench(request):
    if request.param == "fake":
        yield FakeBench()
        return
    stand_in = GitHub()
    stand_in.forge.add_organisation("acme", "ada")
    with plugged(stand_in) as url:
        yield GitHubBench(url, stand_in)


@pytest.fixture
def repository(bench):
    return bench.repository


def write(repository, files, message="Write"):
    return repository.write(lambda _: files, message)


def test_files_written_together_are_one_commit(repository, bench):
    commit = write(repository, {"a/x.json": b"{}\n", "a/y.md": "ü\n".encode(), "tile/0/000": b"\xff\0"})

    assert bench.length() == 1
    assert repository.latest().commit == commit
    assert bench.files() == {"a/x.json": b"{}\n", "a/y.md": "ü\n".encode(), "tile/0/000": b"\xff\0"}


def test_nothing_written_yet_is_absence_not_an_error(repository):
    latest = repository.latest()

    assert latest is None or latest.listing("") == {}


def test_writing_again_what_is_there_makes_no_commit(repository, bench):
    first = write(repository, {"a": b"1", "b": b"\0"})
    again = write(repository, {"a": b"1", "b": b"\0"})
    nothing = write(repository, {})

    assert first == again == nothing
    assert bench.length() == 1


def test_what_others_wrote_stays(repository, bench):
    write(repository, {"a": b"1"})
    bench.push_by_hand("b", b"2")
    write(repository, {"c/d": b"3"})

    assert bench.files() == {"a": b"1", "b": b"2", "c/d": b"3"}


def test_a_file_is_read_back_as_it_was_written_and_none_that_is_not_there(repository):
    write(repository, {"a/x": b"1", "a/b": b"\xff\0\n"})
    latest = repository.latest()

    assert (latest.read("a/x"), latest.read("a/b")) == (b"1", b"\xff\0\n")
    assert latest.read("a/z") is None
    assert latest.read("z/a") is None


def test_a_listing_names_every_file_below_a_folder_by_its_content(repository):
    write(repository, {"c/1/x": b"1", "c/2/x": b"1", "c/2/y": b"2", "d": b"3"})
    listing = repository.latest().listing("c")

    assert listing == {
        "c/1/x": repository.content_name(b"1"),
        "c/2/x": repository.content_name(b"1"),
        "c/2/y": repository.content_name(b"2"),
    }
    assert repository.latest().listing("nowhere") == {}


def test_a_snapshot_stays_as_it_was(repository, bench):
    write(repository, {"a": b"1"})
    before = repository.latest()
    write(repository, {"a": b"2"})

    assert before.read("a") == b"1"


def test_a_file_is_taken_away(repository, bench):
    write(repository, {"a": b"1", "b": b"2"})
    write(repository, {"a": None})

    assert bench.files() == {"b": b"2"}


def test_who_was_slower_composes_again_on_what_is_there_by_then(repository, bench):
    write(repository, {"a": b"1"})
    seen = []

    def compose(snapshot):
        seen.append(snapshot.read("a"))
        if len(seen) == 1:
            bench.push_by_hand("a", b"2")
        return {"b": b"after " + seen[-1]}

    write_on = repository.write(compose, "Write b")

    assert seen == [b"1", b"2"]
    assert bench.files() == {"a": b"2", "b": b"after 2"}
    assert repository.latest().commit == write_on


def test_what_composing_raises_ends_the_writing(repository, bench):
    write(repository, {"a": b"1"})

    def passed_on(_):
        raise Conflict("The claim has passed to somebody else.")

    with pytest.raises(Conflict):
        repository.write(passed_on, "Write")
    assert bench.length() == 1


def test_several_writers_at_once_lose_nothing_and_write_nothing_twice(repository, bench):
    write(repository, {"begin": b""})
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: write(repository, {f"f/{n}": b"%d" % n}), range(6)))

    assert bench.files() == {"begin": b"", **{f"f/{n}": b"%d" % n for n in range(6)}}
    assert bench.length() == 7


def test_a_branch_of_its_own_begins_where_the_branch_is(repository, bench):
    base = write(repository, {"a": b"1"})
    proposed = repository.propose("changes/EC-2026-0001", {"p/q": b"2"}, "Propose")

    assert bench.files("changes/EC-2026-0001") == {"a": b"1", "p/q": b"2"}
    assert bench.files() == {"a": b"1"}
    assert bench.parent(proposed) == base


def test_proposing_again_is_quiet_and_proposing_more_goes_on(repository, bench):
    write(repository, {"a": b"1"})
    first = repository.propose("p", {"q": b"2"}, "Propose")
    again = repository.propose("p", {"q": b"2"}, "Propose")
    more = repository.propose("p", {"q": b"3"}, "Propose more")

    assert first == again
    assert bench.parent(more) == first
    assert bench.files("p") == {"a": b"1", "q": b"3"}


def test_the_past_of_the_branch_is_known(repository, bench):
    first = write(repository, {"a": b"1"})
    second = write(repository, {"a": b"2"})

    assert repository.holds(first)
    assert repository.holds(second)
    assert not repository.holds("0" * 40)


def test_a_rewritten_branch_has_lost_a_commit(repository, bench):
    first = write(repository, {"a": b"1"})
    lost = write(repository, {"a": b"2"})
    bench.rewrite(onto=first)

    assert repository.holds(first)
    assert not repository.holds(lost)


def test_a_deleted_branch_holds_nothing_and_is_begun_again(repository, bench):
    lost = write(repository, {"a": b"1"})
    bench.delete_branch()
    gone, held = repository.latest(), repository.holds(lost)
    write(repository, {"b": b"2"})

    assert (gone, held) == (None, False)
    assert bench.files()["b"] == b"2"


def test_a_deleted_branch_begins_again_where_it_was(repository, bench):
    write(repository, {"a": b"1"})
    last = write(repository, {"a": b"2"})
    bench.delete_branch()
    restored, again = repository.restore(last), repository.restore(last)

    assert (restored, again) == (True, False)
    assert repository.latest().commit == last
    assert repository.holds(last)


def test_a_branch_cannot_begin_at_a_commit_that_is_gone_or_while_it_is_there(repository, bench):
    first = write(repository, {"a": b"1"})
    there = repository.restore(first)
    bench.delete_branch()

    assert not there
    assert not repository.restore("0" * 40)


def test_a_repository_that_is_down_is_unavailable_whatever_is_asked(repository, bench):
    commit = write(repository, {"a": b"1"})
    latest = repository.latest()
    bench.go_down()

    asks = [
        repository.latest,
        lambda: write(repository, {"b": b"2"}),
        lambda: repository.propose("p", {"b": b"2"}, "Propose"),
        lambda: repository.holds(commit),
        lambda: repository.restore(commit),
    ]
    if isinstance(bench, GitHubBench):
        asks += [lambda: latest.read("a"), lambda: latest.listing("")]
    for ask in asks:
        with pytest.raises(Unavailable):
            ask()


def test_a_repository_that_refuses_is_declined(repository, bench):
    write(repository, {"a": b"1"})
    bench.refuse()

    with pytest.raises(Declined):
        write(repository, {"b": b"2"})
    assert bench.length() == 1
