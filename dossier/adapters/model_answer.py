"""What a model answered, read strictly from the client's chunks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessageChunk

from dossier.adapters.reasoning import without_reasoning
from dossier.errors import ModelBadAnswer, ModelUnreachable

OFFLINE_FINGERPRINT = "offline"
"""The system fingerprint by which the offline model labels every answer, whoever serves it."""

_DEEPEST = 64


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call whose arguments are a JSON object."""

    id: str
    """Made by the model; unique within this answer only."""
    name: str
    """The tool's name."""
    args: dict[str, Any]
    """Parsed, not yet validated against the tool's schema."""
    raw: str
    """The arguments as they came."""


@dataclass(frozen=True, slots=True)
class InvalidToolCall:
    """A tool call that can't be run."""

    id: str
    """Made by the model; unique within this answer only."""
    name: str
    """The tool's name, perhaps empty."""
    raw: str
    """The arguments as they came."""
    problem: str
    """Why it can't be run."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the endpoint counts them."""

    input: int
    """Tokens of the request."""
    output: int
    """Tokens of the answer, reasoning included."""
    cached: int | None
    """Tokens of the request that came from the provider's cache, if it says so."""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """One complete answer. Reasoning text is nowhere in it."""

    text: str
    """What was said; empty beside tool calls or a refusal."""
    tool_calls: tuple[ToolCall, ...]
    """In the model's order."""
    invalid_tool_calls: tuple[InvalidToolCall, ...]
    """In the model's order."""
    refusal: str | None
    """The refusal that stands in the place of an answer."""
    parsed: dict[str, Any] | None
    """The structured answer, valid against the schema asked for."""
    usage: Usage | None
    """None when the endpoint reports none, or nonsense."""
    response_id: str
    """The endpoint's id of the response, or empty."""
    finish_reason: str
    """stop, length or tool_calls; another server's own word is kept."""
    model: str
    """The model's name as the endpoint reports it."""
    raw: dict[str, Any]
    """The answer as a plain OpenAI-style message with its metadata, for the log."""
    latency_ms: float | None
    """None here: whoever holds the clock sets it."""
    offline: bool
    """Whether the built-in offline model answered."""


def read_answer(chunk: AIMessageChunk) -> ModelAnswer:
    """Read the sum of a stream's chunks.

    Raises:
        ModelUnreachable: The stream ended before the answer did.
        ModelBadAnswer: Nothing was answered, or a content filter stopped it.
    """
    text = without_reasoning(str(chunk.text))
    valid, invalid = _tool_calls(chunk)
    refusal = chunk.additional_kwargs.get("refusal")
    finish = _finish_reason(chunk)
    _check_complete(finish, text, called=bool(valid or invalid), refused=bool(refusal))
    meta = chunk.response_metadata
    return ModelAnswer(
        text=text,
        tool_calls=valid,
        invalid_tool_calls=invalid,
        refusal=refusal,
        parsed=None,
        usage=_usage(chunk),
        response_id=str(meta.get("id", "")),
        finish_reason=finish,
        model=str(meta.get("model_name", "")),
        raw=_raw(chunk, text, finish),
        latency_ms=None,
        offline=meta.get("system_fingerprint") == OFFLINE_FINGERPRINT,
    )


def _finish_reason(chunk: AIMessageChunk) -> str:
    meta = chunk.response_metadata
    if meta.get("object") == "response":
        return "stop" if meta.get("status") == "completed" else "length"
    return str(meta.get("finish_reason") or "")


def _check_complete(finish: str, text: str, *, called: bool, refused: bool) -> None:
    answered = bool(text or called or refused)
    if finish == "content_filter":
        told = "A content filter stopped the answer."
        raise ModelBadAnswer(told, hint="Word the request differently.", raw=text, repairable=False)
    if answered and not finish:
        raise ModelUnreachable("The answer was cut off before its end.", hint="Send the message again.")
    if not answered:
        hint = "Raise the answer reserve." if finish == "length" else "Send the message again."
        told = f"The model answered nothing (finish reason {finish[:40] or 'missing'!r})."
        # Who ran out of room for an answer runs out of it again.
        raise ModelBadAnswer(told, hint=hint, repairable=finish != "length")
    if finish == "tool_calls" and not called:
        raise ModelBadAnswer("The model announced tool calls and sent none that can be read.", raw=text)


def _tool_calls(chunk: AIMessageChunk) -> tuple[tuple[ToolCall, ...], tuple[InvalidToolCall, ...]]:
    valid: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    seen: set[str] = set()
    # LangChain's own tool_calls complete broken JSON, so that a cut argument would pass for a whole one.
    for index, part in enumerate(chunk.tool_call_chunks):
        name, raw = part["name"] or "", part["args"] or ""
        call_id = part["id"] or f"call_{index}"
        call_id = call_id if call_id not in seen else f"{call_id}_{index}"
        seen.add(call_id)
        args, problem = _arguments(name, raw)
        if args is None:
            invalid.append(InvalidToolCall(id=call_id, name=name, raw=raw, problem=problem))
        else:
            valid.append(ToolCall(id=call_id, name=name, args=args, raw=raw))
    return tuple(valid), tuple(invalid)


def _arguments(name: str, raw: str) -> tuple[dict[str, Any] | None, str]:
    if not name:
        return None, "the call names no tool"
    try:
        args = json.loads(raw or "{}", parse_constant=_refuse_constant)
    except RecursionError:
        return None, "the arguments are nested too deeply"
    except ValueError as broken:
        return None, f"the arguments are no JSON: {broken}"
    if not isinstance(args, dict):
        return None, "the arguments are no JSON object"
    return (None, "the arguments are nested too deeply") if _is_deep(args) else (args, "")


def _is_deep(value: Any) -> bool:
    """Tell whether a value is nested deeper than any tool's schema: what reads it by recursion would fail."""
    level = [value]
    for _ in range(_DEEPEST):
        inner = (one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list))
        level = [one for many in inner for one in many]
    return bool(level)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON value")


_NO_CALL = 10**9
"""Tokens that no call takes: an endpoint that counts so many is not believed."""


def _usage(chunk: AIMessageChunk) -> Usage | None:
    meta: Mapping[str, Any] = chunk.usage_metadata or {}
    sent, got = meta.get("input_tokens"), meta.get("output_tokens")
    if not (isinstance(sent, int) and isinstance(got, int)) or not (0 < sent < _NO_CALL and 0 <= got < _NO_CALL):
        return None
    return Usage(input=sent, output=got, cached=(meta.get("input_token_details") or {}).get("cache_read"))


def _raw(chunk: AIMessageChunk, text: str, finish: str) -> dict[str, Any]:
    calls = [
        {"id": part["id"], "type": "function", "function": {"name": part["name"], "arguments": part["args"] or ""}}
        for part in chunk.tool_call_chunks
    ]
    meta = chunk.response_metadata
    return {
        "role": "assistant",
        "content": text,
        "tool_calls": calls,
        "refusal": chunk.additional_kwargs.get("refusal"),
        "finish_reason": finish,
        "id": meta.get("id"),
        "model": meta.get("model_name"),
        "system_fingerprint": meta.get("system_fingerprint"),
        "usage": dict(chunk.usage_metadata) if chunk.usage_metadata else None,
    }
