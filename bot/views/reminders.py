"""One direct message with everything that waits for somebody: what is new or overdue first, with what settles it."""

from collections.abc import Callable, Mapping, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    MarkdownTextObject,
    SectionBlock,
)

from bot.ids import Action
from bot.views.card import whom
from bot.views.follow_ups import SHORT
from bot.views.lines import ANSWER
from bot.views.messages import marker as block_marker
from bot.views.offers import button, offered
from bot.views.review import button as review_button
from bot.views.text import SlackVoice, cut, escaped, moment
from workflows.duties import NAMES
from workflows.duties import late as lateness
from workflows.gathered import DutyItem, FollowUpItem, Item, ReviewItem
from workflows.ports import Posted
from workflows.record import ChangeRecord
from workflows.sentences import tracked, waiting
from workflows.vocabulary import Duty

SHOWN = 10  #: things in one message, which may have 50 blocks (Slack)

SETTLES: Mapping[Duty, tuple[Action, ...]] = {
    Duty.APPROVAL: (Action.APPROVE, Action.REVIEW, Action.REJECT),
    Duty.COMPLETION: (Action.DONE,),
    Duty.REMEDIATION: (Action.REMEDIATE,),
    Duty.RETROSPECTIVE: (Action.RETROSPECTIVE,),
    Duty.ACCEPTANCE: (Action.ACCEPT, Action.RETURN),
}
Address = Callable[[Posted], str]


def reminder(marker: str, items: Sequence[Item], voice: SlackVoice, address: Address) -> list[Block]:
    """Return the message; ``address`` is where a card or a digest opens, or empty."""
    first = _ordered(items)
    head = MarkdownTextObject(text=f"*{_counted(items)}*")
    blocks: list[Block] = [SectionBlock(block_id=block_marker(marker), text=head)]
    for item in first[:SHOWN]:
        blocks += _shown(item, voice, address)
    if len(first) > SHOWN:
        more = "There is more; `/emergency-change list` shows all that is not over."
        blocks.append(ContextBlock(block_id="more", elements=[MarkdownTextObject(text=more)]))
    return blocks


def plain(items: Sequence[Item]) -> str:
    """Say it in one line, for notifications and for readers that show no blocks."""
    said = [f"{_short(item)}{', overdue' if item.overdue else ''}" for item in _ordered(items)[:SHOWN]]
    return cut(f"{_counted(items)}: {'; '.join(said)}", 1000)


def _ordered(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda item: (not item.prompts, not item.overdue, item.due, item.name))


def _counted(items: Sequence[Item]) -> str:
    mine = sum(item.mine for item in items)
    parts = [f"{_things(mine)} {'waits' if mine == 1 else 'wait'} for you"] if mine else []
    if others := len(items) - mine:
        parts.append(f"{_things(others)} {'is' if others == 1 else 'are'} escalated to you")
    return ", ".join(parts)


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count} things"


def _short(item: Item) -> str:
    match item:
        case DutyItem():
            return f"{item.change}: {_name(item)}"
        case FollowUpItem():
            return f"{item.change}: follow-up {item.follow_up.number}"
        case ReviewItem():
            return f"review of {item.review.name}"


def _shown(item: Item, voice: SlackVoice, address: Address) -> list[Block]:
    match item:
        case DutyItem():
            return _duty(item, voice, address)
        case FollowUpItem():
            return _follow_up(item, voice, address)
        case ReviewItem():
            return _review(item, address)


def _blocks(item: Item, said: Sequence[str], buttons: Sequence[ButtonElement]) -> list[Block]:
    text = MarkdownTextObject(text=cut("\n".join(said), 2900))
    section = SectionBlock(block_id=f"about:{item.name}", text=text)
    return (
        [section, ActionsBlock(block_id=f"actions:{item.name}", elements=buttons)] if buttons else [section]
    )


# --- duties ----------------------------------------------------------------------------------------


