"""What has to hold at GitHub before evidence is kept there: seen, private, writable, and never rewritten."""

import base64
from typing import Any
from urllib.parse import quote

from integrations.github_evidence.findings import Finding, found
from integrations.github_evidence.objects import OK, Connection, Objects
from integrations.github_evidence.rules import ruled
from workflows.errors import Declined, Unavailable

NEEDED = {"contents": "write", "pull_requests": "write", "metadata": "read"}
OWNERS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")


def findings(connection: Connection, name: str, branch: str) -> list[Finding]:
    """Look at everything; what cannot be asked because an earlier answer is missing is left out."""
    report: list[Finding] = []
    try:
        objects = Objects(connection, name)
        seen = objects.must_see()
        report.append(found(f"the bot can see {name}", ""))
        report.append(_private(name, private=seen.get("private") is True))
        report.append(_permitted(connection, name, archived=seen.get("archived") is True))
        report += ruled(connection, name, branch)
        report.append(_owned(connection, name, branch))
    except (Declined, Unavailable) as error:
        report.append(found(f"the evidence repository {name} can be used", str(error)))
    return report


def _private(name: str, *, private: bool) -> Finding:
    remedy = "" if private else "Everybody can read it; make it private in the repository's settings."
    return found(f"{name} is private", remedy)


def _permitted(connection: Connection, name: str, *, archived: bool) -> Finding:
    what = f"the bot may write to {name}, and to nothing else"
    if archived:
        return found(what, "It is archived, so nothing can be written; unarchive it.")
    granted = connection.app_permissions()
    if granted is None:
        status, headers, _ = connection.ask("GET", f"/repos/{quote(name)}")
        scopes = {scope.strip() for scope in headers.get("x-oauth-scopes", "").split(",")} - {""}
        if status == OK and scopes and "repo" not in scopes:
            return found(what, "Give the token the scope repo, or better: use a GitHub App of its own.")
        return found(f"the bot may write to {name}", "")
    lacking = [f"{key}: {need}" for key, need in NEEDED.items() if not _covers(granted.get(key), need)]
    if lacking:
        return found(what, f"Give the App the repository permission {', '.join(lacking)}.")
    more = sorted(key for key, power in granted.items() if power != "read" and key not in NEEDED)
    remedy = f"The App may also write {', '.join(more)}; use an App of its own for evidence." if more else ""
    return found(what, remedy)


def _covers(granted: str | None, need: str) -> bool:
    return granted in (need, "write")


def _owned(connection: Connection, name: str, branch: str) -> Finding:
    what = f"{name} says who must review what people change there"
    for path in OWNERS:
        query = {"ref": branch}
        status, _, file = connection.ask("GET", f"/repos/{quote(name)}/contents/{path}", query=query)
        if status == OK:
            remedy = f"{path} gives nobody every file; add the line: * @your-organisation/security."
            return found(what, "" if _owns_all(file) else remedy)
    return found(what, f"Add {OWNERS[0]} with one line: * @your-organisation/security.")


def _owns_all(file: Any) -> bool:
    """Say whether a CODEOWNERS file names somebody for every file; the last line that fits counts."""
    try:
        text = base64.b64decode(file["content"]).decode()
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable("GitHub answered with half a file.") from error
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    return any(len(line) > 1 and line[0] in ("*", "/**", "**") for line in lines)
