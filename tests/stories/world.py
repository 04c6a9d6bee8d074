"""A night: the whole core, a world around it that can fail, and one clock."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa

from sandbox.fakes import FakeAccess, FakeCommits, FakeEvidence, FakeFollowUps, FakeReviews, FakeTickets
from storage.engine import Database
from storage.keys import embedded_keys
from storage.memory import Memory
from storage.schema import deadlines, obligations
from tests.acme import GROUPS, LINUS, MARGARET, PEOPLE, POLICY
from tests.clocks import MovableClock
from tests.memories import ORIGIN, Desk, refresh, staff
from workflows import events as ev
from workflows.announcements import Announcements
from workflows.errors import Declined, Unavailable
from workflows.filed import folder
from workflows.gathered import FollowUpItem, ReviewItem
from workflows.papers import Papers
from workflows.policy import load
from workflows.ports import Posted
from workflows.reconciler import Reconciler
from workflows.reminders import Reminders
from workflows.review_issues import ReviewIssues, Words
from workflows.steps.access import Access
from workflows.steps.checks import Authors, MembershipCheck
from workflows.steps.evidence import EvidenceFile
from workflows.steps.follow_up import FollowUpStep
from workflows.steps.messages import Answer, Card, Message, Note
from workflows.steps.ticket import Comment, TicketStep
from workflows.steps.transcript import Transcript
from workflows.timetable import owed
from workflows.vocabulary import StepName

RULES = load(POLICY.encode())
SOON = timedelta(seconds=15)  #: how long a night is watched for what happens by itself
REPORT = {"done": "Rolled back.", "changes": "", "verified": "Orders flow.", "rolled_back": False}
LOOK_BACK = {
    "cause": "A dropped index.",
    "genuine": True,
    "normal_process": "Too slow.",
    "prevention": "A lock.",
}


class Crash(Exception):
    """The process dies here."""


@dataclass
class Fuse:
    """Burns down with every commit and every call; at nought the process dies."""

    left: int | None = None
    open: int = 0  #: transactions that may write and have not ended

    def burns(self):
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            raise Crash


class FragileDatabase(Database):
    """May die before each commit and after it."""

    fuse = Fuse()

    def write(self):
        return self._fragile(super().write())

    def _fragile(self, transaction):
        return _Fragile(transaction, self.fuse)


@dataclass
class _Fragile:
    transaction: object
    fuse: Fuse

    def __enter__(self):
        connection = self.transaction.__enter__()
        self.fuse.open += 1
        return connection

    def __exit__(self, kind, error, trace):
        self.fuse.open -= 1
        if error is None:
            try:
                self.fuse.burns()
            except Crash as crash:
                self.transaction.__exit__(Crash, crash, crash.__traceback__)
                raise
        answer = self.transaction.__exit__(kind, error, trace)
        if error is None:
            self.fuse.burns()
        return answer


@dataclass
class Line:
    """The way to one of the vendors: may die, be down, or lose the answer to a call that arrived.

    No call leaves inside a transaction: every story is a proof of that.
    """

    other_side: object
    fuse: Fuse
    down: bool = False
    lost: set = field(default_factory=set)  #: names of methods whose next answer gets lost

    def __getattr__(self, name):
        there = getattr(self.other_side, name)
        return self._call(name, there) if isinstance(there, Callable) else there

    def _call(self, name, method):
        def call(*args, **named):
            assert not self.fuse.open, f"{name} was called inside a transaction"
            self.fuse.burns()
            if self.down:
                raise Unavailable("Nobody answers.")
            answer = method(*args, **named)
            self.fuse.burns()
            if name in self.lost:
                self.lost.remove(name)
                raise Unavailable("The answer got lost.")
            return answer

        return call


class FakeDesk(FakeTickets):
    """The tracker; its addresses are known without asking it."""

    def url(self, key):
        return f"https://tickets.example/browse/{key}"


@dataclass
class FakeBoard:
    """Where people read: cards with the state they show, and messages by their marker."""

    cards: dict = field(default_factory=dict)  #: ts → (change, state shown)
    notes: dict = field(default_factory=dict)  #: (card's ts, marker) → the kind of entry
    messages: list = field(default_factory=list)  #: (person, marker, the kind of entry)
    reminders: list = field(
        default_factory=list
    )  #: (person, marker, the duties it lists, the prompts it answers)
    announced: list = field(default_factory=list)  #: (person or channel, marker, the kind of entry)
    answers: list = field(default_factory=list)
    transcripts: list = field(default_factory=list)  #: (person, marker, the text of one part)
    declines: str = ""

    def find_card(self, record, policy):
        found = (ts for ts, (change, _) in self.cards.items() if change == record.id)
        return next((Posted("C1", ts) for ts in found), None)

    def post_card(self, record, policy):
        ts = f"1.{len(self.cards)}"
        self.cards[ts] = (record.id, record.state)
        return Posted("C1", ts)

    def update_card(self, at, record, policy):
        self.cards[at.ts] = (record.id, record.state)

    def find_note(self, at, marker):
        return Posted("C1", f"{at.ts}.{marker}") if (at.ts, marker) in self.notes else None

    def post_note(self, at, marker, entry, record, policy):
        assert (at.ts, marker) not in self.notes, "said twice"
        self.notes[at.ts, marker] = type(entry)
        return Posted("C1", f"{at.ts}.{marker}")

    def find_message(self, to, marker):
        sent = [entry[:2] for entry in (*self.messages, *self.reminders, *self.announced, *self.transcripts)]
        return Posted("D1", marker) if (to.id, marker) in sent else None

    def tell(self, to, marker, entry, record, policy):
        if self.declines:
            raise Declined(self.declines)
        self.messages.append((to.id, marker, type(entry)))
        return Posted("D1", marker)

    def transcript_parts(self, lines):
        return len(lines)

    def send_transcript(self, to, marker, part, decision, record, lines):
        if self.declines:
            raise Declined(self.declines)
        assert (to.id, marker) not in [(person, known) for person, known, _ in self.transcripts], "sent twice"
        self.transcripts.append((to.id, marker, lines[part]))
        return Posted("D1", marker)

    def remind(self, to, marker, items):
        if self.declines:
            raise Declined(self.declines)
        duties = [_listed(item) for item in items]
        prompts = [type(getattr(prompt, "entry", prompt)) for item in items for prompt in item.prompts]
        self.reminders.append((to.id, marker, duties, prompts))
        return Posted("D1", marker)

    def find_announcement(self, to, marker):
        sent = [(name, known) for name, known, _ in self.announced]
        return Posted("C9", marker) if (getattr(to, "id", to), marker) in sent else None

    def announce(self, to, marker, entry):
        self.announced.append((getattr(to, "id", to), marker, type(entry)))
        return Posted("C9", marker)

    def reminded(self, person):
        """Return what each reminder to one person listed."""
        return [duties for to, _, duties, _ in self.reminders if to == person]

    def answer(self, place, sentence):
        self.answers.append((place, sentence))

    def told(self, person):
        return [kind for to, _, kind in self.messages if to == person]

    def noted(self):
        return list(self.notes.values())

    def shown(self, change):
        return [state for known, state in self.cards.values() if known == change]


def _listed(item):
    """Say what one item of a reminder is about: a duty of a change, one of its follow-ups, or a month."""
    if isinstance(item, ReviewItem):
        return item.name, "review"
    if isinstance(item, FollowUpItem):
        return item.change, item.follow_up.number
    return item.change, item.owed.duty


def _as_bytes(packed):
    return {name: text.encode() for name, text in packed.items()}


class LiveGroups:
    """The sources of the groups themselves."""

    def __init__(self):
        self.groups = dict(GROUPS)

    def holds(self, group, person):
        return person in self.groups[group]


class Voice:
    """How the ticket's comments are written."""

    def who(self, person):
        return PEOPLE[person].name if person in PEOPLE else person

    def when(self, at):
        return f"{at:%H:%M}"

    def quote(self, text):
        return text

    def link(self, url, text):
        return text


