"""The model call of a turn: streamed, repeated where that helps, on record where it fails."""

import asyncio
import json

import pytest

from dossier.adapters.script import Call, CallTools, Cut, Fail, Garble, Refuse, Say
from dossier.errors import InvalidSettings, ModelBadAnswer, ModelOverloaded, ModelRefusedKey
from state import events as e


@pytest.fixture
def model_env():
    return {"model": "gpt-4o", "openai_base_url": "http://127.0.0.1:9/v1"}


LOOK = CallTools(calls=(Call("get_case", {"case_id": "C-1042"}),))


@pytest.mark.req("UP-1")
async def test_tokens_stream_while_the_turn_runs_and_add_up_to_the_reply(open_desk):
    async with open_desk([Say(text="The case is under review.")]) as desk:
        graph = desk.graph.acting_as(desk.officer)
        message = {"messages": [{"role": "user", "content": "Position on C-1042?", "id": "m1"}]}
        seen = [
            (meta["langgraph_node"], chunk.content)
            async for chunk, meta in graph.astream(message, desk.config, stream_mode="messages")
            if chunk.content
        ]

        assert seen == [("call_model", word) for word in ("The ", "case ", "is ", "under ", "review.")]
        assert (await desk.last(e.AssistantResponseGenerated)).text == "The case is under review."


@pytest.mark.req("UP-1")
@pytest.mark.parametrize(
    "trouble",
    [Fail(status=429, retry_after="3"), Fail(status=500), Cut(text="The case is open", after=2), Fail(status=503)],
    ids=["rate_limit", "server_error", "cut_stream", "unavailable"],
)
async def test_a_passing_trouble_is_tried_again_with_the_same_package(open_desk, trouble):
    async with open_desk([trouble, Say(text="The case is under review.")]) as desk:
        result = await desk.say("Position on C-1042?")

        assert result["messages"][-1]["content"] == "The case is under review."
        first, second = desk.model.requests
        assert first == second
        assert len(desk.waits) == 1
        assert [body.text for body in await desk.of(e.ModelCalled)] == ["The case is under review."]
        assert await desk.of(e.ModelCallFailed) == []


@pytest.mark.req("UP-1")
async def test_an_endpoint_that_asks_to_wait_is_given_its_time(open_desk):
    async with open_desk([Fail(status=429, retry_after="3"), Say(text="Here.")]) as desk:
        await desk.say("Hello")

        assert desk.waits == [3.0]


@pytest.mark.req("UP-1", "EV-4", "PE-2")
async def test_a_refused_key_is_not_tried_again_and_the_same_message_takes_the_turn_up(open_desk):
    async with open_desk([Fail(status=401), Say(text="Under review.")]) as desk:
        with pytest.raises(ModelRefusedKey) as refused:
            await desk.say("Position on C-1042?", id="m1")
        assert (refused.value.code, refused.value.status) == ("model_key_refused", 502)
        assert (len(desk.model.requests), desk.waits) == (1, [])
        failed = await desk.last(e.ModelCallFailed)
        assert (failed.ordinal, failed.code) == (0, "model_key_refused")
        assert "turn_ended" not in await desk.types()

        result = await desk.say("Position on C-1042?", id="m1")
        assert result["messages"][-1]["content"] == "Under review."
        types = await desk.types()
        assert [types.count(kind) for kind in ("user_message_received", "context_package_built", "turn_ended")] == [
            1,
            1,
            1,
        ]
        assert desk.model.requests[0] == desk.model.requests[1]
        assert failed.package_id == (await desk.last(e.ModelCalled)).package_id


