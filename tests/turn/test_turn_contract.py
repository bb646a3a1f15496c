"""The output contract: versioned by kind of task, held against each reply, sent as a schema rather than told."""

import json

import pytest

from casework.application import Casework
from casework.gateway import Outbox
from dossier.adapters.script import Call, CallTools, Give, Say
from dossier.adapters.tokens import count_messages
from dossier.cedar import cedar_authorizer
from dossier.errors import InvalidInput, ModelBadAnswer
from dossier.extraction import by_model as extraction
from dossier.prompts import SHIPPED, Prompts
from dossier.reply_form import departures
from dossier.summaries import by_model as summaries
from state import events as e
from state.canonical import sha256
from tests.turn.test_turn_beside import ENV

VERDICT = {
    "type": "object",
    "properties": {"zone": {"type": "string"}, "harm": {"type": "string", "enum": ["low", "high"]}},
    "required": ["zone", "harm"],
    "additionalProperties": False,
}
TEXT = f"# Instruction\n\nJudge the harm.\n\n# Output schema\n\n```json\n{json.dumps(VERDICT, indent=1)}\n```\n"
FITS, BREAKS = {"zone": "A", "harm": "low"}, {"zone": "A", "harm": "dreadful"}


class FormDesk(Casework):
    """A desk whose replies have a schema."""

    def __init__(self) -> None:
        super().__init__(cedar_authorizer("casework"), Outbox())
        self.prompts = SHIPPED | Prompts({"casework.v3": TEXT}, {"casework.v3": sha256(TEXT.encode())})


@pytest.mark.req("CX-19", "CX-16", "CX-13")
async def test_a_contract_that_is_a_schema_is_sent_as_the_response_format_and_not_told_again(open_desk):
    async with open_desk([Give(FITS)], app=FormDesk()) as desk:
        await desk.say("How bad is C-1042?")

        (request,), (prompt,) = desk.model.requests, await desk.prompts()
        shape = {"name": "casework_v3", "schema": {"title": "casework_v3", **VERDICT}, "strict": True}
        assert request["response_format"] == {"type": "json_schema", "json_schema": shape}
        assert prompt.schema == shape["schema"]
        told = json.dumps(request["messages"])
        assert "dreadful" not in told and "enum" not in told and "additionalProperties" not in told
        contract = "Answer in the form casework@v3, the response format of this call."
        assert await desk.shown("output_contract") == [("contract:casework@v3", contract)]
        assert json.loads((await desk.last(e.AssistantResponseGenerated)).text) == FITS
        sent = count_messages(request["messages"], request["tools"], desk.services.counter, shape["schema"])
        assert prompt.package.total_tokens == sent > count_messages(request["messages"], [], desk.services.counter)


@pytest.mark.req("CX-19", "UP-6")
async def test_a_reply_that_breaks_the_schema_gets_one_more_try_and_then_the_turn_fails_unchanged(open_desk):
    async with open_desk([Give(BREAKS), Give(FITS)], app=FormDesk()) as desk:
        await desk.say("How bad is C-1042?")

        assert json.loads((await desk.last(e.AssistantResponseGenerated)).text) == FITS
        called = await desk.last(e.ModelCalled)
        assert (called.repaired, called.departures) == (True, ())
        assert called.estimated_tokens is not None
        assert called.estimated_tokens > (await desk.prompts())[0].package.total_tokens
        assert "'dreadful' is none of" in (await desk.last(e.ModelCallFailed)).detail
    async with open_desk([Give(BREAKS), Say("Very bad.")], app=FormDesk()) as desk:
        desk.thread += "-again"
        with pytest.raises(ModelBadAnswer, match="is no JSON"):
            await desk.say("C-1042 is urgent. How bad is it?")

        assert await desk.of(e.AssistantResponseGenerated) == await desk.of(e.FactConfirmed) == []


@pytest.mark.req("CX-19")
async def test_who_asks_for_a_tool_has_not_answered_yet_and_owes_no_form(open_desk):
    script = [CallTools(calls=(Call("get_case", {"case_id": "C-1042"}),)), Give(FITS)]
    async with open_desk(script, app=FormDesk()) as desk:
        await desk.say("How bad is C-1042?")

        assert len(await desk.of(e.ToolCallCompleted)) == 1
        assert json.loads((await desk.last(e.AssistantResponseGenerated)).text) == FITS


