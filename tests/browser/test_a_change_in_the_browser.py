"""The whole procedure by hand: a person takes a change from the form to closed on the sandbox's page."""

import re
import shutil

import pytest

from sandbox.page import page
from sandbox.stage import Stage
from sandbox.world import World, reviews_of_record
from workflows.vocabulary import State

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    # Chromium, and the driver beside it, are processes of their own whose pipes close when they like.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

REQUEST = {
    "criterion": "service down",
    "justification": "Every minute costs orders; the second engineer is asleep.",
    "risk": "low",
    "security_impact": "None.",
    "rollback_plan": "Revert the revert.",
    "tested": "No",
    "test_waiver": "No time.",
}
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    stage = Stage(world)
    world.apps[""] = page(stage)
    with world:
        stage.watch()
        yield world
        stage.end()


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as tools:
        chromium = tools.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture
def browser(chromium):
    """A browser that was never used, as far as a page can tell."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    yield context
    context.close()


class Hands:
    """What a person does on the page."""

    def __init__(self, browser, world):
        self.page = browser.new_page()
        self.complaints = []
        self.page.on("console", lambda said: said.type == "error" and self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(f"{world.served.url}/")
        self.page.get_by_test_id("hint-close").click()

    def is_(self, person):
        with self.page.expect_response(lambda answer: f"state?as={person}" in answer.url):
            self.page.get_by_test_id("person-switch").select_option(person)
        self.page.wait_for_function("() => new Promise(requestAnimationFrame)")

    def goes_to(self, channel):
        self.page.get_by_test_id(f"channel-{channel}").click()

    def opens_home(self):
        self.page.get_by_role("button", name="Emergency Change").first.click()
        self.page.get_by_test_id("app-tab-home").click()

    def types(self, text):
        composer = self.page.get_by_test_id("composer")
        composer.fill(text)
        composer.press("Enter")

    def presses(self, action):
        self.page.get_by_test_id(f"action-{action}").first.click()

    def fills_in(self, **fields):
        for name, value in fields.items():
            field = self.page.get_by_test_id(f"modal-input-{name}")
            kind = field.evaluate("e => e.tagName")
            if kind == "SELECT":
                field.select_option(value)
            elif kind in ("INPUT", "TEXTAREA"):
                field.fill(value)
            else:
                field.get_by_label(value, exact=True).check()
        self.page.get_by_test_id("modal-submit").click()
        self.page.get_by_test_id("modal").wait_for(state="detached")

    def sees(self, text):
        self.page.get_by_text(text).first.wait_for()

    def lets_pass(self, seconds):
        self.page.get_by_test_id(f"clock-advance-{seconds}").click()


def test_a_change_goes_from_the_form_to_closed_by_hand_in_a_browser(world, browser):
    hands = Hands(browser, world)

    hands.goes_to("C0PAYMENTS")
    hands.types("/emergency-change payments checkout is down")
    hands.fills_in(**REQUEST)
    hands.sees("in force until")
    assert "linus-acme" in world.members("payments-break-glass")

    hands.is_("U0GRACE")
    hands.presses("change.approve")
    hands.fills_in(comment="Go ahead.")
    hands.sees("approved by")

    hands.lets_pass(10800)
    hands.sees("gone, seen")
    assert "linus-acme" not in world.members("payments-break-glass")

    hands.is_("U0LINUS")
    hands.presses("change.done")
    hands.fills_in(done="Reverted.", verified="Orders flow.", rolled_back="No")
    hands.presses("change.retrospective")
    hands.fills_in(
        cause="A bad deployment.",
        genuine="Yes",
        normal_process="Nobody was awake.",
        prevention="Build it with a lock.",
    )
    hands.is_("U0GRACE")
    hands.presses("change.accept")
    hands.fills_in(comment="Well handled.")
    hands.sees("Closed")

    hands.page.get_by_test_id("tab-ledger").click()
    hands.page.get_by_test_id("ledger-verify").click()
    hands.sees("entries hold")
    assert world.bot.memory.record(world.latest())[0].state is State.CLOSED
    assert hands.complaints == []


def test_a_change_is_opened_and_ended_from_the_home_tab_by_mouse_and_keyboard(world, browser):
    hands = Hands(browser, world)
    home = hands.page.get_by_test_id("app-home")

    hands.goes_to("app")
    hands.presses("home.new")
    hands.fills_in(access="payments-merge", what="Checkout answers 500.", **REQUEST)
    home.get_by_text("Your open windows").wait_for()
    home.get_by_text(re.compile(r"in \d+ minutes")).first.wait_for()
    hands.page.wait_for_function("document.activeElement.dataset.testid === 'app-home'")
    hands.page.get_by_test_id("action-change.done").press("Enter")
    hands.fills_in(done="Reverted.", verified="Orders flow.", rolled_back="No")
    home.get_by_text("You owe").wait_for()
    home.get_by_role("link", name=world.latest()).first.click()
    card = world.bot.memory.record(world.latest())[0].card
    hands.page.get_by_test_id(f"message-{card.ts}").wait_for()

    assert "linus-acme" not in world.members("payments-break-glass")
    assert hands.complaints == []


def test_the_page_fits_a_telephone_without_scrolling_sideways(world, browser):
    hands = Hands(browser, world)
    hands.goes_to("C0PAYMENTS")
    hands.types("/emergency-change help")

    hands.page.set_viewport_size({"width": 390, "height": 844})

    wide = hands.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


@pytest.fixture
def by_review(tmp_path):
    """A world in which approvals are reviews of a pull request."""
    world = World(tmp_path, policy=reviews_of_record)
    stage = Stage(world)
    world.apps[""] = page(stage)
    with world:
        stage.watch()
        yield world
        stage.end()


def test_an_approver_asks_approves_and_changes_their_words_on_the_pull_request(by_review, browser):
    hands = Hands(browser, by_review)
    hands.goes_to("C0PAYMENTS")
    hands.types("/emergency-change payments checkout is down")
    hands.fills_in(**REQUEST)
    hands.sees("in force until")

    hands.is_("U0GRACE")
    hands.page.get_by_test_id("tab-evidence").click()
    hands.page.get_by_test_id("pull-text").get_by_text("the second engineer is asleep").wait_for()
    hands.page.get_by_test_id("review-body").fill("Which index?")
    hands.page.get_by_test_id("review-request-changes").click()
    hands.page.get_by_text("of an earlier commit").wait_for()  # the question stands in the new one
    hands.page.wait_for_function("() => document.querySelector('[data-testid=review-body]').value === ''")
    hands.page.get_by_test_id("review-approve").click()
    hands.page.get_by_role("link", name="grade A").first.wait_for()

    change = by_review.latest()
    assert [v.answer.assurance.value for v in by_review.bot.memory.record(change)[0].approvals] == ["A"]

    review = by_review.github.forge.repositories["acme/evidence"].pulls[1].reviews[-1]
    hands.page.get_by_test_id(f"dismiss-{review.id}").click()
    hands.sees("by a review of")
    assert by_review.bot.memory.record(change)[0].approvals == ()
    assert hands.complaints == []


def test_a_month_passes_and_what_is_owed_is_answered_from_home_and_the_digest_is_signed_off(world, browser):
    hands = Hands(browser, world)
    hands.page.set_default_timeout(120_000)  # thirty-one days are lived through
    hands.goes_to("C0PAYMENTS")
    hands.types("/emergency-change payments checkout is down")
    hands.fills_in(**REQUEST)
    hands.sees("in force until")
    change = world.latest()

    hands.lets_pass(2_678_400)
    hands.goes_to("C0REVIEW")
    hands.sees("There was one emergency change in")
    hands.page.locator("img").first.wait_for()
    hands.is_("U0LINUS")
    hands.opens_home()
    hands.page.get_by_test_id("app-home").get_by_text("You owe").wait_for()

    hands.is_("U0GRACE")
    hands.opens_home()
    hands.page.get_by_test_id("app-home").get_by_text("Waits for your approval").wait_for()
    hands.presses("change.approve")
    hands.fills_in(comment="Late, and right all the same.")
    hands.page.get_by_test_id("app-home").get_by_text("Waits for your approval").wait_for(state="detached")
    hands.goes_to("C0REVIEW")
    hands.presses("review.sign_off")
    hands.fills_in(decisions="Alert earlier.", **{f"change:{change}": "It was an emergency"})
    hands.sees("Signed off")

    record = world.bot.memory.record(change)[0]
    assert {prompt.entry.kind for prompt in record.prompts} >= {"reminder/1", "escalation/1"}
    assert [verdict.by for verdict in record.approvals] == [world.person("U0GRACE").id]
    assert hands.complaints == []
