"""What concerns no single change: the rules in force, keys, identities, and that the bot is alive."""

from typing import Annotated, Literal

from pydantic import Field

from workflows.events import Entry
from workflows.prose import Policytext, Prose
from workflows.vocabulary import PersonId


class PolicyInForce(Entry):
    """From here on new changes are pinned to this policy."""

    kind: Literal["policy-in-force/1"] = "policy-in-force/1"
    sha256: str
    text: Policytext


class KeyInForce(Entry):
    """From here on checkpoints are signed with this key."""

    kind: Literal["key-in-force/1"] = "key-in-force/1"
    origin: str
    public_key: str  #: the verifier key of the signed note format


class AccountLinked(Entry):
    """A person's account at GitHub or Jira is known from here on."""

    kind: Literal["account-linked/1"] = "account-linked/1"
    person: PersonId
    vendor: Literal["github", "jira"]
    account: Prose
    source: Literal["command", "import"]


class Invocation(Entry):
    """Somebody typed the command; ``word`` is the first word if it is one of ours."""

    kind: Literal["invocation/1"] = "invocation/1"
    word: str


class TurnedAway(Entry):
    """Somebody who may not use the bot at all clicked or typed; the sentence is in the ruling."""

    kind: Literal["turned-away/1"] = "turned-away/1"
    because: str


class Started(Entry):
    """A replica began to work."""

    kind: Literal["started/1"] = "started/1"
    replica: str
    version: str


class Heartbeat(Entry):
    """A replica is alive; gaps between heartbeats are outages."""

    kind: Literal["heartbeat/1"] = "heartbeat/1"
    replica: str


class GuardsChecked(Entry):
    """The database's own guards were looked at; ``missing`` names those that were not there."""

    kind: Literal["guards-checked/1"] = "guards-checked/1"
    missing: tuple[str, ...]


Administration = Annotated[
    PolicyInForce
    | KeyInForce
    | AccountLinked
    | Invocation
    | TurnedAway
    | Started
    | Heartbeat
    | GuardsChecked,
    Field(discriminator="kind"),
]
