"""The Home tab is Slack's own language whatever stands on it, and says the same as the list."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from bot.ids import Action
from bot.views.home import FULFILS, MOST, Home
from bot.views.lines import LONGEST, Told, mine_in_text
from bot.views.text import SlackVoice
from sandbox.slack.blocks import for_view
from tests.acme import ADA, LINUS, MARGARET, PEOPLE, POLICY
from tests.clocks import MONDAY_NIGHT
from tests.conformance.openapi import spec
from workflows.delegation import Absence
from workflows.mine import Agreed, Counts, Debt, Glance, Line, Unsigned, mine
from workflows.policy import load
from workflows.ports import Posted
from workflows.vocabulary import Duty, State

RULES = load(POLICY.encode())
MONTH_ENDS = MONDAY_NIGHT + timedelta(days=20)
VOICE = SlackVoice(lambda person: PEOPLE[person].slack_user)


def line(n=1, state=State.ACTIVE, owner=LINUS, **said):
    fields = {
        "requester": LINUS,
        "system": "payments",
        "access": "payments-merge",
        "drill": False,
        "abandoned": False,
        "opened_at": MONDAY_NIGHT,
        "access_until": MONDAY_NIGHT + timedelta(hours=1) if state is State.ACTIVE else None,
        "card": Posted("C1", "1700000000.000100"),
    }
    return Line(f"EC-2026-{n:04d}", state, owner=owner, **fields | said)


def debt(n=1, duty=Duty.COMPLETION, hours=4, state=State.IN_REVIEW, **said):
    by = (
        {"group": "heads"}
        if duty in (Duty.APPROVAL, Duty.ACCEPTANCE)
        else {"person": said.get("owner", LINUS)}
    )
    return Debt(line(n, state, **said), duty, MONDAY_NIGHT + timedelta(hours=hours), **by)


def agreed(n=1, key="CHG-7", late=False, **said):
    url = f"https://acme.atlassian.net/browse/{key}" if key else ""
    return Agreed(line(n, State.CLOSED, **said), 1, date(2026, 12, 8), LINUS, key, url, late)


def drawn(glance, who=LINUS, policy=RULES, most=MOST, at=MONDAY_NIGHT, absences=None):
    found = mine(PEOPLE[who], glance, at, MONTH_ENDS, most, absences or {})
    return found, Told(
        frozenset({who}), at, policy, VOICE, lambda at: f"https://acme.slack.com/archives/{at.ts}"
    )


def published(glance, who=LINUS, policy=RULES):
    """Draw a Home, and have the stand-in judge it by Slack's limits."""
    return for_view(Home(*drawn(glance, who, policy)).view(), "home")


def many(n, **said):
    """Say that there are ``n`` of everything."""
    duties = [d for d in Duty if d is not Duty.APPROVAL]
    return Glance(
        windows=tuple(line(i, **said) for i in range(n)),
        windows_in_all=n,
        debts=tuple(debt(i, duties[i % len(duties)], **said) for i in range(n))
        + tuple(debt(i, Duty.APPROVAL, requester=MARGARET, owner=MARGARET) for i in range(n)),
        owed_in_all=n,
        asked_in_all=n,
        follow_ups=tuple(agreed(i) for i in range(n)),
        follow_ups_in_all=n,
        recent=tuple(line(i) for i in range(n)),
        counts=Counts(n, n, n, n),
        late=tuple(debt(i, hours=-1) for i in range(n)),
        late_in_all=n,
    )


@pytest.mark.parametrize("n", [0, 1, 13, 500])
@pytest.mark.parametrize("drill", [False, True])
def test_a_home_fits_into_slacks_limits_however_much_there_is(n, drill):
    view = published(many(n, drill=drill))
    schema = json.loads(spec("slack/blockkit/slack-blockkit.strict.schema.json").read_text())
    judge = Draft7Validator({"definitions": schema["definitions"], "$ref": "#/definitions/Home"})

    assert len(view["blocks"]) <= 100
    assert [error.message[:200] for error in judge.iter_errors(view)] == []


def test_years_of_reviews_nobody_signed_fit_beside_everything_else():
    found, told = drawn(many(MOST + 1))
    months = tuple(
        Unsigned(f"2026-{n:02d}/1", f"month {n}", MONDAY_NIGHT, overdue=True) for n in range(1, 31)
    )

    view = for_view(Home(replace(found, reviews=months), told).view(), "home")

    assert len(view["blocks"]) <= 100
    assert "…and 26 more" in json.dumps(view, ensure_ascii=False)


def test_what_does_not_fit_is_counted_and_says_where_the_rest_is():
    said = str(published(many(500)))

    for part in ("windows", "owed", "asked", "follow-ups", "late"):
        assert f"…and {500 - MOST} more; `/emergency-change list {part}`" in said