class Night:
    """One night, from the first request on."""

    def __init__(self, database, policy=POLICY):
        self.clock, self.stopwatch = MovableClock(), MovableClock()
        self.fuse = database.fuse = Fuse()
        self.memory = Memory(database, self.clock, self.stopwatch, embedded_keys(database, ORIGIN))
        staff(self.memory)
        self.desk = Desk(self.memory, policy)
        self.changes = self.desk.changes
        self.access, self.tickets, self.board = FakeAccess(), FakeDesk(), FakeBoard()
        self.commits, self.groups, self.evidence = FakeCommits(), LiveGroups(), FakeEvidence()
        self.follow_ups, self.complaints = FakeFollowUps({PEOPLE[MARGARET].email}), []
        self.reviews = FakeReviews()
        worlds = (
            self.access,
            self.tickets,
            self.board,
            self.commits,
            self.groups,
            self.evidence,
            self.follow_ups,
            self.reviews,
        )
        (
            self.to_access,
            self.to_tickets,
            self.to_board,
            self.to_commits,
            self.to_groups,
            self.to_evidence,
            self.to_follow_ups,
            self.to_reviews,
        ) = (Line(world, self.fuse) for world in worlds)
        self.reconciler = Reconciler(
            self.changes, self.memory.outbox, self.memory, self._steps(), self.clock, self.stopwatch
        )

        self.reminders = Reminders(
            self.changes, self.memory.outbox, self.memory, self.to_board, self.clock, self.complaints.append
        )
        self.announcements = Announcements(
            self.memory.outbox, self.memory, self.to_board, self.complaints.append
        )

        self.papers = Papers(
            self.memory.outbox,
            self.memory.filing,
            self.memory.administered,
            self.to_evidence,
            self.changes,
            self.clock,
            pages=lambda made: json.loads(made.contents, object_hook=_as_bytes),
            complain=self.complaints.append,
        )
        words = Words(self.memory.administered, lambda person: PEOPLE[person].name, self.memory.policy)
        self.review_issues = ReviewIssues(
            self.memory.outbox,
            self.memory.filing,
            words,
            self.to_reviews,
            self.changes,
            self.clock,
            self.stopwatch,
            complain=self.complaints.append,
        )

    def _steps(self):
        person_of = lambda account: self.memory.people.by_account("github", account.login)  # noqa: E731
        steps = (
            Access({"github-team": self.to_access}),
            TicketStep(self.to_tickets),
            Comment(self.to_tickets, Voice()),
            FollowUpStep(self.to_follow_ups, self.memory.calendar),
            Transcript(self.to_board),
            Card(self.to_board),
            Note(self.to_board),
            Message(self.to_board),
            Answer(self.to_board),
            EvidenceFile(self.to_evidence, self.memory.filing.entries, self.memory.calendar),
            MembershipCheck(self.to_groups),
            Authors(self.to_commits, person_of),
        )
        return {step.name: step for step in steps}

    # --- what people do ----------------------------------------------------------------------------

    def opens(self, access="payments-merge", by=LINUS, **said):
        change = self.desk.opens(access, by, **said)
        self.settles()
        return change

    def happens(self, change, kind, by=LINUS, **said):
        """Offer an event, and let come of it what comes."""
        ruled = self.desk.happens(change, kind, by, **said)
        self.settles()
        return ruled.ruling

    def is_reported_done(self, change, by=LINUS, **said):
        return self.happens(change, ev.Completion, by, **{**REPORT, **said})

    def is_looked_back_on(self, change, by=LINUS):
        return self.happens(change, ev.Retrospective, by, **LOOK_BACK)

    # --- what happens by itself --------------------------------------------------------------------

    def settles(self):
        """Let the clock and the workers do what is due, and what becomes due within moments."""
        self.passes(SOON)

    def passes(self, time=None, **by):
        """Let time pass; everything happens at its moment."""
        end = self.clock.now() + (time or timedelta(**by))
        while True:
            self._works()
            moment = self._next_moment()
            if moment is None or moment > end:
                break
            self._move(moment)
        self._move(end)
        self._works()
        refresh(self.memory)

    def leaps(self, **by):
        """Let time pass in one piece: what is tried again and again in the meantime is tried once, at its end."""
        self._move(self.clock.now() + timedelta(**by))
        self._works()
        refresh(self.memory)

    def dies(self, fuse, step=StepName.MEMBERSHIP):
        """Work on one step that is due, and die in the middle of it."""
        for claimed in self.memory.outbox.claim(20):
            if claimed.step is step:
                self.fuse.left = fuse
                with suppress(Crash):
                    self.works_on(claimed)
                self.fuse.left = None

    def travels(self, **by):
        """Move the procedure's clock alone, as the sandbox does."""
        self.clock.advance(**by)
        self._works()

    def _move(self, to):
        by = max(to - self.clock.now(), timedelta())
        self.clock.advance(seconds=by.total_seconds())
        self.stopwatch.advance(seconds=by.total_seconds())

    def _works(self):
        while self._fires() or self._reconciles():
            pass

    def _fires(self):
        return bool(self.desk.fires_what_is_due())

    def _reconciles(self):
        claims = self.memory.outbox.claim(10)
        for claimed in claims:
            self.works_on(claimed)
        return bool(claims)

    def works_on(self, claimed):
        """Work on one claim, as the process does."""
        of_no_change = {
            StepName.REMINDER: self.reminders,
            StepName.ANNOUNCEMENT: self.announcements,
            StepName.PAPERS: self.papers,
            StepName.REVIEW_ISSUE: self.review_issues,
            StepName.DIGEST: self,
            StepName.REVIEW: self,
        }
        worker = self.reconciler if claimed.change else of_no_change[claimed.step]
        worker.work(claimed)

    def work(self, claimed):
        """Take what is shown of reviews in Slack as shown: it has stories of its own."""
        self.memory.outbox.settle(claimed)

    def _next_moment(self):
        ahead = self.clock.now() - self.stopwatch.now()
        o, d = obligations.c, deadlines.c
        slots = sa.select(d.due_at.label("at")).where(d.fired_at.is_(None))
        real = sa.func.coalesce(o.lease_until, o.not_before, type_=o.lease_until.type)
        with self.memory.database.read() as connection:
            moments = list(connection.execute(slots).scalars())
            for due, free in connection.execute(sa.select(o.due_at, real).where(o.due_at.is_not(None))):
                at_last = free + ahead + timedelta(microseconds=1) if free else due
                moments.append(max(due, at_last))
        later = [moment for moment in moments if moment > self.clock.now()]
        return min(later, default=None)

    # --- what there is -----------------------------------------------------------------------------

    def record(self, change):
        return self.desk.record(change)

    def state(self, change):
        return self.record(change).state

    def holders(self, profile="payments-merge"):
        """Return the accounts that hold the access of a profile."""
        where = RULES.access[profile].where
        return {account for target, account in self.access.held if target == where}

    def given(self, profile="payments-merge", account="linus"):
        """Let somebody give the access outside this procedure."""
        self.access.held[RULES.access[profile].where, account] = True

    def taken(self, profile="payments-merge", account="linus"):
        """Let somebody take the access away outside this procedure."""
        self.access.held.pop((RULES.access[profile].where, account), None)

    def kinds(self, change):
        return [written.leaf["kind"] for written in self.memory.entries(change=change, limit=1000)]

    def owes(self, change):
        with self.memory.reading() as work:
            held = work.lock(change)
            return {duty.duty for duty in owed(held.record, held.policy, work.calendar(held.policy))}

    def surviving_tickets(self, change):
        tickets = self.tickets.tickets.items()
        return [key for key, kept in tickets if kept.ticket.change == change and not kept.duplicate_of]

    def filed(self, change):
        """Return the record of a change as the evidence repository has it."""
        return json.loads(self.evidence.latest().read(f"{folder(change)}/record.json"))

    def calls(self, kind):
        return [account for name, _, account in self.access.calls if name == kind]
