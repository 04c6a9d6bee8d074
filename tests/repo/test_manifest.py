"""The Slack app asks for what the bot uses, and for nothing else."""

import ast
import json
import os
import re
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from slack_sdk import WebClient

from bot import doctor
from bot.ids import COMMAND

ROOT = Path(__file__).parents[2]
MANIFEST = yaml.safe_load((ROOT / "manifest.yml").read_text())
SPECS = Path(os.environ.get("SPECS_DIR") or ROOT.parent / "shared" / "specs") / "slack" / "manifest"

#: What each method of the Web API needs, as the bot uses it.
SCOPES = {
    "auth_test": set(),
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history", "im:history"},
    "conversations_list": {"channels:read", "groups:read"},
    "conversations_open": {"im:write"},
    "conversations_replies": {"channels:history", "groups:history"},
    "files_completeUploadExternal": {"files:write"},
    "files_getUploadURLExternal": {"files:write"},
    "usergroups_users_list": {"usergroups:read"},
    "users_list": {
        "users:read",
        "users:read.email",
    },  # the e-mail is left out of the profile without the second
    "views_open": set(),
    "views_push": set(),
    "views_update": set(),
    "views_publish": set(),
}
EVENTS = {
    "app_home_opened": set(),
    "user_change": {"users:read"},
    "subteam_members_changed": {"usergroups:read"},
}


def methods_in(source):
    """Return the methods of a Slack client that a module calls or passes on."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Attribute) or not callable(getattr(WebClient, node.attr, None)):
            continue
        owner = getattr(node.value, "attr", getattr(node.value, "id", ""))
        if owner.lstrip("_") in ("client", "patient"):
            yield node.attr


def methods_used():
    return {name for path in (ROOT / "bot").rglob("*.py") for name in methods_in(path.read_text())}


def events_registered():
    return set(re.findall(r"app\.event\(\"(\w+)\"\)", (ROOT / "bot" / "app.py").read_text()))


def test_the_scan_sees_calls_and_methods_that_are_passed_on():
    source = "self._client.users_list()\nread(client.views_open)\nclient.token\nrequests.get(url)"

    assert set(methods_in(source)) == {"users_list", "views_open"}


def test_every_web_api_method_in_use_is_one_whose_scopes_are_known():
    assert methods_used() == set(SCOPES)


def test_the_app_has_exactly_the_scopes_of_what_it_uses():
    needed = {"commands"}.union(*(SCOPES[name] for name in methods_used()))
    needed = needed.union(*(EVENTS[name] for name in events_registered()))

    asked = MANIFEST["oauth_config"]["scopes"]["bot"]
    assert sorted(asked) == sorted(needed)
    assert "user" not in MANIFEST["oauth_config"]["scopes"]


def test_the_app_subscribes_to_exactly_the_events_that_are_listened_to():
    assert sorted(MANIFEST["settings"]["event_subscriptions"]["bot_events"]) == sorted(events_registered())


def test_the_app_has_the_one_command_and_takes_clicks():
    assert [command["command"] for command in MANIFEST["features"]["slash_commands"]] == [COMMAND]
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]


def test_the_home_tab_is_on_because_something_publishes_one_when_it_is_opened():
    publishes = "views_publish" in methods_used()

    assert publishes
    assert MANIFEST["features"]["app_home"]["home_tab_enabled"]
    assert "app_home_opened" in events_registered()


def test_nothing_that_slack_cannot_undo_is_switched_on():
    assert not MANIFEST["settings"]["org_deploy_enabled"]
    assert not MANIFEST["settings"]["token_rotation_enabled"]


def test_slacks_own_schema_accepts_the_manifest():
    if not SPECS.is_dir():
        pytest.skip("Slack's schema of manifests is not here; set SPECS_DIR to where it is")
    where = "https://raw.githubusercontent.com/slackapi/manifest-schema/v0.5.0/schemas/"
    schemas = {
        where + path.name: Resource.from_contents(json.loads(path.read_text()), default_specification=DRAFT7)
        for path in (SPECS / "schemas").glob("*.json")
    }
    registry = Registry().with_resources(schemas.items())
    schema = json.loads((SPECS / "manifest.schema.json").read_text())

    assert not [error.message for error in Draft7Validator(schema, registry=registry).iter_errors(MANIFEST)]


def test_the_doctor_asks_for_the_scopes_of_the_manifest():
    assert sorted(doctor.SCOPES) == sorted(MANIFEST["oauth_config"]["scopes"]["bot"])
