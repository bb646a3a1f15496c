"""A vague phrase is asked about, and the answer is put together with the request that waited."""

from dataclasses import replace
from typing import Any

import pytest

from dossier.adapters.script import Say
from dossier.application import Application
from dossier.references.opinion import OpenReference
from graphs.assembly import turn_graph
from state import events as e
from state.events import EntityRef

POSITION = "What's the position on C-1042?"
QUOTE = "Quote the key finding from the report."
QUESTION = (
    "Which do you mean by “the report”?\n"
    "1. Inspection report IR-61, cold store Dock Road (2026-03-12)\n"
    "2. Inspection report IR-77, follow-up on chamber 3 (2026-10-22)"
)
WAITED = f"answers the question about “the report” in the request: “{QUOTE}”"

FOREIGN = """
INSERT INTO casework.licensees (tenant_id, id, name, trade)
    VALUES ('southmoor', 'ACME-77', 'Southern Acme', 'cold store');
INSERT INTO casework.cases (tenant_id, id, title, licensee_id, status, status_verified_by, status_verified_at, urgency,
    risk, assigned_to, access, opened)
    VALUES ('southmoor', 'C-1042', 'Southern fish', 'ACME-77', 'received', 's', now(),
    'routine', 'low', 'o.brandt', 'agency', '2026-01-01');
INSERT INTO casework.documents (tenant_id, id, type, title, case_id, dated, version, verified_by, always_applies)
    VALUES ('southmoor', 'IR-99', 'inspection_report', 'Inspection report IR-99, southern', 'C-1042', '2026-11-01', '1',
    's', false);
INSERT INTO casework.passages (tenant_id, document_id, number, heading, text)
    VALUES ('southmoor', 'IR-99', 1, 'Finding', 'Key finding of the report: southern secret.');
"""


@pytest.mark.req("RF-4", "GR-1")
async def test_a_vague_phrase_ends_the_turn_with_a_numbered_question_and_no_model_call(open_desk):
    async with open_desk([Say(text="Under review.")]) as desk:
        await desk.say(POSITION)
        result = await desk.say(QUOTE, id="m2")

        assert result["messages"][-1] == {"type": "ai", "id": "m2/question", "content": QUESTION}
        assert "__interrupt__" not in result
        asked = await desk.last(e.ClarificationRequested)
        assert (asked.phrase, asked.request) == ("the report", QUOTE)
        assert [option.id for option in asked.options] == ["IR-61", "IR-77"]
        assert (await desk.last(e.TurnEnded)).outcome == "clarified"
        assert [len(desk.model.requests), len(await desk.of(e.ContextPackageBuilt))] == [1, 1]


@pytest.mark.req("RF-4", "RF-3")
@pytest.mark.parametrize(
    ("reply", "meant"),
    [
        ("the second one", ["IR-77"]),
        ("IR-77", ["IR-77"]),
        ("2", ["IR-77"]),
        ("the first", ["IR-61"]),
        ("both", ["IR-61", "IR-77"]),
    ],
)
async def test_the_answer_is_resolved_and_shown_with_the_request_that_waited(open_desk, reply, meant):
    async with open_desk([Say(text="Under review."), Say(text="Quoted.")]) as desk:
        await desk.say(POSITION)
        await desk.say(QUOTE)
        result = await desk.say(reply)

        assert result["messages"][-1]["content"] == "Quoted."
        resolved = await desk.last(e.ReferenceResolved)
        assert [entity.id for entity in resolved.entities] == meant
        assert 0 < resolved.confidence <= 1
        ((_, text),) = await desk.shown("current_request")
        named = ", ".join(f"inspection_report {id}" for id in meant)
        assert text == f'{WAITED}\n{reply}\nresolved: "{resolved.phrase}" -> {named}'
        assert (await desk.head())["session"]["question"] is None


