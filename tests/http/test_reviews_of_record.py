"""Approvals that are the approver's own review on GitHub: what counts, what does not, and who is told."""

import pytest

from tests.http.night import ADA, GRACE, LINUS, MAYA
from workflows.vocabulary import State

HERE = "acme/evidence"


def by_review(text):
    return text.replace('of_record = "click"', 'of_record = "review"')


@pytest.fixture
def night(nights):
    night = nights(policy=by_review, evidence=True)
    night.github = night.world.github
    return night


def pull_of(night, change=None):
    """Return the pull request as GitHub has it."""
    number = night.record(change).pull.pull
    return night.github.forge.repositories[HERE].pulls[number]


def reviews(night, login="grace-acme", verdict="APPROVE", body="", **how):
    """Let somebody review on GitHub, and the bot do what comes of it."""
    review = night.github.reviewing.submit(HERE, night.record().pull.pull, login, verdict, body, **how)
    night.settles()
    return review


def told_on_github(night):
    return [comment.body for comment in pull_of(night).comments if comment.user == "ecbot"]


def test_a_request_has_a_pull_request_with_the_text_and_a_commit_without_it(night):
    change = night.requests(LINUS)
    pull, repository = pull_of(night), night.github.forge.repositories[HERE]
    files = repository.git.files(pull.head)
    judged = files[f"changes/{change[3:7]}/{change}/judged.json"].decode()

    assert "Every order fails since 03" in pull.body
    assert "Every order" not in "".join(content.decode() for content in files.values())
    assert '"field": "justification"' in judged
    assert pull.user == "ecbot"
    assert (
        "owed by 1 of heads, not by an author, by a review of <https://github.com/acme/evidence/pull/1"
        in str(night.card().blocks)
    )


def test_a_review_of_the_head_commit_settles_the_approval_with_grade_a(night):
    night.requests(LINUS)
    review = reviews(night, body="Go.")
    [verdict] = night.record().verdicts

    assert "approval" not in night.owed()
    assert (verdict.answer.assurance.value, verdict.answer.review.id) == ("A", review.id)
    assert verdict.by == night.world.person(GRACE).id
    assert "grade A" in str(night.card().blocks)
    assert "approved (grade A, their own review on GitHub). Go." in "".join(night.thread())
    assert any("grade A" in comment.body for comment in night.ticket().comments)


def test_a_change_is_closed_and_its_pull_request_with_it(night):
    night.requests(LINUS)
    reviews(night)
    night.reports(LINUS)
    night.looks_back(LINUS)
    night.accepts(GRACE)
    night.passes(minutes=15)

    assert night.is_closed_well()
    assert not pull_of(night).is_open
    assert night.findings() == []


def test_the_button_leads_to_the_pull_request_and_writes_the_intent_down(night):
    night.requests(LINUS)
    [button] = [
        e
        for b in night.card().blocks
        if b["type"] == "actions"
        for e in b["elements"]
        if e["action_id"] == "change.review"
    ]
    night.presses(GRACE, "change.review")

    assert button["url"] == "https://github.com/acme/evidence/pull/1"
    assert "Approve" not in night.buttons()
    assert night.happened()[-1] != "approval"
    assert "intent" in night.happened()
    assert "went to GitHub to answer" in str(night.card().blocks)
    assert "approval" in night.owed()


def test_home_leads_to_the_pull_request_too(night):
    change = night.requests()
    home = night.looks_at_home(GRACE)

    assert home[f"asked-actions:{change}"] == "Review on GitHub | Reject"


def test_the_requester_is_told_at_the_button_that_it_is_not_theirs_to_decide(night):
    night.requests(LINUS)
    night.presses(LINUS, "change.review")

    assert night.told(LINUS)[-1] == "You cannot decide on your own change."


def test_a_click_that_an_old_card_still_offers_approves_nothing(night):
    night.requests(LINUS)
    dialog = night.presses_raw(GRACE, "change.approve")

    assert dialog is None
    assert night.told(GRACE)[-1].startswith("A click does not approve this change; review it on GitHub: http")
    assert "approval" in night.owed()


