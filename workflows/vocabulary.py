"""The closed sets of words the procedure is written in.

One word per thing: the same in code, Slack, Jira, exports and docs.  Values are stored in the ledger,
so a member may be added but never renamed.
"""

from enum import StrEnum
from typing import NewType

ChangeId = NewType("ChangeId", str)  #: ``EC-2026-0042``
PersonId = NewType("PersonId", str)  #: an opaque pseudonym, ``P-7KQ2M4XW9A``; safe to write anywhere
Sequence = NewType("Sequence", int)  #: position in the ledger, from 1, without gaps
Number = NewType("Number", int)  #: position among the entries of one change, from 1, without gaps
TicketKey = NewType("TicketKey", str)  #: ``CHG-17``

CLOCK = PersonId("clock")  #: the actor on events nobody had to raise
SYSTEM = PersonId("system")  #: the actor on what the workers see and do


class State(StrEnum):
    """Where a change stands."""

    REQUESTED = "requested"  #: raised; waiting to be authorised
    ACTIVE = "active"  #: emergency access is in force
    IN_REVIEW = "in_review"  #: access ended; people still owe something
    CLOSED = "closed"  #: authorised, documented, reviewed, accepted
    REJECTED = "rejected"  #: an approver said no before it began
    WITHDRAWN = "withdrawn"  #: the requester took it back before it began
    LAPSED = "lapsed"  #: nobody answered in time


class StepName(StrEnum):
    """What the procedure makes true in the outside world."""

    ACCESS = "access"  #: the grantee holds the access the profile names
    TICKET = "ticket"  #: the change ticket exists and says where the change stands
    CARD = "card"  #: the one message that follows the change
    EVIDENCE = "evidence"  #: the change's record in the evidence repository, where there is one
    COMMENT = "comment"  #: one milestone, written on the ticket once
    NOTE = "note"  #: one milestone, a message of its own in the card's thread
    MESSAGE = "message"  #: one direct message to the people it concerns
    HOME = "home"  #: one person's Home tab; it belongs to no change
    REMINDER = "reminder"  #: one direct message to one person, with all they owe; of no single change
    ANNOUNCEMENT = "announcement"  #: what concerns no single change, told to a person or a channel
    DIGEST = "digest"  #: a period's digest in its channel, with its chart; of no single change
    #: What became of a review, told in the digest's thread or to a person; of no single change.
    REVIEW = "review"
    PAPERS = "papers"  #: a digest or the account of its review, filed; of no single change
    REVIEW_ISSUE = "review-issue"  #: the issue of a period's review; of no single change
    ANSWER = "answer"  #: the sentence owed to somebody whose click was refused
    MEMBERSHIP = "membership"  #: the verdict's group, read again after the commit
    AUTHORS = "authors"  #: who wrote the commits the completion report names
    PULL = "pull"  #: the pull request says what is judged, and its reviews have been read
    REPLY = "reply"  #: the sentence owed to a reviewer whose review does not count
    FOLLOW_UP = "follow-up"  #: one follow-up, an issue of its own beside the ticket, until it is done
    TRANSCRIPT = "transcript"  #: the text somebody decided on, sent to them


class Duty(StrEnum):
    """What people owe a change before it may be closed."""

    APPROVAL = "approval"
    COMPLETION = "completion"
    REMEDIATION = "remediation"
    RETROSPECTIVE = "retrospective"
    ACCEPTANCE = "acceptance"


class Grade(StrEnum):
    """How well a verdict is vouched for; the earlier the letter, the less it rests on the bot's word."""

    A = "A"  #: the approver's own review of the record's pull request, unedited, on its head commit
    B = "B"  #: the same, submitted for them with a token they linked
    C = "C"  #: a transition in the tracker, or an approval of a deployment, as themselves
    D = "D"  #: a click in Slack; the person follows from account and workspace
    E = "E"  #: spoken, and typed in by somebody else


class Origin(StrEnum):
    """What the pre-look found before a change's first grant; only what was absent is ours to remove."""

    ABSENT = "absent"  #: not held: ours to give and to take away
    HELD_ANYWAY = "held_anyway"  #: held before and outside any emergency change
    HELD_THROUGH = "held_through"  #: held through another emergency change; ends with the last of them


class ExceptionId(StrEnum):
    """Instances in which a control failed; listed, never raised.  The texts are in ``docs/controls.md``."""

    X01 = "X01"  #: no or late approval
    X02 = "X02"  #: approved by an author
    X03 = "X03"  #: approver not authorised at that time
    X04 = "X04"  #: thin or repeated justification
    X05 = "X05"  #: did not meet the definition of emergency
    X06 = "X06"  #: no ticket before the first deployment
    X07 = "X07"  #: untested without reason
    X08 = "X08"  #: detached deployment
    X09 = "X09"  #: access outlived its window or withdrawal unconfirmed
    X10 = "X10"  #: activity outside window or scope
    X11 = "X11"  #: retrospective missing or late
    X12 = "X12"  #: monthly review missed
    X13 = "X13"  #: evidence altered after the fact
    X14 = "X14"  #: bot outage while deployments happened
    X15 = "X15"  #: emergencies overused
    X16 = "X16"  #: completion report missing or late
    X17 = "X17"  #: remediation missing or late


class ReconciliationId(StrEnum):
    """Which two lists are compared; what is on each side is said in ``completeness.py``."""

    R1 = "R1"  #: entries and the signed head
    R2 = "R2"  #: changes and tickets
    R3 = "R3"  #: access in force and who is there
    R4 = "R4"  #: deployments and reviews or changes
    R5 = "R5"  #: bypasses and changes
    R6 = "R6"  #: incidents and changes
    R7 = "R7"  #: uses of the command and requests
    R8 = "R8"  #: changes and records in the evidence repository
