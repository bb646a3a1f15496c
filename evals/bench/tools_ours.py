"""Our side of the benchmark of tool calls: the messages of a run as context items, built into a package."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from dossier.adapters.tokens import TokenCounter, count_messages
from dossier.context.budget import PROFILES
from dossier.context.build import Build, build_package
from dossier.context.freshness import DEFAULT_RULES
from dossier.context.items import ContextItem, Scope
from dossier.context.package import ContextPackage, IncludedItem, PackageHeader
from dossier.context.render import render_block
from dossier.context.wording import block_of
from evals.bench.tools_data import Asked, Call, Message
from state.canonical import canonical

_KEY = "482913765012345678"
_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SCOPE = Scope("bench", "thread", "run")
_HEADER = PackageHeader("package", "bench", "user", "run", "turn", "none", "1", "1", 1, "1")
_POLICY = ContextItem("policy:1", "policy", "Policy.", "policies", "authored", _SCOPE)
# The benchmark packs the messages so far: none is left out for being the thirteenth.
_PROFILE = replace(PROFILES["default"], limits=MappingProxyType({}))
_CONVERSATION = ("current_request", "recent_turn", "tool_result")
_REQUEST = ContextItem("request", "current_request", "-", "thread", "user_claimed", _SCOPE)
_AMPLE = 10_000


class Shown(NamedTuple):
    """What a strategy shows before a call."""

    text: str
    tokens: int
    orphan: bool
    """A tool's message is there without its call."""


@dataclass(frozen=True)
class Ours:
    """Builds packages of the messages so far."""

    counter: TokenCounter
    """Of the encoding."""

    def show(self, asked: Asked, budget: int) -> Shown:
        """Build a package for one call.

        Args:
            asked: The call that comes next, with what was said before it.
            budget: Tokens of the blocks of the conversation, delimiters included; the frame of a package comes on top.
        """
        names = {f"tool:{m.i}": call.name for m, call in results(asked.history) if call}
        shown = [e for e in self._built(context_items(asked.history), budget) if e.item.kind in _CONVERSATION]
        text = "".join(render_block(block_of(entry.item), _KEY) for entry in shown)
        found = [e.item for e in shown if e.item.kind == "tool_result"]
        orphan = any(not item.text.startswith(f"{names.get(item.id)}(") for item in found)
        return Shown(text, self.counter.count(text), orphan)

    def _built(self, items: Sequence[ContextItem], budget: int) -> tuple[IncludedItem, ...]:
        asking = [*items, *([] if any(i.kind == "current_request" for i in items) else [_REQUEST])]
        return self._package(asking, self._frame + budget).items

    @cached_property
    def _frame(self) -> int:
        made = self._package([_REQUEST], _AMPLE)
        return made.total_tokens - sum(entry.tokens for entry in made.items if entry.item is _REQUEST)

    def _package(self, items: Sequence[ContextItem], budget: int) -> ContextPackage:
        count = self.counter.count
        build = Build(_PROFILE, budget, count, lambda m: count_messages(m, [], self.counter), DEFAULT_RULES)
        given = [_POLICY, *items]
        return build_package(given, build, _HEADER, key=_KEY, now=_NOW, allowed=lambda scope: scope == _SCOPE).package


def context_items(history: Sequence[Message]) -> list[ContextItem]:
    """Give messages as the items that a turn would gather: each call with its result is one of them."""
    newest = max((message.i for message in history if message.role == "user"), default=None)
    said = [m for m in history if m.role != "tool" and m.content]
    turns = [_said(m, "current_request" if m.i == newest else "recent_turn") for m in said]
    return [*turns, *(_result(message, call) for message, call in results(history))]


def results(history: Sequence[Message]) -> list[tuple[Message, Call | None]]:
    """Give each tool's message with the call that it answers; the ids that models give may repeat."""
    calls: dict[str, Call] = {}
    found: list[tuple[Message, Call | None]] = []
    for message in history:
        if message.role == "tool":
            found.append((message, calls.pop(message.tool_call_id or "", None)))
        calls |= {call.id: call for call in message.tool_calls or ()}
    return found


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