def test_asked_first_a_click_gives_the_access_and_the_review_settles_the_duty(night):
    night.requests(LINUS, access="ledger-admin", window="30m")
    night.presses(GRACE, "change.approve")
    night.submits(GRACE, comment="Begin.")
    shown = str(night.dialog(GRACE).view)
    after_the_click = (night.state(), night.holders("ledger"), night.owed())
    reviews(night)

    assert "Review on GitHub" in shown
    assert after_the_click == (State.ACTIVE, {"linus-acme"}, {"approval"})
    assert night.owed() == set()
    assert [v.answer.assurance.value for v in night.record().verdicts] == ["D", "A"]


def test_asked_first_a_review_alone_gives_the_access(night):
    night.requests(LINUS, access="ledger-admin", window="30m")
    before = night.holders("ledger")
    reviews(night)

    assert (before, night.holders("ledger")) == (set(), {"linus-acme"})


# --- what does not count ---------------------------------------------------------------------------


def test_a_review_by_the_requester_does_not_count_and_they_are_told_where_they_wrote_it(night):
    night.requests(LINUS)
    reviews(night, "linus-acme")

    assert "approval" in night.owed()
    assert night.refusals()[-1][:2] == ("approval", "by_someone_else")
    assert "@linus-acme You cannot decide on your own change." in told_on_github(night)[0]
    assert "does not count; they were told" in night.thread()[-1]


def test_a_review_by_somebody_without_the_authority_does_not_count(night):
    night.requests(LINUS)
    reviews(night, "maya-acme")

    assert "@maya-acme Only members of heads can decide on this change." in told_on_github(night)[0]
    assert "approval" in night.owed()


def test_a_review_by_somebody_who_has_left_does_not_count(nights):
    night = nights(
        policy=lambda text: by_review(text).replace('["grace@', '["dee@acme.example", "grace@'), evidence=True
    )
    night.github = night.world.github
    night.requests(LINUS)
    reviews(night, "dee-acme")

    assert "@dee-acme This account is deactivated." in told_on_github(night)[0]
    assert "approval" in night.owed()


def test_a_review_by_somebody_who_left_the_group_does_not_count(nights):
    in_a_team = 'github_team = "acme/heads"'
    night = nights(
        policy=lambda text: by_review(text).replace(
            'people = ["grace@acme.example", "ada@acme.example"]', in_a_team
        ),
        evidence=True,
    )
    night.github = night.world.github
    night.github.forge.add_team("acme", "heads", "grace-acme", "ada-acme")
    night.world.bot.refresh()
    night.requests(LINUS)
    night.github.forge.remove_member("acme", "heads", "grace-acme")
    reviews(night)

    assert "Only members of heads" in told_on_github(night)[0]
    assert "approval" in night.owed()


def test_a_review_by_a_bot_does_not_count(night):
    night.github.forge.add_account("rubber-stamp[bot]")
    night.requests(LINUS)
    reviews(night, "rubber-stamp[bot]")

    assert "Reviews by bots do not count." in told_on_github(night)[0]
    assert "approval" in night.owed()


def test_whoever_goes_to_github_unlinked_is_told_a_command_that_can_be_copied(night):
    night.memory.people.link(night.world.person(GRACE).id, "github", "")
    night.requests(LINUS)
    night.presses(GRACE, "change.review")

    assert "`emergency-change people link`" in night.told(GRACE)[-1]


def test_somebody_who_is_not_linked_is_told_what_to_do_and_counts_once_it_is_done(night):
    night.github.forge.add_account("ada-at-home")
    person = night.world.person(ADA)
    night.requests(LINUS)
    reviews(night, "ada-at-home")
    told, owed = told_on_github(night), night.owed()
    night.passes(hours=1)
    again = told_on_github(night)
    night.memory.people.link(person.id, "github", "ada-at-home")
    night.passes(hours=2)

    assert "emergency-change people link EMAIL --github LOGIN" in told[0]
    assert "@ada-at-home" in told[0]
    assert "approval" in owed
    assert again == told
    assert "approval" not in night.owed()
    assert night.record().verdicts[0].by == person.id


def test_a_second_account_of_the_requester_is_still_the_requester(night):
    night.github.forge.add_account("linus-at-home")
    person = night.world.person(LINUS)
    night.memory.people.link(person.id, "github", "linus-at-home")
    night.memory.people.link(person.id, "github", "linus-acme")
    night.requests(LINUS)
    reviews(night, "linus-at-home")

    assert night.refusals()[-1][:2] == ("approval", "by_someone_else")
    assert "approval" in night.owed()


