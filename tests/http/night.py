"""One night in the small world: what people do and see in Slack, in the words a story uses.

Nothing here waits: the workers are run by hand after each act, and the procedure's clock is moved.
"""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox import cast
from sandbox.slack import answers, payloads
from sandbox.world import World
from workflows.vocabulary import State

LINUS, MAYA, GRACE, ADA, SOL = "U0LINUS", "U0MAYA", "U0GRACE", "U0ADA", "U0SOL"
GIL, OSKAR, DEE = "U0GIL", "U0OSKAR", "U0DEE"
BREAK_GLASS = {"payments": "payments-break-glass", "ledger": "ledger-break-glass"}
WHY = "Every order fails since 03:01; each minute of waiting loses customers."
REQUEST = {
    "criterion": "service down",
    "what": "Checkout answers 500. The index is rolled back.",
    "justification": WHY,
    "risk": "low",
    "security_impact": "Write access to production.",
    "rollback_plan": "Put the index back.",
    "tested": "no",
    "test_waiver": "There is no time for it.",
    "window": "1h",
}
REPORT = {
    "done": "Rolled the index back.",
    "changes": "",
    "verified": "Orders go through.",
    "rolled_back": "no",
}
LOOK_BACK = {
    "cause": "The index was built without a lock.",
    "genuine": "yes",
    "normal_process": "Nobody who reviews was awake.",
    "prevention": "Lock the index.",
}
REMEDY = {"outcome": "reverted", "note": "Reverted and released again."}
MINUTE = timedelta(minutes=1)


def monday_night() -> datetime:
    """Return ten past three on a Monday to come, far from every holiday."""
    first = datetime(datetime.now(UTC).year + 1, 3, 1, 3, 10, tzinfo=UTC)  # noqa: TID251 - a clock only moves forward
    return first + timedelta(days=-first.weekday() % 7)


