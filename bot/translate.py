"""From what was typed into a dialog to the event it means; what cannot be read is said field by field."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from bot.ids import Form
from bot.mending import filled_rows
from bot.views import decision
from bot.views.agreeing import DUE, OWNER, WHAT
from bot.views.dialogs import QUESTION
from workflows import events as ev
from workflows.prose import LONGEST
from workflows.vocabulary import PersonId
from workflows.words import duration

Typed = Mapping[str, str]


class Unreadable(Exception):
    """Something typed cannot be taken as it is: field → one sentence."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(fields.values()))
        self.fields = dict(fields)


def request(typed: Typed, at: datetime, by: PersonId, *, drill: bool = False) -> ev.Request:
    """Read the request form; raises ``Unreadable``.  Which system it is about, the rules say when it is opened."""
    said = {name: typed.get(name) or None for name in ("incident", "test_waiver")}
    made: ev.Request = _made(
        ev.Request,
        at=at,
        by=by,
        system="",
        access=typed.get("access", ""),
        criterion=typed.get("criterion", ""),
        risk=typed.get("risk", ""),
        tested=typed.get("tested") == "yes",
        window=_window(typed),
        drill=drill,
        **{
            name: typed.get(name, "")
            for name in ("what", "justification", "security_impact", "rollback_plan")
        },
        **said,
    )
    return made


def event(form: Form, typed: Typed, shown: str, at: datetime, by: PersonId) -> ev.Event:
    """Read any other dialog; raises ``Unreadable``.  ``shown`` is the digest the dialog was opened with."""
    return _READERS[form](typed, shown, {"at": at, "by": by})


def _window(typed: Typed) -> object:
    read = duration(typed.get("window", ""))
    if read is None:
        raise Unreadable({"window": "Write a length of time such as 30m, 1h or 1h 30m."})
    return read


def _made(kind: Callable[..., Any], **fields: Any) -> Any:
    try:
        return kind(**fields)
    except ValidationError as error:
        raise Unreadable({str(problem["loc"][0]): _said(problem) for problem in error.errors()}) from error


def _said(problem: Any) -> str:
    if problem["type"] in ("string_too_long", "too_long"):
        return f"This is too long: at most {LONGEST} characters."
    if problem["type"] in ("literal_error", "missing"):
        return "Choose one."
    return "This cannot be read; check it and send it again."


_Reader = Callable[[Typed, str, dict[str, Any]], ev.Event]


def _plain(kind: type[ev.Event], *names: str) -> _Reader:
    return lambda typed, shown, base: _made(kind, **base, **{name: typed.get(name, "") for name in names})


def _verdict(kind: type[ev.Event], *names: str) -> _Reader:
    return lambda typed, shown, base: _made(
        kind, **base, shown=shown, **{name: typed.get(name, "") for name in names}
    )


def _done(typed: Typed, shown: str, base: dict[str, Any]) -> ev.Event:
    said = {name: typed.get(name, "") for name in ("done", "changes", "verified")}
    report: ev.Completion = _made(
        ev.Completion, **base, **said, rolled_back=typed.get("rolled_back") == "yes"
    )
    return report


def _extension(typed: Typed, shown: str, base: dict[str, Any]) -> ev.Event:
    extension: ev.Extension = _made(
        ev.Extension, **base, window=_window(typed), justification=typed.get("justification", "")
    )
    return extension


def _retrospective(typed: Typed, shown: str, base: dict[str, Any]) -> ev.Event:
    if typed.get("genuine") not in ("yes", "no"):
        raise Unreadable({"genuine": "Choose one."})
    said = {name: typed.get(name, "") for name in ("timeline", "cause", "normal_process", "prevention")}
    look: ev.Retrospective = _made(
        ev.Retrospective, **base, **said, **_agreed(typed), genuine=typed["genuine"] == "yes"
    )
    return look


def _agreed(typed: Typed) -> dict[str, Any]:
    """Read what is to follow; a row in which nothing is to be done asks for nothing else."""
    rows = filled_rows(typed)
    problems = {f"{OWNER}{n}": "Choose who does it." for n in rows if not typed.get(f"{OWNER}{n}")}
    problems |= {f"{DUE}{n}": "Choose a date." for n in rows if not typed.get(f"{DUE}{n}")}
    if problems:
        raise Unreadable(problems)
    return {
        "follow_ups": "\n".join(" ".join(typed[f"{WHAT}{n}"].split()) for n in rows),
        "follow_up_owners": tuple(typed[f"{OWNER}{n}"] for n in rows),
        "follow_up_dates": tuple(typed[f"{DUE}{n}"] for n in rows),
    }


def _decision(typed: Typed, shown: str, base: dict[str, Any], proposed: str) -> ev.Event:
    """Read the answer; without one (a dialog of an older deployment) it is the one that was proposed."""
    answer = typed.get(decision.ANSWER) or proposed
    said = typed.get("comment") or typed.get("reason", "")
    if answer == decision.REJECT:
        rejection: ev.Rejection = _made(ev.Rejection, **base, shown=shown, reason=said)
        return rejection
    agreed = _agreed(typed) if answer == decision.FOLLOW_UP else {}
    if answer == decision.FOLLOW_UP and not agreed["follow_ups"]:
        raise Unreadable({f"{WHAT}1": "Say what is to follow."})
    approval: ev.Approval = _made(ev.Approval, **base, shown=shown, comment=said, **agreed)
    return approval


def _answer(typed: Typed, shown: str, base: dict[str, Any]) -> ev.Event:
    """Read an answer; the input is named after the question's number."""
    name = next((name for name in typed if name.startswith(QUESTION)), "")
    number = name.removeprefix(QUESTION)
    question = int(number) if number.isdigit() else 0
    answer: ev.Answer = _made(ev.Answer, **base, question=question, text=typed.get(name, ""))
    return answer


def _remediation(typed: Typed, shown: str, base: dict[str, Any]) -> ev.Event:
    remediation: ev.Remediation = _made(
        ev.Remediation,
        **base,
        outcome=typed.get("outcome", ""),
        risk_owner=typed.get("risk_owner") or None,
        note=typed.get("note", ""),
    )
    return remediation


_READERS: Mapping[Form, _Reader] = {
    Form.APPROVE: lambda typed, shown, base: _decision(typed, shown, base, decision.APPROVE),
    Form.REJECT: lambda typed, shown, base: _decision(typed, shown, base, decision.REJECT),
    Form.ASK: _plain(ev.Question, "text"),
    Form.ANSWER: _answer,
    Form.ACCEPT: _verdict(ev.Acceptance, "comment"),
    Form.RETURN: _plain(ev.Return, "reason"),
    Form.END: _plain(ev.Revocation, "reason"),
    Form.OVERRIDE: _plain(ev.Override, "reason"),
    Form.REASSIGN: _plain(ev.Reassignment, "to", "reason"),
    Form.DONE: _done,
    Form.EXTEND: _extension,
    Form.RETROSPECTIVE: _retrospective,
    Form.REMEDIATE: _remediation,
}
