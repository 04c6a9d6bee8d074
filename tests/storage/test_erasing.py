"""Erasing a person: every proof still holds, and nothing of them is in any file."""

import typing
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum
from itertools import count

import pydantic
import pytest
import sqlalchemy as sa

from storage import ledger, remains
from storage.keys import embedded_keys
from storage.leases import LEASE
from storage.leaves import KINDS, PROSE
from storage.levels import ATTESTED
from storage.memory import Memory
from storage.schema import obligations, people, values
from storage.trust import SIGNING
from tests.acme import ADA, GRACE, LINUS, MARGARET, POLICY, request
from tests.memories import ORIGIN, Desk, dump, open_memory, staff
from workflows import administration as ad
from workflows import events as ev
from workflows import observations as ob
from workflows.consequences import Obligation
from workflows.errors import Conflict, Declined
from workflows.people import Person
from workflows.prose import ERASED
from workflows.vocabulary import SYSTEM, PersonId, StepName

ZEB = {
    "slack_team": "T1",
    "slack_user": "UZEBEDEE77",
    "name": "Zebedee Quillfeather",
    "email": "zebedee.quillfeather@acme.example",
}
LOGINS = {"github": "quillfeather-zeb", "jira": "jira-zebedee-4711"}
#: Kinds that stand in the way of an erasure, or are about nobody.
NOT_WRITTEN_HERE = (
    "hold-set/1",
    "policy-in-force/1",
    "policy-redacted/1",
    "person-erased/1",
    *SIGNING,
    *ATTESTED,
)


def known(memory):
    """Let somebody be known whose every account is a word that is nowhere else."""
    memory.people.keep([ZEB])
    person = memory.people.by_slack("T1", ZEB["slack_user"]).id
    for vendor, account in LOGINS.items():
        memory.people.link(person, vendor, account)
    memory.people.replace_group("sre", {LINUS, MARGARET, person})
    return person


@pytest.fixture
def zeb(memory):
    return known(memory)


def erases(memory, person, *, by=ADA, reason="They asked for it.", also_text=False):
    return memory.erasing.erase(memory.person(person), by, reason, also_text=also_text)


def restarted(memory):
    """Return the same memory as a process that was started just now has it."""
    keys = embedded_keys(memory.database, ORIGIN)
    return Memory(memory.database, memory.clock, memory.stopwatch, keys)


def refused(memory, person, **how):
    with pytest.raises(Declined) as caught:
        erases(memory, person, **how)
    return str(caught.value)


def withdrawn(desk, by, **said):
    """Open a change and take it back, so that it is over."""
    change = desk.opens("ledger-admin", by, **said)
    desk.happens(change, ev.Withdrawal, by)
    return change


# --- what is gone, and what is left ----------------------------------------------------------------


def test_what_somebody_wrote_folds_to_erased(desk, memory, zeb):
    change = withdrawn(desk, zeb, what="The index is broken.")
    erased = erases(memory, zeb)

    assert desk.record(change).request.what == ERASED
    assert desk.record(change).request.by == zeb
    assert erased.values == 6  # two of them say as whom


def test_a_pull_request_somebody_works_on_is_looked_at_again(desk, memory, zeb, stopwatch):
    """The worker may have read the words before they went."""
    change = withdrawn(desk, zeb)
    with memory.transaction() as work:
        work.owe(change, [Obligation(StepName.PULL, "1", wanted=True, revision=1)], memory.clock.now())
    [late] = [claimed for claimed in memory.outbox.claim(50) if claimed.step is StepName.PULL]
    erases(memory, zeb)
    settled = memory.outbox.settle(late)
    stopwatch.advance(seconds=LEASE.seconds + 1)

    assert not settled
    assert StepName.PULL in [claimed.step for claimed in memory.outbox.claim(50)]


def test_every_entry_and_root_stays_as_it_was(desk, memory, zeb):
    withdrawn(desk, zeb)
    memory.checkpoint()
    before = {sequence: memory.leaf(sequence) for sequence in range(1, memory.root()[0] + 1)}
    erases(memory, zeb)

    assert {sequence: memory.leaf(sequence) for sequence in before} == before
    verified = memory.verify()
    assert (verified.erased, verified.checkpoints, verified.level) == (6, 1, "SIGNED")


