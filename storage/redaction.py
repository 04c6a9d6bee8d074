"""Policies that name somebody who is to be erased: read on without them.

A change stays pinned to the digest of the bytes it was opened under; their text is replaced by one that
rules the same and has a pseudonym in the person's place.
"""

import re

from workflows.errors import Misconfigured
from workflows.people import Person
from workflows.policy import Policy, load
from workflows.subjects import SHORTEST


def redacted(text: str, person: Person) -> str:
    """Put the pseudonym where the person's e-mail address and full name stand; the rules stay as they are."""
    plain = _replaced(text, person.email, person.id)
    both = _replaced(plain, person.name, person.id) if " " in person.name else plain
    return both if _rules(both) == _rules(plain) else plain


def names(text: str, person: Person) -> bool:
    """Say whether a policy's text has the person in it, in a way that can be taken out."""
    return redacted(text, person) != text


def _replaced(text: str, said: str, pseudonym: str) -> str:
    if len(said) < SHORTEST:
        return text
    return re.sub(rf"(?<![\w.-]){re.escape(said)}(?![\w@-])", pseudonym, text, flags=re.IGNORECASE)


def _rules(text: str) -> Policy | None:
    try:
        return load(text.encode())
    except Misconfigured:
        return None
