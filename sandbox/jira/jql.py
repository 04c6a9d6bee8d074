"""The little JQL the stand-in understands: equalities joined by AND, and an order.

A query without any restriction is refused, as Jira Cloud refuses unbounded ones.
"""

import re
from collections.abc import Callable

from sandbox.jira.world import Issue, Refusal

_CLAUSE = re.compile(
    r'\s*(\w+)\s*(=|!=|in)\s*(?:"((?:[^"\\]|\\.)*)"|([\w.-]+)|\(([^)]*)\))\s*', re.IGNORECASE
)
_ORDER = re.compile(r"\s+order\s+by\s+(created|key|id)(?:\s+(asc|desc))?\s*$", re.IGNORECASE)

_FIELDS: dict[str, Callable[[Issue], list[str]]] = {
    "project": lambda i: [i.project.key, i.project.id, i.project.name],
    "labels": lambda i: i.labels,
    "status": lambda i: [i.status],
    "key": lambda i: [i.key],
    "issuetype": lambda i: [i.type_id, i.project.issue_types[i.type_id]],
}


def select(jql: str, issues: list[Issue]) -> list[Issue]:
    """Return the issues that match, in the order asked for."""
    order = _ORDER.search(jql)
    clauses = re.split(r"\s+and\s+", jql[: order.start()] if order else jql, flags=re.IGNORECASE)
    if not jql.strip() or not clauses[0].strip():
        raise Refusal(
            400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
        )
    for clause in clauses:
        issues = _restricted(clause, issues)
    return issues[::-1] if order and (order[2] or "asc").lower() == "desc" else issues


def _restricted(clause: str, issues: list[Issue]) -> list[Issue]:
    match = _CLAUSE.fullmatch(clause)
    if not match:
        raise Refusal(400, f"Error in the JQL Query: '{clause.strip()}' could not be understood.")
    name, operator, quoted, bare, listed = match.groups()
    if name.lower() not in _FIELDS:
        raise Refusal(400, f"Field '{name}' does not exist or you do not have permission to view it.")
    if listed is not None:
        values = [value.strip().strip('"') for value in listed.split(",")]
    else:
        values = [re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare]
    wanted = {value.casefold() for value in values}
    of = _FIELDS[name.lower()]
    return [i for i in issues if (operator == "!=") != any(v.casefold() in wanted for v in of(i))]
