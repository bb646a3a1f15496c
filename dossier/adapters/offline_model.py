"""The offline model: an OpenAI-compatible endpoint without any model behind it.

It knows nothing. It answers with sentences of the prompt, cites their items, calls tools by rule, and gives the same
answer to the same request. It is here so that everything runs without a key; every answer is labelled as its own.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from dossier.adapters.model_answer import OFFLINE_FINGERPRINT
from dossier.adapters.offline_answer import answer
from dossier.adapters.offline_reading import Reading, read
from dossier.adapters.offline_structured import structured
from dossier.adapters.offline_tools import PlannedCall, plan
from dossier.adapters.openai_wire import WireAnswer, WireCall, error_body, events, wants_usage
from dossier.adapters.tokens import count_messages, token_counter

NAME = "dossier-offline"


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow")


class _Function(_Part):
    name: str
    arguments: str = ""


class _Call(_Part):
    id: str
    function: _Function


class _Message(_Part):
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[_Call] | None = None


class _Tool(_Part):
    function: _Function


class _Body(_Part):
    messages: list[_Message] = Field(min_length=1)
    tools: list[_Tool] | None = None


def reply(body: Mapping[str, Any]) -> WireAnswer:
    """Answer one request body; a pure function of it."""
    reading = read(body["messages"])
    text, calls = _content(body, reading)
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:24]
    return WireAnswer(
        id=f"offline-{digest}",
        model=NAME,
        fingerprint=OFFLINE_FINGERPRINT,
        pieces=tuple(re.findall(r"\s*\S+\s*$|\s*\S+", text)),
        calls=tuple(_wire_call(call, digest, index) for index, call in enumerate(calls)),
        finish="tool_calls" if calls else "stop",
        usage=_usage(body, text, calls),
    )


def _content(body: Mapping[str, Any], reading: Reading) -> tuple[str, tuple[PlannedCall, ...]]:
    if (schema := _schema(body)) is not None:
        return json.dumps(structured(schema, reading), ensure_ascii=False), ()
    planned = plan(reading, body.get("tools") or [])
    if planned.calls and body.get("tool_choice") != "none":
        return "", planned.calls
    return answer(reading, planned.outcomes, planned.needs), ()


def _schema(body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    shape = body.get("response_format")
    if not isinstance(shape, Mapping) or shape.get("type") not in ("json_schema", "json_object"):
        return None
    return (shape.get("json_schema") or {}).get("schema") or {"type": "object"}


def _wire_call(call: PlannedCall, digest: str, index: int) -> WireCall:
    return WireCall(f"call_{digest[:12]}_{index}", call.name, json.dumps(call.args, ensure_ascii=False))


def _usage(body: Mapping[str, Any], text: str, calls: tuple[PlannedCall, ...]) -> dict[str, Any]:
    counter = token_counter("o200k_base")
    sent = count_messages(body["messages"], body.get("tools") or [], counter, _schema(body))
    got = counter.count(text) + sum(counter.count(call.name + json.dumps(call.args)) for call in calls)
    return {"prompt_tokens": sent, "completion_tokens": got, "total_tokens": sent + got}


async def _complete(request: Request) -> Response:
    try:
        body = _Body.model_validate_json(await request.body()).model_dump(exclude_unset=True)
    except ValidationError as wrong:
        return _bad_request(f"The request can't be read: {wrong.errors(include_url=False)[0]['msg']}")
    try:
        # Counting loads the tokenizer's file at its first use, which must not block the loop.
        made = await asyncio.to_thread(reply, body)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as wrong:
        return _bad_request(f"The tools or the response format can't be read: {wrong!r}")
    if body.get("stream"):
        return StreamingResponse(_stream(made, body), media_type="text/event-stream")
    return JSONResponse(made.whole())


async def _stream(made: WireAnswer, body: Mapping[str, Any]) -> AsyncIterator[bytes]:
    for data in events(made, include_usage=wants_usage(body)):
        yield data


def _bad_request(message: str) -> Response:
    return JSONResponse(error_body(message, code="invalid_request", kind="invalid_request_error"), status_code=400)


async def _models(_: Request) -> Response:
    return JSONResponse({"object": "list", "data": [{"id": NAME, "object": "model", "owned_by": "dossier"}]})


app = Starlette(
    routes=[
        Route("/v1/chat/completions", _complete, methods=["POST"]),
        Route("/v1/models", _models, methods=["GET"]),
    ]
)
