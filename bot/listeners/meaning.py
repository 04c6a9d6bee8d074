"""What somebody means who types little: which change a word is about, and whether a word is a typing error.

Nothing is decided here: a change that is meant may still be refused by the procedure, with its sentence.
"""

import difflib
import re
from collections.abc import Sequence
from itertools import islice

from bot.desk import Desk, Listed
from bot.views.lines import SECTIONS
from workflows.vocabulary import ChangeId, Duty, PersonId, State
from workflows.words import duration

LIVE = (State.REQUESTED, State.ACTIVE, State.IN_REVIEW)
#: Where a change stands that a word can be said of, the likelier first; other words are about any that is not over.
STANDS = {
    "extend": (State.ACTIVE,),
    "end": (State.ACTIVE,),
    "withdraw": (State.REQUESTED,),
    "done": (State.ACTIVE, State.IN_REVIEW),
    "retrospective": (State.IN_REVIEW,),
    "remediate": (State.IN_REVIEW,),
}
#: What a change in review must owe, for the word to be about it.
SETTLES = {"done": Duty.COMPLETION, "retrospective": Duty.RETROSPECTIVE, "remediate": Duty.REMEDIATION}
FREE = "drill"  #: what follows it is a sentence, so that a sentence says nothing against a typing error
ALONE = (*SECTIONS, "all", "stop")
_UNTIL = re.compile(r"\S+( \S+)? until \S+( \S+)?", re.IGNORECASE)


def change_meant(desk: Desk, word: str, by: PersonId) -> ChangeId | None:
    """Return the only change of somebody that a word can be about, or else their only one that is not over."""
    for state in STANDS.get(word, ()):
        mine = desk.records.changes(states=[state], person=by)
        if found := list(islice((change for change in mine if _fits(desk, word, change)), 2)):
            return _only(found)
    return _only(desk.records.changes(states=LIVE, person=by, limit=2))


def _fits(desk: Desk, word: str, change: Listed) -> bool:
    duty = SETTLES.get(word)
    if change.state is not State.IN_REVIEW or duty is None:
        return True
    return any(owed.duty is duty for owed in desk.owed(*desk.records.record(change.id)))


def _only(found: Sequence[Listed]) -> ChangeId | None:
    return found[0].id if len(found) == 1 else None


def typing_error(word: str, rest: str, words: Sequence[str]) -> bool:
    """Say whether an unknown word looks like one of ``words``, and what follows it like its argument."""
    close = difflib.get_close_matches(word, words, 1, 0.75)
    return bool(close) and (close[0] == FREE or _is_argument(rest))


def _is_argument(rest: str) -> bool:
    if not rest or rest.lower() in ALONE or rest.startswith(("@", "<@")) or rest.upper().startswith("EC-"):
        return True
    return duration(split_arguments(rest)[0]) is not None or bool(_UNTIL.fullmatch(rest))


def split_arguments(rest: str) -> tuple[str, str]:
    """Separate a length of time from a change's id, in either order."""
    words = rest.split()
    named = next((word for word in words if word.upper().startswith("EC-")), "")
    return " ".join(word for word in words if word != named), named