def test_who_erased_whom_and_why_is_an_entry(memory, desk, zeb):
    erases(memory, zeb, reason="Left the company.")

    entry = memory.entries(after=memory.root()[0] - 1)[0].entry
    assert (entry.by, entry.person, entry.reason) == (ADA, zeb, "Left the company.")


def test_the_row_keeps_nothing_but_the_pseudonym(memory, desk, zeb):
    erases(memory, zeb)

    assert memory.person(zeb) == Person(zeb, deactivated=True, erased=True)
    assert zeb not in memory.people.group("sre")


def test_an_account_that_was_linked_by_the_bot_goes_too(memory, desk, zeb):
    link = ad.AccountLinked(
        at=memory.clock.now(), by=SYSTEM, person=zeb, vendor="github", account="quill", source="import"
    )
    desk.changes.administer(link)
    erases(memory, zeb)

    found = [w.entry.account for w in memory.entries() if isinstance(w.entry, ad.AccountLinked)]
    assert found == [ERASED]


def test_no_account_is_linked_to_somebody_who_was_erased_meanwhile(memory, zeb):
    erases(memory, zeb)

    with pytest.raises(Conflict, match="was erased"):
        memory.people.link(zeb, "github", "quill")
    assert memory.person(zeb).github == ""
    assert memory.people.by_account("github", "quill") is None


def test_nothing_is_learnt_of_somebody_who_was_erased_meanwhile(memory, zeb):
    erases(memory, zeb)
    memory.people.learn(zeb, "github", "quill", "42")

    assert memory.people.number_of("github", "quill") == ""
    assert memory.people.by_account("github", "quill") is None


def test_what_an_approver_wrote_about_somebody_goes_with_them(memory, desk, zeb):
    change = desk.opens("ledger-admin", zeb)
    desk.happens(change, ev.Rejection, ADA, reason="The index was fine.")
    erases(memory, zeb, by=GRACE)

    assert desk.record(change).rejection.answer.reason == ERASED


def test_what_others_wrote_about_others_stays(memory, desk, zeb):
    change = withdrawn(desk, LINUS, what="Stays.")
    erases(memory, zeb)

    assert desk.record(change).request.what == "Stays."


def test_a_risk_owner_goes_with_whoever_is_named(memory, desk, zeb):
    change = withdrawn(desk, LINUS)
    memory_entry(memory, change, remediation(memory, risk_owner="Zebedee Quillfeather", note="Fine."))
    erases(memory, zeb)

    assert risk_owners(memory) == [(ERASED, "Fine.")]
    assert memory.verify().erased == 1


def remediation(memory, **said):
    return ev.Remediation(at=memory.clock.now(), by=ADA, outcome="accepted", **said)


def risk_owners(memory):
    found = (w.entry for w in memory.entries())
    return [(e.risk_owner, e.note) for e in found if isinstance(e, ev.Remediation)]


def memory_entry(memory, change, *written):
    """Append entries to a change, as only a later version might."""
    with memory.database.write() as connection:
        number = max(w.leaf["number"] for w in memory.entries(change=change)) + 1
        drafts = [
            ledger.Draft(entry, change=change, number=number + place) for place, entry in enumerate(written)
        ]
        ledger.append(connection, memory.vault, drafts, memory.clock.now())


# --- what merely mentions them ---------------------------------------------------------------------


def test_texts_of_others_that_mention_them_are_listed_and_stay_unless_asked_for(memory, desk, zeb):
    change = withdrawn(desk, LINUS, what="Zebedee Quillfeather broke the index.")
    found = memory.erasing.look(memory.person(zeb))
    erased = erases(memory, zeb)

    assert [(m.change, m.number, m.field) for m in found.mentioned] == [(change, 1, "what")]
    assert erased.mentions_left == 1
    assert desk.record(change).request.what == "Zebedee Quillfeather broke the index."