@pytest.mark.req("UP-1")
async def test_a_trouble_that_stays_is_on_record_each_time_and_locks_nothing(open_desk):
    script = [Fail(status=500), Fail(status=500), Fail(status=500), Say(text="Back.")]
    async with open_desk(script, model_retries=0) as desk:
        for _ in range(3):
            with pytest.raises(ModelOverloaded):
                await desk.say("Hello", id="m1")
        assert [body.code for body in await desk.of(e.ModelCallFailed)] == ["model_overloaded"] * 3

        assert (await desk.say("Hello", id="m1"))["messages"][-1]["content"] == "Back."
        assert (await desk.services.verifier.verify("northgate", desk.thread)).status == "intact"


NONSENSE = Garble(body='data: {"nonsense": 1}\n\n')


@pytest.mark.req("UP-6", "UP-1")
async def test_an_answer_that_can_not_be_used_is_shown_its_error_once_and_the_failure_stays_on_record(open_desk):
    async with open_desk([Say(text="", finish="stop"), Say(text="Hello.")]) as desk:
        assert (await desk.say("Not urgent: C-1042.", id="m1"))["messages"][-1]["content"] == "Hello."

        first, second = (request["messages"] for request in desk.model.requests)
        assert second[: len(first)] == first
        assert [message["role"] for message in second[len(first) :]] == ["user"]
        assert "The model answered nothing" in second[-1]["content"]
        failed, called = await desk.last(e.ModelCallFailed), await desk.last(e.ModelCalled)
        assert (failed.code, failed.package_id) == ("model_bad_answer", called.package_id)
        assert (called.repaired, called.text) == (True, "Hello.")


@pytest.mark.req("UP-6", "UP-1")
async def test_two_answers_that_can_not_be_read_are_a_clear_failure_and_change_no_fact(open_desk):
    async with open_desk([NONSENSE, NONSENSE, Say(text="Hello.")], model_retries=0) as desk:
        with pytest.raises(ModelBadAnswer, match="answered nothing"):
            await desk.say("Not urgent: C-1042.", id="m1")

        assert [body.code for body in await desk.of(e.ModelCallFailed)] == ["model_bad_answer"] * 2
        assert await desk.of(e.FactConfirmed) == []
        assert (await desk.say("Not urgent: C-1042.", id="m1"))["messages"][-1]["content"] == "Hello."


@pytest.mark.req("UP-1")
async def test_a_fallback_answers_the_same_package_when_the_model_can_not_be_reached_and_the_log_says_which(
    open_desk, model_env
):
    script = [Fail(status=503), Fail(status=503), Say(text="From the other one.")]
    async with open_desk(script, model_retries=1, **model_env, fallback_model="gpt-4o-mini") as desk:
        result = await desk.say("Position on C-1042?")

        assert result["messages"][-1]["content"] == "From the other one."
        assert [request["model"] for request in desk.model.requests] == ["gpt-4o", "gpt-4o", "gpt-4o-mini"]
        assert desk.model.requests[0]["messages"] == desk.model.requests[2]["messages"]
        assert [(body.code, body.model) for body in await desk.of(e.ModelCallFailed)] == [
            ("model_overloaded", "gpt-4o")
        ]
        assert (await desk.last(e.ModelCalled)).package_id == (await desk.last(e.ModelCallFailed)).package_id


@pytest.mark.req("UP-1")
async def test_a_refused_key_does_not_fall_back(open_desk, model_env):
    async with open_desk([Fail(status=401)], **model_env, fallback_model="gpt-4o-mini") as desk:
        with pytest.raises(ModelRefusedKey):
            await desk.say("Position on C-1042?")
        assert [request["model"] for request in desk.model.requests] == ["gpt-4o"]


@pytest.mark.req("UP-1", "CX-6")
@pytest.mark.parametrize("other", ["gpt-4", "gpt-3.5-turbo"])
async def test_a_fallback_that_counts_tokens_otherwise_is_refused_at_the_start(open_desk, model_env, other):
    with pytest.raises(InvalidSettings, match="can't take the packages"):
        async with open_desk([], **model_env, fallback_model=other):
            pass


