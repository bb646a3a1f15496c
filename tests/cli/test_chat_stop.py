"""Ctrl-C in a sitting: the answer stops, the conversation goes on."""

import asyncio
import io

import pytest
from rich.console import Console

from cli.chat import Chat
from dossier.services import Services
from graphs.assembly import turn_graph
from state.principal import Principal


@pytest.mark.req("UP-1", "GR-2")
async def test_an_answer_that_is_stopped_leaves_the_conversation_usable(services: Services, officer: Principal) -> None:
    out = io.StringIO()
    chat = Chat(services, turn_graph(services), Console(file=out, width=400), {"officer": officer}, "officer")
    lines = iter(["What is the status of C-1042?", "What is the status of C-1043?", None])

    async def ask(_: str) -> str | None:
        line = next(lines)
        if line and "C-1042" in line:
            asyncio.get_running_loop().call_later(0.02, chat.stop)
        return line

    await chat.hold(ask)

    stopped, answered = out.getvalue().split("Stopped. The next message goes on from here.")
    assert "C-1042]" not in stopped
    assert "[case:C-1043]" in answered
