"""What every access provider promises, fake or real.

The worker looks before it leaps, and so would hide a provider whose ``grant`` is not safe to call twice.
Two workers racing would not.
"""

import pytest

from integrations.github_client import GitHubConnection
from integrations.github_teams import GitHubTeams
from sandbox.fakes import FakeAccess
from sandbox.github import GitHub
from tests.switchboard import plugged
from workflows.errors import Declined, Unavailable
from workflows.ports import Target

TARGET = Target("github-team", (("organization", "acme"), ("team", "payments-break-glass")))
OTHER = Target("github-team", (("organization", "acme"), ("team", "ledger-break-glass")))
NOWHERE = Target("github-team", (("organization", "acme"), ("team", "no-such-team")))


class FakeBench:
    """The fake, and how to take it down."""

    def __init__(self):
        self.access = FakeAccess([TARGET, OTHER], outsiders=["guest"])

    def go_down(self):
        self.access.down = True

    def held(self):
        return {(str(target), account) for target, account in self.access.held}

    def renames(self, account, to):
        self.access.forgotten.add(account)
        for target, who in [holding for holding in self.access.held if holding[1] == account]:
            self.access.held[target, to] = self.access.held.pop((target, who))

    def accepts(self):
        for holding in self.access.held:
            self.access.held[holding] = True


class GitHubBench:
    """The adapter against the stand-in, and how to take that down."""

    def __init__(self, url, stand_in):
        self.stand_in = stand_in
        self.forge = stand_in.forge
        self.forge.add_organisation("acme", "linus", "grace")
        self.forge.add_account("guest")
        for target in (TARGET, OTHER):
            self.forge.add_team("acme", target["team"])
        self.access = GitHubTeams(GitHubConnection(url, token=stand_in.token))

    def go_down(self):
        self.stand_in.fail("*", "/", "status", status=503, times=99)

    def held(self):
        teams = {
            f"github-team:acme/{team.slug}": (*team.members, *team.pending) for team in self.forge.teams()
        }
        return {(target, account) for target, accounts in teams.items() for account in accounts}

    def renames(self, account, to):
        self.forge.rename_account(account, to)

    def accepts(self):
        self.forge.accept("acme", "guest")


@pytest.fixture(params=["fake", "github"])
def bench(request):
    if request.param == "fake":
        yield FakeBench()
        return
    stand_in = GitHub()
    with plugged(stand_in) as url:
        yield GitHubBench(url, stand_in)


@pytest.fixture
def access(bench):
    return bench.access


def test_who_holds_it_is_listed_without_those_who_are_only_invited(access):
    access.grant(TARGET, "linus")
    access.grant(TARGET, "guest")
    access.grant(OTHER, "grace")

    assert access.holders(TARGET) == {"linus"}


def test_who_holds_it_is_not_known_while_the_provider_is_down(bench, access):
    bench.go_down()

    with pytest.raises(Unavailable):
        access.holders(TARGET)


def test_access_that_was_never_given_is_absent(access):
    assert access.look(TARGET, "linus") is None


def test_an_account_that_goes_by_another_name_now_is_not_absent(access, bench):
    access.grant(TARGET, "linus")
    bench.renames("linus", "linus-new")

    with pytest.raises(Declined, match="does not know “linus” any more"):
        access.look(TARGET, "linus")
    assert access.look(TARGET, "linus-new").active


def test_granted_access_is_active_and_says_what_was_seen(access):
    access.grant(TARGET, "linus")

    standing = access.look(TARGET, "linus")
    assert standing is not None
    assert standing.active
    assert standing.seen


def test_granting_twice_is_one_grant(access, bench):
    access.grant(TARGET, "linus")
    access.grant(TARGET, "linus")
    access.remove(TARGET, "linus")

    assert access.look(TARGET, "linus") is None
    assert bench.held() == set()


def test_removing_twice_is_quiet(access):
    access.grant(TARGET, "linus")
    access.remove(TARGET, "linus")
    access.remove(TARGET, "linus")

    assert access.look(TARGET, "linus") is None


def test_removing_what_was_never_given_is_quiet(access):
    access.remove(TARGET, "linus")

    assert access.look(TARGET, "linus") is None


def test_access_can_be_given_again_after_it_was_removed(access):
    access.grant(TARGET, "linus")
    access.remove(TARGET, "linus")
    access.grant(TARGET, "linus")

    assert access.look(TARGET, "linus").active


def test_one_persons_access_is_nobody_elses(access):
    access.grant(TARGET, "linus")
    access.grant(TARGET, "grace")
    access.remove(TARGET, "linus")

    assert access.look(TARGET, "grace").active


def test_access_to_one_target_is_not_access_to_another(access):
    access.grant(TARGET, "linus")

    assert access.look(OTHER, "linus") is None


def test_an_invitation_is_not_access(access):
    access.grant(TARGET, "guest")

    standing = access.look(TARGET, "guest")
    assert standing is not None
    assert not standing.active


def test_removal_takes_an_invitation_back_so_that_nobody_can_accept_it_later(access, bench):
    access.grant(TARGET, "guest")
    access.remove(TARGET, "guest")
    bench.accepts()

    assert access.look(TARGET, "guest") is None
    assert bench.held() == set()


def test_an_accepted_invitation_is_access_and_can_be_removed(access, bench):
    access.grant(TARGET, "guest")
    bench.accepts()
    seen = access.look(TARGET, "guest")
    access.remove(TARGET, "guest")

    assert seen.active
    assert access.look(TARGET, "guest") is None


@pytest.mark.parametrize("verb", ["look", "grant", "remove"])
def test_a_provider_that_is_down_is_unavailable_and_never_an_absence(access, bench, verb):
    bench.go_down()

    with pytest.raises(Unavailable):
        getattr(access, verb)(TARGET, "linus")


@pytest.mark.parametrize("verb", ["look", "grant", "remove"])
def test_an_unknown_target_is_declined_and_never_an_absence(access, verb):
    with pytest.raises(Declined):
        getattr(access, verb)(NOWHERE, "linus")


def test_a_target_names_the_parts_the_provider_asks_for(access):
    assert [name for name, _ in TARGET.parts] == list(access.parts)
    assert TARGET.provider == access.name
