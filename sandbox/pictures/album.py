"""Which pictures there are, and what happens before each: one night, and the days after it."""

from datetime import timedelta

from bot.ids import Action
from bot.views.dialogs import QUESTION
from bot.views.review_forms import CHANGE
from sandbox import cast
from sandbox.cast import ADA, GRACE, LINUS, MAYA, SOL, Player
from sandbox.pictures.camera import DIRECT, HOME, LATEST, MODAL, Camera
from sandbox.pictures.night import Night
from sandbox.play import LOOK_BACK, REPORT, REQUEST
from sandbox.world import World
from workflows.reviews import ATTRIBUTES
from workflows.vocabulary import ChangeId

LEDGER = REQUEST | {
    "access": "ledger-admin",
    "criterion": "data at risk",
    "what": "The nightly job writes each booking twice. I will stop it and take the doubles out.",
    "justification": "Statements go out at 06:00, and the balances of some customers are wrong.",
    "security_impact": "I can read and change every booking for half an hour.",
    "rollback_plan": "Restore the table from the snapshot of 02:00.",
    "window": "30m",
}
MINUTES, HOURS, DAYS = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Album:
    """Plays, and takes a picture where there is something to see."""

    def __init__(self, world: World, camera: Camera) -> None:
        self._world, self._camera, self._night = world, camera, Night(world)

    def take(self) -> None:
        """Take every picture, in the order of the story."""
        change = self._request()
        asked = self._asked_first()
        self._verdict(change)
        self._window(change, asked)
        self._report(change)
        self._rejection(asked)
        self._chase()
        self._close(change)
        self._outside(change)
        self._review()

    def _request(self) -> ChangeId:
        self._night.says(LINUS, "payments checkout is down")
        self._camera.stands(LINUS, cast.PAYMENTS)
        self._camera.takes("request", MODAL)
        self._night.submits(LINUS, REQUEST)
        change = self._world.latest()
        self._look(LINUS, cast.PAYMENTS, "card", self._card(change))
        self._look(LINUS, cast.PAYMENTS, "sandbox")
        return change

    def _asked_first(self) -> ChangeId:
        change = self._night.requests(MAYA, LEDGER, cast.LEDGER)
        self._look(MAYA, cast.LEDGER, "card-requested", self._card(change))
        self._look(GRACE, DIRECT, "asked-first")
        self._night.home(GRACE)
        self._look(GRACE, DIRECT, "home-approver", HOME, tab="home")
        return change

    def _verdict(self, change: ChangeId) -> None:
        self._night.presses(GRACE, change, Action.APPROVE)
        self._look(GRACE, cast.PAYMENTS, "approve", MODAL)
        self._night.presses_in_dialog(GRACE, Action.ASK)
        self._look(GRACE, cast.PAYMENTS, "ask", MODAL)
        self._night.submits(GRACE, {"text": "Is the replica back in step?"})
        self._look(LINUS, DIRECT, "asked")
        self._night.closes(GRACE)
        self._night.home(LINUS)
        self._look(LINUS, DIRECT, "home-engineer-asked", HOME, tab="home")
        self._night.presses(LINUS, change, Action.ANSWER)
        self._look(LINUS, cast.PAYMENTS, "answer", MODAL)
        [asked] = self._world.bot.memory.record(change)[0].open_questions
        self._night.submits(LINUS, {f"{QUESTION}{asked.number}": "Yes, since 03:20; no order was lost."})
        self._night.presses(GRACE, change, Action.REJECT)
        self._look(GRACE, cast.PAYMENTS, "reject", MODAL)
        self._night.closes(GRACE)
        self._night.presses(GRACE, change, Action.APPROVE)
        self._night.chooses(GRACE, Action.CHOICE, "follow_up")
        self._look(GRACE, cast.PAYMENTS, "approve-with-a-follow-up", MODAL)
        self._night.submits(
            GRACE, {"follow_up_1": "Check migrations before each deployment.", "comment": "Go ahead."}
        )
        self._look(GRACE, DIRECT, "transcript", LATEST)
        self._look(LINUS, cast.PAYMENTS, "card-approved", self._card(change))
        self._thread(change, "thread")

    def _window(self, change: ChangeId, asked: ChangeId) -> None:
        self._world.advance(20 * MINUTES)
        self._night.home(LINUS)
        self._look(LINUS, DIRECT, "home-engineer", HOME, tab="home")
        self._night.presses(LINUS, change, Action.EXTEND)
        self._look(LINUS, cast.PAYMENTS, "extend", MODAL)
        self._night.closes(LINUS)
        self._world.advance(31 * MINUTES)
        self._look(LINUS, DIRECT, "ends-soon")
        self._night.presses(MAYA, asked, Action.OVERRIDE)
        self._look(MAYA, cast.LEDGER, "act-now", MODAL)
        self._night.submits(MAYA, {"reason": "Nobody answers, and the statements go out in an hour."})
        self._look(MAYA, cast.LEDGER, "card-unanswered", self._card(asked))
        self._look(GRACE, DIRECT, "acted-without-an-answer")

    def _report(self, change: ChangeId) -> None:
        self._night.presses(LINUS, change, Action.DONE)
        self._look(LINUS, cast.PAYMENTS, "completion", MODAL)
        self._night.submits(LINUS, REPORT)
        self._look(LINUS, cast.PAYMENTS, "card-in-review", self._card(change))
        self._night.presses(LINUS, change, Action.RETROSPECTIVE)
        self._look(LINUS, cast.PAYMENTS, "retrospective", MODAL)
        self._night.submits(LINUS, LOOK_BACK)

    def _rejection(self, change: ChangeId) -> None:
        self._night.presses(GRACE, change, Action.REJECT)
        self._night.submits(GRACE, {"reason": "The doubles could have waited for the review at nine."})
        self._look(MAYA, cast.LEDGER, "card-rejected", self._card(change))
        self._look(MAYA, DIRECT, "rejected")

    def _chase(self) -> None:
        self._night.requests(
            LINUS,
            REQUEST
            | {"criterion": "security incident", "what": "The signing key leaked; I will replace it."},
        )
        self._world.advance(3 * DAYS + 4 * HOURS)
        self._look(GRACE, DIRECT, "reminder", LATEST)
        self._look(MAYA, DIRECT, "reminder-author")
        self._look(SOL, DIRECT, "reminder-security")
        self._night.home(GRACE)
        self._look(GRACE, DIRECT, "home-reviewer", HOME, tab="home")
        self._night.home(LINUS)
        self._look(LINUS, DIRECT, "home-late", HOME, tab="home")
        self._night.says(GRACE, "delegate @ada until friday")
        self._look(GRACE, cast.PAYMENTS, "delegate")
        self._night.home(ADA)
        self._look(ADA, DIRECT, "home-stand-in", HOME, tab="home")
        self._look(ADA, DIRECT, "stand-in")
        for word in ("list", "status", "help", "list all", "stauts"):
            self._night.says(GRACE, word)
            self._look(GRACE, cast.PAYMENTS, f"answer-{word.replace(' ', '-')}")

    def _close(self, change: ChangeId) -> None:
        self._night.says(LINUS, f"status {change}")
        self._look(LINUS, cast.PAYMENTS, "answer-status-change")
        self._night.presses(ADA, change, Action.RETURN)
        self._look(ADA, cast.PAYMENTS, "return", MODAL)
        self._night.closes(ADA)
        self._night.presses(ADA, change, Action.ACCEPT)
        self._look(ADA, cast.PAYMENTS, "accept", MODAL)
        self._night.submits(ADA, {"comment": "Well handled."})
        self._look(ADA, cast.PAYMENTS, "card-closed", self._card(change))
        self._thread(change, "thread-closed")

    def _outside(self, change: ChangeId) -> None:
        self._world.bot.watch.sign()
        self._world.bot.watch.keep_evidence()
        for tab in ("ticket", "access", "evidence", "ledger", "outside"):
            self._camera.stands(ADA, cast.PAYMENTS)
            self._camera.opens(tab)
            self._camera.takes(f"world-{tab}", pane="world")

    def _review(self) -> None:
        self._world.advance(10 * DAYS)
        self._look(GRACE, cast.REVIEW, "digest", ".messages-inner")
        self._look(ADA, DIRECT, "reminder-of-a-month", LATEST)
        self._night.presses_digest(GRACE, Action.SELF_TEST)
        self._look(GRACE, cast.REVIEW, "self-test", MODAL)
        tested = dict.fromkeys(ATTRIBUTES, "pass") | {"change": self._night.reviewed().made.sample[0]}
        self._night.submits(GRACE, tested | {"note": "Its ticket and its commits."})
        self._night.presses_digest(GRACE, Action.SIGN_OFF)
        self._look(GRACE, cast.REVIEW, "sign-off", MODAL)
        judged = {block: "qualified" for block in self._night.asked(GRACE) if block.startswith(CHANGE)}
        self._night.submits(GRACE, judged | {"decisions": "Migrations wait for a second pair of eyes."})
        self._look(GRACE, cast.REVIEW, "digest-signed", ".messages-inner")

    def _look(self, who: Player, place: str, name: str, of: str = "", tab: str = "messages") -> None:
        self._camera.stands(who, place, tab)
        self._camera.takes(name, of)

    def _thread(self, change: ChangeId, name: str) -> None:
        self._camera.stands(LINUS, cast.PAYMENTS)
        self._camera.page.get_by_test_id(f"replies-{self._night.card(change).ts}").click()
        self._camera.takes(name)

    def _card(self, change: ChangeId) -> str:
        return f'[data-testid="message-{self._night.card(change).ts}"]'
