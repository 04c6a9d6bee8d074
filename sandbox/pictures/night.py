"""What the people in the pictures do, at the keyboard rather than on the page: the pictures are of what comes of it."""

from bot.ids import Action
from sandbox import cast
from sandbox.cast import Player
from sandbox.world import World
from workflows.observations import CardPosted
from workflows.reviews import Review
from workflows.vocabulary import ChangeId


class Night:
    """The parts that are played; each method leaves the world at rest."""

    def __init__(self, world: World) -> None:
        self._world = world

    def says(self, who: Player, text: str, channel: str = cast.PAYMENTS) -> None:
        """Type a slash command."""
        self._world.slack.command(who.user.id, channel, text)
        self._world.settle()

    def submits(self, who: Player, values: dict[str, str]) -> None:
        """Submit the dialog on top."""
        delivered = self._world.slack.submit(who.user.id, self._world.slack.views(who.user.id)[-1].id, values)
        if delivered.error or not delivered.ok:
            raise SystemExit(f"{who.user.real_name} could not submit: {delivered}")
        self._world.settle()

    def requests(self, who: Player, values: dict[str, str], channel: str = cast.PAYMENTS) -> ChangeId:
        """Open a change."""
        self.says(who, "", channel)
        self.submits(who, values)
        return self._world.latest()

    def presses(self, who: Player, change: ChangeId, action: Action) -> None:
        """Press a button of a card."""
        card = self.card(change)
        self._world.slack.click(who.user.id, card.channel, card.ts, action.value)
        self._world.settle()

    def card(self, change: ChangeId) -> CardPosted:
        """Return where the card of a change is."""
        card = self._world.bot.memory.record(change)[0].card
        if card is None:
            raise SystemExit(f"{change} has no card.")
        return card

    def presses_digest(self, who: Player, action: Action) -> None:
        """Press a button of the digest of the last month."""
        posted = self.reviewed().posted
        if posted is None:
            raise SystemExit("The digest is not posted.")
        self._world.slack.click(who.user.id, posted.channel, posted.ts, action.value)
        self._world.settle()

    def asked(self, who: Player) -> list[str]:
        """Name the blocks of the dialog on top."""
        view = self._world.slack.views(who.user.id)[-1]
        return [block.get("block_id", "") for block in view.view["blocks"]]

    def reviewed(self) -> Review:
        """Return the review of the last month."""
        months = (one for _, one in sorted(self._world.bot.memory.reviews().items()) if one.made.reviewers)
        return list(months)[-1]

    def closes(self, who: Player) -> None:
        """Close every dialog."""
        while views := self._world.slack.views(who.user.id):
            self._world.slack.close(who.user.id, views[-1].id)

    def chooses(self, who: Player, action: str, option: str) -> None:
        """Choose something in the dialog on top."""
        view = self._world.slack.views(who.user.id)[-1]
        self._world.slack.click_in_view(who.user.id, view.id, action, option=option)
        self._world.settle()

    def home(self, who: Player) -> None:
        """Open a Home tab."""
        self._world.slack.open_home(who.user.id)
        self._world.settle()

    def presses_in_dialog(self, who: Player, action: Action) -> None:
        """Press a button of the dialog on top."""
        view = self._world.slack.views(who.user.id)[-1]
        self._world.slack.click_in_view(who.user.id, view.id, action.value)
        self._world.settle()
