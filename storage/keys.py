"""The secrets of a deployment: given to it, or made by an embedded one at its first start."""

import base64
import secrets as randomness
from dataclasses import dataclass

import sqlalchemy as sa

from storage.engine import Database
from storage.schema import secrets
from storage.upserts import upsert
from workflows.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Keys:
    """The secrets of a deployment; an embedded one makes its own at the first start."""

    origin: str
    signing: bytes
    values: bytes


def embedded_keys(database: Database, origin: str) -> Keys:
    """Read the keys an embedded deployment keeps in its own database, making them at the first start."""
    made = {name: base64.b64encode(randomness.token_bytes(32)).decode() for name in ("signing", "values")}
    with database.write() as connection:
        for name, value in {**made, "origin": origin}.items():
            connection.execute(
                upsert(connection, secrets).values(name=name, value=value).on_conflict_do_nothing()
            )
        found = {row.name: row.value for row in connection.execute(sa.select(secrets))}
    return Keys(found["origin"], base64.b64decode(found["signing"]), base64.b64decode(found["values"]))


def given_keys(origin: str, signing: str, values: str) -> Keys:
    """Read the keys a production deployment is given, in base64; raises ``Misconfigured``."""
    try:
        return Keys(
            origin, base64.b64decode(signing, validate=True), _sized(base64.b64decode(values, validate=True))
        )
    except ValueError as error:
        raise Misconfigured("LEDGER_SIGNING_KEY and VALUES_KEY must be 32 bytes each, in base64.") from error


def _sized(key: bytes) -> bytes:
    if len(key) != 32:  # noqa: PLR2004 - AES-256
        raise ValueError("wrong length")
    return key


def kept_values_key(given: str, connection: sa.Connection) -> bytes | None:
    """Return the key values are sealed with: the one given, or else the one an embedded deployment keeps; raises ``Misconfigured``."""
    kept = sa.select(secrets.c.value).where(secrets.c.name == "values")
    text = given or connection.execute(kept).scalar_one_or_none()
    try:
        return _sized(base64.b64decode(text, validate=True)) if text else None
    except ValueError as error:
        raise Misconfigured("VALUES_KEY must be 32 bytes, in base64.") from error
