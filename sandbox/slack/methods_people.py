"""Web API: who the app is, who is there, and which groups they are in."""

from sandbox.slack import shapes
from sandbox.slack.calls import Call
from sandbox.slack.model import Json, Refusal


def api_test(call: Call) -> Json:
    wanted = call.text("error")
    if wanted:
        raise Refusal(wanted, args=call.given)
    return {"args": {k: v for k, v in call.given.items() if k != "token"}}


def auth_test(call: Call) -> Json:
    workspace = call.workspace
    return {
        "url": f"https://{workspace.team_domain}.slack.com/",
        "team": workspace.team_domain.capitalize(),
        "user": workspace.users[workspace.bot_user_id].name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def users_list(call: Call) -> Json:
    people = [u for u in call.workspace.users.values() if u.team_id == call.workspace.team_id]
    page, following = call.page(people, default=len(people) or 1)
    return {
        "members": [shapes.user(call.workspace, u) for u in page],
        "cache_ts": 1735689600,
        "response_metadata": {"next_cursor": following},
    }


def users_info(call: Call) -> Json:
    return {"user": shapes.user(call.workspace, call.person())}


def users_lookup_by_email(call: Call) -> Json:
    email = call.required("email").lower()
    for user in call.workspace.users.values():
        if user.email.lower() == email and not user.deleted and user.team_id == call.workspace.team_id:
            return {"user": shapes.user(call.workspace, user)}
    raise Refusal("users_not_found")


def usergroups_list(call: Call) -> Json:
    users, count = call.flag("include_users"), call.flag("include_count")
    groups = call.workspace.usergroups.values()
    shown = [g for g in groups if not g.disabled or call.flag("include_disabled")]
    return {"usergroups": [shapes.usergroup(call.workspace, g, users=users, count=count) for g in shown]}


def usergroups_users_list(call: Call) -> Json:
    group = call.workspace.usergroups.get(call.required("usergroup"))
    if group is None or (group.disabled and not call.flag("include_disabled")):
        raise Refusal("no_such_subteam")
    return {"users": list(group.users)}
