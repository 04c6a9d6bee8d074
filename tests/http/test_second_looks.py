"""What is looked at again after it was decided: who wrote the commits, and who was in the group."""

import pytest

from sandbox.github import Author
from tests.http.night import ADA, GRACE, LINUS
from workflows.vocabulary import State


def from_a_team(text):
    """Take the approvers from a GitHub team, where somebody can be removed behind the mirror's back."""
    return text.replace('people = ["grace@acme.example", "ada@acme.example"]', 'github_team = "acme/heads"')


@pytest.fixture
def teamed(nights):
    night = nights(policy=from_a_team)
    night.world.github.forge.add_team("acme", "heads", "grace-acme", "ada-acme")
    night.world.bot.refresh()
    return night


def commit_by(night, login):
    forge = night.world.github.forge
    commit = forge.commit(
        forge.repositories["acme/payments"], "Roll back", Author(login, f"{login}@acme.example", login)
    )
    return f"https://github.com/acme/payments/commit/{commit.sha}"


def test_an_approval_by_an_author_of_the_commits_is_owed_again(night):
    night.requests()
    night.approves(GRACE)
    before = night.owed()
    night.reports(LINUS, changes=commit_by(night, "grace-acme"))

    assert "approval" not in before
    assert night.findings() == ["X02"]
    assert "approval" in night.owed()
    assert any("X02" in text for text in night.thread())


def test_an_author_cannot_approve_again_and_somebody_else_can(night):
    change = night.requests()
    night.approves(GRACE)
    night.reports(LINUS, changes=commit_by(night, "grace-acme"))
    refused = night.presses(GRACE, "change.approve")
    night.approves(ADA)
    night.looks_back(LINUS)
    not_by_the_author = night.types(GRACE, f"accept {change}")
    night.accepts(ADA)
    night.passes(minutes=15)

    assert refused is None
    assert night.told(GRACE)[-1] == "You cannot decide on your own change."
    assert not_by_the_author == "You cannot decide on your own change."
    assert night.is_closed_well()


def test_commits_by_the_requester_alone_change_nothing(night):
    night.requests()
    night.approves(GRACE)
    night.reports(LINUS, changes=f"{commit_by(night, 'linus-acme')}\nhttps://example.org/else")

    [seen] = [e.entry for e in night.entries() if e.entry.kind == "authors-seen/1"]
    assert night.findings() == []
    assert (len(seen.authors), seen.unresolved) == (1, 1)


def test_a_verdict_by_somebody_just_removed_from_the_group_is_annulled(teamed):
    teamed.requests()
    teamed.presses(GRACE, "change.approve")
    teamed.world.github.forge.remove_member("acme", "heads", "grace-acme")
    errors = teamed.submits(GRACE)

    assert errors == {}  # the mirror still had her
    assert teamed.findings() == ["X03"]
    assert "approval" in teamed.owed()
    assert teamed.state() is State.ACTIVE
    assert "approval is owed again" in teamed.direct(ADA)[-1]


def test_access_that_stood_on_an_annulled_verdict_ends(teamed):
    teamed.requests(access="ledger-admin", window="30m")
    teamed.presses(GRACE, "change.approve")
    teamed.world.github.forge.remove_member("acme", "heads", "grace-acme")
    teamed.submits(GRACE)

    assert teamed.state() is State.IN_REVIEW
    assert teamed.holders("ledger") == set()
    assert teamed.findings() == ["X03"]


def test_a_rejection_by_somebody_just_removed_does_not_stay(teamed):
    teamed.requests()
    teamed.presses(GRACE, "change.reject")
    teamed.world.github.forge.remove_member("acme", "heads", "grace-acme")
    teamed.submits(GRACE, reason="No.")

    assert teamed.record().rejection is None
    assert teamed.findings() == ["X03"]
    assert "approval" in teamed.owed()


def test_an_annulled_verdict_can_be_given_again_by_somebody_in_the_group(teamed):
    teamed.requests()
    teamed.presses(GRACE, "change.approve")
    teamed.world.github.forge.remove_member("acme", "heads", "grace-acme")
    teamed.submits(GRACE)
    teamed.approves(ADA)

    assert "approval" not in teamed.owed()


def test_the_second_look_waits_while_the_source_does_not_answer(teamed):
    teamed.requests()
    teamed.world.github.fail("GET", "/orgs/acme/teams/heads/members", status=502, times=4)
    teamed.approves(GRACE)

    read = [e.entry.member for e in teamed.entries() if e.entry.kind == "membership-read/1"]
    assert read == [True]
    assert teamed.findings() == []


def test_a_group_the_policy_knows_no_more_annuls_nothing_and_the_second_look_waits_for_it(teamed):
    teamed.requests(access="ledger-admin", window="30m")
    memory = teamed.world.bot.memory
    known = memory.policy_text()[1].decode()
    group = memory.policy().access["ledger-admin"].approvers
    renamed = known.replace(f"[groups.{group}]", "[groups.leads]").replace(f'"{group}"', '"leads"')
    teamed.presses(GRACE, "change.approve")
    memory.adopt_policy(renamed.encode(), "policy.toml")
    teamed.submits(GRACE)
    teamed.lives_through(minutes=2)
    waiting = [e.entry for e in teamed.entries() if e.entry.kind == "step-stuck/1"]
    read = [e.entry for e in teamed.entries() if e.entry.kind == "membership-read/1"]

    assert (teamed.state(), teamed.findings(), read) == (State.ACTIVE, [], [])
    assert [f"The policy in force knows no group “{group}”" in stuck.because for stuck in waiting] == [True]
