"""A few nights with every kind of change there is, for the evidence to be about."""

from datetime import timedelta

from sandbox import cast
from tests.http.night import ADA, GRACE, LINUS, MAYA, Night

COMMIT = "https://github.example/acme/payments/commit/" + "ab" * 20
PULL = "https://github.example/acme/payments/pull/7"


def lived(directory, **how):
    """Live through the nights; return them, still going on."""
    night = Night(directory, **how)
    night.first_head = night.memory.checkpoint()
    _by_the_book(night)
    _rejected(night)
    _late_and_returned(night)
    _asked_first(night)
    _refused(night)
    _rehearsed(night)
    night.memory.checkpoint()
    return night


def _by_the_book(night):
    """Closed with everything, by an approver who is somebody else, after a try to approve one's own."""
    night.requests(
        LINUS,
        incident="INC-2041",
        justification="=Every order fails since 03:01; each minute loses customers.",
    )
    night.presses(LINUS, "change.approve")
    night.passes(minutes=4)
    night.approves(GRACE)
    night.extends(LINUS)
    night.passes(minutes=20)
    night.reports(LINUS, changes=f"{COMMIT}\n{PULL}")
    night.passes(minutes=15)
    night.looks_back(LINUS)
    night.accepts(GRACE)


def _rejected(night):
    """Rejected after the fact, remediated, and no emergency, its author says."""
    night.passes(days=2)
    night.requests(
        LINUS, justification="@SUM(A1) Every order fails; nobody can buy anything from us right now."
    )
    night.passes(minutes=30)
    night.rejects(GRACE)
    night.passes(hours=1)
    night.reports(LINUS, rolled_back="yes")
    night.remediates(LINUS)
    night.looks_back(LINUS, genuine="no", cause="<script>alert('cause')</script> & nothing else")
    night.accepts(ADA)


def _late_and_returned(night):
    """The window ends by itself, everything comes late, the retrospective is sent back once."""
    night.passes(days=1)
    night.requests(MAYA)
    night.passes(days=9)
    night.approves(ADA)
    night.reports(MAYA)
    night.looks_back(MAYA)
    night.returns(GRACE)
    night.looks_back(MAYA, cause="The index was built without a lock, because the tool does not know any.")
    night.accepts(GRACE)


def _asked_first(night):
    """One lapses, one is withdrawn, one is rejected before it began."""
    night.requests(MAYA, access="ledger-admin", window="30m")
    night.passes(hours=2)
    night.requests(LINUS, access="ledger-admin", window="30m")
    night.rejects(GRACE)


def _refused(night):
    """Requests that the procedure said no to leave no change."""
    night.asks(GRACE)
    night.types(cast.GIL.user.id)


def _rehearsed(night):
    """One is still in force when the evidence is taken."""
    night.passes(hours=5)
    night.requests(LINUS)
    night.world.advance(timedelta(minutes=3))
