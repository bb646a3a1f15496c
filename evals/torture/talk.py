"""What is said in the races, and what a model without memory answers: the same for every runtime.

A message is `[[3 tell: a | b]]`, upon which the model calls `tell` for each text, or `[[3 say]]`.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from dossier.adapters.openai_wire import WireAnswer, WireCall, events

_MARK = re.compile(r"\[\[(\d+) (tell|say)(?:: ([^\]]*))?\]\]")
_CAME_OUT = re.compile(r"(approved|refused) tell|tell did not run|Nobody approved tell|that tell (took|did)")
_HEADERS = [(b"content-type", b"text/event-stream")]
_WIRE: dict[str, Any] = {"model": "races", "fingerprint": "races", "usage": {"prompt_tokens": 1, "total_tokens": 1}}


@dataclass(frozen=True, slots=True)
class Spoken:
    """The newest message of a conversation."""

    number: int
    texts: tuple[str, ...]
    """What to tell the outside; empty for mere talk."""


def message(number: int, *texts: str) -> str:
    """Return the words of a message."""
    return f"[[{number} tell: {' | '.join(texts)}]]" if texts else f"[[{number} say]]"


def newest(text: str) -> Spoken:
    """Return the message that a text begins with."""
    number, kind, told = _MARK.findall(text)[0]
    return Spoken(int(number), tuple(part.strip() for part in told.split("|")) if kind == "tell" else ())


def heard(number: int) -> str:
    """Return the reply to a message."""
    return f"Heard {number}."


class Model:
    """The same, as an OpenAI-compatible app that answers from the package it is shown."""

    def __init__(self, reached: Any) -> None:
        self._reached = reached

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        body = b""
        while True:
            part = await receive()
            body += part.get("body", b"")
            if not part.get("more_body"):
                break
        await self._reached("model")
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send(
            {"type": "http.response.body", "body": b"".join(events(self._answer(body.decode()), include_usage=True))}
        )

    def _answer(self, body: str) -> WireAnswer:
        given = next(one["content"] for one in json.loads(body)["messages"] if one["role"] == "user")
        spoken = newest(given.partition('kind="current_request"')[2])
        if not spoken.texts or _CAME_OUT.search(given):
            return WireAnswer(f"heard-{spoken.number}", pieces=(heard(spoken.number),), **_WIRE)
        calls = tuple(
            WireCall(f"call_{spoken.number}_{place}", "tell", f'{{"text": "{text}"}}')
            for place, text in enumerate(spoken.texts)
        )
        return WireAnswer(f"call-{spoken.number}", calls=calls, finish="tool_calls", **_WIRE)
