"""The printed procedure is the page, and the README says what the page says."""

import runpy
from pathlib import Path

import pytest

from tests.paper import RULES
from workflows import printed
from workflows.procedure import DEADLINES, DUTIES, FINAL, NOTICES, OBLIGATIONS, OPENINGS, TRANSITIONS
from workflows.vocabulary import State

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def document():
    return printed.document()


def lines_of(document, title):
    """Return the rows of the table under a heading."""
    _, _, section = document.partition(f"## {title}\n")
    section, _, _ = section.partition("\n## ")
    return [line for line in section.splitlines() if line.startswith("| ")][1:]


def test_the_document_is_what_the_page_prints(document):
    kept = (ROOT / "docs" / "procedure.md").read_text()

    assert kept == document, "run `make docs`"


def test_it_is_printed_by_running_the_module(capsys, document):
    runpy.run_path(printed.__file__, run_name="__main__")

    assert capsys.readouterr().out == document


def test_the_readme_shows_the_states_of_the_page():
    assert printed.states() in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("state", State)
def test_every_state_is_said_in_a_sentence(state):
    assert printed.MEANS[state]


@pytest.mark.parametrize("state", set(State) - FINAL)
def test_every_row_of_a_state_is_a_line(document, state):
    title = f"What moves a change that is {state.value.replace('_', ' ')}"
    rows = [row for row in TRANSITIONS if row.source is state]

    for line, row in zip(lines_of(document, title), rows, strict=True):
        assert line.startswith(f"| `{row.on.__name__}` | `{row.to.name}` |")
        assert all(f"`{guard.__name__}`" in line for guard in row.require)
        assert row.when is None or line.endswith(f"| `{row.when.__name__}` |")


@pytest.mark.parametrize(
    ("title", "rows"),
    [
        ("The states", State),
        ("What opens a change", OPENINGS),
        ("What the system owes", OBLIGATIONS),
        ("What the clock raises", DEADLINES),
        ("What people owe", DUTIES),
        ("Who is told", NOTICES),
        ("What can happen", {row.on for row in TRANSITIONS} | {"a request"}),
    ],
    ids=lambda thing: thing if isinstance(thing, str) else "",
)
def test_every_row_of_a_table_is_a_line(document, title, rows):
    assert len(lines_of(document, title)) == len(rows)


@pytest.mark.parametrize("duty", DUTIES, ids=lambda row: row.duty.value)
def test_a_duty_goes_by_the_rules_of_its_name(duty):
    """The document says so, though the page holds a function."""
    assert duty.rules(RULES) is getattr(RULES.duties, duty.duty.value)


def test_the_diagram_draws_every_move_and_every_end():
    drawn = printed.diagram().splitlines()

    moves = {(row.source.name, row.to.name) for row in TRANSITIONS if row.to is not row.source}
    moves |= {("[*]", row.to.name) for row in OPENINGS} | {(state.name, "[*]") for state in FINAL}
    assert {tuple(line.split(":")[0].strip().split(" --> ")) for line in drawn[1:]} == moves
    assert all(row.on.__name__ in printed.diagram() for row in TRANSITIONS if row.to is not row.source)


def test_a_guard_that_says_more_than_its_name_is_explained(document):
    said = "Separation of duties: nobody decides on their own change, the authors of its commits included."

    assert f"| `by_someone_else` | {said} |" in document


def test_no_cell_breaks_its_table(document):
    tables = [line for line in document.splitlines() if line.startswith("|")]
    widths = {line.count("|") for line in tables}

    assert widths <= {3, 4, 5, 6, 7}
