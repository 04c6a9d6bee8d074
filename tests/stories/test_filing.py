"""The evidence repository: one folder per change at its latest revision, whatever happens on the way."""

import re
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.merkle import leaf_hash
from tests.acme import ADA, GRACE, LINUS, MARGARET, PEOPLE
from tests.stories.world import LOOK_BACK
from workflows import events as ev
from workflows import observations as ob
from workflows.changes import EmergencyChanges
from workflows.filed import folder
from workflows.steps.evidence import Reference
from workflows.vocabulary import SYSTEM, State, StepName


def told(night, change):
    """Live through a change to its end."""
    night.passes(minutes=5)
    night.happens(change, ev.Approval, ADA)
    night.is_reported_done(change)
    night.is_looked_back_on(change)
    night.passes(minutes=20)
    night.happens(change, ev.Acceptance, GRACE)
    night.passes(minutes=20)


def page(night, change):
    return night.evidence.latest().read(f"{folder(change)}/record.md").decode()


def written(night):
    """Return the messages of all commits, oldest first."""
    return [message for _, _, message in night.evidence.commits.values()]


def references(night):
    return {change: Reference.read(text) for change, text in night.memory.filing.at_rest().items()}


def test_a_change_is_filed_under_its_year_for_machines_and_for_people(night):
    change = night.opens()

    assert set(night.evidence.latest().files) == {
        f"changes/2026/{change}/record.json",
        f"changes/2026/{change}/record.md",
    }
    assert night.filed(change)["state"] == "active"
    assert page(night, change).startswith(f"# {change}\n")


def test_the_record_follows_the_change_to_its_end(night):
    change = night.opens()
    told(night, change)
    filed = night.filed(change)

    assert night.state(change) is State.CLOSED
    assert filed["state"] == "closed"
    assert filed["revision"] == night.record(change).last
    assert filed["people"]["reviewer"] == GRACE
    assert filed["owed"] == {
        "by_people": [],
        "by_the_system": ["card", "evidence", "ticket"],
        "stuck": [],
    }
    assert [(v["answer"], v["by"], v["grade"], v["counts"]) for v in filed["verdicts"]] == [
        ("approval", ADA, "D", True)
    ]


def test_the_entries_are_all_there_and_lead_to_their_leaves(night):
    change = night.opens()
    told(night, change)
    for entry in night.filed(change)["entries"]:
        leaf, hashed = night.memory.leaf(entry["leaf_index"] + 1)

        assert entry["leaf_hash"] == hashed.hex() == leaf_hash(leaf).hex()
        assert f'"number":{entry["number"]},' in leaf.decode()
        for commitment in entry["commitments"].values():
            assert commitment in leaf.decode()
    numbers = [entry["number"] for entry in night.filed(change)["entries"]]
    assert numbers == list(range(1, night.record(change).last + 1))


def test_refusals_are_filed_with_what_was_accepted(night):
    change = night.opens()
    night.happens(change, ev.Approval, LINUS)
    night.happens(change, ev.Approval, ADA)

    assert ("refused", "by_someone_else") in [
        (entry["answer"], entry["guard"]) for entry in night.filed(change)["entries"]
    ]
    assert "refused (by_someone_else)" in page(night, change)


def test_what_is_owed_and_when_it_ends_is_filed_while_it_lasts(night):
    change = night.opens()
    filed = night.filed(change)

    assert [duty["duty"] for duty in filed["owed"]["by_people"]] == ["approval"]
    assert filed["times"]["access_until"].startswith("2026-")
    assert filed["grant"]["scope"] == "github-team:acme/payments-break-glass"
    assert "| approval |" in page(night, change)


def test_exceptions_are_filed(night):
    change = night.opens()
    night.changes.observe(
        change,
        ob.Finding(at=night.clock.now(), by=SYSTEM, exception="X13", about=None, because="It was altered."),
    )
    night.settles()

    assert [found["exception"] for found in night.filed(change)["findings"]] == ["X13"]
    assert "| X13 |" in page(night, change)
    assert "It was altered" not in page(night, change)


def test_a_drill_is_marked(night):
    change = night.opens(drill=True)

    assert night.filed(change)["drill"] is True
    assert "A drill" in page(night, change)


def test_nothing_new_makes_no_commit(night):
    change = night.opens()
    before = len(written(night))
    for claimed in night.memory.outbox.claim(20):
        night.reconciler.work(claimed)
    night.memory.outbox.claim_one(change, StepName.EVIDENCE, at_once=True)

    assert len(written(night)) == before
    assert len(set(written(night))) == before, "one commit per revision"


def test_messages_name_the_change_and_nobody(night):
    change = night.opens()
    told(night, change)

    assert all(re.fullmatch(rf"{change}: [a-z ]+, entry \d+", message) for message in written(night))


