"""Which dialog stands behind which button, and the event that is tried out before it is opened.

A click that the procedure would refuse whatever is typed is refused at once, in the ledger, with its
sentence; only refusals that the dialog itself can mend let it open.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from slack_sdk.models.views import View

from bot.ids import Action, Form
from bot.views import decision, dialogs, look_back
from bot.views.scene import Scene
from workflows import events as ev
from workflows.decide import Refused, Ruling
from workflows.vocabulary import Number, PersonId

MENDED_BY_TYPING = frozenset(
    {
        "reason_given",
        "filled_in",
        "as_shown",
        "justified",
        "risk_owner_named",
        "to_a_member",
        "of_a_question",
    }
)
MINUTE = timedelta(minutes=1)

Probe = Callable[[datetime, PersonId], ev.Event]
Open = Callable[[Scene], View]


@dataclass(frozen=True, slots=True)
class Behind:
    """What stands behind a button."""

    form: Form
    dialog: Open
    probe: Probe


BEHIND: dict[Action, Behind] = {
    Action.APPROVE: Behind(
        Form.APPROVE, decision.approve, lambda at, by: ev.Approval(at=at, by=by, shown="")
    ),
    Action.REJECT: Behind(
        Form.REJECT, decision.reject, lambda at, by: ev.Rejection(at=at, by=by, shown="", reason="")
    ),
    Action.DONE: Behind(
        Form.DONE,
        dialogs.done,
        lambda at, by: ev.Completion(at=at, by=by, done="", changes="", verified="", rolled_back=False),
    ),
    Action.EXTEND: Behind(
        Form.EXTEND,
        dialogs.extend,
        lambda at, by: ev.Extension(at=at, by=by, window=MINUTE, justification=""),
    ),
    Action.END: Behind(Form.END, dialogs.end, lambda at, by: ev.Revocation(at=at, by=by, reason="")),
    Action.OVERRIDE: Behind(
        Form.OVERRIDE, dialogs.override, lambda at, by: ev.Override(at=at, by=by, reason="")
    ),
    Action.RETROSPECTIVE: Behind(
        Form.RETROSPECTIVE,
        look_back.retrospective,
        lambda at, by: ev.Retrospective(at=at, by=by, cause="", genuine=True, normal_process=""),
    ),
    Action.REMEDIATE: Behind(
        Form.REMEDIATE,
        dialogs.remediate,
        lambda at, by: ev.Remediation(at=at, by=by, outcome="other", note=""),
    ),
    Action.ACCEPT: Behind(Form.ACCEPT, decision.accept, lambda at, by: ev.Acceptance(at=at, by=by, shown="")),
    Action.RETURN: Behind(Form.RETURN, decision.send_back, lambda at, by: ev.Return(at=at, by=by, reason="")),
    Action.REASSIGN: Behind(
        Form.REASSIGN, dialogs.reassign, lambda at, by: ev.Reassignment(at=at, by=by, to=by, reason="")
    ),
    Action.ASK: Behind(Form.ASK, dialogs.ask, lambda at, by: ev.Question(at=at, by=by, text="")),
    Action.ANSWER: Behind(
        Form.ANSWER, dialogs.reply, lambda at, by: ev.Answer(at=at, by=by, question=Number(0), text="")
    ),
}
ACTION_OF = {behind.form: action for action, behind in BEHIND.items()}


def worth_opening(ruling: Ruling) -> bool:
    """Say whether a dialog could still lead to a yes."""
    return not isinstance(ruling, Refused) or ruling.guard in MENDED_BY_TYPING
