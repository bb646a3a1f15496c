"""The model call of a turn: streamed, repeated where that helps, on record where it fails."""

import json

import pytest

from dossier.adapters.script import Call, CallTools, Cut, Fail, Garble, Say
from dossier.errors import ModelBadAnswer, ModelOverloaded, ModelRefusedKey
from state import events as e

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


@pytest.mark.req("UP-6", "UP-1")
async def test_an_answer_that_cannot_be_read_is_a_clear_failure_and_changes_no_fact(open_desk):
    async with open_desk([Garble(body='data: {"nonsense": 1}\n\n'), Say(text="Hello.")], model_retries=0) as desk:
        with pytest.raises(ModelBadAnswer):
            await desk.say("Not urgent: C-1042.", id="m1")

        assert (await desk.last(e.ModelCallFailed)).code == "model_bad_answer"
        assert await desk.of(e.FactConfirmed) == []
        assert (await desk.say("Not urgent: C-1042.", id="m1"))["messages"][-1]["content"] == "Hello."


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
