"""What is to follow: agreed in Slack, an issue of its own once, tracked until the tracker says that it is done."""

import pytest

from sandbox.slack.model import NotThere
from sandbox.stage import Stage
from tests.http.night import ADA, DEE, GIL, GRACE, LINUS, LOOK_BACK, MAYA, SOL
from workflows.vocabulary import State


def links(night, name="Relates"):
    """Return the links of a type, as (from, to)."""
    return [(link.source, link.destination) for link in night.world.jira.tracker.links if link.type == name]


def account_of(night, issue):
    """Return who an issue is assigned to, by name; empty for nobody."""
    named = (issue.fields.get("assignee") or {}).get("accountId")
    return night.world.jira.tracker.accounts[named].name if named else ""


def ended(night):
    """Let a change come to where its retrospective is owed."""
    night.requests()
    night.approves(GRACE)
    night.reports()
    return night


def rows(night, count, **more):
    """Return so many follow-ups as they are typed into the form."""
    day = night.day(10).isoformat()
    typed = {f"follow_up_{n}": f"Thing {n}." for n in range(1, count + 1)}
    typed |= {f"owner_{n}": MAYA for n in range(1, count + 1)} | {
        f"due_{n}": day for n in range(1, count + 1)
    }
    return typed | more


def look_back(night, count, **more):
    """Open the retrospective with so many rows and send it; returns the errors."""
    night.presses(LINUS, "change.retrospective")
    for _ in range(count - 1):
        night.chooses(LINUS, "dialog.more")
    return night.submits(LINUS, **LOOK_BACK, **rows(night, count, **more))


# --- agreeing -------------------------------------------------------------------------------------------


def test_an_approval_with_a_follow_up_opens_an_issue_with_owner_and_date_linked_to_the_ticket(night):
    night.requests()
    errors = night.agrees(GRACE, what="Lock the index.", owner=MAYA)
    [issue] = night.follow_ups()
    ticket = night.ticket()

    assert errors == {}
    assert (issue.summary, issue.fields["duedate"]) == ("Lock the index.", night.day(10).isoformat())
    assert account_of(night, issue) == "Maya Okafor"
    assert links(night) == [(issue.key, ticket.key)]
    assert ticket.key in issue.fields["description"]
    assert len(night.record().approvals) == 1


def test_everybody_reads_of_it_where_they_are(night):
    night.requests()
    night.agrees(GRACE, what="Lock the index.", owner=MAYA)
    [issue] = night.follow_ups()

    assert any("approved, with 1 follow-up" in text for text in night.thread())
    assert any(issue.key in text and "Lock the index." in text for text in night.thread())
    assert any("Lock the index." in text for text in night.direct(MAYA))
    assert issue.key in str(night.card().blocks)
    assert f"|{issue.key}>* · " in night.types(MAYA, "list follow-ups")
    assert any(issue.key in comment.body for comment in night.ticket().comments)
    assert f"To follow:\n• <{night.record().follow_ups[0].url}|{issue.key}>" in night.types(LINUS, "status")


