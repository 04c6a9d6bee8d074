"""The front door of reviews: a sign-off or a self-test is judged and kept, or its refusal is.

One transaction each, as for changes.  Everybody signs a review once; two people who sign it are both kept.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from workflows import administration as ad
from workflows.changes import as_whom
from workflows.consequences import SEEN_AT_HOME, of_administration, who_reviews
from workflows.decide import Refused
from workflows.errors import Conflict
from workflows.prose import gives_away
from workflows.reviews import Case, objection
from workflows.work import Line, Work

Act = ad.ReviewSigned | ad.SelfTested
#: A conflict means that the same was sent twice at the same moment; the second look finds the first.
TRIES = 4


class SigningOff:
    """Keeps what reviewers say."""

    def __init__(
        self,
        transaction: Callable[[], AbstractContextManager[Work]],
        reading: Callable[[], AbstractContextManager[Work]],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        self._transaction = transaction
        self._reading = reading
        self._wake = wake

    def would(self, act: Act, case: Case) -> str:
        """Say why it would not be kept, and record nothing; empty if it would."""
        with self._reading() as work:
            no = objection(act, case, work.facts(act, work.in_force()[1]))
        return no[1] if no else ""

    def keep(self, act: Act, case: Case, delivery: str, attempt: str = "") -> str:
        """Keep it, or its refusal, and return why not; empty: it is kept.

        Idempotent per ``delivery``; ``attempt`` names the one submission, so that a corrected one is not taken for
        a re-delivery.
        """
        for _ in range(TRIES - 1):
            try:
                said = self._keep(act, case, delivery, attempt)
                break
            except Conflict:
                continue
        else:
            said = self._keep(act, case, delivery, attempt)
        self._wake()
        return said

    def _keep(self, act: Act, case: Case, delivery: str, attempt: str) -> str:
        with self._transaction() as work:
            for name in (delivery, attempt):
                if name and (first := work.ruled(name)):
                    return first.ruling.because if isinstance(first.ruling, Refused) else ""
            _, policy = work.in_force()
            facts = work.facts(act, policy)
            no = objection(act, case, facts)
            refused = Refused(*no) if no else None
            line = Line(
                as_whom(work, act),
                ruling=refused,
                facts=facts.evidence(),
                delivery=attempt if refused else delivery,
                keep_prose=not (gives_away(act) or facts.actor.erased),
            )
            if not refused:
                work.owe(None, of_administration(act, delivery), act.at)
                if isinstance(act, SEEN_AT_HOME):
                    work.show(who_reviews(policy), act.at)
            work.append(None, "", [line], act.at)
            return refused.because if refused else ""
