"""One line for a change or a duty: the same on the Home tab and in the answers to ``list`` and ``status``."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.ids import COMMAND
from bot.views.card import DUTIES, MARK, SHOWN
from bot.views.text import DRILL, SlackVoice, countdown, escaped, moment
from workflows.mine import Agreed, Counts, Debt, Line, Mine, Unsigned
from workflows.policy import Policy
from workflows.ports import Posted
from workflows.vocabulary import PersonId, State

#: The parts of a Home or a list, by the word that asks for one alone.
SECTIONS = {
    "windows": "Your open windows",
    "owed": "You owe",
    "asked": "Waits for your approval",
    "follow-ups": "Your follow-ups",
    "overview": "For reviewers",
    "late": "Overdue, whoever owes it",
    "recent": "Recent changes of your systems",
}
ANSWER = "Answer to a question"
UNANSWERED = " · :warning: acted without an answer"
LONGEST = 16_000  #: characters of an answer; Slack cuts at 40,000


@dataclass(frozen=True, slots=True)
class Told:
    """Writes lines for one reader; ``me``: the persons the reader answers for."""

    me: frozenset[PersonId]
    at: datetime
    policy: Policy
    voice: SlackVoice
    address: Callable[[Posted], str]

    def line(self, line: Line) -> str:
        """Say a change."""
        parts = (
            SHOWN[line.state],
            self._access(line),
            self.voice.who(line.requester),
            moment(line.opened_at),
        )
        return f"{MARK[line.state]} {self._id(line)} · {' · '.join(parts)}"

    def window(self, line: Line) -> str:
        """Say an open change with how long it lasts."""
        whose = "" if line.requester in self.me else f" · access of {self.voice.who(line.requester)}"
        whose += "" if line.owner in self.me else f" · handed to {self.voice.who(line.owner)}"
        if line.state is State.ACTIVE and line.access_until:
            until = f"ends {moment(line.access_until)} · {countdown(line.access_until)}"
        else:
            until = f"waiting for an approver since {moment(line.opened_at)}"
        return f"{MARK[line.state]} {self._id(line)} · {self._access(line)}{whose}\n{until}"

    def debt(self, debt: Debt, *, by: bool = False) -> str:
        """Say a duty, with whose change it is; ``by``: with who owes it."""
        who = debt.person if by else debt.line.requester
        whom = (
            "" if who in self.me and not by else f" · {self.voice.who(who) if who else escaped(debt.group)}"
        )
        gone = " (has left)" if debt.line.abandoned else ""
        waits = ":hourglass_flowing_sand: nothing begins before an answer · " if debt.holds_up else ""
        due = f"until {moment(debt.due)} · {countdown(debt.due)}"
        if debt.overdue(self.at):
            due = f":warning: *overdue* since {moment(debt.due)} · {countdown(debt.due)}"
        name = DUTIES[debt.duty]
        if debt.answer:
            name, due = ANSWER, f"the approval is due {moment(debt.due)} · {countdown(debt.due)}"
        return f"*{name}* · {self._id(debt.line)} · {self._access(debt.line)}{whom}{gone}\n{waits}{due}"

    def follow_up(self, one: Agreed) -> str:
        """Say a follow-up: its issue if there is one, and until when it was agreed."""
        named = f"*<{one.url}|{one.key}>*" if one.key else f"*Follow-up {one.number}* (its issue follows)"
        late = ":warning: *late*, it was agreed " if one.late else ""
        return f"{named} · {self._id(one.line)} · {self._access(one.line)} · {late}until {one.due}"

    def review(self, one: Unsigned) -> str:
        """Say a review that nobody has signed."""
        address = self.address(one.posted) if one.posted else ""
        named = f"*<{address}|Review of {one.name}>*" if address else f"*Review of {one.name}*"
        late = ":warning: *overdue* since" if one.overdue else "to be signed off until"
        return f"{named} · {late} {moment(one.due)} · {countdown(one.due)}"

    def absences(self, mine: Mine) -> Sequence[str]:
        """Say that the reader is away, and for whom they stand in."""
        said = []
        if mine.away:
            said.append(
                f"You are away until {moment(mine.away.until)}; {self.voice.who(mine.away.delegate)} stands in."
            )
        said += [
            f"You stand in for {self.voice.who(a.person)} until {moment(a.until)}." for a in mine.instead_of
        ]
        return said

    def _id(self, line: Line) -> str:
        address = self.address(line.card) if line.card else ""
        named = f"*<{address}|{line.id}>*" if address else f"*{line.id}*"
        named += UNANSWERED if line.overridden else ""
        return f"{DRILL}{named}" if line.drill else named

    def _access(self, line: Line) -> str:
        return escaped(access_named(self.policy, line.system, line.access))


def access_named(policy: Policy, system: str, access: str) -> str:
    """Name an access profile with its system; by their keys, where the policy in force has them no longer."""
    of, profile = policy.systems.get(system), policy.access.get(access)
    return f"{of.name if of else system}: {profile.name if profile else access}"


def counts_said(counts: Counts) -> Sequence[tuple[str, int]]:
    """Name the figures."""
    return (
        ("Open", counts.open),
        ("With something overdue", counts.overdue),
        ("This month", counts.this_month),
        ("Drills this month", counts.drills_this_month),
    )


def mine_in_text(mine: Mine, told: Told, only: Iterable[str] = SECTIONS) -> str:
    """Say what is a person's; the same parts as their Home, or ``only`` some of them."""
    if mine.because:
        return mine.because
    parts: dict[str, tuple[list[str], int]] = {
        "windows": ([told.window(line) for line in mine.windows.shown], mine.windows.more),
        "owed": ([told.debt(debt) for debt in mine.owed.shown], mine.owed.more),
        "asked": ([told.debt(debt) for debt in mine.asked.shown], mine.asked.more),
        "follow-ups": ([told.follow_up(one) for one in mine.follow_ups.shown], mine.follow_ups.more),
        "overview": (
            [
                *(f"{name}: {n}" for name, n in (counts_said(mine.counts) if mine.counts else ())),
                *map(told.review, mine.reviews),
            ],
            0,
        ),
        "late": ([told.debt(debt, by=True) for debt in mine.late.shown], mine.late.more),
        "recent": ([told.line(line) for line in mine.recent], 0),
    }
    said = [*told.absences(mine)]
    for name in (name for name in SECTIONS if name in set(only)):
        lines, more = parts[name]
        if lines:
            said += [f"*{SECTIONS[name]}*", *(f"• {line}" for line in lines)]
        if more:
            said.append(f"…and {more} more; `{COMMAND} list {name}`")
    return _whole_lines(said) or "Nothing is open in your name, and nobody waits for you."


def _whole_lines(lines: Iterable[str]) -> str:
    """Join as many lines as fit; half a line could end inside a time or a name."""
    kept, length = [], 0
    for line in lines:
        length += len(line) + 1
        if length > LONGEST:
            kept.append(f"…; `{COMMAND} list` with one of: {', '.join(SECTIONS)}")
            break
        kept.append(line)
    return "\n".join(kept)
