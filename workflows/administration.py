"""What concerns no single change: the rules in force, keys, identities, and that the bot is alive."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from workflows.events import Entry
from workflows.prose import Policytext, Prose
from workflows.vocabulary import ChangeId, PersonId


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


class PersonErased(Entry):
    """What was known about a person is gone: accounts, and every value about or by them."""

    kind: Literal["person-erased/1"] = "person-erased/1"
    person: PersonId
    reason: Prose
    values: int
    also: tuple[str, ...] = ()  #: ``sequence/field`` of what others wrote and mentions them


class PolicyRedacted(Entry):
    """The policy of this digest named somebody who was erased; from here on it reads like this."""

    kind: Literal["policy-redacted/1"] = "policy-redacted/1"
    sha256: str
    text: Policytext


class HoldSet(Entry):
    """Nothing of this change, or about this person, may be erased until the hold is lifted."""

    kind: Literal["hold-set/1"] = "hold-set/1"
    change: ChangeId | None = None
    person: PersonId | None = None
    reason: Prose


class HoldLifted(Entry):
    """The hold is over."""

    kind: Literal["hold-lifted/1"] = "hold-lifted/1"
    change: ChangeId | None = None
    person: PersonId | None = None
    reason: Prose


class RecordsPurged(Entry):
    """The values of these changes, and those of entries without a change up to ``until``, are gone: too old."""

    kind: Literal["records-purged/1"] = "records-purged/1"
    before: AwareDatetime
    changes: tuple[ChangeId, ...]
    until: int
    values: int


Administration = Annotated[
    PolicyInForce
    | KeyInForce
    | AccountLinked
    | Invocation
    | TurnedAway
    | Started
    | Heartbeat
    | GuardsChecked
    | PersonErased
    | PolicyRedacted
    | HoldSet
    | HoldLifted
    | RecordsPurged,
    Field(discriminator="kind"),
]
