"""``/emergency-change`` and its words; anything it does not know is answered with help, never with silence."""

from collections.abc import Callable
from typing import Any

from bot.desk import Desk
from bot.ids import COMMAND, Action
from bot.listeners.buttons import open_or_refuse
from bot.listeners.delegation import Delegations, away_said
from bot.listeners.meaning import LIVE, change_meant, split_arguments, typing_error
from bot.payloads import Payload, delivery, incident_in
from bot.slack_out import open_view
from bot.views.lines import SECTIONS, mine_in_text
from bot.views.lists import change_list, change_status, help_text
from bot.views.request_form import request_form
from bot.views.text import escaped, own_words
from workflows import events as ev
from workflows.administration import Invocation
from workflows.errors import UnknownChange
from workflows.people import not_a_member
from workflows.policy import Policy
from workflows.vocabulary import ChangeId, PersonId

Ack = Callable[..., Any]

DIALOGS = {
    "done": Action.DONE,
    "extend": Action.EXTEND,
    "end": Action.END,
    "retrospective": Action.RETROSPECTIVE,
    "remediate": Action.REMEDIATE,
    "accept": Action.ACCEPT,
    "reassign": Action.REASSIGN,
    "ask": Action.ASK,
    "answer": Action.ANSWER,
}
LOOKED_UP = ("status", "list", "withdraw", "help")
DRILL, DELEGATE = "drill", "delegate"
WORDS = (*DIALOGS, *LOOKED_UP, DRILL, DELEGATE)
BRIEFLY, AT_LENGTH = 20, 60  #: lines of each kind in a list
ALL = 10_000  #: changes looked at for the list of everything, so that it can say how many it leaves out


class Command:
    """The slash command."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._delegations = Delegations(desk)

    def run(self, ack: Ack, body: Payload, client: Any) -> None:
        """Answer one invocation; that it happened is an entry, also where nothing came of it."""
        by, text = self._desk.who(body), str(body.get("text") or "").strip()
        word, _, rest = text.partition(" ")
        word = word.lower()
        try:
            answer = self._answer(word, rest.strip(), text, by, body, client)
        finally:
            entry = Invocation(at=self._desk.clock.now(), by=by, word=word if word in WORDS else "")
            self._desk.changes.administer(entry, f"invocation:{delivery(body)}")
        ack(text=answer) if answer else ack()

    def begin(self, ack: Ack, body: Payload, client: Any) -> None:
        """Open the form from the Home tab."""
        self._open_form("", body, client)
        ack()

    def rehearse(self, ack: Ack, body: Payload, client: Any) -> None:
        """Open the form of a drill from the Home tab."""
        self._open_form("", body, client, drill=True)
        ack()

    def _answer(self, word: str, rest: str, text: str, by: PersonId, body: Payload, client: Any) -> str:
        try:
            if word in DIALOGS:
                return self._dialog(word, rest, by, body, client)
            if word in LOOKED_UP:
                return self._look_up(word, rest, by, body)
            if word == DELEGATE:
                return self._delegations.answer(rest, by, body)
            if word == DRILL:
                return self._open_form(rest, body, client, drill=True)
            if self._reads_as_request(word, rest, text):
                return self._open_form(text, body, client)
        except UnknownChange as unknown:
            return escaped(str(unknown))
        return help_text(word)

    def _reads_as_request(self, word: str, rest: str, text: str) -> bool:
        """Nothing, a system or access of the policy, or a sentence; a lone unknown word is a typing error."""
        policy = self._desk.records.policy()
        if not text or word in policy.systems or word in policy.access:
            return True
        return " " in text and not typing_error(word, rest, WORDS)

    def _open_form(self, text: str, body: Payload, client: Any, *, drill: bool = False) -> str:
        """Open the form, filled in with what is known; a drill is about none of the incidents around it."""
        policy, channel = self._desk.records.policy(), str(body.get("channel_id") or "")
        prefilled = prefill(policy, text)
        around = () if drill else (self._desk.directory.topic(channel), body.get("channel_name"))
        prefilled["incident"] = incident_in(text, *around)
        open_view(client, str(body["trigger_id"]), request_form(policy, prefilled, channel, drill=drill))
        return ""

    def _dialog(self, word: str, rest: str, by: PersonId, body: Payload, client: Any) -> str:
        window, named = split_arguments(rest)
        change = self._find(word, named, by)
        if not change:
            return _say_which(word)
        view = {"window": window} if word == "extend" and window else {}
        return own_words(open_or_refuse(self._desk, DIALOGS[word], change, body, client, **view))

    def _look_up(self, word: str, rest: str, by: PersonId, body: Payload) -> str:
        if word in ("list", "status"):
            return "\n".join(filter(None, (self._alarm(), self._shown(word, rest, by))))
        if word == "help":
            return help_text("")
        change = self._find(word, rest, by)
        if not change:
            return _say_which(word)
        event = ev.Withdrawal(at=self._desk.clock.now(), by=by)
        ruled = self._desk.changes.offer(change, event, delivery(body))
        return own_words(getattr(ruled.ruling, "because", f"{change} is withdrawn."))

    def _alarm(self) -> str:
        because = self._desk.records.closing_stopped()
        return f":rotating_light: *{escaped(because)}*" if because else ""

    def _shown(self, word: str, rest: str, by: PersonId) -> str:
        if because := not_a_member(self._desk.records.person(by)):
            return because
        if word == "list":
            return self._list(rest.lower(), by)
        change = self._find(word, rest, by)
        if not change:
            return self._standing(by)
        record, policy = self._desk.records.record(change)
        owed = self._desk.owed(record, policy)
        away = away_said(self._desk, owed)
        return change_status(record, policy, owed, self._desk.slack_id, away)

    def _list(self, what: str, by: PersonId) -> str:
        """Say what is the person's, one part of it at length, or everything that is not over."""
        if what == "all":
            records = self._desk.records
            changes = records.changes(states=LIVE, limit=ALL)
            return change_list(changes, records.policy(), self._desk.slack_id)
        if what and what not in SECTIONS:
            return f"`{COMMAND} list` alone, or with one of: {', '.join((*SECTIONS, 'all'))}."
        found, told = self._desk.mine(by, AT_LENGTH if what else BRIEFLY)
        return mine_in_text(found, told, [what] if what else SECTIONS)

    def _standing(self, by: PersonId) -> str:
        """Say where somebody stands who has no change open, or several."""
        found, told = self._desk.mine(by, BRIEFLY)
        if found.windows or found.owed or found.asked or found.follow_ups:
            return mine_in_text(found, told, ("windows", "owed", "asked", "follow-ups"))
        return _say_which("status")

    def _find(self, word: str, named: str, by: PersonId) -> ChangeId | None:
        """Return the change that is named, or the one of the person's that the word can be about."""
        return ChangeId(named.upper()) if named else change_meant(self._desk, word, by)


def prefill(policy: Policy, text: str) -> dict[str, str]:
    """Read ``payments checkout is down``: a system or access first, if there is one, then what is broken."""
    word, _, rest = text.partition(" ")
    key = word.lower()
    if key in policy.access:
        return {"access": key, "what": rest.strip()}
    if key in policy.systems:
        profiles = [name for name, profile in policy.access.items() if profile.system == key]
        return {"access": profiles[0] if len(profiles) == 1 else "", "what": rest.strip()}
    return {"what": text}


def _say_which(word: str) -> str:
    return f"Say which change: `/emergency-change {word} EC-2026-0001`. `/emergency-change list` shows them."
