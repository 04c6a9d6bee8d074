"""The evidence repository on GitHub: what gets lost, who is slower, what is refused, and what the doctor says."""

import pytest

from integrations.github_client import GitHubConnection
from integrations.github_evidence import GitHubEvidence
from sandbox.github import Author
from workflows.errors import Declined, Misconfigured, Unavailable

REPO = "/repos/acme/evidence"
ADA = Author("Ada", "ada@acme.example")


@pytest.fixture
def kept(github):
    return github.forge.add_repository("acme", "evidence")


@pytest.fixture
def repository(github_url, github, kept):
    return GitHubEvidence(GitHubConnection(github_url, token=github.token), "acme/evidence")


def write(repository, **files):
    return repository.write(lambda _: files, "Write")


def history(kept):
    return [c.message for c in kept.git.history(kept.git.refs["heads/main"])]


@pytest.mark.parametrize(
    "name", ["evidence", "acme/evidence/more", "acme/..", "../evidence", "a b/c", "a/b#"]
)
def test_a_name_that_names_no_repository_stops_the_start(name):
    with pytest.raises(Misconfigured, match="owner/name"):
        GitHubEvidence(GitHubConnection("http://127.0.0.1:9", token="t"), name)


def test_a_branch_may_be_named(github_url, github, kept):
    github.forge.push(kept, {"code.py": b""}, "Somebody's code", ADA)
    repository = GitHubEvidence(GitHubConnection(github_url, token=github.token), "acme/evidence#kept/here")
    commit = write(repository, a=b"1")

    assert kept.git.refs["heads/kept/here"] == commit
    assert kept.git.files("kept/here") == {"a": b"1"}
    assert repository.holds(commit)


@pytest.mark.parametrize("step", ["POST .*/git/trees", "POST .*/git/commits", "PATCH .*/git/refs"])
@pytest.mark.parametrize("kind", ["status", "drop", "malformed"])
def test_an_answer_that_got_lost_costs_no_second_commit(github, kept, repository, step, kind):
    write(repository, a=b"1")
    verb, path = step.split()
    github.fail(verb, path, kind, after=True)
    with pytest.raises(Unavailable):
        write(repository, b=b"2")
    write(repository, b=b"2")

    assert kept.git.files("main")["b"] == b"2"
    assert history(kept).count("Write") == 2


def test_a_limit_that_is_reached_says_when_to_come_back(github, kept, repository):
    write(repository, a=b"1")
    body = {"message": "You have exceeded a secondary rate limit."}
    github.fail("POST", f"{REPO}/git/trees", status=429, headers={"retry-after": "60"}, body=body)

    with pytest.raises(Unavailable) as caught:
        write(repository, b=b"2")
    assert caught.value.retry_after == 60


def test_what_is_no_text_is_sent_once_though_the_rest_goes_wrong(github, kept, repository):
    write(repository, a=b"1")
    github.fail("POST", f"{REPO}/git/trees", times=1)
    with pytest.raises(Unavailable):
        write(repository, tile=b"\xff\0")
    write(repository, tile=b"\xff\0")

    assert len(github.calls("POST", f"{REPO}/git/blobs")) == 1
    assert kept.git.files("main")["tile"] == b"\xff\0"


def test_a_branch_that_keeps_moving_is_left_for_later(github, kept, repository):
    write(repository, a=b"1")

    def compose(_):
        github.forge.push(kept, {}, "Somebody else", ADA)
        return {"b": b"2"}

    with pytest.raises(Unavailable, match="again and again"):
        repository.write(compose, "Write b")
    assert "b" not in kept.git.files("main")


def test_a_repository_that_disappears_is_not_an_empty_one(kept, repository):
    write(repository, a=b"1")
    latest = repository.latest()
    kept.hidden = True

    for ask in (repository.latest, lambda: latest.read("a"), lambda: write(repository, b=b"2")):
        with pytest.raises(Declined, match="EVIDENCE_REPOSITORY"):
            ask()


@pytest.mark.parametrize("archived", [True, False])
def test_a_repository_that_may_not_be_written_to_says_so(github, kept, repository, archived):
    write(repository, a=b"1")
    kept.archived = archived
    github.scopes = "repo" if archived else "read:org"

    with pytest.raises(Declined):
        write(repository, b=b"2")


def test_a_rule_of_the_branch_that_stops_the_bot_is_quoted(github, kept, repository):
    write(repository, a=b"1")
    body = {"message": "Repository rule violations found\n\nChanges must be made through a pull request.\n\n"}
    github.fail("PATCH", f"{REPO}/git/refs/heads/main", status=422, body=body)

    with pytest.raises(Declined, match="through a pull request"):
        write(repository, b=b"2")


def test_a_listing_that_is_cut_short_is_walked_folder_by_folder(github, kept, repository):
    files = {f"c/{n % 3}/{n}": b"%d" % n for n in range(12)}
    repository.write(lambda _: files, "Write")
    kept.git.most_items = 5

    assert set(repository.latest().listing("c")) == set(files)


def test_a_folder_with_too_much_directly_in_it_is_not_half_known(github, kept, repository):
    repository.write(lambda _: {f"c/{n}": b"" for n in range(12)}, "Write")
    kept.git.most_items = 5

    with pytest.raises(Unavailable, match="half a listing"):
        repository.latest().listing("c")


def test_a_large_file_is_read_whole(kept, repository):
    write(repository, large=b"x" * 1_200_000)

    assert repository.latest().read("large") == b"x" * 1_200_000


def test_a_write_to_a_known_branch_costs_five_requests_and_the_next_one_four(github, kept, repository):
    github.forge.push(kept, {"a": b"1"}, "Begin", ADA)
    counts = []
    for n in range(2):
        before = len(github.traffic)
        write(repository, b=b"%d" % n)
        counts.append(len(github.traffic) - before)

    assert counts == [5, 4]


