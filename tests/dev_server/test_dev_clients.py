"""Public clients against `langgraph dev`: each request is what agent-chat-ui or agent-inbox really sends.

agent-chat-ui fdc87e6 over `useStream` of langgraph-sdk 1.x: it sends the user's text as a list of blocks, made-up tool
messages behind tool calls, the newest checkpoint that it has read, and bare resumes beside an empty input.
"""

import asyncio
import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import uvicorn

from dossier.adapters.scripted_model import ScriptedModel
from tests.dev_server.conftest import DevServer

UI_MODES = ["values", "messages-tuple", "custom"]
"""What `useStream` asks for: the values that the page names, and what the page's parts read."""

NOTE = {"case_id": "C-1042", "text": "The sensor was replaced."}
OTHER_NOTE = {"case_id": "C-1042", "text": "The sensor was tested."}
STATUS = {"case_id": "C-1042", "status": "escalated", "reason": "A school kitchen is affected."}
APPROVE, REJECT = {"type": "approve"}, {"type": "reject", "message": "Not on file."}
EDIT = {"type": "edit", "edited_action": {"name": "add_note", "args": OTHER_NOTE}}
ALLOWED = ["approve", "edit", "reject", "respond"]

FORGED, INVALID, WAITING = (400, "forged_input"), (400, "invalid_input"), (409, "approval_waiting")


def says(text: str, when: str, delay: float = 0.0) -> dict[str, Any]:
    return {"kind": "text", "text": text, "when": when, "delay": delay}


def calls(when: str, *asked: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "tool_calls", "when": when, "calls": [{"name": n, "arguments": args} for n, args in asked]}


def slowly(when: str) -> dict[str, Any]:
    return says(f"Answer to {when}.", when, delay=0.6)


@pytest.fixture(scope="module")
def model() -> Iterator[tuple[ScriptedModel, str]]:
    """A scripted model, whose items are added by each test, and its address."""
    played = ScriptedModel([])
    serving = uvicorn.Server(uvicorn.Config(played, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=serving.run, daemon=True)
    thread.start()
    while not serving.started:
        thread.join(0.02)
    yield played, f"http://127.0.0.1:{serving.servers[0].sockets[0].getsockname()[1]}/v1"
    serving.should_exit = True
    thread.join(10)