@pytest.mark.req("RF-4")
async def test_neither_is_asked_about_again_and_the_request_goes_on_waiting(open_desk):
    async with open_desk([Say(text="Under review."), Say(text="Quoted.")]) as desk:
        await desk.say(POSITION)
        await desk.say(QUOTE)
        result = await desk.say("neither")

        assert "none of those offered" in result["messages"][-1]["content"]
        assert (await desk.last(e.ClarificationRequested)).request == QUOTE
        await desk.say("IR-77")
        ((_, text),) = await desk.shown("current_request")
        assert f"in the request: “{QUOTE}”" in text
        assert [entity.id for entity in (await desk.last(e.ReferenceResolved)).entities] == ["IR-77"]


@pytest.mark.req("RF-4", "CX-7")
@pytest.mark.parametrize("other", ["What is the status of C-1040?", "Thanks"])
async def test_a_message_that_asks_for_something_else_is_not_shown_as_the_answer(open_desk, other):
    async with open_desk([Say(text="Under review."), Say(text="Something else.")]) as desk:
        await desk.say(POSITION)
        await desk.say(QUOTE)
        await desk.say(other)

        ((_, text),) = await desk.shown("current_request")
        assert text.startswith(other)
        assert "answers the question" not in text


@pytest.mark.req("RF-3", "RF-4", "SV-4")
async def test_nothing_of_another_tenant_is_offered_resolved_or_shown(open_desk, as_owner):
    as_owner(FOREIGN)
    async with open_desk([Say(text="Under review."), Say(text="I do not know IR-99.")]) as desk:
        await desk.say(POSITION)
        await desk.say(QUOTE)
        assert [option.id for option in (await desk.last(e.ClarificationRequested)).options] == ["IR-61", "IR-77"]
        await desk.say("IR-99 southern")
        resolved = {entity.id for body in await desk.of(e.ReferenceResolved) for entity in body.entities}
        assert resolved == {"C-1042"}
        held = {entry.item.id.split("#")[0] for prompt in await desk.prompts() for entry in prompt.package.items}
        assert "doc:IR-77" in held
        assert "doc:IR-99" not in held
        assert "southern secret" not in str(desk.model.requests)


@pytest.mark.req("RF-2")
async def test_what_is_selected_in_the_interface_settles_a_vague_phrase(open_desk):
    async with open_desk([Say(text="Under review."), Say(text="Quoted.")]) as desk:
        await desk.say(POSITION)
        await desk.say(QUOTE, selection=[{"type": "inspection_report", "id": "IR-61"}])

        resolved = await desk.last(e.ReferenceResolved)
        label = "Inspection report IR-61, cold store Dock Road (2026-03-12)"
        assert resolved.entities == (EntityRef(type="inspection_report", id="IR-61", label=label),)
        assert await desk.of(e.ClarificationRequested) == []


class Ranking:
    """The case desk, with an opinion on what a phrase means."""

    def __init__(self, app: Application, chosen: str | None) -> None:
        self.app = app
        self.chosen = chosen
        self.asked: list[tuple[str, list[str]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.app, name)

    async def rank_reference(self, reference: OpenReference) -> str | None:
        self.asked.append((reference.phrase, [option.id for option in reference.options]))
        return self.chosen


@pytest.mark.req("RF-5")
@pytest.mark.parametrize(
    ("allowed", "chosen", "resolved", "asked"),
    [(True, "IR-77", ["IR-77"], 0), (True, "IR-99", [], 1), (True, None, [], 1), (False, "IR-77", [], 1)],
)
async def test_an_application_may_rank_what_the_rules_leave_open(open_desk, allowed, chosen, resolved, asked):
    async with open_desk([Say(text="Under review."), Say(text="Mice.")]) as desk:
        app = Ranking(desk.services.app, chosen)
        settings = desk.services.settings.model_copy(update={"reference_ranking": allowed})
        graph = turn_graph(replace(desk.services, app=app, settings=settings))  # pyright: ignore[reportArgumentType]
        desk = replace(desk, graph=graph)
        await desk.say(POSITION)
        await desk.say(QUOTE, id="m2")

        assert app.asked == ([("the report", ["IR-61", "IR-77"])] if allowed else [])
        references = [body for body in await desk.of(e.ReferenceResolved) if body.phrase == "the report"]
        assert [entity.id for body in references for entity in body.entities] == resolved
        assert len(await desk.of(e.ClarificationRequested)) == asked
