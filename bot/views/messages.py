"""Thread messages and direct messages: one entry, one sentence, and the buttons that help."""

from slack_sdk.models.blocks import ActionsBlock, Block, MarkdownTextObject, SectionBlock

from bot.ids import Action
from bot.views.offers import button, offered
from bot.views.text import SlackVoice, cut
from workflows import events as ev
from workflows import observations as ob
from workflows.duties import Owed
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.sentences import sentence
from workflows.vocabulary import PersonId

_VERDICT = (Action.APPROVE, Action.REVIEW, Action.REJECT)

#: What a person can do about what they are told, besides opening the card.
HELPS: dict[type[ev.Entry], tuple[Action, ...]] = {
    ev.Request: _VERDICT,
    ev.Annulment: _VERDICT,
    ev.Override: _VERDICT,
    ob.QuestionAnswered: _VERDICT,
    ev.Unanswered: (Action.OVERRIDE, Action.WITHDRAW),
    ev.EndsSoon: (Action.DONE, Action.EXTEND),
    ev.Expiry: (Action.DONE, Action.RETROSPECTIVE),
    ev.Revocation: (Action.DONE, Action.RETROSPECTIVE),
    ev.Removal: (Action.DONE, Action.RETROSPECTIVE),
    ev.Rejection: (Action.REMEDIATE, Action.DONE),
    ev.Return: (Action.RETROSPECTIVE,),
    ev.Departure: (Action.REASSIGN,),
    ev.Question: (Action.ANSWER,),
    ev.Answer: _VERDICT,
    ev.Reassignment: (Action.DONE, Action.RETROSPECTIVE),
    ob.GrantConfirmed: (Action.DONE, Action.EXTEND),
    ob.AccessEnded: (Action.DONE, Action.RETROSPECTIVE),
}


def marker(name: str) -> str:
    """Name the first block, by which a message whose posting got lost is found again."""
    return f"note:{name}"


def plain(entry: ev.Entry, record: ChangeRecord, policy: Policy, voice: SlackVoice) -> str:
    """Say an entry in one line, for notifications and for readers that show no blocks."""
    return cut(f"{record.id}: {sentence(entry, record, policy, voice)}", 1000)


def note(name: str, entry: ev.Entry, record: ChangeRecord, policy: Policy, voice: SlackVoice) -> list[Block]:
    """Return a message of the card's thread."""
    said = section(name, sentence(entry, record, policy, voice))
    if isinstance(entry, ev.Departure):
        return [*said, *_buttons(record, (), (Action.REASSIGN,))]
    return said


def section(name: str, text: str) -> list[Block]:
    """Return a message of one paragraph that can be found again."""
    return [SectionBlock(block_id=marker(name), text=MarkdownTextObject(text=cut(text, 2900)))]


def direct(
    name: str,
    entry: ev.Entry,
    record: ChangeRecord,
    policy: Policy,
    owed: tuple[Owed, ...],
    voice: SlackVoice,
    card: str,
    to: PersonId,
) -> list[Block]:
    """Return a direct message; ``card`` is the card's address, or empty."""
    said = sentence(entry, record, policy, voice)
    head = f"*<{card}|{record.id}>*" if card else f"*{record.id}*"
    text = MarkdownTextObject(text=cut(f"{head}: {said}", 2900))
    blocks: list[Block] = [SectionBlock(block_id=marker(name), text=text)]
    helps = HELPS.get(type(entry), ())
    if Action.EXTEND in helps and record.asked_first:
        helps = _of_asked_first(helps, record, to)
    return [*blocks, *_buttons(record, owed, helps)]


def _of_asked_first(helps: tuple[Action, ...], record: ChangeRecord, to: PersonId) -> tuple[Action, ...]:
    """Leave out what is not theirs: the requester reports, and only an approver extends."""
    without = Action.EXTEND if to in record.people else Action.DONE
    return tuple(action for action in helps if action is not without)


def _buttons(record: ChangeRecord, owed: tuple[Owed, ...], helps: tuple[Action, ...]) -> list[Block]:
    buttons = [button(offer, record) for offer in offered(record, owed) if offer.action in helps]
    return [ActionsBlock(block_id="actions", elements=buttons)] if buttons else []
