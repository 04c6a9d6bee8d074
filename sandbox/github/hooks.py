"""Webhooks: what GitHub tells of reviews, signed, once, and only if it works the first time.

GitHub never sends again by itself; somebody may press *Redeliver*, which sends the same under the same id.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx

from sandbox.github import pull_shapes, shapes
from sandbox.github.pulls import Pull, Review
from sandbox.github.shapes import Shape
from sandbox.github.world import Forge, Repository

BASE = "https://api.github.com"
SECONDS = 10  #: GitHub gives up after them
REVIEWS = "pull_request_review"
#: What a webhook has of a repository and a pull request that the API has not, and the other way round.
_NOT_IN_HOOKS = ("network_count", "subscribers_count")
_ALSO_IN_HOOKS = {
    "web_commit_signoff_required": False,
    "is_template": False,
    "topics": [],
    "visibility": "private",
    "custom_properties": {},
}


@dataclass(slots=True)
class HookDelivery:
    """One message to the webhook, and how it was answered; 0: it was not."""

    id: str
    event: str
    body: bytes
    status: int = 0


class Hooks:
    """One webhook, subscribed to reviews.

    ``losing``: deliveries that get lost; ``holding``: they wait until somebody lets them go.
    """

    def __init__(self, forge: Forge) -> None:
        self._forge = forge
        self._url, self._secret = "", ""
        self.of_app = False  #: it is the App's own, and not the repository's
        self.active = True
        self.events, self.content_type = [REVIEWS], "json"
        self.losing = 0
        self.holding = False
        self.deliveries: list[HookDelivery] = []
        self._held: list[HookDelivery] = []

    def subscribe(self, url: str, secret: str) -> None:
        """Send to this address from now on; a first message says hello."""
        self._url, self._secret = url, secret
        self._send(
            "ping", {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {"type": "Repository"}}
        )

    @property
    def config(self) -> Shape:
        """Show where it leads; the secret is never shown."""
        if not self._url:
            return {}
        return {
            "content_type": self.content_type,
            "insecure_ssl": "0",
            "secret": "********",
            "url": self._url,
        }

    def listed(self, base: str, repo: Repository) -> list[Shape]:
        """Return the webhooks of a repository, as its administrators see them."""
        if not self._url or self.of_app:
            return []
        url = f"{base}/repos/{repo.owner}/{repo.name}/hooks/1"
        last = self.deliveries[-1].status if self.deliveries else None
        answer = {"code": last, "status": "active" if last else "unused", "message": None}
        return [
            {
                "type": "Repository",
                "id": 1,
                "name": "web",
                "active": self.active,
                "events": self.events,
                "config": self.config,
                "updated_at": shapes.BORN,
                "created_at": shapes.BORN,
                "url": url,
                "test_url": f"{url}/test",
                "ping_url": f"{url}/pings",
                "deliveries_url": f"{url}/deliveries",
                "last_response": answer,
            }
        ]

    def unsubscribe(self) -> None:
        """Send nothing any more."""
        self._url = ""

    def reviewed(
        self, action: str, repo: Repository, pull: Pull, review: Review, by: str, changes: dict[str, Any]
    ) -> None:
        """Tell what happened to a review."""
        if not self._url:
            return
        with self._forge.lock:
            payload = _payload(self._forge, repo, pull, review, by) | {"action": action}
        self._send(REVIEWS, payload | ({"changes": changes} if action == "edited" else {}))

    def redeliver(self, delivery: HookDelivery) -> int:
        """Send the same again, under the same id; return how it was answered."""
        delivery.status = self._post(delivery)
        return delivery.status

    def release(self, order: Iterable[int] | None = None) -> list[int]:
        """Let go of what was held, in any order; return how each was answered."""
        held, self._held, self.holding = self._held, [], False
        return [self.redeliver(held[at]) for at in (order or range(len(held)))]

    def _send(self, event: str, payload: Shape) -> None:
        delivery = HookDelivery(str(uuid.uuid4()), event, json.dumps(payload).encode())
        self.deliveries.append(delivery)
        if self.holding:
            self._held.append(delivery)
        elif self.losing:
            self.losing -= 1
        else:
            delivery.status = self._post(delivery)

    def _post(self, delivery: HookDelivery) -> int:
        try:
            with httpx.Client(trust_env=False, timeout=SECONDS) as client:
                answer = client.post(
                    self._url, content=delivery.body, headers=headers(delivery, self._secret)
                )
        except httpx.HTTPError:
            return 0
        return answer.status_code


def headers(delivery: HookDelivery, secret: str) -> dict[str, str]:
    """Return what GitHub sends with a body."""

    def signed(name: str) -> str:
        return f"{name}={hmac.new(secret.encode(), delivery.body, name).hexdigest()}"

    return {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Delivery": delivery.id,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": "1",
        "X-GitHub-Hook-Installation-Target-Type": "repository",
        "X-Hub-Signature": signed(hashlib.sha1().name),
        "X-Hub-Signature-256": signed(hashlib.sha256().name),
    }


def _payload(forge: Forge, repo: Repository, pull: Pull, review: Review, by: str) -> Shape:
    shown = pull_shapes.review(BASE, forge, repo, pull, review)
    sender = forge.account(by)
    where = _repository(forge, repo)
    about = pull_shapes.simple(BASE, forge, repo, pull) | {
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "active_lock_reason": None,
    }
    for side in ("head", "base"):
        about[side] = about[side] | {"repo": where}  # type: ignore[operator]  # it is a shape itself
    return {
        "review": shown | {"state": review.state.lower()},
        "pull_request": about,
        "repository": where,
        "sender": shapes.user(BASE, sender) if sender else None,
    }


def _repository(forge: Forge, repo: Repository) -> Shape:
    shape = shapes.repository(BASE, forge, repo)
    return {name: value for name, value in shape.items() if name not in _NOT_IN_HOOKS} | _ALSO_IN_HOOKS
