"""Several threads and several processes at once: every one gets an answer, and only one may win."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
import sqlalchemy as sa

from storage.engine import Database
from storage.keys import embedded_keys
from storage.memory import Memory
from tests.acme import ADA, GRACE, LINUS, MARGARET, POLICY, request
from tests.memories import ORIGIN, Desk, guard_names
from workflows import administration as ad
from workflows import events as ev
from workflows import observations as ob
from workflows.changes import EmergencyChanges
from workflows.decide import Accepted
from workflows.errors import Conflict
from workflows.vocabulary import SYSTEM

REPORT = {"done": "d", "changes": "", "verified": "v", "rolled_back": False}
LOOK_BACK = {"cause": "c", "genuine": True, "normal_process": "n", "prevention": "A lock."}
THREADS = 8
POSTGRESQL = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def at_once(*works):
    """Run all at the same moment and return what each returned; the first exception is raised."""
    barrier = Barrier(len(works))

    def wait_and(work):
        barrier.wait(timeout=10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(wait_and, work) for work in works]
        return [future.result(timeout=30) for future in futures]


@pytest.fixture
def replica(memory):
    """Stand in for another process on the same database: nothing is shared but the tables."""
    url = memory.database.url.render_as_string(hide_password=False)
    database = Database(url)
    other = Memory(database, memory.clock, memory.stopwatch, embedded_keys(database, ORIGIN))
    yield Desk(other)
    database.close()


@contextmanager
def right_after(memory, part, meanwhile):
    """Let somebody else do something as soon as the first statement with ``part`` was answered."""
    asked = []

    def answered(connection, cursor, statement, *_):
        if part in statement and not asked:
            asked.append(statement)
            meanwhile()

    sa.event.listen(memory.database.engine, "after_cursor_execute", answered)
    try:
        yield
    finally:
        sa.event.remove(memory.database.engine, "after_cursor_execute", answered)
    assert asked


def accepted(rulings):
    return [ruled for ruled in rulings if isinstance(ruled.ruling, Accepted)]


def test_eight_threads_deciding_on_eight_changes_never_fail_each_other(desk, memory):
    people = [LINUS, MARGARET]
    accesses = ["payments-merge", "payments-twice", "ledger-admin", "ledger-read"]
    changes = [desk.opens(access, by) for access in accesses for by in people]

    rulings = at_once(*(lambda change=change: desk.happens(change, ev.Approval, ADA) for change in changes))

    assert len(accepted(rulings)) == THREADS
    assert memory.verify().size == memory.root()[0]


def test_two_who_reject_one_change_do_not_both_win(desk, replica):
    change = desk.opens()

    rulings = at_once(
        lambda: desk.happens(change, ev.Rejection, ADA, reason="No."),
        lambda: replica.happens(change, ev.Rejection, GRACE, reason="No."),
    )

    assert len(accepted(rulings)) == 1
    assert len(desk.record(change).verdicts) == 1


def test_an_approval_and_a_rejection_at_once_leave_one_verdict_that_counts(desk, replica):
    change = desk.opens("ledger-admin")

    rulings = at_once(
        lambda: desk.happens(change, ev.Approval, ADA),
        lambda: replica.happens(change, ev.Rejection, GRACE, reason="No."),
    )

    states = {ruled.ruling.to for ruled in accepted(rulings)}
    assert desk.record(change).state in states


def test_one_person_opens_one_change_on_one_access_however_often_they_click(desk, replica, memory):
    clicks = [desk, replica] * 4

    rulings = at_once(*(lambda d=d: d.changes.open(request()) for d in clicks))

    assert len(accepted(rulings)) == 1
    assert {r.ruling.guard for r in rulings if r.change is None} == {"nothing_open"}
    assert len(memory.changes()) == 1


def test_one_delivery_that_reaches_two_processes_is_ruled_on_once(desk, replica, memory):
    before = memory.root()[0]

    rulings = at_once(
        *(lambda d=d: d.changes.open(request(), "view-1", attempt="try-1") for d in [desk, replica] * 3)
    )

    assert len(set(rulings)) == 1
    assert memory.root()[0] == before + 1


@POSTGRESQL
def test_a_request_that_was_granted_between_two_questions_is_not_refused(desk, replica):
    """The delivery is looked for first, and what is open already a moment later."""
    granted = []

    def elsewhere():
        granted.append(desk.changes.open(request(), "view-1", attempt="try-1"))

    with right_after(replica.memory, "min(deliveries.sequence)", elsewhere):
        ruled = replica.changes.open(request(), "view-1", attempt="try-1")

    assert accepted(granted)
    assert [ruled] == granted


def test_a_verdict_that_reaches_two_processes_at_once_is_answered_alike(desk, replica, memory):
    """A refusal goes by the attempt and an acceptance by the delivery: no unique name keeps the second one out."""
    change = desk.opens()
    before = memory.root()[0]
    verdict = ev.Approval(at=desk.clock.now(), by=ADA, shown=desk.shown(change))

    rulings = at_once(
        *(
            lambda d=d: d.changes.offer(change, verdict, "view-1", attempt="try-1")
            for d in [desk, replica] * 3
        )
    )

    assert len(accepted(rulings)) == len(rulings)
    assert memory.root()[0] == before + 1


def test_one_command_that_reaches_two_processes_is_kept_once(desk, replica, memory):
    before = memory.root()[0]
    typed = ad.Invocation(at=desk.clock.now(), by=LINUS, word="help")

    at_once(*(lambda d=d: d.changes.administer(typed, "command-1") for d in [desk, replica] * 3))

    assert memory.root()[0] == before + 1


def test_a_slot_that_two_processes_see_fires_once(desk, replica, clock):
    change = desk.opens("ledger-read")
    clock.advance(minutes=30)

    fired = at_once(
        *(lambda d=d: d.changes.fire(change, "lapse/0", clock.now()) for d in [desk, replica] * 3)
    )

    assert len([ruled for ruled in fired if ruled]) == 1


def test_changes_opened_at_once_have_numbers_of_their_own(desk, replica):
    accesses = ["payments-merge", "payments-deploy", "payments-twice", "ledger-admin", "ledger-read"]

    rulings = at_once(
        *(
            lambda a=a, d=d: d.changes.open(request(a))
            for a, d in zip(accesses, [desk, replica] * 3, strict=False)
        )
    )

    assert sorted(r.change for r in rulings) == [f"EC-2026-{n:04d}" for n in range(1, 6)]


@pytest.fixture
def starting(database, clock, stopwatch):
    """Stand in for four processes that start at the same moment on a database nobody has used yet."""
    url, keys = database.url.render_as_string(hide_password=False), embedded_keys(database, ORIGIN)
    processes = [Memory(Database(url), clock, stopwatch, keys) for _ in range(4)]
    yield processes
    for process in processes:
        process.database.close()


def test_processes_that_start_at_once_write_down_key_and_policy_once(starting):
    at_once(*(lambda m=m: m.adopt_policy(POLICY.encode(), "policy.toml") for m in starting))

    kinds = [written.leaf["kind"] for written in starting[0].entries()]
    assert kinds == ["key-in-force/1", "policy-in-force/1"]


def test_processes_that_miss_a_guard_at_once_say_so_once(starting):
    with starting[0].database.write() as connection:
        name = guard_names(starting[0].database)[0]
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    at_once(*(lambda m=m: m.check_guards("C0REVIEW") for m in starting))

    assert [written.leaf["kind"] for written in starting[0].entries()] == ["guards-checked/1"]


def test_somebody_whom_several_processes_meet_at_once_is_one_person(starting):
    """Two persons of one account could approve each other's changes."""
    accounts = [{"slack_team": "T1", "slack_user": f"U{n:03}", "name": f"Somebody {n}"} for n in range(40)]
    orders = (accounts, accounts[::-1], accounts, accounts[::-1])

    at_once(*(lambda m=m, met=met: m.people.keep(met) for m, met in zip(starting, orders, strict=True)))

    met = [person.slack_user for person in starting[0].people.everyone()]
    assert sorted(met) == [account["slack_user"] for account in accounts]