def test_texts_of_others_that_mention_them_go_when_asked_for(memory, desk, zeb):
    change = withdrawn(desk, LINUS, what="@quillfeather-zeb broke the index.")
    erased = erases(memory, zeb, also_text=True)

    assert (desk.record(change).request.what, erased.mentions_left) == (ERASED, 0)
    assert desk.record(change).request.rollback_plan == "Put the index back."
    assert memory.verify().erased == 1


def test_a_digest_of_what_was_shown_goes_with_a_text_that_was_in_it(memory, desk, zeb):
    change = desk.opens("ledger-admin", LINUS, what="@quillfeather-zeb broke the index.")
    desk.happens(change, ev.Approval, ADA)
    other = desk.opens("ledger-admin", MARGARET, what="The index broke.")
    desk.happens(other, ev.Approval, ADA)
    erases(memory, zeb, by=GRACE, also_text=True)

    shown = {one: desk.record(one).approvals[0].answer.shown for one in (change, other)}
    assert shown[change] == ERASED
    assert shown[other] != ERASED
    assert memory.verify().erased == 2


def test_a_digest_of_what_was_shown_stays_while_the_text_does(memory, desk, zeb):
    change = desk.opens("ledger-admin", LINUS, what="@quillfeather-zeb broke the index.")
    desk.happens(change, ev.Approval, ADA)
    erases(memory, zeb, by=GRACE)

    assert desk.record(change).approvals[0].answer.shown != ERASED


def test_packed_files_in_which_nobody_is_named_mention_nobody_by_chance(memory, desk, zeb):
    made = ad.DigestMade(
        at=memory.clock.now(), by=SYSTEM, period="2026-10", files={}, contents="eJz/quillfeather-zeb/eJz=",
        changes=0, drills=0, alarms=0, sample=(), root="",
    )  # fmt: skip
    desk.changes.administer(made, "digest:2026-10/1")
    erases(memory, zeb, also_text=True)

    assert memory.administered("digest:2026-10/1").contents == made.contents


def test_more_texts_than_one_entry_can_name_take_several(memory, desk, zeb):
    change = withdrawn(desk, LINUS)
    said = [
        ob.Finding(at=memory.clock.now(), by=SYSTEM, exception="X04", because=f"Zebedee Quillfeather {n}")
        for n in range(1600)
    ]
    memory_entry(memory, change, *said)
    erases(memory, zeb, also_text=True)

    verified = memory.verify()
    kinds = [w.leaf["kind"] for w in memory.entries(after=verified.size - 2)]
    assert (verified.erased, kinds) == (1600, ["person-erased/1"] * 2)


def test_copies_that_nothing_here_reaches_are_listed(memory, desk, zeb):
    change = withdrawn(desk, zeb)
    desk.seen(change, ob.TicketOpened, key="CHG-17", url="https://jira.example/CHG-17")
    desk.seen(change, ob.CardPosted, channel="C0PAYMENTS", ts="1.2")
    erased = erases(memory, zeb)

    copies = erased.copies[change]
    assert (copies.tickets, copies.channels) == (["CHG-17"], ["C0PAYMENTS"])


# --- when not --------------------------------------------------------------------------------------


def test_somebody_in_an_open_change_is_not_erased(memory, desk, zeb):
    change = desk.opens("ledger-admin", zeb)

    assert refused(memory, zeb) == f"They take part in {change}, which is not closed; settle that first."
    assert memory.person(zeb).name == ZEB["name"]


def test_an_approver_of_an_open_change_is_not_erased(memory, desk):
    change = desk.opens()
    desk.happens(change, ev.Approval, ADA)

    assert refused(memory, ADA, by=GRACE).startswith(f"They take part in {change}")


def test_somebody_whose_access_was_not_seen_gone_is_not_erased(memory, desk, zeb):
    change = desk.opens("ledger-admin", zeb)
    desk.confirms(change)
    desk.happens(change, ev.Withdrawal, zeb)

    assert refused(memory, zeb).startswith(f"Access through {change} was not seen gone yet")


def test_somebody_under_legal_hold_is_not_erased_until_it_is_lifted(memory, desk, zeb):
    memory.retention.hold(zeb, ADA, "A dispute.")

    assert refused(memory, zeb).startswith(f"{zeb} is under legal hold since {memory.clock.now():%Y-%m-%d};")
    memory.retention.release(zeb, ADA, "Settled.")
    assert erases(memory, zeb).person == zeb


