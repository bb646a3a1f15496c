"""One open turn a thread: retried, raced, cancelled or cut off, each message is one turn with one answer."""

import asyncio
from typing import Any

import pytest
from langchain_core.messages import AIMessage

from dossier.errors import ThreadBusy
from tests.gate.desk import APPROVE, ASK_NOTICE, code_of, on, resume, said, until

HELLO = {"kind": "text", "text": "Hello."}
SLOW = {"kind": "text", "text": "Slowly said.", "delay": 5}


class Stopped(BaseException):
    """The process ends here: nothing after it runs but what a dying task runs."""


class StopAt:
    """Cuts a turn off at a write point, once."""

    def __init__(self, point: str) -> None:
        self.point = point
        self.armed = False

    def __call__(self, point: str) -> None:
        if self.armed and point == self.point:
            self.armed = False
            raise Stopped


@pytest.mark.req("UP-7", "EV-4")
async def test_of_32_messages_at_once_one_runs_and_none_is_lost_or_doubled_when_they_are_sent_again(open_desk, thread):
    async with open_desk([HELLO] * 32, pool_size=8) as desk:
        await desk.officer.ainvoke(said("First.", "m-first"), on(thread))
        left = {f"m{n}" for n in range(31)}
        first = await asyncio.gather(*(code_of(desk.officer.ainvoke(said("Hi.", m), on(thread))) for m in sorted(left)))
        assert set(first) == {None, "thread_busy"}
        assert len(await desk.types(thread)) > 0
        while left:
            waiting = sorted(left)
            codes = await asyncio.gather(*(code_of(desk.officer.ainvoke(said("Hi.", m), on(thread))) for m in waiting))
            assert set(codes) <= {None, "thread_busy"}
            left -= {message for message, code in zip(waiting, codes, strict=True) if code is None}
        types = await desk.types(thread)
        assert types.count("user_message_received") == types.count("turn_ended") == 32
        assert len(desk.model.requests) == 32
        assert await desk.is_consistent(thread)


@pytest.mark.req("UP-7", "EV-4")
async def test_the_same_message_twenty_times_at_once_is_one_turn(open_desk, thread):
    async with open_desk([HELLO], pool_size=8) as desk:
        runs = (code_of(desk.officer.ainvoke(said("Hi.", "m1"), on(thread))) for _ in range(20))
        assert set(await asyncio.gather(*runs)) <= {None, "thread_busy"}
        types = await desk.types(thread)
        assert types.count("user_message_received") == types.count("turn_ended") == len(desk.model.requests) == 1
        assert types.count("thread_created") == 1


@pytest.mark.req("EV-4", "PE-2")
async def test_a_message_that_has_its_answer_gets_it_again_in_every_form_of_stream(open_desk, stored, thread):
    async with open_desk([HELLO, {"kind": "text", "text": "Second."}]) as desk:
        live = await desk.officer.ainvoke(said("Hi.", "m1"), on(thread))
        for latest in (True, False):
            if not latest:
                await desk.officer.ainvoke(said("More.", "m2"), on(thread))
            before = stored()

            async def again(**options: Any) -> list[Any]:
                return [chunk async for chunk in desk.officer.astream(said("Hi.", "m1"), on(thread), **options)]

            values = live if latest else {"messages": live["messages"]}
            reply = (AIMessage("Hello.", id="m1/0"), {"langgraph_node": "update_state"})
            assert await desk.officer.ainvoke(said("Hi.", "m1"), on(thread)) == values
            assert await again() == [{"update_state": values}]
            assert await again(stream_mode="values") == [values]
            assert await again(stream_mode="updates") == [{"update_state": values}]
            assert await again(stream_mode="messages") == [reply]
            assert await again(stream_mode=["values", "messages"]) == [("values", values), ("messages", reply)]
            assert await again(stream_mode=["values"], subgraphs=True) == [((), "values", values)]
            assert await again(stream_mode=["custom", "tasks"]) == []
            v2 = {"type": "values", "ns": (), "data": values, "interrupts": ()}
            assert await again(stream_mode="values", version="v2") == [v2]
            assert stored() == before
        assert len(desk.model.requests) == 2