def test_a_follow_up_without_words_is_asked_for(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    night.chooses(GRACE, "dialog.choice", "follow_up")
    night.sends_form(GRACE, follow_up_1="  ")

    assert night.dialog(GRACE).errors == {"follow_up_1": "Say what is to follow."}
    assert night.record().approvals == ()


def test_a_date_that_has_passed_is_refused_beside_it(night):
    night.requests()
    errors = night.agrees(GRACE, due=night.day(-1))

    assert errors == {"due_1": "Follow-up 1: this date has passed; choose a later one."}


def test_whether_a_date_has_passed_is_asked_where_the_team_works(nights):
    night = nights(policy=lambda text: text.replace("Europe/Berlin", "Pacific/Honolulu"))
    night.requests()  # at ten past three in the morning, UTC: there it is still the day before
    past = night.agrees(GRACE, due=night.day(-2))
    night.closes(GRACE)

    assert list(past) == ["due_1"]
    assert night.agrees(GRACE, due=night.day(-1)) == {}


@pytest.mark.parametrize("who", [GIL, DEE])
def test_somebody_who_cannot_do_it_is_refused_beside_their_name(night, who):
    night.requests()
    errors = night.agrees(GRACE, owner=who)

    assert errors == {"owner_1": "Follow-up 1: name an active member of this organisation."}


def test_a_row_is_counted_among_those_that_were_filled_in(night):
    ended(night)
    errors = look_back(night, 3, follow_up_2="", due_3=night.day(-1).isoformat())

    assert errors == {"due_3": "Follow-up 2: this date has passed; choose a later one."}


def test_a_row_without_owner_or_date_is_asked_for_both(night):
    ended(night)
    night.presses(LINUS, "change.retrospective")
    night.sends_form(LINUS, **LOOK_BACK, follow_up_1="Lock it.", owner_1="", due_1="")

    assert night.dialog(LINUS).errors == {"owner_1": "Choose who does it.", "due_1": "Choose a date."}


def test_too_much_text_is_refused_beside_it(night):
    night.requests()
    night.presses(GRACE, "change.approve")
    night.chooses(GRACE, "dialog.choice", "follow_up")
    night.sends_form(GRACE, follow_up_1="x" * 251)

    assert night.dialog(GRACE).errors == {"follow_up_1": "Say each follow-up in at most 250 characters."}


def test_a_retrospective_without_follow_ups_opens_nothing(night):
    ended(night)
    night.looks_back()

    assert night.record().follow_ups == ()
    assert night.follow_ups() == []


def test_ten_follow_ups_are_ten_issues_and_closing_does_not_wait_for_them(night):
    ended(night)
    errors = look_back(night, 10)
    night.accepts(ADA)
    night.passes(minutes=15)

    assert errors == {}
    assert {issue.summary for issue in night.follow_ups()} == {f"Thing {n}." for n in range(1, 11)}
    assert len(night.follow_ups()) == 10
    assert len(links(night)) == 10
    assert night.is_closed_well()


def test_follow_ups_of_an_approval_and_of_a_returned_retrospective_add_up(night):
    night.requests()
    night.agrees(GRACE, what="From the approval.")
    night.reports()
    assert look_back(night, 1) == {}
    night.returns(GRACE)
    shown = str(night.presses(LINUS, "change.retrospective").view["blocks"])
    night.closes(LINUS)
    assert look_back(night, 1, follow_up_1="From the second look.") == {}

    assert "To follow already" in shown
    assert [one.what for one in night.record().follow_ups] == [
        "From the approval.",
        "Thing 1.",
        "From the second look.",
    ]
    assert len(night.follow_ups()) == 3


# --- created once, whatever happens ---------------------------------------------------------------------


FAULTS = {
    "answers 500 and did it": {"kind": "status", "status": 500, "after": True},
    "answers 500 and did not": {"kind": "status", "status": 500},
    "hangs up and did it": {"kind": "drop", "after": True},
    "hangs up and did not": {"kind": "drop"},
    "answers nonsense and did it": {"kind": "malformed", "after": True},
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_issue_is_created_once_whatever_jira_does(night, fault):
    night.requests()
    night.world.jira.fail("POST", "/rest/api/2/issue$", **fault)
    night.agrees(GRACE)
    night.lives_through(minutes=5)
    [issue] = night.follow_ups()

    assert night.record().follow_ups[0].key == issue.key
    assert links(night) == [(issue.key, night.ticket().key)]
    assert night.happened().count("follow-up-opened") == 1


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_issue_is_linked_once_whatever_jira_does(night, fault):
    night.requests()
    night.world.jira.fail("POST", "/rest/api/2/issueLink", **fault)
    night.agrees(GRACE)
    night.lives_through(minutes=2)

    assert len(night.follow_ups()) == 1
    assert len(links(night)) == 1


def test_while_jira_is_down_nothing_is_lost_and_it_is_created_later(night):
    night.world.jira.fail("*", ".*", status=503, times=100_000)
    night.requests()
    errors = night.agrees(GRACE)
    card = str(night.card().blocks)
    night.world.jira.heal()
    night.lives_through(minutes=5)
    [issue] = night.follow_ups()

    assert errors == {}
    assert "its issue follows" in card
    assert links(night) == [(issue.key, night.ticket().key)]


def test_a_second_issue_that_turns_up_is_linked_and_finished(night):
    night.requests()
    night.world.jira.tracker.lag_searches = 1_000
    night.world.jira.fail("POST", "/rest/api/2/issue$", kind="drop", after=True)
    night.agrees(GRACE)
    night.lives_through(minutes=5)
    night.world.jira.tracker.lag_searches = 0
    night.passes(hours=5)
    first, second = night.follow_ups()
    survivor = night.record().follow_ups[0].key

    assert {first.key, second.key} >= {survivor}
    assert [issue.status for issue in (first, second) if issue.key != survivor] == ["Declined"]
    assert len(links(night, "Duplicate")) == 1


def test_an_owner_jira_does_not_know_is_in_the_description_and_the_card_says_so(night):
    night.world.jira.tracker.accounts.clear()
    night.requests()
    night.agrees(GRACE, owner=MAYA)
    [issue] = night.follow_ups()

    assert "assignee" not in issue.fields
    assert "Maya Okafor" in issue.fields["description"]
    assert "assigned to nobody there" in str(night.card().blocks)


def test_without_the_permission_for_dates_and_assignees_the_description_has_both(night):
    night.world.jira.permissions -= {"SCHEDULE_ISSUES", "ASSIGN_ISSUES"}
    night.requests()
    night.agrees(GRACE, owner=MAYA)
    [issue] = night.follow_ups()

    assert {"duedate", "assignee"} & set(issue.fields) == set()
    assert night.day(10).isoformat().replace("-", "") in issue.fields["description"].replace("-", "").replace(
        "\\", ""
    )


def test_follow_ups_may_live_in_a_project_of_their_own(nights):
    night = nights(
        policy=lambda text: text.replace(
            'follow_ups = { project = "", issue_type = "Task", link_type = "Relates" }',
            'follow_ups = { project = "OPS", issue_type = "Change", link_type = "Duplicate" }',
        )
    )
    tracker = night.world.jira.tracker
    tracker.projects["OPS"] = type(tracker.projects["CHG"])("OPS", "Operations", "10001")
    night.requests()
    night.agrees(GRACE)

    assert night.record().follow_ups[0].key == "OPS-1"
    assert links(night, "Duplicate") == [("OPS-1", night.record().ticket.key)]


# --- tracked to done ------------------------------------------------------------------------------------


def test_a_follow_up_is_tracked_until_the_tracker_says_that_it_is_done(night):
    night.requests()
    night.agrees(GRACE)
    [issue] = night.follow_ups()
    tracker = night.world.jira.tracker
    tracker.transition(issue.key, "Implementing", "Maya")
    night.passes(hours=5)
    under_way = night.record().follow_ups[0]
    tracker.transition(issue.key, "Closed", "Maya")
    night.passes(hours=5)
    done = night.record().follow_ups[0]
    looks = len(night.world.jira.calls("GET", f"/rest/api/2/issue/{issue.key}$"))
    night.passes(days=3)

    assert (under_way.status, under_way.open) == ("Implementing", True)
    assert (done.status, done.open) == ("Closed", False)
    assert len(night.world.jira.calls("GET", f"/rest/api/2/issue/{issue.key}$")) == looks
    assert any("is done" in text for text in night.thread())
    assert ":white_check_mark:" in str(night.card().blocks)


def test_on_the_sandboxs_page_an_issue_is_done_or_gone_by_hand(night):
    stage = Stage(night.world)
    night.requests()
    night.agrees(GRACE, owner=MAYA)
    [issue] = night.follow_ups()
    shown = next(ticket for ticket in stage.tickets() if ticket["key"] == issue.key)
    stage.set_ticket(issue.key, "Closed")
    night.passes(hours=5)
    stage.set_ticket(issue.key, None)

    assert shown["fields"]["Assignee"] == "Maya Okafor"
    assert "Closed" in shown["moves"]
    assert not night.record().follow_ups[0].open
    assert night.follow_ups() == []
    with pytest.raises(NotThere):
        stage.set_ticket(issue.key, "Closed")


def test_it_is_tracked_after_its_change_is_closed_too(night):
    ended(night)
    look_back(night, 1)
    night.accepts(ADA)
    night.passes(minutes=15)
    assert night.state() is State.CLOSED
    [issue] = night.follow_ups()
    night.world.jira.tracker.transition(issue.key, "Closed", "Maya")
    night.passes(hours=5)

    assert not night.record().follow_ups[0].open
    assert night.is_closed_well()


def of_the_late_one(night, who):
    """Return the gathered messages in which somebody read of the late follow-up."""
    return [text for text in night.direct(who) if "follow-up 1, overdue" in text]


def test_a_late_one_is_chased_once_a_slot_and_not_once_it_is_done(night):
    night.requests()
    night.agrees(GRACE, owner=MAYA, due=night.day(2))
    [issue] = night.follow_ups()
    night.passes(days=3, hours=8)
    once = of_the_late_one(night, MAYA)
    night.passes(days=1, hours=12)
    still_once = of_the_late_one(night, MAYA)
    night.passes(days=6)
    twice = of_the_late_one(night, MAYA)
    night.world.jira.tracker.transition(issue.key, "Closed", "Maya")
    night.passes(days=20)

    assert (len(once), len(still_once), len(twice)) == (1, 1, 2)
    assert once == [f"1 thing waits for you: {night.record().id}: follow-up 1, overdue"]
    assert len(of_the_late_one(night, MAYA)) == 2


def test_one_that_stays_late_is_escalated_to_whom_the_policy_names(night):
    night.requests()
    night.agrees(GRACE, owner=MAYA, due=night.day(2))
    night.passes(days=18)
    slack = night.world.slack
    read = [str(m.blocks) for m in slack.messages(slack.im_with(ADA).id)]

    assert any("Escalated to heads: " in text and "has not done it" in text for text in read)
    assert any("it is escalated to heads" in text for text in night.thread())
    assert of_the_late_one(night, SOL) == []


def test_what_was_done_a_moment_before_its_date_is_not_chased(night):
    night.requests()
    night.agrees(GRACE, owner=MAYA, due=night.day(2))
    night.passes(days=2)
    [issue] = night.follow_ups()
    night.world.jira.tracker.transition(issue.key, "Closed", "Maya")
    night.passes(days=1)

    assert of_the_late_one(night, MAYA) == []


def test_one_that_was_deleted_is_an_exception_and_is_opened_again(night):
    night.requests()
    night.agrees(GRACE)
    [first] = night.follow_ups()
    night.world.jira.tracker.delete(first.key)
    night.passes(hours=5)
    [second] = night.follow_ups()

    assert second.key != first.key
    assert "X13" in night.findings()
    assert night.record().follow_ups[0].key == second.key
    assert any("is opened again" in text for text in night.thread())
    assert any(first.key in text for text in night.direct(MAYA))


def test_one_that_is_deleted_again_is_left_to_people_and_chased_all_the_same(night):
    night.requests()
    night.agrees(GRACE, owner=MAYA, due=night.day(2))
    for _ in range(2):
        [issue] = night.follow_ups()
        night.world.jira.tracker.delete(issue.key)
        night.passes(hours=5)
    night.passes(days=3)

    assert night.follow_ups() == []
    assert night.record().follow_ups[0].open
    assert "is gone from the tracker" in str(night.card().blocks)
    assert of_the_late_one(night, MAYA) != []


def test_one_that_was_moved_to_another_project_is_followed_there(night):
    night.requests()
    night.agrees(GRACE)
    [issue] = night.follow_ups()
    tracker = night.world.jira.tracker
    with tracker.lock:
        tracker.issues["OPS-7"] = tracker.issues.pop(issue.key)
        tracker.moved[issue.key] = "OPS-7"
        issue.key = "OPS-7"
        tracker.links.clear()
    night.passes(hours=5)

    assert night.record().follow_ups[0].key == "OPS-7"
    assert len(night.follow_ups()) == 1
