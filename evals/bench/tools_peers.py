"""What others do with a conversation that does not fit: LangChain's trimming, and half recent messages, half BM25."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal

from langchain_core.messages import BaseMessage, trim_messages

from dossier.adapters.tokens import TokenCounter
from dossier.adapters.wire_messages import to_langchain
from dossier.recall.strategies import LAST_N
from evals.bench.tools_data import Asked, Message
from evals.bench.tools_middleware import NAME, cleared
from evals.bench.tools_ours import Shown

Show = Callable[[Asked, int], Shown]
_OVERHEAD = 4
_K1, _B = 1.2, 0.75
_WORD = re.compile(r"\w+")


def peers(counter: TokenCounter) -> dict[str, Show]:
    """Give each peer by name; all count a message as its text and four tokens more."""

    def tokens(message: Message) -> int:
        return message.tok or counter.count(message.text) + _OVERHEAD

    def shown(messages: Sequence[Message]) -> Shown:
        text = "\n".join(f"{message.role}: {message.text}" for message in messages)
        return Shown(text, sum(map(tokens, messages)), _has_orphan(messages))

    def trimmed(start_on: Literal["human"] | None) -> Show:
        return lambda asked, budget: shown(_trim(asked.history, budget, tokens, start_on))

    def newest(asked: Asked, budget: int) -> Shown:
        return shown(_trim(asked.history[-LAST_N:], budget, tokens, None))

    clear = cleared(_wire)
    edited: dict[str, Show] = (
        {NAME: lambda asked, budget: shown(_trim(clear(asked.history, budget), budget, tokens, None))} if clear else {}
    )
    return {
        f"last {LAST_N} messages, trimmed": newest,
        "trim_messages(last)": trimmed(None),
        "trim_messages(last, start_on=human)": trimmed("human"),
        "half recent, half BM25": lambda asked, budget: shown(_halves(asked.history, budget, tokens)),
        **edited,
    }


def _trim(
    history: Sequence[Message], budget: int, tokens: Callable[[Message], int], start_on: Literal["human"] | None
) -> list[Message]:
    wire = to_langchain([_wire(message) for message in history])
    own = {id(converted): message for converted, message in zip(wire, history, strict=True)}
    for converted, message in zip(wire, history, strict=True):
        converted.id = str(message.i)
    by_id = {str(message.i): message for message in own.values()}

    def count(messages: list[BaseMessage]) -> int:
        return sum(tokens(by_id[message.id or ""]) for message in messages)

    kept = trim_messages(wire, max_tokens=budget, strategy="last", token_counter=count, start_on=start_on)
    return [by_id[message.id or ""] for message in kept]


def _wire(message: Message) -> dict[str, object]:
    calls = [
        {"id": call.id, "function": {"name": call.name, "arguments": call.model_dump_json(include={"args"})}}
        for call in message.tool_calls or ()
    ]
    return {
        "role": message.role,
        "content": message.content or "",
        "tool_calls": calls,
        "tool_call_id": message.tool_call_id or "",
    }


def _halves(history: Sequence[Message], budget: int, tokens: Callable[[Message], int]) -> list[Message]:
    chosen: set[int] = set()
    left = budget // 2
    for n in reversed(range(len(history))):
        if tokens(history[n]) > left:
            break
        chosen.add(n)
        left -= tokens(history[n])
    left += budget - budget // 2
    for n in _by_bm25(history):
        if n not in chosen and tokens(history[n]) <= left:
            chosen.add(n)
            left -= tokens(history[n])
    return [history[n] for n in sorted(chosen)]


def _by_bm25(history: Sequence[Message]) -> list[int]:
    """Give the places of messages, those nearest to the newest user message first (Robertson and Zaragoza 2009)."""
    texts = [Counter(_WORD.findall(message.text.lower())) for message in history]
    asked = next((text for text, m in zip(texts[::-1], history[::-1], strict=True) if m.role == "user"), Counter())
    mean = sum(text.total() for text in texts) / max(1, len(texts)) or 1
    found = Counter(word for text in texts for word in text)

    def score(text: Counter[str]) -> float:
        norm = _K1 * (1 - _B + _B * text.total() / mean)
        rarity = {w: math.log(1 + (len(texts) - found[w] + 0.5) / (found[w] + 0.5)) for w in asked if w in text}
        return sum(rare * text[word] * (_K1 + 1) / (text[word] + norm) for word, rare in rarity.items())

    return sorted(range(len(texts)), key=lambda n: (-score(texts[n]), -n))


def _has_orphan(messages: Sequence[Message]) -> bool:
    called: set[str] = set()
    for message in messages:
        if message.role == "tool" and message.tool_call_id not in called:
            return True
        called |= {call.id for call in message.tool_calls or ()}
    return False
