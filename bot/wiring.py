"""The composition root: the one place where adapters meet the procedure."""

import logging
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeAlias

import structlog
from slack_bolt import App
from slack_sdk import WebClient

from bot import __version__
from bot.app import slack_app
from bot.board import SlackBoard
from bot.desk import Desk
from bot.directory import SlackDirectory
from bot.files import read_note, read_roots, seed_in
from bot.homes import Homes
from bot.hooks import Announcement, GitHubHooks
from bot.identities import GitHubIdentities
from bot.keeping import EvidenceKeeper
from bot.listeners.events import Events
from bot.settings import NEED_KEYS, DatabaseSettings, Settings
from bot.ticker import Ticker
from bot.views.text import SlackVoice
from bot.vouching import Vouching
from bot.web import Metrics, Web
from bot.worker import SLOTS, Traffic, Workers, alone
from integrations.github_activity import GitHubActivity
from integrations.github_client import GitHubConnection
from integrations.github_commits import GitHubCommits
from integrations.github_evidence import GitHubEvidence
from integrations.github_reviews import GitHubReviews
from integrations.github_teams import GitHubTeams
from integrations.jira_tickets import JiraFollowUps, JiraTickets
from integrations.public_holidays import public_holidays
from integrations.timestamps import TimestampAuthority
from integrations.witness import HttpWitness
from storage import migrate, remains
from storage.engine import Database, file_of
from storage.erasing import Erased, Findings
from storage.levels import Outside
from storage.memory import Keys, Memory, audited, embedded_keys, given_keys, opened
from storage.notes import VerifierKey
from storage.snapshot import Copied, Snapshot
from storage.verify import Verified
from storage.wakeup import Wakeup
from workflows.administration import Heartbeat, Started
from workflows.announcements import Announcements
from workflows.changes import EmergencyChanges
from workflows.clock import FollowingClock, ProcedureClock, RealTime
from workflows.delegation import groups_told
from workflows.duties import Audience
from workflows.errors import (
    Declined,
    LedgerCorrupt,
    Misconfigured,
    ProcedureError,
    Unavailable,
    UnknownChange,
)
from workflows.events import Departure
from workflows.observations import ReviewAnnounced
from workflows.policy import Policy, load
from workflows.ports import AccessProvider, Clock, Stopwatch
from workflows.reconciler import Claimed, Reconciler
from workflows.reminders import Reminders
from workflows.steps import Step
from workflows.steps.access import Access
from workflows.steps.checks import Authors, MembershipCheck
from workflows.steps.evidence import EvidenceFile
from workflows.steps.follow_up import FollowUpStep
from workflows.steps.messages import Answer, Card, Message, Note
from workflows.steps.pull_request import PullRequest
from workflows.steps.receipt import Receipt
from workflows.steps.reviews import Reply, Reviews
from workflows.steps.ticket import LAG, Comment, TicketStep
from workflows.vocabulary import SYSTEM, PersonId, StepName

log = logging.getLogger(__name__)

CALL = 4  #: seconds a worker's call to Slack may take; shorter than its lease
CLICK = 2  #: seconds the one call before an ``ack`` may take
OpenMemory = Memory  #: for annotations elsewhere; only this module may import the storage
WhatIsKnown: TypeAlias = Findings
WhatIsGone: TypeAlias = Erased
OpenSnapshot = Snapshot
CopiedEntry = Copied
EVIDENCE_STEPS = frozenset({StepName.EVIDENCE, StepName.PULL, StepName.REPLY})  #: need the repository
DEFAULT_ORIGIN = "emergency-change.example/ledger"


@dataclass(slots=True)
class JiraVoice:
    """The voice of the ticket: names and UTC; the adapter escapes."""

    person: Callable[[PersonId], str]

    def who(self, person: PersonId) -> str:
        return self.person(person)

    def when(self, at: datetime) -> str:
        return f"{at:%Y-%m-%d %H:%M} UTC"

    def quote(self, text: str) -> str:
        return text

    def link(self, url: str, text: str) -> str:
        return text  # a key links itself in the tracker


