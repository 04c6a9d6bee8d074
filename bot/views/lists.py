"""Answers in text: list, status and help."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from itertools import accumulate

from bot.desk import Listed
from bot.views.card import (
    MARK,
    SHOWN,
    access_said,
    approval_said,
    drill_mark,
    overridden_said,
    owed_said,
    questions_said,
    ticket_said,
)
from bot.views.follow_ups import follow_ups_said
from bot.views.lines import access_named
from bot.views.text import DRILL, SlackVoice, cut, escaped, moment
from workflows.duties import Owed
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import PersonId

LONGEST = 3500  #: of the 4,000 characters Slack advises for a text
ROOM = 30  #: of these, kept for saying how many are left out

HELP = """*Emergency changes*
`/emergency-change` opens the form; `/emergency-change payments checkout is down` fills it in.
`status [EC-…]` says where a change stands; `list` says what is yours, `list all` what is not over.
`done [EC-…]` ends the access and reports what was done; `extend 30m [EC-…]` asks for longer.
`end EC-…` ends somebody's access now; `withdraw [EC-…]` takes a request back.
`retrospective [EC-…]`, `remediate EC-…`, `accept EC-…` settle what is still owed.
`ask EC-…` asks the requester something (approvers, reviewers); `answer [EC-…]` answers it. Nothing waits for either.
`reassign EC-…` hands the duties of somebody who has gone to a colleague (reviewers).
`delegate @colleague until friday` lets a colleague stand in while you are away; `delegate stop` ends it.
`drill` opens the form for a rehearsal: the same procedure, marked as a drill."""


def help_text(word: str) -> str:
    """Return the help, beginning with what was probably meant."""
    words = (
        "status",
        "list",
        "done",
        "extend",
        "end",
        "withdraw",
        "retrospective",
        "remediate",
        "accept",
        "reassign",
        "delegate",
        "ask",
        "answer",
        "drill",
        "help",
    )
    close = get_close_matches(word, words, 1, 0.6) if word and word not in words else []
    if close:
        return f"There is no word “{escaped(word)}”; did you mean `{close[0]}`?\n{HELP}"
    return f"There is no word “{escaped(cut(word, 40))}”.\n{HELP}" if word and word not in words else HELP


def change_list(changes: Sequence[Listed], policy: Policy, slack_id: Callable[[PersonId], str]) -> str:
    """Return one line a change; a profile that the policy in force has no longer goes by its key."""
    if not changes:
        return "No emergency change is open."
    voice = SlackVoice(slack_id)
    lines = [
        f"{DRILL if c.drill else ''}{MARK[c.state]} *{c.id}* · {SHOWN[c.state]} · {escaped(access_named(policy, c.system, c.access))}"
        f" · {voice.who(c.requester)} · {moment(c.opened_at)}"
        for c in changes
    ]
    return "\n".join(_as_many_as_fit(lines))


def _as_many_as_fit(lines: Sequence[str]) -> list[str]:
    """Keep whole lines, because half a date or mention is shown raw, and say how many are left out."""
    lengths = list(accumulate(len(line) + 1 for line in lines))
    if lengths[-1] <= LONGEST:
        return list(lines)
    fitting = bisect_right(lengths, LONGEST - ROOM)
    return [*lines[:fitting], f"…and {len(lines) - fitting} more"]


def change_status(
    record: ChangeRecord,
    policy: Policy,
    owed: tuple[Owed, ...],
    slack_id: Callable[[PersonId], str],
    away: Sequence[str] = (),
) -> str:
    """Return a change in text."""
    voice = SlackVoice(slack_id)
    lines = [
        f"{drill_mark(record)}*{record.id}* · {SHOWN[record.state]} · {voice.who(record.request.by)}",
        f"Access: {escaped(record.profile(policy).name)}, {access_said(record)}",
        f"Ticket: {ticket_said(record)}",
        f"Approval: {approval_said(record, policy, voice)}",
    ]
    if record.override:
        lines.append(overridden_said(record.override))
    if owed:
        lines += ["Still owed:", owed_said(owed, voice)]
    lines += away
    if more := follow_ups_said(record, voice):
        lines += ["To follow:", more]
    if asked := questions_said(record, voice):
        lines += ["Not answered yet:", asked]
    return cut("\n".join(lines), LONGEST)
