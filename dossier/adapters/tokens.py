"""Tokens: of a text, exactly; of messages and tools as an endpoint will charge them, as near as is known."""

import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any

import tiktoken

from dossier.adapters.tokenizer_files import Encoding, unpack
from dossier.settings import tokenizer_cache

CACHED_COUNTS = 20_000
"""Counts remembered for each encoding; about 3 MB."""

# No token of either encoding goes from a line break on to `<<`. So texts are counted in parts: a prompt by its blocks,
# which were counted before.
_PARTS = re.compile(r"(?<=\n)(?=<<)")

# OpenAI's cookbook, "How to count tokens with tiktoken": measured there against the endpoint's own usage figures.
_MESSAGE, _NAME, _REPLY = 3, 1, 3
_TOOL: dict[str, int] = {"o200k_base": 7, "cl100k_base": 10}
_TOOLS, _PROPERTIES, _PROPERTY, _ENUM, _CHOICE = 12, 3, 3, -3, 3
# Not published: as much as a message's frame.
_CALL = 3
# Not published for all models: as OpenAI's open ones are shown a response format.
_FORMAT = "# Response Formats\n\n## {name}\n\n{schema}"


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """Counts the tokens of a text in one encoding."""

    encoding: str
    """Name of the encoding."""
    exact: bool
    """Whether the counts are the encoding's own, not an estimate."""
    _measure: Callable[[str], int] = field(repr=False, compare=False)

    def count(self, text: str) -> int:
        """Return the number of tokens; what looks like a special token counts as the text it is."""
        return self._measure(text)


@lru_cache
def token_counter(encoding: Encoding) -> TokenCounter:
    """Return the counter of an encoding; it is made once for each process.

    Raises:
        Unavailable: when the cache folder can't be written.
    """
    unpack(encoding, tokenizer_cache())
    encode = tiktoken.get_encoding(encoding).encode_ordinary
    count = _remembered(lambda text: len(encode(text)), CACHED_COUNTS)
    return TokenCounter(encoding, True, lambda text: sum(map(count, _PARTS.split(text))))


def count_messages(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    counter: TokenCounter,
    schema: Mapping[str, Any] | None = None,
) -> int:
    """Return the prompt tokens of one chat completion.

    Exact for plain messages, as far as the counter is. Tool schemas, tool calls, tool results and a response format
    are an *estimate*: how an endpoint writes them is not published (see `is_exact`). Of blocks only text is counted.

    Args:
        messages: OpenAI-style messages; content is text, text blocks or nothing.
        tools: OpenAI-style tools, `{"type": "function", "function": {...}}`.
        counter: Of the model's encoding.
        schema: Of the response format; None when there is none.
    """
    total = _REPLY + sum(_of_message(message, counter) for message in messages)
    total += _of_format(schema, counter) if schema is not None else 0
    return total + (_TOOLS + sum(_of_tool(tool["function"], counter) for tool in tools) if tools else 0)


def is_exact(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    counter: TokenCounter,
    schema: Mapping[str, Any] | None = None,
) -> bool:
    """Tell whether `count_messages` of the same arguments is exact rather than an estimate."""
    plain = all(message["role"] != "tool" and not message.get("tool_calls") for message in messages)
    return counter.exact and plain and not tools and schema is None


def _of_message(message: Mapping[str, Any], counter: TokenCounter) -> int:
    total = _MESSAGE + counter.count(message["role"]) + counter.count(_text(message.get("content")))
    if name := message.get("name"):
        total += _NAME + counter.count(name)
    for call in message.get("tool_calls") or ():
        total += _CALL + counter.count(call["function"]["name"]) + counter.count(call["function"]["arguments"])
    return total


def _of_format(schema: Mapping[str, Any], counter: TokenCounter) -> int:
    shown = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    return counter.count(_FORMAT.format(name=schema.get("title", "answer"), schema=shown))


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(block if isinstance(block, str) else block.get("text", "") for block in content or ())


def _of_tool(function: Mapping[str, Any], counter: TokenCounter) -> int:
    head = f"{function['name']}:{function.get('description', '').rstrip('.')}"
    return _TOOL[counter.encoding] + counter.count(head) + _of_properties(function.get("parameters") or {}, counter)


def _of_properties(schema: Mapping[str, Any], counter: TokenCounter) -> int:
    properties = schema.get("properties") or {}
    total = _PROPERTIES if properties else 0
    return total + sum(_of_property(name, value, counter) for name, value in properties.items())


def _of_property(name: str, schema: Mapping[str, Any], counter: TokenCounter) -> int:
    kind = schema.get("type")
    if not isinstance(kind, str):
        # anyOf, $ref and the like: as much as their JSON, which is rather too much.
        return _PROPERTY + counter.count(f"{name}:{json.dumps(schema)}")
    total = _PROPERTY + counter.count(f"{name}:{kind}:{schema.get('description', '').rstrip('.')}")
    if choices := schema.get("enum"):
        total += _ENUM + sum(_CHOICE + counter.count(str(choice)) for choice in choices)
    if items := schema.get("items"):
        total += _of_property("items", items, counter)
    return total + _of_properties(schema, counter)


def _remembered(measure: Callable[[str], int], size: int) -> Callable[[str], int]:
    counts: OrderedDict[bytes, int] = OrderedDict()
    lock = Lock()

    def count(text: str) -> int:
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        with lock:
            if key in counts:
                counts.move_to_end(key)
                return counts[key]
        tokens = measure(text)
        with lock:
            counts[key] = tokens
            if len(counts) > size:
                counts.popitem(last=False)
        return tokens

    return count