def test_a_day_without_the_repository_delays_nothing_and_everything_arrives_in_order(night):
    night.to_evidence.down = True
    first = night.opens()
    held = night.holders()
    told(night, first)
    second = night.opens(by=MARGARET)
    night.travels(hours=24)
    states = night.state(first), StepName.EVIDENCE in night.record(first).stuck
    night.to_evidence.down = False
    night.passes(minutes=5)

    assert held == {"linus"}
    assert states == (State.CLOSED, True)
    assert night.evidence.commits
    for change in (first, second):
        assert night.filed(change)["revision"] == night.record(change).last
        assert StepName.EVIDENCE not in night.record(change).stuck
    revisions = [message for message in written(night) if message.startswith(first)]
    assert revisions == sorted(revisions, key=lambda m: int(m.rsplit(" ", 1)[1]))
    assert len(written(night)) == len(set(written(night)))


def test_a_repository_that_refuses_is_mentioned_once_and_written_to_when_it_no_longer_does(night):
    night.evidence.declines = "The branch wants a pull request."
    change = night.opens()
    night.passes(minutes=10)
    stuck = night.kinds(change).count("step-stuck/1")
    night.evidence.declines = ""
    night.passes(minutes=2)

    assert stuck == 1
    assert night.filed(change)["revision"] == night.record(change).last


def test_an_answer_that_got_lost_makes_no_second_commit(night):
    night.to_evidence.lost = {"write"}
    change = night.opens()

    assert night.filed(change)["revision"] == night.record(change).last
    assert len(written(night)) == len(set(written(night)))


def test_a_worker_whose_claim_has_passed_on_writes_nothing_over_a_newer_revision(night):
    change = night.opens()
    slow = night.memory.outbox.claim_one(change, StepName.EVIDENCE, at_once=True)
    stale = night.reconciler._task(slow, *night.changes.look(change))
    night.stopwatch.advance(seconds=11)
    night.happens(change, ev.Approval, ADA)
    newest = night.filed(change)["revision"]
    night.reconciler._try(stale)

    assert newest == night.record(change).last
    assert night.filed(change)["revision"] == newest


def test_what_was_filed_is_remembered_by_commit_and_content(night):
    change = night.opens()
    head = night.evidence.latest()
    [(known, reference)] = references(night).items()

    assert known == change
    assert reference.commit in night.evidence.commits
    assert reference.contents == tuple(name for _, name in sorted(head.listing(folder(change)).items()))


def test_a_repository_that_comes_later_gets_the_changes_that_came_before(night):
    night.changes = night.desk.changes = EmergencyChanges(
        night.memory.transaction, night.memory.reading, without=frozenset({StepName.EVIDENCE})
    )
    night.reconciler._changes = night.changes
    change = night.opens()
    before = night.evidence.latest()
    owed = night.memory.filing.owe_missing(night.clock.now())
    again = night.memory.filing.owe_missing(night.clock.now())
    night.settles()

    assert before is None
    assert (owed, again) == (1, 0)
    assert night.filed(change)["revision"] == night.record(change).last


def test_what_is_owed_to_a_repository_that_was_switched_off_waits_and_is_said_once(night):
    night.evidence.down = True
    changes = [night.opens(), night.opens(by=MARGARET)]
    set_up = night.reconciler._steps
    night.reconciler._steps = {name: step for name, step in set_up.items() if name is not StepName.EVIDENCE}
    night.reconciler._complain = night.complaints.append
    night.passes(minutes=10)

    [said] = night.complaints
    assert said.endswith(
        "is not set up here any more; such steps are left as they are until it is set up again."
    )
    assert night.memory.outbox.backlog([StepName.EVIDENCE]).waiting == 0

    night.evidence.down, night.reconciler._steps = False, set_up
    night.memory.filing.owe_missing(night.clock.now())
    night.settles()

    assert [night.filed(change)["revision"] for change in changes] == [
        night.record(change).last for change in changes
    ]


WORD = st.text("ghijklmnopqrstuvwxyz", min_size=12, max_size=30)
TEXT = st.lists(WORD, min_size=4, max_size=8).map(" ".join)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXT, min_size=16, max_size=16))
def test_nothing_anybody_typed_and_nobodys_name_or_address_reaches_the_repository(begun, texts):
    night, said = begun(), iter(texts)
    change = night.opens(
        **{field: next(said) for field in ("what", "justification", "security_impact", "rollback_plan")},
        incident=next(said),
        tested=False,
        test_waiver=next(said),
    )
    night.happens(change, ev.Approval, ADA, comment=next(said))
    night.happens(change, ev.Extension, window=timedelta(minutes=5), justification=next(said))
    night.to_tickets.down = True
    night.is_reported_done(change, done=next(said), verified=next(said))
    night.happens(
        change,
        ev.Retrospective,
        **{**LOOK_BACK, **{field: next(said) for field in ("cause", "normal_process", "follow_ups")}},
    )
    night.passes(minutes=20)
    night.happens(change, ev.Return, GRACE, reason=next(said))
    night.happens(change, ev.Reassignment, GRACE, to=MARGARET, reason=next(said))
    night.happens(change, ev.Revocation, LINUS, reason=next(said))

    kept = [data.decode() for _, files, _ in night.evidence.commits.values() for data in files.values()]
    kept += written(night)
    assert night.filed(change)["revision"] == night.record(change).last
    for text in texts:
        assert not any(word in blob for word in text.split() for blob in kept)
    for person in PEOPLE.values():
        for private in (person.email, f" {person.name} ", f'"{person.github}"', person.slack_user):
            assert not any(private in blob for blob in kept)
