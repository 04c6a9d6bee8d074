"""The connection to Jira: one client per thread, one request per call, two kinds of failure.

The library's own methods add requests, time without end and headers in their errors; so its session is
used for authentication and transport, and each call here is exactly one request.
"""

import re
import threading
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import jira
import requests

from workflows.errors import Declined, Misconfigured, ProcedureError, Unavailable

CONNECT, READ = 1.0, 3.0  #: seconds; together shorter than the lease under which a call is made
TRY_LATER = frozenset({408, 409, 425, 429})
LONGEST_WAIT = 3600.0
LONGEST_COMPLAINT = 200


class JiraConnection:
    """Speaks to one Jira site.  Without ``user`` the token is a personal access token (Data Center)."""

    def __init__(self, url: str, user: str, token: str, read: float = READ) -> None:
        self._read = read
        if not re.match(r"https?://[^/\s]+", url):
            raise Misconfigured(f"JIRA_URL must begin with https:// and name a host; it is {url!r}.")
        if not token:
            raise Misconfigured("JIRA_TOKEN is empty: set it to an API token of the account the bot uses.")
        self.url = url.rstrip("/")
        self._auth: dict[str, Any] = {"basic_auth": (user, token)} if user else {"token_auth": token}
        self._local = threading.local()

    def ask(self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Make one request below ``/rest/api/2``; an empty answer is ``None``."""
        found, answer = self._request(method, path, query, body)
        if not found:
            raise Declined(
                f"Jira does not know {path}, or the bot's account may not see it; check its permissions."
            )
        return answer

    def seek(self, path: str, *, query: Mapping[str, Any] | None = None) -> Any:
        """Like ``ask`` with GET, but 404 is ``None``: missing, or hidden from the bot's account."""
        return self._request("GET", path, query, None)[1]

    def listed(self, path: str, name: str, *, query: Mapping[str, Any] | None = None) -> list[Any]:
        """Read all pages of a listing; a page that is not one means nothing is known."""
        items: list[Any] = []
        while True:
            page = self.ask("GET", path, query={**(query or {}), "startAt": len(items)})
            batch = (page.get(name) or page.get("values")) if isinstance(page, dict) else None
            batch = batch or []
            items += batch
            if not isinstance(page, dict) or not isinstance(page.get("total"), int):
                raise Unavailable("Jira answered with half a listing.")
            if len(items) >= page["total"]:
                return items
            if not batch:
                raise Unavailable("Jira answered with half a listing.")

    def _request(
        self, method: str, path: str, query: Mapping[str, Any] | None, body: Any
    ) -> tuple[bool, Any]:
        try:
            response = self._session().request(
                method, f"{self.url}/rest/api/2{path}", params=query, json=body, allow_redirects=False
            )
            if response.is_redirect:
                raise Declined("Jira answers with a redirect; JIRA_URL must be the site's final address.")
            return True, response.json() if response.content else None
        except jira.JIRAError as error:
            if error.status_code == HTTPStatus.NOT_FOUND:
                return False, None
            raise _translated(error) from None
        except requests.JSONDecodeError:
            raise Unavailable("Jira answered with something that is not JSON.") from None
        except requests.RequestException as error:
            raise Unavailable(f"Jira did not answer ({type(error).__name__}).") from None

    def _session(self) -> requests.Session:
        client: jira.JIRA | None = getattr(self._local, "client", None)
        if client is None:
            client = jira.JIRA(
                self.url,
                get_server_info=False,
                max_retries=0,
                timeout=(CONNECT, self._read),
                logging=False,
                **self._auth,
            )
            self._local.client = client
        return client._session  # noqa: SLF001 - the library has no public way to send `properties`


def _translated(error: jira.JIRAError) -> ProcedureError:
    """Say what went wrong in one sentence; headers and bodies, which the error carries, stay here."""
    status = error.status_code or 0
    if status in TRY_LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == 0:
        return Unavailable(f"Jira answered {status}; trying again later.", _retry_after(error))
    if status == HTTPStatus.UNAUTHORIZED:
        return Declined("Jira refused the bot's credentials (401): renew JIRA_TOKEN, and check JIRA_USER.")
    said = _complaint(error)
    if status == HTTPStatus.FORBIDDEN:
        return Declined(
            f"Jira forbids this to the bot's account (403): {said} Check its project permissions."
        )
    return Declined(f"Jira refused ({status}): {said} Check the [ticket] section of the policy.")


def _retry_after(error: jira.JIRAError) -> float | None:
    headers = getattr(error.response, "headers", {})
    value = str(headers.get("Retry-After", ""))
    return min(float(value), LONGEST_WAIT) if re.fullmatch(r"\d+(\.\d+)?", value) else None


def _complaint(error: jira.JIRAError) -> str:
    """Return Jira's own words, only where its answer has the documented form."""
    try:
        body = error.response.json() if error.response is not None else {}
    except requests.JSONDecodeError:
        body = {}
    body = body if isinstance(body, dict) else {}
    messages, errors = body.get("errorMessages"), body.get("errors")
    said = [str(m) for m in messages] if isinstance(messages, list) else []
    said += [f"{name}: {text}" for name, text in errors.items()] if isinstance(errors, dict) else []
    text = " ".join(" ".join(said).split())[:LONGEST_COMPLAINT]
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."
