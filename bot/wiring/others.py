"""The other systems the ledger is compared with, and where what came of it is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.settings import Settings
from bot.wiring.connections import PROVIDERS, evidence_repository, jira_tickets
from bot.wiring.opening import changes_of
from bot.wiring.policies import check_targets
from storage.memory import Memory
from workflows.changes import EmergencyChanges
from workflows.ports import AccessProvider, EvidenceRepository, TicketDesk


@dataclass(frozen=True, slots=True)
class OtherSystems:
    """Connected, and not asked anything yet."""

    changes: EmergencyChanges
    tickets: TicketDesk
    providers: Mapping[str, AccessProvider]
    repository: EvidenceRepository | None


def other_systems(settings: Settings, memory: Memory) -> OtherSystems:
    """Connect to them under the policy in force; raises ``Misconfigured``."""
    policy = memory.policy()
    check_targets(policy)
    return OtherSystems(
        changes_of(settings, memory),
        jira_tickets(settings, policy),
        {kind.name: connect(settings) for kind, connect in PROVIDERS.items()},
        evidence_repository(settings),
    )
