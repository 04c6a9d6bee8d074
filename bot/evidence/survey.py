"""One walk over the whole log: which changes the period has, who was refused, and whether the bot was there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from workflows.period import Span
from workflows.vocabulary import ChangeId, PersonId

SILENCE = timedelta(minutes=11)  #: two heartbeats missed, and a minute
FORM = timedelta(hours=24)  #: how long after it was opened a form may be sent
REQUEST = "request/1"


@dataclass(frozen=True, slots=True)
class Opened:
    """An accepted request."""

    change: ChangeId
    at: datetime
    sequence: int
    drill: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something the procedure said no to."""

    sequence: int
    at: datetime
    by: PersonId
    kind: str
    change: str
    guard: str
    because: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which no replica gave a sign of life."""

    since: datetime
    until: datetime


@dataclass(slots=True)
class Survey:
    """What the log says about a period, besides its changes."""

    span: Span
    opened: list[Opened] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    invocations: int = 0
    requests: int = 0
    reconciled: list[int] = field(default_factory=list)  #: sequences of comparisons with other systems
    uninvited: int = 0  #: requests that no invocation came before
    last_before_end: int = 0  #: how many entries were recorded before the period's end
    as_of: datetime | None = None
    _alive: datetime | None = None
    _waiting: dict[str, list[datetime]] = field(default_factory=dict)

    def read(self, leaves: Iterable[Mapping[str, Any]]) -> "Survey":
        """Take in all leaves, in order."""
        for leaf in leaves:
            at = datetime.fromisoformat(leaf["occurred_at"])
            self.as_of = datetime.fromisoformat(leaf["recorded_at"])
            if self.as_of < self.span.end:
                self.last_before_end = leaf["sequence"]
            match leaf["kind"].partition("/")[0]:
                case "request":
                    self._request(leaf, at)
                case "invocation":
                    self._invocation(leaf, at)
                case "heartbeat" | "started":
                    self._sign_of_life(at)
                case "reconciled":
                    self._reconciled(leaf, at)
                case "policy-in-force":
                    self.policies.append(leaf["body"]["sha256"])
            self._refusal(leaf, at)
        return self

    def _reconciled(self, leaf: Mapping[str, Any], at: datetime) -> None:
        """Keep a comparison of a time that belongs to the span, and one of what there was after it began."""
        body = leaf["body"]
        if body["begin"] is None:
            fits = at >= self.span.begin
        else:
            begin, end = datetime.fromisoformat(body["begin"]), datetime.fromisoformat(body["end"])
            fits = begin < self.span.end and end > self.span.begin
        self.reconciled += [leaf["sequence"]] if fits else []

    def _request(self, leaf: Mapping[str, Any], at: datetime) -> None:
        if leaf["change"] and leaf["ruling"].get("answer") == "accepted":
            drill = bool(leaf["body"].get("drill"))
            self.opened.append(Opened(ChangeId(leaf["change"]), at, leaf["sequence"], drill))
        if at in self.span:
            self.requests += 1
            self.uninvited += not self._invited(leaf["by"], at)

    def _invited(self, by: str, at: datetime) -> bool:
        return any(at - FORM <= one <= at for one in self._waiting.get(by, ()))

    def _invocation(self, leaf: Mapping[str, Any], at: datetime) -> None:
        self._waiting.setdefault(leaf["by"], []).append(at)
        self.invocations += at in self.span

    def _sign_of_life(self, at: datetime) -> None:
        if self._alive and at - self._alive > SILENCE and at >= self.span.begin:
            self.silences += [Silence(self._alive, at)] if self._alive < self.span.end else []
        self._alive = max(at, self._alive or at)

    def _refusal(self, leaf: Mapping[str, Any], at: datetime) -> None:
        ruling = leaf["ruling"]
        if ruling.get("answer") == "refused" and at in self.span:
            kind, change = leaf["kind"].partition("/")[0], leaf["change"] or ""
            self.refusals.append(
                Refusal(
                    leaf["sequence"],
                    at,
                    leaf["by"],
                    kind,
                    change,
                    ruling.get("guard", ""),
                    ruling.get("because", ""),
                )
            )

    @property
    def missing_ids(self) -> list[str]:
        """Name the ids that were passed over, in all years of the log."""
        years: dict[str, set[int]] = {}
        for one in self.opened:
            _, year, number = one.change.split("-")
            years.setdefault(year, set()).add(int(number))
        return [
            f"EC-{year}-{number:04}"
            for year, drawn in sorted(years.items())
            for number in range(1, max(drawn))
            if number not in drawn
        ]
