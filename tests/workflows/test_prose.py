"""What people type: kept as they meant it, without what can break a ledger, and without secrets."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.acme import LINUS, request
from tests.clocks import MONDAY_NIGHT
from workflows import administration as ad
from workflows import events as ev
from workflows import observations as ob
from workflows.prose import LONGEST, gives_away, prose_fields, scrub


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("plain", "plain"),
        ("  trimmed\n", "trimmed"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("half \ud83d a pair", "half  a pair"),  # a lone surrogate cannot be written as UTF-8
        ("\udfff", ""),
        ("nul\x00 bell\x07 escape\x1b[31m del\x7f", "nul bell escape[31m del"),
        ("Windows\r\nlines", "Windows\nlines"),
        ("\x85next line\x9f", "next line"),  # C1 controls
        ("cafe\u0301", "caf\u00e9"),  # NFC: UAX #15, figure 4
        ("\u1e9b\u0323", "\u1e9b\u0323"),  # NFC leaves it, NFKC would not (UAX #15, figure 6)
        ("approve \u202eton od\u202c this", "approve ton od this"),  # what is read is what was typed
        ("\u212b", "\u00c5"),  # the Angstrom sign is canonically a letter
        ("\ufb01", "\ufb01"),  # a ligature is only compatible, and stays
        ("שלום עולם", "שלום עולם"),  # right to left
        ("مرحبا ١٢٣", "مرحبا ١٢٣"),
        ("👩\u200d💻 fixed it 🇩🇪 👍🏽", "👩\u200d💻 fixed it 🇩🇪 👍🏽"),  # a joiner, a flag, a skin tone
        ("한글", "한글"),
        ("𐀀 𝄞", "𐀀 𝄞"),  # beyond the basic plane
        (None, None),
        (7, 7),
    ],
)
def test_text_is_cleaned_when_it_enters(typed, kept):
    assert scrub(typed) == kept


@given(st.text(st.characters(), max_size=200))
def test_whatever_is_typed_what_is_kept_can_be_written_and_cleaning_again_changes_nothing(typed):
    kept = scrub(typed)

    assert kept.encode().decode() == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert not [c for c in kept if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"]
    assert scrub(kept) == kept


def test_a_text_may_be_as_long_as_slack_lets_it_be_and_no_longer():
    assert request(what="x" * LONGEST).what == "x" * 3000
    with pytest.raises(ValidationError, match="at most 3000"):
        request(what="x" * 3001)


def test_what_cleaning_removes_does_not_count():
    assert len(request(what="x" * 3000 + "\x00" * 10).what) == 3000


def test_an_entry_without_a_time_zone_is_refused():
    with pytest.raises(ValidationError, match="timezone"):
        ev.Withdrawal(at=MONDAY_NIGHT.replace(tzinfo=None), by=LINUS)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (
            ev.Request,
            {
                "what",
                "justification",
                "security_impact",
                "rollback_plan",
                "incident",
                "test_waiver",
                "accounts",
            },
        ),
        (ev.Completion, {"done", "changes", "verified", "accounts"}),
        (ev.Rejection, {"reason", "accounts", "shown"}),
        (ev.Withdrawal, {"accounts"}),
        (ev.Expiry, set()),
        (ob.Finding, {"because"}),
        (ad.AccountLinked, {"account", "number"}),
        (ad.PolicyInForce, {"text"}),
    ],
    ids=lambda thing: getattr(thing, "__name__", ""),
)
def test_free_text_and_accounts_are_committed_to_and_never_written(kind, fields):
    assert set(prose_fields(kind)) == fields


def test_the_field_is_named_and_the_secret_is_not():
    event = ev.Rejection(at=MONDAY_NIGHT, by=LINUS, shown="", reason="See xoxb-123456789012-abcdefABCDEF.")

    assert gives_away(event) == ("reason", "a Slack token")


def test_an_entry_without_secrets_gives_nothing_away():
    assert gives_away(request()) is None
    assert gives_away(ev.Withdrawal(at=MONDAY_NIGHT, by=LINUS)) is None


@pytest.mark.parametrize("field", prose_fields(ev.Request))
def test_every_field_that_people_type_into_is_looked_at(field):
    event = request(**{field: "password: correcthorse"})

    assert gives_away(event) == (field.replace("_", " "), "a password")