def test_a_change_under_legal_hold_keeps_everybody_in_it(memory, desk, zeb):
    change = withdrawn(desk, zeb)
    memory.retention.hold(change, ADA, "A dispute.")

    assert refused(memory, zeb).startswith(f"{change} is under legal hold")


def test_a_hold_on_somebody_else_keeps_what_is_about_both(memory, desk, zeb):
    change = desk.opens("ledger-admin", zeb)
    desk.happens(change, ev.Rejection, ADA, reason="No.")
    memory.retention.hold(ADA, GRACE, "A dispute.")

    assert refused(memory, zeb, by=GRACE).startswith(f"{ADA} is under legal hold")


def test_the_reason_must_not_bring_back_whom_it_is_about(memory, desk, zeb):
    assert "leave their name and accounts out" in refused(memory, zeb, reason="Zebedee Quillfeather asked.")


def test_nobody_erases_themselves(memory, desk, zeb):
    assert refused(memory, zeb, by=zeb) == "Somebody else has to do this: nobody erases themselves."


def test_whoever_is_erased_already_is_not_erased_again(memory, desk, zeb):
    erases(memory, zeb)

    assert refused(memory, zeb) == f"{zeb} was erased before, and nothing about them is left."


def test_a_refusal_leaves_everything_as_it_was(memory, desk, zeb):
    desk.opens("ledger-admin", zeb)
    before = dump(memory)
    refused(memory, zeb)

    assert dump(memory) == before


# --- policies --------------------------------------------------------------------------------------


NAMING = POLICY.replace('"grace@acme.example"', f'"grace@acme.example", "{ZEB["email"].title()}"')


def test_a_policy_in_force_that_names_them_stands_in_the_way(memory, desk, zeb):
    memory.adopt_policy(NAMING.encode(), "policy.toml")

    assert refused(memory, zeb).startswith("The policy in force names them; take them out of it")


def test_an_old_policy_reads_on_without_them(memory, zeb):
    desk = Desk(memory, f"# Ask Zebedee Quillfeather before you change this.\n{NAMING}")
    change = withdrawn(desk, LINUS)
    memory.adopt_policy(POLICY.encode(), "policy.toml")
    erases(memory, zeb)

    _, policy = restarted(memory).record(change)
    assert policy.groups["heads"].people == ("ada@acme.example", "grace@acme.example", zeb)
    assert memory.verify().erased == 1
    texts = [w.entry.text for w in memory.entries() if w.leaf["kind"].startswith("policy-")]
    assert not [text for text in texts if "quillfeather" in text.lower()]


def test_a_redacted_policy_is_rebuilt_as_it_reads_now(memory, zeb):
    desk = Desk(memory, NAMING)
    withdrawn(desk, LINUS)
    memory.adopt_policy(POLICY.encode(), "policy.toml")
    erases(memory, zeb)
    before = dump(memory)
    memory.rebuild()

    assert dump(memory) == before


def test_a_name_that_is_also_a_word_of_the_policy_changes_no_rule(memory):
    """Somebody may be called like a system; the rules must not be rewritten by that."""
    memory.people.keep([{**ZEB, "name": "Payments API"}])
    person = memory.people.by_slack("T1", ZEB["slack_user"])
    desk = Desk(memory, NAMING)
    change = withdrawn(desk, LINUS)
    memory.adopt_policy(POLICY.encode(), "policy.toml")
    erases(memory, person.id)

    assert memory.record(change)[1].systems["payments"].name == "Payments API"


# --- coming back -----------------------------------------------------------------------------------


def test_somebody_who_comes_back_is_somebody_else(memory, desk, zeb):
    erases(memory, zeb)
    memory.people.keep([ZEB])

    again = memory.people.by_slack("T1", ZEB["slack_user"])
    assert again.id != zeb
    assert memory.person(zeb).erased


