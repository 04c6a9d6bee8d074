"""Text that people type: cleaned when it enters, committed to but never written into the ledger.

A field typed ``Prose`` is free text or personal; storage keeps it in the erasable table and puts a salted
commitment in its place.  An erased value folds to ``ERASED``.
"""

import unicodedata
from functools import cache
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, StringConstraints

from workflows.credentials import secret_in

ERASED = "[erased]"
LONGEST = 3000  #: characters; Slack's limit for an input (``max_length`` of ``plain_text_input``)


class Committed:
    """Marks a field whose value goes to the erasable table."""


class Naming:
    """Marks prose that is itself somebody's name; erased with whoever it names."""


class Confirming:
    """Marks the digest of a text: while it is there, whoever can read it can try guesses at what was erased."""


#: Marks that make text read in another order than it was typed; right-to-left letters need none of them.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


_BREAKS = str.maketrans("", "", "\n\t")


def scrub(text: object) -> object:
    """Normalise to NFC, drop lone surrogates, control characters and direction overrides, trim."""
    if not isinstance(text, str):
        return text
    if text.isascii() and text.translate(_BREAKS).isprintable():
        return text.strip()  # nearly all that is read back from a ledger: nothing can be wrong with it
    whole = text.encode("utf-8", "ignore").decode("utf-8")
    kept = "".join(
        c for c in whole if c in "\n\t" or not (unicodedata.category(c) == "Cc" or c in _OVERRIDES)
    )
    return unicodedata.normalize("NFC", kept).strip()


Prose = Annotated[str, BeforeValidator(scrub), StringConstraints(max_length=LONGEST), Committed()]
Shown = Annotated[str, Committed(), Confirming()]  #: the digest of a text that was shown
Policytext = Annotated[str, Committed()]  #: bytes that must stay as they are: their digest is the name


@cache
def prose_fields(model: type[BaseModel]) -> tuple[str, ...]:
    """Name the fields of ``model`` that are committed to instead of written."""
    return tuple(
        name for name, field in model.model_fields.items() if _is_prose(field.metadata, field.annotation)
    )


def _is_prose(metadata: list[object], annotation: object) -> bool:
    nested = getattr(annotation, "__args__", ())  # ``Prose | None`` keeps its marks one level down
    marks = [*metadata, *(mark for arg in nested for mark in getattr(arg, "__metadata__", ()))]
    return any(isinstance(mark, Committed) for mark in marks)


def gives_away(entry: BaseModel) -> tuple[str, str] | None:
    """Name the first field of ``entry`` that seems to hold a secret, and which; the value is not repeated."""
    for name in prose_fields(type(entry)):
        if found := secret_in(getattr(entry, name) or ""):
            return name.replace("_", " "), found
    return None
