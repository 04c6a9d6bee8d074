"""Whether GitHub tells the bot of reviews: a webhook of the repository, or the App's own.

The hooks of a repository are shown to its administrators, or to an App that may read webhooks.
"""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from integrations.github_evidence.findings import Finding, found
from integrations.github_evidence.objects import OK, Connection
from workflows.errors import Declined, Unavailable

PATH = "/github/webhooks"
EVENT = "pull_request_review"
WHAT = "GitHub tells the bot of reviews in {}"
LOOK = (
    "The bot may not see the repository's webhooks; see in Settings › Webhooks that one is active, leads to "
    f"https://…{PATH}, sends application/json and the event Pull request reviews."
)
ADD = (
    f"Add a webhook that leads to https://…{PATH}, with application/json and the event Pull request reviews."
)


def heard(connection: Connection, name: str) -> Finding:
    """Look for a webhook that tells of reviews."""
    what = WHAT.format(name)
    try:
        own = connection.app_hook()
        if own and _leads_here(own) and not [*_wrong(own)]:
            return found(what, "")
        hooks = _hooks(connection, name)
    except (Declined, Unavailable) as error:
        return found(what, str(error))
    if hooks is None:
        return Finding(ok=True, what=what, remedy=LOOK, seen=False)
    ours = [hook for hook in hooks if _leads_here(hook.get("config"))]
    complaints = [" ".join(_wrong({**hook, **hook["config"]})) for hook in ours]
    return found(what, "" if "" in complaints else next(iter(complaints), ADD))


def _hooks(connection: Connection, name: str) -> list[Mapping[str, Any]] | None:
    """List the repository's webhooks; ``None``: they are not shown."""
    try:
        status, listed = connection.listing(f"/repos/{quote(name)}/hooks")
    except Declined:  # GitHub forbids it; that the repository itself can be seen is looked at elsewhere
        return None
    return [hook for hook in listed if isinstance(hook, dict)] if status == OK else None


def _leads_here(config: Any) -> bool:
    return isinstance(config, Mapping) and urlsplit(str(config.get("url") or "")).path.endswith(PATH)


def _wrong(hook: Mapping[str, Any]) -> Iterator[str]:
    """Say what is wrong with a webhook that leads to the bot."""
    if hook.get("active") is False:
        yield "The webhook is switched off; make it active in Settings › Webhooks."
    if not {EVENT, "*"} & set(hook.get("events") or ()):
        yield "The webhook does not send Pull request reviews; choose that event in Settings › Webhooks."
    if hook.get("content_type") != "json":
        yield "The webhook does not send application/json; choose that in Settings › Webhooks."
    code = (hook.get("last_response") or {}).get("code")
    if isinstance(code, int) and not OK <= code < 300:  # noqa: PLR2004 - what HTTP calls success
        yield f"The last delivery of the webhook was answered {code}; see Recent Deliveries in Settings › Webhooks."