def test_a_late_click_under_the_old_pseudonym_is_refused_and_its_words_are_not_kept(memory, desk, zeb):
    erases(memory, zeb)
    ruled = desk.changes.open(request_of(memory, zeb, what="Zebedee was here."))

    assert ruled.ruling.because == "This account is deactivated."
    assert memory.entries(after=memory.root()[0] - 1)[0].entry.what == ERASED


def test_who_was_erased_while_a_group_was_read_is_not_in_it_again(memory, zeb):
    as_read_before = memory.people.group("sre")
    erases(memory, zeb)

    memory.people.replace_group("sre", as_read_before)

    assert memory.people.group("sre") == as_read_before - {zeb}


def test_words_that_were_on_their_way_are_not_written_after_the_erasure(memory, desk, zeb):
    """Decided before, appended after: the head does not move on."""
    erases(memory, zeb)
    entry = request_of(memory, zeb)
    before = memory.root()
    with pytest.raises(Conflict, match="was erased in the meantime"), memory.database.write() as connection:
        ledger.append(connection, memory.vault, [ledger.Draft(entry)], memory.clock.now())

    assert memory.root() == before


def request_of(memory, by, **said):
    return request("ledger-admin", by, at=memory.clock.now(), **said)


# --- what is owed to them --------------------------------------------------------------------------


def test_nothing_goes_to_where_they_were(memory, desk, zeb):
    change = withdrawn(desk, LINUS)
    rows = [
        owed(change, "answer", "9", place=f"C0PAYMENTS:{ZEB['slack_user']}"),
        owed(change, "answer", "10", place=ZEB["slack_user"]),
        owed(change, "message", f"2:{zeb}"),
        owed("", "home", zeb),
        owed(change, "ticket", "x", error="quillfeather-zeb is not in acme"),
        owed(change, "answer", "11", place="C0PAYMENTS:ULINUS"),
    ]
    with memory.database.write() as connection:
        connection.execute(sa.insert(obligations), rows)
    memory.people.failed("group:sre", "quillfeather-zeb is unknown")
    erases(memory, zeb)

    left = str(dump(memory, [obligations]))
    assert "ULINUS" in left
    for word in (ZEB["slack_user"], "quillfeather"):
        assert word not in left
    assert [m.error for m in memory.people.mirrors() if m.name == "group:sre"] == [ERASED]
    assert not [c for c in memory.outbox.claim(99) if zeb in c.subject]


def owed(change, step, subject, **said):
    row = {
        "change_id": change,
        "step": step,
        "subject": subject,
        "wanted": True,
        "revision": 1,
        "due_at": datetime.fromisoformat("2026-11-01T00:00:00Z"),
        "error": None,
        "place": "",
    }
    return row | said


# --- no file has it --------------------------------------------------------------------------------

NUMBERS = count(1)


def marked(kind, person):
    """Write an entry by and about somebody, with a word that is nowhere else in each of its texts."""
    words = [f"marker-{next(NUMBERS):05d}-{kind.__name__}" for _ in PROSE[kind]]
    said = {name: example(field.annotation, person) for name, field in kind.model_fields.items()}
    said |= dict(zip(PROSE[kind], words, strict=True))
    del said["kind"]
    return kind(**{**said, "by": person}), words


def example(annotation, person):
    """Return some value of a type."""
    if annotation is PersonId:
        return person
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return arguments[0]
    if origin is Mapping:
        return {}
    if origin in (tuple, list, frozenset, dict):
        return origin()
    if type(None) in arguments:
        return None
    if origin is typing.Annotated:
        return example(arguments[0], person)
    plain = getattr(annotation, "__supertype__", annotation)
    if issubclass(plain, Enum):
        return next(iter(plain))
    if issubclass(plain, pydantic.BaseModel):
        fields = plain.model_fields.items()
        return plain(**{name: example(field.annotation, person) for name, field in fields})
    if plain is pydantic.AwareDatetime or issubclass(plain, datetime):
        return datetime.fromisoformat("2026-11-02T02:00:00Z")
    return {timedelta: timedelta(minutes=5), bool: False, int: 1, float: 1.0, str: "0" * 64}[plain]


