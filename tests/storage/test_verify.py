"""Behind the guards' back: every change to the ledger is found, at the first entry that does not hold."""

import json

import pytest
import rfc8785
import sqlalchemy as sa

from storage import merkle
from storage.checkpoints import make
from storage.leaves import Vault
from storage.notes import Signer
from storage.schema import changes, checkpoints, deliveries, entries, head, policies, values
from tests.acme import ADA, LINUS, MALLORY, POLICY
from tests.memories import ORIGIN, guard_names, purge, purged
from workflows import events as ev
from workflows import observations as ob
from workflows.administration import AccountLinked
from workflows.errors import LedgerCorrupt, UnknownChange
from workflows.policy import digest
from workflows.vocabulary import SYSTEM, ExceptionId

OTHER = Signer(ORIGIN, b"\x07" * 32)  # another key under the same name
FOREIGN = Signer("evil.example/ledger", b"\x07" * 32)


@pytest.fixture
def history(desk, memory):
    """Two changes: entries 1 and 2 are the key and the policy."""
    first, second = desk.opens(), desk.opens("ledger-admin")  # 3, 4
    desk.happens(first, ev.Approval, ADA, comment="Go.")  # 5
    desk.happens(second, ev.Rejection, ADA, reason="No.")  # 6
    desk.happens(second, ev.Withdrawal, LINUS)  # 7, refused
    return memory


class Intruder:
    """Somebody with the owner's login, who has dropped the guards."""

    def __init__(self, memory):
        self.memory = memory
        self.unguarded = False

    def does(self, *statements):
        with self.memory.database.write() as connection:
            if not self.unguarded:
                self._drop_guards(connection)
            for statement in statements:
                connection.execute(statement)
        self.unguarded = True

    def _drop_guards(self, connection):
        for name in guard_names(self.memory.database):
            connection.exec_driver_sql(f"DROP TRIGGER {name}")

    def row(self, sequence):
        with self.memory.database.read() as connection:
            return dict(connection.execute(sa.select(entries).where(at(sequence))).one()._mapping)

    def rewrites(self, position, *, hashed=True, head_too=False, **said):
        """Change what an entry says; with ``hashed`` its hash too, with ``head_too`` the head as well."""
        leaf = json.loads(self.row(position)["leaf"]) | said
        self.replaces(position, rfc8785.dumps(leaf), hashed=hashed)
        if head_too:
            self.regrows_the_head()

    def replaces(self, sequence, data, *, hashed=True):
        to = {"leaf": data} | ({"leaf_hash": merkle.leaf_hash(data)} if hashed else {})
        self.does(sa.update(entries).where(at(sequence)).values(**to))

    def regrows_the_head(self):
        with self.memory.database.read() as connection:
            rows = connection.execute(sa.select(entries.c.leaf_hash).order_by(entries.c.sequence)).all()
        size, frontier = merkle.frontier_of(bytes(row.leaf_hash) for row in rows)
        self.does(sa.update(head).values(size=size, frontier=frontier))


def at(sequence):
    return entries.c.sequence == sequence


@pytest.fixture
def intruder(history):
    return Intruder(history)


def found(memory):
    with pytest.raises(LedgerCorrupt) as caught:
        memory.verify()
    return str(caught.value)


# --- an untouched ledger ---------------------------------------------------------------------------


def test_an_untouched_ledger_verifies(history):
    verified = history.verify()

    assert (verified.size, verified.root) == history.root()
    assert (verified.checkpoints, verified.erased, verified.level) == (0, 0, "UNSIGNED")


def test_a_signed_ledger_says_so(history):
    history.checkpoint()

    verified = history.verify()
    assert (verified.checkpoints, verified.level) == (1, "SIGNED")


def test_what_came_after_a_checkpoint_does_not_disturb_it(history, desk):
    history.checkpoint()
    desk.opens("payments-twice")

    assert history.verify().size == 8


# --- entries ---------------------------------------------------------------------------------------


def test_an_edited_entry_is_named(intruder):
    intruder.rewrites(5, hashed=False, by=LINUS)

    assert found(intruder.memory) == "Entry 5 does not match its hash: its bytes were changed."


