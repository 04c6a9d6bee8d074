"""What Jira's screens want, what is settled before anything is sent, and what the doctor is told."""

from dataclasses import replace

import pytest

from integrations.jira_tickets import JiraTickets
from sandbox.jira import Field, Jira, Project, Tracker
from tests.integrations.examples import CHANGE, FIELDS, PATH, TICKET, desk_at
from tests.switchboard import plugged
from workflows.errors import Declined, Misconfigured
from workflows.vocabulary import TicketKey


def with_field(name, value):
    return replace(TICKET, fields=((name, value),))


def test_a_refused_token_is_declined_with_the_setting_to_renew(jira, desk):
    jira.token_rejected = True

    with pytest.raises(Declined, match="JIRA_TOKEN"):
        desk.find(CHANGE)


@pytest.mark.parametrize(
    ("name", "plain", "sent"),
    [
        ("change_type", "emergency", {"value": "Emergency"}),
        ("impact", "all {customers}", r"all \{customers\}"),
        ("customers", "1200", 1200.0),
        ("start", "2026-11-21T03:10:00+00:00", "2026-11-21T03:10:00.000+0000"),
        ("start", "2026-11-21T03:10:00+01:00", "2026-11-21T03:10:00.000+0100"),
        ("environments", "production, staging", [{"value": "production"}, {"value": "staging"}]),
        ("requester", "Linus\nTorvalds", "Linus Torvalds"),
    ],
)
def test_a_plain_value_takes_the_form_of_its_field(jira, desk, name, plain, sent):
    key = desk.open(with_field(name, plain))

    assert jira.tracker.issue(key).fields[FIELDS[name]] == sent


@pytest.mark.parametrize(
    ("name", "plain", "sentence"),
    [
        ("change_type", "Urgent", "offers Standard, Normal, Emergency"),
        ("customers", "many", "is a number"),
        ("start", "yesterday", "is a datetime"),
        ("start", "2026-11-21T03:10:00", "is a datetime"),
        ("colour", "red", "does not name Jira's field"),
    ],
)
def test_a_value_the_field_cannot_hold_is_declined_before_anything_is_sent(jira, desk, name, plain, sentence):
    with pytest.raises(Declined, match=sentence):
        desk.open(with_field(name, plain))
    assert jira.calls("POST", "/rest/api/2/issue") == []


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"project": "NOPE"}, "no project NOPE"),
        ({"issue_type": "Sorcery"}, "only Task, Change"),
    ],
)
def test_what_cannot_be_resolved_is_said_in_one_sentence(jira_url, jira, how, sentence):
    with pytest.raises(Declined, match=sentence):
        desk_at(jira_url, jira, **how).open(TICKET)


def test_a_field_that_is_not_on_the_screen_is_declined_by_name(jira_url, jira):
    with pytest.raises(Declined, match="customfield_99999"):
        desk_at(jira_url, jira, fields={"change_type": "customfield_99999"}).open(
            with_field("change_type", "Emergency")
        )


def test_a_summary_is_one_line_and_no_longer_than_jira_allows(jira, desk):
    key = desk.open(replace(TICKET, summary="a\r\nb " + "c" * 400))

    summary = jira.tracker.issue(key).summary
    assert summary.startswith("a b c")
    assert len(summary) == 255


def test_a_text_longer_than_jira_allows_is_shortened_and_says_so(jira, desk):
    key = desk.open(replace(TICKET, sections=(("Justification", "{*}" * 30_000), ("Impact", "payments"))))

    description = jira.tracker.issue(key).fields["description"]
    assert len(description) < 32_767
    assert "shortened" in description
    assert description.endswith("payments")


def test_a_healthy_jira_passes_the_doctor(desk):
    report = desk.check()

    assert [finding.remedy for finding in report] == [""] * 5
    assert all(finding.ok for finding in report)


def test_the_doctor_names_the_remedy(jira, jira_url):
    jira.permissions.discard("LINK_ISSUES")
    desk = desk_at(jira_url, jira, path=(*PATH, "Frozen"), link_type="Twin")

    remedies = " ".join(finding.remedy for finding in desk.check() if not finding.ok)
    assert "LINK_ISSUES" in remedies
    assert "Frozen" in remedies
    assert "Twin" in remedies


def test_the_doctor_notices_a_required_field_nobody_fills_in():
    more = Field("customfield_10060", "Risk", {"type": "string", "customId": 10060}, required=True)
    project = Project("CHG", "Changes", "10000")
    project.fields = (*project.fields, more)
    jira = Jira(tracker=Tracker([project]))
    with plugged(jira) as url:
        report = desk_at(url, jira).check()

    assert any("Risk" in finding.remedy for finding in report)


def test_the_doctor_reports_a_jira_that_is_down_instead_of_failing(jira, desk):
    jira.fail("*", "/", status=503, times=99)

    assert [finding.ok for finding in desk.check()] == [False]


def test_a_personal_access_token_needs_no_user(jira, jira_url):
    desk = JiraTickets(jira_url, "", jira.token, project="CHG", issue_type="Change", path=PATH)

    assert desk.find(CHANGE) == ()


@pytest.mark.parametrize(
    ("address", "token"), [("jira.example", "t"), ("", "t"), ("https://jira.example", "")]
)
def test_a_setting_that_cannot_work_stops_the_start(address, token):
    with pytest.raises(Misconfigured, match="JIRA_"):
        JiraTickets(address, "bot", token, project="CHG", issue_type="Change", path=PATH)


@pytest.mark.parametrize("key", ["..", "", "CHG-1/../CHG-2", "CHG-1?x=", "CHG"])
def test_what_is_no_key_never_reaches_an_address(jira, desk, key):
    with pytest.raises(Declined):
        desk.look(TicketKey(key))
    assert jira.traffic == []


def test_a_project_that_is_no_key_stops_the_start(jira):
    with pytest.raises(Misconfigured, match="project"):
        desk_at("https://jira.example", jira, project='CHG" OR "')