def fill(desk, memory, person):
    """Let somebody have left traces wherever there is room for one; return the words and what they were sealed to."""
    change = withdrawn(desk, person)
    words = []
    for name, kind in KINDS.items():
        if not PROSE[kind] or name in NOT_WRITTEN_HERE:
            continue
        entry, said = marked(kind, person)
        words += said
        if kind.__module__ == "workflows.administration":
            desk.changes.administer(entry)
        else:
            memory_entry(memory, change, entry)
    with memory.database.write() as connection:
        row = owed(change, "answer", "9", place=f"C0:{ZEB['slack_user']}", error="quillfeather-zeb")
        connection.execute(sa.insert(obligations).values(**row))
        sealed = [
            row.sealed for row in connection.execute(sa.select(values.c.sealed).where(values.c.sequence > 2))
        ]
    memory.people.failed("group:sre", f"{ZEB['email']} is unknown")
    return words, sealed


def found_in(directory, needles, *, besides=()):
    """Return which needles are in any file; a server's files are many, so each is read once.

    A server that runs renames and removes files while they are read: then all are read again.
    """
    files = [path for path in directory.rglob("*") if path.is_file()]
    parts = [path for path in files if not set(besides) & set(path.relative_to(directory).parts)]
    found = set()
    for path in parts:
        try:
            contents = path.read_bytes()
        except FileNotFoundError:
            return found_in(directory, needles, besides=besides)
        found |= {needle for needle in needles if needle in contents}
    return [needle for needle in needles if needle in found]


PLAIN = [word.encode() for word in (*ZEB.values(), *LOGINS.values()) if word != "T1"]


def test_on_sqlite_nothing_of_them_is_in_any_file(tmp_path, clock, stopwatch):
    memory = open_memory(f"sqlite:///{tmp_path / 'memory.db'}", clock, stopwatch, upgrade=True)
    staff(memory)
    desk, zeb = Desk(memory), known(memory)
    words, sealed = fill(desk, memory, zeb)
    there = found_in(tmp_path, [*PLAIN, *sealed])
    erases(memory, zeb)
    remaining = remains.let_go(memory.database)

    assert there == [*PLAIN, *sealed]
    assert len(sealed) == len(words) + 6 > 30
    assert remaining == []
    assert found_in(tmp_path, [*PLAIN, *sealed, *map(str.encode, words)]) == []
    assert memory.verify().erased == len(sealed)
    memory.database.close()


def test_on_postgresql_nothing_of_them_is_in_any_file_but_names_in_the_log(postgres, clock, stopwatch):
    memory = open_memory(postgres.empty(), clock, stopwatch, upgrade=True)
    staff(memory)
    desk, zeb = Desk(memory), known(memory)
    words, sealed = fill(desk, memory, zeb)
    with memory.database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")
    postgres.checkpoint()
    log = {"pg_wal"} | databases_of_others(memory, postgres)
    there = found_in(postgres.directory, [*PLAIN, *sealed], besides=log)
    erases(memory, zeb)
    remaining = remains.let_go(memory.database)
    postgres.checkpoint()

    assert there == [*PLAIN, *sealed]
    assert remaining == [remains.LOG_OF_POSTGRESQL]
    assert found_in(postgres.directory, [*PLAIN, *sealed], besides=log) == []
    assert found_in(postgres.directory, [word.encode() for word in words]) == []
    assert memory.verify().erased == len(sealed)
    memory.database.close()


def databases_of_others(memory, postgres):
    with memory.database.read() as connection:
        query = "SELECT oid::text FROM pg_database WHERE datname = current_database()"
        own = connection.exec_driver_sql(query).scalar_one()
    return {path.name for path in (postgres.directory / "base").iterdir()} - {own}


def test_a_log_that_somebody_reads_is_said_to_remain(tmp_path, clock, stopwatch):
    memory = open_memory(f"sqlite:///{tmp_path / 'memory.db'}", clock, stopwatch, upgrade=True)
    with memory.database.read() as connection:
        connection.execute(sa.select(people)).all()
        memory.people.keep([ZEB])
        said = remains.let_go(memory.database, timedelta(milliseconds=1))

    assert any("could not be emptied" in sentence for sentence in said)
    memory.database.close()
