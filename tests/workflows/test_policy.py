"""A policy is taken whole or refused in sentences that name file, path, what was found and what is meant."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from tests.acme import POLICY
from workflows.errors import Misconfigured
from workflows.policy import BusinessDays, DutyPolicy, digest, load
from workflows.ports import Target

EXAMPLE = Path(__file__).parents[2] / "policy.example.toml"
MERGE = "access.payments-merge"
DURATION = 'write a duration such as "PT30M" or "PT4H"'
DUE = 'write a duration such as "PT30M" or "3 business days"'
GROUPS = "(there are: heads, security, sre)"

TARGET = 'target = { organization = "acme", team = "payments-break-glass" }'


LONG = "x" * 76


def profiles(count, system="many"):
    """Write a system with so many access profiles."""
    profile = POLICY[POLICY.index("[access.payments-deploy]") : POLICY.index("[access.payments-twice]")]
    profile = profile.replace('system = "payments"', f'system = "{system}"')
    return f"[systems.{system}]\nname = 'Of many'\n" + "".join(
        profile.replace("access.payments-deploy", f"access.{system}-{n}") for n in range(count)
    )


def changed(old, new):
    assert old in POLICY
    return POLICY.replace(old, new, 1).encode()


def refusal(text):
    with pytest.raises(Misconfigured) as caught:
        load(text, "rules.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('due = "PT24H"', 'due = "30 minuts"', f"duties.approval.due: found '30 minuts'; {DUE}"),
        ('due = "PT24H"', 'due = "-PT1H"', f"duties.approval.due: found '-PT1H'; {DUE}"),
        ('due = "PT24H"', "due = 30", f"duties.approval.due: found 30; {DUE}"),
        ('due = "PT24H"', "due = true", f"duties.approval.due: found True; {DUE}"),
        ('due = "PT24H"', 'due = "PT0S"', "duties.approval.due: found 'PT0S'; a duration must be longer than nothing and at most ten years"),
        ('due = "PT24H"', 'due = "P999999999D"', "duties.approval.due: found 'P999999999D'; a duration must be longer than nothing and at most ten years"),
        ('"3 business days"', '"3 busines days"', f"duties.retrospective.due: found '3 busines days'; {DUE}"),
        ('"3 business days"', '"0 business days"', "duties.retrospective.due: found '0 business days'; name at least one business day"),
        ('"3 business days"', '"9999 business days"', f"duties.retrospective.due: found '9999 business days'; {DUE}"),
        ('default_window = "PT1H"', 'default_window = "1h"', f"{MERGE}.default_window: found '1h'; {DURATION}"),
        ('default_window = "PT1H"', 'default_window = "P"', f"{MERGE}.default_window: found 'P'; {DURATION}"),
        ('default_window = "PT1H"', 'default_window = "PT0S"', f"{MERGE}.default_window: found 'PT0S'; a duration must be longer than nothing and at most ten years"),
        ('default_window = "PT1H"', 'default_window = "3 business days"', f"{MERGE}.default_window: found '3 business days'; {DURATION}"),
        ('default_window = "PT1H"', 'default_window = "PT5H"', f"{MERGE}: default_window is longer than longest_window"),
        ('longest_window = "PT4H"', "longest_window = -4", f"{MERGE}.longest_window: found -4; {DURATION}"),
        ('remind_after = ["PT1H", "PT4H"]', 'remind_after = "PT1H"', "duties.approval.remind_after: found 'PT1H'; input should be a list"),
        ('remind_after = ["PT1H", "PT4H"]', 'remind_after = ["PT1H", "soon"]', f"duties.approval.remind_after.1: found 'soon'; {DURATION}"),
        ('after = "PT20H"', "after = 20", f"duties.approval.escalate.0.after: found 20; {DURATION}"),
        ('authorisation = "after"', 'authorisation = "never"', f"{MERGE}.authorisation: found 'never'; input should be 'after' or 'before'"),
        ('eligible = "sre"', 'eligible = "sres"', f"{MERGE}.eligible: no group is called 'sres' {GROUPS}"),
        ('approvers = "heads"', 'approvers = "hedas"', f"{MERGE}.approvers: no group is called 'hedas' {GROUPS}"),
        ('by = "heads"', 'by = "head"', f"duties.acceptance.by: no group is called 'head' {GROUPS}"),
        ('by = "heads"\n', "", f"duties.acceptance.by: no group is called '' {GROUPS}"),
        ('to = "heads"', 'to = "head"', f"duties.approval.escalate: no group is called 'head' {GROUPS}"),
        ('system = "payments"', 'system = "payment"', f"{MERGE}.system: no system is called 'payment'"),
        ('eligible = "sre"', 'eligible = { on_call = "pagerduty:PABC123" }', f"{MERGE}: eligible: on-call schedules are not supported yet; name a group"),
        ('eligible = "sre"\n', "", f"{MERGE}.eligible: this setting is missing"),
        ("approvals_required = 2", "approvals_required = 0", "access.payments-twice.approvals_required: found 0; input should be greater than or equal to 1"),
        ("approvals_required = 2", 'approvals_required = "two"', "access.payments-twice.approvals_required: found 'two'; input should be a valid integer, unable to parse string as an integer"),
        (TARGET, 'target = "acme"', f"{MERGE}.target: found 'acme'; input should be a table"),
        ('name = "Merge to payments"', 'name = ""', f"{MERGE}.name: found ''; string should have at least 1 character"),
        ('name = "Merge to payments"', "name = { x = 1 }", f"{MERGE}.name: found a table; input should be a valid string"),
        ('github_team = "acme/sre"', 'github_team = "sre"', "groups.sre.github_team: found 'sre'; write organization/team, such as \"acme/sre\""),
        ('github_team = "acme/sre"', 'github_team = "acme/sre"\npeople = []', "groups.sre: name exactly one of github_team, people, slack_usergroup"),
        ('github_team = "acme/sre"', "", "groups.sre: name exactly one of github_team, people, slack_usergroup"),
        ('"Europe/Berlin"', '"Europe/Berlim"', "calendar: timezone: no time zone is called 'Europe/Berlim'"),
        ('"Europe/Berlin"', '"../../etc/passwd"', "calendar: timezone: no time zone is called '../../etc/passwd'"),
        ('"09:00-18:00"', '"9-18"', "calendar.working_hours: found '9-18'; write hours such as \"09:00-18:00\""),
        ('requested = "Open"', 'reqested = "Open"', "ticket.statuses.reqested: found 'reqested'; input should be 'requested', 'active', 'in_review', 'closed', 'rejected', 'withdrawn' or 'lapsed'"),
    ],
)  # fmt: skip
def test_a_bad_policy_is_refused_in_one_sentence(old, new, sentence):
    assert refusal(changed(old, new)) == f"rules.toml: {sentence}"


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("[limit]", "limit: there is no such setting; see `emergency-change policy schema`"),
        ('[limits]\novedue_then = "refuse"', "limits.ovedue_then: there is no such setting; see `emergency-change policy schema`"),
        ("[limits]\nratio_alarm = 2", "limits.ratio_alarm: found 2; input should be less than or equal to 1"),
        (
            '[retention]\nrecords = "P29D"',
            "retention: records: keep them for at least 30 days and at most 100 years",
        ),
        (
            '[retention]\nrecords = "P101Y"',
            "retention: records: keep them for at least 30 days and at most 100 years",
        ),
        ('[retention]\nrecords = "P"', "retention.records: found 'P'; write a duration such as \"P7Y\""),
        ("[justification]\nshortest = 0", "justification.shortest: found 0; input should be greater than or equal to 1"),
        ("[justification]\ncriteria = []", "justification.criteria: found []; list should have at least 1 item after validation, not 0"),
        ('[justification]\ncriteria = ["service down", ""]', "justification.criteria.1: found ''; string should have at least 1 character"),
        (f'[justification]\ncriteria = ["service down", "{LONG}"]', f"justification.criteria.1: found '{LONG}'; string should have at most 75 characters"),
        (profiles(1, "s" * 74), f"access.{'s' * 74}-0: found '{'s' * 74}-0'; string should have at most 75 characters"),
        (f"[systems.{LONG}]\nname = 'Long'", f"systems.{LONG}: found '{LONG}'; string should have at most 75 characters"),
        (profiles(101), "systems.many: 101 access profiles name this system; at most 100 may"),
        ("\n".join(profiles(1, f"s{n}") for n in range(99)), "access: is for 101 systems; at most 100 may have access profiles"),
        ("\n".join(profiles(99, f"s{n}") for n in range(6)), "access: there are 600 profiles; at most 500 may be"),
        ('[review]\nby = "boss"', f"review.by: no group is called 'boss' {GROUPS}"),
    ],
)  # fmt: skip
def test_a_word_the_policy_does_not_know_refuses_it_whole(more, sentence):
    assert refusal(f"{POLICY}\n{more}".encode()) == f"rules.toml: {sentence}"


@pytest.mark.parametrize("text", [b"x = [", b"\xff\xfe", b'a = "\\ud800"'])
def test_what_is_not_toml_is_refused_as_such(text):
    assert refusal(text).startswith("rules.toml: this is not TOML: ")


def test_several_mistakes_are_told_at_once_one_line_each():
    text = POLICY.replace('name = "Merge to payments"', "nam = 1").encode()

    assert refusal(text).splitlines() == [
        f"rules.toml: {MERGE}.name: this setting is missing",
        f"rules.toml: {MERGE}.nam: there is no such setting; see `emergency-change policy schema`",
    ]


def test_an_empty_file_is_told_what_it_cannot_do_without():
    assert refusal(b"").splitlines() == [
        f"rules.toml: {part}: this setting is missing" for part in ("groups", "systems", "access")
    ]


def test_the_example_loads_and_shows_every_section():
    policy = load(EXAMPLE.read_bytes())

    assert set(type(policy).model_fields) == policy.model_fields_set


def test_what_is_left_out_has_the_documented_default():
    policy = load(POLICY.encode())

    profile = policy.access["payments-deploy"]
    assert (profile.default_window, profile.longest_window) == (timedelta(hours=1), timedelta(hours=4))
    assert (profile.authorisation, profile.if_unanswered) == ("after", "lapse")
    assert profile.lapse_after == timedelta(minutes=30)
    assert policy.limits.overdue_then == "nothing"
    assert policy.retention.records == "P7Y"
    assert policy.justification.shortest == 40


def test_durations_are_lengths_of_time_or_business_days():
    duties = load(POLICY.encode()).duties

    assert duties.approval.due == timedelta(hours=24)
    assert duties.retrospective.due == BusinessDays(days=3)
    assert str(duties.retrospective.due) == "3 business days"


def test_a_duty_can_be_built_without_a_file():
    assert DutyPolicy(due=BusinessDays(days=2)).due == BusinessDays(days=2)
    assert DutyPolicy(due=timedelta(hours=2)).due == timedelta(hours=2)


def test_one_business_day_is_a_business_day():
    policy = load(changed('"3 business days"', '"1 business day"'))

    assert policy.duties.retrospective.due == BusinessDays(days=1)


def test_the_order_of_a_targets_parts_does_not_make_another_target():
    """Ownership is keyed by the target: two spellings of one team would be two owners of one access."""
    other = changed(TARGET, 'target = { team = "payments-break-glass", organization = "acme" }')

    assert load(other).access["payments-merge"].where == load(POLICY.encode()).access["payments-merge"].where


def test_a_target_reads_as_its_provider_and_parts():
    target = load(POLICY.encode()).access["payments-merge"].where

    assert str(target) == "github-team:acme/payments-break-glass"
    assert target["team"] == "payments-break-glass"
    assert target == Target("github-team", (("organization", "acme"), ("team", "payments-break-glass")))


def test_a_policy_goes_by_the_sha256_of_its_bytes():
    assert digest(b"x\n") == hashlib.sha256(b"x\n").hexdigest()


def test_the_group_called_security_is_the_one_that_may_end_any_access():
    renamed = POLICY.replace("groups.security", "groups.guards").replace('to = "security"', 'to = "guards"')

    assert load(POLICY.encode()).security == "security"
    assert load(renamed.encode()).security is None
