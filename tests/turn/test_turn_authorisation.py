"""What an officer may not see leaves no trace in anything of theirs: C-1048 is limited to the supervisor."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from casework.application import Casework
from casework.gateway import Outbox
from dossier.adapters.script import Call, CallTools, Say
from dossier.application import Cursor, Piece, Scope
from dossier.cedar import cedar_authorizer
from dossier.errors import NotFound, Unavailable
from state import events as e
from state.events import EntityRef
from state.principal import Principal

HIDDEN = ("Orrery", "ORRE-27", "CP-15", "Report by an employee", "vacuum-packed", "shift manager", "Two photographs")
"""Words of the limited case, its licensee and its complaint that stand nowhere else."""
LOOKS = CallTools(
    calls=(
        Call("get_case", {"case_id": "C-1048"}),
        Call("list_evidence", {"case_id": "C-1048"}),
        Call("search_documents", {"query": "beef labels in October"}),
    )
)
QUESTIONS = (
    "What's the position on C-1048?",
    "Which employee reported labels that were replaced?",
    "Quote the complaint about labels.",
)


async def everything(desk) -> str:
    """Return all that was sent, stored and kept of the thread, but what the user themselves wrote."""
    prompts = [p.messages for p in await desk.prompts()]
    bodies = [event.body for event in await desk.events() if not isinstance(event.body, e.UserMessageReceived)]
    items = [str(p.package) for p in await desk.prompts()]
    rows = [str(await desk.rows(f"SELECT * FROM {table}")) for table in ("bodies", "packages", "facts", "entities")]
    head = [message for message in (await desk.head())["messages"] if message["type"] == "ai"]
    return json.dumps([prompts, [str(body) for body in bodies], items, rows, head, desk.model.requests])


@pytest.mark.req("CX-3", "UP-5", "SV-4")
async def test_a_case_that_the_officer_may_not_see_is_nowhere_in_what_is_shown_and_kept(open_desk):
    async with open_desk([LOOKS, *(Say(text="I found nothing.") for _ in range(3))]) as desk:
        await desk.say("Tell me what is new.")
        await desk.say("What's the position on C-1048?")
        await desk.say("Tell me about any complaint.")

        found = await everything(desk)
        assert [word for word in HIDDEN if word in found] == []
        assert [(body.name, body.code) for body in await desk.of(e.ToolCallFailed)] == [
            ("get_case", "case_not_found"),
            ("list_evidence", "case_not_found"),
        ]
        mentioned = {entity.id for body in await desk.of(e.EntitiesMentioned) for entity in body.entities}
        assert "C-1048" not in mentioned
        assert all(x.reason != "unauthorised" for p in await desk.prompts() for x in p.package.exclusions)


@pytest.mark.req("CX-3", "RF-3")
async def test_the_offline_desk_says_no_word_of_it_either(offline):
    for question in QUESTIONS:
        await offline.say(question)

    said = [body.text for body in await offline.of(e.AssistantResponseGenerated)]
    assert len(said) == len(QUESTIONS)
    found = await everything(offline)
    assert [word for word in HIDDEN if word in found] == []
    offered = [option.id for body in await offline.of(e.ClarificationRequested) for option in body.options]
    assert not {"C-1048", "CP-15", "ORRE-27"} & set(offered)


class CarelessDesk(Casework):
    """An application that offers passages of a limited case to everybody."""

    async def documents(
        self, cursor: Cursor, principal: Principal, query: str, focus: Sequence[EntityRef], limit: int
    ) -> Sequence[Piece]:
        case = Scope("Case", "C-1048", (("tenant", "northgate"), ("access", "assigned"), ("assigned_to", "s.okafor")))
        leaked = Piece("doc:CP-15#2", "The shift manager of Orrery replaced labels.", case, "documents", score=99.0)
        return [leaked, *await super().documents(cursor, principal, query, focus, limit)]


@pytest.mark.req("CX-3", "UP-5")
async def test_what_an_application_offers_by_mistake_is_stopped_by_policy_without_a_trace(open_desk):
    careless = CarelessDesk(cedar_authorizer("casework"), Outbox())
    async with open_desk([Say(text="A."), Say(text="B.")], app=careless) as desk:
        await desk.say("Position on C-1042?")
        assert "doc:CP-15#2" not in (await everything(desk))
        assert "shift manager" not in (await everything(desk))

        desk.thread = str(uuid.uuid4())
        await desk.say("Position on C-1042?", who=desk.supervisor)
        assert "doc:CP-15#2" in [id for id, _ in await desk.shown("retrieved_document")]


class HalfDesk(Casework):
    """An application whose document store is away, and whose case store can be."""

    cases_are_away = False

    async def documents(self, *args: Any) -> Sequence[Piece]:
        raise Unavailable("The document store is away.")

    async def task_state(self, cursor: Cursor, principal: Principal, focus: Sequence[EntityRef]) -> Sequence[Piece]:
        if self.cases_are_away:
            raise Unavailable("The case store is away.")
        return await super().task_state(cursor, principal, focus)


@pytest.mark.req("CX-3", "CX-17")
async def test_a_source_that_is_away_is_named_when_optional_and_stops_the_turn_when_required(open_desk):
    app = HalfDesk(cedar_authorizer("casework"), Outbox())
    async with open_desk([Say(text="A.")], app=app) as desk:
        await desk.say("Position on C-1042?")
        assert await desk.shown("retrieved_document") == []
        answers = [
            entry.item.text for entry in (await desk.prompts())[0].package.items if entry.item.id == "context:answers"
        ]
        assert "Unavailable: documents" in answers[0]

        app.cases_are_away = True
        with pytest.raises(Unavailable, match="case store"):
            await desk.say("And now?")
        assert (len(desk.model.requests), len(await desk.of(e.ContextPackageBuilt))) == (1, 1)


@pytest.mark.req("CX-3")
async def test_the_supervisor_is_shown_the_same_case(open_desk):
    async with open_desk([Say(text="Received.")]) as desk:
        await desk.say("What's the position on C-1048?", who=desk.supervisor)

        items = {entry.item.id.split("#")[0] for entry in (await desk.prompts())[0].package.items}
        assert {"case:C-1048", "doc:CP-15"} <= items
        assert "Orrery" in str(desk.model.requests)


@pytest.mark.req("UP-5", "ST-2", "SV-4")
async def test_a_thread_belongs_to_its_user_and_tenant(open_desk, stranger):
    async with open_desk([Say(text="Under review.")]) as desk:
        await desk.say("Position on C-1042?", id="m1")
        for who in (stranger, desk.supervisor):
            with pytest.raises(NotFound, match="There is no thread"):
                await desk.say("What was said?", who=who)

        assert await desk.services.log.events("southmoor", desk.thread) == ()
        assert len(desk.model.requests) == 1