@pytest.mark.req("UP-1")
async def test_a_cancelled_call_is_dropped_at_the_endpoint_and_the_same_message_is_answered_after_it(open_desk):
    reached = asyncio.Event()

    async def note() -> None:
        reached.set()

    script = [Say(text="Too slow to be of use", delay=30), Say(text="Under review.")]
    async with open_desk(script, before_call=note) as desk:
        running = asyncio.create_task(desk.say("Position on C-1042?", id="m1"))
        await reached.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await desk.of(e.ModelCalled) == []

        assert (await desk.say("Position on C-1042?", id="m1"))["messages"][-1]["content"] == "Under review."
        assert [body.outcome for body in await desk.of(e.TurnEnded)] == ["answered"]


@pytest.mark.req("UP-6")
async def test_a_refusal_is_the_reply_and_is_named_so(open_desk):
    async with open_desk([Refuse("I can't help with that.")]) as desk:
        assert (await desk.say("Position on C-1042?"))["messages"][-1]["content"] == "I can't help with that."
        assert (await desk.last(e.ModelCalled)).finish_reason == "refusal"


@pytest.mark.req("UP-2")
@pytest.mark.parametrize("size", [0, 1, 5])
async def test_reasoning_is_not_streamed_either(open_desk, size):
    script = [Say(text="<think>zebrawise</think>It is <thinking>zebra</thinking>open.", chunk_size=size)]
    async with open_desk(script) as desk:
        message = {"messages": [{"role": "user", "content": "Position on C-1042?", "id": "m1"}]}
        stream = desk.graph.acting_as(desk.officer).astream(message, desk.config, stream_mode="messages")
        streamed = "".join([chunk.content async for chunk, meta in stream if meta["langgraph_node"] == "call_model"])

        assert streamed == (await desk.last(e.AssistantResponseGenerated)).text == "It is open."


@pytest.mark.req("UP-2")
async def test_reasoning_text_is_nowhere_in_what_is_kept(open_desk, as_owner, database_url):
    secret = "zebrawise"
    looks = CallTools(calls=LOOK.calls, text=f"<think>{secret}</think>Looking.")
    script = [looks, Say(text=f"<think>{secret}</think>Under review.", reasoning=f"{secret} again"), Say(text="Bye.")]
    async with open_desk(script) as desk:
        result = await desk.say("Position on C-1042?")
        await desk.say("Thanks")

        assert [message["content"] for message in result["messages"] if message["type"] == "ai"] == [
            "Looking.",
            "Under review.",
        ]
        history = [s.values async for s in desk.graph.acting_as(desk.officer).aget_state_history(desk.config)]
        kept = [str(await desk.events()), str(history), str([p.messages for p in await desk.prompts()])]
        kept += [str(await desk.rows(f"SELECT * FROM {table}")) for table in ("payloads", "bodies", "packages")]
        assert all("Under review." in text for text in kept[:3])
        assert [secret in text for text in kept] == [False] * len(kept)
        assert secret not in json.dumps([request["messages"] for request in desk.model.requests])


@pytest.mark.req("UP-1", "OB-1")
async def test_the_call_is_on_record_with_its_package_usage_and_response_id(open_desk):
    usage = {"prompt_tokens": 900, "completion_tokens": 7, "total_tokens": 907}
    async with open_desk([Say(text="Under review.", usage=usage)]) as desk:
        await desk.say("Position on C-1042?")

        called = await desk.last(e.ModelCalled)
        assert (called.input_tokens, called.output_tokens, called.response_id) == (900, 7, "scripted-1")
        assert called.package_id == (await desk.last(e.ContextPackageBuilt)).package_id


@pytest.mark.req("CX-6")
async def test_the_answer_reserve_is_sent_as_the_output_limit(open_desk):
    async with open_desk([Say(text="Hello.")], answer_reserve=321) as desk:
        await desk.say("Hello")

        assert desk.model.requests[0]["max_completion_tokens"] == 321
