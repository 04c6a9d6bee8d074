"""Reviews: the buttons of a digest, and the dialogs in which a reviewer signs it off or records a self-test."""

from collections.abc import Callable
from typing import Any

from bot.desk import Desk
from bot.payloads import Payload, attempt, button_value, delivery, metadata, place, typed
from bot.reviewing.dossiers import Dossier, dossier, version_of
from bot.slack_out import open_view
from bot.views.dialogs import says
from bot.views.review_forms import DID_NOT, judged_in, self_test, sign_off
from workflows import administration as ad
from workflows.consequences import Obligation, digest_delivery
from workflows.errors import Declined, UnknownDigest
from workflows.reviews import ATTRIBUTES, Case, recused
from workflows.vocabulary import ChangeId, Number, PersonId, StepName

Ack = Callable[..., Any]
Act = ad.ReviewSigned | ad.SelfTested
ALREADY = "You have signed off {} already. What you wrote then is kept as it was."
UNKNOWN = "This digest is not known here; it may be another deployment's."


class Reviews:
    """Clicks and submissions about reviews."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def open_sign_off(self, ack: Ack, body: Payload, client: Any) -> None:
        """Open the sign-off, or refuse on the spot."""
        self._open(ack, body, client, self._empty_sign_off, sign_off)

    def open_self_test(self, ack: Ack, body: Payload, client: Any) -> None:
        """Open the self-test, or refuse on the spot."""
        self._open(ack, body, client, self._empty_test, self_test)

    def sign(self, ack: Ack, body: Payload) -> None:
        """Keep a sign-off."""
        about, by, said = self._about(metadata(body)), self._desk.who(body), typed(body)
        did_not, own = judged_in(said), recused(by, about.requesters)
        act = self._empty_sign_off(about, by).model_copy(
            update={
                "decisions": said.get("decisions", ""),
                "follow_ups": said.get("follow_ups", ""),
                "qualified": len(about.requesters) - len({*did_not, *own}),
                "did_not": did_not,
                "recused": own,
            }
        )
        act = ad.ReviewSigned.model_validate(act.model_dump())
        name, before = _sign_off_of(about, by), self._signed_before(about, by)
        if before:
            again = (before.decisions, before.did_not) == (act.decisions, act.did_not)
            ack() if again else ack(response_action="update", view=says(ALREADY.format(about.period.name)))
            return
        self._keep(ack, body, act, about, name)

    def test(self, ack: Ack, body: Payload) -> None:
        """Keep a self-test."""
        about, by, said = self._about(metadata(body)), self._desk.who(body), typed(body)
        act = ad.SelfTested.model_validate(
            {
                "at": self._desk.clock.now(),
                "by": by,
                "period": about.made.period,
                "version": about.made.version,
                "change": said.get("change", ""),
                "note": said.get("note", ""),
                **{name: said.get(name, "") for name in ATTRIBUTES},
            }
        )
        self._keep(ack, body, act, about, delivery(body))

    # --- inside ------------------------------------------------------------------------------------

    def _about(self, name: str) -> Dossier:
        period, version = version_of(name)
        made = self._desk.records.administered(digest_delivery(period, version))
        if not isinstance(made, ad.DigestMade):
            raise UnknownDigest(UNKNOWN)
        try:
            return dossier(made)
        except Declined as error:
            raise UnknownDigest(str(error)) from None

    def _case(self, about: Dossier) -> Case:
        """Return what an answer is judged by, and whether its digest was made again since."""
        review = self._desk.records.reviews().get(about.made.period)
        newest = review.made.version if review else about.made.version
        return about.case(self._desk.records.policy(), newest if newest > about.made.version else 0)

    def _open(
        self,
        ack: Ack,
        body: Payload,
        client: Any,
        probe: Callable[[Dossier, PersonId], Act],
        view: Callable[[Dossier, PersonId], Any],
    ) -> None:
        about, by = self._about(button_value(body)), self._desk.who(body)
        act = probe(about, by)
        because = self._desk.signing.would(act, self._case(about))
        if not because and isinstance(act, ad.ReviewSigned) and self._signed_before(about, by):
            because = ALREADY.format(about.period.name)
        if because:
            self._turn_away(body, by, because)
        else:
            open_view(client, str(body["trigger_id"]), view(about, by))
        ack()

    def _signed_before(self, about: Dossier, by: PersonId) -> ad.ReviewSigned | None:
        before = self._desk.records.administered(_sign_off_of(about, by))
        return before if isinstance(before, ad.ReviewSigned) else None

    def _turn_away(self, body: Payload, by: PersonId, because: str) -> None:
        """Write down that somebody was refused, and owe them the sentence."""
        name = f"turned-away:{delivery(body)}"[:255]
        owed = Obligation(StepName.ANSWER, name, wanted=True, revision=Number(0), place=place(body))
        entry = ad.TurnedAway(at=self._desk.clock.now(), by=by, because=because)
        self._desk.changes.administer(entry, name, [owed] if owed.place else [])

    def _keep(self, ack: Ack, body: Payload, act: Act, about: Dossier, name: str) -> None:
        because = self._desk.signing.keep(act, self._case(about), name, attempt(body))
        fields = typed(body)
        if not because:
            ack()
        elif DID_NOT in fields:
            ack(response_action="errors", errors={DID_NOT: because})
        elif "decisions" in fields or "note" in fields:
            ack(response_action="errors", errors={next(iter(fields)): because})
        else:
            ack(response_action="update", view=says(because))

    def _empty_sign_off(self, about: Dossier, by: PersonId) -> ad.ReviewSigned:
        made = about.made
        return ad.ReviewSigned(at=self._desk.clock.now(), by=by, period=made.period, version=made.version)

    def _empty_test(self, about: Dossier, by: PersonId) -> ad.SelfTested:
        """Return a test of the first change that is not the person's own; of any, if all are."""
        own = recused(by, about.requesters)
        others = [change for change in about.made.sample if change not in own]
        change = next(iter([*others, *about.made.sample]), ChangeId(""))
        answers: dict[str, Any] = dict.fromkeys(ATTRIBUTES, "not applicable")
        made = about.made
        return ad.SelfTested(
            at=self._desk.clock.now(),
            by=by,
            period=made.period,
            version=made.version,
            change=change,
            **answers,
        )


def _sign_off_of(about: Dossier, by: PersonId) -> str:
    """Name the delivery of somebody's sign-off: everybody signs a version once."""
    return f"review-signed:{about.name}:{by}"