def _duty(item: DutyItem, voice: SlackVoice, address: Address) -> list[Block]:
    offers = offered(item.record, (item.owed,), reviewing=not item.mine)
    buttons = [button(offer, item.record) for offer in offers if offer.action in _helps(item)]
    said = [_head(item, voice, address), f"{_name(item).capitalize()}: {_state(item)}"]
    return _blocks(item, [*said, *_circumstances(item, voice)], buttons)


def _head(item: DutyItem | FollowUpItem, voice: SlackVoice, address: Address) -> str:
    record, card = item.record, _card(item.record, address)
    head = f"*<{card}|{record.id}>*" if card else f"*{record.id}*"
    system = escaped(item.policy.systems[record.request.system].name)
    return f"{head} · {system} · {voice.who(record.request.by)}"


def _card(record: ChangeRecord, address: Address) -> str:
    return address(Posted(record.card.channel, record.card.ts)) if record.card else ""


def _name(item: DutyItem) -> str:
    return ANSWER.lower() if item.asked else NAMES[item.owed.duty]


def _helps(item: DutyItem) -> tuple[Action, ...]:
    if item.asked:
        return () if item.instead_of else (Action.ANSWER,)
    if item.mine:
        return SETTLES[item.owed.duty] if item.answers else ()
    return (Action.REASSIGN,) if item.owed.by.people else ()


def _state(item: DutyItem) -> str:
    what = "the approval is " if item.asked else ""
    if item.overdue:
        return f":warning: {what}*overdue*{lateness(item.owed.duty)}, it was due {moment(item.due)}"
    return f"{what}due {moment(item.due)}"


def _circumstances(item: DutyItem, voice: SlackVoice) -> list[str]:
    record, lines = item.record, []
    if item.instead_of:
        lines.append(
            f"You stand in for {voice.who(item.instead_of)}, who alone can do it; see that it is known."
        )
    if not item.mine:
        lines += _escalated(item, f"it is still owed by {whom(item.owed, voice)}; see that it is done")
    if item.abandoned:
        lines.append(f"{voice.who(record.owner)} has left; hand the change over to a colleague.")
    if asked := waiting(item.owed.duty, record, voice).strip():
        lines.append(asked)
    if item.overridden:
        lines.append(":warning: Acted without an answer; see why before you decide.")
    return lines


def _escalated(item: Item, because: str) -> list[str]:
    groups = sorted({prompt.to for prompt in item.prompts if prompt.to})
    return [f"Escalated to {escaped(', '.join(groups))}: {because}."] if groups else []


# --- follow-ups ------------------------------------------------------------------------------------


def _follow_up(item: FollowUpItem, voice: SlackVoice, address: Address) -> list[Block]:
    one = item.follow_up
    late = (
        f":warning: *late*, it was due on {one.due}, and {tracked(one, voice)} does not say that it is done"
    )
    said = [
        _head(item, voice, address),
        f"Follow-up {one.number}, {escaped(cut(one.what, SHORT))}: {late}",
    ]
    if item.instead_of:
        said.append(f"You stand in for {voice.who(item.instead_of)}, who does it; see that it is known.")
    if not item.mine:
        said += _escalated(item, f"{voice.who(one.owner)} has not done it")
    return _blocks(item, said, ())


# --- reviews ---------------------------------------------------------------------------------------


def _review(item: ReviewItem, address: Address) -> list[Block]:
    review = item.review
    digest = address(Posted(review.posted.channel, review.posted.ts)) if review.posted else ""
    title = f"Review of the emergency changes of {review.name}"
    state = f"due {moment(item.due)}"
    if item.overdue:
        state = f":warning: *overdue* (X12), it was due {moment(item.due)}"
    said = [f"*<{digest}|{title}>*" if digest else f"*{title}*", f"Sign-off by a reviewer: {state}"]
    if not item.mine:
        said += _escalated(item, "it is not all signed off")
    sign = [review_button("Sign off", Action.SIGN_OFF, item.name, first=True)] if item.mine else []
    return _blocks(item, said, sign)
