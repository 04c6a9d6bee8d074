"""What is to follow, one line each: on the card, in answers to ``status``, and beside a decision."""

from bot.views.text import SlackVoice, cut, escaped
from workflows.follow_ups import FollowUp
from workflows.record import ChangeRecord

SHORT = 120  #: characters of what is to be done
SHOWN = 20  #: lines; the record and the ticket have them all


def follow_ups_said(record: ChangeRecord, voice: SlackVoice) -> str:
    """Return a line for each, open ones first; empty if nothing is to follow."""
    ordered = sorted(record.follow_ups, key=lambda one: (not one.open, one.number))
    lines = [follow_up_said(one, voice) for one in ordered[:SHOWN]]
    more = [f"and {len(ordered) - SHOWN} more"] if len(ordered) > SHOWN else []
    return "\n".join([*lines, *more])


def follow_up_said(one: FollowUp, voice: SlackVoice) -> str:
    mark = "•" if one.open else ":white_check_mark:"
    return f"{mark} {where(one)} {escaped(cut(one.what, SHORT))} · {voice.who(one.owner)} · {_until(one)}"


def where(one: FollowUp) -> str:
    """Say where it is tracked."""
    if one.key:
        return f"<{one.url}|{one.key}>"
    if one.lost:
        return f":warning: {one.lost[-1]} is gone from the tracker."
    return "(its issue follows)"


def _until(one: FollowUp) -> str:
    if not one.open:
        return f"{escaped(one.status)}"
    unassigned = " · assigned to nobody there" if one.key and one.status and not one.assigned else ""
    status = f" · {escaped(one.status)}" if one.status else ""
    return f"until {one.due}{status}{unassigned}"
