"""Prints the page as a document: ``python -m workflows.printed > docs/procedure.md``.

Everything in it is read off the tables and off what their rows refer to; only the sentence of each state
is written here, because a state is a word and not a function.
"""

import inspect
import sys
from collections.abc import Callable, Iterable, Iterator

from workflows import events as ev
from workflows import procedure as page
from workflows.rows import Open, Transition
from workflows.vocabulary import State, StepName

MEANS = {
    State.REQUESTED: "raised; waiting to be authorised",
    State.ACTIVE: "emergency access is in force",
    State.IN_REVIEW: "access ended; people still owe something",
    State.CLOSED: "authorised, documented, reviewed, accepted",
    State.REJECTED: "an approver said no before it began",
    State.WITHDRAWN: "the requester took it back before it began",
    State.LAPSED: "nobody answered in time",
}
HEAD = """\
# The procedure

Printed from `workflows/procedure.py` by `python -m workflows.printed`; a test compares them, so edit the page and print
it again.
"""

Row = Iterable[str]


def document() -> str:
    """Return the whole document."""
    parts = (
        HEAD,
        _section("The states", states()),
        f"```mermaid\n{diagram()}```\n",
        _section("What opens a change", _openings()),
        *(_section(f"What moves a change that is {_words(state)}", _moves(state)) for state in _waiting()),
        _section("What the system owes", _owed_by_the_system()),
        _section("What the clock raises", _deadlines()),
        _section("What people owe", _duties()),
        _section("Who is told", _notices()),
        _section("What can happen", _events()),
        _section("What the names leave unsaid", _unsaid()),
    )
    return "\n".join(parts)


def states() -> str:
    """Return the table of states, as the README shows it too."""
    lines = ((f"`{s.name}`", MEANS[s], "**yes, only here**" if _has_access(s) else "no") for s in State)
    return _table(("state", "means", "access"), lines)


def diagram() -> str:
    """Return how a change moves, for Mermaid; what leaves it where it is, is not drawn."""
    edges: dict[tuple[str, str], list[str]] = {}
    for opening in page.OPENINGS:
        edges.setdefault(("[*]", opening.to.name), []).append(_drawn("Request", opening))
    for row in page.TRANSITIONS:
        if row.to is not row.source:
            edges.setdefault((row.source.name, row.to.name), []).append(row.on.__name__)
    lines = [f"{source} --> {to}: {', '.join(dict.fromkeys(on))}" for (source, to), on in edges.items()]
    lines += [f"{state.name} --> [*]" for state in State if state in page.FINAL]
    return "".join(f"{line}\n" for line in ("stateDiagram-v2", *(f"    {line}" for line in lines)))


# --- the tables ------------------------------------------------------------------------------------


def _openings() -> str:
    head = ("a request leads to", "provided that", "and if")
    return _table(head, ((f"`{row.to.name}`", _asked(row), _condition(row)) for row in page.OPENINGS))


def _moves(state: State) -> str:
    rows = [row for row in page.TRANSITIONS if row.source is state]
    lines = ((f"`{row.on.__name__}`", f"`{row.to.name}`", _asked(row), _condition(row)) for row in rows)
    return _table(("on", "to", "provided that", "and if"), lines)


def _owed_by_the_system() -> str:
    steps = [step for step in StepName if any(step in owed for owed in page.OBLIGATIONS.values())]
    lines = ((f"`{state.name}`", *(_owed(step, state) for step in steps)) for state in State)
    return _table(("while", *(step.value for step in steps)), lines)


def _owed(step: StepName, state: State) -> str:
    if step not in page.OBLIGATIONS[state]:
        return "absent"
    return f"if `{_name(page.IF[step])}`" if step in page.IF else "yes"


def _deadlines() -> str:
    head = ("while", "slot", "the clock waits until", "and then raises")
    lines = (
        (f"`{row.state.name}`", row.slot, f"`{_name(row.due)}`", f"`{row.raises.__name__}`")
        for row in page.DEADLINES
    )
    return _table(head, lines)


def _duties() -> str:
    head = ("duty", "owed as long as", "due is counted from", "by the rules of", "by whom", "again after")
    lines = (
        (
            row.duty.value,
            f"`{_name(row.owed)}`",
            f"`{_name(row.since)}`",
            f"`[duties.{row.duty.value}]`",
            _words(_name(row.by)),
            f"`{_name(row.round)}`",
        )
        for row in page.DUTIES
    )
    return _table(head, lines)


def _notices() -> str:
    head = ("of", "in the thread and on the ticket", "by direct message to")
    lines = (
        (f"`{row.of.__name__}`", "yes" if row.milestone else "", _words(_name(row.tell)) if row.tell else "")
        for row in page.NOTICES
    )
    return _table(head, lines)


def _unsaid() -> str:
    rows = (*page.OPENINGS, *page.TRANSITIONS)
    guards = [guard for row in rows for guard in row.require]
    conditions = [row.when for row in rows if row.when]
    moments = [row.due for row in page.DEADLINES]
    questions = [part for row in page.DUTIES for part in (row.owed, row.since, row.by, row.round)]
    rules = page.IF.values()
    named = dict.fromkeys(
        _home(function) for function in (*guards, *conditions, *moments, *questions, *rules)
    )
    return _table(("name", "says"), ((f"`{_name(f)}`", _said(f)) for f in named if _said(f)))


def _events() -> str:
    kinds = [ev.Request, *dict.fromkeys(row.on for row in page.TRANSITIONS)]
    return _table(("event", "means"), ((f"`{kind.__name__}`", _said(kind)) for kind in kinds))


# --- how things are written ------------------------------------------------------------------------


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _table(head: Row, lines: Iterable[Row]) -> str:
    first, *rest = ("|".join(f" {cell} " if cell else " " for cell in line) for line in (head, *lines))
    ruled = "|".join("---" for _ in head)
    return "".join(f"|{line}|\n" for line in (first, ruled, *rest))


def _waiting() -> Iterator[State]:
    return (state for state in State if state not in page.FINAL)


def _has_access(state: State) -> bool:
    return StepName.ACCESS in page.OBLIGATIONS[state]


def _drawn(what: str, opening: Open) -> str:
    return f"{what} ({_words(_name(opening.when))})" if opening.when else what


def _asked(row: Open | Transition) -> str:
    return ", ".join(f"`{_name(guard)}`" for guard in row.require)


def _condition(row: Open | Transition) -> str:
    return f"`{_name(row.when)}`" if row.when else ""


def _name(function: Callable[..., object]) -> str:
    """Return what the page calls a function; one that was made by another goes by its maker's name."""
    return function.__qualname__.partition(".")[0]


def _home(function: Callable[..., object]) -> Callable[..., object]:
    found: Callable[..., object] = getattr(sys.modules[function.__module__], _name(function))
    return found


def _said(thing: object) -> str:
    """Return the first paragraph of what a function or an event says of itself."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split()).replace("``", "`")


def _words(name: str) -> str:
    return name.replace("_", " ")


if __name__ == "__main__":
    sys.stdout.write(document())
