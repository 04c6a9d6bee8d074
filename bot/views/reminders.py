"""One direct message with everything somebody owes: what is new or overdue first, with the buttons that settle it."""

from collections.abc import Callable, Mapping, Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ContextBlock, MarkdownTextObject, SectionBlock

from bot.ids import Action
from bot.views.lines import ANSWER
from bot.views.messages import marker as block_marker
from bot.views.offers import button, offered
from bot.views.text import SlackVoice, cut, escaped, moment
from workflows.chase import Item
from workflows.duties import NAMES, late
from workflows.record import ChangeRecord
from workflows.sentences import waiting
from workflows.vocabulary import Duty

SHOWN = 10  #: duties in one message, which may have 50 blocks (Slack)

SETTLES: Mapping[Duty, tuple[Action, ...]] = {
    Duty.APPROVAL: (Action.APPROVE, Action.REVIEW, Action.REJECT),
    Duty.COMPLETION: (Action.DONE,),
    Duty.REMEDIATION: (Action.REMEDIATE,),
    Duty.RETROSPECTIVE: (Action.RETROSPECTIVE,),
    Duty.ACCEPTANCE: (Action.ACCEPT, Action.RETURN),
}
Address = Callable[[ChangeRecord], str]


def reminder(marker: str, items: Sequence[Item], voice: SlackVoice, address: Address) -> list[Block]:
    """Return the message; ``address`` is where a change's card opens, or empty."""
    first = _ordered(items)
    head = MarkdownTextObject(text=f"*{_counted(items)}*")
    blocks: list[Block] = [SectionBlock(block_id=block_marker(marker), text=head)]
    for item in first[:SHOWN]:
        blocks += _duty(item, voice, address(item.record))
    if len(first) > SHOWN:
        more = "There is more; `/emergency-change list` shows all that is not over."
        blocks.append(ContextBlock(block_id="more", elements=[MarkdownTextObject(text=more)]))
    return blocks


def plain(items: Sequence[Item]) -> str:
    """Say it in one line, for notifications and for readers that show no blocks."""
    said = [
        f"{item.change}: {_name(item)}{', overdue' if item.owed.overdue else ''}"
        for item in _ordered(items)[:SHOWN]
    ]
    return cut(f"{_counted(items)}: {'; '.join(said)}", 1000)


def _ordered(items: Sequence[Item]) -> list[Item]:
    return sorted(
        items, key=lambda item: (not item.prompts, not item.owed.overdue, item.owed.due, item.change)
    )


def _counted(items: Sequence[Item]) -> str:
    mine = sum(item.mine for item in items)
    parts = [f"{_things(mine)} {'waits' if mine == 1 else 'wait'} for you"] if mine else []
    if others := len(items) - mine:
        parts.append(f"{_things(others)} {'is' if others == 1 else 'are'} escalated to you")
    return ", ".join(parts)


def _things(count: int) -> str:
    return "1 thing" if count == 1 else f"{count} things"


def _duty(item: Item, voice: SlackVoice, card: str) -> list[Block]:
    record, owed = item.record, item.owed
    name = f"{record.id}:{owed.duty.value}"
    head = f"*<{card}|{record.id}>*" if card else f"*{record.id}*"
    system = escaped(item.policy.systems[record.request.system].name)
    text = f"{head} · {system} · {voice.who(record.request.by)}\n{_name(item).capitalize()}: {_state(item)}"
    said = [text, *_circumstances(item, voice)]
    section = SectionBlock(block_id=f"duty:{name}", text=MarkdownTextObject(text=cut("\n".join(said), 2900)))
    offers = offered(record, (owed,), reviewing=not item.mine)
    buttons = [button(offer, record) for offer in offers if offer.action in _helps(item)]
    return [section, ActionsBlock(block_id=f"actions:{name}", elements=buttons)] if buttons else [section]


def _name(item: Item) -> str:
    return ANSWER.lower() if item.asked else NAMES[item.owed.duty]


def _helps(item: Item) -> tuple[Action, ...]:
    if item.asked:
        return () if item.instead_of else (Action.ANSWER,)
    if item.mine:
        return SETTLES[item.owed.duty] if item.answers else ()
    return (Action.REASSIGN,) if item.owed.by.people else ()


def _state(item: Item) -> str:
    what = "the approval is " if item.asked else ""
    if item.owed.overdue:
        return f":warning: {what}*overdue*{late(item.owed.duty)}, it was due {moment(item.owed.due)}"
    return f"{what}due {moment(item.owed.due)}"


def _circumstances(item: Item, voice: SlackVoice) -> list[str]:
    record, lines = item.record, []
    if item.instead_of:
        lines.append(
            f"You stand in for {voice.who(item.instead_of)}, who alone can do it; see that it is known."
        )
    groups = sorted({prompt.to for prompt in item.prompts if prompt.to})
    if groups and not item.mine:
        lines.append(f"Escalated to {escaped(', '.join(groups))}: nobody who owes it has done it.")
    if item.abandoned:
        lines.append(f"{voice.who(record.owner)} has left; hand the change over to a colleague.")
    if asked := waiting(item.owed.duty, record, voice).strip():
        lines.append(asked)
    if item.overridden:
        lines.append(":warning: Acted without an answer; see why before you decide.")
    return lines