@pytest.mark.req("CX-19")
async def test_what_is_asked_for_beside_the_reply_has_its_form_sent_and_not_told(open_desk):
    models = {**ENV, "extraction_model": "gpt-4o-mini", "summary_model": "gpt-4o-mini", "summary_turns": 1}
    summary = {"goal": None, "open_questions": [], "entities": [], "risk_notes": []}
    async with open_desk([Say("Noted."), Give({"proposals": []}), Give(summary)], **models) as desk:
        await desk.say("The inspector of C-1042 seems to be Mara Voss.")

        sent = [request.get("response_format") for request in desk.model.requests]
        assert sent[0] is None
        assert [one["json_schema"]["schema"] for one in sent[1:]] == [extraction.SCHEMA, summaries.SCHEMA]
        told = [json.dumps(request["messages"]) for request in desk.model.requests[1:]]
        assert not any("proposals" in text or "risk_notes" in text for text in told)
        contracts = [id for call in (1, 2) for id, _ in await desk.shown("output_contract", call=call)]
        assert contracts == ["contract:extraction@1", "contract:summary@1"]


@pytest.mark.req("CX-19")
async def test_a_reply_in_prose_is_held_against_its_contract_and_what_it_breaks_is_on_record(open_desk):
    long = "**Risk** " + "word " * 400
    async with open_desk([Say(text=long), Say(text="Under review.")]) as desk:
        await desk.say("How bad is C-1042?")
        await desk.say("And now?")

        assert [called.departures for called in await desk.of(e.ModelCalled)] == [
            (
                "It has 401 words, of at most 350.",
                "It does not end with the line “This assessment is non-binding.”.",
            ),
            (),
        ]


@pytest.mark.req("CX-19")
@pytest.mark.parametrize("kind", SHIPPED.kinds)
def test_every_shipped_contract_limits_its_reply(kind):
    contract = SHIPPED.current(kind).contract
    broken = departures(contract, "word " * 600)
    assert (len(broken), departures(contract, "A short reply.")) == (0 if kind == "code_assistant" else 1, ())


@pytest.mark.req("CX-19")
@pytest.mark.parametrize(
    ("reply", "broken"),
    [
        ("**Risk**: low. This assessment is non-binding.", 0),
        ("**Risk**: low.\n\n*This assessment is non-binding.*\n", 0),
        ("**Risk**: low.", 1),
        ("This assessment is non-binding. **Risk**: low.", 1),
        ("“Key finding” [doc:IR-77#5]", 0),
        ("", 0),
    ],
)
def test_a_form_ends_with_the_line_that_its_contract_names(reply, broken):
    form = "- Risk analysis: the heading **Risk**.\n\n"
    contract = form + 'A risk analysis ends with the line "This assessment is non-binding."'
    assert len(departures(contract, reply)) == broken


@pytest.mark.req("CX-6", "OB-1")
@pytest.mark.parametrize(
    ("usage", "used"),
    [
        ({"prompt_tokens": 900, "completion_tokens": 5, "total_tokens": 905}, 900),
        (
            {
                "prompt_tokens": 2006,
                "completion_tokens": 300,
                "total_tokens": 2306,
                "prompt_tokens_details": {"cached_tokens": 1920, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 0},
            },
            2006,
        ),
        ({"prompt_tokens": 7, "total_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": None}, 7),
        (None, None),
    ],
)
async def test_what_the_endpoint_counted_stands_beside_what_we_counted(open_desk, usage, used):
    async with open_desk([Say(text="Yes.", usage=usage)]) as desk:
        await desk.say("Is C-1042 open?")

        called, (prompt,) = await desk.last(e.ModelCalled), await desk.prompts()
        estimated = prompt.package.total_tokens
        assert (called.estimated_tokens, called.input_tokens) == (estimated, used)
        assert called.token_difference == (None if used is None else used - estimated)


@pytest.mark.req("CX-16", "CX-19")
@pytest.mark.parametrize("schema", ["{", "[]", '{"type": "array"}'])
def test_a_prompt_whose_schema_is_none_is_refused(schema):
    text = f"# Instruction\nDo.\n# Output schema\n```json\n{schema}\n```\n"
    with pytest.raises(InvalidInput, match=r"output schema of prompt 'x\.v1' is"):
        Prompts({"x.v1": text}, {"x.v1": sha256(text.encode())})
