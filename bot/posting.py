"""Writing messages to Slack, and finding those whose posting got lost by the marker of their first block."""

from collections.abc import Callable, Iterator
from typing import Any

from slack_sdk import WebClient

from bot.slack_out import part, translated
from workflows.ports import Posted

PAGE, PAGES = 100, 5  #: how far back a lost message is searched for


class Posting:
    """What every kind of board does alike."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def _post(self, channel: str, blocks: list[Any], text: str, thread_ts: str | None = None) -> Posted:
        with translated():
            answer = self._client.chat_postMessage(
                channel=channel,
                blocks=blocks,
                text=text,
                thread_ts=thread_ts,
                unfurl_links=False,
                unfurl_media=False,
            )
            return Posted(str(part(answer, "channel")), str(part(answer, "ts")))

    def _history(self, channel: str) -> Iterator[Any]:
        yield from self._pages(self._client.conversations_history, channel=channel)

    def _pages(self, call: Callable[..., Any], **where: str) -> Iterator[Any]:
        cursor = ""
        for _ in range(PAGES):
            with translated():
                page = call(**where, limit=PAGE, **({"cursor": cursor} if cursor else {}))
                found = part(page, "messages")
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            yield from found
            if not cursor:
                return

    def _found(self, channel: str, marker: str, pages: Iterator[Any]) -> Posted | None:
        for message in pages:
            if any(block.get("block_id") == marker for block in message.get("blocks") or ()):
                return Posted(channel, str(message["ts"]))
        return None
