"""The shapes of an OpenAI-compatible answer on the wire, streamed and whole."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, slots=True)
class WireCall:
    """One tool call as an endpoint sends it."""

    id: str
    """Made by the endpoint; may repeat from answer to answer."""
    name: str
    """The tool's name."""
    arguments: str
    """JSON text, possibly broken."""


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """What an endpoint answers, before it is cut into chunks."""

    id: str
    """The response id."""
    model: str
    """The model's name as the endpoint reports it."""
    fingerprint: str
    """The system fingerprint."""
    pieces: tuple[str, ...] = ()
    """The text, as it is to be streamed."""
    calls: tuple[WireCall, ...] = ()
    """Tool calls, in order."""
    finish: str = "stop"
    """The finish reason."""
    refusal: str | None = None
    """The refusal that stands in the place of text."""
    reasoning: str | None = None
    """Reasoning text, as some servers add it."""
    usage: Mapping[str, Any] | None = None
    """Token usage, or None when the endpoint sends none."""

    def deltas(self) -> Iterator[dict[str, Any]]:
        """Yield the stream's deltas, the role first."""
        yield {"role": "assistant", "content": ""}
        if self.reasoning is not None:
            yield {"reasoning_content": self.reasoning}
        if self.refusal is not None:
            yield {"refusal": self.refusal}
        for piece in self.pieces:
            yield {"content": piece}
        for index, call in enumerate(self.calls):
            yield {"tool_calls": [{"index": index, **_call_head(call)}]}
            yield {"tool_calls": [{"index": index, "function": {"arguments": call.arguments}}]}

    def chunk(self, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
        """Return one chunk of the stream."""
        choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": finish}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def usage_chunk(self) -> dict[str, Any]:
        """Return the last chunk: no choice, only the usage."""
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": self.usage}

    def whole(self) -> dict[str, Any]:
        """Return the answer as one body."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.pieces) or None}
        message["refusal"] = self.refusal
        if self.reasoning is not None:
            message["reasoning_content"] = self.reasoning
        if self.calls:
            message["tool_calls"] = [_whole_call(call) for call in self.calls]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}
        return {**self._head("chat.completion"), "choices": [choice], "usage": self.usage}

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": 0,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
        }


def events(answer: WireAnswer, *, include_usage: bool) -> Iterator[bytes]:
    """Yield the whole answer as server-sent events, `[DONE]` included."""
    for delta in answer.deltas():
        yield event(answer.chunk(delta))
    yield event(answer.chunk({}, finish=answer.finish))
    if include_usage and answer.usage is not None:
        yield event(answer.usage_chunk())
    yield DONE


def event(data: Mapping[str, Any]) -> bytes:
    """Return one server-sent event."""
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def error_body(message: str, *, code: str, kind: str) -> dict[str, Any]:
    """Return the body of a refusal."""
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def wants_usage(body: Mapping[str, Any]) -> bool:
    """Tell whether the request asks for usage at the end of its stream."""
    options = body.get("stream_options")
    return isinstance(options, Mapping) and bool(options.get("include_usage"))


def text_of(content: object) -> str:
    """Return the text of a message's content: a string, or a list of text blocks."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    blocks = [block for block in content if isinstance(block, Mapping)]
    return "\n".join(text for block in blocks if isinstance(text := block.get("text"), str))


def _call_head(call: WireCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}


def _whole_call(call: WireCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
