"""The parts dialogs are put together from; an input's block and its element share one name."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    DatePickerElement,
    InputBlock,
    Option,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
    SectionBlock,
    StaticSelectElement,
    UserSelectElement,
)
from slack_sdk.models.views import View

from bot.ids import Form
from bot.views.scene import Scene
from bot.views.text import DRILL, cut
from workflows.judged import judged, shown_digest
from workflows.policy import Policy
from workflows.prose import LONGEST
from workflows.record import ChangeRecord

SEPARATOR = "|"
TITLE = 24  #: characters of a modal's title (Slack)

Choices = Sequence[tuple[str, str]]


def metadata(record: ChangeRecord, policy: Policy) -> str:
    """Pack the change's id and the digest of what is shown."""
    return f"{record.id}{SEPARATOR}{shown_digest(judged(record, policy))}"


def unpacked(packed: str) -> tuple[str, str]:
    """Return change id and digest."""
    change, _, digest = packed.partition(SEPARATOR)
    return change, digest


def modal(form: Form, label: str, scene: Scene, blocks: Sequence[Block], submit: str = "") -> View:
    """Return a dialog about a change."""
    record, policy = scene.record, scene.policy
    head = [said(scene.notice)] if scene.notice else []
    title = f"{label} {record.id}"
    drill = DRILL if record.request.drill else ""
    about = PlainTextObject(text=f"{drill}{record.id} · {record.profile(policy).name}")
    return View(
        type="modal",
        callback_id=form.value,
        private_metadata=metadata(record, policy),
        title=PlainTextObject(text=title if len(title) <= TITLE else label),
        submit=PlainTextObject(text=submit or label),
        close=PlainTextObject(text="Cancel"),
        blocks=[*head, ContextBlock(elements=[about]), *blocks],
    )


def says(sentence: str) -> View:
    """Return a dialog that only says a sentence."""
    return View(
        type="modal",
        callback_id=Form.NOTICE.value,
        title=PlainTextObject(text="Emergency change"),
        close=PlainTextObject(text="Close"),
        blocks=[said(cut(sentence, 2900))],
    )


def said(text: str) -> SectionBlock:
    return SectionBlock(text=PlainTextObject(text=text))


def text(
    name: str,
    label: str,
    *,
    optional: bool = False,
    multiline: bool = True,
    initial: str = "",
    hint: str = "",
    longest: int = LONGEST,
) -> InputBlock:
    element = PlainTextInputElement(
        action_id=name,
        multiline=multiline,
        max_length=longest,
        initial_value=cut(initial, longest) or None,
    )
    return InputBlock(block_id=name, label=label, element=element, optional=optional, hint=hint or None)


def choice(
    name: str, label: str, choices: Choices, chosen: str = "", *, action: str = "", hint: str = ""
) -> InputBlock:
    """Return radio buttons; with ``action`` each change of mind is told at once."""
    options = _options(choices)
    initial = next((option for option in options if option.value == chosen), None)
    element = RadioButtonsElement(action_id=action or name, options=options, initial_option=initial)
    return InputBlock(
        block_id=name, label=label, element=element, dispatch_action=bool(action) or None, hint=hint or None
    )


def select(name: str, label: str, choices: Choices) -> InputBlock:
    element = StaticSelectElement(action_id=name, options=_options(choices), placeholder="Choose one")
    return InputBlock(block_id=name, label=label, element=element)


def person(name: str, label: str, *, optional: bool = False, initial: str = "") -> InputBlock:
    element = UserSelectElement(action_id=name, initial_user=initial or None)
    return InputBlock(block_id=name, label=label, element=element, optional=optional)


def day(name: str, label: str, *, optional: bool = False, initial: str = "") -> InputBlock:
    element = DatePickerElement(action_id=name, initial_date=initial or None)
    return InputBlock(block_id=name, label=label, element=element, optional=optional)


def _options(choices: Choices) -> list[Option]:
    return [Option(value=value, text=PlainTextObject(text=said)) for value, said in choices]
