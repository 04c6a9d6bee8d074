"""Who wrote a change: accounts GitHub vouches for; everybody else is counted, and nobody is dropped."""

from datetime import UTC, datetime

import pytest

from integrations.github_client import GitHubConnection
from integrations.github_commits import GitHubCommits
from sandbox.github import Author
from workflows.errors import Declined, Unavailable

LINUS = Author("Linus", "linus@acme.example", "linus")
GITHUB = Author("GitHub", "noreply@github.com", "web-flow")
NIGHT = datetime(2026, 11, 24, 2, 10, tzinfo=UTC)


@pytest.fixture
def repository(github):
    return github.forge.add_repository("acme", "payments")


@pytest.fixture
def commits(github, github_url):
    return GitHubCommits(GitHubConnection(github_url, token=github.token))


def address(commit):
    return f"https://github.com/acme/payments/commit/{commit.sha}"


def co_authored(*people):
    return "Roll back\n\n" + "\n".join(f"Co-authored-by: {person}" for person in people)


def test_author_and_committer_both_wrote_it(github, repository, commits):
    grace = Author("Grace", "grace@acme.example", "grace")
    commit = github.forge.commit(repository, "Roll back", LINUS, grace)

    assert commits.authors(address(commit)).accounts == {"linus", "grace"}


def test_github_itself_is_nobody(github, repository, commits):
    commit = github.forge.commit(repository, "Roll back", LINUS, GITHUB)

    wrote = commits.authors(address(commit))
    assert (wrote.accounts, wrote.unresolved) == ({"linus"}, 0)


def test_an_author_without_an_account_is_counted(github, repository, commits):
    commit = github.forge.commit(repository, "Roll back", Author("Eve", "eve@nowhere.example"))

    wrote = commits.authors(address(commit))
    assert (wrote.accounts, wrote.unresolved) == (frozenset(), 1)


def test_co_authors_are_resolved_by_the_address_github_gave_them_or_by_search(github, repository, commits):
    grace = github.forge.account("grace")
    message = co_authored(
        f"Grace <{grace.id}+grace@users.noreply.github.com>",
        "Ada <ADA@acme.example>",
        "Eve <eve@nowhere.example>",
    )
    commit = github.forge.commit(repository, message, LINUS)

    wrote = commits.authors(address(commit))
    assert (wrote.accounts, wrote.unresolved) == ({"linus", "grace", "ada"}, 1)


def test_an_address_that_claims_another_accounts_name_is_not_believed(github, repository, commits):
    commit = github.forge.commit(repository, co_authored("Grace <1+grace@users.noreply.github.com>"), LINUS)

    wrote = commits.authors(address(commit))
    assert (wrote.accounts, wrote.unresolved) == ({"linus"}, 1)


def test_one_person_named_twice_is_one(github, repository, commits):
    commit = github.forge.commit(
        repository, co_authored("E <eve@nowhere.example>", "Eve <EVE@nowhere.example>"), LINUS
    )

    assert commits.authors(address(commit)).unresolved == 1


@pytest.mark.parametrize("tail", ["", "/", "/files", "/commits"])
def test_a_pull_request_was_written_by_whoever_opened_it_and_whoever_committed(
    github, repository, commits, tail
):
    first = github.forge.commit(repository, "One", LINUS)
    second = github.forge.commit(repository, co_authored("Ada <ada@acme.example>"), LINUS)
    github.forge.pull(repository, "Roll back", "grace", first, second)

    wrote = commits.authors(f"https://github.com/acme/payments/pull/1{tail}?diff=split#top")
    assert (wrote.accounts, wrote.unresolved) == ({"linus", "grace", "ada"}, 0)


def test_a_commit_inside_a_pull_request_is_that_commit(github, repository, commits):
    commit = github.forge.commit(repository, "One", LINUS)
    github.forge.pull(repository, "Roll back", "grace", commit)

    wrote = commits.authors(f"https://github.com/acme/payments/pull/1/commits/{commit.sha}")
    assert wrote.accounts == {"linus"}


def test_commits_github_does_not_list_are_counted_as_unresolved(github, repository, commits):
    many = [github.forge.commit(repository, f"No. {number}", LINUS) for number in range(253)]
    github.forge.pull(repository, "Everything", "linus", *many)

    wrote = commits.authors("https://github.com/acme/payments/pull/1")
    assert (wrote.accounts, wrote.unresolved) == ({"linus"}, 3)


