"""A demo world: one emergency change, told well enough to look at the page and to test its server.

The workspace is the real stand-in; only the bot behind it is a few lines that answer at once.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.page.world import (
    Comment,
    Entry,
    Evidence,
    EvidenceCommit,
    EvidencePull,
    Person,
    Service,
    Team,
    Ticket,
    Trouble,
    Verdict,
)
from sandbox.slack import blocks, views
from sandbox.slack.model import Channel, Delivered, Message, NotThere, Outgoing, User
from sandbox.slack.workspace import Workspace

from . import demo_forms as forms

Json = dict[str, Any]
BEGINNING = datetime(2026, 11, 5, 2, 9, tzinfo=UTC)
PEOPLE: list[Person] = [
    {"slack_id": "U0MARA", "name": "Mara Lindqvist", "role": "On-call engineer", "github": "mlindqvist"},
    {"slack_id": "U0JONAS", "name": "Jonas Weber", "role": "Approver, head of payments", "github": "jweber"},
    {"slack_id": "U0PRIYA", "name": "Priya Nair", "role": "Auditor, security", "github": "pnair"},
    {"slack_id": "U0TOM", "name": "Tom Okafor", "role": "Engineer, not on call", "github": "tokafor"},
]


class DemoBot:
    """A door with the bot right behind it."""

    def __init__(self, world: "DemoWorld") -> None:
        self._world = world

    def deliver(self, kind: str, payload: Json, command: str | None = None) -> Delivered:
        answer = None
        if kind == "command":
            answer = self._world.commanded(payload)
        elif kind == "event":
            self._world.show_home(payload["event"].get("user", "U0MARA"))
        elif payload["type"] == "block_actions":
            self._world.pressed(payload)
        elif payload["type"] == "view_submission":
            answer = self._world.submitted(payload)
        return Delivered(ok=True, status=200, body=answer)

    def again(self, sent: Outgoing, reason: str | None) -> Delivered:
        raise NotImplementedError

    def raw(self, body: str, headers: dict[str, str]) -> Delivered:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing to let go of."""


