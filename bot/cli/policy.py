"""``policy``: the rules, before and while they are in force."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import given
from bot.cli.output import AsJson, as_json, remark, say

app = typer.Typer(
    name="policy",
    help="Check a policy, show the one in force, print the schema.",
    epilog="Example: emergency-change policy check policy.toml",
    no_args_is_help=True,
)
File = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="Default: POLICY_FILE.", show_default=False)
]


@app.command(epilog="Example: emergency-change policy check policy.toml")
def check(file: File = None, *, json: AsJson = False) -> None:
    """Say whether a policy can be used: every word, every name, every target, the holidays."""
    from bot.wiring.policies import check_policy, load_policy
    from workflows.policy import digest

    settings = given.database_settings()
    settings = settings.model_copy(update={"policy_file": file}) if file else settings
    text = load_policy(settings)
    policy = check_policy(text, str(settings.policy_file))
    sha256 = digest(text)
    if json:
        as_json({"file": str(settings.policy_file), "sha256": sha256, "ok": True})
        return
    counted = (
        f"{len(policy.access)} access profiles, {len(policy.systems)} systems, {len(policy.groups)} groups"
    )
    say(f"{settings.policy_file} can be used: {counted}. sha256 {sha256}")


@app.command(epilog="Example: emergency-change policy show > policy-in-force.toml")
def show(*, json: AsJson = False) -> None:
    """Print the policy in force, byte by byte, and its sha256 beside it."""
    with given.memory() as memory:
        sha256, text = memory.policy_text()
    if json:
        as_json({"sha256": sha256, "text": text.decode()})
        return
    typer.echo(text, nl=False)
    remark(f"In force for new changes. sha256 {sha256}")


@app.command(epilog="Example: emergency-change policy schema > policy.schema.json")
def schema(*, json: AsJson = False) -> None:
    """Print the JSON schema of policy.toml, for editors; with --json or without."""
    from workflows.policy import Policy

    as_json(Policy.model_json_schema())


@app.command(epilog="Example: emergency-change policy document --html > procedure.html")
def document(
    *,
    html: Annotated[bool, typer.Option("--html", help="Print a page instead of Markdown.")] = False,
    json: AsJson = False,
) -> None:
    """Print the emergency change procedure, from the policy in force: what an auditor asks for first."""
    from bot.evidence import procedure

    with given.memory() as memory:
        sha256, _ = memory.policy_text()
        revisions = tuple(procedure.revisions_of(memory.leaves_of_kind("policy-in-force/1")))
        sections = procedure.document(memory.policy(), sha256, revisions)
    if json:
        as_json({"sha256": sha256, "sections": [asdict(section) for section in sections]})
    elif html:
        typer.echo(procedure.html(sections, sha256), nl=False)
    else:
        typer.echo(procedure.markdown(sections, sha256), nl=False)
