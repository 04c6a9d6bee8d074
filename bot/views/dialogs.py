"""The dialogs behind the buttons in which somebody reports, ends, extends, hands over, asks or answers.

Those in which somebody decides are in ``decision``, the retrospective is in ``look_back``.
"""

from collections.abc import Mapping
from datetime import timedelta

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.ids import Action, Form
from bot.views import inputs
from bot.views.reading import pieces, read
from bot.views.scene import Scene
from workflows.record import Asked, ChangeRecord
from workflows.vocabulary import State
from workflows.words import hours

USUAL = timedelta(minutes=30)  #: by which an extension is proposed
QUESTION = "question_"  #: name of the input of an answer, before the question's number
ENDS = "The access ends as soon as you send this."
THEN = "The requester is told at once and answers in the thread. Nothing waits for it, your decision neither."
THERE = "Your answer goes to the thread and to whoever asked. Nothing waits for it: access, windows and duties go on."


def review_next(record: ChangeRecord) -> View:
    """Return what is shown to somebody whose click let the access begin: where their approval is owed."""
    view = says("Kept: the access may begin. The approval itself is owed as your own review on GitHub.")
    if record.pull:
        link = ButtonElement(
            text="Review on GitHub",
            action_id=Action.REVIEW.value,
            value=record.id,
            url=record.pull.url,
            style="primary",
        )
        view.blocks = [*(view.blocks or []), ActionsBlock(block_id="actions", elements=[link])]
    return view


def done(scene: Scene) -> View:
    ends = scene.record.state is State.ACTIVE
    asked: list[Block] = [
        *([inputs.said(ENDS)] if ends else ()),
        inputs.text("done", "What was done?"),
        inputs.text(
            "changes", "Commits, pull requests, deployments", optional=True, hint="One address per line."
        ),
        inputs.text("verified", "How was it verified?"),
        inputs.choice("rolled_back", "Was it rolled back?", (("no", "No"), ("yes", "Yes")), "no"),
    ]
    return inputs.modal(Form.DONE, "Done" if ends else "Report on", scene, asked, "" if ends else "Send")


def extend(scene: Scene) -> View:
    record = scene.record
    left = record.profile(scene.policy).longest_window - record.window
    asked: list[Block] = [
        inputs.text(
            "window",
            "By how much?",
            initial=scene.typed.get("window", hours(min(left, USUAL))),
            multiline=False,
            hint=f"At most {hours(left)} can be added.",
        ),
        inputs.text("justification", "Why is it needed longer?"),
    ]
    return inputs.modal(Form.EXTEND, "Extend", scene, asked)


def end(scene: Scene) -> View:
    return inputs.modal(
        Form.END, "End access now", scene, [inputs.text("reason", "Why should the access end now?")]
    )


def override(scene: Scene) -> View:
    said = inputs.said(
        "Nobody has answered. Access comes at once, every approver is told, and the approval stays owed."
    )
    return inputs.modal(
        Form.OVERRIDE, "Act now", scene, [said, inputs.text("reason", "Why can it not wait?")]
    )


def remediate(scene: Scene) -> View:
    outcomes = (("reverted", "Reverted"), ("accepted", "Risk accepted by a named owner"), ("other", "Other"))
    asked: list[Block] = [
        inputs.select("outcome", "What became of it?", outcomes),
        inputs.text("risk_owner", "Who owns the accepted risk?", optional=True, multiline=False),
        inputs.text("note", "What was done about it?"),
    ]
    return inputs.modal(Form.REMEDIATE, "Remediation", scene, asked)


def reassign(scene: Scene) -> View:
    asked: list[Block] = [
        inputs.person("to", "To whom?"),
        inputs.text("reason", "Why does somebody else take over?"),
    ]
    return inputs.modal(Form.REASSIGN, "Hand over", scene, asked)


def ask(scene: Scene) -> View:
    asked: list[Block] = [
        inputs.text("text", "What do you want to know?"),
        ContextBlock(elements=[MarkdownTextObject(text=THEN)]),
    ]
    return inputs.modal(Form.ASK, "Ask about", scene, asked, "Ask")


def reply(scene: Scene) -> View:
    """Return the dialog that answers the oldest open question, or adds to the last answer."""
    questions = scene.record.open_questions or scene.record.questions[-1:]
    if not questions:
        return says("Nobody has asked anything about this change.")
    asked, more = questions[0], len(questions) - 1
    waits = [f"{more} more question{'s' if more > 1 else ''} after this one."] if more else []
    context = ContextBlock(elements=[MarkdownTextObject(text=" ".join([THERE, *waits]))])
    lines = _said_before(asked, scene)
    blocks: list[Block] = [
        *read(pieces(lines), scene.voice.slack_id, 10),
        inputs.text(f"{QUESTION}{asked.number}", "Your answer"),
        context,
    ]
    return inputs.modal(Form.ANSWER, "Answer", scene, blocks)


def _said_before(asked: Asked, scene: Scene) -> tuple[tuple[str, str], ...]:
    answers = tuple(("Answered already", answer.text) for answer in asked.answers)
    return ((f"{scene.name(asked.question.by)} asks", asked.question.text), *answers)


def says(sentence: str, addresses: Mapping[str, str] | None = None) -> View:
    """Return a dialog that only says a sentence, with links to the changes it is about."""
    links = " · ".join(f"<{url}|{change}>" for change, url in (addresses or {}).items() if url)
    more = [SectionBlock(text=MarkdownTextObject(text=f"Its card: {links}"))] if links else []
    view = inputs.says(sentence)
    view.blocks = [*(view.blocks or []), *more]
    return view
