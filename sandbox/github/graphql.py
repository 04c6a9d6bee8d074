"""The little of GitHub's GraphQL API that is asked: nodes by their ids, and what an organisation knows of its members.

Only the questions the bot asks are understood; any other is an error, as a misspelt field is at GitHub.  Errors
come with status 200.
"""

import re
from typing import Any

from sandbox.github.call import Call, Reply
from sandbox.github.pulls import Review
from sandbox.github.shapes import stamp
from sandbox.github.world import Account, Forge, Organisation

_NAMES = re.compile(r"[_A-Za-z]\w*")
#: The words each question is made of; a word that is not here is a field GitHub does not have.
KNOWN = {
    "reviews": {"query", "ids", "ID", "nodes", "on", "PullRequestReview", "id", "lastEditedAt", "editor", "login"},
    "members": {
        "query", "organization", "login", "String", "after", "membersWithRole", "first", "nodes", "databaseId",
        "organizationVerifiedDomainEmails", "pageInfo", "hasNextPage", "endCursor",
    },
}  # fmt: skip
MOST_NODES = 100


def _ask(call: Call) -> Reply:
    query = str(call.body.get("query", "")) if isinstance(call.body, dict) else ""
    variables = call.body.get("variables") or {} if isinstance(call.body, dict) else {}
    words = set(_NAMES.findall(query))
    if "PullRequestReview" in words and words <= KNOWN["reviews"]:
        return _nodes(call, variables)
    if "membersWithRole" in words and words <= KNOWN["members"]:
        return _members(call, variables)
    unknown = sorted(words - KNOWN["reviews"] - KNOWN["members"]) or ["query"]
    return _error("undefinedField", f"Field '{unknown[0]}' doesn't exist on type 'Query'")


def _error(kind: str, message: str, data: Any = None) -> Reply:
    answer = {"errors": [{"type": kind, "message": message, "locations": [{"line": 1, "column": 1}]}]}
    return Reply(answer if data is None else {"data": data, **answer})


def _nodes(call: Call, variables: dict[str, Any]) -> Reply:
    ids = variables.get("ids") or []
    if len(ids) > MOST_NODES:
        return _error(
            "ARGUMENT_LIMIT", f"You may not provide more than {MOST_NODES} node ids; you provided {len(ids)}."
        )
    known = {f"PRR_{review.id}": review for review in _reviews(call.forge)}
    nodes = [_review(one, known[one]) if one in known else None for one in ids]
    lost = [one for one in ids if one not in known]
    if lost:
        said = f"Could not resolve to a node with the global id of '{lost[0]}'"
        return _error("NOT_FOUND", said, {"nodes": nodes})
    return Reply({"data": {"nodes": nodes}})


def _reviews(forge: Forge) -> list[Review]:
    return [
        review
        for repository in forge.repositories.values()
        if not repository.hidden
        for pull in repository.pulls.values()
        for review in pull.reviews
    ]


def _review(id: str, review: Review) -> dict[str, Any]:
    edited = review.edited
    return {
        "id": id,
        "lastEditedAt": stamp(edited) if edited else None,
        "editor": {"login": review.editor} if edited else None,
    }


def _members(call: Call, variables: dict[str, Any]) -> Reply:
    org = call.forge.organisations.get(str(variables.get("login", "")).casefold())
    if org is None:
        said = f"Could not resolve to an Organization with the login of '{variables.get('login')}'."
        return _error("NOT_FOUND", said, {"organization": None})
    logins = sorted(org.members)
    start = int(variables.get("after") or 0)
    page = logins[start : start + MOST_NODES]
    end = start + len(page)
    nodes = [_member(org, account) for login in page if (account := call.forge.account(login))]
    info = {"hasNextPage": end < len(logins), "endCursor": str(end)}
    return Reply({"data": {"organization": {"membersWithRole": {"nodes": nodes, "pageInfo": info}}}})


def _member(org: Organisation, account: Account) -> dict[str, Any]:
    ours = [email for email in (account.email,) if email.rpartition("@")[2] in org.domains]
    return {
        "login": account.login,
        "databaseId": account.id,
        "organizationVerifiedDomainEmails": ours,
    }


ROUTES = (("POST", "/graphql", _ask),)
