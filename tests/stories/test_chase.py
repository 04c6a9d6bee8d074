"""The chase, from owed to answered, late, escalated and delegated; once each, whatever dies on the way."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.schema import members, people
from tests.acme import ADA, GRACE, LINUS, MARGARET, POLICY, SAM
from workflows import events as ev
from workflows.administration import Delegation, DelegationEnded, GroupEmpty, GroupFilled
from workflows.consequences import announcement
from workflows.delegation import groups_told
from workflows.policy import load
from workflows.vocabulary import Duty, StepName

ALL = (
    POLICY.replace(
        '[duties.retrospective]\ndue = "3 business days"',
        '[duties.retrospective]\ndue = "3 business days"\nremind_after = ["P1D"]\nescalate = [{ after = "P7D", to = "heads" }]',
    )
    .replace(
        '[duties.acceptance]\ndue = "5 business days"',
        '[duties.acceptance]\ndue = "5 business days"\nremind_after = ["P1D"]\nescalate = [{ after = "P9D", to = "security" }]',
    )
    .replace(
        '[duties.remediation]\ndue = "3 business days"',
        '[duties.remediation]\ndue = "3 business days"\nremind_after = ["P1D"]\nescalate = [{ after = "P7D", to = "security" }]',
    )
    .replace(
        'due = "PT4H"\nremind_after = ["PT2H"]',
        'due = "PT4H"\nremind_after = ["PT2H"]\nescalate = [{ after = "P1D", to = "heads" }]',
    )
)
ROADS = {
    Duty.APPROVAL: (ADA, SAM),
    Duty.COMPLETION: (LINUS, ADA),
    Duty.RETROSPECTIVE: (LINUS, ADA),
    Duty.REMEDIATION: (LINUS, SAM),
    Duty.ACCEPTANCE: (GRACE, SAM),
}


@pytest.fixture
def chased(begun):
    assert load(ALL.encode()).duties.retrospective.escalate
    return begun(policy=ALL)


def owing(night, duty):
    """Bring a change to where it owes a duty and, for the acceptance, nothing else."""
    change = night.opens()
    if duty is Duty.REMEDIATION:
        night.happens(change, ev.Rejection, ADA, reason="It could have waited.")
    if duty is Duty.ACCEPTANCE:
        night.happens(change, ev.Approval, ADA)
        night.is_reported_done(change)
        night.is_looked_back_on(change)
    night.passes(hours=2)
    return change


def answers(night, change, duty):
    """Let whoever owes a duty do it."""
    does = {
        Duty.APPROVAL: lambda: night.happens(change, ev.Approval, ADA),
        Duty.COMPLETION: lambda: night.is_reported_done(change),
        Duty.RETROSPECTIVE: lambda: night.is_looked_back_on(change),
        Duty.REMEDIATION: lambda: night.happens(change, ev.Remediation, outcome="reverted", note="Put back."),
        Duty.ACCEPTANCE: lambda: night.happens(change, ev.Acceptance, GRACE),
    }
    does[duty]()
    assert duty not in night.owes(change)


def spoken(night, change, duty):
    """Return what the clock said about a duty of a change, in order."""
    entries = (written.entry for written in night.memory.entries(change=change, limit=999))
    prompts = (ev.Reminder, ev.Overdue, ev.Escalation)
    return [entry for entry in entries if isinstance(entry, prompts) and entry.duty is duty]


def heard(night, person, duty):
    """Return what kinds of prompts of a duty reached a person, in order."""
    kinds = []
    for to, _, duties, prompts in night.board.reminders:
        if to == person and duty in {one for _, one in duties}:
            kinds += prompts
    return kinds


@pytest.mark.parametrize("duty", Duty)
def test_a_duty_that_is_answered_in_time_is_never_called_overdue(chased, duty):
    change = owing(chased, duty)
    answers(chased, change, duty)
    before = spoken(chased, change, duty)
    chased.passes(days=12)

    assert not [entry for entry in before if not isinstance(entry, ev.Reminder)]
    assert spoken(chased, change, duty) == before


@pytest.mark.parametrize("duty", Duty)
def test_a_duty_is_reminded_of_then_overdue_then_escalated_once_each_until_it_is_fulfilled_late(chased, duty):
    change = owing(chased, duty)
    chased.passes(days=13)
    said, (owes, hears) = spoken(chased, change, duty), ROADS[duty]
    reached = set(heard(chased, owes, duty)), heard(chased, hears, duty)
    answers(chased, change, duty)
    chased.passes(days=5)

    assert {type(entry) for entry in said} == {ev.Reminder, ev.Overdue, ev.Escalation}
    assert len(said) == len({entry.slot for entry in said})
    assert {ev.Reminder, ev.Overdue} <= reached[0]
    assert ev.Escalation in reached[1]
    assert spoken(chased, change, duty) == said
    assert chased.record(change).overdue(f"{duty.value}/0/due")


def test_one_message_says_everything_a_person_owes(night):
    first = night.opens()
    night.is_reported_done(first)
    night.passes(minutes=3)
    second = night.opens()
    night.is_reported_done(second)
    night.passes(hours=5)  # the morning: both were reminded of in the night

    [listed] = night.board.reminded(ADA)
    assert set(listed) == {(first, Duty.APPROVAL), (second, Duty.APPROVAL)}
    assert len(night.board.reminded(GRACE)) == 1


def test_each_prompt_that_reached_somebody_is_in_the_record_of_its_change(night):
    change = night.opens()
    night.is_reported_done(change)
    night.passes(hours=5)
    reminders = [p.number for p in night.record(change).prompts]

    assert {(number, ADA) for number in reminders} <= night.record(change).told
    assert night.kinds(change).count("message-sent/1") == len(night.record(change).told)


def test_what_was_done_meanwhile_is_not_asked_for(night):
    change = night.opens()
    night.is_reported_done(change)
    night.passes(hours=3)  # the reminder of the first hour waits for the morning
    night.happens(change, ev.Approval, ADA)
    night.passes(hours=4)

    assert night.board.reminders == []


def test_at_night_only_what_is_urgent_is_sent(night):
    calm = night.opens("payments-deploy")
    night.is_reported_done(calm)
    urgent = night.opens("payments-merge", MARGARET, window=timedelta(hours=4))
    night.passes(hours=2)

    [listed] = night.board.reminded(ADA)
    assert (urgent, Duty.APPROVAL) in listed
    assert (calm, Duty.APPROVAL) in listed  # since she is written to anyway
    night.passes(hours=3)
    assert len(night.board.reminded(ADA)) == 2  # after four hours, in the morning


@pytest.mark.parametrize("fuse", range(12))
def test_a_reminder_is_sent_once_wherever_the_process_dies(night, fuse):
    change = night.opens()
    night.is_reported_done(change)
    second = night.opens()
    night.is_reported_done(second)
    night.travels(hours=0)
    while not night.memory.outbox.backlog([StepName.REMINDER]).waiting:
        night.clock.advance(minutes=10)
        night.stopwatch.advance(minutes=10)
        night.desk.fires_what_is_due()
    night.dies(fuse, StepName.REMINDER)
    night.passes(minutes=30)

    for person in (ADA, GRACE):
        assert len(night.board.reminded(person)) == 1
        for one in (change, second):
            [prompt] = night.record(one).prompts[:1]
            assert (prompt.number, person) in night.record(one).told


def test_a_message_whose_answer_got_lost_is_not_sent_again(night):
    change = night.opens()
    night.is_reported_done(change)
    night.to_board.lost.add("remind")
    night.passes(hours=5)

    assert len(night.board.reminded(ADA)) == 1
    assert len(night.board.reminded(GRACE)) == 1


def idles(night):
    """Let the clock speak up while nobody works."""
    night.clock.advance(minutes=10)
    night.stopwatch.advance(minutes=10)
    night.desk.fires_what_is_due()


@pytest.mark.parametrize("fuse", range(12))
def test_what_came_up_after_a_message_that_got_lost_is_told_in_the_next(night, fuse):
    night.passes(hours=8)  # in working hours
    first = night.opens()
    night.is_reported_done(first)
    night.passes(minutes=30)
    second = night.opens(by=MARGARET)
    night.is_reported_done(second, by=MARGARET)
    while not night.memory.outbox.backlog([StepName.REMINDER]).waiting:
        idles(night)
    assert not night.record(second).prompts
    night.dies(fuse, StepName.REMINDER)
    while not night.record(second).prompts:  # whoever was to write it down does so late
        idles(night)
    night.passes(hours=1)

    for person in (ADA, GRACE):
        assert heard(night, person, Duty.APPROVAL) == [ev.Reminder, ev.Reminder]
        for change in (first, second):
            [prompt] = night.record(change).prompts
            assert (prompt.number, person) in night.record(change).told


@pytest.mark.parametrize("before", [True, False])
def test_a_reminder_that_took_longer_than_its_lease_is_written_down_by_whoever_has_it_now(night, before):
    change = night.opens()
    night.is_reported_done(change)
    while not night.memory.outbox.backlog([StepName.REMINDER]).waiting:
        idles(night)
    remind = night.board.remind

    def slowly(*said):
        posted = remind(*said)
        passes_on()
        return posted

    def passes_on():
        night.stopwatch.advance(seconds=11)
        night.memory.outbox.claim(20)

    mine = [one for one in night.memory.outbox.claim(20) if one.step is StepName.REMINDER]
    night.board.remind = remind if before else slowly
    if before:
        passes_on()
    entries = night.kinds(change)
    night.works_on(mine[0])
    night.board.remind = remind
    sent, written = len(night.board.reminders), len(night.kinds(change)) - len(entries)
    night.passes(minutes=1)

    assert (sent, written) == (0 if before else 1, 0)
    assert len(night.board.reminded(ADA)) == len(night.board.reminded(GRACE)) == 1
    assert night.kinds(change).count("message-sent/1") == len(night.record(change).told)


def test_a_slack_that_is_down_delays_a_reminder_and_loses_none(night):
    change = night.opens()
    night.is_reported_done(change)
    night.to_board.down = True
    night.passes(hours=6)
    night.to_board.down = False
    night.passes(minutes=10)

    assert len(night.board.reminded(ADA)) == 1


def test_somebody_slack_will_not_write_to_is_complained_about_and_left(night):
    change = night.opens()
    night.is_reported_done(change)
    night.board.declines = "messages_tab_disabled"
    night.passes(hours=6)

    assert len([said for said in night.complaints if ADA in said]) >= 1
    assert night.memory.outbox.backlog([StepName.REMINDER]).waiting == 0


# --- people who are not there ----------------------------------------------------------------------


def leaves(night, person):
    with night.memory.database.write() as connection:
        connection.execute(sa.update(people).where(people.c.id == person).values(deactivated=True))


def goes(night, who, to, **by):
    """Let somebody be away, as the word in Slack does."""
    entry = Delegation(at=night.clock.now(), by=who, to=to, until=night.clock.now() + timedelta(**by))
    delivery = f"delegation:{who}"
    night.changes.administer(entry, delivery, [announcement(delivery, to)])
    night.settles()


def test_an_approver_who_left_is_skipped_and_the_others_are_asked(night):
    change = night.opens()
    night.is_reported_done(change)
    leaves(night, ADA)
    night.passes(hours=5)

    assert night.board.reminded(ADA) == []
    assert night.board.reminded(GRACE) == [[(change, Duty.APPROVAL)]]


def test_who_stands_in_is_told_at_once_and_gets_the_reminders(night):
    goes(night, ADA, GRACE, days=3)
    change = night.opens()
    night.is_reported_done(change)
    night.passes(hours=5)

    assert [(to, kind) for to, _, kind in night.board.announced] == [(GRACE, Delegation)]
    assert night.board.reminded(ADA) == []
    assert night.board.reminded(GRACE) == [[(change, Duty.APPROVAL)]]


def test_a_delegation_gives_no_rights(night):
    goes(night, ADA, MARGARET, days=3)
    change = night.opens()

    assert night.happens(change, ev.Approval, MARGARET).guard == "by_an_approver"


def test_when_the_time_is_over_reminders_go_where_they_went_before(night):
    goes(night, ADA, GRACE, hours=2)
    change = night.opens()
    night.is_reported_done(change)
    night.passes(hours=5)

    assert len(night.board.reminded(ADA)) == 1  # the reminder after four hours came when she was back
    assert change


def test_somebody_who_is_back_early_is_told_again(night):
    goes(night, ADA, GRACE, days=3)
    night.changes.administer(DelegationEnded(at=night.clock.now(), by=ADA), "back")
    change = night.opens()
    night.is_reported_done(change)
    night.passes(hours=5)

    assert night.board.reminded(ADA) == [[(change, Duty.APPROVAL)]]


def test_who_stands_in_for_an_author_hears_of_what_the_author_owes(night):
    goes(night, LINUS, MARGARET, days=9)
    change = night.opens()
    night.passes(hours=8)

    assert (change, Duty.COMPLETION) in night.board.reminded(MARGARET)[-1]
    assert (change, Duty.COMPLETION) in night.board.reminded(LINUS)[-1]


#: Who is away, and who stands in: for an author's own duties both are told, in a group the one who is there.
AWAY = {
    duty: (ADA, GRACE) if duty in (Duty.APPROVAL, Duty.ACCEPTANCE) else (LINUS, MARGARET) for duty in Duty
}


@pytest.mark.parametrize("duty", Duty)
def test_while_somebody_is_away_whoever_stands_in_is_told_of_every_duty(chased, duty):
    away, delegate = AWAY[duty]
    goes(chased, away, delegate, days=30)
    owing(chased, duty)
    chased.passes(days=11)

    assert {ev.Reminder, ev.Overdue} <= set(heard(chased, delegate, duty))
    assert bool(heard(chased, away, duty)) is (away == LINUS)


def test_every_approver_who_was_skipped_hears_of_an_override_the_absent_too(night):
    goes(night, ADA, GRACE, days=3)
    change = night.opens("ledger-admin")
    asked = {person for person in (ADA, GRACE) if ev.Request in night.board.told(person)}
    night.passes(minutes=31)
    night.happens(change, ev.Override, reason="Money is being lost.")

    assert asked == {ADA, GRACE}
    assert ev.Override in night.board.told(ADA)
    assert ev.Override in night.board.told(GRACE)


# --- groups that nobody is left in ------------------------------------------------------------------


def empties(night, group):
    with night.memory.database.write() as connection:
        connection.execute(sa.delete(members).where(members.c.group == group))


def watches(night):
    """Look at the groups, as a process does each minute."""
    for group in night.memory.turning(groups_told(load(POLICY.encode()))):
        night.changes.watch(group, night.clock.now())
    night.settles()


def test_a_group_that_became_empty_alarms_once_until_somebody_is_there_again(begun):
    night = begun(policy=f'{POLICY}\n[review]\nchannel = "#change-review"\nby = "heads"\n')
    watches(night)
    empties(night, "heads")
    for _ in range(3):
        watches(night)
    once = [(to, kind) for to, _, kind in night.board.announced]
    with night.memory.database.write() as connection:
        connection.execute(sa.insert(members), [{"group": "heads", "person": ADA}])
    watches(night)
    empties(night, "heads")
    watches(night)
    kinds = [kind for _, _, kind in night.board.announced]

    assert sorted(once, key=str) == [("#change-review", GroupEmpty), (SAM, GroupEmpty)]
    assert kinds == [GroupEmpty] * 2 + [GroupFilled] * 2 + [GroupEmpty] * 2
    assert night.memory.empty({"heads", "security"}) == 1


def test_whoever_comes_into_an_empty_group_is_told_what_the_clock_said_meanwhile(night):
    night.opens()
    empties(night, "heads")
    watches(night)
    night.passes(hours=30)
    with night.memory.database.write() as connection:
        connection.execute(sa.insert(members), [{"group": "heads", "person": ADA}])
    before = heard(night, ADA, Duty.APPROVAL)
    watches(night)
    night.passes(hours=18)

    assert before == []
    assert ev.Overdue in heard(night, ADA, Duty.APPROVAL)


def test_a_group_of_people_who_have_all_left_is_empty(night):
    for person in (ADA, GRACE, "P-LEADER"):
        leaves(night, person)
    watches(night)

    assert [(to, kind) for to, _, kind in night.board.announced] == [(SAM, GroupEmpty)]


def test_a_mirror_that_could_not_be_read_is_no_empty_group(night):
    empties(night, "heads")
    night.memory.people.failed("group:heads", "GitHub did not answer.")
    watches(night)

    assert night.board.announced == []
