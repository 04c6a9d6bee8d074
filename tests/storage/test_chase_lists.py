"""The lists the chase is made from, on both engines: once each with two replicas, by index, and made again."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.schema import deadlines, delegations, obligations, prompts
from tests.acme import ADA, GRACE, LINUS, MARGARET
from tests.storage.test_races import at_once, replica  # noqa: F401 - a fixture
from workflows import events as ev
from workflows.administration import Delegation, DelegationEnded
from workflows.changes import EmergencyChanges
from workflows.vocabulary import Duty, StepName

REPORT = {"done": "d", "changes": "", "verified": "v", "rolled_back": False}
MANY = 3000


def rows(memory, table):
    with memory.database.read() as connection:
        return [dict(row._mapping) for row in connection.execute(sa.select(table))]


def reminders(memory):
    return [row for row in rows(memory, obligations) if row["step"] == StepName.REMINDER.value]


def reported(desk, by=LINUS, access="payments-merge"):
    change = desk.opens(access, by)
    desk.happens(change, ev.Completion, by, **REPORT)
    return change


def test_two_replicas_that_fire_at_the_same_second_owe_one_message(desk, memory, replica, clock):  # noqa: F811
    first, second = reported(desk), reported(desk, MARGARET, "payments-deploy")
    clock.advance(hours=1)
    fires = [
        lambda one=one, change=change: one.changes.fire(change, "approval/0/reminder/1", clock.now())
        for change in (first, second)
        for one in (desk, replica)
    ]
    ruled = at_once(*fires)

    assert sum(one is not None for one in ruled) == 2  # each slot once
    owed = {row["subject"]: row for row in reminders(memory)}
    assert {subject.partition("@")[0] for subject in owed} >= {ADA, GRACE}
    assert len(owed) == len({subject.partition("@")[0] for subject in owed})
    assert all(row["change_id"] == "" for row in owed.values())


def test_a_second_prompt_for_the_same_message_is_a_new_revision_whatever_change_it_came_from(
    desk, memory, clock
):
    """The numbers of two changes' entries may be the same; the message would look settled already."""
    first, second = reported(desk), reported(desk, MARGARET, "payments-deploy")
    clock.advance(hours=1)
    desk.changes.fire(first, "approval/0/reminder/1", clock.now())
    before = {row["subject"]: row["revision"] for row in reminders(memory)}
    desk.changes.fire(second, "approval/0/reminder/1", clock.now())
    after = {row["subject"]: row["revision"] for row in reminders(memory)}

    assert after.keys() == before.keys()
    assert all(after[subject] == before[subject] + 1 for subject in after)


def test_what_the_clock_spoke_up_about_is_listed_until_it_is_done(desk, memory, clock):
    change = reported(desk)
    before = rows(memory, prompts)
    clock.advance(hours=1)
    desk.fires_what_is_due()
    there = {(row["about"], row["holder"]) for row in rows(memory, prompts)}
    desk.happens(change, ev.Approval, ADA)

    assert before == []
    assert there == {("approval", "group:heads")}
    assert rows(memory, prompts) == []


def test_what_waits_for_somebody_has_what_is_new_to_them_and_all_else_they_owe(desk, memory, clock):
    new = reported(desk)
    clock.advance(hours=1)
    desk.fires_what_is_due()
    calm = reported(desk, MARGARET, "payments-deploy")
    found = {item.change: item for item in memory.waiting_for(ADA)}

    assert found.keys() == {new, calm}
    assert (len(found[new].prompts), found[calm].prompts) == (1, ())
    assert {item.owed.duty for item in memory.waiting_for(MARGARET)} == {Duty.RETROSPECTIVE}


def test_a_delegation_is_kept_replaced_and_ended_and_made_again_from_the_ledger(desk, memory, clock):
    until = clock.now() + timedelta(days=2)

    def goes(to):
        desk.changes.administer(Delegation(at=clock.now(), by=ADA, to=to, until=until))

    goes(GRACE)
    goes(MARGARET)
    kept = rows(memory, delegations)
    memory.rebuild()
    again = rows(memory, delegations)
    desk.changes.administer(DelegationEnded(at=clock.now(), by=ADA))
    memory.rebuild()

    assert kept == again == [{"person": ADA, "delegate": MARGARET, "until": until}]
    assert rows(memory, delegations) == []


