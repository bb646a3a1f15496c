"""Recorded tool-using runs: read from a file, and the questions that a benchmark asks of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from evals.bench.data import DataInvalid, read_rows


class Call(BaseModel):
    """One tool call as it was recorded."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: str
    name: str
    args: dict[str, Any]


class Message(BaseModel):
    """One message of a run."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    i: int
    role: str
    content: str | None = None
    tok: int = 0
    tool_calls: list[Call] | None = None
    tool_call_id: str | None = None

    @property
    def text(self) -> str:
        """All that stands in the message."""
        calls = "".join(f"\n{c.name} {json.dumps(c.args, ensure_ascii=False)}" for c in self.tool_calls or ())
        return (self.content or "") + calls


class Recorded(BaseModel):
    """One run; its first message is the system prompt."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: str
    messages: list[Message]


@dataclass(frozen=True, slots=True)
class Asked:
    """A tool call, what was said before it, and which of its values stand there."""

    run: str
    call: str
    """Message and place in it: the ids that models give repeat."""
    history: Sequence[Message]
    values: Sequence[str]


def read(path: Path) -> list[Recorded]:
    """Read runs from JSON lines.

    Raises:
        DataInvalid: The file is not there, is empty, holds no tool call, or a line has another form.
    """
    runs = read_rows(path, Recorded)
    if not asked(runs):
        raise DataInvalid(f"{path} holds no tool call to ask about.", hint="Give runs whose assistant calls tools.")
    return runs


def asked(runs: Sequence[Recorded]) -> list[Asked]:
    """Give the calls that have at least one argument value which stands in what was said before."""
    return [found for run in runs for found in _asked(run)]


def _asked(run: Recorded) -> list[Asked]:
    found: list[Asked] = []
    for n, message in enumerate(run.messages):
        history = run.messages[1:n]
        said = "\n".join(one.text for one in history)
        for place, call in enumerate(message.tool_calls or ()):
            values = [value for value in dict.fromkeys(leaves(call.args)) if value in said]
            if values:
                found.append(Asked(run.id, f"{message.i}.{place}", history, values))
    return found


def leaves(value: Any) -> Iterator[str]:
    """Give the values of arguments as they would stand in a text; what is empty, yes, no or nothing is none."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value not in ("", None) and not isinstance(value, bool):
        yield str(value)
