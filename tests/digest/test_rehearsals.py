"""Rehearsals make nobody's emergencies more, nor their words less their own: in the digest and in the pack."""

import csv
import io
from datetime import timedelta

import pytest

from bot.digest.collecting import Collector, sampler
from bot.evidence.pack import export
from tests.acme import LINUS
from tests.clocks import MovableClock
from tests.memories import Desk, open_memory, staff
from workflows import events as ev
from workflows.period import Period, Span


@pytest.fixture
def rehearsed(tmp_path):
    """Two rehearsals, and then the only emergency, in the words that were rehearsed."""
    memory = open_memory(f"sqlite:///{tmp_path / 'memory.db'}", MovableClock(), MovableClock(), upgrade=True)
    staff(memory)
    desk = Desk(memory)
    for drill in (True, True, False):
        change = desk.opens("ledger-admin", LINUS, drill=drill)
        desk.happens(change, ev.Withdrawal, LINUS)
        memory.clock.advance(minutes=5)
    memory.checkpoint()
    yield memory, change
    memory.database.close()


def test_a_digest_holds_no_rehearsal_against_an_emergency(rehearsed):
    memory, change = rehearsed
    begun = memory.clock.now()
    collector = Collector(memory, None, sampler(memory, 1))
    made = collector.collect(Period(begun.year, begun.month), begun + timedelta(days=40))

    assert [(one.change, one.exceptions) for one in made.counted] == [(change, ())]


def test_a_pack_holds_no_rehearsal_against_an_emergency(rehearsed, tmp_path):
    memory, _ = rehearsed
    export(memory, Span.read("2026"), tmp_path / "pack")
    found = csv.DictReader(io.StringIO((tmp_path / "pack/exceptions.csv").read_text()))

    assert [one["exception"] for one in found if one["exception"] in ("X04", "X15")] == []
