"""What a pull request puts before an approver, and the file in its commit that binds it.

The text to be read is in the description, where it can be erased; the commit has pseudonyms and commitments
only.  It is what people said about the change, and nothing that is merely known: access that comes and goes
must not move the head under a reviewer.
"""

import json
from collections.abc import Sequence

from workflows import events as ev
from workflows.judged import Lines, declared, done, judged, looked_back
from workflows.policy import Policy
from workflows.ports import Opening, Proposal
from workflows.record import ChangeRecord
from workflows.vocabulary import ChangeId
from workflows.words import hours

FORMAT = "emergency-change-judged/1"
ENTRIES = frozenset(
    {"request/1", "override/1", "extension/1", "completion/1", "remediation/1", "retrospective/1"}
    | {"question/1", "answer/1", "question-answered/1"}
)  #: what is judged was said in these
NOT_SHOWN = frozenset({"accounts"})  #: fields of theirs that nobody judges
ASKS = (
    (
        "This is an emergency change. It is approved or rejected by reviewing this pull request: "
        "open “Files changed”, then “Review changes”."
    ),
    (
        "“Approve” approves it. To reject it, choose “Comment” there and begin with “Rejected:” and the reason: "
        "that is final, and ends the access. “Request changes” asks a question, which the requester answers "
        "with a comment here."
    ),
    (
        "A review counts if it is your own, on the latest commit, and not edited or dismissed afterwards. "
        "Who made the change cannot approve it."
    ),
)
ERASED = ("What stood here was erased. The commits still commit to it.",)


def branch(change: ChangeId) -> str:
    """Return the branch a change's pull request is made of."""
    return f"approval/{change}"


def of_branch(name: str) -> ChangeId | None:
    """Return the change a branch belongs to."""
    prefix, _, change = name.partition("/")
    return ChangeId(change) if prefix == "approval" and change else None


def shown(openings: Sequence[Opening]) -> tuple[Opening, ...]:
    """Return the openings of what is judged."""
    return tuple(o for o in openings if o.kind in ENTRIES and o.field not in NOT_SHOWN)


def text(record: ChangeRecord, policy: Policy, requester: str) -> Lines:
    """Return what is put before whoever decides: everything that was said of the change."""
    named = f"{requester} ({record.request.by})" if requester else record.request.by
    asked = [
        line
        for one in record.questions
        for line in (
            ("Asked by an approver", one.question.text),
            *(("Answered", answer.text) for answer in one.answers),
        )
    ]
    said = (*declared(record, policy), *asked, *done(record, policy), *looked_back(record, policy))
    return (("Requested by", named), *said)


def decided_on(
    record: ChangeRecord, policy: Policy, requester: str, answer: ev.Approval | ev.Rejection | ev.Acceptance
) -> Lines:
    """Return the text an answer is about: the pull request's if it was a review, or else the dialog's.

    ``record`` is the change as it was before the answer.
    """
    by_review = not isinstance(answer, ev.Acceptance) and answer.review is not None
    return text(record, policy, requester) if by_review else judged(record, policy)


def proposal(record: ChangeRecord, policy: Policy, requester: str, openings: Sequence[Opening]) -> Proposal:
    """Return what the pull request asks and shows."""
    lines = text(record, policy, requester)
    return Proposal(record.id, _title(record, policy), ASKS, lines, shown(openings))


def erased(record: ChangeRecord, policy: Policy) -> Proposal:
    """Return what is left to say once something that was decided on has been erased."""
    return Proposal(record.id, _title(record, policy), ERASED, (), ())


def file(record: ChangeRecord, openings: Sequence[Opening]) -> tuple[str, bytes]:
    """Return the path and the content of the file the head commit binds the description with."""
    request = record.request
    whole = {
        "format": FORMAT,
        "change": record.id,
        "drill": request.drill,
        "policy": record.policy,
        "requester": request.by,
        "system": request.system,
        "access": request.access,
        "window": hours(record.window),
        "criterion": request.criterion,
        "risk": request.risk,
        "tested": request.tested,
        "commitments": [
            {"entry": o.number, "kind": o.kind, "field": o.field, "sha256": o.commitment}
            for o in shown(openings)
        ],
    }
    text = json.dumps(whole, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return f"changes/{record.id.split('-')[1]}/{record.id}/judged.json", text.encode()


def _title(record: ChangeRecord, policy: Policy) -> str:
    drill = "Drill: " if record.request.drill else ""
    return f"{drill}{record.id}: {policy.systems[record.request.system].name}, {record.profile(policy).name}"
