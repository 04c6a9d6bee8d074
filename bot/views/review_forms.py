"""The dialogs in which reviewers sign a month off, and record the self-test of one change of its sample."""

from collections.abc import Sequence

from slack_sdk.models.blocks import Block, ContextBlock, MarkdownTextObject, PlainTextObject
from slack_sdk.models.views import View

from bot.ids import Form
from bot.reviewing.dossiers import Dossier
from bot.views import inputs
from bot.views.text import cut
from workflows.reviews import ATTRIBUTES, recused
from workflows.vocabulary import ChangeId, PersonId
from workflows.words import listed

ONE_BY_ONE = 40  #: changes that are asked about one by one; a dialog may have 100 blocks (Slack)
LABEL = 150  #: characters of an input's label that are read
NOT_CHASED = "It is written on the review's issue as it stands here; nobody is reminded of it."
CHANGE = "change:"  #: before the change in an input's name
DID_NOT = "did_not"
JUDGED = (("qualified", "It was an emergency"), (DID_NOT, "It did not qualify"))
RESULTS = (("pass", "Pass"), ("fail", "Fail"), ("not applicable", "Not applicable"))


def sign_off(about: Dossier, reader: PersonId) -> View:
    """Return the sign-off: decisions, follow-ups, and of each change whether it was an emergency."""
    own = recused(reader, about.requesters)
    judged = [change for change in about.requesters if change not in own]
    asked: list[Block] = [
        inputs.text("decisions", "What is decided?", hint="Write “none” if nothing is."),
        inputs.text("follow_ups", "What follows, who does it, until when?", optional=True, hint=NOT_CHASED),
    ]
    if own:
        asked.append(
            inputs.said(cut(f"You asked for {listed(own)} yourself, so somebody else must judge that.", 2900))
        )
    if len(judged) <= ONE_BY_ONE:
        asked += [inputs.choice(f"{CHANGE}{one}", cut(about.about(one), LABEL), JUDGED) for one in judged]
    else:
        hint = f"Of {len(judged)} changes; all you do not name qualified. One id after another."
        asked.append(inputs.text(DID_NOT, "Which were no emergencies?", optional=True, hint=hint))
    return _dialog(Form.SIGN_OFF, "Sign off", about, asked)


def self_test(about: Dossier, reader: PersonId) -> View:
    """Return the form of the self-test."""
    own = recused(reader, about.requesters)
    sample = [(change, cut(about.about(change), 75)) for change in about.made.sample if change not in own]
    if not sample:
        return inputs.says(
            "You asked for every change of the sample yourself; another reviewer must test them."
        )
    asked: list[Block] = [inputs.select("change", "Which change was tested?", sample)]
    for name, question in ATTRIBUTES.items():
        label = f"{name.replace('_', ' ').capitalize()}: {question[0].lower()}{question[1:]}"
        asked.append(inputs.choice(name, label, RESULTS))
    asked.append(inputs.text("note", "What was looked at?", optional=True))
    return _dialog(Form.SELF_TEST, "Record self-test", about, asked)


def judged_in(typed: dict[str, str]) -> tuple[ChangeId, ...]:
    """Return which changes did not qualify, by what was chosen or typed."""
    chosen = [ChangeId(name.removeprefix(CHANGE)) for name, value in typed.items() if name.startswith(CHANGE) and value == DID_NOT]  # fmt: skip
    named = typed.get(DID_NOT, "").replace(",", " ").upper().split()
    return tuple(dict.fromkeys([*chosen, *map(ChangeId, named)]))


def _dialog(form: Form, label: str, about: Dossier, asked: Sequence[Block]) -> View:
    head = MarkdownTextObject(text=f"Emergency changes in {about.period.name}, version {about.made.version}")
    return View(
        type="modal",
        callback_id=form.value,
        private_metadata=about.name,
        title=PlainTextObject(text=label),
        submit=PlainTextObject(text=label),
        close=PlainTextObject(text="Cancel"),
        blocks=[ContextBlock(elements=[head]), *asked],
    )