def test_two_accounts_of_one_approver_are_one_approval(nights):
    night = nights(
        policy=lambda text: by_review(text).replace("approvals_required = 1", "approvals_required = 2"),
        evidence=True,
    )
    night.github = night.world.github
    night.github.forge.add_account("grace-at-home")
    person = night.world.person(GRACE)
    night.memory.people.link(person.id, "github", "grace-at-home")
    night.memory.people.link(person.id, "github", "grace-acme")
    night.requests(LINUS)
    reviews(night)
    reviews(night, "grace-at-home")
    after_two_of_hers = night.owed()
    reviews(night, "ada-acme")

    assert "approval" in after_two_of_hers
    assert "You have answered already." in told_on_github(night)[0]
    assert "approval" not in night.owed()


def test_whoever_takes_over_a_login_is_nobody(night):
    forge = night.github.forge
    night.requests(LINUS)
    reviews(night, "grace-acme", "COMMENT", "Looking.")
    reviews(night, "grace-acme", "REQUEST_CHANGES", "Why?")  # her number is learnt
    forge.accounts["grace-acme"] = type(forge.account("grace-acme"))(999_999, "grace-acme", "Mallory")
    reviews(night)

    assert "This GitHub account is not linked to anybody here" in told_on_github(night)[0]
    assert "approval" in night.owed()


def test_a_review_whose_webhook_was_lost_is_recorded_when_it_was_found(night):
    """It happened by GitHub's clock; that the ledger knew of it any earlier than it did would be made up."""
    night.requests(LINUS)
    night.github.hooks.losing = 1
    night.github.reviewing.submit(HERE, 1, "grace-acme", body="Go.")
    night.passes(minutes=50)
    leaves = [one.leaf for one in night.memory.entries(limit=500)]
    [approval] = [leaf for leaf in leaves if leaf["kind"] == "approval/1"]

    assert approval["occurred_at"][:16] < approval["recorded_at"][:16]


def test_a_review_that_was_edited_before_it_was_seen_does_not_count(night):
    night.requests(LINUS)
    night.github.hooks.losing = 1
    review = night.github.reviewing.submit(HERE, 1, "grace-acme", body="Go.")
    night.github.reviewing.edit(HERE, 1, review, "Go, said somebody else.", by="sol-acme")
    night.settles()

    assert "A review that was edited does not count" in told_on_github(night)[0]
    assert "approval" in night.owed()


def test_a_review_of_an_earlier_commit_does_not_count(night):
    night.requests(LINUS)
    earlier = night.record().pull.commit
    night.extends(LINUS)
    later = night.record().pull.commit
    reviews(night, commit=earlier)
    stale, owed = told_on_github(night), night.owed()
    reviews(night)

    assert earlier != later
    assert "Your review is of an earlier commit" in stale[0]
    assert "approval" in owed
    assert "approval" not in night.owed()


def test_a_review_from_before_the_text_grew_counts_for_what_it_was_of(night):
    """A lost webhook must not make a review stale that was not when it was given."""
    night.requests(LINUS)
    night.github.hooks.losing = 1
    reviews(night)
    before = night.owed()
    night.extends(LINUS)

    assert "approval" in before
    assert "approval" not in night.owed()


def test_a_description_that_somebody_else_changed_is_put_back_and_what_was_read_meanwhile_does_not_count(
    night,
):
    night.requests(LINUS)
    right = pull_of(night).body
    night.github.reviewing.describe(HERE, 1, "A harmless change of a comment.")
    reviews(night)

    assert pull_of(night).body == right
    assert night.findings() == ["X13"]
    assert "Somebody changed the description you read" in told_on_github(night)[0]
    assert "approval" in night.owed()


def test_a_branch_that_somebody_else_moved_is_put_right(night):
    from sandbox.github import Author  # noqa: PLC0415 - here alone

    change = night.requests(LINUS)
    forge, repository = night.github.forge, night.github.forge.repositories[HERE]
    path = f"changes/{change[3:7]}/{change}/judged.json"
    right = repository.git.files(f"approval/{change}")[path]
    mallory = Author("Mallory", "m@acme.example", "maya-acme")
    forge.push(repository, {path: b"{}"}, "Nothing to see", mallory, branch=f"approval/{change}")
    reviews(night)
    owed = night.owed()
    reviews(night)

    assert "X13" in night.findings()
    assert "approval" in owed
    assert repository.git.files(f"approval/{change}")[path] == right
    assert "approval" not in night.owed()


