"""The procedure that is handed out is the one in force: its words come from the policy and from the page."""

from datetime import UTC, datetime

import pytest

from bot.evidence.procedure import Revision, document, html, markdown, revisions_of
from tests.acme import POLICY
from workflows.exceptions import MEANS
from workflows.policy import digest, load
from workflows.vocabulary import ExceptionId, State

TEXT = POLICY.encode()
SHA = digest(TEXT)
ONCE = Revision(3, datetime(2026, 1, 1, tzinfo=UTC), SHA)


def printed(text=POLICY, revisions=(ONCE,)):
    return markdown(document(load(text.encode()), SHA, revisions), SHA)


@pytest.mark.parametrize(
    "said",
    [
        "service down, security incident, data at risk and regulatory deadline",
        "| Merge to payments (github-team:acme/payments-break-glass) | Payments API | sre | after the act | 1 of heads |",
        "before the act; unanswered for 30 min, the requester may act with a reason",
        "before the act; unanswered for 30 min, it lapses",
        "2 of heads",
        "| approval | an approver answers yes or no | 1 d after the request | 1 h, 4 h | heads after 20 h, security after 2 d |",
        "3 business days after the end of the access",
        "the GitHub team acme/sre",
        "grade D",
        "| 2026-01-01T00:00:00Z | 3 |",
    ],
)
def test_the_procedure_says_what_the_policy_says(said):
    assert said in printed()


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('due = "PT24H"', 'due = "PT12H"', "| 12 h after the request |"),
        (
            "[duties.approval]",
            '[duties.approval]\nof_record = "review"',
            "their own review|own review on GitHub",
        ),
        (
            "[ticket]",
            '[limits]\noverdue_then = "refuse"\n[ticket]',
            "can request nothing until they are settled",
        ),
    ],
)
def test_another_policy_is_another_procedure(was, becomes, said):
    assert not any(part in printed() for part in said.split("|") if len(part) > 10)
    text = printed(POLICY.replace(was, becomes, 1))

    assert any(part.strip() in text for part in said.split("|") if part.strip())


def test_every_state_and_every_exception_is_explained():
    text = printed()

    assert all(f"| {state.value.replace('_', ' ')} |" in text for state in State if "_" not in state.value)
    assert all(f"| {id.value} |" in text for id in ExceptionId)
    assert list(MEANS) == list(ExceptionId)


def test_a_policy_that_is_not_in_force_yet_says_so():
    assert "has not come into force yet" in printed(revisions=())
    assert "has not come into force yet" not in printed()


def test_revisions_are_read_off_the_ledger():
    leaf = {"kind": "policy-in-force/1", "sequence": 3, "occurred_at": "2026-01-01T00:00:00.000000Z"}

    assert list(revisions_of([{**leaf, "body": {"sha256": SHA}}])) == [ONCE]


def test_what_the_policys_author_wrote_is_shown_and_never_obeyed():
    text = POLICY.replace('"Payments API"', '"<b>Pay|ments</b> *API*"')
    sections = document(load(text.encode()), SHA, (ONCE,))

    assert "\\<b\\>Pay\\|ments\\</b\\> \\*API\\*" in markdown(sections, SHA)
    assert "&lt;b&gt;Pay|ments&lt;/b&gt;" in html(sections, SHA).decode()
