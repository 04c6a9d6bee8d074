"""Whoever decides is shown everything that is judged, and answers that text alone."""

from datetime import timedelta

from tests.acme import ADA
from tests.paper import RULES, Paper
from workflows import events as ev
from workflows.judged import declared, judged, shown_digest


def headings(lines):
    return [heading for heading, _ in lines]


def test_everything_that_was_declared_is_shown():
    lines = declared(Paper(incident="PD-17").record, RULES)

    assert headings(lines) == [
        "Change", "System", "Access", "Why it qualifies", "What is broken, and what will change",
        "Why it cannot wait", "Risk", "Security impact", "Rollback plan", "Tested before production", "Incident",
    ]  # fmt: skip
    assert dict(lines)["Access"] == "Merge to payments, 1 h"


def test_a_waiver_of_the_test_is_shown_with_its_reason():
    lines = declared(Paper(tested=False, test_waiver="No second cluster.").record, RULES)

    assert dict(lines)["Tested before production"] == "no: No second cluster."


def test_an_override_and_every_extension_are_shown():
    paper = Paper("ledger-admin")
    paper.strikes("unanswered/0")
    paper.happens(ev.Override, reason="Data is being lost.")
    paper.happens(ev.Extension, ADA, window=timedelta(minutes=30), justification="More.")

    lines = dict(judged(paper.record, RULES))
    assert lines["Acted without an answer, because"] == "Data is being lost."
    assert lines["Extended by 30 min"] == "More."


def test_what_was_really_done_is_put_next_to_what_was_declared():
    paper = Paper().confirmed()
    paper.happens(ev.Completion, done="Rolled back.", changes="", verified="Orders flow.", rolled_back=True)

    lines = dict(judged(paper.record, RULES))
    assert lines["What was done"] == "Rolled back."
    assert lines["Commits, pull requests, deployments"] == "none named"
    assert lines["Rolled back"] == "yes"


def test_a_reviewer_is_shown_remediation_and_retrospective():
    paper = Paper().confirmed()
    paper.happens(ev.Rejection, ADA, reason="No.")
    paper.happens(ev.Remediation, outcome="accepted", note="It stays.", risk_owner="Grace")
    paper.happens(ev.Retrospective, cause="c", genuine=False, normal_process="n", prevention="p")

    lines = dict(judged(paper.record, RULES))
    assert lines["Remediation: accepted, risk owned by Grace"] == "It stays."
    assert (lines["A genuine emergency"], lines["Follow-ups"]) == ("no", "none")


def test_a_reverted_change_has_no_risk_owner():
    paper = Paper().confirmed()
    paper.happens(ev.Rejection, ADA, reason="No.")
    paper.happens(ev.Remediation, outcome="reverted", note="Gone.")

    assert ("Remediation: reverted", "Gone.") in judged(paper.record, RULES)


def test_every_addition_changes_the_digest_of_what_is_shown():
    paper = Paper().confirmed()
    digests = [paper.shown]
    paper.happens(ev.Extension, window=timedelta(minutes=30), justification="More.")
    digests.append(paper.shown)
    paper.happens(ev.Completion, done="d", changes="", verified="v", rolled_back=False)
    digests.append(paper.shown)
    paper.happens(ev.Retrospective, cause="c", genuine=True, normal_process="n", prevention="p")
    digests.append(paper.shown)

    assert len(set(digests)) == 4


def test_a_verdict_alone_does_not_change_what_is_shown_to_the_next_approver():
    paper = Paper("payments-twice")
    before = paper.shown
    paper.happens(ev.Approval, ADA)

    assert paper.shown == before


def test_two_texts_never_share_a_digest_by_moving_a_border():
    assert shown_digest((("a", "bc"),)) != shown_digest((("ab", "c"),))
