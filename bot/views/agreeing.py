"""Inputs for what is to follow: what, who, until when; in an approval one, in a retrospective up to ten.

The first words decide: a row in which nothing is to be done is not asked for anything else.
"""

from collections.abc import Mapping

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, DividerBlock

from bot.ids import Action
from bot.views import inputs
from bot.views.scene import Scene
from workflows.follow_ups import LONGEST_LINE, MOST

WHAT, OWNER, DUE = "follow_up_", "owner_", "due_"  #: names of the inputs, before the row's number
MORE = "more"  #: in what was typed: one more row is wanted


def rows_in(typed: Mapping[str, str]) -> int:
    """Count the rows a dialog has."""
    numbers = [int(name.removeprefix(WHAT)) for name in typed if name.startswith(WHAT)]
    return max(numbers, default=0)


def row(scene: Scene, number: int, label: str, *, optional: bool) -> list[Block]:
    """Return the inputs of one follow-up; owner and date are proposed."""
    typed, owner = scene.typed, scene.voice.slack_id(scene.record.owner)
    what = inputs.text(
        f"{WHAT}{number}",
        label,
        optional=optional,
        multiline=False,
        initial=typed.get(f"{WHAT}{number}", ""),
        longest=LONGEST_LINE,
    )
    return [
        what,
        inputs.person(
            f"{OWNER}{number}",
            "Who does it?",
            optional=optional,
            initial=typed.get(f"{OWNER}{number}") or owner,
        ),
        inputs.day(
            f"{DUE}{number}",
            "Until when?",
            optional=optional,
            initial=typed.get(f"{DUE}{number}") or scene.proposed.isoformat(),
        ),
    ]


def rows(scene: Scene) -> list[Block]:
    """Return as many rows as there were, at least one, and a button for one more."""
    count = min(max(rows_in(scene.typed), 1) + (MORE in scene.typed), MOST)
    blocks: list[Block] = []
    for number in range(1, count + 1):
        blocks += [
            DividerBlock(),
            *row(scene, number, f"Follow-up {number}: what is to be done?", optional=True),
        ]
    if count < MOST:
        more = ButtonElement(text="Add a follow-up", action_id=Action.MORE.value, value=scene.record.id)
        blocks.append(ActionsBlock(block_id="follow_ups", elements=[more]))
    return blocks
