"""What a dialog is made from: the change, the rules, who reads it, and what was typed so far."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from bot.views.text import SlackVoice
from workflows.policy import Policy
from workflows.record import ChangeRecord
from workflows.vocabulary import PersonId


@dataclass(frozen=True, slots=True)
class Scene:
    """One dialog about one change, before it is drawn."""

    record: ChangeRecord
    policy: Policy
    voice: SlackVoice
    name: Callable[[PersonId], str]
    reader: PersonId
    approvers: frozenset[PersonId]  #: as mirrored now; shown, and asked again when somebody answers
    proposed: date  #: until when a follow-up is done unless somebody chooses another day
    notice: str = ""  #: said before everything else
    typed: Mapping[str, str] = field(
        default_factory=dict
    )  #: by block; it survives when the dialog is drawn anew
