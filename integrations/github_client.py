"""The connection to GitHub: one client per thread, no retries, no waiting.  Only here is ``github`` known.

PyGithub's clients mix up answers when threads share them; and unless told not to, they sleep between
requests and repeat writes.
"""

import json
import re
import threading
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import github
import jwt
import requests
from github.Requester import Requester

from workflows.errors import Declined, Misconfigured, ProcedureError, Unavailable

API_VERSION = "2022-11-28"
SECONDS = 2  #: for connecting, and again for reading: a call ends well within its lease
LONGEST_WAIT = 3600.0
LONGEST_COMPLAINT = 200
MOST_PAGES = 100
ABOUT_THE_THING = frozenset({404, 409, 410, 422})  #: answers the adapters judge themselves


class _Unauthorised(Exception):
    """GitHub does not accept the token; whether another can be had, the connection knows."""


Answer = tuple[int, Mapping[str, str], Any]


class GitHubConnection:
    """Speaks to GitHub with a token, or as an App: id, private key (PEM) and installation."""

    def __init__(
        self,
        api_url: str = "https://api.github.com",
        *,
        token: str | None = None,
        app_id: str | None = None,
        private_key: str | None = None,
        installation_id: int | None = None,
        seconds: int = SECONDS,
    ) -> None:
        if not re.match(r"https?://[^/\s]+", api_url):
            raise Misconfigured(
                f"GITHUB_API_URL must begin with https:// and name a host; it is {api_url!r}."
            )
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._seconds = seconds
        self._app: github.Auth.AppAuth | None = None
        self._installation_id = installation_id
        self._credential = "GITHUB_TOKEN" if token else "the GitHub App"
        if not token:
            self._app = _app(app_id, private_key, installation_id)
        self._local = threading.local()

    def ask(
        self,
        verb: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Answer:
        """Make one request; 404, 409, 410 and 422 are returned: only the caller knows what they mean."""
        try:
            return self._send(self._requester(), verb, path, query, body)
        except _Unauthorised as error:
            if self._app is None:
                raise Declined(str(error)) from None
            self._local.client = None
            raise Unavailable("GitHub ended the App's token early; fetching another one.") from None

    def listing(self, path: str, *, query: Mapping[str, str] | None = None) -> tuple[int, list[Any]]:
        """Read all pages of a listing; if any is missing or broken, nothing is known."""
        items: list[Any] = []
        for page in range(1, MOST_PAGES + 1):
            asked = {**(query or {}), "per_page": "100", "page": str(page)}
            status, headers, batch = self.ask("GET", path, query=asked)
            if status != HTTPStatus.OK and page == 1:
                return status, []
            if status != HTTPStatus.OK or not isinstance(batch, list):
                raise Unavailable("GitHub answered with half a listing.")
            items += batch
            if 'rel="next"' not in headers.get("link", ""):
                return HTTPStatus.OK, items
        raise Unavailable(f"GitHub's listing has more than {MOST_PAGES} pages.")

    def graphql(self, query: str, variables: Mapping[str, object]) -> Mapping[str, Any]:
        """Ask GitHub's GraphQL API; a partial answer is none.  Its errors come with status 200."""
        requester = self._requester()
        try:
            status, _, found = self._send(
                requester, "POST", requester.graphql_url, None, {"query": query, "variables": dict(variables)}
            )
        except _Unauthorised as error:
            self._local.client = None
            raise (Declined if self._app is None else Unavailable)(str(error)) from None
        errors = found.get("errors") if isinstance(found, dict) else None
        if errors:
            raise _graphql_failure(errors)
        data = found.get("data") if status == HTTPStatus.OK and isinstance(found, dict) else None
        if not isinstance(data, dict):
            raise Unavailable(f"GitHub answered with half an answer ({status}).")
        return data

    def app_permissions(self) -> Mapping[str, str] | None:
        """Return what the App's installation may do; ``None`` for a token, which cannot be asked."""
        return dict(self._installation(self._app).get("permissions") or {}) if self._app else None

    def app_hook(self) -> Mapping[str, Any] | None:
        """Return where the App's own webhook leads, how it sends and which events; ``None`` for a token."""
        if self._app is None:
            return None
        status, found = self._ask_as_app(self._app, "/app/hook/config")
        config = found if status == HTTPStatus.OK and isinstance(found, dict) else {}
        return {**config, "events": self._installation(self._app).get("events") or []}

    def _installation(self, app: github.Auth.AppAuth) -> Mapping[str, Any]:
        status, found = self._ask_as_app(app, f"/app/installations/{self._installation_id}")
        if status != HTTPStatus.OK or not isinstance(found, dict):
            raise Declined("GitHub does not know the App's installation; correct GITHUB_APP_INSTALLATION_ID.")
        return found

    def _ask_as_app(self, app: github.Auth.AppAuth, path: str) -> tuple[int, Any]:
        """Ask as the App itself, and not as its installation."""
        try:
            status, _, found = self._send(self._requester().withAuth(app), "GET", path, None, None)
        except _Unauthorised as error:
            raise Declined(str(error)) from None
        return status, found

    def _requester(self) -> Requester:
        client: github.Github | None = getattr(self._local, "client", None)
        if client is None:
            auth: github.Auth.Auth
            if self._app is None:
                auth = github.Auth.Token(self._token or "")
            else:
                auth = self._app.get_installation_auth(self._installation_id or 0)
            client = github.Github(
                auth=auth,
                base_url=self._api_url,
                timeout=self._seconds,
                retry=None,
                seconds_between_requests=0,
                seconds_between_writes=0,
                user_agent="emergency-change-bot",
                api_version=API_VERSION,
            )
            self._local.client = client
        return client.requester

    def _send(
        self,
        requester: Requester,
        verb: str,
        path: str,
        query: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
    ) -> Answer:
        accept = {"Accept": "application/vnd.github+json"}
        try:
            status, headers, text = requester.requestJson(
                verb, path, parameters=dict(query or {}), headers=accept, input=body
            )
            data = json.loads(text) if text else None
        except github.GithubException as error:  # only fetching the App's token raises it
            headers = {str(k).lower(): str(v) for k, v in (error.headers or {}).items()}
            raise _failure(
                error.status, headers, error.data, "GITHUB_APP_ID, its private key and its installation"
            ) from None
        except requests.RequestException as error:
            raise Unavailable(f"GitHub did not answer ({type(error).__name__}).") from None
        except ValueError:
            raise Unavailable("GitHub answered with something that is not JSON.") from None
        if status < HTTPStatus.MULTIPLE_CHOICES or status in ABOUT_THE_THING:
            return status, headers, data
        if status == HTTPStatus.UNAUTHORIZED:
            raise _Unauthorised(str(_failure(status, headers, data, self._credential)))
        raise _failure(status, headers, data, self._credential)


def _app(app_id: str | None, private_key: str | None, installation_id: int | None) -> github.Auth.AppAuth:
    if not (app_id and private_key and installation_id):
        raise Misconfigured(
            "Set GITHUB_TOKEN, or all three of GITHUB_APP_ID, GITHUB_APP_PRIVATE_KEY and "
            "GITHUB_APP_INSTALLATION_ID."
        )
    app = github.Auth.AppAuth(app_id, private_key)
    try:
        app.create_jwt()
    except (ValueError, TypeError, jwt.PyJWTError):
        raise Misconfigured("GITHUB_APP_PRIVATE_KEY is not a private key in PEM form.") from None
    return app


def _failure(status: int, headers: Mapping[str, str], data: Any, credential: str) -> ProcedureError:
    """Tell *come back* from *a person must look*; what GitHub said is quoted, its headers are not."""
    said = str(data.get("message", "")) if isinstance(data, dict) else ""
    said = " ".join(said.split())[:LONGEST_COMPLAINT].rstrip(".")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (408, 425) or _limited(status, headers, said):
        return Unavailable(f"GitHub answered {status}; trying again later.", _wait(headers))
    if status == HTTPStatus.UNAUTHORIZED:
        return Declined(f"GitHub refused the bot's credentials (401): renew {credential}.")
    if status == HTTPStatus.FORBIDDEN and "x-github-sso" in headers:
        return Declined(f"GitHub wants {credential} authorised for the organisation's single sign-on (403).")
    if status == HTTPStatus.FORBIDDEN:
        return Declined(f"GitHub forbids this (403: {said}); check what {credential} may do.")
    return Declined(
        f"GitHub refused ({status}: {said}); check GITHUB_API_URL and the access profile's target."
    )


def _graphql_failure(errors: Any) -> ProcedureError:
    first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
    said = " ".join(str(first.get("message", "")).split())[:LONGEST_COMPLAINT].rstrip(".")
    if first.get("type") in ("FORBIDDEN", "INSUFFICIENT_SCOPES", "undefinedField"):
        return Declined(f"GitHub forbids this ({said}); check what the bot's credentials may do.")
    return Unavailable(f"GitHub could not answer ({said}); trying again later.")


def _limited(status: int, headers: Mapping[str, str], said: str) -> bool:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    spent = headers.get("x-ratelimit-remaining") == "0" or "retry-after" in headers
    return status == HTTPStatus.FORBIDDEN and (spent or "rate limit" in said.casefold())


def _wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait, measured by GitHub's own clock and never more than an hour."""
    after = headers.get("retry-after", "")
    if after.isdigit():
        return min(float(after), LONGEST_WAIT)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") != "0" or not reset.isdigit():
        return None
    try:
        there: datetime = parsedate_to_datetime(headers.get("date", ""))
    except ValueError:
        return None
    return min(max(float(reset) - there.timestamp(), 0.0), LONGEST_WAIT)