def test_a_group_that_several_processes_mirror_at_once_is_mirrored(starting):
    members = [f"P-{n:03}" for n in range(40)]

    at_once(*(lambda m=m: m.people.replace_group("sre", members) for m in starting))

    assert starting[0].people.group("sre") == set(members)


def test_sixteen_writers_all_get_through(desk, memory):
    change = desk.opens()
    before = memory.root()[0]

    at_once(*(lambda: desk.happens(change, ev.Approval, LINUS) for _ in range(16)))

    assert memory.root()[0] == before + 16
    assert memory.verify().size == before + 16


@SQLITE
def test_writers_of_two_processes_on_one_file_all_get_through(desk, replica, memory):
    change = desk.opens()
    before = memory.root()[0]

    at_once(*(lambda d=d: d.happens(change, ev.Approval, LINUS) for d in [desk, replica] * 4))

    assert memory.root()[0] == before + 8


@SQLITE
def test_a_reader_waits_for_no_writer(desk, memory):
    change = desk.opens()

    with memory.transaction() as work:
        work.lock(change)
        [record] = at_once(lambda: desk.record(change))

    assert record.id == change


@POSTGRESQL
def test_a_change_that_somebody_is_deciding_on_does_not_hold_up_another(desk, memory):
    busy, free = desk.opens(), desk.opens("ledger-admin")

    with memory.transaction() as work:
        work.lock(busy)
        [ruled] = at_once(lambda: desk.happens(free, ev.Approval, ADA))

    assert isinstance(ruled.ruling, Accepted)


@POSTGRESQL
def test_an_entry_that_is_committed_while_somebody_reads_does_not_look_erased(desk, replica, memory):
    """A reader holds no lock, and asks twice: once for entries, once for the values they commit to."""
    change = desk.opens()
    memory.folds.forget()
    ends = {"change": change, "kind": ev.Revocation, "reason": "Enough."}

    with right_after(memory, "ledger_entries", lambda: replica.happens(**ends)):
        torn = desk.record(change).revocation

    assert torn is None
    assert desk.record(change).revocation.reason == "Enough."


