"""The directory and the mirrors of groups, and what the guards are told from them."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from storage.people import new_id
from storage.schema import mirrors
from tests.acme import ADA, GRACE, LINUS, MALLORY, MARGARET, PEOPLE, request
from workflows import events as ev
from workflows.duties import Audience
from workflows.errors import Conflict, UnknownChange
from workflows.facts import Debt
from workflows.people import unknown
from workflows.vocabulary import CLOCK, SYSTEM, Duty, State

ACCOUNT = {"slack_team": "T1", "slack_user": "U1", "name": "Barbara", "email": "barbara@acme.example"}


@pytest.fixture
def people(memory):
    return memory.people


def facts_of(memory, change, event):
    with memory.transaction() as work:
        return work.facts(event, work.lock(change).policy)


def facts(memory, event):
    with memory.reading() as work:
        return work.facts(event, work.in_force()[1])


# --- persons ---------------------------------------------------------------------------------------


def test_a_person_is_found_by_whatever_account_they_use(people):
    linus = PEOPLE[LINUS]

    assert people.by_id(LINUS) == linus
    assert people.by_slack("T1", "ULINUS") == linus
    assert people.by_email("Linus@ACME.example") == linus
    assert people.by_account("github", "LINUS") == linus


def test_the_same_user_of_another_workspace_is_somebody_else(people):
    assert people.by_slack("T2", "ULINUS") is None


@pytest.mark.parametrize("nobody", ["", "nobody"])
def test_an_account_nobody_has_belongs_to_nobody(people, nobody):
    assert people.by_email(nobody) is None
    assert people.by_account("github", nobody) is None
    assert people.by_account("jira", nobody) is None


def test_somebody_the_directory_does_not_know_may_do_nothing(memory):
    assert memory.person("P-NOBODY").outsider
    assert memory.person(CLOCK) == unknown(CLOCK)
    assert not memory.person(SYSTEM).outsider


def test_a_new_account_becomes_a_person_with_a_pseudonym(people):
    people.keep([ACCOUNT])

    found = people.by_slack("T1", "U1")
    assert (found.name, found.email) == ("Barbara", "barbara@acme.example")
    assert found.id.startswith("P-")
    assert "arbara" not in found.id


def test_an_account_that_changed_is_the_same_person(people):
    people.keep([ACCOUNT])
    before = people.by_slack("T1", "U1").id
    people.keep([{**ACCOUNT, "name": "Barbara Liskov", "deactivated": True}])

    after = people.by_slack("T1", "U1")
    assert (after.id, after.name, after.deactivated) == (before, "Barbara Liskov", True)


def test_keeping_the_same_again_changes_nothing_and_counts_all(people):
    people.keep([ACCOUNT])
    before = people.everyone()

    assert people.keep([ACCOUNT]) == 1
    assert people.everyone() == before


def test_somebody_who_was_imported_is_recognised_when_they_turn_up_in_slack(people):
    imported = people.add("Barbara@acme.example", "Barbara")
    people.keep([ACCOUNT])

    assert people.by_slack("T1", "U1").id == imported


def test_an_account_at_a_vendor_is_linked_to_one_person_alone(people):
    people.link(LINUS, "jira", "linus@jira")
    people.link(LINUS, "jira", "linus@jira")

    with pytest.raises(Conflict, match="linus@jira is linked to Linus already"):
        people.link(ADA, "jira", "linus@jira")
    assert people.by_account("jira", "LINUS@jira").id == LINUS


def test_people_are_listed_by_name_and_looked_up_by_id(people):
    assert [p.name for p in people.everyone()] == sorted(p.name for p in PEOPLE.values())
    assert people.named([LINUS, "P-NOBODY"]) == {LINUS: PEOPLE[LINUS]}


@pytest.mark.parametrize("what", ["email", "slack_user", "github"])
def test_who_a_list_names_is_found_and_nobody_else(people, what):
    named = [getattr(PEOPLE[person], what) for person in (ADA, LINUS)]
    listed = named if what == "slack_user" else [name.lower() for name in named]

    assert {person.id for person in people.known_by(what, [*listed, "nobody"])} == {ADA, LINUS}
    assert people.known_by(what, []) == []


def test_a_login_is_the_same_however_it_is_written(people):
    people.link(LINUS, "github", "LiNuS-T")

    assert [person.id for person in people.known_by("github", ["linus-t"])] == [LINUS]


def test_pseudonyms_differ():
    assert len({new_id() for _ in range(100)}) == 100


# --- mirrors ---------------------------------------------------------------------------------------


def test_a_group_is_what_its_last_mirror_says(people):
    people.replace_group("heads", {ADA, MARGARET})

    assert people.group("heads") == {ADA, MARGARET}


def test_a_group_that_stayed_as_it_was_is_new_all_the_same(people, stopwatch):
    stopwatch.advance(minutes=1)
    people.replace_group("heads", {ADA, GRACE, "P-LEADER"})

    assert people.group("heads") == {ADA, GRACE, "P-LEADER"}
    assert next(m for m in people.mirrors() if m.name == "group:heads").refreshed_at == stopwatch.now()


def test_a_group_may_become_empty(people):
    people.replace_group("heads", set())

    assert people.group("heads") == frozenset()
    assert next(m for m in people.mirrors() if m.name == "group:heads").size == 0


def test_a_mirror_that_could_not_be_refreshed_says_why_and_grows_old(people, stopwatch):
    before = stopwatch.now()
    stopwatch.advance(minutes=1)
    people.failed("group:heads", "GitHub did not answer.")

    mirror = next(m for m in people.mirrors() if m.name == "group:heads")
    assert (mirror.refreshed_at, mirror.error) == (before, "GitHub did not answer.")
    assert people.group("heads") == {ADA, GRACE, "P-LEADER"}


def test_a_mirror_that_was_refreshed_again_has_no_error(people, stopwatch):
    people.failed("group:heads", "GitHub did not answer.")
    people.replace_group("heads", {ADA})

    assert next(m for m in people.mirrors() if m.name == "group:heads").error is None


def test_a_mirror_that_never_worked_has_no_age(people, memory, desk):
    people.failed("group:night", "No such team.")

    assert "night" not in facts(memory, request()).groups


def test_the_mirror_of_people_is_marked_too(people, stopwatch):
    people.mark("people", 7)

    assert people.mirrors()[-1].name == "people"
    assert (people.mirrors()[-1].refreshed_at, people.mirrors()[-1].size) == (stopwatch.now(), 7)


def test_the_mirror_knows_who_is_in_a_group(memory):
    assert memory.in_group(ADA, "heads")
    assert not memory.in_group(LINUS, "heads")


# --- facts -----------------------------------------------------------------------------------------


def test_guards_are_told_the_age_of_each_answer_in_real_seconds(desk, memory, stopwatch, clock):
    stopwatch.advance(seconds=59)
    clock.advance(hours=9)

    answer = facts(memory, request()).groups["sre"]
    assert (answer.member, answer.size, answer.age) == (True, 3, 59)


def test_a_mirror_from_the_future_is_new(desk, memory, stopwatch):
    with memory.database.write() as connection:
        connection.execute(sa.update(mirrors).values(refreshed_at=stopwatch.now() + timedelta(hours=1)))

    assert facts(memory, request()).groups["sre"].age == 0


def test_guards_are_told_of_the_same_access_that_is_open(desk, memory):
    change = desk.opens()

    assert facts(memory, request()).same_access == change
    assert facts(memory, request("payments-twice")).same_access is None
    assert facts(memory, request(by=MARGARET)).same_access is None


def test_access_may_be_asked_for_again_once_the_change_is_in_review(desk, memory):
    change = desk.opens()
    desk.happens(change, ev.Revocation, reason="Enough.")

    assert facts(memory, request()).same_access is None


def test_guards_are_told_of_changes_whose_duties_are_overdue(desk, memory, clock):
    change = desk.opens()
    desk.happens(change, ev.Revocation, reason="Enough.")
    in_time = facts(memory, request(at=clock.now()))
    clock.advance(hours=4, seconds=1)

    late = facts(memory, request(at=clock.now()))
    assert (in_time.overdue, late.overdue) == ((), (Debt(change, Duty.COMPLETION),))
    assert facts(memory, request(by=MARGARET, at=clock.now())).overdue == ()


def test_what_others_owe_is_nobodys_overdue_duty(desk, memory, clock):
    """An approval that nobody has given does not cost the requester the next emergency."""
    change = desk.opens()
    desk.happens(change, ev.Completion, done="d", changes="", verified="v", rolled_back=False)
    desk.happens(change, ev.Retrospective, cause="c", genuine=True, normal_process="n", prevention="p")
    clock.advance(days=30)

    assert facts(memory, request(at=clock.now())).overdue == ()


def test_guards_are_told_who_is_named_by_a_reassignment(desk, memory, clock):
    event = ev.Reassignment(at=clock.now(), by=ADA, to=MARGARET, reason="Gone.")

    assert facts(memory, event).assignee == PEOPLE[MARGARET]
    assert facts(memory, request()).assignee is None


def test_somebody_who_names_themselves_is_the_same_person(desk, memory, clock):
    known = facts(memory, ev.Reassignment(at=clock.now(), by=ADA, to=ADA, reason="Mine now."))

    assert known.assignee is known.actor


def test_guards_of_an_approval_are_told_whom_the_access_would_be_given_to(desk, memory, clock):
    waits, given = desk.opens("ledger-admin"), desk.opens("payments-twice")
    approval = ev.Approval(at=clock.now(), by=ADA, shown="")
    rejection = ev.Rejection(at=clock.now(), by=ADA, shown="", reason="No.")

    assert facts_of(memory, waits, approval).grantee == PEOPLE[LINUS]
    assert facts_of(memory, waits, rejection).grantee is None
    assert facts_of(memory, given, approval).grantee is None
    assert facts(memory, approval).grantee is None


def test_the_clock_and_the_bot_belong_to_no_group(desk, memory, clock):
    assert facts(memory, ev.Expiry(at=clock.now(), by=CLOCK)).groups == {}


def test_an_audience_is_resolved_from_the_mirror(desk, memory):
    with memory.reading() as work:
        assert work.members(Audience(frozenset({LINUS}), frozenset({"heads"}))) == {
            LINUS,
            ADA,
            GRACE,
            "P-LEADER",
        }
        assert work.members(Audience(frozenset({LINUS}))) == {LINUS}
        assert work.members(Audience()) == frozenset()


# --- lists -----------------------------------------------------------------------------------------


def test_changes_are_listed_newest_first_by_state_and_by_person(desk, memory, clock):
    first = desk.opens()
    clock.advance(minutes=1)
    second = desk.opens("ledger-admin", MARGARET)

    assert [row.id for row in memory.changes()] == [second, first]
    assert [row.id for row in memory.changes(limit=1)] == [second]
    assert [row.id for row in memory.changes(states=[State.ACTIVE])] == [first]
    assert [row.id for row in memory.changes(person=MARGARET)] == [second]
    assert memory.changes(person=MALLORY) == []


def test_a_row_says_what_a_list_shows(desk, memory, clock):
    desk.opens(drill=True)

    [row] = memory.changes()
    assert (row.requester, row.system, row.access, row.drill) == (LINUS, "payments", "payments-merge", True)
    assert (row.target, row.opened_at) == ("github-team:acme/payments-break-glass", clock.now())
    assert row.access_until == clock.now() + timedelta(hours=1)


def test_a_change_nobody_opened_is_unknown(memory, desk):
    with pytest.raises(UnknownChange, match=r"There is no change EC-2026-9999\."):
        memory.record("EC-2026-9999")


def test_an_entry_nobody_wrote_is_unknown(memory, desk):
    change = desk.opens()

    with pytest.raises(UnknownChange, match=r"EC-2026-0001 has no entry 9\."):
        memory.entry(change, 9)


def test_a_record_comes_with_the_rules_it_is_pinned_to(memory, desk):
    change = desk.opens()
    memory.adopt_policy(memory.policy_text()[1].replace(b"PT4H", b"PT9H"), "policy.toml")

    assert memory.record(change)[1].access["payments-merge"].longest_window == timedelta(hours=4)
    assert memory.policy().access["payments-merge"].longest_window == timedelta(hours=9)


def test_changes_with_access_that_is_owed_or_not_seen_gone_are_standing(memory, desk):
    active, ending, waiting = desk.opens(), desk.opens("payments-twice"), desk.opens("ledger-admin")
    desk.confirms(ending)
    desk.happens(ending, ev.Revocation, reason="Enough.")

    assert {row.id for row in memory.standing()} == {active, ending}
    assert waiting not in {row.id for row in memory.standing()}


def test_the_time_of_the_database_is_asked_for_where_it_has_one(memory):
    now = memory.database_now()

    assert now is None if memory.database.sqlite else now.tzinfo is not None


def test_the_next_moment_is_that_of_a_slot_or_of_a_look(memory, desk, clock):
    nothing = memory.next_due(clock.now())
    change = desk.opens("ledger-read")
    slot = memory.next_due(clock.now())
    [claimed] = [c for c in memory.outbox.claim(9) if c.step == "card"]
    memory.outbox.settle(claimed, clock.now() + timedelta(minutes=1))

    assert nothing is None
    assert slot == clock.now() + timedelta(minutes=30)
    assert memory.next_due(clock.now()) == clock.now() + timedelta(minutes=1)
    assert change == "EC-2026-0001"
