"""JSON with the values that are wanted, and with what they stand in, so that it still reads as what it was."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

from dossier.context.json_text import Json, More
from dossier.context.values import names_a_thing

Keep: TypeAlias = Callable[[str, str], bool]
"""Whether a value under a name is wanted."""

SHORT_RECORD = 3
"""Most values of an object that is kept whole if one of them is wanted: half a name says little."""


def pruned(value: Json, keep: Keep, name: str = "", *, records: bool = True) -> Json:
    """Give the JSON with the wanted values; None if there are none.

    Objects in one list keep the same names, and a list says how many of its elements were left out.

    Args:
        value: The whole.
        keep: Whether a value is wanted.
        name: That under which the value stands.
        records: Whether an object of few values is kept whole if one of them is wanted.
    """
    if isinstance(value, dict):
        if (
            records
            and _is_short(value)
            and any(keep(str(one), key) for key, one in value.items() if isinstance(one, str))
        ):
            return value
        inner = {key: pruned(one, keep, key, records=records) for key, one in value.items()}
        return {k: {} if v is None else v for k, v in inner.items() if v is not None or _is_kept_key(k, keep)} or None
    if isinstance(value, list):
        same = _alike(value, keep)
        elements: list[Json] = [
            one for one in (pruned(one, same, name, records=records) for one in value) if one is not None
        ]
        gone = len(value) - len(elements)
        return [*elements, More(str(gone))] if elements and gone else elements or None
    return value if isinstance(value, str) and value and keep(str(value), name) else None


def _is_short(record: dict[str, Json]) -> bool:
    return len(record) <= SHORT_RECORD and not any(isinstance(one, (dict, list)) for one in record.values())


def _alike(rows: list[Json], keep: Keep) -> Keep:
    """Give the rule for rows that stand in one list: the names that one of them keeps, all that keep anything keep."""
    wanted = [set(_wanted(row, keep)) for row in rows if isinstance(row, dict)]
    names = {name for row in wanted for name, _ in row}
    records = [row for row in rows if isinstance(row, dict) and any(_wanted(row, keep))]
    shown = {(n, str(v)) for row in records for n, v in row.items() if n in names and isinstance(v, str)}
    return (lambda value, name: (name, value) in shown or keep(value, name)) if len(records) > 1 else keep


def _wanted(row: dict[str, Json], keep: Keep) -> Iterator[tuple[str, str]]:
    return ((name, str(v)) for name, v in row.items() if isinstance(v, str) and v and keep(str(v), name))


def _is_kept_key(key: str, keep: Keep) -> bool:
    return names_a_thing(key) and keep(key, "")
