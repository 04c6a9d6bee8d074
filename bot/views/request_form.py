"""The form behind ``/emergency-change``; its fields, choices and limits come from the policy."""

from collections.abc import Iterable

from slack_sdk.models.blocks import (
    Block,
    ContextBlock,
    InputBlock,
    MarkdownTextObject,
    Option,
    OptionGroup,
    PlainTextInputElement,
    PlainTextObject,
    RadioButtonsElement,
    SectionBlock,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.ids import Form
from bot.views.text import cut
from workflows.policy import AccessProfile, Policy
from workflows.prose import LONGEST
from workflows.words import hours

TITLE = "Emergency change"
DRILL = (
    ":test_tube: *This is a drill.* Everything happens as in an emergency: the access is real and ends by itself, "
    "approvers are asked, a report and a retrospective are owed. It is marked as a drill everywhere and counts "
    "towards no ratio. Should a real emergency begin meanwhile, say Done here first."
)
OPTION = 75  #: characters of an option's text (Slack)
RISKS = ("low", "medium", "high")
YES, NO = "yes", "no"

#: Which field shows the sentence of which guard; the others show under the access.
FIELD_OF = {
    "qualifies": "criterion",
    "described": "what",
    "justified": "justification",
    "incident_named": "incident",
    "tested_or_why_not": "test_waiver",
    "window_allowed": "window",
}


def request_form(policy: Policy, prefilled: dict[str, str], origin: str = "", *, drill: bool = False) -> View:
    """Return the form; ``prefilled`` by field name, ``origin`` goes round through Slack unread."""
    marked = [SectionBlock(block_id="drill", text=MarkdownTextObject(text=DRILL))] if drill else []
    blocks: list[Block] = [
        *marked,
        _access(policy, prefilled.get("access", "")),
        _select(
            "criterion", "Why it qualifies", policy.justification.criteria, prefilled.get("criterion", "")
        ),
        _text(
            "what", "What is broken, and what will you change?", prefilled, "Checkout answers 500. I will …"
        ),
        _text(
            "justification",
            "Why can it not wait for a normal change?",
            prefilled,
            f"At least {policy.justification.shortest} characters",
            shortest=policy.justification.shortest,
        ),
        _select("risk", "Risk", RISKS, prefilled.get("risk", "")),
        _text("security_impact", "Security impact", prefilled, "What could this expose or weaken?"),
        _text("rollback_plan", "Rollback plan", prefilled, "How do you undo it?"),
        _text(
            "incident",
            "Incident",
            prefilled,
            "Link or id",
            optional=policy.justification.incident == "optional",
            multiline=False,
        ),
        _radio("tested", "Will it be tested before production?", prefilled.get("tested", "")),
        _text("test_waiver", "If not tested: why not?", prefilled, "", optional=True, multiline=False),
        _text(
            "window",
            "How long do you need access?",
            {"window": _window(policy, prefilled)},
            "30m, 1h, 2h 30m",
            multiline=False,
        ),
        _rules(policy),
    ]
    return View(
        type="modal",
        callback_id=(Form.DRILL if drill else Form.REQUEST).value,
        private_metadata=origin,
        title=PlainTextObject(text=f"{TITLE}: drill" if drill else TITLE),
        submit=PlainTextObject(text="Start the drill" if drill else "Request access"),
        close=PlainTextObject(text="Cancel"),
        blocks=blocks,
    )


def _access(policy: Policy, chosen: str) -> InputBlock:
    """Group the profiles by system; a policy with one profile has it chosen already."""
    by_system: dict[str, list[Option]] = {}
    for key, profile in policy.access.items():
        by_system.setdefault(profile.system, []).append(_option(key, profile.name))
    only = next(iter(policy.access)) if len(policy.access) == 1 else ""
    selected = policy.access.get(chosen or only)
    groups = [
        OptionGroup(label=PlainTextObject(text=cut(policy.systems[system].name, OPTION)), options=options)
        for system, options in by_system.items()
    ]
    element = StaticSelectElement(
        action_id="access",
        placeholder="Choose the access you need",
        option_groups=groups,
        initial_option=_option(chosen or only, selected.name) if selected else None,
    )
    return InputBlock(block_id="access", label="Access", element=element)


def _option(value: str, text: str) -> Option:
    return Option(value=value, text=PlainTextObject(text=cut(text, OPTION)))


def _select(name: str, label: str, choices: Iterable[str], chosen: str) -> InputBlock:
    options = [_option(choice, choice) for choice in choices]
    initial = next((option for option in options if option.value == chosen), None)
    element = StaticSelectElement(
        action_id=name, placeholder="Choose one", options=options, initial_option=initial
    )
    return InputBlock(block_id=name, label=label, element=element)


def _radio(name: str, label: str, chosen: str) -> InputBlock:
    options = [_option(YES, "Yes"), _option(NO, "No")]
    initial = next((option for option in options if option.value == chosen), None)
    return InputBlock(
        block_id=name,
        label=label,
        element=RadioButtonsElement(action_id=name, options=options, initial_option=initial),
    )


def _text(
    name: str,
    label: str,
    prefilled: dict[str, str],
    placeholder: str,
    *,
    shortest: int | None = None,
    optional: bool = False,
    multiline: bool = True,
) -> InputBlock:
    element = PlainTextInputElement(
        action_id=name,
        multiline=multiline,
        max_length=LONGEST,
        min_length=shortest,
        placeholder=placeholder or None,
        initial_value=cut(prefilled.get(name, ""), LONGEST) or None,
    )
    return InputBlock(block_id=name, label=label, element=element, optional=optional)


def _window(policy: Policy, prefilled: dict[str, str]) -> str:
    profile = policy.access.get(prefilled.get("access", "")) or _shortest(policy)
    return prefilled.get("window") or hours(profile.default_window)


def _shortest(policy: Policy) -> AccessProfile:
    return min(policy.access.values(), key=lambda profile: profile.default_window)


def _rules(policy: Policy) -> ContextBlock:
    asks = [p.name for p in policy.access.values() if p.authorisation == "before"]
    said = "Access comes at once and ends by itself; an approver answers afterwards."
    if asks:
        said += f" An approver is asked first for: {', '.join(asks)}."
    return ContextBlock(elements=[MarkdownTextObject(text=cut(said, 1900))])
