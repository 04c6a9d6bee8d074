"""What a command is given: settings, the memory that is there, and who acts.

``CREDENTIALS_DIRECTORY`` (systemd sets it) names a directory with one file per secret.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from workflows.credentials import secret_in
from workflows.errors import Misconfigured
from workflows.prose import LONGEST
from workflows.vocabulary import ChangeId, PersonId

if TYPE_CHECKING:
    from bot.settings import DatabaseSettings, Settings
    from bot.wiring.opening import OpenMemory
    from workflows.people import Person


def _secrets() -> Path | None:
    named = os.environ.get("CREDENTIALS_DIRECTORY")
    if named and not Path(named).is_dir():
        raise Misconfigured(f"CREDENTIALS_DIRECTORY: {named} is not a directory.")
    return Path(named) if named else None


def settings() -> "Settings":
    """Read all settings; raises ``Misconfigured``."""
    from bot.settings import read

    return read(_secrets())


def database_settings() -> "DatabaseSettings":
    """Read what concerns the database alone; raises ``Misconfigured``."""
    from bot.settings import read_database

    return read_database(_secrets())


@contextmanager
def memory(*, owner: bool = False) -> Iterator["OpenMemory"]:
    """Open the memory that is there, for the length of a command; as its owner where the settings name one."""
    from bot.wiring.opening import existing_memory

    opened = existing_memory(database_settings(), owner=owner)
    try:
        yield opened
    finally:
        opened.database.close()


def change(typed: str) -> ChangeId:
    """Return the id of a change as it is written."""
    return ChangeId(typed.strip().upper())


def pseudonym(typed: str) -> PersonId:
    """Return a pseudonym as it is written."""
    return PersonId(typed.strip().upper())


def person(memory: "OpenMemory", email: str) -> "Person":
    """Find somebody by e-mail; raises ``Misconfigured``."""
    found = memory.people.by_email(email.strip())
    if found is None:
        raise Misconfigured(
            f"Nobody in the directory has the e-mail address {email}; see `emergency-change people list`."
        )
    return found


def said(text: str, option: str) -> str:
    """Return what somebody typed to be kept; raises ``Misconfigured`` if it says nothing or gives a secret away."""
    if not text.strip() or len(text) > LONGEST:
        raise Misconfigured(f"{option}: say why, in at most {LONGEST} characters.")
    if found := secret_in(text):
        raise Misconfigured(f"{option}: this looks like {found}; say it without. Nothing was kept.")
    return text
