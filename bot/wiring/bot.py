"""One process of the bot, put together."""

import logging
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

import structlog
from slack_bolt import App

from bot import __version__
from bot.app import slack_app
from bot.board import SlackBoard
from bot.desk import Desk
from bot.digest.collecting import SIZE, Collector, sampler
from bot.digest.pages import pseudonymous
from bot.directory import SlackDirectory
from bot.garbage import Garbage
from bot.hints import Hints
from bot.homes import Homes
from bot.hooks import Announcement, GitHubHooks
from bot.identities import GitHubIdentities
from bot.keeping import EvidenceKeeper
from bot.listeners.events import Events
from bot.review_board import ReviewBoard
from bot.reviewing import Reports, Reviewing
from bot.settings import Settings
from bot.ticker import Ticker
from bot.traffic import Traffic
from bot.views.text import SlackVoice
from bot.vouching import Vouching
from bot.watch import Watch
from bot.web import Metrics, Web
from bot.wiring import reviews as reviews_kept
from bot.wiring.connections import (
    PROVIDERS,
    JiraVoice,
    click_client,
    evidence_connection,
    evidence_repository,
    github_activity,
    github_connection,
    github_teams,
    jira_follow_ups,
    jira_tickets,
    slack_client,
    timestamp_authority,
    witness,
)
from bot.wiring.opening import changes_of, follow_the_database, open_memory
from bot.wiring.policies import check_policy, check_reviews, load_policy
from bot.worker import SLOTS, Workers, alone
from integrations.github_commits import GitHubCommits
from integrations.github_reviews import GitHubReviews
from storage.memory import Memory
from storage.wakeup import Wakeup
from workflows.administration import DigestMade, Heartbeat, Started
from workflows.announcements import Announcements
from workflows.clock import FollowingClock, ProcedureClock, RealTime
from workflows.delegation import groups_told
from workflows.duties import Audience
from workflows.errors import (
    Declined,
    ProcedureError,
    Unavailable,
    UnknownChange,
)
from workflows.events import Departure
from workflows.observations import ReviewAnnounced
from workflows.ports import Clock, Stopwatch
from workflows.reconciler import Reconciler
from workflows.reminders import Reminders
from workflows.signing_off import SigningOff
from workflows.steps import Step
from workflows.steps.access import Access
from workflows.steps.checks import Authors, MembershipCheck
from workflows.steps.evidence import EvidenceFile
from workflows.steps.follow_up import FollowUpStep
from workflows.steps.messages import Answer, Card, Message, Note
from workflows.steps.pull_request import PullRequest
from workflows.steps.reviews import Reply, Reviews
from workflows.steps.ticket import LAG, Comment, TicketStep
from workflows.steps.transcript import Transcript
from workflows.vocabulary import SYSTEM, PersonId, StepName
from workflows.work import Begun, Claimed

log = logging.getLogger(__name__)

REFRESH = 60.0  #: seconds from one look at the mirrors and targets to the next