def test_what_fits_is_not_said_to_be_more():
    assert "more;" not in str(published(many(MOST)))


def test_an_empty_home_says_so_and_lets_one_begin():
    blocks = published(Glance())["blocks"]

    assert [b["block_id"] for b in blocks] == ["begin", "nothing", "drawn"]
    assert [e["action_id"] for e in blocks[0]["elements"]] == ["home.new", "home.drill"]


def test_who_may_not_take_part_gets_a_sentence_and_no_button():
    from dataclasses import replace  # noqa: PLC0415

    for gone in ({"guest": True}, {"outsider": True}, {"deactivated": True}, {"bot": True}):
        found = mine(replace(PEOPLE[LINUS], **gone), many(3), MONDAY_NIGHT, MONTH_ENDS, MOST, {})
        [block] = Home(found, drawn(Glance())[1]).view()["blocks"]
        assert block["text"]["type"] == "plain_text"
        assert found.windows.shown == ()


def test_every_button_is_one_that_something_answers_and_carries_a_change_and_nothing_else():
    blocks = published(many(3))["blocks"]
    elements = [
        e for b in blocks for e in [*b.get("elements", ()), b.get("accessory")] if e and "action_id" in e
    ]

    assert {e["action_id"] for e in elements} <= {action.value for action in Action}
    about = [e["value"] for e in elements if not e["action_id"].startswith("home.")]
    assert all(re.fullmatch(r"EC-\d{4}-\d{4,}", value) for value in about)


def test_a_window_that_was_handed_over_has_no_buttons_for_whoever_asked_for_it():
    glance = Glance(windows=(line(owner=MARGARET),), windows_in_all=1)
    blocks = {b["block_id"]: b for b in published(glance)["blocks"]}

    assert "window-actions:EC-2026-0001" not in blocks
    assert "handed to <@UMARGARET>" in blocks["window:EC-2026-0001"]["text"]["text"]


def test_what_somebody_waits_for_comes_before_what_may_come_after_the_fact():
    late = [debt(n, Duty.APPROVAL, hours=-n) for n in range(1, 30)]
    held_up = debt(99, Duty.APPROVAL, hours=24, state=State.REQUESTED)
    glance = Glance(debts=(*late, held_up), asked_in_all=30)
    found, told = drawn(glance, ADA)

    assert found.asked.shown[0].id == "EC-2026-0099"
    assert (len(found.asked.shown), found.asked.more) == (MOST, 30 - MOST)
    assert "nothing begins before an answer" in told.debt(found.asked.shown[0])
    assert [d.id for d in found.asked.shown[1:3]] == ["EC-2026-0029", "EC-2026-0028"]


def test_who_is_asked_to_approve_is_offered_at_home_what_the_card_offers():
    url = "https://github.com/acme/evidence/pull/7"
    begun = debt(1, Duty.APPROVAL, requester=MARGARET, owner=MARGARET, pull=url)
    waits = debt(2, Duty.APPROVAL, state=State.REQUESTED, requester=MARGARET, owner=MARGARET, pull=url)
    blocks = {
        b["block_id"]: b for b in published(Glance(debts=(begun, waits), asked_in_all=2), ADA)["blocks"]
    }
    review, _ = of_begun = blocks["asked-actions:EC-2026-0001"]["elements"]
    of_waiting = blocks["asked-actions:EC-2026-0002"]["elements"]

    assert [e["text"]["text"] for e in of_begun] == ["Review on GitHub", "Reject"]
    assert (review["action_id"], review["url"]) == ("change.review", url)
    assert [e["text"]["text"] for e in of_waiting] == ["Approve", "Reject"]


def test_a_follow_up_is_named_by_its_issue_and_called_late_once_the_clock_has_said_so():
    found, told = drawn(Glance(follow_ups=(agreed(), agreed(late=True), agreed(key="")), follow_ups_in_all=3))
    on_time, late, without = map(told.follow_up, found.follow_ups.shown)

    assert on_time.startswith("*<https://acme.atlassian.net/browse/CHG-7|CHG-7>* · *<https://acme.slack.com/")
    assert on_time.endswith("· until 2026-12-08")
    assert late.endswith(":warning: *late*, it was agreed until 2026-12-08")
    assert without.startswith("*Follow-up 1* (its issue follows)")


def test_an_open_question_is_owed_as_an_answer_and_not_as_an_approval():
    glance = Glance(debts=(replace(debt(duty=Duty.APPROVAL), person=LINUS, group=""),), owed_in_all=1)
    found, told = drawn(glance)
    owed = {b["block_id"]: b for b in published(glance)["blocks"]}["owed:EC-2026-0001:approval"]

    assert found.asked.shown == ()
    assert told.debt(found.owed.shown[0]).startswith("*Answer to a question*")
    assert "the approval is due" in owed["text"]["text"]
    assert (owed["accessory"]["text"]["text"], owed["accessory"]["action_id"]) == ("Answer", "change.answer")


