"""A model endpoint that plays a script: exact answers and exact failures, over the real client."""

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any

from dossier.adapters.inprocess import Message
from dossier.adapters.openai_wire import DONE, WireAnswer, WireCall, error_body, event, events, text_of, wants_usage
from dossier.adapters.script import Call, CallTools, Cut, Empty, Fail, Garble, Give, Item, Refuse, Say, load_script

_Send = Callable[[Message], Awaitable[None]]
_PAST_END = "script_ended"


class ScriptedModel:
    """An OpenAI-compatible ASGI app that answers each request with the next fitting item.

    An item fits when its `when` is empty or found in the request's last user text. Items are played once, in order;
    those that don't fit wait. A request that no item fits gets a 500 with the code `script_ended`.

    Attributes:
        requests: The bodies received, in order.
    """

    def __init__(self, script: Sequence[Item | Mapping[str, Any]], *, name: str = "scripted") -> None:
        """Check and take the script.

        Raises:
            pydantic.ValidationError: An item is not one that `load_script` knows.
        """
        self.requests: list[dict[str, Any]] = []
        self._waiting = list(load_script(script))
        self._length = len(self._waiting)
        self._name = name
        self._lock = threading.Lock()

    @property
    def unplayed(self) -> tuple[Item, ...]:
        """The items that no request has drawn yet."""
        return tuple(self._waiting)

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: _Send) -> None:
        """Serve one request. Lifespan events are acknowledged."""
        if scope["type"] == "lifespan":
            return await _lifespan(receive, send)
        if scope["path"] == "/v1/models":
            return await _send_json(send, 200, {"object": "list", "data": [{"id": self._name, "object": "model"}]})
        body = json.loads(await _read(receive))
        item, number = self._draw(body)
        await asyncio.sleep(item.delay)
        if isinstance(item, Fail):
            return await _refuse(send, item)
        if body.get("stream"):
            return await _stream(send, item, self._answer(item, number), include_usage=wants_usage(body))
        await _whole(send, item, self._answer(item, number))

    def _draw(self, body: dict[str, Any]) -> tuple[Item, int]:
        users = [m for m in body.get("messages", []) if m.get("role") == "user"]
        text = text_of(users[-1].get("content")) if users else ""
        with self._lock:
            self.requests.append(body)
            number = len(self.requests)
            for index, item in enumerate(self._waiting):
                if re.search(item.when, text, re.IGNORECASE):
                    return self._waiting.pop(index), number
        message = f"The script of {self._length} answers has none left for request {number}, which ends: {text[-80:]!r}"
        return Fail(status=500, code=_PAST_END, message=message), number

    def _answer(self, item: Item, number: int) -> WireAnswer:
        calls = item.calls if isinstance(item, CallTools) else ()
        return WireAnswer(
            id=f"scripted-{number}",
            model=self._name,
            fingerprint="scripted",
            pieces=_pieces(item),
            calls=tuple(_wire_call(call, number, index) for index, call in enumerate(calls)),
            finish=_finish(item),
            refusal=item.text if isinstance(item, Refuse) else None,
            reasoning=item.reasoning if isinstance(item, Say) else None,
            usage=item.usage,
        )


def _pieces(item: Item) -> tuple[str, ...]:
    match item:
        case Say(chunk_size=size, text=text) if size > 0:
            return tuple(text[start : start + size] for start in range(0, len(text), size))
        case Say(text=text) | Cut(text=text) | CallTools(text=text):
            return tuple(re.findall(r"\S+\s*|\s+", text))
        case Give(value=value):
            return tuple(re.findall(r"\S+\s*", json.dumps(value, ensure_ascii=False)))
        case _:
            return ()


def _finish(item: Item) -> str:
    if isinstance(item, CallTools):
        return "tool_calls"
    return item.finish if isinstance(item, Say) else "stop"


def _wire_call(call: Call, number: int, index: int) -> WireCall:
    arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments, ensure_ascii=False)
    return WireCall(id=call.id or f"call_{number}_{index}", name=call.name, arguments=arguments)


async def _stream(send: _Send, item: Item, answer: WireAnswer, *, include_usage: bool) -> None:
    await _start(send, 200, b"text/event-stream")
    async for data in _bytes(item, answer, include_usage):
        await send({"type": "http.response.body", "body": data, "more_body": True})
    # Returning before the last body message is how an ASGI app drops a connection.
    if not (isinstance(item, Cut) and item.ending == "drop"):
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _bytes(item: Item, answer: WireAnswer, include_usage: bool) -> AsyncIterator[bytes]:
    for data in _parts(item, answer, include_usage):
        await asyncio.sleep(item.delay)
        yield data


def _parts(item: Item, answer: WireAnswer, include_usage: bool) -> list[bytes]:
    match item:
        case Garble(body=body):
            return [body.encode()]
        case Empty():
            return [event({**answer.chunk({}), "choices": []}), DONE]
        case Cut(after=after):
            sent = [event(answer.chunk(delta)) for delta in answer.deltas()][: after + 1]
            return [*sent, event(error_body("cut", code=item.code, kind=item.code))] if item.ending == "error" else sent
        case _:
            return list(events(answer, include_usage=include_usage))


async def _whole(send: _Send, item: Item, answer: WireAnswer) -> None:
    match item:
        case Garble(body=body):
            await _start(send, 200, b"application/json")
            await send({"type": "http.response.body", "body": body.encode(), "more_body": False})
        case Cut():
            await _start(send, 200, b"application/json")
            await send({"type": "http.response.body", "body": b'{"id": "', "more_body": True})
        case Empty():
            await _send_json(send, 200, {**answer.whole(), "choices": []})
        case _:
            await _send_json(send, 200, answer.whole())


async def _refuse(send: _Send, item: Fail) -> None:
    headers = [(b"retry-after", item.retry_after.encode())] if item.retry_after else []
    if item.code == _PAST_END:
        headers.append((b"x-should-retry", b"false"))
    await _send_json(send, item.status, error_body(item.message, code=item.code, kind="scripted"), headers)


async def _send_json(
    send: _Send, status: int, value: Mapping[str, Any], headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    await _start(send, status, b"application/json", headers)
    await send({"type": "http.response.body", "body": json.dumps(value).encode(), "more_body": False})


async def _start(send: _Send, status: int, kind: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind), *headers]})


async def _read(receive: Callable[[], Awaitable[Message]]) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _lifespan(receive: Callable[[], Awaitable[Message]], send: _Send) -> None:
    for step in ("startup", "shutdown"):
        await receive()
        await send({"type": f"lifespan.{step}.complete"})
