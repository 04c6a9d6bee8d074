"""The Home tab: what is one person's, with the buttons that help.

Times are written so that Slack shows them in the reader's zone and counts down by itself whenever it draws them:
nothing is published anew because a minute has passed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.ids import COMMAND, Action
from bot.views.lines import SECTIONS, Told, counts_said
from bot.views.text import cut, moment
from workflows.mine import Debt, Line, Mine
from workflows.vocabulary import Duty, State

MOST = 12  #: of each kind; so everything fits into Slack's 100 blocks
REVIEWS = 4  #: months nobody has signed, the oldest first
TEXT = 2900  #: characters of one section, of Slack's 3,000

#: What fulfils a duty, and how its button is called here.
FULFILS: dict[Duty, tuple[Action, str]] = {
    Duty.COMPLETION: (Action.DONE, "Completion report"),
    Duty.RETROSPECTIVE: (Action.RETROSPECTIVE, "Retrospective"),
    Duty.REMEDIATION: (Action.REMEDIATE, "Remediation"),
    Duty.ACCEPTANCE: (Action.ACCEPT, "Accept"),
}
OF_THE_AUTHOR = (Duty.COMPLETION, Duty.RETROSPECTIVE, Duty.REMEDIATION)


Block = dict[str, Any]  #: as Slack reads it: writing out its library's models took half of a Home's time


@dataclass(frozen=True, slots=True)
class Home:
    """Draws one person's Home."""

    mine: Mine
    told: Told

    def view(self) -> dict[str, Any]:
        """Return the view to publish."""
        return {"type": "home", "blocks": [*self._blocks()]}

    def _blocks(self) -> Iterable[Block]:
        mine = self.mine
        if mine.because:
            return [{"type": "section", "block_id": "because", "text": _plain(mine.because)}]
        begin = [
            _button(Action.NEW, "New emergency change", "new", style="danger"),
            _button(Action.NEW_DRILL, "Rehearse", "drill"),
        ]
        nothing = not (mine.windows or mine.owed or mine.asked or mine.follow_ups)
        return [
            _actions("begin", begin),
            *([_small("away", "\n".join(away))] if (away := self.told.absences(mine)[:MOST]) else ()),
            *([_said("nothing", "Nothing is open in your name, and nobody waits for you.")] if nothing else ()),
            *self._part("windows", mine.windows.shown, mine.windows.more, self._window),
            *self._part("owed", mine.owed.shown, mine.owed.more, self._owed),
            *self._part("asked", mine.asked.shown, mine.asked.more, self._asked),
            *self._follow_ups(),
            *self._overview(),
            *self._recent(),
            _small("drawn", f"As of {moment(mine.at)}. Drawn anew whenever something changes; times are in your own zone."),
        ]  # fmt: skip

    def _part(
        self,
        name: str,
        shown: Sequence[Line] | Sequence[Debt],
        more: int,
        draw: Callable[..., Iterable[Block]],
    ) -> Iterable[Block]:
        if not shown:
            return
        yield _header(name, SECTIONS[name])
        for one in shown:
            yield from draw(one)
        if more:
            yield _small(f"{name}:more", f"…and {more} more; `{COMMAND} list {name}`")

    def _window(self, line: Line) -> Iterable[Block]:
        yield _said(f"window:{line.id}", self.told.window(line))
        if line.owner not in self.told.me:
            return
        if line.state is State.ACTIVE:
            buttons = [_button(Action.DONE, "Done", line.id, style="primary")]
            buttons += [] if line.asked_first else [_button(Action.EXTEND, "Extend", line.id)]
        else:
            buttons = [_button(Action.WITHDRAW, "Withdraw", line.id)]
        yield _actions(f"window-actions:{line.id}", buttons)

    def _owed(self, debt: Debt) -> Iterable[Block]:
        offer = (Action.ANSWER, "Answer") if debt.answer else FULFILS.get(debt.duty)
        accessory = _button(*offer, debt.id) if offer else None
        yield _said(f"owed:{debt.id}:{debt.duty.value}", self.told.debt(debt), accessory)

    def _asked(self, debt: Debt) -> Iterable[Block]:
        yield _said(f"asked:{debt.id}", self.told.debt(debt))
        agree = _button(Action.APPROVE, "Approve", debt.id, style="primary")
        if debt.line.pull and not debt.holds_up:
            agree = {
                **_button(Action.REVIEW, "Review on GitHub", debt.id, style="primary"),
                "url": debt.line.pull,
            }
        reject = _button(Action.REJECT, "Reject", debt.id, style="danger")
        yield _actions(f"asked-actions:{debt.id}", [agree, reject])

    def _follow_ups(self) -> Iterable[Block]:
        agreed = self.mine.follow_ups
        yield from self._lines("follow-ups", [self.told.follow_up(one) for one in agreed.shown])
        if agreed.more:
            yield _small("follow-ups:more", f"…and {agreed.more} more; `{COMMAND} list follow-ups`")

    def _overview(self) -> Iterable[Block]:
        mine = self.mine
        if mine.counts is None:
            return
        yield _header("overview", SECTIONS["overview"])
        fields = [_marked(f"*{name}*\n{n}") for name, n in counts_said(mine.counts)]
        yield {"type": "section", "block_id": "counts", "fields": fields}
        for one in mine.reviews[:REVIEWS]:
            sign = _button(Action.SIGN_OFF, "Sign off", one.id)
            yield _said(f"review:{one.id}", self.told.review(one), sign)
        if (more := len(mine.reviews) - REVIEWS) > 0:
            yield _small("reviews:more", f"…and {more} more; `{COMMAND} list overview`")
        yield from self._part("late", mine.late.shown, mine.late.more, self._late)

    def _late(self, debt: Debt) -> Iterable[Block]:
        hands_over = debt.person is not None and debt.duty in OF_THE_AUTHOR
        accessory = _button(Action.REASSIGN, "Hand over", debt.id) if hands_over else None
        yield _said(f"late:{debt.id}:{debt.duty.value}", self.told.debt(debt, by=True), accessory)

    def _recent(self) -> Iterable[Block]:
        yield from self._lines("recent", [self.told.line(line) for line in self.mine.recent])

    def _lines(self, name: str, lines: Sequence[str]) -> Iterable[Block]:
        """Put lines without buttons together, six to a section."""
        if lines:
            yield _header(name, SECTIONS[name])
        for n in range(0, len(lines), 6):
            yield _said(f"{name}:{n}", "\n".join(lines[n : n + 6]))


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text}


def _marked(text: str) -> Block:
    return {"type": "mrkdwn", "text": text}


def _header(name: str, text: str) -> Block:
    return {"type": "header", "block_id": name, "text": _plain(text)}


def _actions(name: str, buttons: Iterable[Block]) -> Block:
    return {"type": "actions", "block_id": name, "elements": [*buttons]}


def _button(action: Action, label: str, value: str, style: str | None = None) -> Block:
    button = {"type": "button", "text": _plain(label), "action_id": action.value, "value": value}
    return {**button, "style": style} if style else button


def _said(name: str, text: str, accessory: Block | None = None) -> Block:
    section = {"type": "section", "block_id": name, "text": _marked(cut(text, TEXT))}
    return {**section, "accessory": accessory} if accessory else section


def _small(name: str, text: str) -> Block:
    return {"type": "context", "block_id": name, "elements": [_marked(text)]}