def test_a_duty_that_is_found_twice_is_owed_once():
    glance = Glance(debts=(debt(), debt()), owed_in_all=1)

    assert len(drawn(glance)[0].owed.shown) == 1


def test_it_is_out_of_date_at_the_next_due_time_or_the_end_of_the_month():
    soon = MONDAY_NIGHT + timedelta(hours=4)

    assert drawn(Glance(next_due=soon))[0].until == soon
    assert drawn(Glance())[0].until == MONTH_ENDS
    assert drawn(Glance(next_due=MONTH_ENDS + timedelta(days=1)))[0].until == MONTH_ENDS


@pytest.mark.parametrize("n", [0, 1, 500])
def test_the_list_says_line_by_line_what_the_home_says(n):
    view = published(many(n))
    found, told = drawn(many(n))
    listed = mine_in_text(found, told)
    shown = [
        b["text"]["text"]
        for b in view["blocks"]
        if b["type"] == "section" and b["block_id"].split(":")[0] in ("window", "owed", "asked", "late")
    ]

    assert len(shown) == min(n, MOST) * 4
    assert all(f"• {text}" in listed for text in shown)


def test_a_list_ends_with_a_whole_line():
    found, told = drawn(many(500), most=200)
    listed = mine_in_text(found, told)

    assert LONGEST - 500 < len(listed) < LONGEST + 200
    assert listed.splitlines()[-1].startswith("…; `/emergency-change list`")
    assert all(said.count("<") == said.count(">") for said in listed.splitlines())


def test_what_left_the_policy_goes_by_its_key():
    glance = Glance(windows=(line(system="gone", access="gone-admin"),), windows_in_all=1)

    assert "gone: gone-admin" in str(published(glance))


@given(st.text(min_size=1, max_size=75))
def test_no_name_of_the_policy_reaches_slack_with_a_power_of_its_own(name):
    policy = RULES.model_copy(
        update={
            "systems": {
                **RULES.systems,
                "payments": RULES.systems["payments"].model_copy(update={"name": name}),
            },
            "access": {
                **RULES.access,
                "payments-merge": RULES.access["payments-merge"].model_copy(update={"name": name}),
            },
        }
    )
    found, told = drawn(many(1), policy=policy)
    said = [told.window(found.windows.shown[0]), told.debt(found.owed.shown[0]), told.line(found.recent[0])]
    ours = re.compile(r"<(?:@U[A-Z]+|!date\^\d+\^[^|<>]+\|[^<>]+|https://acme[^|<>]+\|EC-[\d-]+)>")

    for text in said:
        assert "<" not in ours.sub("", text)
        assert ">" not in ours.sub("", text)


def test_every_duty_has_a_button_at_home():
    assert {*FULFILS, Duty.APPROVAL} == set(Duty)


def test_a_question_to_the_requester_is_theirs_to_answer_and_no_verdict():
    question = Debt(
        line(state=State.REQUESTED), Duty.APPROVAL, MONDAY_NIGHT + timedelta(hours=1), person=LINUS
    )
    found, told = drawn(Glance(debts=(question,), owed_in_all=1))

    assert (found.asked.shown, found.owed.shown) == ((), (question,))
    assert told.debt(question).startswith("*Answer to a question*")
    assert "change.approve" not in str(published(Glance(debts=(question,), owed_in_all=1)))


def test_what_is_overdue_says_who_owes_it():
    told = drawn(Glance())[1]

    assert "· heads\n" in told.debt(debt(duty=Duty.APPROVAL), by=True)
    assert "· <@UMARGARET>\n" in told.debt(debt(owner=MARGARET), by=True)


def test_who_is_away_and_for_whom_one_stands_in_is_said_until_it_ends():
    friday = MONDAY_NIGHT + timedelta(days=4)
    absences = {ADA: Absence(ADA, LINUS, friday)}
    away, told = drawn(Glance(), ADA, absences=absences)
    here, told_here = drawn(Glance(), LINUS, absences=absences)

    [said] = told.absences(away)
    assert said.startswith("You are away until <!date^")
    assert said.endswith("; <@ULINUS> stands in.")
    [said] = told_here.absences(here)
    assert said.startswith("You stand in for <@UADA> until <!date^")
    assert (away.until, here.until) == (friday, friday)
    assert mine_in_text(here, told_here).startswith("You stand in for")


def test_access_that_is_in_force_and_ends_next_comes_first():
    later = line(1, access_until=MONDAY_NIGHT + timedelta(hours=3))
    waits, next_ = line(2, State.REQUESTED), line(3, access_until=MONDAY_NIGHT + timedelta(hours=1))
    found, _ = drawn(Glance(windows=(later, waits, next_), windows_in_all=3))

    assert found.windows.shown == (next_, later, waits)
