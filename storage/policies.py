"""Policies by digest, and the one in force; parsed once per process."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from storage.leaves import Vault
from storage.schema import changes, policies
from workflows.calendar import Calendar, DayOff, no_holidays
from workflows.errors import LedgerCorrupt, Misconfigured
from workflows.policy import Policy, digest, load

Holidays = Callable[[str], DayOff]
#: The limit is no parameter, so that PostgreSQL plans once.
NEWEST = sa.select(policies.c.sha256).order_by(policies.c.sequence.desc()).limit(sa.literal_column("1"))


def without_holidays(region: str) -> DayOff:
    """Know no holidays of any region."""
    return no_holidays


class Rules:
    """Finds policies; safe to share between threads, since what a digest names never changes."""

    def __init__(self, holidays: Holidays = without_holidays) -> None:
        self.holidays = holidays
        self._parsed: dict[str, Policy] = {}
        self._calendars: dict[tuple[str, str, str], Calendar] = {}

    def pinned(self, connection: sa.Connection, sha256: str) -> Policy:
        """Return the policy of this digest; raises ``Misconfigured`` if the database has lost it."""
        if sha256 not in self._parsed:
            query = sa.select(policies.c.text).where(policies.c.sha256 == sha256)
            text = connection.execute(query).scalar_one_or_none()
            if text is None:
                raise Misconfigured(
                    f"The database has no policy {sha256}; run `emergency-change db rebuild`."
                )
            self._parsed[sha256] = load(bytes(text), f"policy {sha256[:12]}")
        return self._parsed[sha256]

    def in_force(self, connection: sa.Connection, sha256: str | None = None) -> tuple[str, Policy]:
        """Return digest and policy for new changes; ``sha256`` is its digest if this transaction knows it."""
        sha256 = sha256 or connection.execute(NEWEST).scalar_one_or_none()
        if sha256 is None:
            raise Misconfigured("No policy is in force yet; start the bot once with its POLICY_FILE.")
        return sha256, self.pinned(connection, sha256)

    def calendar(self, policy: Policy) -> Calendar:
        """Return the policy's calendar."""
        rules = policy.calendar
        key = (rules.timezone, rules.working_hours, rules.holidays)
        if key not in self._calendars:
            day_off = self.holidays(rules.holidays) if rules.holidays else no_holidays
            self._calendars[key] = Calendar(rules, day_off)
        return self._calendars[key]


_SAYS = "that was changed. Run `emergency-change db rebuild`."


class Stated:
    """What the ledger says the rules are, learnt entry by entry; decisions go by the tables, which must agree."""

    def __init__(self) -> None:
        self._sequences: dict[str, int] = {}  # the entry that put each policy in force last
        self._texts: dict[str, str | None] = {}  # the digest of how each reads; none: it cannot be opened
        self._pinned: dict[str, str] = {}  # the policy each change was opened under

    def learn(
        self, parsed: Mapping[str, Any], sealed: Sequence[tuple[str, bytes]], vault: Vault | None
    ) -> None:
        """Take note of the next entry."""
        if change := parsed["change"]:
            self._pinned.setdefault(change, parsed["policy"])
        match parsed["kind"]:
            case "policy-in-force/1":
                sha256 = parsed["body"]["sha256"]
                self._sequences[sha256], self._texts[sha256] = parsed["sequence"], sha256
            case "policy-redacted/1":
                opened = [vault.open(parsed["sequence"], *one)[1] for one in sealed if vault]
                self._texts[parsed["body"]["sha256"]] = digest(opened[0].encode()) if opened else None

    def compare(self, connection: sa.Connection, *, torn: bool) -> None:
        """Raise ``LedgerCorrupt`` unless the tables say the same; ``torn``: entries were lost, which is on record."""
        there = {row.sha256: row for row in connection.execute(sa.select(policies))}
        for sha256 in sorted(there.keys() | self._sequences.keys()):
            row = there.get(sha256)
            if row is None or not self._is_stated(sha256, row, torn=torn):
                raise LedgerCorrupt(f"The policy {sha256[:12]} is not the one that was put in force: {_SAYS}")
        for row in connection.execute(sa.select(changes.c.id, changes.c.policy)):
            if self._pinned.get(row.id, row.policy) != row.policy:
                raise LedgerCorrupt(f"{row.id} has another policy than it was opened under: {_SAYS}")

    def _is_stated(self, sha256: str, row: Any, *, torn: bool) -> bool:
        expected = self._texts.get(sha256, sha256 if torn else "")
        placed = torn or row.sequence == self._sequences.get(sha256)
        return placed and expected in (None, digest(bytes(row.text)))