#: How each kind of access is connected: to add a provider, write its module and add its line here.
PROVIDERS: Mapping[type[AccessProvider], Callable[[Settings], AccessProvider]] = {
    GitHubTeams: lambda settings: GitHubTeams(github_connection(settings)),
}


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
        self.workers = Workers(memory.outbox, self.work, self.traffic, slots)
        self.evidence = evidence_repository(settings)
        self.changes = changes_of(settings, memory, self.workers.wake)
        self.providers = {kind.name: connect(settings) for kind, connect in PROVIDERS.items()}
        self.jira = jira_tickets(settings, memory.policy())
        client = slack_client(settings)
        teams = github_teams(settings)
        self.directory = SlackDirectory(client, memory.people, teams, memory.policy, settings.slack_team_ids)
        self.desk = Desk(self.changes, memory, self.directory, clock)
        voice = SlackVoice(self.desk.slack_id)
        self.board = SlackBoard(client, self.directory, voice, self.desk.owed, settings.slack_channel)
        self.homes = Homes(self.desk, client, memory.outbox, clock)
        self.identities = GitHubIdentities(memory.people, self.changes.administer, clock)
        steps = self._steps(search_lag)
        self.reconciler = Reconciler(self.changes, memory.outbox, memory, steps, clock, stopwatch)
        self.keeper = self._keeper()
        self.vouching = Vouching(memory, timestamp_authority(settings), witness(settings))
        outbox = memory.outbox
        reminders = Reminders(self.changes, outbox, memory, self.board, clock, log.warning)
        announcements = Announcements(outbox, memory, self.board, log.warning)
        self._of_no_change: Mapping[StepName, Callable[[Claimed], None]] = {
            StepName.ANSWER: self._turn_away,
            StepName.HOME: self.homes.work,
            StepName.REMINDER: reminders.work,
            StepName.ANNOUNCEMENT: announcements.work,
        }
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
            Receipt(board),
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

    def _guardians(self) -> list[str]:
        """Name who must hear that evidence was altered: the reviewers' channel, and security."""
        policy = self.memory.policy()
        channel = policy.review.channel or self.settings.slack_channel
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
            slack_client(settings, CLICK),
            signing_secret=secret.get_secret_value() if secret else None,
            app_id=settings.slack_app_id,
            team_ids=settings.slack_team_ids,
            refresh=Events(
                self.desk, lambda: threading.Thread(target=self.directory.refresh, daemon=True).start()
            ),
            clicked=self.traffic.click,
        )

    def measure(self) -> None:
        """Bring the gauges up to date."""
        backlog = self.memory.outbox.backlog()
        self.metrics.waiting.set(backlog.waiting)
        self.metrics.stuck.set(backlog.stuck)
        self.metrics.empty_groups.set(self.memory.empty(groups_told(self.memory.policy())))

    def why_not_ready(self) -> str:
        """Say what is missing before this process can serve; empty if nothing is."""
        try:
            self.memory.root()
        except ProcedureError as error:
            return str(error)
        return "" if self.workers.alive else "The workers do not run."

    def refresh(self) -> None:
        """Bring the mirrors up to date, and see that every target is still in sight."""
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
        for group in self.memory.turning(groups_told(self.memory.policy())):
            turned = self.changes.watch(group, self.clock.now())
            if turned:
                log.critical("Nobody is left in the group %s; nobody can answer for it.", group)
            elif turned is False:
                log.warning("There is somebody in the group %s again.", group)

    def work(self, claimed: Claimed) -> None:
        """Work on one claim; what concerns no single change has workers of its own."""
        if claimed.change:
            self.reconciler.work(claimed)
        else:
            self._of_no_change[claimed.step](claimed)

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

    def sign(self) -> None:
        """Sign the ledger's head, if anything happened; one that contradicts what was signed stops closing."""
        try:
            self.memory.sign_what_is_new()
        except LedgerCorrupt as error:
            self._distrust(error, "signing")
        else:
            self._trust_again("signing")

    def cosign(self) -> None:
        """Show the newest checkpoint to the witness; one that contradicts us stops closing."""
        try:
            self.vouching.cosign()
        except LedgerCorrupt as error:
            self._distrust(error, "witness")
        else:
            self._trust_again("witness")

    def timestamp(self) -> None:
        """Have the newest checkpoint timestamped."""
        self.vouching.timestamp()

    def keep_evidence(self) -> None:
        """Look after the evidence repository, if there is one."""
        try:
            if self.keeper and self.keeper.keep():
                self._trust_again("evidence")
        except LedgerCorrupt as error:
            self._distrust(error, "evidence")

    def verify(self) -> None:
        """Recompute the ledger; one that does not hold stops closing, and says so loudly."""
        try:
            self.memory.verify()
        except LedgerCorrupt as error:
            self._distrust(error, "verification")
        else:
            self._trust_again("verification")

    def _distrust(self, error: LedgerCorrupt, source: str) -> None:
        self.memory.distrust(str(error), source)
        self.metrics.broken.set(1)
        log.critical("The ledger does not hold: %s Nothing can be closed.", error)

    def _trust_again(self, source: str) -> None:
        self.memory.trust_again(source)
        self.metrics.broken.set(1 if self.memory.doubts else 0)

    def purge(self) -> None:
        """Take away the words of records that were kept long enough."""
        gone = self.memory.retention.purge_all()
        if gone.values:
            log.info("Records of %d changes were kept long enough; their words are gone.", len(gone.changes))

    def look_at_guards(self) -> None:
        """Look at the database's guards; what is wrong with them is said in the log, as a number and in Slack."""
        missing = self.memory.check_guards(self.memory.policy().review.channel or self.settings.slack_channel)
        self.metrics.unguarded.set(len(missing))
        if missing:
            log.critical(
                "The ledger's guards are not as made: %s. Nothing can be closed.", ", ".join(missing)
            )

    def look_for_guards(self) -> None:
        """Look every minute while something is wrong, so that closing goes on soon after it was mended."""
        if self.memory.guards_missing:
            self.look_at_guards()

    def wakeup(self) -> Wakeup:
        """Return what wakes the workers when another replica commits, not yet started."""
        return Wakeup(self.memory.database, self.workers.wake)

    def ticker(self) -> Ticker:
        """Return the heartbeat of this process, not yet started."""
        ticker = Ticker()
        ticker.every(1, self.fire_what_is_due)
        ticker.every(1, self.workers.wake)
        ticker.every(60, self.refresh)
        ticker.every(60, self.sign)
        ticker.every(60, self.cosign)
        ticker.every(600, self.timestamp)
        ticker.every(60, self.follow_the_database)
        ticker.every(300, self.beat)
        ticker.every(3600, self.look_at_guards)
        ticker.every(60, self.look_for_guards)
        ticker.every(3600, self.purge)
        ticker.every(3600, self.verify)
        ticker.soon(self.verify)
        if self.keeper:
            ticker.soon(self.keeper.begin)
            ticker.every(30, self.keep_evidence)
        return ticker


