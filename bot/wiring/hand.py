"""What takes access away, beside a running bot or without one."""

from dataclasses import dataclass

from bot.directory import SlackDirectory
from bot.settings import Settings
from bot.wiring.connections import PROVIDERS, github_teams, slack_client
from bot.wiring.opening import changes_of, existing_memory
from storage.memory import Memory
from workflows.changes import EmergencyChanges
from workflows.reconciler import Reconciler
from workflows.steps import Step
from workflows.steps.access import Access
from workflows.vocabulary import StepName


@dataclass(slots=True)
class Hand:
    """What takes access away, beside a running bot or without one; it adopts no policy and migrates nothing."""

    memory: Memory
    changes: EmergencyChanges
    directory: SlackDirectory
    reconciler: Reconciler


def take_hand(settings: Settings) -> Hand:
    """Put together what ``access revoke`` needs."""
    memory, teams = existing_memory(settings), github_teams(settings)
    providers = {kind.name: connect(settings) for kind, connect in PROVIDERS.items()}
    directory = SlackDirectory(
        slack_client(settings), memory.people, teams, memory.policy, settings.slack_team_ids
    )
    changes = changes_of(settings, memory)
    steps: dict[StepName, Step] = {StepName.ACCESS: Access(providers)}
    reconciler = Reconciler(changes, memory.outbox, memory, steps, memory.clock, memory.stopwatch)
    return Hand(memory, changes, directory, reconciler)
