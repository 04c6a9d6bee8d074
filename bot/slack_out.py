"""Slack's failures, in the procedure's words, and the one call that is made before an ``ack``."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.models.views import View

from workflows.errors import Conflict, Declined, Unavailable

TRY_LATER = frozenset(
    {
        "ratelimited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
    }
)
SERVER_ERROR = 500
UNSAID = "unknown_error"
TOO_MANY = 429


class ClickClient(WebClient):
    """Slack as a click asks it, which lets the next click in while it waits; ``away`` must be a plain function.

    Bolt copies the client deeply for each request: an object that a method belongs to would be copied as well.
    """

    away: Callable[[], AbstractContextManager[None]]

    def api_call(self, *arguments: Any, **options: Any) -> Any:
        with self.away():
            return super().api_call(*arguments, **options)


@contextmanager
def translated() -> Iterator[None]:
    """Turn Slack's failures into the only two the procedure tells apart."""
    try:
        yield
    except SlackApiError as error:
        raise _meaning(error) from error
    except (
        SlackClientError,
        HTTPException,
        OSError,
        ValueError,
    ) as error:  # no answer, half of one, or not JSON
        raise Unavailable("Slack did not answer.") from error


def _meaning(error: SlackApiError) -> Unavailable | Declined:
    response: Any = error.response
    status = getattr(response, "status_code", 0)
    said = str(response.get("error", UNSAID)) if hasattr(response, "get") else UNSAID
    if status == TOO_MANY or said == "ratelimited":
        return Unavailable("Slack asks for patience.", float(response.headers.get("Retry-After", 1)))
    if status >= SERVER_ERROR or said in TRY_LATER:
        return Unavailable(f"Slack: {said}")
    if said == UNSAID or not said.isidentifier():  # not Slack's own words: a proxy's page, or no JSON
        return Unavailable("Slack answered with something that is not its own.")
    return Declined(f"Slack: {said}")


def part(answer: Any, *names: str) -> Any:
    """Return what an answer must hold; half an answer raises ``Unavailable``."""
    for name in names:
        answer = answer.get(name) if hasattr(answer, "get") else None
        if answer is None:
            raise Unavailable(f"Slack answered without {name}.")
    return answer


def publish_home(client: Any, user: str, view: Mapping[str, Any], seen: str) -> str:
    """Publish a Home tab and return its hash; raises ``Conflict`` unless ``seen`` is the hash of what is there."""
    with translated():
        try:
            known = {"hash": seen} if seen else {}
            answer = client.views_publish(user_id=user, view=view, **known)
        except SlackApiError as error:
            if error.response.get("error") == "hash_conflict":
                raise Conflict("Another Home tab was published meanwhile.") from error
            raise
        return str(part(answer, "view", "hash"))


def open_view(client: Any, trigger: str, view: View, *, on_top: bool = False) -> None:
    """Open a dialog; raises ``Unavailable`` or ``Declined`` (a trigger lives for 3 seconds).

    ``on_top``: of the dialog the click was made in, which stays below.  A trigger that was used up already means
    that the same click came twice: its dialog is open.
    """
    with translated():
        try:
            (client.views_push if on_top else client.views_open)(trigger_id=trigger, view=view)
        except SlackApiError as error:
            if error.response.get("error") != "exchanged_trigger_id":
                raise


def draw_anew(client: Any, shown: Mapping[str, Any], view: View) -> None:
    """Show a dialog again as it is now; one that was closed, or changed once more, stays as it is."""
    with translated():
        try:
            client.views_update(view_id=shown["id"], hash=shown.get("hash"), view=view)
        except SlackApiError as error:
            if error.response.get("error") not in ("hash_conflict", "not_found"):
                raise
