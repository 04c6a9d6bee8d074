"""What the page may ask its server to do: one model per address, and what carries it out.

``as`` says whose part is being played; everybody on the page is the same person, so it is taken at its word.
"""

from datetime import timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.page.world import ReviewVerdict, Service, Trouble, World
from sandbox.slack.model import Delivered, NotSubmittable

Answer = dict[str, Any]
COMMAND = "/emergency-change"


class Order(BaseModel):
    """What every order shares: nothing but its strictness."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def carry_out(self, world: World) -> Answer:
        """Do it; may block until the bot has answered."""
        raise NotImplementedError


class Played(Order):
    """An order given in somebody's part."""

    person: str = Field(alias="as")


class Command(Played):
    """Type a slash command; without its leading word it is the bot's own."""

    channel: str
    text: str

    def carry_out(self, world: World) -> Answer:
        word, _, rest = self.text.strip().partition(" ")
        if not word.startswith("/"):
            word, rest = COMMAND, self.text
        return told(world.slack.command(self.person, self.channel, rest.strip(), word))


class Post(Played):
    """Write something, in the conversation or in a thread."""

    channel: str
    text: str = Field(min_length=1, max_length=12_000)
    thread_ts: str | None = None

    def carry_out(self, world: World) -> Answer:
        message = world.slack.post(self.person, self.channel, self.text, thread_ts=self.thread_ts)
        return {"ok": True, "ts": message.ts}


class Click(Played):
    """Press or choose something in a message, as it read when the page last drew it."""

    channel: str
    ts: str
    action_id: str
    option: Any = None
    block_id: str | None = None
    version: int | None = None

    def carry_out(self, world: World) -> Answer:
        return told(
            world.slack.click(
                self.person,
                self.channel,
                self.ts,
                self.action_id,
                option=self.option,
                block_id=self.block_id,
                version=self.version,
            )
        )


class ViewClick(Played):
    """Press, choose or type something in an open modal or in the home tab."""

    view_id: str
    action_id: str
    option: Any = None
    value: Any = None
    block_id: str | None = None

    def carry_out(self, world: World) -> Answer:
        return told(
            world.slack.click_in_view(
                self.person,
                self.view_id,
                self.action_id,
                option=self.option,
                value=self.value,
                block_id=self.block_id,
            )
        )


class Submit(Played):
    """Submit the modal on top, with values by action_id or block_id."""

    view_id: str
    values: dict[str, Any] = Field(default_factory=dict)

    def carry_out(self, world: World) -> Answer:
        try:
            return told(world.slack.submit(self.person, self.view_id, self.values))
        except NotSubmittable as refusal:
            return {"ok": False, "errors": refusal.errors}


class Close(Played):
    """Close the modal on top."""

    view_id: str

    def carry_out(self, world: World) -> Answer:
        return told(world.slack.close(self.person, self.view_id))


class Home(Played):
    """Open the app's home tab."""

    def carry_out(self, world: World) -> Answer:
        return told(world.slack.open_home(self.person))


class Clock(Order):
    """Move the procedure's clock; only forward, as it is nobody's to turn back."""

    advance_seconds: int = Field(gt=0, le=366 * 86_400)

    def carry_out(self, world: World) -> Answer:
        world.advance(timedelta(seconds=self.advance_seconds))
        return {"ok": True, "now": world.now().isoformat()}


class Access(Order):
    """Change a team by hand, behind the bot's back."""

    team: str
    login: str = Field(min_length=1)
    do: Literal["add", "remove"]

    def carry_out(self, world: World) -> Answer:
        world.set_member(self.team, self.login, self.do == "add")
        return {"ok": True}


class Issue(Order):
    """Move a ticket or a follow-up's issue by hand, or delete it where no status is named."""

    key: str
    status: str | None

    def carry_out(self, world: World) -> Answer:
        world.set_ticket(self.key, self.status)
        return {"ok": True}


class File(Order):
    """Read a file of the evidence repository."""

    path: str

    def carry_out(self, world: World) -> Answer:
        return {"ok": True, "text": world.evidence_file(self.path)}


class Meddle(Order):
    """Alter the evidence repository by hand, behind the bot's back."""

    do: Literal["edit", "rewrite", "delete"]

    def carry_out(self, world: World) -> Answer:
        world.meddle(self.do)
        return {"ok": True}


class Review(Played):
    """Review a pull request of the evidence repository."""

    number: int
    verdict: ReviewVerdict
    body: str = ""

    def carry_out(self, world: World) -> Answer:
        world.review(self.person, self.number, self.verdict, self.body.strip())
        return {"ok": True}


class PullComment(Played):
    """Write in the conversation of a pull request."""

    number: int
    body: str = Field(min_length=1)

    def carry_out(self, world: World) -> Answer:
        world.comment(self.person, self.number, self.body.strip())
        return {"ok": True}


class Dismiss(Played):
    """Dismiss a review."""

    number: int
    review: int

    def carry_out(self, world: World) -> Answer:
        world.dismiss(self.person, self.number, self.review)
        return {"ok": True}


class EditReview(Played):
    """Edit a review after it was submitted."""

    number: int
    review: int
    body: str

    def carry_out(self, world: World) -> Answer:
        world.edit_review(self.person, self.number, self.review, self.body.strip())
        return {"ok": True}


class Faults(Order):
    """Break, slow down or mend a service."""

    service: Service
    kind: Trouble

    def carry_out(self, world: World) -> Answer:
        world.fault(self.service, self.kind)
        return {"ok": True}


class Verify(Order):
    """Verify the ledger."""

    def carry_out(self, world: World) -> Answer:
        return dict(world.verify())


ORDERS: dict[str, type[Order]] = {
    "command": Command,
    "post": Post,
    "click": Click,
    "view-click": ViewClick,
    "submit": Submit,
    "close": Close,
    "home": Home,
    "clock": Clock,
    "access": Access,
    "ticket": Issue,
    "file": File,
    "meddle": Meddle,
    "review": Review,
    "pull-comment": PullComment,
    "dismiss": Dismiss,
    "edit-review": EditReview,
    "faults": Faults,
    "verify": Verify,
}


def told(delivered: Delivered) -> Answer:
    """Return what the person notices of a delivery."""
    return {"ok": delivered.ok, "status": delivered.status, "seen": delivered.seen, "error": delivered.error}
