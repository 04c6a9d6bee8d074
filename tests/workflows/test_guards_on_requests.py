"""Every question a request is asked: when the answer is yes, and the sentence when it is no."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.acme import LINUS, MALLORY, PEOPLE, POLICY, request
from tests.paper import RULES, facts, would_open
from workflows import guards as g
from workflows.decide import Accepted, Refused
from workflows.facts import Debt
from workflows.guards import Opening
from workflows.people import Membership, unknown
from workflows.policy import load
from workflows.procedure import REQUESTER
from workflows.vocabulary import Duty, State

OVERDUE = (Debt("EC-2026-0003", Duty.COMPLETION), Debt("EC-2026-0005", Duty.RETROSPECTIVE))
REFUSING = load(f'{POLICY}\n[limits]\noverdue_then = "refuse"'.encode())
ASKING = load(f'{POLICY}\n[limits]\noverdue_then = "ask first"'.encode())
STRICT = load(f'{POLICY}\n[justification]\nincident = "required"'.encode())
HOUR = timedelta(hours=1)


def asked(guard, said=None, policy=RULES, **known):
    event = request(**(said or {}))
    return guard(Opening(event, policy, facts(event.by, policy, **known)))


def linus(**said):
    return {"actor": replace(PEOPLE[LINUS], **said)}


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        (g.by_a_member, {}),
        (g.no_secrets, {}),
        (g.known_access, {}),
        (g.eligible, {}),
        (g.qualifies, {"criterion": "data at risk"}),
        (g.described, {}),
        (g.justified, {"justification": "x" * 40}),
        (g.incident_named, {"incident": None}),
        (g.tested_or_why_not, {"tested": True}),
        (g.tested_or_why_not, {"tested": False, "test_waiver": "There is no second cluster."}),
        (g.window_allowed, {"window": timedelta(seconds=1)}),
        (g.window_allowed, {"window": timedelta(hours=4)}),
        (g.account_linked, {}),
        (g.nothing_overdue, {}),
        (g.nothing_open, {}),
    ],
)
def test_an_ordinary_request_gets_a_yes_from(guard, said):
    assert asked(guard, said) is None


@pytest.mark.parametrize(
    ("guard", "said", "sentence"),
    [
        (g.known_access, {"access": "payments-gone"}, "This kind of access is not in the policy any more. Open the form again."),
        (g.known_access, {"system": "ledger"}, "This kind of access is not in the policy any more. Open the form again."),
        (g.eligible, {"by": MALLORY}, "Only members of sre may request “Merge to payments”."),
        (g.qualifies, {"criterion": "my birthday"}, "Say which criterion makes this an emergency: service down, security incident, data at risk and regulatory deadline."),
        (g.described, {"what": ""}, "Say what is broken, the security impact and how to roll back."),
        (g.described, {"security_impact": " \n "}, "Say what is broken, the security impact and how to roll back."),
        (g.described, {"rollback_plan": "\u0000"}, "Say what is broken, the security impact and how to roll back."),
        (g.justified, {"justification": "x" * 39}, "Say in at least 40 characters why this cannot wait for a normal change."),
        (g.justified, {"justification": "x" * 39 + " " * 9}, "Say in at least 40 characters why this cannot wait for a normal change."),
        (g.tested_or_why_not, {"tested": False}, "Say why it will not be tested before production."),
        (g.tested_or_why_not, {"tested": False, "test_waiver": "  "}, "Say why it will not be tested before production."),
        (g.window_allowed, {"window": timedelta(0)}, "The window must be longer than nothing and at most 4 h."),
        (g.window_allowed, {"window": -HOUR}, "The window must be longer than nothing and at most 4 h."),
        (g.window_allowed, {"window": timedelta(hours=4, seconds=1)}, "The window must be longer than nothing and at most 4 h."),
        (g.no_secrets, {"what": "Rotate AKIAIOSFODNN7EXAMPLE now."}, "The field “what” seems to contain an AWS access key. Take it out and send it again; nothing was kept."),
        (g.no_secrets, {"rollback_plan": "password: hunter2hunter2"}, "The field “rollback plan” seems to contain a password. Take it out and send it again; nothing was kept."),
    ],
)  # fmt: skip
def test_a_request_is_told_what_is_wrong_with_it(guard, said, sentence):
    assert asked(guard, said) == sentence


def test_a_policy_that_requires_an_incident_asks_for_it():
    sentence = "Name the incident: the policy requires its link or id."

    assert asked(g.incident_named, policy=STRICT) == sentence
    assert asked(g.incident_named, {"incident": ""}, STRICT) == sentence
    assert asked(g.incident_named, {"incident": "PD-17"}, STRICT) is None


@pytest.mark.parametrize(
    ("known", "sentence"),
    [
        (linus(bot=True), "Bots cannot take part in an emergency change."),
        (linus(deactivated=True), "This account is deactivated."),
        (linus(outsider=True), "Only members of this organisation can take part. If you just joined, try again in a minute."),
        (linus(guest=True), "Guests cannot take part in an emergency change; ask a colleague."),
        ({"actor": unknown(LINUS)}, "Only members of this organisation can take part. If you just joined, try again in a minute."),
    ],
)  # fmt: skip
def test_only_members_of_the_organisation_take_part(known, sentence):
    assert asked(g.by_a_member, **known) == sentence


def test_an_account_at_the_provider_must_be_linked():
    sentence = (
        "No github-team account is linked to you; ask an administrator to run `emergency-change people link`."
    )

    assert asked(g.account_linked, **linus(github="")) == sentence


def test_a_provider_that_is_not_github_knows_people_by_their_address():
    person = replace(PEOPLE[LINUS], github="")

    assert person.account("aws-identity-center") == "linus@acme.example"


def test_the_same_access_is_not_opened_twice():
    sentence = "You already have EC-2026-0007 open for this access; use that one."

    assert asked(g.nothing_open, same_access="EC-2026-0007") == sentence


@pytest.mark.parametrize(
    ("member", "size", "age", "belongs"),
    [
        (True, 1, 0, True),
        (True, 1, 300, True),
        (True, 1, 301, False),
        (False, 3, 0, False),
        (True, 0, 0, False),
    ],
)
def test_a_mirror_that_is_too_old_or_of_an_empty_group_answers_for_nobody(member, size, age, belongs):
    known = facts(groups={})
    known = replace(known, groups={"sre": Membership("sre", member, size, age)})

    assert known.belongs("sre") is belongs


def test_a_group_that_was_never_mirrored_answers_for_nobody():
    assert not facts(groups={}).belongs("sre")


def test_what_the_mirror_said_is_kept_with_the_ruling():
    known = replace(facts(), groups={"sre": Membership("sre", member=True, size=3, age=12)})

    assert known.evidence() == {"groups": {"sre": {"member": True, "size": 3, "age_seconds": 12}}}
    assert facts(groups={}).evidence() == {}


@pytest.mark.parametrize(
    ("policy", "ruling"),
    [
        (RULES, State.ACTIVE),
        (ASKING, State.REQUESTED),
        (
            REFUSING,
            "Overdue: the completion report of EC-2026-0003 and the retrospective of EC-2026-0005. Settle that first; then ask again.",
        ),
    ],
    ids=["nothing", "ask first", "refuse"],
)
def test_overdue_duties_cost_the_next_emergency_what_the_policy_says(policy, ruling):
    said = would_open(request(), policy, overdue=OVERDUE)

    assert ruling == (said.to if isinstance(said, Accepted) else said.because)


@pytest.mark.parametrize("policy", [ASKING, REFUSING], ids=["ask first", "refuse"])
def test_whoever_owes_nothing_acts_first_under_every_policy(policy):
    assert would_open(request(), policy).to is State.ACTIVE


@pytest.mark.parametrize(
    ("access", "to"), [("payments-merge", State.ACTIVE), ("ledger-admin", State.REQUESTED)]
)
def test_the_profile_says_whether_to_act_or_to_ask_first(access, to):
    assert would_open(request(access)) == Accepted(to, tuple(guard.__name__ for guard in REQUESTER))


def test_a_refusal_names_its_guard_and_all_that_were_asked_before():
    ruling = would_open(request(criterion="my birthday"))

    assert ruling == Refused("qualifies", ruling.because, tuple(q.__name__ for q in REQUESTER[:5]))


def test_an_access_the_policy_does_not_know_is_refused_and_not_looked_up():
    ruling = would_open(request("payments-gone"))

    assert ruling.guard == "known_access"