class DemoWorld:
    """Satisfies ``sandbox.page.World`` with what it keeps in memory; its clock stands unless it is moved."""

    def __init__(self) -> None:
        self._now = BEGINNING
        self._version = 0
        self._subscribers: list[Callable[[int], None]] = []
        self._entries: list[Entry] = []
        self._tickets: list[Ticket] = []
        self._members: dict[str, dict[str, str]] = {
            "acme/payments-break-glass": {},
            "acme/sre": {"mlindqvist": "member"},
        }
        self._files = {"changes/2026/EC-2026-0001/record.md": "# EC-2026-0001\n", "checkpoint": "acme\n1\n"}
        self._commits: list[EvidenceCommit] = []
        self._pull: EvidencePull = {
            "number": 1,
            "title": "EC-2026-0001: Payments",
            "url": "https://github.com/acme/evidence/pull/1",
            "open": True,
            "head": "c0ffee",
            "description": "> Review it.\n\n### Why\n\n> Checkout answers 500.",
            "reviews": [],
            "comments": [],
        }
        self._faults: dict[Service, Trouble] = {"slack": "none", "jira": "none", "github": "none"}
        self._card: Message | None = None
        self.slack = Workspace(
            signing_secret="secret", bot_token="xoxb-demo", now=lambda: self._now.timestamp()
        )
        self.slack._door = DemoBot(self)
        self._people()
        self._night()

    # --- the world the page sees

    @property
    def version(self) -> int:
        return self._version

    def subscribe(self, callback: Callable[[int], None]) -> Callable[[], None]:
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def people(self) -> list[Person]:
        return PEOPLE

    def tickets(self) -> list[Ticket]:
        return self._tickets[::-1]

    def teams(self) -> list[Team]:
        purposes = {
            "acme/payments-break-glass": "Merge to payments without review",
            "acme/sre": "Eligible to ask",
        }
        return [
            {
                "name": name,
                "purpose": purposes[name],
                "members": [{"login": login, "state": state} for login, state in members.items()],  # type: ignore[typeddict-item]
            }
            for name, members in self._members.items()
        ]

    def set_member(self, team: str, login: str, present: bool) -> None:
        if team not in self._members:
            raise NotThere(f"there is no team {team}")
        if present:
            self._members[team][login] = "member" if login != "tokafor" else "pending"
        else:
            self._members[team].pop(login, None)
        self._record("access.drift_found", None, f"{login} {'added' if present else 'removed'} by hand", None)

    def set_ticket(self, key: str, status: str | None) -> None:
        [ticket] = [one for one in self._tickets if one["key"] == key] or [None]
        if ticket is None:
            raise NotThere(f"there is no {key}")
        if status is None:
            self._tickets.remove(ticket)
        else:
            ticket["status"] = status
        self._changed()

    def evidence(self) -> Evidence:
        return {
            "name": "acme/evidence",
            "branch": "main",
            "head": "c0ffee",
            "files": [{"path": path, "size": len(text)} for path, text in sorted(self._files.items())],
            "commits": self._commits,
            "pulls": [self._pull],
        }

    def evidence_file(self, path: str) -> str | None:
        if path not in self._files:
            raise NotThere(f"there is no {path}")
        return self._files[path]

    def meddle(self, how: str) -> None:
        self._commits.insert(
            0, {"sha": how, "message": how, "author": "M", "ours": False, "at": self._now.isoformat()}
        )
        self._record("evidence.altered", None, how, None)

    def review(self, person: str, number: int, verdict: str, body: str) -> None:
        if number != self._pull["number"]:
            raise NotThere(f"there is no pull request {number}")
        self._pull["reviews"].append(
            {
                "id": len(self._pull["reviews"]) + 1,
                "author": person,
                "state": verdict,
                "body": body,
                "at": self._now.isoformat(),
                "stale": False,
                "edited": False,
            }
        )
        self._record("review.seen", None, verdict, None)

    def comment(self, person: str, number: int, body: str) -> None:
        self._pull["comments"].append({"author": person, "at": self._now.isoformat(), "text": body})
        self._record("comment.seen", None, body, None)

    def dismiss(self, person: str, number: int, review: int) -> None:
        self._pull["reviews"][review - 1]["state"] = "dismissed"
        self._record("review.dismissed", None, person, None)

    def edit_review(self, person: str, number: int, review: int, body: str) -> None:
        self._pull["reviews"][review - 1].update(body=body, edited=True)
        self._record("review.edited", None, person, None)

    def ledger(self, limit: int) -> list[Entry]:
        return self._entries[::-1][:limit]

    def verify(self) -> Verdict:
        size = len(self._entries)
        root = hashlib.sha256("".join(e["leaf_hash"] for e in self._entries).encode()).hexdigest()
        return {
            "ok": True,
            "sentence": f"All {size} entries hash to the checkpoint’s root, which is signed and anchored.",
            "size": size,
            "root": root,
            "checkpoint": f"acme.example/emergency-changes\n{size}\n{root[:43]}=\n\n— acme.example/emergency-changes Az3grl…",
        }

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        self._now += by
        if self._members["acme/payments-break-glass"].pop("mlindqvist", None):
            self._record("access.removed", "EC-2026-0042", None, None)
            self._comment("Access ended with its window; the team was read again and is empty.")
            self._say(
                "C0PAY", "Access for *EC-2026-0042* has ended :lock: and is proven to have ended.", self._card
            )
        self._changed()

    def faults(self) -> dict[Service, Trouble]:
        return self._faults

    def fault(self, service: Service, kind: Trouble) -> None:
        self._faults[service] = kind
        self._changed()

    # --- the bot behind it

    def commanded(self, payload: Json) -> Json | None:
        if payload["text"] == "":
            self._open(payload["user_id"], forms.request_form())
            return None
        if payload["text"] == "list":
            return {
                "text": "*EC-2026-0042* is open: Payments API, active until <!date^1793847060^{time}|04:11>."
            }
        return {"text": f"Nothing is known about `{payload['text']}`. Try `/emergency-change help`."}

    def pressed(self, payload: Json) -> None:
        action = payload["actions"][0]["action_id"]
        person = payload["user"]["id"]
        if action in ("approve", "reject"):
            self._open(person, forms.verdict_form(action))
        elif action == "request":
            self._open(person, forms.request_form())
        else:
            self._record(f"change.{action}", "EC-2026-0042", self._name(person), "accepted")

    def submitted(self, payload: Json) -> Json | None:
        person, callback = payload["user"]["id"], payload["view"]["callback_id"]
        values = payload["view"]["state"]["values"]
        if callback == "request":
            if "test" in values["justification"]["justification"]["value"].lower():
                return {
                    "response_action": "errors",
                    "errors": {"justification": "Say what is broken; a test is not an emergency."},
                }
            self._request(person, values["justification"]["justification"]["value"])
            return None
        verb = callback.removeprefix("verdict-")
        if verb == "approve" and person == "U0MARA":
            self._record("change.approval", "EC-2026-0042", self._name(person), "refused")
            return {
                "response_action": "errors",
                "errors": {"reason": "You cannot decide on your own change."},
            }
        self._decide(person, verb)
        return None

    def show_home(self, person: str) -> None:
        home = blocks.for_view(forms.home(self._name(person).split()[0]), "home")
        views.published(self.slack, person, home, None)

    # --- how it began

    def _people(self) -> None:
        for person in PEOPLE:
            email = f"{person['github']}@acme.example"
            self.slack.add_user(User(person["slack_id"], "T0ACME", person["github"], person["name"], email))
        everybody = {person["slack_id"] for person in PEOPLE}
        pay = Channel(
            "C0PAY", "payments-incidents", "Production trouble with payments. Page first, type later."
        )
        self.slack.add_channel(pay)
        self.slack.add_channel(Channel("C0REVIEW", "change-review", "Monthly review of emergency changes"))
        self.slack.add_channel(Channel("G0SEC", "security", "", is_private=True))
        for channel in ("C0PAY", "C0REVIEW"):
            self.slack.channels[channel].members |= everybody
        self.slack.channels["G0SEC"].members |= {"U0PRIYA", "U0JONAS"}

    def _night(self) -> None:
        self._record("policy.in_force", None, None, None)
        self._say("C0REVIEW", "*October 2026*: 3 emergency changes, all closed in time. No exceptions.", None)
        self._write(
            "U0TOM", "C0PAY", "Card payments fail since 03:02, `gateway-7` answers 500. Mara, do you see it?"
        )
        self._later(1)
        self._write(
            "U0MARA", "C0PAY", "Yes. It is yesterday's release of the *payment gateway*, I will roll it back."
        )
        self._write(
            "U0MARA", "C0PAY", "Nobody who could review is awake, so this goes through /emergency-change."
        )
        self._later(1)
        self._request("U0MARA", "Checkout answers 500 for every card payment since 03:02.")
        self._later(4)
        self._say(
            "C0PAY",
            "Access confirmed by read-back: `mlindqvist` is in `acme/payments-break-glass`.",
            self._card,
        )
        self._write(
            "U0MARA",
            "C0PAY",
            "Roll-back merged, <https://github.com/acme/payments/pull/981|#981>.",
            self._card,
        )
        self._later(2)
        self._whisper(
            "U0MARA", "C0PAY", "Your access lasts until 04:11. Say *done* when the emergency is over."
        )

    def _request(self, person: str, why: str) -> None:
        until = self._now + timedelta(hours=1)
        self._record("change.request", "EC-2026-0042", self._name(person), "accepted", {"justification": why})
        shown = forms.card(requester=person, until=int(until.timestamp()), state="approval is owed")
        self._card = self._say(
            "C0PAY", f"EC-2026-0042: emergency access for {self._name(person)}", None, shown
        )
        self._members["acme/payments-break-glass"]["mlindqvist"] = "member"
        self._record("access.confirmed", "EC-2026-0042", None, None)
        self._tickets.append(self._ticket(person, why))
        self._record("ticket.opened", "EC-2026-0042", None, None)
        text = (
            f"{self._name(person)} has emergency access to *Payments API*. You owe an answer within 24 hours."
        )
        self._say(
            self.slack.im_with("U0JONAS").id,
            text,
            None,
            [
                {"type": "section", "text": forms.mrkdwn(text)},
                {
                    "type": "actions",
                    "block_id": "card",
                    "elements": [
                        forms.button("Approve…", "approve", "primary"),
                        forms.button("Reject…", "reject", "danger"),
                    ],
                },
            ],
        )
        self._say(
            self.slack.im_with("U0MARA").id,
            "You have access until 04:11. Then you owe a completion report.",
            None,
        )

    def _ticket(self, person: str, why: str) -> Ticket:
        return {
            "key": f"CHG-{1042 + len(self._tickets)}",
            "status": "Implementing",
            "summary": "Emergency change EC-2026-0042: Payments API",
            "description": why + "\n\nRoll-back plan: revert the merge, redeploy the release before it.",
            "url": f"https://jira.acme.example/browse/CHG-{1042 + len(self._tickets)}",
            "fields": {
                "Change type": "Emergency",
                "Requester": self._name(person),
                "Access": "Merge to payments without review",
                "Window": "1 hour",
                "Qualifies as": "service down",
                "Approval": "owed",
            },
            "comments": [self._as_comment("Access given at 03:11 and confirmed by read-back.")],
        }

    def _decide(self, person: str, verb: str) -> None:
        event = "change.approval" if verb == "approve" else "change.rejection"
        self._record(event, "EC-2026-0042", self._name(person), "accepted")
        done = "approved" if verb == "approve" else "rejected"
        if self._card:
            until = int((self._now + timedelta(hours=1)).timestamp())
            verdict = f":white_check_mark: {done} by {self._name(person)}"
            shown = forms.card(requester="U0MARA", until=until, state=f"it is {done}", verdict=verdict)
            self.slack.revise(self._card, f"EC-2026-0042 {done}", blocks.for_message(shown))
        self._say("C0PAY", f"<@{person}> {done} *EC-2026-0042*.", self._card)
        self._comment(f"{self._name(person)} {done} the change.")

    # --- small change

    def _changed(self) -> None:
        self._version += 1
        for callback in list(self._subscribers):
            callback(self._version)

    def _later(self, minutes: int) -> None:
        self._now += timedelta(minutes=minutes)

    def _name(self, person: str) -> str:
        return next(one["name"] for one in PEOPLE if one["slack_id"] == person)

    def _open(self, person: str, view: Json) -> None:
        trigger = self.slack.exchange(self.slack.new_trigger(person))
        views.opened(self.slack, trigger, views.modal(view))

    def _write(self, person: str, channel: str, text: str, thread: Message | None = None) -> None:
        self.slack.put(Message(channel, "", text, user=person, thread_ts=thread.ts if thread else None))

    def _say(
        self, channel: str, text: str, thread: Message | None, shown: list[Json] | None = None
    ) -> Message:
        said = Message(channel, "", text, user=self.slack.bot_user_id, bot=self.slack.bot_id)
        said.blocks = blocks.for_message(shown) if shown else []
        said.thread_ts = thread.ts if thread else None
        return self.slack.put(said)

    def _whisper(self, person: str, channel: str, text: str) -> None:
        author = self.slack
        self.slack.put(
            Message(channel, "", text, user=author.bot_user_id, bot=author.bot_id, ephemeral_to=person)
        )

    def _as_comment(self, text: str) -> Comment:
        return {"author": "Emergency Change", "at": self._now.isoformat(), "text": text}

    def _comment(self, text: str) -> None:
        if self._tickets:
            self._tickets[-1]["comments"].append(self._as_comment(text))

    def _record(
        self, kind: str, change: str | None, actor: str | None, ruling: str | None, more: Json | None = None
    ) -> None:
        sequence = len(self._entries) + 1
        at = self._now.isoformat().replace("+00:00", "Z")
        leaf = json.dumps(
            {
                "actor": actor,
                "change": change,
                "kind": kind,
                "recorded_at": at,
                "ruling": ruling,
                "sequence": sequence,
                **(more or {}),
            },
            sort_keys=True,
            separators=(",", ":"),
        )
        self._entries.append(
            {
                "sequence": sequence,
                "recorded_at": at,
                "kind": kind,
                "change": change,
                "actor": actor,
                "ruling": ruling,
                "leaf": leaf,
                "leaf_hash": hashlib.sha256(b"\0" + leaf.encode()).hexdigest(),
            }
        )
        self._changed()
