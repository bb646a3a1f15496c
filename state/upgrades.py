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

Upgrades = Mapping[int, Upgrade]
"""By version: the way from the data of this version to those of the next."""

BODY_UPGRADES: Mapping[str, Upgrades] = {}
"""By event type."""

SESSION_UPGRADES: Upgrades = {}


def upgraded(what: str, data: dict[str, Any], version: int, current: int, upgrades: Upgrades) -> dict[str, Any]:
    """Return data as the current version has them.

    Raises:
        SchemaMismatch: Their version is newer than this code, or no version at all.
    """
    if not 1 <= version <= current:
        raise _unknown(f"{what} version {version}")
    for step in range(version, current):
        data = upgrades[step](data)
    return data


def body(event_type: str, version: int, data: dict[str, Any]) -> EventBody:
    """Return a stored body as the current version's type.

    Raises:
        SchemaMismatch: The type or version is newer than this code.
    """
    known = BODY_TYPES.get(event_type)
    if known is None:
        raise _unknown(f"event {event_type!r}")
    upgrades = BODY_UPGRADES.get(event_type, {})
    return body_from_json(upgraded(f"event {event_type!r}", data, version, known.version, upgrades))


def session(data: dict[str, Any]) -> Session:
    """Return a stored session as the current version's type.

    Raises:
        SchemaMismatch: The session was written by newer code.
    """
    current = upgraded("session", data, int(data["schema_version"]), SESSION_SCHEMA, SESSION_UPGRADES)
    return Session.model_validate({**current, "schema_version": SESSION_SCHEMA})


def _unknown(what: str) -> SchemaMismatch:
    return SchemaMismatch(f"Stored {what} is newer than this code.", hint="Upgrade Dossier on this machine.")
