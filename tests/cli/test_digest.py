"""The digest from the command line: a month that is over, read, written, and refused in a sentence."""

import json
from datetime import timedelta

import pytest

from bot.digest.contents import unpacked
from tests.cli.conftest import Terminal, environment
from tests.digest.test_collecting import lives_to_next_month, month
from tests.http.night import GRACE, LINUS, Night
from workflows.reviews import made_at


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A month with one change and a drill that nobody looked at, and the month after it."""
    night = Night(tmp_path_factory.mktemp("lived"))
    night.requests(LINUS)
    night.approves(GRACE)
    this = month(night)
    lives_to_next_month(night)
    night.types(LINUS, "help")  # the ledger says how late it is
    yield Terminal(environment(night.world.settings())), this, night
    night.ends()


@pytest.fixture
def terminal(lived, elsewhere):
    terminal, this, night = lived
    now = night.world.now()
    return lambda *words: terminal("digest", "--month", str(this), *words), this, now


def test_a_month_is_printed(terminal):
    digest, this, _ = terminal
    result = digest()

    assert result.exit_code == 0, result.output
    assert f"# Emergency changes in {this.name}" in result.stdout.splitlines()
    assert "Linus Berg" in result.stdout
    assert "EC-" in result.stdout


def test_pseudonyms_name_nobody(terminal):
    digest, _, _ = terminal
    result = digest("--pseudonyms")

    assert "Linus" not in result.stdout
    assert "P-" in result.stdout


def test_everything_is_written_into_a_new_directory_and_nothing_is_overwritten(terminal, tmp_path):
    digest, _, _ = terminal
    out = tmp_path / "october"

    assert digest("--out", str(out)).exit_code == 0
    assert sorted(file.name for file in out.iterdir()) == [
        "changes.csv",
        "digest.html",
        "digest.json",
        "digest.md",
        "follow-ups.csv",
        "trend.png",
    ]
    again = digest("--out", str(out))
    assert again.exit_code == 1
    assert "is there already; name a new directory" in again.stderr


def test_figures_come_as_json_too(terminal):
    digest, this, _ = terminal
    data = json.loads(digest("--json").stdout)

    assert data["period"] == str(this)
    assert data["changes"] == data["sample"]
    assert data["figures"]["Drills"] == "0"


def test_what_is_no_month_or_not_over_is_said_so(lived, elsewhere):
    terminal, this, _ = lived

    for said, sentence in (
        ("october", "--month: “october” is no month and no quarter; write one as 2026-10 or 2026-Q4."),
        (str(this.next), f"--month: {this.next} "),
        (str(this.next.next), f"--month: {this.next.next} has not begun yet; ask for a month that is over."),
    ):
        result = terminal("digest", "--month", said)
        assert result.exit_code == 1
        assert sentence in result.stderr


def test_a_month_before_the_ledger_is_refused_in_a_sentence(terminal, lived):
    _, this, _ = terminal
    result = lived[0]("digest", "--month", str(this.before))

    assert result.exit_code == 1
    assert f"of {this.before} nothing is known" in result.stderr


# --- again -------------------------------------------------------------------------------------------


def test_a_digest_that_was_never_made_cannot_be_made_again(terminal):
    digest, this, _ = terminal
    result = digest("--again", "Facts came late.", "--as", "grace@acme.example")

    assert result.exit_code == 1
    assert f"there is no digest of {this} in the ledger yet" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--again", "Why."),
        ("--as", "grace@acme.example"),
        ("--again", "Why.", "--as", "grace@acme.example", "--json"),
    ],
)
def test_making_again_needs_a_reason_and_somebody_and_nothing_else(terminal, words):
    digest, _, _ = terminal

    assert "say why, and with --as who has it made" in digest(*words).stderr


def test_a_digest_is_made_again_as_the_next_version_that_says_what_it_replaces_and_why(made):
    night, again, this = made
    refused = again("Linus Berg was erased.")
    result = again("Facts came late.")
    night.settles()
    period, memory = str(this), night.memory
    review = memory.reviews()[period]
    entry = memory.administered(f"digest:{period}/2")
    files = unpacked(entry.contents, entry.files)
    slack = night.world.slack
    posted = [str(slack.message(one.posted.channel, one.posted.ts).blocks) for one in review.versions]

    assert "leave names and accounts out" in refused.stderr
    assert result.stdout.startswith(f"Version 2 of {period} takes the place of version 1; it is to be signed")
    assert (review.made.version, review.owed, review.earlier[0].replaced) == (2, True, 2)
    assert "takes the place of version 1; P-" in files["digest.md"].decode()
    assert "had it made; why is in the ledger" in files["digest.html"].decode()
    assert not [name for name, data in files.items() if b"Facts came late" in data]
    assert entry.because == "Facts came late."
    assert json.loads(files["digest.json"])["version"] == 2
    assert "Version 2 took the place of this version 1." in posted[0]
    assert "Sign off" not in posted[0]
    assert "had it made, because: Facts came late." in posted[1]
    assert "Sign off" in posted[1]
    assert "Version 3" in again("More facts.").stdout
    memory.verify()


@pytest.fixture
def made(tmp_path, elsewhere):
    """A month whose digest is made and posted, and how it is made again."""
    night = Night(tmp_path)
    this = month(night)
    memory = night.memory
    due = made_at(this, memory.calendar(memory.policy()))
    night.world.advance(due - night.world.now() + timedelta(minutes=1))
    terminal = Terminal(environment(night.world.settings()))
    grace = next(one for one in memory.people.everyone() if one.slack_user == GRACE)
    yield (
        night,
        lambda why: terminal("digest", "--month", str(this), "--again", why, "--as", grace.email),
        this,
    )
    night.ends()
