"""The part of GitHub's API about how much happens: a search that counts merges, and deployments."""

import re
from datetime import datetime, timedelta

from sandbox.github.call import Call, Refusal, Reply, Shape
from sandbox.github.shapes import stamp, user
from sandbox.github.world import Deployment, Repository

_RANGE = re.compile(r"merged:(\S+?)\.\.(\S+)")
_WHERE = re.compile(r"repo:([\w.-]+/[\w.-]+)")
NEEDED = {"is:pr", "is:merged"}


def _search(call: Call) -> Reply:
    """Count merged pull requests: ``q=repo:acme/payments is:pr is:merged merged:FROM..TO``."""
    query = call.query.get("q", "")
    where, between = _WHERE.search(query), _RANGE.search(query)
    if where is None or between is None or not set(query.split()) >= NEEDED:
        raise Refusal(
            422, "Validation Failed", errors=[{"resource": "Search", "field": "q", "code": "invalid"}]
        )
    repository = call.forge.repositories.get(where[1].casefold())
    if repository is None or repository.hidden:
        message = "The listed users and repositories cannot be searched either because the resources do not exist or you do not have permission to view them."
        raise Refusal(
            422,
            "Validation Failed",
            errors=[{"message": message, "resource": "Search", "field": "q", "code": "invalid"}],
        )
    first, last = (datetime.fromisoformat(moment) for moment in between.groups())
    found = [at for at in repository.merges if first <= at < last + timedelta(seconds=1)]
    return Reply({"total_count": len(found), "incomplete_results": False, "items": []})


def _deployments(call: Call) -> Reply:
    """List deployments, newest first."""
    repository, environment = call.repository(), call.query.get("environment")
    listed = [one for one in repository.deployments if environment in (None, "", "none", one.environment)]
    newest_first = sorted(listed, key=lambda one: one.created_at, reverse=True)
    return call.page([_shape(call, repository, one) for one in newest_first])


def _deployment(call: Call) -> Reply:
    """Show one deployment."""
    repository = call.repository()
    one = next((one for one in repository.deployments if str(one.id) == call.path["id"]), None)
    if one is None:
        raise Refusal(404, "Not Found")
    return Reply(_shape(call, repository, one))


def _shape(call: Call, repository: Repository, one: Deployment) -> Shape:
    url = f"{call.base}/repos/{repository.owner}/{repository.name}"
    return {
        "url": f"{url}/deployments/{one.id}",
        "id": one.id,
        "node_id": f"DE_{one.id}",
        "sha": one.sha,
        "ref": "main",
        "task": "deploy",
        "payload": {},
        "original_environment": one.environment,
        "environment": one.environment,
        "description": None,
        "creator": user(call.base, call.forge.account(one.by) or call.actor),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.created_at),
        "statuses_url": f"{url}/deployments/{one.id}/statuses",
        "repository_url": url,
        "transient_environment": False,
        "production_environment": one.environment == "production",
    }


ROUTES = (
    ("GET", "/search/issues", _search),
    ("GET", "/repos/{owner}/{repo}/deployments", _deployments),
    ("GET", "/repos/{owner}/{repo}/deployments/{id}", _deployment),
)
