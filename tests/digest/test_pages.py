"""A digest on paper: everything is said, nothing a person typed can break out of its cell, nobody is named in git."""

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.digest import carried
from bot.digest.chart import chart
from bot.digest.pages import COLUMNS, Voice, data, figures, html, markdown, summary, table
from tests.workflows.test_digest import BEGIN, OCTOBER, a, of
from workflows.carried import Carried
from workflows.digest import Denominator, Known, Outage, digest
from workflows.exceptions import MEANINGS
from workflows.period import Period
from workflows.vocabulary import ChangeId, ExceptionId, PersonId, State

EVIL = '<script>alert(1)</script>|`x`=HYPERLINK("http://evil.example")'
NAMES = Voice(who=lambda person: f"{person} {EVIL}", cause=lambda cause: cause + EVIL)
PSEUDONYMS = Voice(who=str, cause=lambda cause: "cause A")
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def october():
    one = PersonId("P-LINUS")
    lines = [a(n, requester=one, cause="the lock of ada", exceptions=(ExceptionId.X09,)) for n in (1, 2, 3)]
    lines.append(a(4, drill=True, system="ledger"))
    outage = Outage(BEGIN, BEGIN + timedelta(hours=2))
    return of(
        *lines,
        denominator=Denominator(pull_requests=25, where=("acme/payments",)),
        earlier={Period(2026, n): 1 for n in (6, 7, 8, 9)},
        outages=(outage,),
        sample=(ChangeId("EC-2026-0002"),),
    )


def test_the_summary_is_a_sentence(october):
    assert summary(october) == (
        "There were 3 emergency changes in October 2026, 12.0% of 25 changes. 1 drill was held besides."
    )
    assert summary(of()) == "There was no emergency change in October 2026."
    assert summary(of(a(1))) == "There was one emergency change in October 2026."


def test_every_figure_names_the_changes_it_counts(october):
    said = dict(figures(october))

    assert said["Access removed late, or not seen gone"] == "3: EC-2026-0001, EC-2026-0002 and EC-2026-0003"
    assert said["Drills"] == "1: EC-2026-0004"
    assert said["Counted at the source"] == "25 merged pull requests in acme/payments"
    assert said["Rejected"] == "0"


def test_what_was_before_the_ledger_is_said_to_be_unknown():
    begun = of(since=BEGIN + timedelta(days=9))

    for page in (markdown(begun, PSEUDONYMS), html(begun, PSEUDONYMS, PNG)):
        assert "The ledger begins on 2026-10-14 01:10 UTC;" in page.decode()
        assert "all through the period" not in page.decode()
    assert "all through the period" in markdown(of(), PSEUDONYMS).decode()


def test_too_few_and_unknown_are_said_and_not_guessed():
    assert (
        "fewer than 20" in dict(figures(of(denominator=Denominator(pull_requests=3))))["Share of all changes"]
    )
    assert dict(figures(of()))["Share of all changes"].startswith("not known")


def test_follow_ups_of_earlier_months_are_counted_and_the_oldest_named_late_ones_marked():
    many = [
        Carried(f"EC-2026-{n:04d}-F1", PersonId("P-ADA"), date(2026, 8, n), late=n < 3)
        for n in range(7, 0, -1)
    ]
    made = of(a(1), carried=tuple(many))
    kept = json.loads(json.dumps(data(made, PSEUDONYMS)))["carried"]
    rows = list(csv.DictReader(io.StringIO(carried.table(made.carried, str).decode())))

    assert dict(figures(made))["Open follow-ups of earlier months"] == "7, 2 of them late"
    assert [one["follow_up"][3:12] for one in kept["oldest"]] == [f"2026-000{n}" for n in range(1, 6)]
    assert (kept["count"], kept["late"]) == (7, 2)
    assert rows[1] == {"follow_up": "EC-2026-0002-F1", "owner": "P-ADA", "due": "2026-08-02", "late": "true"}
    assert len(rows) == 7
    for page in (markdown(made, PSEUDONYMS).decode(), html(made, PSEUDONYMS, PNG).decode()):
        assert "EC-2026-0001-F1" in page
        assert "EC-2026-0006-F1" not in page
        assert "2 more are in follow-ups.csv" in page
        assert page.count(">late</b>" if "<html" in page else "**late**") == 2
    assert "follow-ups.csv" not in markdown(of(a(1)), PSEUDONYMS).decode()


