"""The Bolt app: which listener answers which id."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.boundary import Boundary
from bot.desk import Desk
from bot.dialogue import ACTION_OF, BEHIND
from bot.ids import COMMAND, Action, Form
from bot.listeners.buttons import Buttons
from bot.listeners.command import Command
from bot.listeners.events import Events
from bot.listeners.forms import Forms
from bot.listeners.reviews import Reviews


class HeardApp(App):
    """Bolt's app, which lets it be known while it answers."""

    answering: Callable[[], AbstractContextManager[None]] = nullcontext

    def dispatch(self, req: BoltRequest) -> BoltResponse:
        """Answer one request of Slack's, however it came in."""
        with self.answering():
            return super().dispatch(req)


def slack_app(
    desk: Desk,
    client: WebClient,
    *,
    signing_secret: str | None,
    app_id: str,
    team_ids: tuple[str, ...],
    refresh: Events,
    clicked: Callable[[], None] = lambda: None,
    answering: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> App:
    """Build the app.  Without a signing secret (Socket Mode) requests are trusted by their connection."""
    log = logging.getLogger("slack_bolt.App")
    log.setLevel(logging.ERROR)  # Bolt prints whole bodies at INFO when a signature is wrong
    app = HeardApp(
        name="emergency-change",  # or Bolt reads the source of every frame on the stack to find one
        client=client,
        logger=log,
        signing_secret=signing_secret or "unused",
        request_verification_enabled=signing_secret is not None,
        process_before_response=True,
        token_verification_enabled=False,
        authorize=lambda team_id: AuthorizeResult(
            enterprise_id=None, team_id=team_id, bot_id="bot", bot_user_id="bot", bot_token=client.token
        ),
    )
    app.answering = answering
    Boundary(desk, app_id, team_ids, clicked).install(app)
    buttons, forms, command = Buttons(desk), Forms(desk), Command(desk)
    # Bolt tries one listener after the other: what people wait for most comes first
    app.view(Form.REQUEST.value)(forms.request)
    for kind in ACTION_OF:
        app.view(kind.value)(forms.dialog)
    app.command(COMMAND)(command.run)
    app.view(Form.DRILL.value)(forms.drill)
    for action in BEHIND:
        app.action(action.value)(buttons.press)
    app.action(Action.WITHDRAW.value)(buttons.withdraw)
    app.action(Action.REVIEW.value)(buttons.go_to_github)
    app.action(Action.CHOICE.value)(buttons.redraw)
    app.action(Action.MORE.value)(buttons.redraw)
    app.action(Action.TICKET.value)(buttons.follow_link)
    app.action(Action.NEW.value)(command.begin)
    app.action(Action.NEW_DRILL.value)(command.rehearse)
    reviews = Reviews(desk)
    app.action(Action.SIGN_OFF.value)(reviews.open_sign_off)
    app.action(Action.SELF_TEST.value)(reviews.open_self_test)
    app.view(Form.SIGN_OFF.value)(reviews.sign)
    app.view(Form.SELF_TEST.value)(reviews.test)
    app.event("app_home_opened")(refresh.home_opened)
    app.event("user_change")(refresh.somebody_changed)
    app.event("subteam_members_changed")(refresh.somebody_changed)
    return app
