"""The dialogs behind the buttons.

A dialog that asks for a verdict shows exactly what is judged and carries the digest of it; the answer
counts for that text alone.
"""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    InputBlock,
    MarkdownTextObject,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
    RichTextBlock,
    RichTextElementParts,
    RichTextSectionElement,
    SectionBlock,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from bot.ids import Action, Form
from bot.views.text import DRILL, cut
from workflows.judged import Lines, judged, looked_back, shown_digest
from workflows.policy import Policy
from workflows.prose import LONGEST
from workflows.record import ChangeRecord
from workflows.words import hours

SEPARATOR = "|"
TITLE = 24  #: characters of a modal's title (Slack)
BLOCKS = 90  #: of the 100 a modal may have (Slack), leaving room for what is asked
BEGINNING = (
    "Your click lets the access begin. The approval itself is your own review on GitHub, which stays owed."
)
REJECTING = "Rejecting is final: it ends the access now, and the change must be reverted or its risk accepted by name."


def metadata(record: ChangeRecord, policy: Policy) -> str:
    """Pack the change's id and the digest of what is shown."""
    return f"{record.id}{SEPARATOR}{shown_digest(judged(record, policy))}"


def unpacked(packed: str) -> tuple[str, str]:
    """Return change id and digest."""
    change, _, digest = packed.partition(SEPARATOR)
    return change, digest


