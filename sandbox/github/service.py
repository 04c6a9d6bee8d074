"""GitHub's REST API over the forge's state: tokens, Apps, rate limits, and the routes.

A token that may not see something is told that it does not exist.
"""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.github import activity, code, contents, graphql, objects, reviews, shapes, teams
from sandbox.github.call import Call, Refusal, Reply
from sandbox.github.hooks import Hooks
from sandbox.github.reviewing import Reviewing
from sandbox.github.world import Account, Forge
from sandbox.stand_in import StandIn, parsed

Act = Callable[[Call], Reply]

BOT = "ecbot"
ROUTES = (
    *teams.ROUTES,
    *code.ROUTES,
    *objects.ROUTES,
    *contents.ROUTES,
    *activity.ROUTES,
    *reviews.ROUTES,
    *graphql.ROUTES,
)
FAR_AWAY = "2099-12-31T23:59:59Z"  #: when tokens end and limits are lifted, in a world without a clock
RATE_LIMIT = 5000  #: calls an hour
VERSIONS = ("2022-11-28", "2026-03-10")
WEBHOOKS = "repository_hooks"  #: the permission that is worth something though it may only read


class GitHub(StandIn):
    """The stand-in: ``forge`` is GitHub's state, and the place where people act by hand.

    ``scopes`` are the classic token's; ``app_permissions`` the App's; ``rate_remaining`` may be set to 0.
    """

    def __init__(
        self,
        token: str = "ghp_stand_in",
        forge: Forge | None = None,
        *,
        scopes: str = "admin:org, repo, read:user",
        app_id: str = "4242",
        installation_id: int = 77,
        now: Callable[[], datetime] | None = None,
        rate_limit: int = RATE_LIMIT,
    ) -> None:
        self.forge = forge or Forge(now)
        self.bot = self.forge.account(BOT) or self.forge.add_account(BOT, "Emergency Change Bot")
        self.token = token
        self.token_rejected = False
        self.scopes = scopes
        self.app_id = app_id
        self.installation_id = installation_id
        self.app_permissions = {
            "members": "write",
            "metadata": "read",
            "contents": "read",
            "pull_requests": "read",
        }
        self.rate_limit = self.rate_remaining = rate_limit
        self._renews: datetime | None = None
        self.reviewing, self.hooks = Reviewing(self.forge), Hooks(self.forge)
        self.reviewing.told = self.hooks.reviewed
        self._issued: set[str] = set()
        self._now = now
        routes = [self._route(method, path, act) for method, path, act in ROUTES]
        routes.append(Route("/app/installations/{id:int}/access_tokens", self._issue, methods=["POST"]))
        routes.append(Route("/app/installations/{id:int}", self._installation, methods=["GET"]))
        routes.append(Route("/app/hook/config", self._hook_of_the_app, methods=["GET"]))
        routes.append(self._route("GET", "/repos/{owner}/{repo}/hooks", self._hooks_of_a_repository))
        super().__init__(Starlette(routes=routes, exception_handlers={404: _no_such_path}))
        self.lock = self.forge.lock

    def expire_tokens(self) -> None:
        """End all installation tokens at once, as an hour would."""
        with self.lock:
            self._issued.clear()

    def _route(self, method: str, path: str, act: Act) -> Route:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            with self.lock:
                return self._answered(request, lambda: act(self._call(request, body)))

        return Route(path, endpoint, methods=[method])

    def _answered(self, request: Request, act: Callable[[], Reply]) -> Response:
        self._renew()
        self.rate_remaining = max(self.rate_remaining - 1, -1)
        try:
            self._admit(request)
            reply = act()
        except Refusal as refusal:
            reply = Reply(refusal.body, refusal.status, refusal.headers)
        scopes = (
            {"x-oauth-scopes": self.scopes} if self.token in request.headers.get("authorization", "") else {}
        )
        headers = (
            reply.headers
            | self._limits()
            | scopes
            | {"x-github-request-id": f"{self.rate_remaining:04X}:STAND:IN"}
        )
        if reply.body is None:
            return Response(status_code=reply.status, headers=headers)
        return JSONResponse(reply.body, reply.status, headers)

    def _admit(self, request: Request) -> None:
        if self.rate_remaining < 0:
            raise Refusal(403, f"API rate limit exceeded for user ID {self.bot.id}.")
        version = request.headers.get("x-github-api-version", VERSIONS[0])
        if version not in VERSIONS:
            raise Refusal(400, f"The API version '{version}' is not supported.")

    def _renew(self) -> None:
        """Count anew once an hour has passed since the first call that was counted."""
        now = self._now() if self._now else datetime.fromisoformat(FAR_AWAY)
        if self._renews and now < self._renews:
            return
        if self._renews:
            self.rate_remaining = self.rate_limit
        self._renews = now + timedelta(hours=1)

    def _limits(self) -> dict[str, str]:
        remaining = max(self.rate_remaining, 0)
        return {
            "x-ratelimit-limit": str(self.rate_limit),
            "x-ratelimit-remaining": str(remaining),
            "x-ratelimit-used": str(self.rate_limit - remaining),
            "x-ratelimit-reset": str(int(self._renews.timestamp()) if self._renews else 0),
            "x-ratelimit-resource": "core",
        }

    def _call(self, request: Request, body: bytes) -> Call:
        actor, powers = self._let_in(request.headers.get("authorization", ""))
        try:
            sent = parsed(body)
        except ValueError:
            raise Refusal(400, "Problems parsing JSON") from None
        base = str(request.base_url).rstrip("/")
        url = str(request.url.replace(query=""))
        return Call(
            self.forge,
            base,
            url,
            actor,
            "members" in powers,
            "contents" in powers,
            request.path_params,
            request.query_params,
            sent,
            powers,
        )

    def _let_in(self, header: str) -> tuple[Account, frozenset[str]]:
        """Return who calls, and what they may write."""
        scheme, _, secret = header.partition(" ")
        if scheme.casefold() not in ("token", "bearer"):
            raise Refusal(401, "Requires authentication")
        if self.token_rejected:
            raise Refusal(401, "Bad credentials")
        if secret in self._issued:
            return self.bot, frozenset(
                name for name, power in self.app_permissions.items() if power == "write" or name == WEBHOOKS
            )
        if secret == self.token:
            scopes = {scope.strip() for scope in self.scopes.split(",")}
            repo = scopes & {"repo"}
            may = {"members": scopes & {"admin:org", "write:org"}}
            may |= dict.fromkeys(("contents", "pull_requests", "administration", WEBHOOKS), repo)
            return self.bot, frozenset(name for name, through in may.items() if through)
        raise Refusal(401, "Bad credentials")

    def _is_the_app(self, request: Request) -> None:
        """Look at the shape of the JSON Web Token; its signature cannot be checked without the App's key."""
        secret = request.headers.get("authorization", "").partition(" ")[2]
        try:
            head, payload, signature = (
                base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in secret.split(".")
            )
            algorithm, claims = json.loads(head)["alg"], json.loads(payload)
            good = algorithm == "RS256" and str(claims["iss"]) == self.app_id and signature
            good = good and 0 < claims["exp"] - claims["iat"] <= 660
        except (ValueError, KeyError, TypeError):
            raise Refusal(401, "A JSON web token could not be decoded") from None
        if not good or self.token_rejected:
            raise Refusal(401, "'Issuer' claim ('iss') must be the App's id")
        if request.path_params.get("id", self.installation_id) != self.installation_id:
            raise Refusal(404, "Not Found")

    async def _issue(self, request: Request) -> Response:
        def act() -> Reply:
            self._is_the_app(request)
            token = f"ghs_{self.app_id}_{self.forge.number()}"
            self._issued.add(token)
            ends = shapes.stamp(self._now() + timedelta(hours=1)) if self._now else FAR_AWAY
            body = {"token": token, "expires_at": ends, "permissions": self.app_permissions}
            return Reply({**body, "repository_selection": "all"}, 201)

        with self.lock:
            return self._answered(request, act)

    async def _installation(self, request: Request) -> Response:
        def act() -> Reply:
            self._is_the_app(request)
            return Reply(self._described(str(request.base_url).rstrip("/")))

        with self.lock:
            return self._answered(request, act)

    async def _hook_of_the_app(self, request: Request) -> Response:
        def act() -> Reply:
            self._is_the_app(request)
            return Reply(
                self.hooks.config if self.hooks.of_app else {"content_type": "form", "insecure_ssl": "0"}
            )

        with self.lock:
            return self._answered(request, act)

    def _hooks_of_a_repository(self, call: Call) -> Reply:
        repository = call.repository()
        if WEBHOOKS not in call.powers:
            raise Refusal(404, "Not Found")
        return call.page(self.hooks.listed(call.base, repository))

    def _described(self, base: str) -> dict[str, object]:
        url = f"{base}/app/installations/{self.installation_id}"
        return {
            "id": self.installation_id,
            "app_id": int(self.app_id),
            "app_slug": BOT,
            "account": shapes.user(base, self.bot),
            "target_id": self.bot.id,
            "target_type": "Organization",
            "repository_selection": "all",
            "access_tokens_url": f"{url}/access_tokens",
            "repositories_url": f"{base}/installation/repositories",
            "html_url": f"https://github.com/settings/installations/{self.installation_id}",
            "permissions": self.app_permissions,
            "events": self.hooks.events if self.hooks.of_app else [],
            "single_file_name": None,
            "created_at": shapes.BORN,
            "updated_at": shapes.BORN,
            "suspended_by": None,
            "suspended_at": None,
        }


async def _no_such_path(request: Request, error: Exception) -> Response:
    return JSONResponse(
        {"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"}, 404
    )