@dataclass(slots=True)
class Hand:
    """What takes access away, beside a running bot or without one; it adopts no policy and migrates nothing."""

    memory: Memory
    changes: EmergencyChanges
    directory: SlackDirectory
    reconciler: Reconciler


def embedded_file(database_url: str) -> str | None:
    """Return the file of an embedded database; ``None`` for a server."""
    return file_of(database_url)


def follow_the_database(clock: Clock, memory: Memory) -> None:
    """Set a clock that can follow by the database's; SQLite has none of its own."""
    now = memory.database_now()
    if now and isinstance(clock, FollowingClock):
        clock.follow(now)


def load_policy(settings: Settings | DatabaseSettings) -> bytes:
    """Read the policy's bytes; raises ``Misconfigured``."""
    try:
        return settings.policy_file.read_bytes()
    except OSError as error:
        raise Misconfigured(
            f"POLICY_FILE: {settings.policy_file} cannot be read ({error.strerror}); see policy.example.toml."
        ) from error


def open_memory(
    settings: Settings | DatabaseSettings,
    *,
    clock: Clock | None = None,
    stopwatch: Stopwatch | None = None,
    upgrade: bool,
) -> Memory:
    """Open the memory the settings name; raises ``Misconfigured``."""
    return opened(
        settings.database_url.get_secret_value(),
        clock=clock or ProcedureClock(),
        stopwatch=stopwatch or RealTime(),
        keys=lambda database: _keys(settings, database),
        holidays=public_holidays,
        upgrade=upgrade,
    )


def existing_memory(settings: Settings | DatabaseSettings, *, owner: bool = False) -> Memory:
    """Open a memory that is there already; raises ``Misconfigured`` instead of making an empty file.

    As its ``owner``: with the login that may empty tables, where the settings name one.
    """
    if owner and settings.database_migration_url:
        settings = settings.model_copy(update={"database_url": settings.database_migration_url})
    _require_file(settings)
    return open_memory(settings, upgrade=False)


def _require_file(settings: Settings | DatabaseSettings) -> None:
    file = embedded_file(settings.database_url.get_secret_value())
    if file and not Path(file).is_file():
        raise Misconfigured(
            f"DATABASE_URL: there is no database at {file}; start the bot once, or run `emergency-change db upgrade`."
        )


def brought_along(
    settings: DatabaseSettings, key: str, notes: Sequence[Path], roots: Path | None, witnesses: Sequence[str]
) -> Outside:
    """Gather what somebody who checks the ledger brings along, and what the settings name."""
    known = [*witnesses, *([settings.witness_key] if settings.witness_key else [])]
    return outside(key, notes, roots or settings.timestamp_roots, known)


