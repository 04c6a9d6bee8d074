"""Where reviews are read: a digest with its chart in the review channel, and what became of it."""

import http.client
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Protocol

from slack_sdk import WebClient

from bot.posting import Posting
from bot.reviewing.dossiers import Dossier
from bot.slack_out import part, translated
from bot.views.messages import marker, section
from bot.views.review import DigestMessage, Told, sentence
from bot.views.text import SlackVoice, cut
from workflows import administration as ad
from workflows.errors import Unavailable
from workflows.ports import Posted
from workflows.reviews import Review

PICTURE = "trend.png"
CALL = 4  #: seconds the upload may take
OK = 200


class Channels(Protocol):
    """What the directory knows about channels."""

    def channel_id(self, name: str) -> str:
        """Return the id of a channel by its name or id; raises ``Declined`` if the bot cannot see it."""


class ReviewBoard(Posting):
    """The board of reviews, in one workspace."""

    def __init__(
        self,
        client: WebClient,
        channels: Channels,
        voice: SlackVoice,
        address: Callable[[ad.DigestMade], str],
    ) -> None:
        super().__init__(client)
        self._channels = channels
        self._voice = voice
        self._address = address

    # --- the digest --------------------------------------------------------------------------------

    def find_digest(self, channel: str, about: Dossier) -> Posted | None:
        where = self._channels.channel_id(channel)
        return self._found(where, marker(f"digest:{about.name}"), self._history(where))

    def post_digest(self, channel: str, about: Dossier, review: Review) -> Posted:
        message = self._message(about, review)
        return self._post(self._channels.channel_id(channel), message.blocks, message.text)

    def update_digest(self, at: Posted, about: Dossier, review: Review) -> None:
        message = self._message(about, review)
        with translated():
            self._client.chat_update(channel=at.channel, ts=at.ts, blocks=message.blocks, text=message.text)

    def _message(self, about: Dossier, review: Review) -> DigestMessage:
        return DigestMessage(about, review, self._voice, self._address(about.made))

    # --- its chart ---------------------------------------------------------------------------------

    def has_chart(self, at: Posted, about: Dossier) -> bool:
        return any(
            file.get("title") == _title(about)
            for message in self._history(at.channel)
            for file in message.get("files") or ()
        )

    def hand_in_chart(self, about: Dossier) -> str:
        picture = about.files[PICTURE]
        with translated():
            answer = self._client.files_getUploadURLExternal(
                filename=f"emergency-changes-{about.made.period}.png",
                length=len(picture),
                alt_txt=cut(about.said["summary"], 900),
            )
            upload(str(part(answer, "upload_url")), picture)
            return str(part(answer, "file_id"))

    def show_chart(self, at: Posted, handed_in: str, about: Dossier) -> None:
        with translated():
            self._client.files_completeUploadExternal(
                files=[{"id": handed_in, "title": _title(about)}], channel_id=at.channel
            )

    def say_without_chart(self, at: Posted, about: Dossier, because: str) -> None:
        name = f"no-chart:{about.name}"
        said = f"The chart could not be shown here ({because}); it is `{PICTURE}` among the digest's files."
        replies = self._pages(self._client.conversations_replies, channel=at.channel, ts=at.ts)
        if self._found(at.channel, marker(name), replies) is None:
            self._post(at.channel, section(name, said), said, at.ts)

    # --- what became of it -------------------------------------------------------------------------

    def find_told(self, at: Posted, name: str, entry: Told) -> Posted | None:
        if isinstance(entry, ad.ReviewOverdue):
            return self._found(at.channel, marker(name), self._history(at.channel))
        replies = self._pages(self._client.conversations_replies, channel=at.channel, ts=at.ts)
        return self._found(at.channel, marker(name), replies)

    def tell(self, at: Posted, name: str, entry: Told, review: Review) -> Posted:
        """Tell the digest's thread; that a review is overdue stands in the channel itself."""
        said = sentence(entry, self._voice)
        return self._post(
            at.channel, section(name, said), said, None if isinstance(entry, ad.ReviewOverdue) else at.ts
        )


def _title(about: Dossier) -> str:
    each = "month" if about.period.months == 1 else "quarter"
    return f"Emergency changes per {each}, to {about.period.name} (version {about.made.version})"


def upload(url: str, data: bytes) -> None:
    """Hand bytes in at the address Slack has given for them; raises ``Unavailable``."""
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise Unavailable("Slack named an address for the upload that is none.")
    request = urllib.request.Request(  # noqa: S310 - its scheme was looked at
        url, data, {"Content-Type": "application/octet-stream"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=CALL) as answer:  # noqa: S310 - its scheme was looked at
            if answer.status != OK:
                raise Unavailable("Slack did not take the upload.")
    except (OSError, http.client.HTTPException) as error:
        raise Unavailable("Slack did not take the upload.") from error