@pytest.mark.req("UP-7", "PE-2")
async def test_a_cancelled_turn_frees_its_thread_at_once_and_is_gone_on_with(open_desk, thread):
    async with open_desk([SLOW, HELLO]) as desk:
        running = asyncio.create_task(desk.officer.ainvoke(said("Hi.", "m1"), on(thread)))
        await until(lambda: len(desk.model.requests) == 1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        result = await desk.officer.ainvoke(said("Hi.", "m1"), on(thread))
        assert [message["content"] for message in result["messages"]] == ["Hi.", "Hello."]
        assert (await desk.types(thread)).count("model_called") == 1
        assert await desk.is_consistent(thread)


@pytest.mark.req("UP-7")
@pytest.mark.parametrize("pauses", [0, 1, 2, 3, 5, 8])
async def test_a_second_cancel_does_not_keep_the_lease_from_being_given_back(open_desk, thread, pauses):
    async with open_desk([SLOW, HELLO]) as desk:
        running = asyncio.create_task(desk.officer.ainvoke(said("Hi.", "m1"), on(thread)))
        await until(lambda: len(desk.model.requests) == 1)
        running.cancel()
        for _ in range(pauses):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        async with asyncio.timeout(5):  # the lease itself lasts for 30 s
            code: str | None = ThreadBusy.code
            while code == ThreadBusy.code:
                await asyncio.sleep(0.01)
                code = await code_of(desk.officer.ainvoke(said("Hi.", "m1"), on(thread)))
        assert code is None


@pytest.mark.req("UP-7", "PE-2")
async def test_a_stream_that_is_closed_or_timed_out_is_gone_on_with(open_desk, thread):
    async with open_desk([HELLO, SLOW, {"kind": "text", "text": "Second."}]) as desk:
        stream = desk.officer.astream(said("Hi.", "m1"), on(thread), stream_mode="updates")
        await anext(stream)
        await stream.aclose()
        result = await desk.officer.ainvoke(said("Hi.", "m1"), on(thread))
        assert result["messages"][-1]["content"] == "Hello."
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await desk.officer.ainvoke(said("More.", "m2"), on(thread))
        result = await desk.officer.ainvoke(said("More.", "m2"), on(thread))
        assert result["messages"][-1]["content"] == "Second."
        assert await desk.is_consistent(thread)


CUTS = [
    "step.admit:after",
    "checkpoint.put:before",
    "checkpoint.put:after",
    "step.call_model:after",
    "step.update_state:after",
    "checkpoint.writes:after",
]


@pytest.mark.req("PE-2", "EV-2", "EV-4")
@pytest.mark.parametrize("point", CUTS)
async def test_a_turn_that_was_cut_off_is_finished_before_the_next_message(open_desk, thread, point):
    stop = StopAt(point)
    script = [HELLO, {"kind": "text", "text": "Second."}, {"kind": "text", "text": "Third."}]
    async with open_desk(script, probe=stop) as desk:
        await desk.officer.ainvoke(said("One.", "m1"), on(thread))
        stop.armed = True
        with pytest.raises(Stopped):
            await desk.officer.ainvoke(said("Two.", "m2"), on(thread))
        result = await desk.officer.ainvoke(said("Three.", "m3"), on(thread))
        said_so_far = [message["content"] for message in result["messages"]]
        assert said_so_far == ["One.", "Hello.", "Two.", "Second.", "Three.", "Third."]
        types = await desk.types(thread)
        assert types.count("turn_ended") == types.count("model_called") == 3
        assert await desk.is_consistent(thread)


@pytest.mark.req("PE-2", "GR-1")
async def test_a_new_message_also_ends_a_cut_off_turn_in_a_run_that_has_its_id_already(open_desk, thread):
    """A server gives one run id to the whole invocation: LangGraph alone would take the message for a resume."""
    stop = StopAt("step.call_model:after")
    async with open_desk([HELLO, {"kind": "text", "text": "Second."}], probe=stop) as desk:
        stop.armed = True
        with pytest.raises(Stopped):
            await desk.officer.ainvoke(said("One.", "m1"), on(thread))
        result = await desk.officer.ainvoke(said("Two.", "m2"), {**on(thread), "metadata": {"run_id": "r"}})
        assert [message["content"] for message in result["messages"]] == ["One.", "Hello.", "Two.", "Second."]


@pytest.mark.req("PE-2", "AP-4")
async def test_a_cut_off_turn_that_comes_to_wait_for_approval_keeps_the_next_message_out(open_desk, thread):
    stop = StopAt("step.call_model:after")
    async with open_desk([ASK_NOTICE, HELLO], probe=stop) as desk:
        stop.armed = True
        with pytest.raises(Stopped):
            await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "m1"), on(thread))
        assert await code_of(desk.officer.ainvoke(said("Two.", "m2"), on(thread))) == "approval_waiting"
        assert "m2" not in {event.header.turn for event in await desk.services.log.events("northgate", thread)}
        approval = (await desk.services.approvals.pending("northgate", thread))[0]
        result = await desk.supervisor.ainvoke(resume(approval.id, APPROVE), on(thread))
        assert result["messages"][-1]["content"] == "Hello."


