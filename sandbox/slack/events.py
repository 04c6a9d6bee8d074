"""What the workspace tells the bot of its own accord: the Events API.

An event is sent once; whether it is sent again after a failure is for the caller to say (``redeliver``), so that
no test has to wait for Slack's minutes.
"""

import uuid
from typing import Any

from sandbox.slack import payloads
from sandbox.slack.delivery import Door, NoDoor
from sandbox.slack.model import Delivered, Json, Kind
from sandbox.slack.state import State

SUBSCRIBED = frozenset({"app_home_opened", "channel_shared", "tokens_revoked", "app_uninstalled"})


class Events(State):
    """A workspace that can send; ``events`` are those which the app subscribed to."""

    def __init__(self, **state: Any) -> None:
        super().__init__(**state)
        self.events: set[str] = set(SUBSCRIBED)
        self._door: Door = NoDoor()

    def event(self, event: Json, *, event_id: str | None = None) -> Delivered:
        """Send one event; one that the app has not subscribed to is not sent (``status`` is None)."""
        name = event["type"]
        if name == "message":
            name = payloads.message_event_name(self.channel(event["channel"]))
        if name not in self.events:
            return Delivered(ok=True)
        return self._deliver("event", payloads.event_callback(self, event, event_id or self.new_id("Ev")))

    def share_channel(self, channel_id: str, team_id: str = "T0OUTSIDE") -> Delivered:
        """Share a channel with another organisation (Slack Connect), and let the bot know."""
        with self.change():
            self.channel(channel_id).is_ext_shared = True
        stamp = self.next_ts()
        return self.event(
            {"type": "channel_shared", "connected_team_id": team_id, "channel": channel_id, "event_ts": stamp}
        )

    def verify_url(self) -> Delivered:
        """Ask what Slack asks when the address of an app is set: to echo a challenge."""
        challenge = uuid.uuid4().hex
        asked = {"token": payloads.TOKEN, "challenge": challenge, "type": "url_verification"}
        delivered = self._deliver("event", asked)
        echoed = delivered.body.get("challenge") if isinstance(delivered.body, dict) else delivered.body
        if delivered.ok and echoed != challenge:
            seen = "Your URL didn't respond with the value of the challenge parameter."
            return Delivered(
                ok=False, status=delivered.status, body=delivered.body, seen=seen, sent=delivered.sent
            )
        return delivered

    def _deliver(self, kind: Kind, payload: Json, command: str | None = None) -> Delivered:
        return self._door.deliver(kind, payload, command)
