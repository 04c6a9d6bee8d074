"""Where on a dialog a refusal is shown: beside what was typed, so that nothing of it is lost.

Whether it mends the refusal or has to be sent again a moment later, it was somebody's work.
"""

import re
from collections.abc import Mapping

from bot.views.agreeing import DUE, OWNER, WHAT
from bot.views.decision import ANSWER
from workflows import events as ev
from workflows.credentials import secret_in
from workflows.guards import REQUIRED

#: Which fields of a dialog may show the sentence of which guard; the first one that is there does.
FIELDS: Mapping[str, tuple[str, ...]] = {
    "extendable": ("window",),
    "justified": ("justification",),
    "requester_still_here": (ANSWER,),
    "risk_owner_named": ("risk_owner",),
    "to_a_member": ("to",),
}
OF_FOLLOW_UPS = {"follow_ups_complete": WHAT, "follow_ups_owned": OWNER, "follow_ups_dated": DUE}


BESIDE = ("reason", "comment")  #: where a sentence is shown that is about no field

#: Guards after whose no nothing that was typed is of use here; after any other one it can be sent again, or copied.
FINAL_NO = frozenset(
    {"procedure", "by_a_member", "by_someone_else", "verdict_open", "not_answered_already", "is_owed"}
)


def mended_at(guard: str, because: str, event: ev.Event, typed: Mapping[str, str]) -> str:
    """Return the field a refusal is shown at; empty if it takes the dialog's place."""
    if guard in FINAL_NO:
        return ""
    if guard == "no_secrets":
        candidates: tuple[str, ...] = tuple(name for name, value in typed.items() if secret_in(value))
    elif guard == "filled_in":
        empty = [name for name in REQUIRED.get(type(event), ()) if not getattr(event, name)]
        candidates = tuple(empty)
    elif guard in OF_FOLLOW_UPS:
        candidates = (_of_follow_up(OF_FOLLOW_UPS[guard], because, typed), f"{WHAT}1")
    else:
        candidates = FIELDS.get(guard, ())
    return next((name for name in (*candidates, *BESIDE, *typed) if name in typed), "")


def filled_rows(typed: Mapping[str, str]) -> list[int]:
    """Return the numbers of the follow-ups in which something is to be done."""
    numbers = [int(name.removeprefix(WHAT)) for name in typed if name.startswith(WHAT)]
    return [number for number in sorted(numbers) if typed[f"{WHAT}{number}"].strip()]


def _of_follow_up(field: str, because: str, typed: Mapping[str, str]) -> str:
    """Return the input of the follow-up the sentence is about: it is counted among those that were filled in."""
    found, rows = re.match(r"Follow-up (\d+):", because), filled_rows(typed)
    place = int(found[1]) if found else 1
    return f"{field}{rows[place - 1]}" if place <= len(rows) else ""
