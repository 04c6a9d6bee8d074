"""A person in a digest: renamed, known by another account, or erased, they are counted as the one they are."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.digest.collecting import Collector, sampler
from bot.digest.pages import Voice, markdown, pseudonymous
from tests.acme import ADA, LINUS, MARGARET
from tests.clocks import MovableClock
from tests.memories import Desk, open_memory, staff
from workflows import events as ev
from workflows.digest import Again
from workflows.period import Period

TEAM, ACCOUNT = "T1", "UZEBEDEE77"


@pytest.fixture
def memory(tmp_path):
    memory = open_memory(f"sqlite:///{tmp_path / 'memory.db'}", MovableClock(), MovableClock(), upgrade=True)
    staff(memory)
    yield memory
    memory.database.close()


@pytest.fixture
def zeb(memory):
    """Somebody who asked for two changes and took them back."""
    is_called(memory, "Zebedee Quillfeather")
    zeb = memory.people.by_slack(TEAM, ACCOUNT).id
    memory.people.link(zeb, "github", "quillfeather-zeb")
    memory.people.replace_group("sre", {LINUS, MARGARET, zeb})
    desk = Desk(memory)
    for _ in range(2):
        desk.happens(desk.opens("ledger-admin", zeb), ev.Withdrawal, zeb)
    return zeb


def is_called(memory, name):
    memory.people.keep(
        [{"slack_team": TEAM, "slack_user": ACCOUNT, "name": name, "email": "zeb@acme.example"}]
    )


def digest_of(memory):
    begun = memory.clock.now()
    collector = Collector(memory, None, sampler(memory, 1))
    made = collector.collect(Period(begun.year, begun.month), begun + timedelta(days=40))
    voice = Voice(lambda person: memory.person(person).name or str(person), str)
    return made, markdown(made, voice).decode()


def test_somebody_who_was_renamed_has_their_new_name_and_all_their_changes(memory, zeb):
    is_called(memory, "Zebedee Ashgrove")
    made, page = digest_of(memory)

    assert made.by_requester == ((zeb, 2),)
    assert "Zebedee Ashgrove" in page
    assert "Quillfeather" not in page


def test_somebody_whose_account_changed_is_the_same_person(memory, zeb):
    memory.people.link(zeb, "github", "ashgrove-zeb")

    assert digest_of(memory)[0].by_requester == ((zeb, 2),)


def test_what_is_kept_of_a_month_names_nobody_and_quotes_nobody(memory, zeb):
    made, page = digest_of(memory)
    made = replace(made, again=Again(2, ADA, "Quillfeather's report came late."))
    packed = b"".join(pseudonymous(made).values())
    said = memory.record(made.counted[0].change)[0].request

    assert zeb.encode() in packed
    assert b"This is version 2" in packed
    assert "Zebedee" in page
    for word in ("Zebedee", "Quillfeather", "zeb@acme", "quillfeather-zeb", said.what, said.justification):
        assert word.encode() not in packed


def test_somebody_who_was_erased_is_counted_and_not_named(memory, zeb):
    memory.erasing.erase(memory.person(zeb), ADA, "They asked for it.", also_text=False)
    made, page = digest_of(memory)

    assert made.by_requester == ((zeb, 2),)
    assert zeb in page
    assert "Zebedee" not in page
