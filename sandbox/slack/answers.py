"""What Slack does with the bot's answer to a command, a submission or a question for options.

An answer which Slack cannot use fails on the person's screen, however content the bot is with it.
"""

import dataclasses
from typing import Any

from sandbox.slack import blocks, views
from sandbox.slack.checks import Faults, array, fields, plain
from sandbox.slack.delivery import TROUBLE
from sandbox.slack.elements import PLAIN_OPTION
from sandbox.slack.model import Delivered, Json, Message, OpenView, Refusal
from sandbox.slack.state import RESPONSE_URL_LASTS, RESPONSE_URL_USES, ResponseUrl, State

OPTIONS_ANSWER = fields(
    {},
    {
        "options": array(PLAIN_OPTION, 100),
        "option_groups": array(fields({"label": plain(75), "options": array(PLAIN_OPTION, 100)}), 100),
    },
)


def _failed(delivered: Delivered, error: str, seen: str) -> Delivered:
    return dataclasses.replace(delivered, ok=False, error=error, seen=seen)


def to_command(state: State, payload: Json, delivered: Delivered) -> Delivered:
    """Show the text of an answer to a slash command, to the person alone unless it says ``in_channel``."""
    answer = delivered.body
    if isinstance(answer, str):
        answer = {"text": answer}
    if not delivered.ok or not answer:
        return delivered
    try:
        respond(state, ResponseUrl(payload["user_id"], payload["channel_id"], None, 0.0), answer)
    except Refusal:
        seen = f'{payload["command"]} failed with the error "invalid_command_response"'
        return _failed(delivered, "invalid_command_response", seen)
    return delivered


def to_submission(state: State, view: OpenView, delivered: Delivered) -> Delivered:
    """Do with the submitted view what the answer says; nothing said closes it."""
    if not delivered.ok:
        return delivered
    answer = delivered.body or {}
    try:
        _obey(state, view, answer if isinstance(answer, dict) else {"response_action": answer})
    except Refusal as refusal:
        return _failed(delivered, refusal.error, f"{TROUBLE} ({refusal.error})")
    return delivered


def _obey(state: State, view: OpenView, answer: Json) -> None:
    action = answer.get("response_action")
    with state.change():
        if action is None:
            views.pop(state, view)
        elif action == "clear":
            views.pop(state, view, everything=True)
        elif action == "errors":
            view.errors = _errors(view, answer.get("errors"))
        elif action == "update":
            views.updated(state, view, views.modal(answer.get("view")), None)
        elif action == "push":
            born_here = state.triggers[state.new_trigger(view.user_id, view.id)]
            views.pushed(state, born_here, views.modal(answer.get("view")))
        else:
            raise Refusal("invalid_response_action")


def _errors(view: OpenView, errors: Any) -> dict[str, str]:
    """Return the errors if they can be shown: texts, at input blocks which the view has."""
    inputs = {block["block_id"] for block in view.view["blocks"] if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise Refusal("invalid_errors")
    if not all(isinstance(text, str) and text for text in errors.values()):
        raise Refusal("invalid_errors")
    return errors


def to_suggestion(view: OpenView, action_id: str, delivered: Delivered) -> Delivered:
    """Offer the options of an answer, or nothing if it breaks the limits."""
    if not delivered.ok:
        return delivered
    faults: Faults = []
    OPTIONS_ANSWER(delivered.body, "", faults)
    if faults:
        return _failed(delivered, "invalid_options", f"Could not load the options. ({faults[0]})")
    grouped = [option for group in delivered.body.get("option_groups", []) for option in group["options"]]
    view.suggested[action_id] = delivered.body.get("options", []) + grouped
    return delivered


def to_response_url(state: State, secret: str, answer: Any) -> None:
    """Accept what the bot posts to a response_url, five times within half an hour."""
    with state.change():
        right = state.response_urls.get(secret)
        if right is None:
            raise Refusal("no_such_url")
        if state.stopwatch() - right.born > RESPONSE_URL_LASTS:
            raise Refusal("expired_url")
        if right.uses >= RESPONSE_URL_USES:
            raise Refusal("used_url")
        if not isinstance(answer, dict):
            raise Refusal("invalid_payload")
        respond(state, right, answer)
        right.uses += 1


def respond(state: State, right: ResponseUrl, answer: Json) -> None:
    """Post, replace or delete, as an answer to a command or to a click may ask for."""
    original = state.message(right.channel_id, right.ts) if right.ts else None
    if answer.get("delete_original") and original:
        with state.change():
            original.deleted = True
        return
    text, shown = answer.get("text") or "", answer.get("blocks") or []
    if not text and not shown:
        raise Refusal("no_text")
    shown = blocks.for_message(shown) if shown else []
    if answer.get("replace_original") and original:
        state.revise(original, text, shown)
        return
    ephemeral_to = None if answer.get("response_type") == "in_channel" else right.user_id
    state.put(
        Message(
            right.channel_id,
            "",
            text,
            user=state.bot_user_id,
            bot=state.bot_id,
            blocks=shown,
            thread_ts=answer.get("thread_ts"),
            ephemeral_to=ephemeral_to,
        )
    )