class Night:
    """A world with verbs; ``before`` may break something in it before the bot starts."""

    def __init__(self, directory: Path, before=lambda world: None, **how) -> None:
        self.world = World(directory, live=False, **{"evidence": False, **how})
        self.world.travel.by(monday_night() - self.world.now())
        self.over_socket = bool(how.get("socket"))
        before(self.world)
        self.world.start()

    def ends(self) -> None:
        """Stop everything, without waiting for servers and clients that take their time to notice."""
        if self.over_socket:
            handler, self.world.process._socket = self.world.process._socket, None
            handler.client.auto_reconnect_enabled = False
            self.world.slack.socket.close()
            threading.Thread(target=_leave, args=(handler,)).start()
        self.world.halt()
        threading.Thread(target=self.world.served.stop).start()  # it takes its server a tenth of a second

    # --- what people do ----------------------------------------------------------------------------

    def types(self, who, text="", channel=cast.PAYMENTS):
        """Type the command; returns the sentence it was answered with."""
        delivered = self.world.slack.command(who, channel, text)
        assert delivered.ok, delivered
        self.settles()
        return (
            (delivered.body or {}).get("text", "")
            if isinstance(delivered.body, dict)
            else delivered.body or ""
        )

    def presses(self, who, action, change=None, *, version=None):
        """Press a button of the card; returns the dialog that opened, if one did."""
        card = self.record(change).card
        shown = self.world.slack.click(who, card.channel, card.ts, action, version=version)
        assert shown.ok, shown
        self.settles()
        return self.dialog(who)

    def presses_raw(self, who, action, change=None):
        """Press a button that the card does not show, as a screen that is old or forged would."""
        payload = self.forged(who, action, change)
        assert self.sends(payload).ok
        self.settles()
        return self.dialog(who)

    def forged(self, who, action, change=None, **more):
        """Return the payload of a click on the card with any ``action``."""
        slack, card = self.world.slack, self.card(change)
        user = slack.user(who)
        touched = {
            "type": "button",
            "action_id": action,
            "block_id": "actions",
            "value": change or self.world.latest(),
            "action_ts": "1.1",
            "text": {"type": "plain_text", "text": action},
        }
        return payloads.message_action(slack, user, card, card, touched) | more

    def sends(self, payload):
        """Send an interaction, signed."""
        return self.world.slack._deliver("interactive", payload)

    def dialog(self, who):
        """Return the dialog before somebody, or ``None``."""
        views = self.world.slack.views(who)
        return views[-1] if views else None

    def submits(self, who, **values):
        """Submit the dialog on top; returns the errors shown at its fields."""
        view = self.dialog(who)
        view.errors = {}
        sent = self.world.slack.submit(who, view.id, values)
        assert sent.ok, sent
        self.settles()
        return dict(view.errors)

    def sends_form(self, who, **values):
        """Send the dialog on top as it is, unchecked by Slack's own client; returns the bot's answer."""
        view, slack = self.dialog(who), self.world.slack
        view.errors = {}
        for name, value in values.items():
            [(action, state)] = view.state[name].items()
            key = next(key for key in state if key != "type")
            chosen = {"text": {"type": "plain_text", "text": str(value)}, "value": value}
            view.state[name][action] = state | {key: chosen if key == "selected_option" else value}
        payload = payloads.view_submission(slack, slack.user(who), view)
        sent = answers.to_submission(slack, view, self.sends(payload))
        self.settles()
        return sent

    def says_no(self, who):
        """Return the sentence of the dialog that only says one, and close it."""
        view = self.dialog(who)
        assert view.view["callback_id"] == "form.notice", view.view["callback_id"]
        self.world.slack.close(who, view.id)
        return view.view["blocks"][0]["text"]["text"]

    def asks(self, who=LINUS, access="payments-merge", **said):
        """Fill in the request form; returns the errors."""
        self.types(who)
        errors = self.submits(who, **{**REQUEST, "access": access, **said})
        if errors:
            self.world.slack.close(who, self.dialog(who).id)
        return errors

    def requests(self, who=LINUS, access="payments-merge", **said):
        """Raise a change; returns its id."""
        assert self.asks(who, access, **said) == {}
        return self.world.latest()

    def _does(self, who, action, values, change=None):
        assert self.presses(who, action, change), f"{who} was refused: {self.told(who)}"
        errors = self.submits(who, **values)
        assert errors == {}, errors
        assert self.dialog(who) is None, self.says_no(who)

    def approves(self, who=GRACE, change=None, comment="Go."):
        self._does(who, "change.approve", {"comment": comment}, change)

    def chooses(self, who, action, value=None, block=None):
        """Press or choose something inside the dialog on top, which may draw it anew."""
        view = self.dialog(who)
        touched = self.world.slack.click_in_view(who, view.id, action, value=value, block_id=block)
        assert touched.ok, touched
        self.settles()
        return self.dialog(who)

    def agrees(self, who=GRACE, change=None, what="Lock the index.", owner=MAYA, due=None, **said):
        """Approve with a follow-up."""
        assert self.presses(who, "change.approve", change), self.told(who)
        self.chooses(who, "dialog.choice", "follow_up")
        day = (due or self.day(10)).isoformat()
        return self.submits(who, follow_up_1=what, owner_1=owner, due_1=day, **said)

    def asks_about(self, who=GRACE, change=None, text="Since when?"):
        """Ask the requester, from inside the dialog in which one approves."""
        assert self.presses(who, "change.approve", change), self.told(who)
        self.chooses(who, "change.ask")
        return self.submits(who, text=text)

    def answers(self, who=LINUS, change=None, text="Since 03:01."):
        """Answer the oldest open question."""
        view = self.presses(who, "change.answer", change)
        [field] = [b["block_id"] for b in view.view["blocks"] if b["type"] == "input"]
        return self.submits(who, **{field: text})

    def closes(self, who):
        """Close every dialog before somebody."""
        while view := self.dialog(who):
            self.world.slack.close(who, view.id)

    def day(self, days):
        """Return the date in so many days."""
        return (self.world.now() + timedelta(days=days)).date()

    def rejects(self, who=GRACE, change=None, reason="This could have waited."):
        self._does(who, "change.reject", {"reason": reason}, change)

    def reports(self, who=LINUS, change=None, **said):
        self._does(who, "change.done", REPORT | said, change)

    def extends(self, who=LINUS, change=None, window="30m", justification="The index is large."):
        self._does(who, "change.extend", {"window": window, "justification": justification}, change)

    def ends_access(self, who, change=None, reason="Enough."):
        self._does(who, "change.end", {"reason": reason}, change)

    def overrides(self, who=LINUS, change=None, reason="Money is being lost."):
        self._does(who, "change.override", {"reason": reason}, change)

    def looks_back(self, who=LINUS, change=None, **said):
        self._does(who, "change.retrospective", LOOK_BACK | said, change)

    def remediates(self, who=LINUS, change=None, **said):
        self._does(who, "change.remediate", REMEDY | said, change)

    def accepts(self, who=GRACE, change=None):
        self._does(who, "change.accept", {}, change)

    def returns(self, who=GRACE, change=None, reason="Say why the lock was missing."):
        self._does(who, "change.return", {"reason": reason}, change)

    def settles(self):
        self.world.settle()

    def passes(self, **time):
        """Let time pass; what falls due on the way happens at its own moment."""
        self.world.advance(timedelta(**time))

    def lives_through(self, step=MINUTE, **time):
        """Let time pass by every clock, step by step, as it does when somebody waits."""
        for _ in range(round(timedelta(**time) / step)):
            self.world.stopwatch.advance(step)
            self.world.advance(step)
        self.world.bot.refresh()

    def looks_at_home(self, who=LINUS):
        """Open the app's Home tab; returns what stands there."""
        opened = self.world.slack.open_home(who)
        assert opened.ok, opened
        self.settles()
        return self.home(who)

    def presses_at_home(self, who, action, change=None):
        """Press a button of the Home tab; returns the dialog that opened, if one did."""
        home = self.world.slack.home(who)
        block = next(
            block["block_id"]
            for block in home.view["blocks"]
            for element in [*block.get("elements", ()), block.get("accessory") or {}]
            if element.get("action_id") == action and change in (None, element.get("value"))
        )
        pressed = self.world.slack.click_in_view(who, home.id, action, block_id=block)
        assert pressed.ok, pressed
        self.settles()
        return self.dialog(who)

    # --- what there is to see ----------------------------------------------------------------------

    def home(self, who=LINUS):
        """Return what stands on somebody's Home tab, by the block's name; ``None`` if none was published."""
        home = self.world.slack.home(who)
        return {b["block_id"]: _texts_of(b) for b in home.view["blocks"]} if home else None

    @property
    def memory(self):
        return self.world.bot.memory

    def record(self, change=None):
        return self.memory.record(change or self.world.latest())[0]

    def state(self, change=None):
        return self.record(change).state

    def owed(self, change=None):
        """Return the names of what people owe."""
        record, policy = self.memory.record(change or self.world.latest())
        return {duty.duty.value for duty in self.world.bot.desk.owed(record, policy)}

    def holders(self, system="payments"):
        """Return who has the emergency access of a system."""
        return self.world.members(BREAK_GLASS[system])

    def entries(self, change=None):
        return self.memory.entries(limit=5000, change=change)

    def happened(self, change=None):
        """Return the kinds of what was accepted or seen, in order."""
        return [
            e.entry.kind.split("/")[0]
            for e in self.entries(change)
            if e.leaf["ruling"].get("answer") != "refused"
        ]

    def refusals(self):
        """Return (kind, guard, sentence) of everything that was refused, in order."""
        return [
            (e.entry.kind.split("/")[0], e.leaf["ruling"]["guard"], e.leaf["ruling"]["because"])
            for e in self.entries()
            if e.leaf["ruling"].get("answer") == "refused"
        ]

    def told(self, who):
        """Return what was shown to somebody alone, in any channel, oldest first."""
        slack = self.world.slack
        return [
            m.text for c in slack.conversations(who) for m in slack.messages(c.id) if m.ephemeral_to == who
        ]

    def direct(self, who):
        """Return the direct messages somebody got from the bot."""
        return [m.text for m in self.world.slack.messages(self.world.slack.im_with(who).id)]

    def offered_in_private(self, who):
        """Return the labels of the buttons of the last direct message."""
        last = self.world.slack.messages(self.world.slack.im_with(who).id)[-1]
        return [e["text"]["text"] for b in last.blocks if b["type"] == "actions" for e in b["elements"]]

    def presses_in_private(self, who, action):
        """Press a button of the last direct message."""
        last = self.world.slack.messages(self.world.slack.im_with(who).id)[-1]
        self.world.slack.click(who, last.channel, last.ts, action)

    def buttons(self, change=None):
        """Return the labels of the card's buttons."""
        card = self.card(change)
        return [e["text"]["text"] for b in card.blocks if b["type"] == "actions" for e in b["elements"]]

    def card(self, change=None):
        at = self.record(change).card
        return self.world.slack.message(at.channel, at.ts)

    def thread(self, change=None):
        """Return the texts in the card's thread."""
        slack = self.world.slack
        return [m.text for m in slack.replies(self.card(change))]

    def tickets(self):
        """Return the tickets of record."""
        return self.world.jira.tracker.of_type("Change")

    def follow_ups(self):
        """Return the issues of follow-ups."""
        return self.world.jira.tracker.of_type("Task")

    def ticket(self):
        """Return the one ticket there is."""
        [ticket] = self.tickets()
        return ticket

    def ticket_of_record(self, change=None):
        key = self.record(change).ticket.key
        return next(ticket for ticket in self.tickets() if ticket.key == key)

    def findings(self, change=None):
        return [finding.exception.value for finding in self.record(change).findings]

    def picture(self, change=None):
        """Return everything that must not have changed when nothing was changed."""
        record = self.record(change)
        return (
            replace(record, last=0),
            frozenset(self.holders("payments") | self.holders("ledger")),
            [(t.key, t.status, len(t.comments)) for t in self.tickets()],
            [(b.get("block_id"), str(b)) for b in self.card(change).blocks],
            len(self.thread(change)),
        )

    def is_closed_well(self, change=None):
        """Say what must hold at the end of every story that was accepted."""
        assert self.state(change) is State.CLOSED
        assert self.owed(change) == set()
        assert self.ends_well()
        return True

    def ends_well(self):
        """Say what must hold at the end of every story: no access left behind, a ledger that verifies, rest."""
        before = len(self.entries())
        self.settles()
        assert len(self.entries()) == before
        self.memory.verify()
        assert self.holders("payments") == set()
        assert self.holders("ledger") == set()
        return True


def _leave(handler) -> None:
    with suppress(AttributeError):  # its reader may have closed the socket a moment before
        handler.close()


def _texts_of(block):
    """Return everything a block says: its texts, and the labels of its buttons."""
    texts = [block.get("text"), *block.get("fields", ()), (block.get("accessory") or {}).get("text")]
    texts += [element.get("text") for element in block.get("elements", ())]
    return " | ".join(text if isinstance(text, str) else text["text"] for text in texts if text)
