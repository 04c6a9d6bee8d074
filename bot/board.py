"""Where people read: cards, threads, direct messages and refusals, posted to Slack.

Slack keeps no idempotency key, so every message's first block carries a marker in its ``block_id``; after an
attempt whose outcome got lost the history is searched for it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from slack_sdk import WebClient

from bot.posting import Posting
from bot.slack_out import part, translated
from bot.views import card as card_view
from bot.views import messages, reminders
from bot.views import transcript as transcript_view
from bot.views.reading import paged
from bot.views.text import SlackVoice, own_words
from bot.views.transcript import Decision
from workflows import events as ev
from workflows.duties import Owed
from workflows.gathered import Item
from workflows.judged import Lines
from workflows.people import Person
from workflows.policy import Policy
from workflows.ports import Posted
from workflows.record import ChangeRecord
from workflows.sentences import announced


class Channels(Protocol):
    """What the directory knows about channels."""

    def channel_id(self, name: str) -> str:
        """Return the id of a channel by its name or id; raises ``Declined`` if the bot cannot see it."""

    def address(self, posted: Posted) -> str:
        """Return the address a message opens at; empty if unknown."""


class SlackBoard(Posting):
    """The board, in one workspace."""

    def __init__(
        self,
        client: WebClient,
        channels: Channels,
        voice: SlackVoice,
        owed: Callable[[ChangeRecord, Policy], tuple[Owed, ...]],
        default_channel: str,
    ) -> None:
        super().__init__(client)
        self._channels = channels
        self._voice = voice
        self._owed = owed
        self._default = default_channel

    # --- the card ----------------------------------------------------------------------------------

    def find_card(self, record: ChangeRecord, policy: Policy) -> Posted | None:
        """Look through the channel's history for a card of this change."""
        channel = self._channel(record, policy)
        return self._found(channel, card_view.marker(record.id), self._history(channel))

    def post_card(self, record: ChangeRecord, policy: Policy) -> Posted:
        """Post the card to the system's channel."""
        blocks = card_view.card(record, policy, self._owed(record, policy), self._voice)
        return self._post(self._channel(record, policy), blocks, card_view.summary(record, policy))

    def update_card(self, at: Posted, record: ChangeRecord, policy: Policy) -> None:
        """Bring the card up to date."""
        blocks = card_view.card(record, policy, self._owed(record, policy), self._voice)
        with translated():
            self._client.chat_update(
                channel=at.channel, ts=at.ts, blocks=blocks, text=card_view.summary(record, policy)
            )

    def _channel(self, record: ChangeRecord, policy: Policy) -> str:
        named = policy.systems[record.request.system].channel or self._default
        return self._channels.channel_id(named)

    # --- its thread --------------------------------------------------------------------------------

    def find_note(self, at: Posted, marker: str) -> Posted | None:
        """Look through the card's thread."""

        def pages() -> Iterator[Any]:
            yield from self._pages(self._client.conversations_replies, channel=at.channel, ts=at.ts)

        return self._found(at.channel, messages.marker(marker), pages())

    def post_note(
        self, at: Posted, marker: str, entry: ev.Entry, record: ChangeRecord, policy: Policy
    ) -> Posted:
        """Add a message to the card's thread."""
        blocks = messages.note(marker, entry, record, policy, self._voice)
        return self._post(at.channel, blocks, messages.plain(entry, record, policy, self._voice), at.ts)

    # --- direct messages ---------------------------------------------------------------------------

    def find_message(self, to: Person, marker: str) -> Posted | None:
        """Look through the conversation with one person."""
        with translated():
            channel = part(self._client.conversations_open(users=to.slack_user), "channel", "id")
        return self._found(channel, messages.marker(marker), self._history(channel))

    def tell(self, to: Person, marker: str, entry: ev.Entry, record: ChangeRecord, policy: Policy) -> Posted:
        """Send a direct message, with the buttons that help."""
        owed = self._owed(record, policy)
        card = self._card_of(record)
        blocks = messages.direct(marker, entry, record, policy, owed, self._voice, card, to.id)
        return self._post(to.slack_user, blocks, messages.plain(entry, record, policy, self._voice))

    def transcript_parts(self, lines: Lines) -> int:
        """Return how many messages a transcript of this text needs."""
        return len(paged(lines))

    def send_transcript(
        self, to: Person, marker: str, part: int, decision: Decision, record: ChangeRecord, lines: Lines
    ) -> Posted:
        """Send one part of the text somebody decided on."""
        blocks = transcript_view.transcript(
            marker, part, decision, record, lines, self._voice, self._card_of(record)
        )
        return self._post(to.slack_user, blocks, transcript_view.summary(decision, record))

    def _card_of(self, record: ChangeRecord) -> str:
        return self._channels.address(Posted(record.card.channel, record.card.ts)) if record.card else ""

    def remind(self, to: Person, marker: str, items: Sequence[Item]) -> Posted:
        """Send everything that waits for somebody, as one direct message."""
        blocks = reminders.reminder(marker, items, self._voice, self._channels.address)
        return self._post(to.slack_user, blocks, reminders.plain(items))

    # --- what concerns no single change ------------------------------------------------------------

    def find_announcement(self, to: Person | str, marker: str) -> Posted | None:
        """Look through the conversation with one person, or through a channel."""
        if isinstance(to, Person):
            return self.find_message(to, marker)
        channel = self._channels.channel_id(to)
        return self._found(channel, messages.marker(marker), self._history(channel))

    def announce(self, to: Person | str, marker: str, entry: ev.Entry) -> Posted:
        """Say what concerns no single change, to one person or in a channel."""
        channel = to.slack_user if isinstance(to, Person) else self._channels.channel_id(to)
        said = announced(entry, self._voice)
        return self._post(channel, messages.section(marker, said), said)

    def answer(self, place: str, sentence: str) -> None:
        """Show a sentence where somebody clicked, to them alone."""
        channel, _, user = place.rpartition(":")
        with translated():
            if channel:
                self._client.chat_postEphemeral(channel=channel, user=user, text=own_words(sentence))
            else:
                self._client.chat_postMessage(channel=user, text=own_words(sentence))
