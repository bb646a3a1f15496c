"""JSON inside a text: read so that it can be written again shorter, with every value as it stood."""

import json
import re
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

MOST_DEPTH = 32
"""Nesting beyond this is left alone, so that no Python version reads what another one refuses."""
_TABLE_ROWS = 3
_OUTSIDE_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')
_CALL = re.compile(r"[\w.-]{1,64}\(", re.ASCII)
_ANSWERS = ") -> "
_DECODER = json.JSONDecoder()


class Number(str):
    """A number, digit by digit as it stood: 1.10 stays 1.10."""

    __slots__ = ()


class More(Number):
    """How many elements of a list were left out; it stands at the end of the list."""

    __slots__ = ()


Json: TypeAlias = "dict[str, Json] | list[Json] | str | Number | bool | None"


class Reading(NamedTuple):
    """A text that holds a JSON object or list, or a call `name({...}) -> ` and what came of it."""

    name: str
    """Of the tool that was called; empty where the text shows no call."""
    args: Json
    """The arguments of the call; None if there is none."""
    body: Json
    """The result, if it is an object or a list, else None."""
    text: str
    """The result as it stood."""


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes JSON without blanks; a list of like objects as a table. No character comes in that was not there."""

    raw: frozenset[str]
    """The characters of the source: others stay escaped."""

    def write(self, value: Json, *, tables: bool = True) -> str:
        """Give the JSON text of a value.

        Args:
            value: What to write.
            tables: Whether a list of like objects may become a table; inside a table none may.
        """
        match value:
            case More():
                return f'"\u2026 {value} more"'
            case Number():
                return str(value)
            case str():
                return self._string(value)
            case list():
                plain = f"[{','.join(self.write(inner, tables=tables) for inner in value)}]"
                table = _table(value) if tables else None
                return min(plain, self.write(table, tables=False), key=len) if table else plain
            case dict():
                inside = (f"{self._string(key)}:{self.write(inner, tables=tables)}" for key, inner in value.items())
                return "{" + ",".join(inside) + "}"
            case _:
                return json.dumps(value)

    def _string(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=text.isascii() or not self.raw.issuperset(text))


def read(text: str) -> Reading | None:
    """Read a result that is a JSON object or list, or that stands after its call: `name({...}) -> `.

    Gives None where the text is neither. A body is None, too, where reading it would lose something, such as a key that
    stands there twice.
    """
    called = _CALL.match(text)
    if called is None:
        body = _body(text)
        return None if body is None else Reading("", None, body, text)
    try:
        _, end = _DECODER.raw_decode(text, called.end()) if _depth(text) <= MOST_DEPTH else (None, 0)
        if not text.startswith(_ANSWERS, end):
            return None
        result = text[end + len(_ANSWERS) :]
        return Reading(called[0][:-1], _loads(text[called.end() : end]), _body(result), result)
    except ValueError:
        return None


def _body(text: str) -> Json:
    if not text.startswith(("{", "[")) or not text.endswith(("}", "]")) or _depth(text) > MOST_DEPTH:
        return None
    try:
        return _loads(text)
    except ValueError:
        return None


def _loads(text: str) -> Json:
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=_refuse, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    if len(found := dict(pairs)) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is no JSON")


def _depth(text: str) -> int:
    depth = most = 0
    for character in _OUTSIDE_STRINGS.sub("", text):
        if character in "[{":
            depth += 1
            most = max(most, depth)
        elif character in "]}":
            depth -= 1
    return most


def _table(rows: list[Json]) -> Json:
    """Give like objects as columns and rows, objects inside them as columns `a.b`; None if they are not alike."""
    more: dict[str, Json] = {"more": Number(rows[-1])} if rows and isinstance(rows[-1], More) else {}
    whole = rows[:-1] if more else rows
    flat = [dict(_columns(row)) for row in whole if isinstance(row, dict)]
    names = list(flat[0]) if flat else []
    if len(whole) < _TABLE_ROWS or not names or len(flat) < len(whole) or any(list(row) != names for row in flat):
        return None
    return {"columns": list(names), "rows": [list(row.values()) for row in flat], **more}


def _columns(row: dict[str, Json], before: str = "") -> list[tuple[str, Json]]:
    found: list[tuple[str, Json]] = []
    for name, value in row.items():
        if isinstance(value, dict) and value:
            found += _columns(value, f"{before}{name}.")
        else:
            found.append((before + name, value))
    return found