def outside(key: str, notes: Sequence[Path], roots: Path | None, witnesses: Sequence[str]) -> Outside:
    """Gather what somebody who checks an export brings along; raises ``Misconfigured``."""
    return Outside(
        key=key,
        notes=tuple(map(read_note, notes)),
        stamped=TimestampAuthority.checking(read_roots(roots)).stamped if roots else None,
        witnesses=tuple(VerifierKey.read(text) for text in witnesses),
    )


def verify_ledger(settings: DatabaseSettings, outside: Outside) -> Verified:
    """Recompute the ledger; with a key that was brought along, none of the bot's own is needed."""
    if not outside.key:
        memory = existing_memory(settings)
        try:
            return memory.verify(outside)
        finally:
            memory.database.close()
    _require_file(settings)
    values = settings.values_key.get_secret_value() if settings.values_key else ""
    return audited(settings.database_url.get_secret_value(), values, outside)


def rotate_ledger_key(settings: DatabaseSettings, new: Path | None) -> str:
    """Put a new key in force and return its public half; raises ``Misconfigured``."""
    if settings.ledger_signing_key and new is None:
        raise Misconfigured("--new: name a file for the new key; it is set as LEDGER_SIGNING_KEY afterwards.")
    if not settings.ledger_signing_key and new is not None:
        raise Misconfigured("--new: this database makes and keeps its key itself; leave the option out.")
    memory = existing_memory(settings)
    try:
        memory.rotate_key(seed_in(new) if new else None)
        return memory.signer.verifier_key
    finally:
        memory.database.close()


def let_go(settings: DatabaseSettings) -> list[str]:
    """Write the database's files anew without what was deleted; return a sentence for each thing that remains."""
    url = settings.database_migration_url or settings.database_url
    database = Database(url.get_secret_value())
    try:
        return remains.let_go(database)
    finally:
        database.close()


def put_guards_back(settings: DatabaseSettings) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Put the ledger's guards back, under the owner's login; return what was wrong, and what still is."""
    url = settings.database_migration_url or settings.database_url
    database = Database(url.get_secret_value())
    try:
        return migrate.guard(database)
    finally:
        database.close()


def upgrade_database(settings: DatabaseSettings) -> None:
    """Bring the schema up to date, under the owner's login where there is one."""
    url = settings.database_migration_url or settings.database_url
    database = Database(url.get_secret_value())
    try:
        migrate.upgrade(database)
    finally:
        database.close()


def _keys(settings: Settings | DatabaseSettings, database: Database) -> Keys:
    if settings.ledger_signing_key and settings.values_key:
        return given_keys(
            settings.ledger_origin,
            settings.ledger_signing_key.get_secret_value(),
            settings.values_key.get_secret_value(),
        )
    if not database.sqlite:
        raise Misconfigured(NEED_KEYS)
    return embedded_keys(database, settings.ledger_origin or DEFAULT_ORIGIN)


def slack_client(settings: Settings, timeout: int = CALL) -> WebClient:
    """Connect to Slack; nothing is repeated by the client itself."""
    token = settings.slack_bot_token.get_secret_value()
    return WebClient(token, base_url=settings.slack_api_url, timeout=timeout, retry_handlers=[])


def github_teams(settings: Settings) -> GitHubTeams:
    """Return the teams of GitHub: where access is given, and where groups are listed."""
    return GitHubTeams(github_connection(settings))


def github_activity(settings: Settings) -> GitHubActivity:
    """Return where all changes are counted, emergencies or not."""
    return GitHubActivity(github_connection(settings))


def github_connection(settings: Settings) -> GitHubConnection:
    """Connect to GitHub with a token or as an App."""
    if settings.github_token:
        return GitHubConnection(settings.github_api_url, token=settings.github_token.get_secret_value())
    key = settings.github_app_private_key
    return GitHubConnection(
        settings.github_api_url,
        app_id=settings.github_app_id,
        private_key=key.get_secret_value() if key else None,
        installation_id=settings.github_app_installation_id,
    )


def evidence_connection(settings: Settings) -> GitHubConnection:
    """Connect to GitHub for evidence: as its own App or with its own token, or else as for everything."""
    token, key = settings.evidence_github_token, settings.evidence_github_app_private_key
    if not token and not key:
        return github_connection(settings)
    return GitHubConnection(
        settings.github_api_url,
        token=token.get_secret_value() if token else None,
        app_id=settings.evidence_github_app_id,
        private_key=key.get_secret_value() if key else None,
        installation_id=settings.evidence_github_app_installation_id,
    )