def test_of_several_edited_entries_the_first_is_named(intruder):
    for sequence in (6, 4, 5):
        intruder.rewrites(sequence, hashed=False, by=MALLORY)

    assert found(intruder.memory) == "Entry 4 does not match its hash: its bytes were changed."


def test_an_entry_edited_with_its_hash_contradicts_the_head(intruder):
    intruder.rewrites(5, by=LINUS)

    assert found(intruder.memory) == "The head over 7 entries has another root: an entry was changed."


def test_an_entry_edited_with_its_hash_and_the_head_contradicts_the_checkpoint(intruder):
    intruder.memory.checkpoint()
    intruder.rewrites(5, head_too=True, by=LINUS)

    assert found(intruder.memory) == (
        "The checkpoint at 7 entries has another root: something before it was changed."
    )


def test_a_dropped_entry_is_named(intruder):
    intruder.does(sa.delete(entries).where(at(4)))

    assert found(intruder.memory) == "Entry 4 is missing: the next one is 5."


def test_swapped_entries_are_named(intruder):
    four, five = intruder.row(4)["leaf"], intruder.row(5)["leaf"]
    intruder.replaces(4, five)
    intruder.replaces(5, four)

    assert found(intruder.memory) == "Entry 4 says it is entry 5: it was moved."


def test_an_entry_moved_up_into_a_gap_is_named(intruder):
    intruder.does(
        sa.delete(entries).where(at(6)),
        sa.update(entries).where(at(7)).values(sequence=6),
    )

    assert found(intruder.memory) == "Entry 6 says it is entry 7: it was moved."


def test_an_entry_taken_out_of_the_middle_of_a_change_is_named_though_all_else_was_mended(intruder):
    """Renumbered, rehashed and with a new head: the change's own numbers still tell."""
    intruder.does(sa.delete(entries).where(at(6)), sa.update(entries).where(at(7)).values(sequence=6))
    intruder.rewrites(6, head_too=True, sequence=6)

    assert found(intruder.memory) == "Entry 6 breaks the numbering of EC-2026-0002: one before it is missing."


def test_an_entry_that_is_no_json_any_more_is_named(intruder):
    intruder.replaces(5, b"\xff not json")

    assert found(intruder.memory) == "Entry 5 cannot be read: its bytes were changed."


@pytest.mark.parametrize("data", [b"{}", b"[]", b"null", b'{"sequence":5}'])
def test_an_entry_that_is_no_leaf_any_more_is_named(intruder, data):
    intruder.replaces(5, data)

    assert found(intruder.memory).startswith("Entry 5 ")


@pytest.mark.parametrize(
    "to",
    [{"change_id": "EC-2026-0001"}, {"change_id": None}, {"kind": "approval/1"}, {"kind": "key-in-force/1"}],
    ids=str,
)
def test_a_row_that_does_not_say_what_its_leaf_says_is_named(intruder, to):
    """The row decides to which change an entry is folded; the hash covers the leaf alone."""
    intruder.does(sa.update(entries).where(at(6)).values(**to))

    assert found(intruder.memory) == "Entry 6 is filed under another change or kind than it says."


def test_the_key_entry_edited_away_is_named(intruder):
    intruder.replaces(1, b"\xff not json")

    assert found(intruder.memory) == "Entry 1 cannot be read: its bytes were changed."


# --- the end and the head --------------------------------------------------------------------------


def test_a_tail_cut_off_after_a_checkpoint_is_found(intruder):
    intruder.memory.checkpoint()
    intruder.does(sa.delete(entries).where(entries.c.sequence > 5))
    intruder.regrows_the_head()

    assert found(intruder.memory) == "7 entries were signed and only 5 are there: the end was cut off."


def test_a_tail_cut_off_without_a_checkpoint_contradicts_the_head(intruder):
    intruder.does(sa.delete(entries).where(entries.c.sequence > 5))

    assert found(intruder.memory) == "The head says 7 entries, and 5 are there."


def test_a_head_that_is_gone_is_found(intruder):
    intruder.does(sa.delete(head))

    assert found(intruder.memory) == "The head says 0 entries, and 7 are there."


# --- values ----------------------------------------------------------------------------------------


def test_an_edited_value_is_named(intruder):
    box = intruder.memory.vault.seal(5, "comment", "0" * 64, "Never.")
    intruder.does(
        sa.update(values).where(values.c.sequence == 5, values.c.field == "comment").values(sealed=box)
    )

    assert found(intruder.memory) == "The value of comment in entry 5 is not what the entry commits to."