def test_text_and_page_say_the_same(october):
    text, page = markdown(october, PSEUDONYMS).decode(), html(october, PSEUDONYMS, PNG).decode()

    for word in (
        "EC-2026-0001",
        "EC-2026-0004",
        "P-LINUS",
        "cause A",
        "Alarm.",
        MEANINGS[ExceptionId.X09],
        "2026-10-05 02:10",
    ):
        assert word in text
        assert word in page
    assert "(drill)" in text
    assert '<span class="drill">drill</span>' in page
    assert "To be tested by hand" in text


def test_nothing_anybody_typed_reaches_a_page_unless_its_voice_says_it(october):
    for made in (markdown(october, PSEUDONYMS), html(october, PSEUDONYMS, PNG), table(october, PSEUDONYMS)):
        assert b"lock of ada" not in made


def test_no_text_breaks_out_of_its_place(october):
    text, page = markdown(october, NAMES).decode(), html(october, NAMES, PNG).decode()

    assert "<script" not in page
    assert "<script" not in text.replace("\\<", "")
    rows = [line for line in text.splitlines() if line.startswith("| EC-")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}


def test_five_hundred_changes_are_summarised_and_all_of_them_are_in_the_table():
    people = [PersonId(f"P-{n % 60}") for n in range(500)]
    lines = [a(n, requester=who, extensions=1, cause=f"cause {n % 2}") for n, who in enumerate(people)]
    crowd = of(*lines)
    said, text = dict(figures(crowd)), markdown(crowd, NAMES).decode()

    assert said["Extended"].startswith("500: EC-2026-0000, ")
    assert said["Extended"].endswith(" and 488 more")
    assert said["Repeats"] == "60 people with 500 changes and 2 causes with 500 changes"
    assert text.count("**Alarm.**") == 8 + 1 + 2
    assert "52 more people came back as often." in text
    assert "45 more, with " in text
    assert table(crowd, PSEUDONYMS).count(b"\r\n") == 501


def test_what_became_of_a_rejection_and_of_follow_ups_is_said():
    made = of(
        a(1, rejected=True, remediation="rolled back"),
        a(2, rejected=True, follow_ups=3, follow_ups_late=1),
        a(3, follow_ups=9, drill=True),
    )
    said, text, page = dict(figures(made)), markdown(made, NAMES).decode(), html(made, NAMES, PNG).decode()

    assert said["Rejected and not yet mended"] == "1: EC-2026-0002"
    assert said["Open follow-ups"] == "3, 1 of them late; of EC-2026-0002"
    assert "| EC-2026-0001 | rolled back |" in text
    assert "<td>EC-2026-0002</td><td>nothing yet</td>" in page


def test_who_acted_without_an_answer_is_named():
    made = of(a(1, overridden=True), a(2))
    rows = list(csv.DictReader(io.StringIO(table(made, PSEUDONYMS).decode())))

    assert dict(figures(made))["Acted without an answer"] == "1: EC-2026-0001"
    assert [row["overridden"] for row in rows] == ["true", "false"]


def test_what_was_rejected_before_it_began_left_nothing_to_mend():
    made = of(a(1, rejected=True, state=State.REJECTED), a(2, rejected=True, state=State.IN_REVIEW))
    said, text = dict(figures(made)), markdown(made, NAMES).decode()

    assert said["Rejected and not yet mended"] == "1: EC-2026-0002"
    assert "| EC-2026-0001 | nothing had begun |" in text
    assert "| EC-2026-0002 | nothing yet |" in text