def evidence_repository(settings: Settings) -> GitHubEvidence | None:
    """Return where evidence is kept, if anywhere; raises ``Misconfigured``."""
    if not settings.evidence_repository:
        return None
    return GitHubEvidence(evidence_connection(settings), settings.evidence_repository)


def changes_of(
    settings: Settings, memory: Memory, wake: Callable[[], None] = lambda: None
) -> EmergencyChanges:
    """Return the front door; without an evidence repository nothing is owed to it."""
    without = EVIDENCE_STEPS if not settings.evidence_repository else frozenset()
    return EmergencyChanges(memory.transaction, memory.reading, wake, without=without)


def timestamp_authority(settings: Settings) -> TimestampAuthority | None:
    """Return who timestamps checkpoints, if anybody does; raises ``Misconfigured``."""
    if not settings.timestamp_url or settings.timestamp_roots is None:
        return None
    return TimestampAuthority(settings.timestamp_url, read_roots(settings.timestamp_roots))


def witness(settings: Settings) -> HttpWitness | None:
    """Return who cosigns checkpoints, if anybody does; raises ``Misconfigured``."""
    if not settings.witness_url:
        return None
    return HttpWitness(settings.witness_url, str(VerifierKey.read(settings.witness_key)))


def jira_tickets(settings: Settings, policy: Policy) -> JiraTickets:
    """Connect to Jira under the policy's names."""
    return JiraTickets(
        settings.jira_url,
        settings.jira_user,
        settings.jira_token.get_secret_value(),
        project=policy.ticket.project,
        issue_type=policy.ticket.issue_type,
        fields=policy.ticket.fields,
        path=tuple(dict.fromkeys(policy.ticket.statuses.values())),
        link_type=policy.ticket.duplicate_link_type,
        duplicate_status=policy.ticket.duplicate_status,
        site=policy.ticket.site or None,
    )


def jira_follow_ups(tickets: JiraTickets, policy: Policy) -> JiraFollowUps:
    """Keep follow-ups in the same Jira, over the same connection."""
    rules = policy.ticket.follow_ups
    return JiraFollowUps(
        tickets.connection,
        project=rules.project or policy.ticket.project,
        issue_type=rules.issue_type,
        link_type=rules.link_type,
        duplicate_link_type=policy.ticket.duplicate_link_type,
        site=policy.ticket.site or tickets.connection.url,
    )


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


def take_hand(settings: Settings) -> Hand:
    """Put together what ``access revoke`` needs."""
    memory, teams = existing_memory(settings), github_teams(settings)
    providers = {kind.name: connect(settings) for kind, connect in PROVIDERS.items()}
    directory = SlackDirectory(
        slack_client(settings), memory.people, teams, memory.policy, settings.slack_team_ids
    )
    changes = changes_of(settings, memory)
    steps: dict[StepName, Step] = {StepName.ACCESS: Access(providers)}
    reconciler = Reconciler(changes, memory.outbox, memory, steps, memory.clock, memory.stopwatch)
    return Hand(memory, changes, directory, reconciler)


def check_policy(text: bytes, where: str) -> Policy:
    """Read a policy and see that its targets and holidays exist; raises ``Misconfigured``."""
    policy = load(text, where)
    check_targets(policy)
    if region := policy.calendar.holidays:
        public_holidays(region)
    return policy


def check_reviews(settings: Settings, policy: Policy) -> None:
    """Raise ``Misconfigured`` if approvals must be reviews and there is nowhere to give them."""
    if policy.duties.approval.of_record == "review" and not settings.evidence_repository:
        raise Misconfigured(
            "EVIDENCE_REPOSITORY: the policy wants approvals as reviews (duties.approval.of_record), "
            "so name the repository they are given in."
        )


def check_targets(policy: Policy) -> None:
    """Raise ``Misconfigured`` unless every access profile names a provider and the parts it needs."""
    for name, profile in policy.access.items():
        parts = {kind.name: kind.parts for kind in PROVIDERS}.get(profile.provider)
        if parts is None:
            known = ", ".join(sorted(kind.name for kind in PROVIDERS))
            raise Misconfigured(f"access.{name}.provider: found {profile.provider!r}; there are: {known}.")
        if set(profile.target) != set(parts):
            raise Misconfigured(f"access.{name}.target: name exactly {', '.join(parts)}.")
