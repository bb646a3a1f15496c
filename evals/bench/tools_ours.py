"""Our side of the benchmark of tool calls: the messages of a run as context items, built into a package."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from dossier.adapters.tokens import TokenCounter, count_messages
from dossier.context.budget import PROFILES, SEGMENT_OF
from dossier.context.build import Build, build_package
from dossier.context.freshness import DEFAULT_RULES
from dossier.context.items import ContextItem, Scope
from dossier.context.package import IncludedItem, PackageHeader
from dossier.context.render import render, render_block
from dossier.context.wording import block_of
from evals.bench.tools_data import Call, Message
from state.canonical import canonical

_KEY = "482913765012345678"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SCOPE = Scope("bench", "thread", "run")
_HEADER = PackageHeader("package", "bench", "user", "run", "turn", "none", "1", "1", 1, "1")
_POLICY = ContextItem("policy:1", "policy", "Policy.", "policies", "authored", _SCOPE)
# The benchmark packs the messages so far: none is left out for being the thirteenth.
_PROFILE = replace(PROFILES["default"], limits=MappingProxyType({}))
_SEGMENTS = ("request", "turns", "tools")


class Shown(NamedTuple):
    """What a strategy shows before a call."""

    text: str
    tokens: int
    orphan: bool
    """A tool's message is there without its call."""


def package(history: Sequence[Message], budget: int, counter: TokenCounter) -> Shown:
    """Build a package of a run's messages so far.

    Args:
        history: The messages, the system prompt left out.
        budget: Tokens of all blocks of the conversation, delimiters included; the frame of a package comes on top.
        counter: Of the encoding.
    """
    build = Build(_PROFILE, 0, counter.count, lambda messages: count_messages(messages, [], counter), DEFAULT_RULES)
    items = [_POLICY, *context_items(history)]

    def built(total: int) -> tuple[IncludedItem, ...]:
        made = build_package(
            items, replace(build, budget=total), _HEADER, key=_KEY, now=_NOW, allowed=lambda scope: scope == _SCOPE
        )
        return made.package.items

    shown = [e for e in built(_frame(counter) + budget) if SEGMENT_OF[e.item.kind] in _SEGMENTS]
    text = "".join(render_block(block_of(entry.item), _KEY) for entry in shown)
    return Shown(text, counter.count(text), orphan=False)


def context_items(history: Sequence[Message]) -> list[ContextItem]:
    """Give messages as the items that a turn would gather: each call with its result is one of them."""
    newest = max((message.i for message in history if message.role == "user"), default=None)
    calls: dict[str, Call] = {}
    items: list[ContextItem] = []
    for message in history:
        if message.role == "tool":
            items.append(_result(message, calls.pop(message.tool_call_id or "", None)))
        elif message.content:
            kind = "current_request" if message.i == newest else "recent_turn"
            items.append(_said(message, kind))
        calls |= {call.id: call for call in message.tool_calls or ()}
    return items


def _said(message: Message, kind: str) -> ContextItem:
    return ContextItem(
        f"turn:{message.i}",
        kind,  # pyright: ignore[reportArgumentType]
        message.content or "",
        "thread",
        "user_claimed" if message.role == "user" else "model_inferred",
        _SCOPE,
        position=message.i,
        role="user" if message.role == "user" else "assistant",
    )


def _result(message: Message, call: Call | None) -> ContextItem:
    called = f"{call.name}({canonical(call.args).decode()}) -> " if call else ""
    text = called + (message.content or "")
    fields = {"position": message.i, "role": "tool"}
    return ContextItem(f"tool:{message.i}", "tool_result", text, "thread", "tool_observed", _SCOPE, **fields)  # pyright: ignore[reportArgumentType]