def test_a_value_sealed_with_another_key_is_named(intruder):
    box = Vault(b"\x01" * 32).seal(5, "comment", "0" * 64, "Never.")
    intruder.does(
        sa.update(values).where(values.c.sequence == 5, values.c.field == "comment").values(sealed=box)
    )

    assert found(intruder.memory) == (
        "The value of comment in entry 5 cannot be opened: wrong VALUES_KEY, or it was changed."
    )


def test_a_value_that_was_added_is_named(intruder):
    box = intruder.memory.vault.seal(5, "afterthought", "0" * 64, "x")
    intruder.does(sa.insert(values).values(sequence=5, field="afterthought", sealed=box))

    assert found(intruder.memory) == "The value of afterthought in entry 5 is not what the entry commits to."


def test_a_value_that_is_gone_without_a_word_is_named(intruder):
    intruder.does(sa.delete(values).where(values.c.sequence == 5, values.c.field == "comment"))

    assert found(intruder.memory) == (
        "The value of comment in entry 5 is gone, and no entry says that it was erased."
    )


def test_a_value_that_an_entry_says_is_gone_is_no_corruption(history):
    purged(history, "EC-2026-0002")

    assert history.verify().erased == 9


def test_an_entry_that_says_what_is_gone_covers_nothing_that_came_later(desk, history):
    purged(history, "EC-2026-0001")
    desk.seen("EC-2026-0001", ob.Finding, exception=ExceptionId.X01, because="Late.")  # 9
    Intruder(history).does(sa.delete(values).where(values.c.sequence == 9))

    assert found(history).startswith("The value of because in entry 9 is gone, and no entry")


def test_what_belongs_to_no_change_is_purged_up_to_an_entry(desk, history):
    desk.changes.administer(purge(history, until=2))
    intruder = Intruder(history)
    intruder.does(sa.delete(values).where(values.c.sequence == 2))

    assert found(history).startswith("The value of text in entry 2 is gone")  # policies last


def test_loose_values_are_purged_up_to_where_the_entry_says(desk, history):
    link = {"vendor": "github", "source": "command", "by": SYSTEM, "at": history.clock.now()}
    for person in (ADA, LINUS):
        desk.changes.administer(AccountLinked(person=person, account=f"{person}-at-github", **link))  # 8, 9
    desk.changes.administer(purge(history, until=8))
    intruder = Intruder(history)
    intruder.does(sa.delete(values).where(values.c.sequence == 8))
    erased = history.verify().erased
    intruder.does(sa.delete(values).where(values.c.sequence == 9))

    assert erased == 1
    assert found(history).startswith("The value of account in entry 9 is gone")


# --- the rules -------------------------------------------------------------------------------------

MANY = POLICY.replace('eligible = "sre"', 'eligible = "heads"')


@pytest.mark.parametrize(
    "statement",
    [
        sa.update(policies).values(text=MANY.encode()),
        sa.update(policies).values(sequence=sa.case((policies.c.sequence == 2, 9), else_=2)),
        sa.delete(policies).where(policies.c.sequence == 2),
        sa.insert(policies).values(sha256=digest(MANY.encode()), sequence=99, text=MANY.encode()),
        sa.update(changes).values(policy=digest(MANY.encode())),
    ],
    ids=["rewritten", "put back in force", "taken out", "added", "given to a change"],
)
def test_rules_that_are_not_those_of_the_ledger_are_found_and_can_be_made_again(history, statement):
    """No guard stands before them, and decisions go by them."""
    history.adopt_policy(b"# stricter\n" + POLICY.encode(), "policy.toml")
    history.verify()
    with history.database.write() as connection:
        connection.execute(statement)

    assert "Run `emergency-change db rebuild`" in found(history)
    history.rebuild()
    assert history.verify().level == "UNSIGNED"


# --- checkpoints -----------------------------------------------------------------------------------


def stored(memory, **to):
    with memory.database.write() as connection:
        connection.execute(sa.update(checkpoints).values(**to))