@pytest.mark.req("PE-2", "GR-1")
async def test_a_turn_that_can_never_be_finished_is_ended_on_record_and_does_not_block_its_thread(open_desk, thread):
    too_long = {"kind": "error", "status": 400, "code": "context_length_exceeded", "message": "too long"}
    async with open_desk([too_long, too_long, {"kind": "text", "text": "Second."}], model_retries=0) as desk:
        assert await code_of(desk.officer.ainvoke(said("One.", "m1"), on(thread))) == "model_context_too_long"
        result = await desk.officer.ainvoke(said("Two.", "m2"), on(thread))
        assert result["messages"][-1]["content"] == "Second."
        events = await desk.services.log.events("northgate", thread)
        ends = [(e.header.turn, e.body.outcome, e.body.detail) for e in events if e.header.type == "turn_ended"]
        assert ends == [("m1", "failed", "model_context_too_long"), ("m2", "answered", "")]
        again = await desk.officer.ainvoke(said("One.", "m1"), on(thread))
        assert [message["content"] for message in again["messages"]] == ["One."]
        assert await desk.is_consistent(thread)


@pytest.mark.req("PE-2", "GR-1")
async def test_a_turn_whose_model_is_away_stays_open_and_keeps_the_next_message_out(open_desk, thread):
    away = {"kind": "error", "status": 503, "message": "away"}
    async with open_desk([away, away, HELLO, HELLO], model_retries=0) as desk:
        assert await code_of(desk.officer.ainvoke(said("One.", "m1"), on(thread))) == "model_overloaded"
        assert await code_of(desk.officer.ainvoke(said("Two.", "m2"), on(thread))) == "model_overloaded"
        result = await desk.officer.ainvoke(said("Two.", "m2"), on(thread))
        assert [message["content"] for message in result["messages"]] == ["One.", "Hello.", "Two.", "Hello."]


@pytest.mark.req("UP-7")
async def test_nothing_is_cut_off_for_who_asks_to_go_on_with_a_finished_thread(open_desk, stored, thread):
    async with open_desk([HELLO]) as desk:
        live = await desk.officer.ainvoke(said("Hi.", "m1"), on(thread))
        before = stored()
        assert await desk.officer.ainvoke(None, on(thread)) == live
        assert await code_of(desk.officer.ainvoke(None, on("missing"))) == "not_found"
        assert stored() == before