def test_a_pull_request_that_somebody_closed_is_opened_again(night):
    night.requests(LINUS)
    night.github.reviewing.close(HERE, 1)
    night.passes(minutes=10)

    assert pull_of(night).is_open


def test_a_pull_request_whose_branch_was_deleted_is_replaced(night):
    change = night.requests(LINUS)
    repository = night.github.forge.repositories[HERE]
    night.github.forge.force(repository, f"approval/{change}", None)
    night.passes(minutes=10)
    reviews(night)

    assert night.record().pull.pull == 2
    assert "approval" not in night.owed()


# --- altered afterwards ----------------------------------------------------------------------------


def test_a_review_that_is_edited_after_it_counted_is_found_and_owed_again(night):
    night.requests(LINUS)
    review = reviews(night)
    night.github.reviewing.edit(HERE, 1, review, "I never said so.")
    night.settles()

    assert night.findings() == ["X13"]
    assert "approval" in night.owed()
    assert "the review was altered afterwards (X13). The approval is owed again." in "".join(night.thread())
    assert any("altered afterwards" in text for text in night.direct(ADA))


def test_a_review_that_is_dismissed_after_it_counted_is_found_and_can_be_given_again(night):
    night.requests(LINUS)
    review = reviews(night)
    night.github.reviewing.dismiss(HERE, 1, review, "sol-acme")
    night.settles()
    owed = night.owed()
    reviews(night)

    assert night.findings() == ["X13"]
    assert "approval" in owed
    assert "approval" not in night.owed()


def test_access_that_stood_on_an_altered_review_ends(night):
    night.requests(LINUS, access="ledger-admin", window="30m")
    review = reviews(night)
    night.github.reviewing.edit(HERE, 1, review, "Never mind.")
    night.settles()

    assert night.state() is State.IN_REVIEW
    assert night.holders("ledger") == set()


def test_a_review_that_is_altered_when_all_is_closed_is_found_all_the_same(night):
    night.requests(LINUS)
    review = reviews(night)
    night.reports(LINUS)
    night.looks_back(LINUS)
    night.accepts(GRACE)
    night.passes(minutes=15)
    night.github.hooks.losing = 1
    night.github.reviewing.edit(HERE, 1, review, "I never said so.")
    night.passes(days=2)

    assert night.findings() == ["X13"]
    assert night.state() is State.CLOSED


def test_an_alteration_is_written_down_once(night):
    night.requests(LINUS)
    review = reviews(night)
    night.github.reviewing.edit(HERE, 1, review, "One.")
    night.github.reviewing.edit(HERE, 1, review, "Two.")
    night.passes(hours=3)

    assert night.findings() == ["X13"]
    assert night.happened().count("annulment") == 1


# --- rejections and questions ----------------------------------------------------------------------


@pytest.mark.parametrize("verdict", ["COMMENT", "REQUEST_CHANGES"])
def test_a_review_that_says_rejected_with_a_reason_rejects(night, verdict):
    night.requests(LINUS)
    reviews(night, verdict=verdict, body="Rejected: this could have waited.")

    assert night.state() is State.IN_REVIEW
    assert night.holders() == set()
    assert night.record().rejection.answer.reason == "this could have waited."
    assert "remediation" in night.owed()
    assert "rejected by" in str(night.card().blocks)


def test_a_rejection_without_a_reason_is_none(night):
    night.requests(LINUS)
    reviews(night, verdict="COMMENT", body="Rejected:")

    assert night.state() is State.ACTIVE
    assert "Give a reason." in told_on_github(night)[0]


def test_the_dialog_rejects_too(night):
    night.requests(LINUS)
    night.rejects(GRACE)

    assert night.state() is State.IN_REVIEW


def test_a_review_that_approves_and_rejects_does_neither(night):
    night.requests(LINUS)
    reviews(night, body="Rejected: no, wait.")

    assert "approves and says “Rejected:” at once" in told_on_github(night)[0]
    assert night.state() is State.ACTIVE
    assert "approval" in night.owed()


