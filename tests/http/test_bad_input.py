"""What people type, mistype, paste by accident or on purpose."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.views import decision
from sandbox import cast
from sandbox.slack.blocks import view_faults
from tests.http.night import GRACE, LINUS, REPORT, REQUEST, WHY, Night
from workflows import events as ev
from workflows.judged import NAMES, judged
from workflows.vocabulary import State

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
NOT_A_LENGTH = "Write a length of time such as 30m, 1h or 1h 30m."
TOO_LONG = "This is too long: at most 3000 characters."
NOT_ALLOWED = "The window must be longer than nothing and at most 4 h."
BLANK = "Say what is broken, the security impact and how to roll back."


def fresh_form(night, who=LINUS):
    """Open an empty form in place of whatever is open."""
    while view := night.dialog(who):
        night.world.slack.close(who, view.id)
    night.types(who, channel=cast.LEDGER)


def bytes_on_disk(night):
    return b"".join(path.read_bytes() for path in night.world.directory.iterdir() if path.is_file())


@pytest.mark.parametrize(
    ("said", "errors"),
    [
        ({"what": "x" * 3001}, {"what": TOO_LONG}),
        ({"justification": "y" * 3001}, {"justification": TOO_LONG}),
        ({"incident": "z" * 3001}, {"incident": TOO_LONG}),
        ({"what": ""}, {"what": BLANK}),
        ({"what": None}, {"what": BLANK}),
        ({"what": " \n\t "}, {"what": BLANK}),
        ({"what": "\udfff\ud800\x00"}, {"what": BLANK}),
        (
            {"justification": "too short"},
            {"justification": "Say in at least 40 characters why this cannot wait for a normal change."},
        ),
        (
            {"justification": " " * 50},
            {"justification": "Say in at least 40 characters why this cannot wait for a normal change."},
        ),
        (
            {"criterion": "my birthday"},
            {
                "criterion": "Say which criterion makes this an emergency: service down, security incident, data at risk and regulatory deadline."
            },
        ),
        (
            {"criterion": "\ud800"},
            {
                "criterion": "Say which criterion makes this an emergency: service down, security incident, data at risk and regulatory deadline."
            },
        ),
        ({"risk": "none at all"}, {"risk": "Choose one."}),
        (
            {"access": "everything"},
            {"access": "This kind of access is not in the policy any more. Open the form again."},
        ),
        (
            {"access": "\ud800"},
            {"access": "This kind of access is not in the policy any more. Open the form again."},
        ),
        ({"test_waiver": ""}, {"test_waiver": "Say why it will not be tested before production."}),
        ({"window": ""}, {"window": NOT_A_LENGTH}),
        ({"window": "0"}, {"window": NOT_A_LENGTH}),
        ({"window": "0m"}, {"window": NOT_ALLOWED}),
        ({"window": "-1h"}, {"window": NOT_A_LENGTH}),
        ({"window": "30 minuts"}, {"window": NOT_A_LENGTH}),
        ({"window": "1h 30"}, {"window": NOT_A_LENGTH}),
        ({"window": "4h 1m"}, {"window": NOT_ALLOWED}),
        ({"window": "9999d"}, {"window": NOT_ALLOWED}),
        ({"window": "\ud800"}, {"window": NOT_A_LENGTH}),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(shared, said, errors):
    before = shared.picture(), len(shared.memory.changes())
    fresh_form(shared)
    answer = shared.sends_form(LINUS, **{**REQUEST, "access": "payments-merge", **said})

    assert answer.ok, answer
    assert shared.dialog(LINUS).errors == errors
    assert (shared.picture(), len(shared.memory.changes())) == before


@pytest.mark.parametrize(
    "field", ["what", "justification", "security_impact", "rollback_plan", "incident", "test_waiver"]
)
def test_a_token_in_a_request_is_refused_at_its_field_and_kept_nowhere(shared, field):
    fresh_form(shared)
    shared.sends_form(LINUS, **{**REQUEST, "access": "payments-merge", field: f"{WHY} {TOKEN}"})

    errors = shared.dialog(LINUS).errors
    assert list(errors) == [field]
    assert "seems to contain a GitHub token" in errors[field]
    assert TOKEN not in errors[field]
    refused = shared.entries()[-1]
    assert refused.entry.kind == "request/1"
    assert refused.leaf["ruling"]["guard"] == "no_secrets"
    assert TOKEN not in str(refused)
    assert WHY not in str(refused)
    assert TOKEN.encode() not in bytes_on_disk(shared)


@pytest.mark.parametrize(
    ("action", "who", "field", "said"),
    [
        ("change.approve", GRACE, "comment", {}),
        ("change.reject", GRACE, "reason", {}),
        ("change.end", GRACE, "reason", {}),
        ("change.extend", LINUS, "justification", {"window": "30m"}),
        ("change.done", LINUS, "done", REPORT),
        ("change.done", LINUS, "changes", REPORT),
        ("change.done", LINUS, "verified", REPORT),
    ],
)
def test_a_token_in_any_other_dialog_is_refused_at_its_field(shared, action, who, field, said):
    before = shared.picture()
    shared.presses(who, action)
    errors = shared.submits(who, **{**said, field: f"The key is {TOKEN}"})

    assert list(errors) == [field]
    assert shared.picture() == before
    assert TOKEN.encode() not in bytes_on_disk(shared)


@pytest.mark.parametrize(
    ("action", "who", "said", "errors"),
    [
        ("change.reject", GRACE, {"reason": "  "}, {"reason": "Give a reason."}),
        ("change.end", GRACE, {"reason": ""}, {"reason": "Give a reason."}),
        ("change.done", LINUS, REPORT | {"changes": "c" * 3001}, {"changes": TOO_LONG}),
        ("change.extend", LINUS, {"window": "30m", "justification": " "}, {"justification": None}),
        ("change.approve", GRACE, {"comment": "k" * 3001}, {"comment": TOO_LONG}),
    ],
)
def test_empty_and_oversized_answers_are_said_at_their_field(shared, action, who, said, errors):
    before = shared.picture()
    shared.presses(who, action)
    answer = shared.sends_form(who, **said)

    assert answer.ok, answer
    shown = shared.dialog(who).errors
    assert list(shown) == list(errors)
    assert all(sentence in (None, shown[field]) for field, sentence in errors.items())
    assert shared.picture() == before


def test_an_empty_report_is_refused_in_a_sentence(shared):
    before = shared.picture()
    shared.presses(LINUS, "change.done")
    answer = shared.sends_form(LINUS, **REPORT | {"done": " ", "verified": ""})

    assert answer.ok, answer
    assert "Fill in: done and verified." in str(answer.body)
    assert shared.picture() == before


HARM = ("<!channel>", "<!here>", "<@U0GRACE> <#", "<https://evil")
STRANGE = {
    "emoji": "Checkout is 🔥🔥 since 03:01 👩‍🚒, so the index is rolled back, now.",
    "right to left": "الدفع معطل منذ الساعة الثالثة صباحا ويجب إصلاحه الآن فورا 1234",
    "mentions": "<!channel> <!here> <@U0GRACE> <#C0PAYMENTS> <https://evil.example|click> and more text",
    "marks": "*bold* _italic_ ~struck~ `code` ```block``` > quote & more & more &amp; more text",
    "surrogates": "Every order \ud83d fails \udd25 since 03:01 and each minute costs customers.",
    "lines": "a" + "\n" * 2900 + "b",
    "ampersands": "&" * 3000,
    "markup": "{code}h1. big{code} !image.png! [link|https://evil.example] |table| and more text",
}


@pytest.fixture(scope="module")
def strange(tmp_path_factory):
    night = Night(tmp_path_factory.mktemp("night"))
    yield night
    assert night.ends_well()
    night.ends()


@pytest.mark.parametrize("what", STRANGE)
def test_strange_text_reaches_slack_and_the_ticket_harmless(strange, what):
    text = STRANGE[what]
    whole = text.encode("utf-8", "ignore").decode()
    fresh_form(strange)
    said = {"what": text, "justification": f"{text} {WHY}"[:3000]}
    sent = strange.sends_form(LINUS, **{**REQUEST, "access": "payments-merge", **said})
    assert sent.ok, sent
    assert strange.dialog(LINUS) is None
    strange.approves(GRACE, comment=whole)
    strange.reports(LINUS, done=whole)

    assert strange.record().request.what.encode() == whole.strip().encode()
    assert strange.record().stuck == frozenset()
    assert strange.card()
    assert strange.ticket_of_record().status == "Review"
    for message in [*strange.world.slack.messages(cast.PAYMENTS), *strange.world.slack.messages("D0LINUS")]:
        shown = message.text + str([b for b in message.blocks if b["type"] != "rich_text"])
        assert not [harm for harm in HARM if harm in shown]


def test_a_person_without_an_email_can_take_part(nights):
    night = nights()
    user = night.world.slack.user(LINUS)
    user.email = ""
    night.world.bot.refresh()
    night.requests()

    assert night.state() is State.ACTIVE
    assert night.holders() == {"linus-acme"}


def test_a_trigger_that_expired_is_said_and_changes_nothing(night):
    night.requests()
    before = night.picture()
    night.world.slack.app.fail(
        "POST", "/api/views.open", status=200, body={"ok": False, "error": "expired_trigger_id"}
    )
    card = night.record().card
    sent = night.world.slack.click(GRACE, card.channel, card.ts, "change.approve")
    night.settles()

    assert sent.ok
    assert night.told(GRACE) == [
        "Slack did not let the dialog open in time. Nothing was changed; please click again."
    ]
    assert night.picture() == before
    assert night.presses(GRACE, "change.approve")


def test_a_dialog_that_slack_takes_too_long_to_open_is_given_up_in_time(night):
    """Slack waits three seconds for an answer: the one call before it may take two."""
    night.world.slack.app.fail("POST", "/api/views.open", "delay", seconds=20)
    said = night.types(LINUS)

    assert said == "The bot could not keep this just now. Nothing was changed; please try again."
    assert night.memory.changes() == []


def test_a_form_about_a_change_nobody_knows_is_answered_in_the_form(night):
    night.requests()
    before = night.picture()
    night.presses(GRACE, "change.reject")
    view = night.dialog(GRACE)
    view.view["private_metadata"] = view.view["private_metadata"].replace(
        night.world.latest(), "EC-1999-0001"
    )
    errors = night.submits(GRACE, reason="It could have waited.")

    assert list(errors.values()) == [
        "There is no change EC-1999-0001. The card may be from another deployment."
    ]
    assert night.picture() == before


def test_a_command_whose_trigger_expired_is_answered(night):
    night.world.slack.app.fail(
        "POST", "/api/views.open", status=200, body={"ok": False, "error": "expired_trigger_id"}
    )
    said = night.types(LINUS)

    assert said == "Slack did not let the dialog open in time. Nothing was changed; please click again."
    assert night.happened()[-1] == "invocation"


def test_a_form_that_comes_back_after_the_profile_is_gone_is_refused(shared):
    fresh_form(shared)
    shared.sends_form(LINUS, **{**REQUEST, "access": "gone"})

    assert list(shared.dialog(LINUS).errors) == ["access"]


def test_everything_that_is_judged_is_shown_however_much_it_is(shared):
    record, policy = shared.memory.record(shared.world.latest())
    one = ev.Extension(
        at=record.request.at, by=record.request.by, window=timedelta(minutes=1), justification="More."
    )
    many = replace(
        record, extensions=tuple(one.model_copy(update={"justification": f"reason {n}."}) for n in range(170))
    )
    scene = replace(shared.world.bot.desk.scene(record.id, record.owner), record=many)
    view = decision.approve(scene).to_dict()

    assert view_faults(view, "modal") == []
    lost = [heading for heading, text in judged(many, policy) if text not in str(view)]
    assert set(lost) <= NAMES  # people stand there themselves, and not their pseudonyms
    assert f"'user_id': '{LINUS}'" in str(view)
