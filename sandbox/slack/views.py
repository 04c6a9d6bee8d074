"""The views people have open: stacks of up to three modals, and the home tab.

Ids stay with a view for life, the hash changes with each update; what was entered survives an update where block
and action keep their ids.
"""

from sandbox.slack import blocks, forms
from sandbox.slack.model import Json, NotThere, OpenView, Refusal
from sandbox.slack.state import State, Trigger

DEEPEST = 3


def before(state: State, user_id: str, view_id: str) -> OpenView:
    """Return a view this person has before them: any of their modals (the page shows the top), or the home tab."""
    view = state.open_view(view_id)
    if view is None or view.user_id != user_id:
        raise NotThere(f"{user_id} has no view {view_id} open")
    return view


def on_top(state: State, user_id: str, view_id: str) -> OpenView:
    """Return the topmost modal, which is the only one that can be submitted or closed."""
    stack = state.stacks.get(user_id, [])
    if not stack or stack[-1].id != view_id:
        raise NotThere(f"the view {view_id} is not on top of what {user_id} has open")
    return stack[-1]


def pop(state: State, view: OpenView, *, everything: bool = False) -> None:
    """Take a view off its stack, or all of them; gone already is as good."""
    with state.change():
        stack = state.stacks.get(view.user_id, [])
        state.stacks[view.user_id] = [] if everything else [v for v in stack if v is not view]


def opened(state: State, trigger: Trigger, view: Json) -> OpenView:
    """Open a modal: on top of the one the trigger was born in, or as the first of a new stack."""
    with state.change():
        _distinct_external_id(state, view)
        stack = state.stacks.get(trigger.user_id, [])
        below = stack[-1] if trigger.view_id and stack else None
        if below is None:
            stack = []
        if len(stack) >= DEEPEST:
            raise Refusal("push_limit_reached")
        view_id = state.new_id("V")
        root, previous = (below.root_id, below.id) if below else (view_id, None)
        new = OpenView(view_id, state.new_hash(), trigger.user_id, view, root, previous)
        new.state = forms.state_of(view["blocks"])
        state.stacks[trigger.user_id] = [*stack, new]
        return new


def pushed(state: State, trigger: Trigger, view: Json) -> OpenView:
    """Push a modal onto an open one; without one there is nothing to push onto."""
    if not state.stacks.get(trigger.user_id):
        raise Refusal("not_found")
    return opened(state, Trigger(trigger.user_id, trigger.born, "any"), view)


def updated(state: State, old: OpenView, view: Json, wanted: str | None) -> OpenView:
    """Replace what a view shows; ``wanted`` is the hash the caller believes it has."""
    with state.change():
        if wanted and wanted != old.hash:
            raise Refusal("hash_conflict")
        _distinct_external_id(state, view, but=old)
        old.state = forms.state_of(view["blocks"], old.state)
        old.view = view
        old.errors = {}
        old.hash = state.new_hash()
        return old


def published(state: State, user_id: str, view: Json, wanted: str | None) -> OpenView:
    """Show somebody's home tab."""
    with state.change():
        old = state.homes.get(user_id)
        if old is not None:
            return updated(state, old, view, wanted)
        if wanted:
            raise Refusal("hash_conflict")
        view_id = state.new_id("V")
        new = OpenView(view_id, state.new_hash(), user_id, view, view_id)
        new.state = forms.state_of(view["blocks"])
        state.homes[user_id] = new
        return new


def with_external_id(state: State, external_id: str) -> OpenView | None:
    with state.lock:
        every = [v for stack in state.stacks.values() for v in stack] + list(state.homes.values())
        return next((v for v in every if v.view.get("external_id") == external_id), None)


def _distinct_external_id(state: State, view: Json, but: OpenView | None = None) -> None:
    external_id = view.get("external_id")
    other = with_external_id(state, external_id) if external_id else None
    if other is not None and other is not but:
        raise Refusal("duplicate_external_id")


def modal(view: object) -> Json:
    return blocks.for_view(view, "modal")