def test_changes_requested_is_a_question_that_is_shown_chased_and_answered(night):
    night.requests(LINUS)
    reviews(night, verdict="REQUEST_CHANGES", body="Which index?")
    asked = night.thread()[-1]
    to_linus = night.direct(LINUS)[-1]
    night.passes(hours=2)
    chased = [text for text in night.direct(LINUS) if "wait" in text and ": answer to a question" in text]
    night.github.reviewing.comment(HERE, 1, "linus-acme", "The one on orders.")
    night.passes(hours=1)
    answered = night.direct(GRACE)[-1]
    night.passes(hours=3)
    later = [text for text in night.direct(LINUS) if "wait" in text and ": answer to a question" in text]
    reviews(night)

    assert "asks: Which index?" in asked
    assert "Which index?" in to_linus
    assert len(chased) == 1
    assert "answered: The one on orders." in answered
    assert later == chased
    assert "approval" not in night.owed()


def test_a_mere_comment_decides_nothing_and_bothers_nobody(night):
    night.requests(LINUS)
    entries = len(night.entries())
    reviews(night, verdict="COMMENT", body="I am looking at it.")

    assert "approval" in night.owed()
    assert told_on_github(night) == []
    assert [e.entry.kind for e in night.entries()[entries:]] == ["review-announced/1"]


def test_nobody_asks_about_their_own_change(night):
    night.requests(LINUS)
    reviews(night, "linus-acme", "REQUEST_CHANGES", "Is it fine?")

    assert night.record().questions == ()
    assert "You cannot decide on your own change." in told_on_github(night)[0]


def test_a_credential_in_a_review_is_not_kept(night):
    night.requests(LINUS)
    reviews(night, body="Go. The token is ghp_abcdefghijklmnopqrstuvwxyz0123456789.")

    assert night.refusals()[-1][:2] == ("approval", "no_secrets")
    assert "ghp_abc" not in str([e.entry for e in night.entries()])


def test_what_a_requester_types_can_do_no_harm_in_the_pull_request(night):
    night.requests(
        LINUS,
        what="@acme/everyone <img src=x> [click](https://evil.example) #1 ```\n## Approved",
    )
    body = pull_of(night).body

    assert "@acme" not in body.replace("@\u200bacme", "")
    assert "<img" not in body
    assert "\\[click\\]\\(" in body
    assert "\n## Approved" not in body


def test_somebody_else_may_be_asked_when_the_approver_is_the_author(night):
    """Separation compares persons: whoever wrote the commits cannot vouch for them, on GitHub neither."""
    from sandbox.github import Author  # noqa: PLC0415 - here alone

    forge = night.github.forge
    commit = forge.commit(
        forge.repositories["acme/payments"], "Fix", Author("Grace", "grace@acme.example", "grace-acme")
    )
    night.requests(LINUS)
    reviews(night)
    night.reports(LINUS, changes=f"https://github.com/acme/payments/commit/{commit.sha}")
    owed = night.owed()
    reviews(night)
    refused = night.refusals()[-1][:2]
    reviews(night, "ada-acme")

    assert "approval" in owed
    assert refused == ("approval", "by_someone_else")
    assert night.findings() == ["X02"]
    assert "approval" not in night.owed()


def test_each_act_says_as_whom_it_was_done(night):
    import json  # noqa: PLC0415 - here alone

    night.requests(LINUS)
    reviews(night)
    record = night.record()
    requested, approved = (json.loads(e.accounts) for e in (record.request, record.verdicts[0].answer))

    assert requested["slack"] == {"team": "T0ACME", "user": "U0LINUS"}
    assert requested["github"]["login"] == "linus-acme"
    assert approved["github"] == {
        "login": "grace-acme",
        "number": str(night.github.forge.account("grace-acme").id),
    }
    leaves = [night.memory.leaf(e.sequence)[0].decode() for e in night.entries(record.id)]
    assert not any("grace-acme" in leaf or "U0LINUS" in leaf for leaf in leaves)


def test_somebody_else_than_the_approvers_is_not_offered_the_button_twice(night):
    night.requests(LINUS)
    night.presses(MAYA, "change.review")

    assert night.told(MAYA)[-1] == "Only members of heads can decide on this change."
