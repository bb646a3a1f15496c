"""Old stored data becomes current on read; newer data is refused.

A released version of a body or of the session never changes. A new version adds
one function here, from the version before to the next, and a golden file.
"""

from collections.abc import Callable, Mapping
from typing import Any

from state.errors import SchemaMismatch
from state.events import BODY_TYPES, EventBody, body_from_json
from state.session import SESSION_SCHEMA, Session

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

BODY_UPGRADES: Mapping[tuple[str, int], Upgrade] = {}
"""(event type, version) -> the data as the next version has it."""

SESSION_UPGRADES: Mapping[int, Upgrade] = {}


def body(event_type: str, version: int, data: dict[str, Any]) -> EventBody:
    """Return a stored body as the current version's type.

    Raises:
        SchemaMismatch: The type or version is newer than this code.
    """
    known = BODY_TYPES.get(event_type)
    if known is None or version > known.version:
        raise _newer(f"event {event_type!r} version {version}")
    for step in range(version, known.version):
        data = BODY_UPGRADES[event_type, step](data)
    return body_from_json(data)


def session(data: dict[str, Any]) -> Session:
    """Return a stored session as the current version's type.

    Raises:
        SchemaMismatch: The session was written by newer code.
    """
    version = int(data["schema_version"])
    if version > SESSION_SCHEMA:
        raise _newer(f"session schema {version}")
    for step in range(version, SESSION_SCHEMA):
        data = SESSION_UPGRADES[step](data)
    return Session.model_validate({**data, "schema_version": SESSION_SCHEMA})


def _newer(what: str) -> SchemaMismatch:
    return SchemaMismatch(f"Stored {what} is newer than this code.", hint="Upgrade Dossier on this machine.")
