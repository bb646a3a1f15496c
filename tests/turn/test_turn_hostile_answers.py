"""Whatever a model answers, a turn keeps its facts and its task, its thread goes on, and the log says why."""

import uuid
from dataclasses import dataclass, replace
from typing import Any

import pytest

from dossier.adapters.model import Retry
from dossier.adapters.script import Item, Say
from dossier.adapters.scripted_model import ScriptedModel
from dossier.errors import ModelFailed
from graphs.assembly import turn_graph
from state import events as e
from tests.adapters.hostile_answers import ALL

SAYS = "Not urgent: C-1042."
CHANGES = (
    e.FactConfirmed,
    e.FactSuperseded,
    e.AssumptionRejected,
    e.DecisionRecorded,
    e.ProfileHinted,
    e.TaskStateChanged,
    e.MemoryCandidateProposed,
)


@dataclass
class Endpoint:
    """A model that answers one thing until it is mended, and then well."""

    item: Item | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await ScriptedModel([self.item or Say("Fine.")])(scope, receive, send)


def changed(bodies: list[Any]) -> list[str]:
    return [body.type for body in bodies if isinstance(body, CHANGES)]


def reason(bodies: list[Any]) -> str:
    """Return why the log says that an answer was of no use, or how it ended."""
    refused = [body.code for body in bodies if isinstance(body, e.ToolCallRejected | e.ToolCallFailed)]
    called = [body for body in bodies if isinstance(body, e.ModelCalled)]
    return ",".join(refused) or str(called[-1].finish_reason)


@pytest.mark.req("UP-6", "UP-1", "UP-3")
@pytest.mark.parametrize("group", ALL)
@pytest.mark.timeout(300)
async def test_a_thread_survives_every_kind_of_answer(open_case_desk, officer, group):
    async def no_wait(seconds: float) -> None:
        pass

    endpoint, thread = Endpoint(), str(uuid.uuid4())
    async with open_case_desk(model_app=endpoint, tool_loop_limit=1) as opened:
        services = replace(opened, retry=Retry(retries=1, sleep=no_wait))
        graph = turn_graph(services).acting_as(officer)

        async def say(id: str) -> list[Any]:
            """Return what the log has of the turn."""
            sent = {"messages": [{"role": "user", "content": SAYS, "id": id}]}
            await graph.ainvoke(sent, {"configurable": {"thread_id": thread}})
            return [event.body for event in await services.log.turn("northgate", thread, id)]

        async def played(name: str, item: Item) -> None:
            endpoint.item = item
            try:
                bodies = await say(name)
                assert reason(bodies)
            except ModelFailed as failed:
                bodies = [event.body for event in await services.log.turn("northgate", thread, name)]
                failures = [body for body in bodies if isinstance(body, e.ModelCallFailed)]
                assert failures[-1].code == failed.code
                assert failures[-1].detail
                endpoint.item = None
                bodies = await say(name)
            assert changed(bodies) == []
            assert isinstance(bodies[-1], e.TurnEnded)

        assert changed(await say("first")) == ["fact_confirmed"]
        broken: dict[str, str] = {}
        for name, item in ALL[group].items():
            try:
                await played(name, item)
            except Exception as error:
                broken[name] = f"{type(error).__name__}: {str(error)[:300]}"
        assert broken == {}
        assert (await services.verifier.verify("northgate", thread)).status == "intact"
