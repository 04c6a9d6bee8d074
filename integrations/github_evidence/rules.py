"""Whether the branch can be rewritten: which rules it has, and who may go past them.

GitHub shows a ruleset's bypass list only to whoever may edit it.  A bot that may not does as it should, so then
the line says that nobody has looked, and where a person can.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from integrations.github_evidence.findings import Finding, found
from integrations.github_evidence.objects import OK, Connection

RULES = {"non_fast_forward": "Block force pushes", "deletion": "Restrict deletions"}
LOOK = (
    "The bot may not see the bypass list, which is as it should be; see that it is empty in Settings › Rules."
)


def ruled(connection: Connection, name: str, branch: str) -> Iterator[Finding]:
    """Look at the rules of the branch, and at who may go past those that it needs."""
    what = f"{branch} in {name} can be neither rewritten nor deleted"
    status, listed = connection.listing(f"/repos/{quote(name)}/rules/branches/{quote(branch)}")
    if status != OK:
        yield found(what, f"GitHub did not show the branch's rules ({status}); look at them by hand.")
        return
    there = {rule: _rulesets(listed, rule) for rule in RULES}
    if lacking := [label for rule, label in RULES.items() if not there[rule]]:
        remedy = f"Add a ruleset for {branch} with {' and '.join(lacking)}, and nobody in its bypass list."
        yield found(what, remedy)
        return
    yield found(what, "")
    yield _unpassed(connection, name, branch, [*there.values()])


def _rulesets(listed: list[Any], rule: str) -> dict[int, None]:
    """Return the rulesets that give the branch a rule."""
    return dict.fromkeys(
        int(one["ruleset_id"])
        for one in listed
        if isinstance(one, dict) and one.get("type") == rule and isinstance(one.get("ruleset_id"), int)
    )


def _unpassed(connection: Connection, name: str, branch: str, needed: list[dict[int, None]]) -> Finding:
    """Say who may go past the rules; each rule holds if it is in one ruleset that nobody may go past."""
    what = f"nobody may go past these rules of {branch} in {name}"
    answers = {id: _bypass(connection, name, id) for ids in needed for id in ids}
    weak = [id for ids in needed if "" not in {answers[id] for id in ids} for id in ids]
    if not weak:
        return found(what, "")
    said = dict.fromkeys(filter(None, (answers[id] for id in weak)))
    return found(what, " ".join(said)) if said else Finding(ok=True, what=what, remedy=LOOK, seen=False)


def _bypass(connection: Connection, name: str, ruleset: int) -> str | None:
    """Return what is wrong with a ruleset's bypass list; empty: nobody is in it; ``None``: it is not shown."""
    status, _, said = connection.ask("GET", f"/repos/{quote(name)}/rulesets/{ruleset}")
    if status != OK or not isinstance(said, dict):
        return None
    actors, label = said.get("bypass_actors"), said.get("name") or ruleset
    if isinstance(actors, list):
        kinds = ", ".join(sorted({str(one.get("actor_type")) for one in actors if isinstance(one, dict)}))
        return (
            f"The bypass list of the ruleset “{label}” has {len(actors)} ({kinds}); empty it."
            if actors
            else ""
        )
    if said.get("current_user_can_bypass", "never") != "never":
        return f"The bot itself may go past the ruleset “{label}”; take it out of the bypass list."
    return None
