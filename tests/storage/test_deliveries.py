"""What is delivered twice is ruled on once."""

from datetime import timedelta

import pytest

from tests.acme import ADA, LINUS, MALLORY, request
from workflows import administration as ad
from workflows import events as ev
from workflows.consequences import Obligation
from workflows.decide import Accepted
from workflows.vocabulary import StepName


def test_a_request_that_is_delivered_again_opens_nothing_and_gets_the_first_ruling(desk, memory):
    first = desk.changes.open(request(), delivery="view-1")
    size = memory.root()
    again = desk.changes.open(request(), delivery="view-1")

    assert again == first
    assert memory.root() == size


def test_a_refused_request_that_is_delivered_again_gets_the_first_sentence(desk, memory):
    first = desk.changes.open(request(by=MALLORY), delivery="view-1")
    size = memory.root()
    again = desk.changes.open(request(by=MALLORY), delivery="view-1")

    assert (again.ruling, again.change) == (first.ruling, None)
    assert memory.root() == size


def test_a_click_that_is_delivered_again_gets_the_first_ruling_though_the_change_has_moved(desk, memory):
    change = desk.opens()
    first = desk.happens(change, ev.Approval, ADA, delivery="click-1")
    desk.happens(change, ev.Revocation, LINUS, reason="Enough.")
    size = memory.root()
    again = desk.happens(change, ev.Approval, ADA, delivery="click-1")

    assert again == first
    assert memory.root() == size


def test_a_refused_click_that_is_delivered_again_is_refused_in_the_same_words(desk):
    change = desk.opens()
    first = desk.happens(change, ev.Approval, LINUS, delivery="click-1")
    again = desk.happens(change, ev.Approval, LINUS, delivery="click-1")

    assert again == first
    assert again.ruling.because == "You cannot decide on your own change."


def test_two_deliveries_are_two_events(desk):
    change = desk.opens("payments-twice")
    desk.happens(change, ev.Approval, ADA, delivery="click-1")
    again = desk.happens(change, ev.Approval, ADA, delivery="click-2")

    assert again.ruling.guard == "not_answered_already"


def test_what_has_no_delivery_is_never_taken_for_a_repetition(desk):
    change = desk.opens()
    numbers = [desk.happens(change, ev.Approval, LINUS).number for _ in range(2)]

    assert numbers == [2, 3]


def test_a_form_that_stayed_open_after_a_refusal_can_be_corrected(desk):
    refused = desk.changes.open(request(criterion="my birthday"), "view-1", attempt="view-1/a")
    corrected = desk.changes.open(request(), "view-1", attempt="view-1/b")

    assert refused.change is None
    assert isinstance(corrected.ruling, Accepted)


def test_each_submission_of_such_a_form_is_ruled_on_once(desk, memory):
    refused = desk.changes.open(request(criterion="my birthday"), "view-1", attempt="view-1/a")
    again = desk.changes.open(request(criterion="my birthday"), "view-1", attempt="view-1/a")
    corrected = desk.changes.open(request(), "view-1", attempt="view-1/b")
    size = memory.root()
    repeated = desk.changes.open(request(), "view-1", attempt="view-1/b")

    assert (again.ruling, repeated) == (refused.ruling, corrected)
    assert memory.root() == size


def test_a_dialog_that_stayed_open_can_be_corrected_too(desk):
    change = desk.opens()
    event = ev.Extension(at=desk.clock.now(), by=LINUS, window=timedelta(hours=9), justification="More.")
    refused = desk.changes.offer(change, event, "view-2", attempt="view-2/a")
    shorter = event.model_copy(update={"window": timedelta(minutes=30)})
    corrected = desk.changes.offer(change, shorter, "view-2", attempt="view-2/b")

    assert refused.ruling.guard == "extendable"
    assert isinstance(corrected.ruling, Accepted)


def test_what_concerns_no_change_is_kept_once_too(desk, memory):
    typed = ad.Invocation(at=desk.clock.now(), by=LINUS, word="help")
    before = memory.root()[0]
    desk.changes.administer(typed, delivery="command-1")
    desk.changes.administer(typed, delivery="command-1")

    assert memory.root()[0] == before + 1


def test_whoever_is_turned_away_is_owed_the_sentence(desk, memory):
    away = ad.TurnedAway(at=desk.clock.now(), by=MALLORY, because="Guests cannot take part.")
    debt = Obligation(StepName.ANSWER, "click-9", wanted=True, revision=0, place="C1:U1")
    desk.changes.administer(away, delivery="click-9", owed=[debt])

    [claimed] = memory.outbox.claim(5)
    assert (claimed.change, claimed.step, claimed.subject, claimed.place) == (
        "",
        "answer",
        "click-9",
        "C1:U1",
    )
    assert memory.told("click-9") == "Guests cannot take part."


@pytest.mark.parametrize("delivery", ["click-10", ""])
def test_nobody_was_turned_away_by_what_is_not_there(desk, memory, delivery):
    desk.changes.open(request(), delivery="click-11")

    assert memory.told(delivery) == ""
    assert memory.told("click-11") == ""


def test_a_refusal_is_owed_an_answer_where_the_person_clicked(desk, memory):
    change = desk.opens()
    ruled = desk.happens(change, ev.Approval, LINUS, place="C1:U1")

    claimed = [one for one in memory.outbox.claim(20) if one.step is StepName.ANSWER]
    assert [(one.subject, one.place) for one in claimed] == [(str(ruled.number), "C1:U1")]
    assert memory.entry(change, ruled.number)[1] == "You cannot decide on your own change."


def test_the_calendar_of_a_policy_knows_the_holidays_of_its_region(desk, memory):
    memory.rules.holidays = lambda region: lambda day: region == "DE"

    assert not memory.calendar(memory.policy()).works(desk.clock.now().date())


def test_asking_how_it_would_be_ruled_records_nothing(desk, memory):
    change = desk.opens()
    before = memory.root()
    approval = ev.Approval(at=desk.clock.now(), by=ADA, shown=desk.shown(change))

    assert isinstance(desk.changes.would(change, approval), Accepted)
    assert desk.changes.would_open(request()).guard == "nothing_open"
    assert memory.root() == before
