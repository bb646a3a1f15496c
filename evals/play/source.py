"""A YAML file with the line of each of its parts, so that an error can point at it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from dossier.errors import InvalidInput

Place = tuple[str | int, ...]
"""Keys and indices from the top of a document."""

_YAML_HINTS = {
    r"'\t'": "indent with spaces, not with tabs",
    "mapping values are not allowed": "a text with a colon in it goes in quotes; or it is indented too far",
    "undefined alias": "a text that begins with * goes in quotes",
    "expected <block end>": "entries of one list or mapping begin in the same column",
    "while scanning an alias": "a text that begins with * goes in quotes",
    "while scanning a quoted scalar": "close the quote",
    "cannot start any token": "a text that begins with such a sign goes in quotes",
    "expected the node content": "close what is open; a text with signs like [ ] { } goes in quotes",
    "while parsing a flow": "close what is open; a text with signs like [ ] { } goes in quotes",
}
"""What was likely meant, by a part of what the parser says."""


class Problem(NamedTuple):
    """Something wrong in a scenario file."""

    file: str
    line: int
    what: str
    hint: str = ""

    def __str__(self) -> str:
        """Return it as compilers do: file, line, what, and what was likely meant."""
        return f"{self.file}:{self.line}: {self.what}" + (f" ({self.hint})" if self.hint else "")


class ScenarioInvalid(InvalidInput):
    """Scenario files hold what can't be played."""

    code = "scenario_invalid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)), hint="Correct these lines; nothing was played.")
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed file."""

    file: str
    data: Any
    lines: dict[Place, int]

    def line(self, place: Place) -> int:
        """Return the line of a part, or of the nearest part around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)


def read_source(path: Path) -> Source:
    """Parse a file.

    Raises:
        ScenarioInvalid: It can't be read, is no YAML, or says a key twice.
    """
    file = str(path)
    try:
        text = path.read_text("utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except OSError as error:
        raise ScenarioInvalid([Problem(file, 1, f"can't be read: {error.strerror}")]) from error
    except UnicodeDecodeError as error:
        raise ScenarioInvalid([Problem(file, 1, "is not UTF-8")]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        said = f"{getattr(error, 'context', '')} {what}"
        hint = next((hint for part, hint in _YAML_HINTS.items() if part in said), "")
        raise ScenarioInvalid([Problem(file, mark.line + 1 if mark else 1, f"is no YAML: {what}", hint)]) from error
    if node is None:
        raise ScenarioInvalid([Problem(file, 1, "is empty", "a file holds a list of scenarios")])
    parts = list(_parts(node, ()))
    if twice := _twice(file, parts):
        raise ScenarioInvalid(twice)
    return Source(file, data, dict(parts))


def _parts(node: yaml.Node, place: Place) -> Iterator[tuple[Place, int]]:
    if not place:
        yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = (*place, key.value)
            yield inner, key.start_mark.line + 1
            yield from _parts(value, inner)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            inner = (*place, number)
            yield inner, value.start_mark.line + 1
            yield from _parts(value, inner)


def _twice(file: str, parts: Sequence[tuple[Place, int]]) -> list[Problem]:
    seen: dict[Place, int] = {}
    found = []
    for place, line in parts:
        if place and place in seen:
            found.append(Problem(file, line, f"{place[-1]!r} is said twice", f"first in line {seen[place]}"))
        seen[place] = line
    return found