@pytest.mark.parametrize("path", ["commit/" + "0" * 40, "commit/abcdef0", "pull/7"])
def test_what_is_not_in_a_repository_that_is_seen_is_absent(github, repository, commits, path):
    github.forge.commit(repository, "One", LINUS)

    assert commits.authors(f"https://github.com/acme/payments/{path}") is None


def test_an_empty_repository_has_no_commits(repository, commits):
    assert commits.authors("https://github.com/acme/payments/commit/" + "0" * 40) is None


def test_a_repository_the_bot_may_not_see_is_not_an_absence(github, repository, commits):
    commit = github.forge.commit(repository, "One", LINUS)
    repository.hidden = True

    with pytest.raises(Declined, match="read access"):
        commits.authors(address(commit))


@pytest.mark.parametrize(
    "reference",
    [
        "https://evil.example/acme/payments/commit/" + "a" * 40,
        "https://github.com.evil.example/acme/payments/commit/" + "a" * 40,
        "https://github.com@evil.example/acme/payments/commit/" + "a" * 40,
        "https://github.com/acme/payments/tree/main",
        "https://github.com/acme/payments/commit/main",
        "https://github.com/acme/../../user/commit/abcdef0",
        "https://github.com/acme/../commit/abcdef0",
        "https://github.com/../acme/pull/1",
        "javascript:alert(1)",
        "abcdef0",
        "",
    ],
)
def test_an_address_that_is_no_commit_and_no_pull_request_is_declined_unasked(github, commits, reference):
    with pytest.raises(Declined):
        commits.authors(reference)
    assert github.traffic == []


@pytest.mark.parametrize(
    ("method_path", "fault"),
    [
        ("/repos/acme/payments/commits/", {"kind": "status", "status": 502}),
        ("/repos/acme/payments/commits/", {"kind": "malformed"}),
        ("/repos/acme/payments/commits/", {"kind": "status", "status": 200, "body": {"sha": "1"}}),
        ("/search/users", {"kind": "status", "status": 503}),
        (
            "/search/users",
            {"kind": "status", "status": 200, "body": {"total_count": 0, "incomplete_results": True}},
        ),
        ("/search/users", {"kind": "drop"}),
    ],
)
def test_not_knowing_who_wrote_it_is_unavailable(github, repository, commits, method_path, fault):
    commit = github.forge.commit(repository, co_authored("Ada <ada@acme.example>"), LINUS)
    github.fail("GET", method_path, **fault)

    with pytest.raises(Unavailable):
        commits.authors(address(commit))


def test_another_github_has_other_addresses(github, repository, commits):
    commit = github.forge.commit(repository, "One", LINUS)
    elsewhere = GitHubCommits(commits._connection, web_url="https://git.acme.example")

    assert elsewhere.authors(f"https://git.acme.example/acme/payments/commit/{commit.sha}") is not None
    with pytest.raises(Declined):
        elsewhere.authors(address(commit))


# --- deployments -----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["https://github.com", "https://api.github.com/repos"])
def test_whoever_started_a_deployment_deployed_it(github, repository, commits, where):
    deployed = github.forge.deploy(repository, "production", NIGHT, by="grace")

    found = commits.deployers(f"{where}/acme/payments/deployments/{deployed.id}")
    assert (found.accounts, found.unresolved) == ({"grace"}, 0)
    assert found.numbers["grace"] == str(github.forge.account("grace").id)


def test_a_deployment_by_a_program_was_started_by_somebody_nobody_can_tell(github, repository, commits):
    github.forge.add_account("deployer[bot]")
    deployed = github.forge.deploy(repository, "production", NIGHT, by="deployer[bot]")

    found = commits.deployers(f"https://github.com/acme/payments/deployments/{deployed.id}")
    assert (found.accounts, found.unresolved) == (frozenset(), 1)


def test_what_is_no_deployment_or_not_there_was_deployed_by_nobody(github, repository, commits):
    commit = github.forge.commit(repository, "Roll back", LINUS)

    assert commits.deployers(address(commit)) is None
    assert commits.deployers("https://github.com/acme/payments/deployments/production") is None
    assert commits.deployers("https://github.com/acme/payments/deployments/999999") is None
