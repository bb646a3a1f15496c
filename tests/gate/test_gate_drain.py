"""A process that is to end ends its step; its turns go on elsewhere, and nobody waits for a lease to run out."""

import asyncio
import signal
import sys
from typing import Any

import pytest

from tests.gate.desk import APPROVE, ASK_NOTICE, code_of, on, resume, said, until

HELLO = {"kind": "text", "text": "Hello."}
SLOW = {"kind": "text", "text": "Slowly said.", "delay": 0.1}


@pytest.mark.req("UP-7", "PE-2")
async def test_a_drain_ends_the_running_step_and_another_process_goes_on_at_once(open_desk, thread):
    async with open_desk([SLOW]) as first, open_desk([HELLO]) as second:
        running = asyncio.create_task(code_of(first.officer.ainvoke(said("Hi.", "m1"), on(thread))))
        await until(lambda: len(first.model.requests) == 1)
        await first.graph.drain()
        assert await running == "draining"
        assert (await first.types(thread)).count("model_called") == 1  # the step that ran was ended, and is on record
        assert await code_of(first.officer.ainvoke(said("Hi.", "m1"), on(thread))) == "draining"
        result = await second.officer.ainvoke(said("Hi.", "m1"), on(thread))
        assert result["messages"][-1]["content"] == "Slowly said."
        assert second.model.requests == []
        assert await second.is_consistent(thread)


@pytest.mark.req("UP-7", "PE-2")
async def test_what_waits_for_a_human_does_not_hold_up_a_drain_and_a_decision_is_kept_for_elsewhere(open_desk, thread):
    async with open_desk([ASK_NOTICE]) as first, open_desk([HELLO]) as second:
        waiting = await first.waiting(thread)
        await first.graph.drain()
        assert await code_of(first.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))) == "draining"
        result = await second.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))
        assert result["messages"][-1]["content"] == "Hello."


SERVING = """
import asyncio, signal, sys
from casework.application import application
from dossier.adapters.scripted_model import ScriptedModel
from dossier.errors import DossierError
from dossier.services import open_services
from dossier.settings import Settings
from graphs.assembly import turn_graph
from state.principal import Principal

async def main(url, secret, thread):
    settings = Settings(_env_file=None, database_url=url, secret=secret, pool_size=3)
    model = ScriptedModel([{"kind": "text", "text": "Slowly said.", "delay": 0.4}])
    async with open_services(settings, application(), model_app=model) as services:
        graph = turn_graph(services)
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        officer = graph.acting_as(Principal(tenant="northgate", user="o.brandt", roles=("officer",)))
        given = {"messages": [{"role": "user", "content": "Hi.", "id": "m1"}]}
        turn = asyncio.create_task(officer.ainvoke(given, {"configurable": {"thread_id": thread}}))
        while not model.requests:
            await asyncio.sleep(0.01)
        print("asked", flush=True)
        await ended.wait()
        await graph.drain()
        try:
            await turn
        except DossierError as error:
            print(error.code, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.req("UP-7", "PE-2")
async def test_a_process_that_is_told_to_end_ends_by_itself_and_its_turn_goes_on_in_another(
    open_desk, thread, database_url
):
    pipe = asyncio.subprocess.PIPE
    given = (database_url, "5f" * 32, thread)
    process: Any = await asyncio.create_subprocess_exec(sys.executable, "-c", SERVING, *given, stdout=pipe)
    assert (await process.stdout.readline()).strip() == b"asked"
    process.send_signal(signal.SIGTERM)
    assert (await process.stdout.read()).strip() == b"draining"
    assert await process.wait() == 0
    async with open_desk([HELLO]) as desk:
        result = await desk.officer.ainvoke(said("Hi.", "m1"), on(thread))
        assert [message["content"] for message in result["messages"]] == ["Hi.", "Slowly said."]
        assert desk.model.requests == []
        assert await desk.is_consistent(thread)
