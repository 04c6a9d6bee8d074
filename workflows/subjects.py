"""Whom a value is about: what has to go when somebody is erased.

Nothing is filed for this; it follows from the entry itself.  A value is about its author, about everybody
its entry names, and, within a change, about whoever had answered for that change until then.  Somebody
who is only mentioned in the words of another is found by looking (``mentions``), and asked about.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import get_args

from pydantic import BaseModel

from workflows import events as ev
from workflows.people import Person
from workflows.prose import Confirming, Naming
from workflows.vocabulary import CLOCK, SYSTEM, PersonId

SHORTEST = 3  #: characters of a name or account that is searched for; shorter ones are in every text


def subjects(entry: ev.Entry, responsible: Iterable[PersonId] = ()) -> frozenset[PersonId]:
    """Return whom the values of ``entry`` are about; ``responsible``: for its change, before it."""
    return frozenset({entry.by, *named(entry), *responsible}) - {CLOCK, SYSTEM}


def named(entry: BaseModel) -> frozenset[PersonId]:
    """Return the persons an entry names; they are all typed ``PersonId``, however deep."""
    found: set[PersonId] = set()
    for name in _holding_people(type(entry)):
        found |= _people_in(getattr(entry, name))
    return frozenset(found)


def responsible(accepted: Iterable[ev.Entry]) -> frozenset[PersonId]:
    """Return who has answered for a change, by its accepted entries: its requester, and whoever took it over."""
    return frozenset(
        entry.to if isinstance(entry, ev.Reassignment) else entry.by
        for entry in accepted
        if isinstance(entry, ev.Request | ev.Reassignment)
    )


@cache
def naming_fields(model: type[BaseModel]) -> frozenset[str]:
    """Name the fields whose text is nothing but somebody's name."""
    return _marked(model, Naming)


@cache
def confirming_fields(model: type[BaseModel]) -> frozenset[str]:
    """Name the fields that hold the digest of a text that was shown."""
    return _marked(model, Confirming)


def _marked(model: type[BaseModel], mark: type) -> frozenset[str]:
    marks = {
        name: (*field.metadata, *(mark for arg in get_args(field.annotation) for mark in _marks(arg)))
        for name, field in model.model_fields.items()
    }
    return frozenset(name for name, found in marks.items() if any(isinstance(one, mark) for one in found))


def mentions(text: str, person: Person) -> bool:
    """Say whether a text has the person's name, e-mail address or an account in it, as whole words."""
    return any(found.search(text) for found in _ways_to_say(person))


@cache
def _ways_to_say(person: Person) -> tuple[re.Pattern[str], ...]:
    known = (person.name, person.email, person.github, person.jira, person.slack_user)
    return tuple(
        re.compile(rf"(?<![\w.-]){re.escape(said)}(?![\w@-])", re.IGNORECASE)
        for said in known
        if len(said) >= SHORTEST
    )


def _marks(argument: object) -> tuple[object, ...]:
    return getattr(argument, "__metadata__", ())


@cache
def _holding_people(model: type[BaseModel]) -> tuple[str, ...]:
    return tuple(name for name, field in model.model_fields.items() if _can_hold(field.annotation))


def _can_hold(annotation: object) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return bool(_holding_people(annotation))
    return annotation is PersonId or any(_can_hold(argument) for argument in get_args(annotation))


def _people_in(value: object) -> set[PersonId]:
    if isinstance(value, BaseModel):
        return set(named(value))
    if isinstance(value, str):
        return {PersonId(value)}
    return {one for part in value for one in _people_in(part)} if isinstance(value, Iterable) else set()
