"""What a monthly review says to Slack is Slack's own language too."""

import json

import pytest

from tests.conformance.openapi import spec
from tests.conformance.test_slack_traffic import blockkit, told, webapi
from tests.http.night import MAYA, Night
from tests.http.test_monthly_review import Month, reviewed_by_engineers


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    """Review a month with none, and return what was said."""
    spec("slack/webapi/slack-webapi.schema.json")  # without it there is nothing to compare with
    night = Night(tmp_path_factory.mktemp("night"), policy=reviewed_by_engineers)
    month = Month(night)
    month.ends()
    month.presses(MAYA, "review.sign_off")
    night.submits(MAYA, decisions="None.")
    traffic = [e for e in night.world.slack.app.traffic if e.path.startswith("/api/")]
    yield [(e.path.removeprefix("/api/"), e, json.loads(e.response_body)) for e in traffic]
    night.ends()


def given(exchange):
    """Return what was asked: in the body, or for files in the address."""
    asked = dict(pair.split("=", 1) for pair in exchange.query.split("&") if "=" in pair)
    return {**asked, **told(exchange)}


def test_files_are_handed_in_as_slack_has_it(calls):
    asked = {name: given(e) for name, e, _ in calls if name.startswith("files.")}

    promised, completed = asked["files.getUploadURLExternal"], asked["files.completeUploadExternal"]
    assert webapi("Req_files_getUploadURLExternal", promised | {"length": int(promised["length"])}) == []
    assert completed["channel_id"].startswith("C0")
    assert all(answer["ok"] for name, _, answer in calls if name.startswith("files."))


def test_digests_notes_and_dialogs_are_block_kit(calls):
    messages = [told(e)["blocks"] for name, e, _ in calls if name.startswith("chat.")]
    views = [told(e)["view"] for name, e, _ in calls if name == "views.open"]

    assert len(messages) >= 4
    assert [view["callback_id"] for view in views] == ["form.sign_off"]
    assert [fault for blocks in messages for fault in blockkit("Blocks", blocks)] == []
    assert [fault for view in views for fault in blockkit("Modal", view)] == []
