"""Web API: modals and the home tab."""

from sandbox.slack import blocks, shapes, views
from sandbox.slack.calls import Call, invalid
from sandbox.slack.model import Json, OpenView, Refusal


def _view(call: Call, *kind: str) -> Json:
    view = call.structure("view", "invalid_arguments")
    if view is None:
        raise invalid("missing required field: view")
    return blocks.for_view(view, *kind)


def _trigger(call: Call) -> str:
    return call.text("trigger_id") or call.text("interactivity_pointer") or call.required("trigger_id")


def _answer(call: Call, view: OpenView) -> Json:
    return {"view": shapes.view(call.workspace, view)}


def open_(call: Call) -> Json:
    trigger_id, view = _trigger(call), _view(call, "modal")
    return _answer(call, views.opened(call.workspace, call.workspace.exchange(trigger_id), view))


def push(call: Call) -> Json:
    trigger_id, view = _trigger(call), _view(call, "modal")
    return _answer(call, views.pushed(call.workspace, call.workspace.exchange(trigger_id), view))


def update(call: Call) -> Json:
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if (view_id is None) == (external_id is None):
        raise invalid("must provide either view_id or external_id")
    workspace = call.workspace
    old = workspace.open_view(view_id) if view_id else views.with_external_id(workspace, external_id or "")
    view = _view(call, "modal" if old is None else old.view["type"])
    if old is None:
        raise Refusal("not_found")
    return _answer(call, views.updated(workspace, old, view, call.text("hash")))


def publish(call: Call) -> Json:
    user_id, view = call.required("user_id"), _view(call, "home")
    user = call.workspace.users.get(user_id)
    if user is None or user.team_id != call.workspace.team_id:
        raise invalid("user_not_found [json-pointer:/user_id]")
    return _answer(call, views.published(call.workspace, user_id, view, call.text("hash")))
