"""How the offline model reads a prompt: the one place that knows the grammar of blocks.

A block is `<<KEY item id="..." kind="...">>`, its text, `<</KEY item>>`; KEY stands in the first line of the
system message as `Blocks are delimited by KEY <hex>.` A prompt without such a line is read as a plain chat.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dossier.adapters.openai_wire import text_of

_KEY = re.compile(r"Blocks are delimited by (?:KEY )?([0-9A-Za-z]+)")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_RESOLVED = re.compile(r'^\s*resolved:\s*"(.*?)"\s*->\s*(.+?)\s*$', re.MULTILINE)
_SILENT = ("instruction", "policy", "authority", "contract", "current_request", "rejected")


@dataclass(frozen=True, slots=True)
class Block:
    """One item of the prompt."""

    id: str
    """The id by which an answer cites it."""
    kind: str
    """Such as retrieved_document or decision."""
    text: str
    """Its body."""
    attrs: Mapping[str, str] = field(default_factory=dict)
    """All attributes of its opening line."""
    this_turn: bool = False
    """Whether it tells of something done in this turn."""

    @property
    def speaks(self) -> bool:
        """Whether its sentences may be stated as true."""
        return not any(word in self.kind for word in _SILENT)

    @property
    def rejected(self) -> bool:
        """Whether it holds what was rejected."""
        return "rejected" in self.kind


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt, taken apart."""

    request: str
    """The words of the current request, resolutions left out."""
    blocks: tuple[Block, ...]
    """Every block, in order."""
    resolved: tuple[str, ...] = ()
    """What phrases of the request stand for, such as `document CP-12`."""

    @property
    def material(self) -> tuple[Block, ...]:
        """The blocks that may be stated as true."""
        return tuple(block for block in self.blocks if block.speaks)

    @property
    def task(self) -> str:
        """The text of the task state."""
        return "\n".join(block.text for block in self.blocks if "task" in block.kind)


def read(messages: Sequence[Mapping[str, Any]]) -> Reading:
    """Take the messages of one request apart; odd messages are passed over."""
    key = _key(messages)
    blocks = [*_blocks(messages, key)] if key else [*_turns(messages)]
    blocks = _mark_this_turn([*blocks, *_tool_results(messages, key)])
    words = [block.text for block in blocks if block.kind == "current_request"]
    request = words[-1] if words else _last_user_text(messages)
    bare = tuple(replace(block, text=_RESOLVED.sub("", block.text).strip()) for block in blocks)
    asked = _RESOLVED.sub("", request).strip()
    return Reading(asked, bare, tuple(_resolutions(asked, [request, *_task_texts(blocks)])))


def _resolutions(request: str, texts: Sequence[str]) -> dict[str, None]:
    """Return what the request's own phrases stand for; lines about earlier requests are passed over."""
    found = [match for text in texts for match in _RESOLVED.finditer(text)]
    return dict.fromkeys(match[2] for match in found if match[1].casefold() in request.casefold())


def _key(messages: Sequence[Mapping[str, Any]]) -> str:
    for message in messages:
        if message.get("role") == "system" and (found := _KEY.search(text_of(message.get("content")).split("\n")[0])):
            return found[1]
    return ""


def _blocks(messages: Sequence[Mapping[str, Any]], key: str) -> Iterator[Block]:
    for message in messages:
        if message.get("role") != "tool":
            yield from _parse(text_of(message.get("content")), key)


def _parse(text: str, key: str) -> Iterator[Block]:
    mark = re.escape(key)
    for match in re.finditer(rf"<<{mark} item\b([^\n]*?)>>\n?(.*?)\n?<</{mark} item>>", text, re.DOTALL):
        attrs = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(match[1])}
        yield Block(attrs.get("id", ""), attrs.get("kind", ""), match[2], attrs)


def _turns(messages: Sequence[Mapping[str, Any]]) -> Iterator[Block]:
    """Yield the earlier messages of a plain chat."""
    last = max((i for i, m in enumerate(messages) if m.get("role") == "user"), default=0)
    for index, message in enumerate(messages[:last]):
        if message.get("role") in ("user", "assistant") and (text := text_of(message.get("content"))):
            yield Block(f"message:{index}", "recent_turn", text)


def _tool_results(messages: Sequence[Mapping[str, Any]], key: str) -> Iterator[Block]:
    """Yield what tool messages hold, with the tool and the arguments that the assistant's call names."""
    calls: dict[str, dict[str, str]] = {}
    for message in messages:
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            made = {"tool": str(function.get("name", "")), "args": str(function.get("arguments", ""))}
            calls[str(call.get("id"))] = made
        if message.get("role") == "tool":
            attrs = calls.get(str(message.get("tool_call_id")), {})
            yield from _tool_blocks(text_of(message.get("content")), str(message.get("tool_call_id")), attrs, key)


def _tool_blocks(text: str, call_id: str, attrs: dict[str, str], key: str) -> Iterator[Block]:
    inner = [*_parse(text, key)] if key else []
    if not inner:
        yield Block(f"call:{call_id}", "tool_result", text, attrs, this_turn=True)
    for block in inner:
        yield replace(block, attrs={**attrs, **block.attrs}, this_turn=True)


def _mark_this_turn(blocks: list[Block]) -> list[Block]:
    turns = [block.attrs["turn"] for block in blocks if block.kind == "current_request" and "turn" in block.attrs]
    if not turns:
        return blocks
    return [replace(block, this_turn=True) if block.attrs.get("turn") == turns[-1] else block for block in blocks]


def _task_texts(blocks: list[Block]) -> list[str]:
    return [block.text for block in blocks if "task" in block.kind]


def _last_user_text(messages: Sequence[Mapping[str, Any]]) -> str:
    return next((text_of(m.get("content")) for m in reversed(messages) if m.get("role") == "user"), "")


def plain_text(text: str) -> str:
    """Return a JSON body as `name: value` sentences, one a record; other text as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    records = value if isinstance(value, list) else [value]
    return "\n".join("; ".join(_pairs(record, "")) for record in records)


def _pairs(value: object, name: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _pairs(item, str(key).replace("_", " "))
    elif isinstance(value, list):
        for item in value:
            yield from _pairs(item, name)
    else:
        yield f"{name}: {value}" if name else str(value)
