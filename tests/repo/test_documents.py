"""What is written about the product is true of it."""

import re
import shutil
import subprocess
import tomllib
import types
import typing
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from pydantic import BaseModel, SecretStr

from bot import __version__, ids
from bot.settings import Settings
from workflows.policy import Policy, load
from workflows.procedure import OBLIGATIONS
from workflows.vocabulary import ExceptionId, State, StepName

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "policy.example.toml"
ENVIRONMENT = (ROOT / ".env.example").read_text()
CODE = {".py", ".js", ".css", ".html", ".toml", ".yml", ".sql", ".sh"}


@cache
def files():
    """Return the files that belong to the repository, those about to be committed included."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is not a checkout, so there is nothing that says which files belong to it")
    command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in sorted(listed.split("\0")) if name and (ROOT / name).is_file()]


def texts():
    for path in files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


# --- settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_example_with_a_comment_above_and_its_default(name):
    found = re.search(rf"^#.*\n(?:\w+=.*\n)?{name.upper()}=(.*)$", ENVIRONMENT, re.MULTILINE)
    default = Settings.model_fields[name].get_default()
    default = default.get_secret_value() if isinstance(default, SecretStr) else default
    known = isinstance(default, str | int | Path)

    assert found, f"{name.upper()} is not in .env.example"
    assert found[1] == (str(default) if known else "")


def test_the_example_names_no_setting_that_is_not_read():
    named = set(re.findall(r"^#?\s?([A-Z][A-Z_]+)=", ENVIRONMENT, re.MULTILINE))

    assert named == {name.upper() for name in Settings.model_fields}


# --- policy --------------------------------------------------------------------------------------------


def models_in(annotation):
    """Return the models that an annotation mentions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in models_in(part)]


def missing(model, tables, where=""):
    """Name the fields of ``model`` that none of ``tables`` sets."""
    for name, field in model.model_fields.items():
        values = [table[name] for table in tables if name in table]
        if not values:
            yield f"{where}{name}"
            continue
        inner = [part for value in values for part in tables_in(value, field.annotation)]
        for nested in models_in(field.annotation):
            if inner:
                yield from missing(nested, inner, f"{where}{name}.")


def tables_in(value, annotation):
    if isinstance(value, list):
        return [item for item in value if isinstance(item, dict)]
    if not isinstance(value, dict):
        return []
    by_name = typing.get_origin(annotation) in (dict, types.GenericAlias)
    return [item for item in value.values() if isinstance(item, dict)] if by_name else [value]


def test_the_example_policy_loads():
    assert load(EXAMPLE.read_bytes(), EXAMPLE.name).access


def test_the_example_policy_names_every_field_there_is():
    assert not list(missing(Policy, [tomllib.loads(EXAMPLE.read_text())]))


def test_a_field_that_the_example_leaves_out_is_noticed():
    data = tomllib.loads(EXAMPLE.read_text())
    for profile in data["access"].values():
        profile.pop("lapse_after", None)
    del data["duties"]["completion"]["due"], data["limits"]

    assert set(missing(Policy, [data])) == {"access.lapse_after", "duties.completion.due", "limits"}


def test_the_example_policy_gives_every_state_a_status():
    assert set(tomllib.loads(EXAMPLE.read_text())["ticket"]["statuses"]) == {state.value for state in State}


# --- what the documents say ----------------------------------------------------------------------------


def rows(text, names):
    """Return the rows of a table whose first cell is one of ``names`` in capitals, by that name."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        name = cells[0].strip("`")
        if line.startswith("|") and name in names:
            found[name] = cells[1:]
    return found


def test_the_readmes_states_are_the_procedures_and_so_is_where_access_is():
    table = rows((ROOT / "README.md").read_text(), {state.name for state in State})

    access = {name: "yes" in cells[-1].lower() for name, cells in table.items()}
    assert access == {state.name: StepName.ACCESS in OBLIGATIONS[state] for state in State}


def test_every_exception_is_described_and_said_to_be_recorded_only_if_it_is():
    source = "".join(path.read_text() for path in (ROOT / "workflows").rglob("*.py"))
    recorded = set(re.findall(r"exception=ExceptionId\.(X\d\d)", source))
    table = rows((ROOT / "docs" / "controls.md").read_text(), set(ExceptionId))

    assert {name for name, cells in table.items() if cells[-1].startswith("recorded")} == recorded
    assert set(table) == set(ExceptionId)


def test_every_decision_is_listed():
    folder = ROOT / "docs" / "adr"
    linked = set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text()))

    assert linked == {path.name for path in folder.glob("[0-9]*.md")}


def test_decisions_are_numbered_without_gaps_and_have_the_four_parts():
    decisions = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))

    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        parts = re.findall(r"^## (.+)$", path.read_text(), re.MULTILINE)
        assert parts == ["Context", "Options", "Decision", "Negative consequences"], path.name


def test_the_changelog_has_the_version_in_use_and_says_which_controls_changed():
    changelog = (ROOT / "CHANGELOG.md").read_text()

    assert f"## [{__version__}]" in changelog
    assert "### Controls" in changelog


def test_every_relative_link_leads_somewhere():
    lost = []
    for path, text in texts():
        if path.suffix != ".md":
            continue
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            place = unquote(target.partition("#")[0])
            if place and "://" not in place and not place.startswith("mailto:"):
                there = (path.parent / place).resolve()
                lost += [] if there.exists() else [f"{path.relative_to(ROOT)}: {target}"]

    assert not lost


# --- what must stay ------------------------------------------------------------------------------------


def names_of_slack():
    enums = (ids.Action, ids.Form)
    lines = {f"{kind.__name__}.{member.name} {member.value}" for kind in enums for member in kind}
    return lines | {f"COMMAND {ids.COMMAND}"}


def test_no_name_that_slack_sends_back_is_ever_changed_or_taken_away():
    kept = set((ROOT / "tests" / "repo" / "ids.txt").read_text().splitlines())

    assert not kept - names_of_slack(), "cards already posted carry these"


def test_every_name_that_slack_sends_back_is_written_down():
    kept = set((ROOT / "tests" / "repo" / "ids.txt").read_text().splitlines())

    assert not names_of_slack() - kept, "add these to tests/repo/ids.txt"


# --- what must not be there ----------------------------------------------------------------------------


def test_no_file_knows_the_machine_it_was_written_on():
    places = [f"{place}/" for place in (ROOT, ROOT.parent, Path.home()) if len(place.parts) > 2]
    homes = re.compile(r"(?<![\w.:/-])/(?:home|root|Users)/\w")

    assert not [
        str(path.relative_to(ROOT))
        for path, text in texts()
        if homes.search(text) or any(place in text for place in places)
    ]


def test_no_file_names_the_host_of_a_package_registry():
    hosts = re.compile(
        "|".join(("pypi[.]" + "org", "python" + "hosted", "registry[.]" + "npm", "deb[.]" + "debian"))
    )

    assert not [str(path.relative_to(ROOT)) for path, text in texts() if hosts.search(text)]


def test_nothing_in_the_code_is_left_for_later():
    words = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")

    assert not [
        str(path.relative_to(ROOT)) for path, text in texts() if path.suffix in CODE and words.search(text)
    ]
