"""The part of GitHub's API about accounts, repositories and commits."""

import re

from sandbox.github import shapes
from sandbox.github.call import Call, Refusal, Reply


def _me(call: Call) -> Reply:
    return Reply(shapes.full_user(call.base, call.actor))


def _user(call: Call) -> Reply:
    account = call.forge.account(call.path["login"])
    if account is None:
        raise Refusal(404, "Not Found")
    return Reply(shapes.full_user(call.base, account))


def _search(call: Call) -> Reply:
    """Find accounts by a public e-mail address: ``q=somebody@acme.example in:email``."""
    words = call.query.get("q", "").split()
    if not words:
        raise Refusal(
            422, "Validation Failed", errors=[{"resource": "Search", "field": "q", "code": "missing"}]
        )
    plain = {word.casefold() for word in words if not re.match(r"\w+:", word)}
    found = [a for a in call.forge.accounts.values() if a.email and a.email.casefold() in plain]
    items = [shapes.user(call.base, account) | {"score": 1.0} for account in found]
    return Reply({"total_count": len(items), "incomplete_results": False, "items": items})


def _repository(call: Call) -> Reply:
    return Reply(shapes.repository(call.base, call.forge, call.repository()))


def _commit(call: Call) -> Reply:
    repository, ref = call.repository(), call.path["ref"]
    if not repository.git.commits:
        raise Refusal(409, "Git Repository is empty.")
    found = repository.git.resolved(ref)
    if found is None:
        raise Refusal(422, f"No commit found for SHA: {ref}")
    return Reply(shapes.commit(call.base, call.forge, repository, found))


ROUTES = (
    ("GET", "/user", _me),
    ("GET", "/users/{login}", _user),
    ("GET", "/search/users", _search),
    ("GET", "/repos/{owner}/{repo}", _repository),
    ("GET", "/repos/{owner}/{repo}/commits/{ref}", _commit),
)
