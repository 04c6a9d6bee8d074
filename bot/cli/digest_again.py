"""``digest --again``: a digest that was made already is made once more, as the next version; none is written over."""

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.cli import given
from workflows.errors import Misconfigured
from workflows.subjects import mentions

if TYPE_CHECKING:
    from datetime import datetime

    from bot.settings import Settings
    from bot.wiring.opening import OpenMemory
    from workflows.digest import Digest


def made_again(
    memory: "OpenMemory", settings: "Settings", digest: "Digest", now: "datetime", because: str, as_: str
) -> str:
    """Write the next version into the ledger, and owe its posting, filing and review; return what was done."""
    from bot.digest.pages import pseudonymous
    from bot.reviewing.chasing import entry_of
    from bot.wiring.opening import changes_of
    from workflows.consequences import digest_delivery
    from workflows.digest import Again

    by = given.person(memory, as_)
    because = _nobody_named(memory, given.said(because, "--again").strip())
    before = memory.reviews().get(str(digest.period))
    if before is None:
        raise Misconfigured(
            f"--again: there is no digest of {digest.period} in the ledger yet; the bot makes the first by itself."
        )
    newest = before.made.version
    digest = replace(digest, again=Again(newest + 1, by.id, because))
    policy = memory.policy()
    files, calendar = pseudonymous(digest), memory.calendar(policy)
    entry = entry_of(digest, files, now, policy, calendar, settings.slack_channel)
    delivery = digest_delivery(entry.period, entry.version)
    if not changes_of(settings, memory).administer(entry, delivery):
        raise Misconfigured(f"--again: somebody has just made version {entry.version}; look at that first.")
    until = f"; it is to be signed until {entry.due:%Y-%m-%d %H:%M} UTC" if entry.due else ""
    return f"Version {entry.version} of {digest.period} takes the place of version {newest}{until}. The bot posts and files it."


def _nobody_named(memory: "OpenMemory", because: str) -> str:
    """Return the reason if it names nobody: it is posted with the digest."""
    if any(mentions(because, person) for person in memory.people.everyone()):
        raise Misconfigured(
            "--again: the reason is kept and posted with the digest; leave names and accounts out."
        )
    return because
