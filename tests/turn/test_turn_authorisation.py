"""What an officer may not see leaves no trace in anything of theirs: C-1048 is limited to the supervisor."""

import json

import pytest

from dossier.adapters.script import Call, CallTools, Say
from dossier.errors import NotFound
from state import events as e

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
