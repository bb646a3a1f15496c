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
_ANSWERS = re.compile(r"\A\s*answers the question about “.*?” in the request: “(.*?)”$", re.MULTILINE | re.DOTALL)
_RAN = re.compile(r"\A(?P<tool>\w+)\((?P<args>\{.*?\})\) -> (?P<text>.*)\Z", re.DOTALL)
_DID_NOT_RUN = re.compile(r"\A(?P<tool>\w+) (?:did not|may have) run: (?P<code>\w+): (?P<text>.*)\Z", re.DOTALL)
THANKS = re.compile(r"\b(?:thanks|thank you|cheers|that['\u2019]?s all|that is all|goodbye|bye)\b", re.IGNORECASE)
"""Words that end a talk, and choose nothing."""
_PHRASE = 3
"""Words of a value from which on it is put in quotation marks."""
_SILENT = ("instruction", "policy", "authority", "contract", "current_request", "rejected")
_OUTCOMES = ("tool_result", "approval")


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

    @property
    def is_document(self) -> bool:
        """Whether it is a passage of a document."""
        return "document" in self.kind

    @property
    def is_state(self) -> bool:
        """Whether it tells how something stands, from a source that knows."""
        return "task" in self.kind and self.attrs.get("trust") == "system_verified"

    @property
    def name(self) -> str:
        """What it is a part of: `IR-77` for `doc:IR-77#3`."""
        return self.attrs.get("record", self.id).rpartition(":")[2].partition("#")[0]

    @property
    def heading(self) -> str:
        """The first line of a passage, if it is no sentence: where the passage stands."""
        first, _, rest = self.text.partition("\n")
        return first if self.is_document and rest.strip() and not first.rstrip().endswith((".", "!", "?")) else ""

    @property
    def section(self) -> str:
        """The last part of the heading: `Scope` of `Report R-1: Scope`."""
        return self.heading.rpartition(": ")[2]

    @property
    def body(self) -> str:
        """The text without its heading."""
        return self.text[len(self.heading) :].lstrip("\n")


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
    def rules(self) -> tuple[Block, ...]:
        """What instructs and may be told to who asks about it."""
        return tuple(block for block in self.blocks if block.kind in ("policy", "authority"))

    @property
    def spoken(self) -> tuple[str, ...]:
        """What the user said before, newest first."""
        turns = [b for b in self.blocks if b.kind == "recent_turn" and b.attrs.get("role") != "assistant"]
        return tuple(block.text for block in reversed(turns))

    @property
    def contract(self) -> str:
        """What is said about the form of answers."""
        return "\n".join(block.text for block in self.blocks if "contract" in block.kind)

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
    bare = [replace(block, text=_RESOLVED.sub("", block.text).strip()) for block in blocks]
    asked = _RESOLVED.sub("", request).strip()
    resolved = tuple(_resolutions(asked, [request, *_task_texts(blocks)]))
    made = tuple(block for found in map(_outcome, bare) for block in found)
    return Reading(_asked(asked, resolved), made, resolved)


def _asked(text: str, resolved: Sequence[str]) -> str:
    """Return the request: the earlier one, when the user has just said which thing they meant in it."""
    answers = _ANSWERS.search(text)
    if answers is None:
        return text
    own = text[answers.end() :].strip()
    return answers[1].strip() if resolved and not THANKS.search(own) else own


def _outcome(block: Block) -> Iterator[Block]:
    """Yield an outcome with its tool and arguments as attributes, then the passages that it found."""
    if block.kind != "tool_result":
        yield block
        return
    said = _RAN.match(block.text) or _DID_NOT_RUN.match(block.text)
    if said:
        told = {name: value for name, value in said.groupdict().items() if name != "text"}
        block = replace(block, text=said["text"], attrs={**block.attrs, **told})
    records = _records(block.text)
    yield replace(block, text="") if records else block
    for record in records:
        text = f"{record.get('document', '')}: {record['heading']}\n{record['text']}"
        attrs = {"record": str(record.get("id", "")), "as_of": str(record.get("date", ""))}
        yield Block(block.id, "retrieved_document", text, attrs)


def _records(text: str) -> list[dict[str, Any]]:
    """Return the records of a JSON result that hold a passage."""
    value = _json(text)
    lists = [item for item in value.values() if isinstance(item, list)] if isinstance(value, dict) else []
    records = [record for items in lists for record in items if isinstance(record, dict)]
    return [record for record in records if isinstance(record.get("text"), str) and "heading" in record]


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
    """Mark what was done in this turn; a package shows no outcomes of other turns, unless it names the turn."""
    turns = [block.attrs["turn"] for block in blocks if block.kind == "current_request" and "turn" in block.attrs]
    return [replace(block, this_turn=block.this_turn or _of_turn(block, turns)) for block in blocks]


def _of_turn(block: Block, turns: Sequence[str]) -> bool:
    return block.attrs["turn"] in turns[-1:] if "turn" in block.attrs else block.kind in _OUTCOMES


def _task_texts(blocks: list[Block]) -> list[str]:
    return [block.text for block in blocks if "task" in block.kind]


def _last_user_text(messages: Sequence[Mapping[str, Any]]) -> str:
    return next((text_of(m.get("content")) for m in reversed(messages) if m.get("role") == "user"), "")


def plain_text(text: str) -> str:
    """Return a JSON body as one `Name: value.` a line, a record in one line; other text as it is."""
    value = _json(text)
    if value is None:
        return text
    lines = (f"{line[:1].upper()}{line[1:]}." for line in _lines(value, ""))
    return "\n".join(lines)


def pairs(value: Mapping[str, Any]) -> str:
    """Return a record as `name value, name value`; who did something stands last."""
    told = sorted(value.items(), key=lambda pair: pair[0].endswith("_by"))
    return ", ".join(f"{_spaced(name)} {_quoted(_flat(item))}" for name, item in told if item not in (None, "", [], {}))


def _quoted(text: str) -> str:
    return f"“{text}”" if len(text.split()) > _PHRASE else text


def _lines(value: object, name: str) -> Iterator[str]:
    if isinstance(value, dict) and not name:
        for key, item in value.items():
            yield from _lines(item, _spaced(key))
    elif isinstance(value, list):
        for item in value:
            yield from _lines(item, name) if name or not isinstance(item, dict) else [pairs(item)]
    elif value not in (None, ""):
        yield f"{name}: {_flat(value)}" if name else _flat(value)


def _flat(value: object) -> str:
    if isinstance(value, dict):
        return pairs(value)
    return ", ".join(map(_flat, value)) if isinstance(value, list) else str(value).rstrip(".")


def _spaced(name: object) -> str:
    return str(name).replace("_", " ")


def json_object(text: str) -> dict[str, Any] | None:
    """Return the JSON object that a text is; None if it is none."""
    value = _json(text)
    return value if isinstance(value, dict) else None


def _json(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
