"""A month that was lived through, collected from the ledger and counted at the source."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.digest.collecting import Collector, sampler
from bot.evidence.drawing import drawn
from integrations.github_activity import GitHubActivity
from integrations.github_client import GitHubConnection
from tests.http.night import ADA, GRACE, LINUS, MAYA, Night
from workflows.period import NotKept, NotOver, Period, Span
from workflows.reviews import made_at
from workflows.vocabulary import Duty, ExceptionId


@pytest.fixture
def night(tmp_path):
    begun = Night(tmp_path)
    yield begun
    begun.ends()


@pytest.fixture
def collector(night):
    settings = night.world.bot.settings
    connection = GitHubConnection(settings.github_api_url, token=settings.github_token.get_secret_value())
    return Collector(night.memory, GitHubActivity(connection), sampler(night.memory, 1))


def month(night):
    zone = ZoneInfo(night.memory.policy().calendar.timezone)
    return Period.month_of(night.world.now().astimezone(zone).date())


def lives_to_next_month(night):
    zone = ZoneInfo(night.memory.policy().calendar.timezone)
    night.world.advance(month(night).ends(zone) - night.world.now() + timedelta(hours=1))


def test_a_month_is_collected_as_it_was_lived(night, collector):
    this = month(night)
    one = night.requests(LINUS)
    night.approves(GRACE, one)
    night.reports(LINUS, one)
    night.looks_back(LINUS, one)
    night.accepts(ADA, one)
    two = night.requests(MAYA)
    lives_to_next_month(night)

    made = collector.collect(this, night.world.now())

    assert [line.change for line in made.counted] == [one, two]
    closed, open_ = made.counted
    assert closed.genuine
    assert closed.cause
    assert closed.to_approval < timedelta(minutes=5)
    assert closed.to_access < timedelta(minutes=5)
    assert open_.overdue
    assert Duty.APPROVAL in open_.overdue
    assert {ExceptionId.X01, ExceptionId.X16} <= set(open_.exceptions)
    zone = ZoneInfo(night.memory.policy().calendar.timezone)
    span = Span(this.begins(zone), this.ends(zone))
    by_walking = drawn(night.memory, span, 1, None)
    assert (list(made.sample), made.root) == ([one.change for one in by_walking.sample], by_walking.root)
    assert made.sample[0] in (one, two)


def test_a_repeated_justification_is_found_across_months(night, collector):
    first = night.requests(LINUS)
    night.approves(GRACE, first)
    night.reports(LINUS, first)
    lives_to_next_month(night)
    this = month(night)
    second = night.requests(MAYA)
    lives_to_next_month(night)

    made = collector.collect(this, night.world.now())

    [line] = made.counted
    assert line.change == second
    assert ExceptionId.X04 in line.exceptions
    assert made.trend[-1] == (this, 1)


def test_all_changes_are_counted_at_github(night, collector):
    this = month(night)
    zone = ZoneInfo(night.memory.policy().calendar.timezone)
    forge = night.world.github.forge
    repository = forge.repositories["acme/payments"]
    for n in range(21):
        forge.merge(repository, this.begins(zone) + timedelta(hours=n))
    night.requests(LINUS)
    lives_to_next_month(night)

    made = collector.collect(this, night.world.now())

    assert made.denominator.pull_requests == 21
    assert made.share == pytest.approx(1 / 21)


def test_github_down_leaves_the_share_unknown_and_the_digest_whole(night, collector):
    this = month(night)
    night.requests(LINUS)
    lives_to_next_month(night)
    night.world.github.fail("GET", "/search/issues", status=500, body={})

    made = collector.collect(this, night.world.now())

    assert made.denominator.pull_requests is None
    assert len(made.counted) == 1


def test_a_month_without_any_is_collected(night, collector):
    this = month(night)
    lives_to_next_month(night)

    made = collector.collect(this, night.world.now())

    assert (made.counted, made.sample, made.alarms) == ((), (), ())


def test_the_running_month_and_one_to_come_are_refused(night, collector):
    for period in (month(night), month(night).next):
        with pytest.raises(NotOver):
            collector.collect(period, night.world.now())


def test_a_change_of_the_teams_time_zone_leaves_no_hour_out_and_counts_none_twice(night, collector):
    this = month(night)
    lives_to_next_month(night)
    late = night.requests(LINUS)  # one in the morning of the first, in Berlin
    policy = night.memory.policy()
    made_by_the_bot = made_at(this, night.memory.calendar(policy)) + timedelta(minutes=1)
    night.world.advance(made_by_the_bot - night.world.now())
    counted = night.memory.reviews()[str(this)].made.changes
    moved = night.world.policy_file.read_text().replace("Europe/Berlin", "America/New_York")
    night.memory.adopt_policy(moved.encode(), "policy.toml")
    lives_to_next_month(night)

    following = collector.collect(this.next, night.world.now())
    again = collector.collect(this, night.world.now())

    assert counted == 0
    assert [line.change for line in following.counted] == [late]
    assert again.counted == ()


def test_no_heartbeat_is_an_outage(night, collector):
    this = month(night)
    lives_to_next_month(night)

    [*_, last] = collector.collect(this, night.world.now()).outages
    assert last.ends == this.ends(ZoneInfo(night.memory.policy().calendar.timezone))
    assert last.ends - last.begins > timedelta(days=1)


def test_a_month_says_from_when_on_the_ledger_was_there(night, collector):
    this = month(night)
    lives_to_next_month(night)
    with night.memory.population() as population:
        began = population.began()

    assert collector.collect(this, night.world.now()).since == began
    lives_to_next_month(night)
    assert collector.collect(this.next, night.world.now()).since is None


def test_of_a_month_before_the_ledger_nothing_is_said(night, collector):
    with pytest.raises(NotKept, match="nothing is known"):
        collector.collect(month(night).before, night.world.now())