def test_commits_are_made_by_the_bot_and_name_nobody_else(github, kept, repository):
    write(repository, a=b"1")

    made = kept.git.commits[kept.git.refs["heads/main"]]
    assert made.author == made.committer
    assert (made.author.login, made.author.email) == (
        "ecbot",
        f"{github.bot.id}+ecbot@users.noreply.github.com",
    )


# --- what the doctor says --------------------------------------------------------------------------


def wrong(repository):
    return [f.remedy for f in repository.check() if not f.ok]


@pytest.fixture
def as_app(github, github_url, kept, private_key):
    github.app_permissions = {"contents": "write", "pull_requests": "write", "metadata": "read"}
    kept.rules["main"] = {"non_fast_forward", "deletion"}
    github.forge.push(kept, {".github/CODEOWNERS": b"* @acme/security\n"}, "Begin", ADA)
    connection = GitHubConnection(github_url, app_id="4242", private_key=private_key, installation_id=77)
    return GitHubEvidence(connection, "acme/evidence")


def test_a_repository_that_is_set_up_well_passes_every_check(as_app):
    assert wrong(as_app) == []
    assert len(as_app.check()) == 6


def test_each_thing_that_is_missing_has_its_remedy(github, kept, as_app):
    github.app_permissions = {"contents": "read", "members": "write", "metadata": "read"}
    kept.private = False
    kept.rules.clear()
    github.forge.push(kept, {".github/CODEOWNERS": None}, "Nobody owns this", ADA)

    assert wrong(as_app) == [
        "Everybody can read it; make it private in the repository's settings.",
        "Give the App the repository permission contents: write, pull_requests: write.",
        "Add a ruleset for main with Block force pushes and Restrict deletions, and nobody in its bypass list.",
        "Add .github/CODEOWNERS with one line: * @your-organisation/security.",
    ]


def passed_by(repository):
    """Return what the doctor says about who may go past the rules."""
    [line] = [f for f in repository.check() if "go past" in f.what]
    return line


def test_who_may_go_past_the_rules_is_shown_to_whoever_may_edit_them(github, kept, as_app):
    hidden = passed_by(as_app)
    github.app_permissions["administration"] = "write"
    nobody = passed_by(as_app)
    kept.bypass = ["Team", "RepositoryRole"]
    somebody = passed_by(as_app)

    assert (hidden.ok, hidden.seen) == (True, False)
    assert "see that it is empty in Settings › Rules" in hidden.remedy
    assert (nobody.ok, nobody.seen, nobody.remedy) == (True, True, "")
    assert somebody.remedy == (
        "The bypass list of the ruleset “Evidence stays” has 2 (RepositoryRole, Team); empty it."
    )


def test_a_bot_that_may_go_past_the_rules_itself_is_told_so_though_it_sees_no_list(kept, as_app):
    kept.bypass = ["Integration"]

    assert passed_by(as_app).remedy == (
        "The bot itself may go past the ruleset “Evidence stays”; take it out of the bypass list."
    )


@pytest.fixture
def hooks(github):
    github.hooks.subscribe("http://127.0.0.1:9/github/webhooks", "s3cret")
    github.hooks.deliveries.clear()
    return github.hooks


def test_a_webhook_of_the_repository_is_looked_at_by_whoever_may_see_it(hooks, kept, repository):
    well = repository.check_webhook()
    hooks.events, hooks.active, hooks.content_type = ["push"], False, "form"
    wrong = repository.check_webhook()
    hooks.unsubscribe()
    none = repository.check_webhook()

    assert (well.ok, well.seen, well.remedy) == (True, True, "")
    assert [word in wrong.remedy for word in ("active", "Pull request reviews", "application/json")] == [
        True
    ] * 3
    assert none.remedy.startswith("Add a webhook that leads to https://…/github/webhooks")


def test_a_webhook_nobody_may_see_is_no_fault_and_says_where_to_look(github, hooks, as_app):
    hidden = as_app.check_webhook()
    github.app_permissions["repository_hooks"] = "read"
    shown = as_app.check_webhook()

    github.fail("GET", "/repos/acme/evidence/hooks", "status", status=403)
    forbidden = as_app.check_webhook()

    assert (hidden.ok, hidden.seen) == (True, False)
    assert forbidden == hidden
    assert "Settings › Webhooks" in hidden.remedy
    assert (shown.ok, shown.seen) == (True, True)


def test_an_apps_own_webhook_will_do(hooks, as_app):
    hooks.of_app = True

    assert as_app.check_webhook() == (True, "GitHub tells the bot of reviews in acme/evidence", "", True)


def test_an_app_that_may_do_more_is_not_the_one_for_evidence(github, as_app):
    github.app_permissions |= {"members": "write"}

    assert wrong(as_app) == ["The App may also write members; use an App of its own for evidence."]


def test_a_repository_nobody_can_see_ends_the_look(kept, as_app):
    kept.hidden = True

    assert len(as_app.check()) == 1
    assert "may not see acme/evidence" in wrong(as_app)[0]


def test_a_token_is_checked_by_its_scopes(github, kept, repository):
    kept.archived = True
    github.forge.push(kept, {"CODEOWNERS": b"* @acme/security\n"}, "Begin", ADA)
    kept.rules["main"] = {"non_fast_forward", "deletion"}
    archived = wrong(repository)
    kept.archived, github.scopes = False, "read:org"
    unscoped = wrong(repository)

    assert archived == ["It is archived, so nothing can be written; unarchive it."]
    assert unscoped == ["Give the token the scope repo, or better: use a GitHub App of its own."]
