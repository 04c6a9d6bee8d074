"""Every name Slack sends back to us.  They are only ever added: cards already posted carry the old ones."""

from enum import StrEnum


class Action(StrEnum):
    """Buttons."""

    APPROVE = "change.approve"
    REJECT = "change.reject"
    DONE = "change.done"
    EXTEND = "change.extend"
    END = "change.end"
    WITHDRAW = "change.withdraw"
    OVERRIDE = "change.override"
    RETROSPECTIVE = "change.retrospective"
    REMEDIATE = "change.remediate"
    ACCEPT = "change.accept"
    RETURN = "change.return"
    REASSIGN = "change.reassign"
    REVIEW = "change.review"  #: a link to the pull request; the click is an intent
    ASK = "change.ask"  #: stands in the dialogs in which somebody decides
    ANSWER = "change.answer"  #: to a question
    CHOICE = "dialog.choice"  #: in a dialog: another answer was chosen, and it is drawn anew
    MORE = "dialog.more"  #: in a dialog: one more follow-up
    NEW = "home.new"  #: on the Home tab; about no change yet
    NEW_DRILL = "home.drill"  #: the same, for a rehearsal
    SIGN_OFF = "review.sign_off"  #: on the digest; the value is the period and the version
    SELF_TEST = "review.self_test"
    TICKET = "change.ticket"  #: a link; Slack reports the click all the same


class Form(StrEnum):
    """Dialogs, by callback id."""

    REQUEST = "form.request"
    DRILL = "form.drill"  #: the request form again; what it raises is marked as a drill
    APPROVE = "form.approve"
    REJECT = "form.reject"
    DONE = "form.done"
    EXTEND = "form.extend"
    END = "form.end"
    OVERRIDE = "form.override"
    RETROSPECTIVE = "form.retrospective"
    REMEDIATE = "form.remediate"
    ACCEPT = "form.accept"
    RETURN = "form.return"
    REASSIGN = "form.reassign"
    ASK = "form.ask"
    ANSWER = "form.answer"
    SIGN_OFF = "form.sign_off"
    SELF_TEST = "form.self_test"
    NOTICE = "form.notice"  #: says one sentence; submits nothing


COMMAND = "/emergency-change"
SHORTCUT = "emergency_change"
