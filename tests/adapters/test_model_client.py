import json
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from dossier.adapters.inprocess import ASGIApp
from dossier.adapters.model import Retry, call, chat_model
from dossier.adapters.model_answer import InvalidToolCall, ModelAnswer, ToolCall, Usage
from dossier.adapters.reasoning import ReasoningFilter
from dossier.adapters.script import Call, CallTools, Cut, Empty, Fail, Garble, Give, Item, Refuse, Say
from dossier.adapters.scripted_model import ScriptedModel
from dossier.errors import (
    DossierError,
    ModelBadAnswer,
    ModelContextTooLong,
    ModelFailed,
    ModelOverloaded,
    ModelRefusedKey,
    ModelUnknown,
    ModelUnreachable,
)
from dossier.settings import Settings

HELLO = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hello"}]
TOOL = {
    "type": "function",
    "function": {
        "name": "get_case",
        "description": "Read a case.",
        "parameters": {"type": "object", "properties": {"case_id": {"type": "string"}}, "required": ["case_id"]},
    },
}
SCHEMA = {
    "title": "note",
    "type": "object",
    "properties": {"text": {"type": "string"}, "score": {"type": "integer", "minimum": 0}},
    "required": ["text", "score"],
    "additionalProperties": False,
}


class Waits:
    """Records the waits in the place of waiting."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def ask(
    app: ASGIApp, *, waits: Waits | None = None, seconds: float = 30, retries: int = 2, **more: Any
) -> ModelAnswer:
    settings = Settings(
        model="scripted", openai_base_url="http://127.0.0.1:9/v1", model_timeout=seconds, answer_reserve=77
    )
    tools = more.pop("tools", [])
    retry = Retry(retries=retries, sleep=waits or Waits())
    return await call(chat_model("scripted", settings, app=app), HELLO, tools, retry=retry, **more)


@pytest.mark.req("UP-1", "CX-13")
async def test_the_wire_carries_the_messages_tools_and_output_limit_that_were_given():
    app = ScriptedModel([Say("Good day.")])
    history = [
        *HELLO,
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "get_case", "arguments": '{"case_id": "C-1"}'}},
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "open"},
        {"role": "user", "content": [{"type": "text", "text": "And now?"}]},
    ]
    model = chat_model(
        "m-1", Settings(model="m-1", openai_base_url="http://127.0.0.1:9/v1", answer_reserve=77), app=app
    )

    await call(model, history, [TOOL])

    assert app.requests == [
        {
            "messages": history,
            "tools": [TOOL],
            "model": "m-1",
            "max_completion_tokens": 77,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]


@pytest.mark.req("UP-1")
async def test_broken_arguments_in_the_history_reach_the_wire_unchanged():
    app = ScriptedModel([Say("Sorry.")])
    broken = {"id": "c1", "type": "function", "function": {"name": "get_case", "arguments": '{"case_id": '}}
    history = [*HELLO, {"role": "assistant", "content": None, "tool_calls": [broken]}]
    history.append({"role": "tool", "tool_call_id": "c1", "content": "The arguments are no JSON."})
    model = chat_model("m", Settings(model="m", openai_base_url="http://127.0.0.1:9/v1"), app=app)

    await call(model, history, [])

    assert app.requests[0]["messages"] == history


@pytest.mark.req("UP-1")
async def test_text_arrives_token_by_token_and_complete():
    tokens: list[str] = []

    async def on_token(token: str) -> None:
        tokens.append(token)

    answer = await ask(ScriptedModel([Say("Case C-1 is open.")]), on_token=on_token)

    assert tokens == ["Case ", "C-1 ", "is ", "open."]
    assert answer == ModelAnswer(
        text="Case C-1 is open.",
        tool_calls=(),
        invalid_tool_calls=(),
        refusal=None,
        parsed=None,
        usage=Usage(input=10, output=5, cached=None),
        response_id="scripted-1",
        finish_reason="stop",
        model="scripted",
        raw={
            "role": "assistant",
            "content": "Case C-1 is open.",
            "tool_calls": [],
            "refusal": None,
            "finish_reason": "stop",
            "id": "scripted-1",
            "model": "scripted",
            "system_fingerprint": "scripted",
            "usage": {
                "input_tokens": 10,
                "output_tokens": 5,
                "total_tokens": 15,
                "input_token_details": {},
                "output_token_details": {},
            },
        },
        latency_ms=None,
        offline=False,
    )


@pytest.mark.req("UP-1")
async def test_several_tool_calls_keep_their_order_and_get_distinct_ids():
    calls = (Call("get_case", {"case_id": "C-1"}, id="x"), Call("get_case", {"case_id": "C-2"}, id="x"))
    answer = await ask(ScriptedModel([CallTools(calls, text="Looking.")]), tools=[TOOL])

    assert answer.text == "Looking."
    assert answer.finish_reason == "tool_calls"
    assert answer.tool_calls == (
        ToolCall("x", "get_case", {"case_id": "C-1"}, '{"case_id": "C-1"}'),
        ToolCall("x_1", "get_case", {"case_id": "C-2"}, '{"case_id": "C-2"}'),
    )


@pytest.mark.req("UP-6")
async def test_cut_arguments_are_invalid_and_never_completed():
    calls = (Call("close", '{"case_id": "C-10'), Call("close", "[1]"), Call("close", '{"n": NaN}'), Call("ok", ""))
    answer = await ask(ScriptedModel([CallTools(calls)]), tools=[TOOL])

    assert answer.tool_calls == (ToolCall("call_1_3", "ok", {}, ""),)
    assert answer.invalid_tool_calls == (
        InvalidToolCall(
            "call_1_0",
            "close",
            '{"case_id": "C-10',
            "the arguments are no JSON: Unterminated string starting at: line 1 column 13 (char 12)",
        ),
        InvalidToolCall("call_1_1", "close", "[1]", "the arguments are no JSON object"),
        InvalidToolCall("call_1_2", "close", '{"n": NaN}', "the arguments are no JSON: NaN is no JSON value"),
    )


@pytest.mark.req("UP-2")
@pytest.mark.parametrize("chunk_size", [0, 1, 3, 1000])
async def test_reasoning_is_neither_shown_nor_kept(chunk_size: int):
    tokens: list[str] = []

    async def on_token(token: str) -> None:
        tokens.append(token)

    text = "\n<think>The secret plan.</think>\n\nIt is <thinking>secret</thinking>open."
    answer = await ask(ScriptedModel([Say(text, reasoning="A secret.", chunk_size=chunk_size)]), on_token=on_token)

    assert answer.text == "It is open."
    assert "".join(tokens) == answer.text
    assert "secret" not in json.dumps(answer.raw)


@pytest.mark.req("UP-2")
@pytest.mark.parametrize("text", ["<", "<thin", "<b>bold</b>", "", " x", "<think>never closed", "<think>a</think>b"])
def test_the_reasoning_filter_shows_in_the_end_what_the_answer_keeps(text: str):
    shown = ReasoningFilter()
    kept = text.partition("</think>")[2] if text.startswith("<think>") else text

    assert "".join([*map(shown.feed, text), shown.rest()]) == kept


@pytest.mark.req("UP-6")
async def test_a_structured_answer_is_parsed_and_the_schema_goes_over_the_wire():
    app = ScriptedModel([Give({"text": "Leak", "score": 3})])
    answer = await ask(app, response_schema=SCHEMA)

    assert answer.parsed == {"text": "Leak", "score": 3}
    assert app.requests[0]["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "note", "schema": SCHEMA, "strict": True},
    }


@pytest.mark.req("UP-6")
@pytest.mark.parametrize(
    ("item", "raw", "problem"),
    [
        (Give({"text": "Leak"}), '{"text": "Leak"}', "$: lacks 'score'"),
        (Give({"text": 1, "score": -1}), '{"text": 1, "score": -1}', "$.text: expected string, got int"),
        (Give([1]), "[1]", "$: expected object, got list"),
        (Say('{"text": "Le', finish="length"), '{"text": "Le', "is no JSON"),
    ],
)
async def test_a_structured_answer_that_breaks_its_schema_fails_once_with_its_raw_text(
    item: Item, raw: str, problem: str
):
    app = ScriptedModel([item])
    with pytest.raises(ModelBadAnswer) as caught:
        await ask(app, response_schema=SCHEMA)

    assert caught.value.raw == raw
    assert problem in caught.value.message
    assert len(app.requests) == 1


@pytest.mark.req("UP-6")
async def test_a_refusal_is_told_apart_from_an_answer():
    answer = await ask(ScriptedModel([Refuse("I can't help with that.")]), response_schema=SCHEMA)

    assert (answer.text, answer.refusal, answer.parsed) == ("", "I can't help with that.", None)


@pytest.mark.req("UP-1")
@pytest.mark.parametrize(
    ("item", "error"),
    [
        (Fail(status=401, code="invalid_api_key"), ModelRefusedKey),
        (Fail(status=403), ModelRefusedKey),
        (Fail(status=429, code="insufficient_quota"), ModelRefusedKey),
        (Fail(status=404, code="model_not_found"), ModelUnknown),
        (Fail(status=400, code="context_length_exceeded"), ModelContextTooLong),
        (Fail(status=400, code="bad_thing"), ModelFailed),
        (Garble("data: {broken\n\n"), ModelBadAnswer),
        (Garble('data: {"id": "x", "choices": [{}]}\n\n'), ModelBadAnswer),
        (Garble("<html>A proxy's page</html>"), ModelBadAnswer),
        (Empty(), ModelBadAnswer),
        (Say(""), ModelBadAnswer),
        (Say("Half a", finish="content_filter"), ModelBadAnswer),
        (CallTools(()), ModelBadAnswer),
        (Cut("a b c", after=1, ending="error", code="context_length_exceeded"), ModelContextTooLong),
    ],
)
async def test_what_can_not_get_better_is_not_tried_again(item: Item, error: type[DossierError]):
    app, waits = ScriptedModel([item, Say("too late")]), Waits()
    with pytest.raises(DossierError) as caught:
        await ask(app, waits=waits)

    assert type(caught.value) is error
    assert (len(app.requests), waits.seconds) == (1, [])


@pytest.mark.req("UP-1")
@pytest.mark.parametrize(
    ("item", "error"),
    [
        (Fail(status=408), ModelUnreachable),
        (Fail(status=429), ModelOverloaded),
        (Fail(status=500), ModelOverloaded),
        (Fail(status=503), ModelOverloaded),
        (Cut("a b c", after=0), ModelUnreachable),
        (Cut("a b c", after=2), ModelUnreachable),
        (Cut("a b c", after=2, ending="clean"), ModelUnreachable),
        (Cut("a b c", after=2, ending="error"), ModelOverloaded),
    ],
)
async def test_what_may_get_better_is_tried_again_and_in_the_end_said(item: Item, error: type[DossierError]):
    recovered, lost = ScriptedModel([item, Say("Here.")]), ScriptedModel([item, item, item, Say("too late")])
    assert (await ask(recovered)).text == "Here."
    with pytest.raises(DossierError) as caught:
        await ask(lost)

    assert type(caught.value) is error
    assert (len(recovered.requests), len(lost.requests)) == (2, 3)


@pytest.mark.req("UP-1")
async def test_a_cut_stream_starts_again_from_the_beginning_and_says_so():
    heard: list[str] = []

    async def on_token(token: str) -> None:
        heard.append(token)

    async def on_restart(number: int, error: DossierError) -> None:
        heard.append(f"restart {number} {error.code}")

    app = ScriptedModel([Cut("It is closed.", after=2), Say("It is open.")])
    answer = await ask(app, on_token=on_token, on_restart=on_restart)

    assert heard == ["It ", "is ", "restart 1 model_unreachable", "It ", "is ", "open."]
    assert answer.text == "It is open."
    assert app.requests[0] == app.requests[1]


@pytest.mark.req("UP-1")
async def test_retry_after_is_obeyed_up_to_the_cap_and_backoff_grows_without_it():
    obeyed, grown = Waits(), Waits()
    await ask(ScriptedModel([Fail(status=429, retry_after="7"), Say("Here.")]), waits=obeyed)
    await ask(ScriptedModel([Fail(status=500), Fail(status=500), Say("Here.")]), waits=grown)
    with pytest.raises(ModelOverloaded) as caught:
        await ask(ScriptedModel([Fail(status=429, retry_after="3600"), Say("too late")]), waits=obeyed)

    assert obeyed.seconds == [7.0]
    assert 0.5 <= grown.seconds[0] <= 1.0 <= grown.seconds[1] <= 1.5
    assert caught.value.retry_after == 3600.0


@pytest.mark.req("UP-1")
@pytest.mark.parametrize("item", [Say("Late.", delay=30), Say("A " * 1000, delay=0.01)])
async def test_an_answer_that_takes_too_long_is_given_up(item: Item):
    with pytest.raises(ModelUnreachable):
        await ask(ScriptedModel([item]), seconds=0.2, retries=0)


@pytest.mark.req("UP-1")
async def test_an_error_of_the_listener_is_not_taken_for_one_of_the_model():
    async def on_token(_: str) -> None:
        raise TimeoutError("the listener's own")

    app = ScriptedModel([Say("Here."), Say("too late")])
    with pytest.raises(TimeoutError, match="the listener's own"):
        await ask(app, on_token=on_token)
    assert len(app.requests) == 1


@pytest.mark.req("UP-8")
@pytest.mark.parametrize(
    ("usage", "read"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 8}}, Usage(9, 4, 8)),
        ({"prompt_tokens": -9, "completion_tokens": 4}, None),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, None),
        (None, None),
    ],
)
async def test_usage_is_read_or_left_out_but_never_invented(usage: dict[str, Any] | None, read: Usage | None):
    assert (await ask(ScriptedModel([Say("Here.", usage=usage)]))).usage == read


@pytest.mark.req("UP-1")
async def test_langgraph_streams_the_tokens_of_a_call_made_in_a_node():
    class State(TypedDict):
        text: str

    async def speak(_: State) -> State:
        return {"text": (await ask(ScriptedModel([Say("Case C-1 is open.")]))).text}

    graph = StateGraph(State).add_node(speak).add_edge(START, "speak").compile()
    parts = [part async for part in graph.astream({"text": ""}, stream_mode="messages")]

    texts = [message.text for message, _ in parts if isinstance(message, AIMessageChunk) and message.text]
    assert texts == ["Case ", "C-1 ", "is ", "open."]


@pytest.mark.req("UP-1")
async def test_a_key_that_fails_gives_an_error_and_not_the_offline_model():
    settings = Settings(openai_api_key="wrong", openai_base_url="http://127.0.0.1:9/v1", model="m")
    with pytest.raises(ModelUnreachable):
        await call(chat_model("m", settings), HELLO, [], retry=Retry(retries=0))
