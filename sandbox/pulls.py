"""The evidence repository's pull requests as the page shows them, and people who review them in their browsers.

Somebody's account on GitHub is the one the sandbox gave them; who has none is told so.
"""

from sandbox import cast
from sandbox.github import Forge, NotAllowed, Pull, Review
from sandbox.github.pull_shapes import head_of, html_url
from sandbox.github.pulls import Verdict
from sandbox.github.reviewing import Reviewing
from sandbox.page.world import EvidencePull, EvidenceReview, ReviewVerdict
from sandbox.slack.model import NotThere

VERDICTS: dict[ReviewVerdict, Verdict] = {
    "approve": "APPROVE",
    "request changes": "REQUEST_CHANGES",
    "comment": "COMMENT",
}


class PullsView:
    """Shows the pull requests of one repository of the forge, and lets people act on them."""

    def __init__(self, forge: Forge, reviewing: Reviewing) -> None:
        self._forge = forge
        self._reviewing = reviewing

    def all(self) -> list[EvidencePull]:
        """Return them, newest first."""
        repository = self._forge.repositories[cast.EVIDENCE]
        with self._forge.lock:
            return [
                self._shown(pull, head_of(repository, pull), html_url(repository, pull))
                for pull in sorted(repository.pulls.values(), key=lambda p: -p.number)
            ]

    def _shown(self, pull: Pull, head: str, url: str) -> EvidencePull:
        return EvidencePull(
            number=pull.number,
            title=pull.title,
            url=url,
            open=pull.is_open,
            head=head,
            description=pull.body,
            reviews=[_review(one, head) for one in pull.reviews],
            comments=[{"author": c.user, "at": c.at.isoformat(), "text": c.body} for c in pull.comments],
        )

    def review(self, person: str, number: int, verdict: ReviewVerdict, body: str) -> None:
        """Submit a review of the head commit."""
        self._pull(number)
        try:
            self._reviewing.submit(cast.EVIDENCE, number, _login(person), VERDICTS[verdict], body)
        except NotAllowed as refusal:
            raise NotThere(f"GitHub refuses: {refusal}") from refusal

    def comment(self, person: str, number: int, body: str) -> None:
        """Write in the conversation, which is no review."""
        self._pull(number)
        self._reviewing.comment(cast.EVIDENCE, number, _login(person), body)

    def dismiss(self, person: str, number: int, review: int) -> None:
        """Dismiss somebody's review."""
        try:
            self._reviewing.dismiss(cast.EVIDENCE, number, self._review(number, review), _login(person))
        except NotAllowed as refusal:
            raise NotThere(f"GitHub refuses: {refusal}") from refusal

    def edit(self, person: str, number: int, review: int, body: str) -> None:
        """Write other words under a review that was submitted."""
        found = self._review(number, review)
        self._reviewing.edit(cast.EVIDENCE, number, found, body, _login(person))

    def _pull(self, number: int) -> Pull:
        found = self._forge.repositories[cast.EVIDENCE].pulls.get(number)
        if found is None:
            raise NotThere(f"There is no pull request {number}.")
        return found

    def _review(self, number: int, id: int) -> Review:
        found = next((one for one in self._pull(number).reviews if one.id == id), None)
        if found is None:
            raise NotThere(f"There is no review {id} of pull request {number}.")
        return found


def _review(one: Review, head: str) -> EvidenceReview:
    return EvidenceReview(
        id=one.id,
        author=one.user,
        state=one.state.lower().replace("_", " "),
        body=one.body,
        at=one.submitted.isoformat(),
        stale=one.commit != head,
        edited=one.edited is not None,
    )


def _login(person: str) -> str:
    player = next((one for one in cast.CAST if one.user.id == person), None)
    if player is None or not player.github:
        raise NotThere(f"{player.user.real_name if player else person} has no account on GitHub.")
    return player.github
