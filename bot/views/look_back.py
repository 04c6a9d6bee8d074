"""The retrospective: begun with what is known, so that nobody starts from an empty page at the end of a bad night."""

from slack_sdk.models.blocks import Block, ContextBlock, HeaderBlock, MarkdownTextObject
from slack_sdk.models.views import View

from bot.ids import Form
from bot.views import agreeing, inputs
from bot.views.reading import pieces, read
from bot.views.scene import Scene
from bot.views.text import cut, escaped, moment
from workflows.judged import done
from workflows.recollection import recollection
from workflows.vocabulary import PersonId

REPORTED = 20  #: blocks that repeat the completion report
YES_OR_NO = (("yes", "Yes"), ("no", "No: it did not meet the definition"))
HINT = "Where it is tracked: each follow-up becomes an issue of its own, linked to the ticket, and is chased until it is done."


class _Plainly:
    """Names without mentions, for text that goes into an input."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def who(self, person: PersonId) -> str:
        return self._scene.name(person)

    def when(self, at: object) -> str:
        return str(at)

    def quote(self, text: str) -> str:
        return text

    def link(self, url: str, text: str) -> str:
        return text


def retrospective(scene: Scene) -> View:
    known = _known(scene)
    criteria = ", ".join(scene.policy.justification.criteria)
    asked: list[Block] = [
        inputs.text(
            "timeline",
            "What happened, and when?",
            optional=True,
            initial=known["timeline"],
            hint="Written down by the bot; correct it and add what it cannot know.",
        ),
        inputs.text("cause", "What was the cause?", initial=known["cause"]),
        inputs.choice(
            "genuine",
            "Was it a genuine emergency?",
            YES_OR_NO,
            known["genuine"],
            hint=cut(f"By the policy: {criteria}.", 1000),
        ),
        inputs.text(
            "normal_process", "Why could the normal process not serve?", initial=known["normal_process"]
        ),
        inputs.text("prevention", "What will prevent the next one?", initial=known["prevention"]),
        ContextBlock(elements=[MarkdownTextObject(text=HINT)]),
        *agreeing.rows(scene),
    ]
    return inputs.modal(
        Form.RETROSPECTIVE, "Retrospective", scene, [*_returned(scene), *_reported(scene), *asked], "Send"
    )


def _known(scene: Scene) -> dict[str, str]:
    """Return what each input begins with: what was typed already, or written before, or is in the record."""
    record = scene.record
    last = record.retrospectives[-1] if record.retrospectives else None
    proposed = {
        "timeline": recollection(record, scene.policy, _Plainly(scene)),
        "cause": "",
        "genuine": "",
        "normal_process": record.request.justification,
        "prevention": "",
    }
    if last:
        proposed |= {
            "timeline": last.timeline or proposed["timeline"],
            "cause": last.cause,
            "genuine": "yes" if last.genuine else "no",
            "normal_process": last.normal_process,
            "prevention": last.prevention,
        }
    return {name: scene.typed.get(name, value) for name, value in proposed.items()}


def _returned(scene: Scene) -> list[Block]:
    if not scene.record.returns:
        return []
    back = scene.record.returns[-1]
    said = f"Returned by {scene.voice.who(back.by)}, {moment(back.at)}: {scene.voice.quote(back.reason)}"
    return [ContextBlock(elements=[MarkdownTextObject(text=cut(said, 2000))])]


def _reported(scene: Scene) -> list[Block]:
    """Show the completion report, and what is to follow already."""
    lines = done(scene.record, scene.policy)
    blocks: list[Block] = []
    if lines:
        blocks += [
            HeaderBlock(text="What was reported"),
            *read(pieces(lines), scene.voice.slack_id, REPORTED, "report"),
        ]
    if scene.record.follow_ups:
        agreed = "\n".join(
            f"{one.number}. {escaped(one.what)} · {scene.voice.who(one.owner)} · until {one.due}"
            for one in scene.record.follow_ups
        )
        text = cut(f"*To follow already:*\n{agreed}", 2000)
        blocks.append(ContextBlock(elements=[MarkdownTextObject(text=text)]))
    return blocks
