"""What happens around a sitting: Ctrl-C stops an answer, others decide meanwhile."""

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


@pytest.mark.req("AP-3", "AP-6")
async def test_a_number_means_the_call_that_it_was_shown_for_whatever_others_decided_meanwhile(
    services: Services, officer: Principal, supervisor: Principal
) -> None:
    graph = turn_graph(services)
    for case in ("C-1042", "C-1043"):
        said = {"role": "user", "content": f"Change the status of {case} to escalated.", "id": case}
        await graph.acting_as(officer).ainvoke({"messages": [said]}, {"configurable": {"thread_id": f"of-{case}"}})
    first, second = await services.approvals.inbox("northgate")
    out = io.StringIO()
    chat = Chat(services, graph, Console(file=out, width=400), {"supervisor": supervisor}, "supervisor")
    lines = iter(["/waits", "/reject 1 no", "/approve 1", "/approve 2", None])

    async def ask(_: str) -> str | None:
        return next(lines)

    await chat.hold(ask)
    decided = [(await services.approvals.get("northgate", one.id)).status for one in (first, second)]

    assert decided == ["denied", "approved"]
    assert "[already_decided]" in out.getvalue()