def test_a_quarter_is_said_month_by_month():
    berlin = ZoneInfo("Europe/Berlin")
    last_of_october = datetime(2026, 10, 31, 22, 30, tzinfo=UTC)  # still October in Berlin
    lines = [a(1, off_hours=True), a(2, requested_at=last_of_october), a(3, drill=True)]
    lines.append(a(4, requested_at=last_of_october + timedelta(hours=1), exceptions=(ExceptionId.X01,)))
    made = digest(Period(2026, 10, 3), lines, Known(zone=berlin), 0.1)

    assert "| October 2026 | 2 | 1 | 0 | 0 |" in markdown(made, NAMES).decode()
    assert '<td>November 2026</td><td class="n">1</td>' in html(made, NAMES, PNG).decode()
    assert "Month by month" not in markdown(of(a(1)), NAMES).decode()
    assert "of the last six quarters" in markdown(made, NAMES).decode()
    assert "of the last six quarters" in html(made, NAMES, PNG).decode()


def test_of_a_quarters_months_before_the_ledger_no_figure_is_said():
    begun = datetime(2026, 11, 22, 11, tzinfo=UTC)
    made = digest(Period(2026, 10, 3), [a(1, requested_at=begun)], Known(since=begun), 0.1)
    text, page = markdown(made, NAMES).decode(), html(made, NAMES, PNG).decode()

    rows = [row for row in text.splitlines() if "ber 2026 |" in row]
    assert rows == [
        "| October 2026 | – | – | – | – |",
        "| November 2026 | 1 | 0 | 0 | 0 |",
        "| December 2026 | 0 | 0 | 0 | 0 |",
    ]
    assert "<td>October 2026</td>" + '<td class="n">–</td>' * 4 in page


def test_the_table_is_one_line_a_change_and_no_formula(october):
    rows = list(csv.reader(io.StringIO(table(october, Voice(lambda p: "=1+1", str)).decode(), newline="")))

    assert tuple(rows[0]) == COLUMNS
    assert [row[0] for row in rows[1:]] == ["EC-2026-0001", "EC-2026-0002", "EC-2026-0003", "EC-2026-0004"]
    assert {row[4] for row in rows[1:]} == {"'=1+1"}


def test_a_month_without_any_has_all_its_pages():
    empty = of()

    assert "There was none." in markdown(empty, PSEUDONYMS).decode()
    assert "There was none." in html(empty, PSEUDONYMS, chart(empty)).decode()
    assert table(empty, PSEUDONYMS).count(b"\r\n") == 1
    assert "the bot was asked and it answered" in markdown(empty, PSEUDONYMS).decode()


def test_a_month_without_any_in_which_the_bot_was_away_does_not_say_that_it_answered():
    away = of(outages=(Outage(BEGIN, BEGIN + timedelta(days=3)),))

    for page in (markdown(away, PSEUDONYMS).decode(), html(away, PSEUDONYMS, PNG).decode()):
        assert "it answered" not in page
        assert "There was none on record; the bot was not there all the time" in page
        assert "No sign of life from 2026-10-05 01:10 to 2026-10-08 01:10 UTC." in page


def test_a_dash_in_the_chart_is_explained():
    begun = of(a(1), earlier={Period(2026, n): 2 for n in (8, 9)})
    known = of(a(1), earlier={Period(2026, n): 2 for n in range(5, 10)})

    for page in (markdown(begun, PSEUDONYMS).decode(), html(begun, PSEUDONYMS, PNG).decode()):
        assert "not there for all of it, so it is not counted (2026-05, 2026-06, 2026-07)." in page
    assert "so it is not counted" not in markdown(known, PSEUDONYMS).decode()


def test_a_month_without_any_is_drawn():
    empty = of()

    assert chart(empty).startswith(PNG)


def test_the_same_digest_is_drawn_to_the_same_bytes(october):
    assert chart(october) == chart(october)
    assert chart(october) != chart(of())
    assert html(october, NAMES, PNG) == html(october, NAMES, PNG)


def test_every_exception_has_a_meaning():
    assert set(MEANINGS) == set(ExceptionId)
    assert OCTOBER.name == "October 2026"
