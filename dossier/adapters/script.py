"""What a scripted model can play: one frozen item per kind of answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import yaml
from pydantic import ConfigDict, Field, TypeAdapter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """What every item can say."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    when: str = ""
    """A regular expression that the last user text must contain; empty: any text."""
    usage: Mapping[str, Any] | None = field(default_factory=lambda: dict(_USAGE))
    """The usage to report, true or not; None: the endpoint reports none."""
    delay: float = 0.0
    """Seconds to wait before each chunk."""


_USAGE = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}


@dataclass(frozen=True, slots=True)
class Say(_Item):
    """Answer with text."""

    text: str
    """The answer."""
    kind: Literal["text"] = "text"
    chunk_size: int = 0
    """Characters a chunk; 0: a word a chunk."""
    reasoning: str | None = None
    """Sent as `reasoning_content`, beside the text."""
    finish: Literal["stop", "length", "content_filter"] = "stop"
    """The finish reason."""


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call of an item."""

    name: str
    """The tool."""
    arguments: Mapping[str, Any] | str
    """An object, or raw text for broken JSON."""
    id: str = ""
    """Empty: numbered by the model."""


@dataclass(frozen=True, slots=True)
class CallTools(_Item):
    """Answer with tool calls, and perhaps text before them."""

    calls: tuple[Call, ...]
    """In order."""
    kind: Literal["tool_calls"] = "tool_calls"
    text: str = ""
    """Said before the calls."""


@dataclass(frozen=True, slots=True)
class Give(_Item):
    """Answer with a JSON value, as a structured answer."""

    value: Any
    """Written as JSON text."""
    kind: Literal["json"] = "json"


@dataclass(frozen=True, slots=True)
class Fail(_Item):
    """Refuse with a status."""

    status: int
    """400 to 599."""
    kind: Literal["error"] = "error"
    code: str = ""
    """Such as context_length_exceeded; empty: none."""
    message: str = "scripted failure"
    """Shown to the client."""
    retry_after: str = ""
    """The Retry-After header; empty: none."""


@dataclass(frozen=True, slots=True)
class Cut(_Item):
    """Break off in the middle of a stream."""

    text: str
    """What would have been said."""
    after: int
    """Words sent before the break."""
    kind: Literal["cut"] = "cut"
    ending: Literal["drop", "clean", "error"] = "drop"
    """The connection drops; the body ends as if complete; or an error event comes."""
    code: str = "server_error"
    """The error event's code."""


@dataclass(frozen=True, slots=True)
class Garble(_Item):
    """Send what is no OpenAI answer."""

    body: str
    """Sent as it is: as the stream's bytes, or as the whole body."""
    kind: Literal["malformed"] = "malformed"


@dataclass(frozen=True, slots=True)
class Empty(_Item):
    """Answer without any choice."""

    kind: Literal["empty"] = "empty"


@dataclass(frozen=True, slots=True)
class Refuse(_Item):
    """Answer with a refusal in the place of text."""

    text: str
    """The refusal."""
    kind: Literal["refusal"] = "refusal"


Item = Say | CallTools | Give | Fail | Cut | Garble | Empty | Refuse
_SCRIPT: TypeAdapter[tuple[Item, ...]] = TypeAdapter(tuple[Annotated[Item, Field(discriminator="kind")], ...])


def load_script(items: Sequence[Item | Mapping[str, Any]]) -> tuple[Item, ...]:
    """Check plain dicts (`kind` names the item) and items alike.

    Raises:
        pydantic.ValidationError: An item has an unknown kind or field, or a wrong value.
    """
    return _SCRIPT.validate_python(tuple(items))


def read_script(path: Path) -> tuple[Item, ...]:
    """Read a YAML file that holds a list of items."""
    return load_script(yaml.safe_load(path.read_text(encoding="utf-8")))