def test_an_absence_that_is_over_is_none(desk, memory, clock):
    desk.changes.administer(
        Delegation(at=clock.now(), by=ADA, to=GRACE, until=clock.now() + timedelta(days=1))
    )
    during = memory.absences()
    clock.advance(days=1)

    assert during[ADA].delegate == GRACE
    assert memory.absences() == {}


def test_a_delegation_that_comes_twice_is_one_entry(desk, memory, clock):
    entry = Delegation(at=clock.now(), by=ADA, to=GRACE, until=clock.now() + timedelta(days=1))
    for _ in range(2):
        desk.changes.administer(entry, "delegation:slack:trigger:1")

    assert [w.leaf["kind"] for w in memory.entries(limit=99)].count("delegation/1") == 1


def test_a_policy_that_is_edited_in_the_middle_of_a_chase_moves_nothing_and_fires_nothing_twice(
    desk, memory, clock
):
    change = reported(desk)
    clock.advance(hours=1)
    desk.fires_what_is_due()
    moments = {row["slot"]: row["due_at"] for row in rows(memory, deadlines) if row["change_id"] == change}
    text = memory.policy_text()[1].decode()
    edited = text.replace('remind_after = ["PT1H", "PT4H"]', 'remind_after = ["PT10M", "PT2H"]')
    memory.adopt_policy(edited.replace('due = "PT24H"', 'due = "PT3H"').encode(), "policy.toml")
    clock.advance(hours=2)
    fired = desk.fires_what_is_due()
    after = {row["slot"]: row["due_at"] for row in rows(memory, deadlines) if row["change_id"] == change}

    assert edited != text
    assert not [slot for slot in fired if slot.startswith("approval")]
    assert after.items() >= moments.items()


def test_moments_that_were_said_survive_a_library_that_learns_new_holidays(desk, memory, clock):
    change = reported(desk)
    before = {row["slot"]: row["due_at"] for row in rows(memory, deadlines) if row["change_id"] == change}
    memory.rules.holidays = lambda region: lambda day: day.day in (3, 4, 5)
    memory.rules._calendars.clear()
    memory.rebuild()
    desk.happens(change, ev.Approval, ADA)
    after = {row["slot"]: row["due_at"] for row in rows(memory, deadlines) if row["change_id"] == change}

    assert after["retrospective/0/due"] == before["retrospective/0/due"]


@pytest.fixture
def crowded(memory, clock):
    """Fill the list of slots as thousands of changes do, nearly all of which are over or far off."""
    far, past = clock.now() + timedelta(days=30), clock.now() - timedelta(days=30)
    many = [
        {"change_id": f"EC-2025-{n:04d}", "slot": slot, "due_at": due, "fired_at": fired}
        for n in range(MANY)
        for slot, due, fired in (("approval/0/due", past, past), ("retrospective/0/due", far, None))
    ]
    with memory.database.write() as connection:
        connection.execute(sa.insert(deadlines), many)
    with memory.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    return memory


def plans(memory, look):
    """Say how the engine finds what ``look`` asks for, in its own words."""
    asked = []
    note = lambda conn, cursor, statement, parameters, *_: asked.append((statement, parameters))  # noqa: E731
    sa.event.listen(memory.database.engine, "before_cursor_execute", note)
    look()
    sa.event.remove(memory.database.engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if memory.database.sqlite else "EXPLAIN"
    with memory.database.read() as connection:
        said = [
            str(row[-1])
            for statement, parameters in asked
            if statement.startswith("SELECT")
            for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)
        ]
    return "\n".join(said)


def test_what_is_due_is_found_by_index_however_many_changes_there_are(crowded):
    said = plans(crowded, crowded.due_slots)

    assert "ix_deadlines_waiting" in said
    assert "SCAN deadlines" not in said
    assert "Seq Scan" not in said


def test_the_heartbeat_finds_the_one_slot_that_is_due_among_thousands(crowded, desk, clock):
    change = reported(desk)
    clock.advance(hours=1)

    assert crowded.due_slots() == [(change, "approval/0/reminder/1")]
    assert isinstance(desk.changes, EmergencyChanges)
