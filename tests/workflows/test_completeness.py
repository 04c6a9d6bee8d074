"""What stands on one side alone is found and said; what is as it should be is waived with the reason."""

from datetime import UTC, datetime

from workflows.completeness import Access, Membership, Ticketed, access, records, tickets
from workflows.ports import LabelledTicket
from workflows.prose import LONGEST
from workflows.vocabulary import ChangeId, PersonId, TicketKey

ONE, TWO, THREE = (ChangeId(f"EC-2026-000{n}") for n in (1, 2, 3))
NOW = datetime(2026, 11, 1, tzinfo=UTC)
TEAM = "github-team:acme/break-glass"


def ticketed(key="CHG-1", duplicates=(), *, gone=False, young=False):
    return Ticketed(TicketKey(key) if key else None, frozenset(map(TicketKey, duplicates)), gone, young)


def listed(**keys):
    return [LabelledTicket(TicketKey(key.replace("_", "-")), change) for key, change in keys.items()]


def test_a_ticket_with_its_change_is_on_both_sides():
    found = tickets({ONE: ticketed()}, frozenset({ONE}), listed(CHG_1=ONE))

    assert (found.matched, found.left_only, found.right_only, found.waived) == (1, (), (), ())


def test_a_change_without_a_ticket_is_left_alone_unless_it_is_young():
    found = tickets(
        {ONE: ticketed(None), TWO: ticketed(None, young=True), THREE: ticketed("CHG-3", gone=True)},
        frozenset({ONE, TWO, THREE}),
        [],
    )

    assert found.left_only == (
        "EC-2026-0001 has no ticket.",
        "EC-2026-0003: its ticket CHG-3 is gone from the tracker.",
    )
    assert found.waived == ("EC-2026-0002: its ticket is on its way.",)


def test_a_ticket_without_a_change_and_a_second_ticket_are_right_alone():
    found = tickets(
        {ONE: ticketed("CHG-1", ["CHG-2"])},
        frozenset({ONE, TWO}),
        listed(CHG_1=ONE, CHG_2=ONE, CHG_7=ONE, CHG_8=TWO, CHG_9=THREE),
    )

    assert found.right_only == (
        "CHG-7 is labelled EC-2026-0001, whose ticket is CHG-1.",
        "CHG-9 is labelled EC-2026-0003, which the ledger does not have.",
    )


def test_somebody_nobody_gave_access_is_found_and_is_no_name_if_they_are_known():
    linus = Membership(TEAM, "linus", PersonId("P-1"))
    stranger = Membership(TEAM, "mallory", None)
    owner = Membership(TEAM, "olga", PersonId("P-3"))
    sneaked = Membership(TEAM, "sam", PersonId("P-4"))

    found = access({linus: Access(ONE, True, False)}, {owner: TWO}, [linus, stranger, owner, sneaked])

    assert found.matched == 1
    assert found.right_only == (
        f"the account mallory, which belongs to nobody known, is in {TEAM}, and no change gave them that.",
        f"P-4 is in {TEAM}, and no change gave them that.",
    )
    assert found.waived == (f"P-3 is in {TEAM}, as before EC-2026-0002.",)


def test_access_that_should_be_there_and_is_not_is_left_alone():
    linus, grace = Membership(TEAM, "linus", PersonId("P-1")), Membership(TEAM, "grace", PersonId("P-2"))

    found = access({linus: Access(ONE, True, False), grace: Access(TWO, True, True)}, {}, [])

    assert found.left_only == (f"EC-2026-0001: P-1 should be in {TEAM} and is not.",)
    assert found.waived == (f"EC-2026-0002: the access of P-2 to {TEAM} is on its way.",)


def test_access_that_outlived_its_change_is_found_and_is_no_match():
    late, lately = Membership(TEAM, "linus", PersonId("P-1")), Membership(TEAM, "grace", PersonId("P-2"))
    gone = Membership(TEAM, "margaret", PersonId("P-3"))
    known = {
        late: Access(ONE, False, False),
        lately: Access(TWO, False, True),
        gone: Access(THREE, False, True),
    }

    found = access(known, {}, [late, lately])

    assert (found.matched, found.left_only) == (0, ())
    assert found.right_only == (f"P-1 is in {TEAM} still, though the access of EC-2026-0001 has ended.",)
    assert found.waived == (f"P-2 is in {TEAM}; the removal after EC-2026-0002 is on its way.",)


def test_a_file_of_no_change_and_a_change_without_a_file_are_found():
    found = records(
        {ONE: False, TWO: False, THREE: True},
        {ONE: "changes/2026/EC-2026-0001/record.json", "changes/notes.txt": "changes/notes.txt"},
    )

    assert (found.matched, found.left_only) == (1, ("EC-2026-0002 has no record.",))
    assert found.waived == ("EC-2026-0003: its record is on its way.",)
    assert found.right_only == ("changes/notes.txt belongs to no change of the ledger.",)


def test_an_entry_counts_what_does_not_fit_into_it():
    many = {ChangeId(f"EC-2026-{n:04}"): ticketed(None) for n in range(1, 500)}

    entry = tickets(many, frozenset(many), []).entry(NOW, (NOW, NOW))

    lines = entry.differences.splitlines()
    assert entry.left_only == 499
    assert len(entry.differences) <= LONGEST
    assert lines[-1] == f"… and {499 - len(lines) + 1} more."