@POSTGRESQL
def test_an_entry_that_is_committed_while_somebody_accepts_does_not_look_like_damage(desk, replica, memory):
    """The reviewer's transaction holds the change, not the ledger: others append to it all the time."""
    change = desk.opens()
    desk.confirms(change)
    desk.happens(change, ev.Completion, **REPORT)
    desk.seen(change, ob.AccessEnded)
    desk.happens(change, ev.Approval, ADA)
    desk.reads_again(change)
    desk.happens(change, ev.Retrospective, **LOOK_BACK)
    beat = ad.Heartbeat(at=desk.clock.now(), by=SYSTEM, replica="other")

    with right_after(memory, "SELECT ledger_head.size", lambda: replica.changes.administer(beat)):
        ruled = desk.happens(change, ev.Acceptance, GRACE)

    assert isinstance(ruled.ruling, Accepted)


@pytest.fixture
def too_old(desk):
    """Stand in for a change that was kept long enough."""
    change = desk.opens("ledger-admin")
    desk.happens(change, ev.Withdrawal)
    desk.clock.advance(days=365 * 7 + 3)
    return change


@POSTGRESQL
def test_a_hold_that_is_set_while_somebody_looks_for_what_is_too_old_keeps_it(desk, replica, memory, too_old):
    said, retention = desk.record(too_old).request.justification, replica.memory.retention

    with right_after(memory, "DISTINCT changes.id", lambda: retention.hold(too_old, ADA, "A dispute.")):
        purged = memory.retention.purge()

    assert (purged.changes, purged.held) == ((), (too_old,))
    assert desk.record(too_old).request.justification == said
    assert isinstance(memory.entries()[-1].entry, ad.HoldSet)


@POSTGRESQL
def test_what_is_too_old_is_purged_once_though_two_processes_look_for_it(replica, memory, too_old):
    found = "SELECT entry_values.sequence, entry_values.field"

    with right_after(memory, found, replica.memory.retention.purge):
        purged = memory.retention.purge()

    assert purged.values == 0
    assert len([w for w in memory.entries() if isinstance(w.entry, ad.RecordsPurged)]) == 1
    assert memory.verify().erased == 6


@POSTGRESQL
def test_whoever_is_erased_while_the_directory_is_mirrored_stays_erased(replica, memory):
    account = {"slack_team": "T1", "slack_user": "U1", "name": "Barbara"}
    memory.people.keep([account])
    person = memory.people.by_slack("T1", "U1")

    def erased():
        replica.memory.erasing.erase(person, ADA, "They asked for it.", also_text=False)

    with right_after(memory, "FROM people", erased):
        memory.people.keep([{**account, "name": "Barbara Liskov"}])

    there = memory.person(person.id)
    assert (there.name, there.slack_user, there.erased) == ("", "", True)


@POSTGRESQL
@pytest.mark.parametrize("how", ["link", "learn"])
def test_whoever_is_erased_while_an_account_is_linked_leaves_none_behind(replica, memory, how):
    person = memory.people.add("barbara@acme.example", "Barbara")
    said = {"link": (person, "github", "barbara"), "learn": (person, "github", "barbara", "42")}[how]
    known, begun = memory.person(person), []

    with ThreadPoolExecutor(1) as pool:

        def erased():
            erase = replica.memory.erasing.erase
            begun.append(pool.submit(erase, known, ADA, "They asked for it.", also_text=False))

        with right_after(memory, "FROM people", erased):
            getattr(memory.people, how)(*said)
        begun[0].result(timeout=30)

    assert memory.person(person).erased
    assert memory.people.by_account("github", "barbara") is None


class Overtaken:
    """Transactions of which the first few find that somebody else wrote first."""

    def __init__(self, memory, times):
        self.memory, self.left = memory, times

    def __call__(self):
        if self.left:
            self.left -= 1
            raise Conflict("Somebody opened the same change at the same moment.")
        return self.memory.transaction()


def test_whoever_was_overtaken_decides_again(desk, memory):
    changes = EmergencyChanges(Overtaken(memory, 3), memory.reading)

    assert changes.open(request()).change == "EC-2026-0001"


def test_whoever_is_overtaken_again_and_again_is_told(desk, memory):
    changes = EmergencyChanges(Overtaken(memory, 4), memory.reading)

    with pytest.raises(Conflict):
        changes.open(request())


def test_the_workers_are_woken_by_everything_that_may_oblige_to_something(desk, memory, clock):
    woken = []
    changes = EmergencyChanges(memory.transaction, memory.reading, lambda: woken.append(clock.now()))
    change = changes.open(request("ledger-read")).change
    changes.offer(change, ev.Approval(at=clock.now(), by=LINUS, shown=""))
    changes.observe(change, ob.AccessBack(at=clock.now(), by=SYSTEM))
    clock.advance(minutes=30)
    changes.fire(change, "lapse/0", clock.now())

    assert len(woken) == 4
    changes.administer(ad.TurnedAway(at=clock.now(), by=LINUS, because="No."), "turned-away:1")
    assert len(woken) == 5
