"""A digest in Slack: whatever a month holds, its message and its dialogs keep to Slack's limits."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from bot.digest.contents import hashes_of, packed, unpacked
from bot.digest.pages import Voice as Names
from bot.digest.pages import data, lettered
from bot.reviewing.dossiers import Dossier, dossier
from bot.views.review import DigestMessage, sentence
from bot.views.review_forms import judged_in, self_test, sign_off
from bot.views.text import SlackVoice
from sandbox.slack.blocks import for_message
from sandbox.slack.views import modal
from tests.acme import ADA, GRACE, LINUS
from workflows import administration as ad
from workflows.carried import Carried
from workflows.digest import Denominator, Known, Line, Missed, Outage, digest
from workflows.errors import Declined
from workflows.period import Period
from workflows.reviews import Review, recused
from workflows.vocabulary import SYSTEM, ChangeId, ExceptionId, PersonId, State

OCTOBER = Period.read("2026-10")
NOVEMBER_2 = datetime(2026, 11, 2, 8, tzinfo=UTC)
VOICE = SlackVoice(lambda person: f"U0{person.removeprefix('P-')}")
NASTY = "<!channel> *all* `rm -rf` & <https://evil.example|click>"


def line(number, **more):
    given = {
        "change": ChangeId(f"EC-2026-{number:04d}"),
        "state": State.CLOSED,
        "requested_at": NOVEMBER_2 - timedelta(days=9, minutes=number),
        "requester": LINUS,
        "system": "payments",
        "criterion": "service down",
        "cause": NASTY,
    }
    return Line(**given | more)


def about(*lines, **known):
    sample = tuple(one.change for one in lines[:5])
    known = {"sample": sample} | known
    made = digest(OCTOBER, lines, Known(Denominator(pull_requests=600), **known), 0.1)
    said = {"digest.json": json.dumps(data(made, Names(str, lettered(made)))).encode()}
    entry = ad.DigestMade(
        at=NOVEMBER_2,
        by=SYSTEM,
        period="2026-10",
        files=hashes_of(said),
        contents=packed(said),
        changes=len(lines),
        drills=0,
        alarms=len(made.alarms),
        sample=sample,
        root="",
        channel="#change-review",
        reviewers="heads",
        due=NOVEMBER_2 + timedelta(days=7),
    )
    return dossier(entry)


def message(about: Dossier, review=None):
    shown = DigestMessage(about, review or Review(about.made), VOICE, "https://git.example/digest")
    blocks = [block.to_dict() for block in shown.blocks]
    return for_message(blocks), json.dumps(blocks, ensure_ascii=False)


def test_follow_ups_of_earlier_months_are_named_with_their_owners_and_late_ones_marked():
    carried = tuple(Carried(f"EC-2026-{n:04d}-F1", ADA, date(2026, 9, n), late=n == 1) for n in range(1, 8))
    _, text = message(about(line(9), carried=carried))
    _, none = message(about(line(9)))

    assert "• EC-2026-0001-F1 · <@U0ADA> · due 2026-09-01 · :warning: late" in text
    assert "EC-2026-0006-F1" not in text
    assert "and 2 more" in text
    assert "earlier months" not in none


MANY = [line(number, exceptions=(ExceptionId.X01,), overdue=()) for number in range(1, 501)]


def test_five_hundred_changes_are_summarised_and_the_rest_is_a_link():
    blocks, text = message(about(*MANY))

    assert len(blocks) <= 10
    assert "There were 500 emergency changes in October 2026" in text
    assert "EC-2026-0250" not in text
    assert "<https://git.example/digest|The whole digest>" in text


def test_alarms_of_many_people_and_causes_are_counted_and_none_is_cut_in_two():
    crowd = [line(n, requester=PersonId(f"P-{n % 60:010d}"), cause=f"cause {n % 7}") for n in range(500)]
    blocks, _ = message(about(*crowd))
    alarms = blocks[1]["text"]["text"]

    assert alarms.count(":rotating_light:") == 1 + 5 + 5
    assert "55 more people came back as often." in alarms
    assert "2 more causes came back as often." in alarms
    assert alarms.endswith("If everything is an emergency, the normal process is not working.")


def test_a_month_with_none_says_so_and_can_be_signed():
    blocks, text = message(about())

    assert "There was no emergency change in October 2026" in text
    assert [e["action_id"] for e in blocks[-1]["elements"]] == ["review.sign_off"]
    assert sign_off(about(), GRACE).blocks


def test_nothing_that_was_typed_and_nobodys_name_is_in_a_digest_that_is_kept():
    _, text = message(about(*[line(number) for number in range(1, 6)]))

    assert "evil" not in text
    assert "channel>" not in text
    assert "<@U0LINUS>" in text, "whose alarm it is reads like a mention, and not like a pseudonym"


def test_alarms_and_missed_reviews_are_said():
    september = Missed(Period.read("2026-09"), NOVEMBER_2 - timedelta(days=20), None)
    _, text = message(about(*MANY[:3], missed=(september,)))

    assert "the review of 2026-09 was missed; nobody has signed all of it" in text
    assert "If everything is an emergency, the normal process is not working." in text


def test_for_what_time_the_figures_know_nothing_is_said_where_they_are_signed():
    begun, short = NOVEMBER_2 - timedelta(days=20), NOVEMBER_2 - timedelta(days=3)
    away = (Outage(begun, begun + timedelta(days=2)), Outage(short, short + timedelta(hours=1)))
    _, text = message(about(line(1), outages=away, since=begun))
    _, once = message(about(line(1), outages=away[1:]))
    _, never = message(about(line(1)))

    assert f"The ledger begins {VOICE.when(begun)}; of what was before, nothing is known." in text
    longest = f"from {VOICE.when(begun)} to {VOICE.when(begun + timedelta(days=2))}"
    assert f"The bot showed no sign of life 2 times, longest {longest};" in text
    assert f"no sign of life from {VOICE.when(short)} to" in once
    assert "sign of life" not in never
    assert "The ledger begins" not in never


def signed(version=1, **more):
    at = NOVEMBER_2 + timedelta(days=1)
    return ad.ReviewSigned(at=at, by=GRACE, period="2026-10", version=version, **more)


def test_what_is_said_of_a_later_version_is_not_said_of_the_month_others_have_signed():
    late = ad.ReviewOverdue(at=NOVEMBER_2, by=SYSTEM, period="2026-10", version=2, due=NOVEMBER_2)
    first = ad.ReviewOverdue(at=NOVEMBER_2, by=SYSTEM, period="2026-10", version=1, due=NOVEMBER_2)

    assert "all the emergency changes of October 2026, version 2; it was due" in sentence(late, VOICE)
    assert "all the emergency changes of October 2026; it was due" in sentence(first, VOICE)
    assert "signed off the emergency changes of October 2026, version 2:" in sentence(signed(2), VOICE)


def test_the_message_says_who_signed_and_that_it_was_late():
    dossier = about(*MANY[:3])
    late = ad.ReviewOverdue(at=NOVEMBER_2, by=SYSTEM, period="2026-10", version=1, due=NOVEMBER_2)

    assert "To be signed off by a member of heads" in message(dossier)[1]
    assert "Overdue (X12)" in message(dossier, Review(dossier.made, overdue=late))[1]
    _, text = message(dossier, Review(dossier.made, signed=(signed(),), overdue=late))
    assert "Signed off by <@U0GRACE>" in text
    assert "It was overdue (X12)" in text
    assert "To be signed off" not in text


def test_a_sign_off_with_hundreds_of_ids_and_long_words_fits_a_message():
    ids = tuple(one.change for one in MANY)
    text = sentence(
        signed(did_not=ids, recused=ids, decisions=NASTY * 50, follow_ups="x" * 3000),
        VOICE,
    )

    assert len(text) <= 2900
    assert "and 492 more" in text
    assert "<!channel>" not in text


@pytest.mark.parametrize(
    ("changes", "one_by_one"), [(0, True), (1, True), (40, True), (41, False), (500, False)]
)
def test_up_to_forty_changes_are_asked_about_one_by_one(changes, one_by_one):
    view = modal(sign_off(about(*MANY[:changes]), GRACE).to_dict())

    asked = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    assert ("did_not" not in asked) is one_by_one
    assert len(asked) == 2 + (changes if one_by_one else 1)


def test_nobody_is_asked_about_what_they_asked_for():
    mine = line(3, requester=GRACE)
    dossier = about(line(1), mine)

    text = json.dumps(sign_off(dossier, GRACE).to_dict())
    assert f"change:{mine.change}" not in text
    assert "You asked for EC-2026-0003 yourself" in text
    assert recused(GRACE, dossier.requesters) == (mine.change,)
    assert "EC-2026-0003" not in json.dumps(self_test(dossier, GRACE).to_dict())


def test_a_sample_of_ones_own_changes_is_somebody_elses_to_test():
    view = modal(self_test(about(line(1)), LINUS).to_dict())

    assert view["callback_id"] == "form.notice"
    assert modal(self_test(about(line(1)), ADA).to_dict())["callback_id"] == "form.self_test"


def test_ids_are_read_however_they_are_separated():
    assert judged_in({"did_not": "ec-2026-0007, EC-2026-0009\nEC-2026-0007"}) == (
        "EC-2026-0007",
        "EC-2026-0009",
    )
    assert judged_in({"change:EC-2026-0001": "did_not", "change:EC-2026-0002": "qualified"}) == (
        "EC-2026-0001",
    )


def test_files_that_are_not_those_the_ledger_names_are_not_believed():
    files = {"digest.md": b"October"}

    assert unpacked(packed(files), hashes_of(files)) == files
    with pytest.raises(Declined, match="not those"):
        unpacked(packed({"digest.md": b"Oktober"}), hashes_of(files))
    with pytest.raises(Declined, match="not kept"):
        unpacked("[erased]", hashes_of(files))
