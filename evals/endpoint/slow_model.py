"""An OpenAI-compatible model that takes a second and says back the mark it was given: `python -m ... PORT SECONDS`."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

MARK = re.compile(r"mark-[0-9a-f]{16}")
WORDS = 10


def reply_to(mark: str) -> str:
    """Return what is answered to a mark."""
    return " ".join([f"heard {mark}", *(f"w{n}" for n in range(WORDS))])


def app(seconds: float) -> Starlette:
    """Return the model; an answer takes so many seconds."""

    async def completions(request: Request) -> StreamingResponse:
        asked = await request.json()
        text = next(m["content"] for m in reversed(asked["messages"]) if m["role"] == "user")
        current = text.rfind('kind="current_request"')
        found = MARK.search(text, current)
        return StreamingResponse(
            _said(reply_to(found[0] if found else "nothing"), seconds), media_type="text/event-stream"
        )

    return Starlette(routes=[Route("/v1/chat/completions", completions, methods=["POST"])])


async def _said(text: str, seconds: float) -> AsyncIterator[str]:
    words = text.split(" ")
    for n, word in enumerate(words):
        await asyncio.sleep(seconds / len(words))
        yield _chunk({"role": "assistant", "content": word if n == 0 else f" {word}"}, None)
    yield _chunk({}, "stop")
    usage = {"prompt_tokens": 100, "completion_tokens": len(words), "total_tokens": 100 + len(words)}
    yield _line({"id": "slow", "object": "chat.completion.chunk", "model": "slow", "choices": [], "usage": usage})
    yield "data: [DONE]\n\n"


def _chunk(delta: dict[str, str], finish: str | None) -> str:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _line({"id": "slow", "object": "chat.completion.chunk", "model": "slow", "choices": [choice]})


def _line(data: object) -> str:
    return f"data: {json.dumps(data)}\n\n"


if __name__ == "__main__":
    uvicorn.run(app(float(sys.argv[2])), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