def test_a_checkpoint_of_an_unknown_origin_is_named(intruder):
    root = bytes.fromhex(intruder.memory.root()[1])
    note = FOREIGN.sign(7, root).note
    intruder.does(sa.insert(checkpoints).values(size=7, origin=FOREIGN.origin, root=root, note=note))

    assert found(intruder.memory) == (
        "The checkpoint at 7 entries is signed by evil.example/ledger, whose key is unknown."
    )


def test_a_checkpoint_signed_with_a_foreign_key_is_named(intruder):
    point = intruder.memory.checkpoint()
    stored(intruder.memory, note=OTHER.sign(point.size, point.root).note)

    assert found(intruder.memory) == f"The checkpoint is not signed by {ORIGIN}."


def test_a_checkpoint_with_an_edited_text_is_named(intruder):
    note = intruder.memory.checkpoint().note
    stored(intruder.memory, note=note.replace("\n7\n", "\n6\n"))

    assert found(intruder.memory) == f"The checkpoint's signature by {ORIGIN} does not hold."


def test_a_checkpoint_filed_under_another_size_is_named(intruder):
    intruder.memory.checkpoint()
    stored(intruder.memory, size=6)

    assert found(intruder.memory) == "The checkpoint at 6 entries does not say what was stored with it."


@pytest.mark.parametrize("note", ["", "nonsense", "a\n\nb", f"{ORIGIN}\n7\n\n— {ORIGIN} !!!\n"])
def test_a_checkpoint_that_is_no_note_any_more_is_named(intruder, note):
    intruder.memory.checkpoint()
    stored(intruder.memory, note=note)

    assert found(intruder.memory).startswith("The checkpoint ")


def test_two_checkpoints_that_contradict_each_other_are_found(intruder):
    """What a later origin signs must not shadow what an earlier one signed about the same entries."""
    memory, earlier = intruder.memory, intruder.memory.signer
    memory.signer = Signer(f"{ORIGIN}-2", b"\x09" * 32)
    memory.adopt_policy(b"# again\n" + memory.policy_text()[1], "policy.toml")  # its key is recorded too
    with memory.database.write() as connection:
        make(connection, earlier)
    intruder.rewrites(5, head_too=True, by=LINUS)
    memory.checkpoint()

    assert found(memory) == "Two checkpoints at 9 entries contradict each other."


def test_the_ledger_names_the_key_it_is_signed_with(history):
    history.signer = OTHER

    assert found(history) == f"The ledger names another key for {ORIGIN} than the one in use."


def test_nothing_is_signed_that_contradicts_what_was_signed_before(intruder):
    intruder.memory.checkpoint()
    intruder.rewrites(5, head_too=True, by=LINUS)

    with pytest.raises(
        LedgerCorrupt, match="At 7 entries another root was signed before; nothing is signed now"
    ):
        intruder.memory.checkpoint()


def test_a_process_does_not_sign_against_what_it_signed_though_that_was_taken_away(intruder):
    intruder.memory.checkpoint()
    intruder.rewrites(4, by=MALLORY, head_too=True)
    intruder.does(sa.delete(checkpoints))

    with pytest.raises(LedgerCorrupt, match="another root was signed before"):
        intruder.memory.checkpoint()


def test_nothing_is_signed_that_is_shorter_than_what_was_signed_before(intruder):
    intruder.memory.checkpoint()
    intruder.does(sa.delete(entries).where(entries.c.sequence > 5))
    intruder.regrows_the_head()

    with pytest.raises(LedgerCorrupt, match="7 entries were signed before and only 5 are there"):
        intruder.memory.checkpoint()


def test_a_delivery_that_points_nowhere_is_no_ruling(intruder):
    intruder.does(sa.insert(deliveries).values(delivery="d", sequence=999))

    with intruder.memory.reading() as work:
        assert work.ruled("d") is None


# --- what folds, and what does not -----------------------------------------------------------------


def test_a_change_whose_request_was_made_a_refusal_has_no_record(history, desk):
    intruder = Intruder(history)
    for sequence in (3, 5):
        intruder.rewrites(sequence, ruling={"answer": "refused", "guard": "g", "because": "b", "asked": []})

    with pytest.raises(UnknownChange, match="The ledger has no accepted request of EC-2026-0001"):
        desk.record("EC-2026-0001")
    with pytest.raises(LedgerCorrupt, match="EC-2026-0001 has no accepted request"):
        history.rebuild()
