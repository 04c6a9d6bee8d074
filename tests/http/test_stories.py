"""The main stories, from the form to the end, the same wherever the bot runs."""

from tests.http.night import ADA, GRACE, LINUS, REQUEST
from workflows.vocabulary import State, StepName


def test_an_emergency_goes_from_the_form_to_closed(anywhere):
    night = anywhere()
    night.requests()
    assert night.holders() == {"linus-acme"}
    night.approves(GRACE)
    night.reports(LINUS)
    assert night.holders() == set()
    night.looks_back(LINUS)
    night.accepts(GRACE)
    night.passes(minutes=15)

    assert night.is_closed_well()
    assert night.ticket().status == "Closed"
    assert night.buttons() == []
    assert "grace" not in "".join(night.direct(GRACE)).lower()  # who did it need not be told


def test_access_that_is_asked_for_first_comes_with_the_approval(anywhere):
    night = anywhere()
    night.requests(access="ledger-admin", window="30m")
    before = night.holders("ledger")
    night.approves(GRACE)
    with_the_approval = night.holders("ledger")
    night.passes(minutes=31)
    night.reports(LINUS)
    night.looks_back(LINUS)
    night.accepts(ADA)
    night.passes(minutes=15)

    assert before == set()
    assert with_the_approval == {"linus-acme"}
    assert night.is_closed_well()


def test_a_rejection_after_the_act_ends_access_and_is_remediated(anywhere):
    night = anywhere()
    night.requests()
    night.rejects(GRACE)
    assert night.holders() == set()
    assert night.owed() == {"completion", "remediation", "retrospective"}
    night.reports(LINUS)
    night.remediates(LINUS)
    night.looks_back(LINUS)
    night.accepts(ADA)
    night.passes(minutes=15)

    assert night.is_closed_well()
    assert night.record().rejection.by == night.world.person(GRACE).id


def test_nobody_lifts_a_finger_and_access_ends_with_its_window(anywhere):
    night = anywhere()
    night.requests(window="30m")
    night.passes(minutes=29)
    before = night.holders()
    night.passes(minutes=2)

    assert before == {"linus-acme"}
    assert night.holders() == set()
    assert night.state() is State.IN_REVIEW
    assert night.ends_well()


def test_who_takes_the_request_has_its_access_in_hand(anywhere):
    night = anywhere()
    night.types(LINUS)
    slack, outbox = night.world.slack, night.world.bot.memory.outbox
    slack.submit(LINUS, night.dialog(LINUS).id, {**REQUEST, "access": "payments-merge"})
    change = night.world.latest()
    for_others = outbox.claim_one(change, StepName.ACCESS, at_once=True)
    night.world.bot.workers.do_what_was_begun()

    assert for_others is None
    assert night.holders() == {"linus-acme"}
    assert night.record(change).grant.confirmed_at is not None
