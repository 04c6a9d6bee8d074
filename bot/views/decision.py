"""The dialogs in which somebody decides: declared next to known, and exactly what is judged.

They carry the digest of what they show; the answer counts for that text alone.  What is not judged (who else
may answer, what a rejection brings, what was asked) stands apart from it.
"""

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.ids import Action, Form
from bot.views import agreeing, inputs
from bot.views.follow_ups import follow_ups_said
from bot.views.reading import pieces, read
from bot.views.scene import Scene
from bot.views.text import cut, escaped, moment
from workflows.calendar import due_said
from workflows.judged import Lines, declared, done, known, looked_back
from workflows.vocabulary import State
from workflows.words import listed

MOST = 80  #: blocks that are read, of the 100 a modal may have (Slack)
NAMED = 15  #: people who are named, of those who may answer
ANSWER = "answer"
APPROVE, FOLLOW_UP, REJECT = "approve", "follow_up", "reject"
ANSWERS = {APPROVE: "Approve", FOLLOW_UP: "Approve, with a follow-up", REJECT: "Not justified"}
BEGINNING = (
    "Your click lets the access begin. The approval itself is your own review on GitHub, which stays owed."
)
BY_REVIEW = "Approvals of this change are reviews on GitHub; here you can only say that it is not justified."


def approve(scene: Scene) -> View:
    return _decide(Form.APPROVE, scene, APPROVE)


def reject(scene: Scene) -> View:
    return _decide(Form.REJECT, scene, REJECT)


def accept(scene: Scene) -> View:
    asked: list[Block] = [
        _ask(scene),
        inputs.text("comment", "Comment", optional=True, initial=scene.typed.get("comment", "")),
    ]
    return inputs.modal(
        Form.ACCEPT, "Accept", scene, [*_shown(scene), *_around(scene, _closing(scene)), *asked]
    )


def send_back(scene: Scene) -> View:
    shown = _group("What is to be accepted", looked_back(scene.record, scene.policy), scene, MOST)
    return inputs.modal(Form.RETURN, "Return", scene, [*shown, inputs.text("reason", "What is missing?")])


def _decide(form: Form, scene: Scene, proposed: str) -> View:
    by_click = scene.policy.duties.approval.of_record == "click" or scene.record.state is State.REQUESTED
    chosen = scene.typed.get(ANSWER) or proposed
    answers = list(ANSWERS.items()) if by_click else [(REJECT, ANSWERS[REJECT])]
    asked: list[Block] = [
        _after_rejection(scene),
        _ask(scene),
        inputs.choice(ANSWER, "Your answer", answers, chosen, action=Action.CHOICE.value),
        *_asked_for(chosen, scene),
    ]
    if scene.policy.duties.approval.of_record == "review":
        asked.insert(0, inputs.said(BEGINNING if by_click else BY_REVIEW))
    submit = "Reject" if chosen == REJECT else "Approve"
    return inputs.modal(
        form, "Decide on", scene, [*_shown(scene), *_around(scene, _others(scene)), *asked], submit
    )


def _asked_for(answer: str, scene: Scene) -> list[Block]:
    """Return what an answer needs besides; what was typed for another one is kept where it fits."""
    said = scene.typed.get("reason") or scene.typed.get("comment", "")
    if answer == REJECT:
        return [inputs.text("reason", "Why is it not justified?", initial=said)]
    comment = inputs.text("comment", "Comment", optional=True, initial=said)
    if answer != FOLLOW_UP:
        return [comment]
    return [*agreeing.row(scene, 1, "What is to follow?", optional=False), comment]


# --- what is judged --------------------------------------------------------------------------------


def _shown(scene: Scene) -> list[Block]:
    """Show everything that is judged, in its order; nothing of it may be left out, however much it is."""
    record, policy = scene.record, scene.policy
    groups = (
        ("What was declared", declared(record, policy)),
        ("What is known", known(record, policy)),
        ("What was done, by the report", done(record, policy)),
        ("Looking back", looked_back(record, policy)),
    )
    total = sum(len(lines) for _, lines in groups)
    blocks: list[Block] = []
    for title, lines in groups:
        share = max(MOST * len(lines) // total, 1)
        blocks += _group(title, lines, scene, share)
    return blocks


def _group(title: str, lines: Lines, scene: Scene, most: int) -> list[Block]:
    if not lines:
        return []
    return [HeaderBlock(text=title), *read(pieces(lines), scene.voice.slack_id, most, title)]


# --- what stands around it -------------------------------------------------------------------------


def _around(scene: Scene, first: str) -> list[Block]:
    tracked = [f"To follow:\n{said}"] if (said := follow_ups_said(scene.record, scene.voice)) else []
    lines = [*_looks(scene), first, *_questions(scene), *tracked]
    texts = [MarkdownTextObject(text=cut(line, 2000)) for line in lines[:10]]
    return [ContextBlock(elements=texts)] if texts else []


def _looks(scene: Scene) -> list[str]:
    again = scene.record.grant.seen_gone[1:]
    return [f"Looked at again and still gone: {listed(map(moment, again))}"] if again else []


def _closing(scene: Scene) -> str:
    """Say who let it pass before, and what an acceptance does."""
    given = listed(scene.voice.who(verdict.by) for verdict in scene.record.of_record(scene.policy))
    approved = f"Approved by {given}. " if given else ""
    return f"{approved}Accepting closes the change, and is final; return it if something is missing."


def _others(scene: Scene) -> str:
    """Say who may answer besides the reader; who made the change may not, whatever group they are in."""
    record, policy = scene.record, scene.policy
    profile = record.profile(policy)
    others = sorted(scene.approvers - record.people - {scene.reader})
    named = [scene.voice.who(person) for person in others[:NAMED]]
    more = [f"{len(others) - NAMED} more"] if len(others) > NAMED else []
    who = listed([*named, *more]) or "nobody; tell security if you cannot"
    given = [scene.voice.who(verdict.by) for verdict in record.approvals]
    so_far = f" Approved so far by {listed(given)}." if given else ""
    return f"Who else may answer ({escaped(profile.approvers)}, {profile.approvals_required} needed): {who}.{so_far}"


def _questions(scene: Scene) -> list[str]:
    return [
        f"Not answered yet: {scene.voice.who(asked.question.by)} asked: {scene.voice.quote(asked.question.text)}"
        for asked in scene.record.open_questions
    ]


def _after_rejection(scene: Scene) -> SectionBlock:
    record, owner = scene.record, scene.voice.who(scene.record.owner)
    due = due_said(scene.policy.duties.remediation.due)
    owes = f"{owner} then owes a remediation within {due}: reverted, or the risk accepted by somebody by name"
    said = {
        State.REQUESTED: "the request ends here, and nothing is given",
        State.ACTIVE: f"the access ends now, and {owes}",
    }.get(record.state, owes)
    text = f"*If you answer “Not justified”:* {said}. It is final."
    return SectionBlock(block_id="after_rejection", text=MarkdownTextObject(text=text))


def _ask(scene: Scene) -> ActionsBlock:
    button = ButtonElement(text="Ask the requester", action_id=Action.ASK.value, value=scene.record.id)
    return ActionsBlock(block_id="ask", elements=[button])
