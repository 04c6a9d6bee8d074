"""The digest from the command line: a month that is over, read, written, and refused in a sentence."""

import json

import pytest

from tests.cli.conftest import Terminal, environment
from tests.digest.test_collecting import lives_to_next_month, month
from tests.http.night import GRACE, LINUS, Night


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