def approve(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    asked: list[Block] = [_text("comment", "Comment", optional=True)]
    if policy.duties.approval.of_record == "review":
        asked.insert(0, _said(BEGINNING))
    return _verdict(Form.APPROVE, "Approve", record, policy, notice, asked)


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


def reject(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    asked = [_said(REJECTING), _text("reason", "Why do you reject it?")]
    return _verdict(Form.REJECT, "Reject", record, policy, notice, asked)


def accept(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    return _verdict(
        Form.ACCEPT, "Accept", record, policy, notice, [_text("comment", "Comment", optional=True)]
    )


def send_back(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    shown = _shown(looked_back(record, policy))
    return _dialog(
        Form.RETURN, "Return", record, policy, [*shown, _text("reason", "What is missing?")], notice
    )


def done(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    asked: list[Block] = [
        _text("done", "What was done?"),
        _text("changes", "Commits, pull requests, deployments", optional=True, hint="One address per line."),
        _text("verified", "How was it verified?"),
        _choice("rolled_back", "Was it rolled back?", (("no", "No"), ("yes", "Yes")), chosen="no"),
    ]
    return _dialog(Form.DONE, "Done", record, policy, asked, notice)


def extend(record: ChangeRecord, policy: Policy, notice: str = "", window: str = "30m") -> View:
    longest = record.profile(policy).longest_window
    left = hours(longest - record.window) if longest > record.window else "nothing"
    asked: list[Block] = [
        _text(
            "window", "By how much?", initial=window, multiline=False, hint=f"At most {left} can be added."
        ),
        _text("justification", "Why is it needed longer?"),
    ]
    return _dialog(Form.EXTEND, "Extend", record, policy, asked, notice)


def end(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    asked = [_text("reason", "Why should the access end now?")]
    return _dialog(Form.END, "End access now", record, policy, asked, notice)


def override(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    said = _said(
        "Nobody has answered. Access comes at once, every approver is told, and the approval stays owed."
    )
    return _dialog(
        Form.OVERRIDE, "Act now", record, policy, [said, _text("reason", "Why can it not wait?")], notice
    )


def retrospective(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    asked: list[Block] = [
        _text("cause", "What was the cause?"),
        _choice("genuine", "Was it a genuine emergency?", (("yes", "Yes"), ("no", "No"))),
        _text("normal_process", "Why could the normal process not serve?"),
        _text("prevention", "What will prevent the next one?"),
    ]
    return _dialog(Form.RETROSPECTIVE, "Retrospective", record, policy, asked, notice)


def remediate(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    outcomes = (("reverted", "Reverted"), ("accepted", "Risk accepted by a named owner"), ("other", "Other"))
    asked: list[Block] = [
        _select("outcome", "What became of it?", outcomes),
        _text("risk_owner", "Who owns the accepted risk?", optional=True, multiline=False),
        _text("note", "What was done about it?"),
    ]
    return _dialog(Form.REMEDIATE, "Remediation", record, policy, asked, notice)


def reassign(record: ChangeRecord, policy: Policy, notice: str = "") -> View:
    picker = InputBlock(block_id="to", label="To whom?", element=UserSelectElement(action_id="to"))
    asked: list[Block] = [picker, _text("reason", "Why does somebody else take over?")]
    return _dialog(Form.REASSIGN, "Hand over", record, policy, asked, notice)


def says(sentence: str, addresses: Mapping[str, str] | None = None) -> View:
    """Return a dialog that only says a sentence, with links to the changes it is about."""
    links = " · ".join(f"<{url}|{change}>" for change, url in (addresses or {}).items() if url)
    more = [SectionBlock(text=MarkdownTextObject(text=f"Its card: {links}"))] if links else []
    return View(
        type="modal",
        callback_id=Form.NOTICE.value,
        title=PlainTextObject(text="Emergency change"),
        close=PlainTextObject(text="Close"),
        blocks=[SectionBlock(text=PlainTextObject(text=cut(sentence, 2900))), *more],
    )


def _verdict(
    form: Form, label: str, record: ChangeRecord, policy: Policy, notice: str, asked: Sequence[Block]
) -> View:
    return _dialog(form, label, record, policy, [*_shown(judged(record, policy)), *asked], notice)


def _dialog(
    form: Form, label: str, record: ChangeRecord, policy: Policy, blocks: Sequence[Block], notice: str
) -> View:
    head = [_said(notice)] if notice else []
    title = f"{label} {record.id}"
    drill = DRILL if record.request.drill else ""
    about = ContextBlock(
        elements=[PlainTextObject(text=f"{drill}{record.id} · {record.profile(policy).name}")]
    )
    return View(
        type="modal",
        callback_id=form.value,
        private_metadata=metadata(record, policy),
        title=PlainTextObject(text=title if len(title) <= TITLE else label),
        submit=PlainTextObject(text=label),
        close=PlainTextObject(text="Cancel"),
        blocks=[*head, about, *blocks],
    )


def _shown(lines: Lines) -> Sequence[Block]:
    """Show every line whole; rich text is literal, so nothing in it can mention or link."""
    each = -(-len(lines) // BLOCKS)  # nothing of what is judged may be left out, however much it is
    return [
        RichTextBlock(elements=[_line(*line) for line in lines[i : i + each]])
        for i in range(0, len(lines), each or 1)
    ]


def _line(heading: str, text: str) -> RichTextSectionElement:
    parts = RichTextElementParts
    title = parts.Text(text=f"{heading}\n", style=parts.TextStyle(bold=True))
    return RichTextSectionElement(elements=[title, parts.Text(text=text or "none")])


def _said(text: str) -> SectionBlock:
    return SectionBlock(text=PlainTextObject(text=text))


def _text(
    name: str,
    label: str,
    *,
    optional: bool = False,
    multiline: bool = True,
    initial: str = "",
    hint: str = "",
) -> InputBlock:
    element = PlainTextInputElement(
        action_id=name, multiline=multiline, max_length=LONGEST, initial_value=initial or None
    )
    return InputBlock(block_id=name, label=label, element=element, optional=optional, hint=hint or None)


def _options(choices: tuple[tuple[str, str], ...]) -> list[Option]:
    return [Option(value=value, text=PlainTextObject(text=text)) for value, text in choices]


def _choice(name: str, label: str, choices: tuple[tuple[str, str], ...], chosen: str = "") -> InputBlock:
    options = _options(choices)
    initial = next((option for option in options if option.value == chosen), None)
    element = RadioButtonsElement(action_id=name, options=options, initial_option=initial)
    return InputBlock(block_id=name, label=label, element=element)


def _select(name: str, label: str, choices: tuple[tuple[str, str], ...]) -> InputBlock:
    element = StaticSelectElement(action_id=name, options=_options(choices), placeholder="Choose one")
    return InputBlock(block_id=name, label=label, element=element)