class Bot:
    """Everything one process is made of; nothing is started and nothing outside is asked yet."""

    def __init__(
        self,
        settings: Settings,
        memory: Memory,
        *,
        clock: Clock,
        stopwatch: Stopwatch,
        search_lag: timedelta,
        slots: int,
    ) -> None:
        self.settings, self.memory, self.clock = settings, memory, clock
        self.replica = uuid.uuid4().hex[:12]
        self.metrics, self.traffic = Metrics(), Traffic()
        memory.database.before_writing = self.traffic.give_way
        memory.database.before_committing = self.traffic.let_next_in
        memory.database.after_writing = self.traffic.go_out
        self.workers = Workers(memory.outbox, self.work, self._go_on, self.traffic, slots)
        self.garbage = Garbage(self.traffic, lambda: self.workers.idle)
        self.evidence = evidence_repository(settings)
        self.changes = changes_of(settings, memory, self.workers.wake, self.workers)
        self.providers = {kind.name: connect(settings) for kind, connect in PROVIDERS.items()}
        self.jira = jira_tickets(settings, memory.policy())
        client = slack_client(settings)
        teams = github_teams(settings)
        self.directory = SlackDirectory(client, memory.people, teams, memory.policy, settings.slack_team_ids)
        self.hints = Hints(self.directory.refresh)
        signing = SigningOff(memory.transaction, memory.reading, self.workers.wake)
        self.desk = Desk(self.changes, signing, memory, self.directory, clock)
        voice = SlackVoice(self.desk.slack_id)
        self.board = SlackBoard(client, self.directory, voice, self.desk.owed, settings.slack_channel)
        self.homes = Homes(self.desk, client, memory.outbox, clock)
        self.identities = GitHubIdentities(memory.people, self.changes.administer, clock)
        steps = self._steps(search_lag)
        self.reconciler = Reconciler(
            self.changes, memory.outbox, memory, steps, clock, stopwatch, log.warning
        )
        self.keeper = self._keeper()
        vouching = Vouching(memory, timestamp_authority(settings), witness(settings))
        self.watch = Watch(memory, self.metrics, vouching, self.keeper, self._channel)
        outbox = memory.outbox
        reminders = Reminders(self.changes, outbox, memory, self.board, clock, log.warning)
        announcements = Announcements(outbox, memory, self.board, log.warning)
        reviews = ReviewBoard(client, self.directory, voice, self._address_of_digest)
        reports = Reports(self.changes, outbox, memory, reviews, clock, log.warning)
        self.reviewing = self._reviewing(stopwatch)
        self._of_no_change: Mapping[StepName, Callable[[Claimed], object]] = {
            StepName.ANSWER: self._turn_away,
            StepName.HOME: self.homes.work,
            StepName.REMINDER: reminders.work,
            StepName.ANNOUNCEMENT: announcements.work,
            StepName.DIGEST: reports.work,
            StepName.REVIEW: reports.tell,
            **reviews_kept.papers(memory, self.evidence, self.changes, clock),
            **reviews_kept.issues(memory, self.jira, self.changes, clock, stopwatch, search_lag),
        }
        #: Whether Slack reaches this process; whoever opens a socket knows better.
        self.heard_by_slack: Callable[[], bool] = lambda: True
        self.app = self._slack_app()
        signed = self.app if settings.slack_signing_secret else None  # nobody may knock without a signature
        self.web = Web(signed, self.metrics, self.why_not_ready, self.measure, self._hooks())

    def _steps(self, search_lag: timedelta) -> dict[StepName, Step]:
        memory, board = self.memory, self.board
        commits = GitHubCommits(github_connection(self.settings))
        steps: tuple[Step, ...] = (
            Access(self.providers),
            TicketStep(self.jira, search_lag),
            FollowUpStep(jira_follow_ups(self.jira, memory.policy()), memory.calendar, search_lag),
            Comment(self.jira, JiraVoice(lambda person: memory.person(person).name or str(person))),
            Card(board),
            Note(board),
            Message(board),
            Transcript(board),
            Answer(board),
            MembershipCheck(self.directory),
            Authors(commits, self.identities.person),
        )
        if self.evidence:
            desk = GitHubReviews(evidence_connection(self.settings), self.settings.evidence_repository)
            reviews = Reviews(desk, self.directory, self.identities.person)
            steps += (
                EvidenceFile(self.evidence, memory.filing.entries, memory.calendar),
                PullRequest(self.evidence, desk, reviews),
                Reply(desk),
            )
        return {step.name: step for step in steps}

    def _reviewing(self, stopwatch: Stopwatch) -> Reviewing:
        activity = github_activity(self.settings)
        return Reviewing(
            self.changes,
            self.memory,
            self.clock,
            stopwatch,
            collect=Collector(self.memory, activity, sampler(self.memory, SIZE)).collect,
            render=pseudonymous,
            default_channel=self.settings.slack_channel,
        )

    def _address_of_digest(self, made: DigestMade) -> str:
        """Return where a digest can be read as a whole; empty where no evidence repository is set up."""
        return reviews_kept.address(self.settings.evidence_repository, made)

    def review(self) -> None:
        """Make the digests that are due, and chase the reviews that are owed."""
        self.reviewing.look()

    def _keeper(self) -> EvidenceKeeper | None:
        if self.evidence is None:
            return None
        memory = self.memory

        def person_of(email: str) -> PersonId | None:
            known = memory.people.by_email(email)
            return known.id if known else None

        return EvidenceKeeper(
            self.evidence,
            memory,
            self.changes,
            self.clock,
            person_of=person_of,
            hearers=self._guardians,
            count=self.metrics.altered.inc,
        )

    def _channel(self) -> str:
        """Name the channel of those who look after everything, empty if there is none."""
        return self.memory.policy().review.channel or self.settings.slack_channel

    def _guardians(self) -> list[str]:
        """Name who must hear that evidence was altered: the reviewers' channel, and security."""
        policy = self.memory.policy()
        channel = self._channel()
        with self.memory.reading() as work:
            groups = frozenset({policy.security} if policy.security else ())
            people = work.members(Audience(groups=groups))
        return [*([channel] if channel else []), *sorted(people)]

    def _hooks(self) -> GitHubHooks | None:
        """Listen to GitHub only where there is something to hear, and a way to know that it is GitHub."""
        secret, repository = self.settings.github_webhook_secret, self.settings.evidence_repository
        if secret is None or not repository:
            return None
        return GitHubHooks(secret.get_secret_value(), repository, self.hear_of)

    def hear_of(self, told: Announcement) -> None:
        """Write down, once, that GitHub has something to say about a change; looking is the workers' job."""
        seen = ReviewAnnounced(at=self.clock.now(), by=SYSTEM, pull=told.pull, action=told.action)
        try:
            self.changes.observe(told.change, seen, delivery=told.delivery)
        except UnknownChange:
            log.warning("A webhook was about %s, which is not known here.", told.change)

    def _slack_app(self) -> App:
        settings, secret = self.settings, self.settings.slack_signing_secret
        return slack_app(
            self.desk,
            click_client(settings, self.traffic.away),
            signing_secret=secret.get_secret_value() if secret else None,
            app_id=settings.slack_app_id,
            team_ids=settings.slack_team_ids,
            refresh=Events(self.desk, self.hints.take),
            clicked=self.traffic.click,
            answering=self.traffic.answering,
        )

    def measure(self) -> None:
        """Bring the gauges up to date."""
        backlog = self.memory.outbox.backlog()
        self.metrics.waiting.set(backlog.waiting)
        self.metrics.stuck.set(backlog.stuck)
        self.metrics.empty_groups.set(self.memory.empty(self.groups_told()))

    def why_not_ready(self) -> str:
        """Say what is missing before this process can serve; empty if nothing is."""
        try:
            self.memory.root()
        except ProcedureError as error:
            return str(error)
        if not self.heard_by_slack():
            return "No socket to Slack is open: nobody who clicks is heard."
        return "" if self.workers.alive else "The workers do not run."

    def refresh(self) -> None:
        """Bring the mirrors up to date, and see that every target is still in sight."""
        self.memory.forget_what_was_erased()
        self.directory.refresh()
        self.notice_departures()
        self.watch_groups()
        for name, profile in self.memory.policy().access.items():
            if wrong := self.providers[profile.provider].check(profile.where):
                log.warning("access.%s: %s", name, wrong)

    def notice_departures(self) -> None:
        """Tell reviewers of duties that are with somebody who has left."""
        for change, person in self.memory.departures():
            event = Departure(at=self.clock.now(), by=SYSTEM, person=person)
            alone(partial(self.changes.offer, change, event), f"The departure could not be noted on {change}")

    def watch_groups(self) -> None:
        """Alarm people when nobody is left in a group that must decide or be told: once until somebody is there."""
        for group in self.memory.turning(self.groups_told()):
            turned = self.changes.watch(group, self.clock.now())
            if turned:
                log.critical("Nobody is left in the group %s; nobody can answer for it.", group)
            elif turned is False:
                log.warning("There is somebody in the group %s again.", group)

    def groups_told(self) -> frozenset[str]:
        """Name the groups that must have somebody in them: of the policy in force, and of what is open already."""
        reviewers = {one.made.reviewers for one in self.memory.reviews().values() if one.owed}
        return groups_told(self.memory.policy()) | self.memory.owing_groups() | reviewers

    def work(self, claimed: Claimed) -> None:
        """Work on one claim; what concerns no single change has workers of its own."""
        if claimed.change:
            self.reconciler.work(claimed)
        else:
            self._of_no_change[claimed.step](claimed)

    def _go_on(self, begun: Begun) -> None:
        self.reconciler.go_on(begun)

    def _turn_away(self, claimed: Claimed) -> None:
        """Show the sentence that is owed to somebody who was turned away, or to whoever looks after the ledger."""
        try:
            named = claimed.place.startswith("#")
            place = self.directory.channel_id(claimed.place) if named else claimed.place
            self.board.answer(place, self.memory.told(claimed.subject))
        except Unavailable as error:
            self.memory.outbox.postpone(claimed, str(error))
        except Declined as error:
            if claimed.subject.startswith("guards:"):  # nobody would ask again
                self.memory.outbox.postpone(claimed, str(error))
                return
            log.warning("A sentence could not be shown to somebody who was turned away: %s", error)
            self.memory.outbox.settle(claimed)
        else:
            self.memory.outbox.settle(claimed)

    def fire_what_is_due(self) -> None:
        """Let the clock speak up, once per slot."""
        for change, slot in self.memory.due_slots():
            raised = partial(self.changes.fire, change, slot, self.clock.now())
            alone(raised, f"The slot {slot} of {change} could not be raised")

    def announce(self) -> None:
        """Write down that this replica began to work."""
        entry = Started(at=self.clock.now(), by=SYSTEM, replica=self.replica, version=__version__)
        self.changes.administer(entry)

    def follow_the_database(self) -> None:
        """Set the procedure's clock by the database's, so that several replicas agree."""
        follow_the_database(self.clock, self.memory)

    def beat(self) -> None:
        """Write down that this replica is alive."""
        self.changes.administer(Heartbeat(at=self.clock.now(), by=SYSTEM, replica=self.replica))

    def wakeup(self) -> Wakeup:
        """Return what wakes the workers when another replica commits, not yet started."""
        return Wakeup(self.memory.database, self.workers.wake)

    def ticker(self) -> Ticker:
        """Return the heartbeat of this process, not yet started."""
        ticker = Ticker(lambda: self.traffic.busy)
        ticker.every(1, self.fire_what_is_due)
        ticker.every(1, self.review)
        ticker.every(1, self.workers.wake)
        ticker.every(1, self.hints.follow)
        ticker.every(1, self.garbage.collect)
        ticker.every(60, self.watch.sign)
        ticker.every(60, self.watch.cosign)
        ticker.every(600, self.watch.timestamp)
        ticker.every(60, self.follow_the_database)
        ticker.every(300, self.beat)
        ticker.every(3600, self.watch.look_at_guards)
        ticker.every(60, self.watch.look_for_guards)
        ticker.at_leisure(REFRESH, self.refresh)
        ticker.at_leisure(3600, self.watch.purge)
        ticker.at_leisure(3600, self.watch.verify)
        ticker.soon(self.watch.verify)
        if self.keeper:
            ticker.soon(self.keeper.begin)
            ticker.every(30, self.watch.keep_evidence)
        return ticker


def assemble(
    settings: Settings,
    *,
    clock: Clock | None = None,
    stopwatch: Stopwatch | None = None,
    search_lag: timedelta = LAG,
    slots: int = SLOTS,
) -> Bot:
    """Put a bot together; raises ``Misconfigured``.  Only the database is touched."""
    clock = clock or (ProcedureClock() if settings.embedded else FollowingClock())
    stopwatch = stopwatch or RealTime()
    text, where = load_policy(settings), str(settings.policy_file)
    check_reviews(settings, check_policy(text, where))
    memory = open_memory(settings, clock=clock, stopwatch=stopwatch, upgrade=settings.embedded)
    follow_the_database(clock, memory)
    memory.mend()
    memory.adopt_policy(text, where)
    bot = Bot(settings, memory, clock=clock, stopwatch=stopwatch, search_lag=search_lag, slots=slots)
    structlog.contextvars.bind_contextvars(replica=bot.replica)
    return bot
