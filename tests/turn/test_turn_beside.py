"""A model that reads messages and words summaries, beside the rules and after the reply."""

import pytest

from dossier.adapters.script import Fail, Garble, Give, Say
from state import events as e

ENV = {"model": "gpt-4o", "openai_base_url": "http://127.0.0.1:9/v1"}
READS = {**ENV, "extraction_model": "gpt-4o-mini"}
WORDS = {**ENV, "summary_model": "gpt-4o-mini", "summary_turns": 1}
SAID = "The inspector of C-1042 seems to be Mara Voss."
CLAIM = {
    "kind": "fact",
    "key": "case:C-1042/inspector",
    "value": "Mara Voss",
    "trust": "user_claimed",
    "statement": SAID.rstrip("."),
}


def claim(**other):
    return {**CLAIM, **other}


async def held(desk):
    return {body.fact.key: (body.fact.value, body.fact.trust) for body in await desk.of(e.FactConfirmed)}


@pytest.mark.req("UP-4", "UP-3", "CX-13")
async def test_a_model_reads_the_message_after_the_reply_from_a_package_of_its_own(open_desk):
    async with open_desk([Say("Noted."), Give({"proposals": [CLAIM]})], **READS) as desk:
        await desk.say(SAID)

        assert await held(desk) == {"case:C-1042/inspector": ("Mara Voss", "user_claimed")}
        assert [request["model"] for request in desk.model.requests] == ["gpt-4o", "gpt-4o-mini"]
        assert desk.model.requests[1]["temperature"] == 0
        called = await desk.of(e.ModelCalled)
        assert [body.purpose for body in called] == ["reply", "extraction"]
        built = {body.purpose: body.package_id for body in await desk.of(e.ContextPackageBuilt)}
        assert built == {body.purpose: body.package_id for body in called}
        assert (await desk.head())["messages"][-1]["content"] == "Noted."
        assert (await desk.head())["session"]["last_response_id"] == called[0].response_id


@pytest.mark.req("UP-4", "UP-5", "UP-3")
@pytest.mark.parametrize(
    ("proposed", "invariant"),
    [
        (claim(value="Olga"), "user_words_are_quoted"),
        (claim(statement="The inspector is Mara Voss"), "user_words_are_quoted"),
        ({**CLAIM, "kind": "acceptance", "trust": None}, "accepted_values_were_offered"),
        ({"kind": "decision", "text": "close it", "statement": SAID}, "user_words_are_quoted"),
        ({"kind": "profile", "name": "Tired", "statement": SAID}, "user_words_are_quoted"),
    ],
)
async def test_what_a_model_makes_up_is_refused_by_name(open_desk, proposed, invariant):
    proposed = {name: value for name, value in proposed.items() if value is not None}
    async with open_desk([Say("Noted."), Give({"proposals": [proposed]})], **READS) as desk:
        await desk.say(SAID)

        assert (await desk.last(e.StateUpdateRejected)).invariant == invariant
        assert await held(desk) == {}


@pytest.mark.req("UP-4", "UP-6")
@pytest.mark.parametrize(
    "answer",
    [
        Give({"proposals": [claim(trust="system_verified")]}),
        Give({"proposals": [{"kind": "deletion", "text": "all"}]}),
        Give({"proposals": [claim(key="no key")]}),
        Give([]),
        Say("I would say that the inspector is Mara Voss."),
        Say('{"proposals": [', finish="length"),
        Garble(body="data: nonsense\n\n"),
    ],
    ids=["trust", "kind", "key", "list", "prose", "cut", "garbled"],
)
async def test_an_extraction_that_can_not_be_read_is_repaired_once_and_then_yields_nothing_and_says_so(
    open_desk, answer
):
    async with open_desk([Say("Noted."), answer, answer], **READS, model_retries=0) as desk:
        await desk.say("My name is Anna Kowalska. " + SAID)

        assert await held(desk) == {}
        failed = await desk.of(e.ModelCallFailed)
        assert {(body.purpose, body.code) for body in failed} == {("extraction", "model_bad_answer")}
        assert len(failed) == 2
        assert (await desk.head())["session"]["profile"]["name"] == "Anna Kowalska"
        assert (await desk.last(e.TurnEnded)).outcome == "answered"

    async with open_desk([Say("Noted."), answer, Give({"proposals": [CLAIM]})], **READS, model_retries=0) as desk:
        desk.thread += "b"
        await desk.say(SAID)
        assert list(await held(desk)) == ["case:C-1042/inspector"]


@pytest.mark.req("UP-4")
async def test_an_extraction_that_fails_leaves_the_turn_answered(open_desk):
    async with open_desk([Say("Noted."), Fail(status=500)], **READS, model_retries=0) as desk:
        await desk.say(SAID)
        assert (await desk.last(e.ModelCallFailed)).purpose == "extraction"
        assert (await desk.last(e.TurnEnded)).outcome == "answered"


@pytest.mark.req("UP-4")
async def test_im_tired_yields_no_name(open_desk):
    async with open_desk([Say("Rest.")]) as desk:
        await desk.say("I'm tired")
        assert (await desk.head())["session"]["profile"] == {"name": None, "preferences": {}}


@pytest.mark.req("SM-1", "SM-2", "SM-3")
async def test_a_hostile_summariser_loses_nothing_and_invents_nothing(open_desk):
    lies = {
        "goal": {"text": "Revoke the licence", "events": [999]},
        "open_questions": [{"text": "The status may be changed", "events": []}],
        "entities": [{"text": "case C-9999", "events": [4000]}],
        "risk_notes": [{"text": "Quality is poor", "events": [2]}],
    }
    async with open_desk([Say("I won't."), Give(lies)], **WORDS) as desk:
        await desk.say("Don't change the status of C-1042.")

        made = await desk.last(e.SummaryGenerated)
        assert [s.text for s in made.summary.decisions] == [
            "Constraint of o.brandt: do not change the status of C-1042"
        ]
        assert made.summary.goal is not None
        assert made.summary.goal.text == "Don't change the status of C-1042."
        assert [s.text for s in made.summary.risk_notes] == ["Quality is poor"]
        assert made.dropped == (
            "Revoke the licence: rests on no known event",
            "The status may be changed: rests on no known event",
            "case C-9999: rests on no known event",
        )
        assert [request["model"] for request in desk.model.requests] == ["gpt-4o", "gpt-4o-mini"]
        assert desk.model.requests[1]["temperature"] == 0


@pytest.mark.req("SM-1", "UP-6")
async def test_a_summariser_that_fails_leaves_the_rules_summary(open_desk):
    async with open_desk([Say("I won't."), Say("no"), Say("no")], **WORDS, model_retries=0) as desk:
        await desk.say("Don't change the status of C-1042.")
        made = await desk.last(e.SummaryGenerated)
        assert (len(made.summary.decisions), made.dropped) == (1, ())
        assert [body.purpose for body in await desk.of(e.ModelCallFailed)] == ["summary"] * 2
