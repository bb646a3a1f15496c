"""Memory over whole turns: kept once when asked for, offered to other threads, gone when it is taken back."""

import asyncio
import uuid
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from langgraph.store.base import GetOp, ListNamespacesOp, SearchOp

from casework.application import application
from dossier.adapters.script import Call, CallTools, Give, Say
from dossier.cedar import CedarAuthorizer
from dossier.errors import ForgedInput, InvalidInput, NotFound, NotIdentified
from dossier.memory import Owner, namespace
from dossier.memory_tool import remember
from dossier.services import utc_now
from graphs.assembly import turn_graph
from state import events as e
from state.principal import Principal
from tests.turn.conftest import Desk

WISH = "Remember that I prefer short answers."
SHORT = "I prefer short answers"
ASKS = "What is the status of C-1042?"
COLLEAGUE = Principal(tenant="northgate", user="a.colleague", roles=("officer",))


@pytest.fixture
async def desk(open_desk):
    async with open_desk([Say(text="Noted.")] * 8) as opened:
        yield opened


async def elsewhere(desk: Desk, text: str, who: Principal | None = None) -> list[str]:
    """Say something in a new thread, and return the memories that its package shows."""
    other = replace(desk, thread=str(uuid.uuid4()), officer=who or desk.officer)
    await other.say(text)
    return [text for _, text in await other.shown("memory")]


async def texts(desk: Desk, who: Principal | None = None) -> list[str]:
    return [one.text for one in await desk.services.memories.of(who or desk.officer)]


async def verdicts(desk: Desk) -> list[tuple[str, str]]:
    """Return text and check of each refused candidate."""
    said = {body.candidate_id: body.text for body in await desk.of(e.MemoryCandidateProposed)}
    return [(said[body.candidate_id], body.check) for body in await desk.of(e.MemoryCandidateRefused)]


@pytest.mark.req("ME-1", "ME-2", "CX-2")
async def test_what_the_user_asks_to_be_remembered_is_offered_in_other_threads(desk):
    await desk.say(WISH)
    [stored] = await desk.of(e.MemoryCandidateStored)
    [kept] = await desk.services.memories.of(desk.officer)
    assert (kept.id, kept.owner, kept.text, kept.trust, kept.thread) == (
        stored.memory_id, Owner("user", "o.brandt"), SHORT, "user_claimed", desk.thread,
    )  # fmt: skip
    other = replace(desk, thread=str(uuid.uuid4()))
    await other.say(ASKS)
    [entry] = [one for one in (await other.prompts())[-1].package.items if one.item.kind == "memory"]
    assert (entry.item.id, entry.item.text, entry.item.trust, entry.item.source, entry.item.reason) == (
        f"memory:{kept.id}", SHORT, "user_claimed", "memories", "how to answer",
    )  # fmt: skip
    assert entry.item.as_of == kept.said_at


@pytest.mark.req("ME-2", "CX-3")
async def test_nobody_else_is_reminded_of_it(desk, stranger):
    await desk.say(WISH)
    assert await elsewhere(desk, ASKS, COLLEAGUE) == []
    assert await texts(desk, stranger) == []
    assert await texts(desk, COLLEAGUE) == []


@pytest.mark.req("ME-1", "UP-3")
async def test_a_refused_memory_is_on_record_with_the_check_and_stands_nowhere(desk):
    await desk.say("Remember that my password is hunter2. Remember that I'm tired.")
    await desk.say("Remember for everyone that letters go out on Mondays. Remember that she likes tables.")
    assert await verdicts(desk) == [
        ("my password is hunter2", "sensitivity"), ("I'm tired", "stability"),
        ("letters go out on Mondays", "scope"), ("she likes tables", "consent"),
    ]  # fmt: skip
    assert await texts(desk) == []


@pytest.mark.req("ME-3")
async def test_what_is_said_of_a_case_belongs_to_the_case_and_not_to_memory(desk):
    await desk.say("Remember that C-1042 is urgent.")
    assert await verdicts(desk) == [("C-1042 is urgent", "scope")]
    assert await elsewhere(desk, ASKS) == []


@pytest.mark.req("ME-3")
async def test_memories_and_documents_come_from_sources_of_their_own(desk):
    await desk.say("Remember that I prefer reports on sensor faults.")
    other = replace(desk, thread=str(uuid.uuid4()))
    await other.say("What do the reports of C-1042 say about sensor faults?")
    kinds = {e.item.kind: e.item.source for e in (await other.prompts())[-1].package.items}
    assert kinds["memory"] == "memories" != kinds["retrieved_document"]


@pytest.mark.req("ME-4")
async def test_saying_it_again_keeps_it_once(desk):
    await desk.say(f"{WISH} {WISH}")
    await desk.say(WISH)
    assert await texts(desk) == [SHORT]
    assert await verdicts(desk) == [(SHORT, "relevance")] * 2


@pytest.mark.req("ME-4", "UP-4")
async def test_a_model_that_reads_messages_is_shown_no_memory_and_can_keep_none(open_desk):
    models = {"model": "gpt-4o", "openai_base_url": "http://127.0.0.1:9/v1", "extraction_model": "gpt-4o-mini"}
    nothing, greedy = Give({"proposals": []}), Give({"proposals": [{"kind": "memory", "text": SHORT}]})
    script = [Say("Noted."), nothing, Say("Open."), greedy, greedy]
    async with open_desk(script, **models) as desk:
        await desk.say(WISH)
        other = replace(desk, thread=str(uuid.uuid4()))
        await other.say(ASKS)
        reply, reading = await other.prompts()
        assert [[one.item.text for one in p.package.items if one.item.kind == "memory"] for p in (reply, reading)] == [
            [SHORT], [],
        ]  # fmt: skip
        assert await other.of(e.MemoryCandidateProposed) == []
        assert await texts(desk) == [SHORT]


@pytest.mark.req("ME-4")
async def test_a_user_corrects_and_forgets_what_is_remembered(desk, supervisor, stranger):
    memories, officer = desk.services.memories, desk.officer
    await desk.say(WISH)
    [kept] = await memories.of(officer)
    for other in (supervisor, stranger, COLLEAGUE):
        with pytest.raises(NotFound):
            await memories.correct(other, kept.id, "I prefer long answers")
        with pytest.raises(NotFound):
            await memories.forget(other, kept.id)
    with pytest.raises(InvalidInput, match="too sensitive"):
        await memories.correct(officer, kept.id, "my password is hunter2")
    made = await memories.correct(officer, kept.id, "I prefer long answers")
    assert await memories.of(officer) == [made]
    assert (made.id, made.text, made.thread) == (kept.id, "I prefer long answers", desk.thread)
    assert await elsewhere(desk, ASKS) == ["I prefer long answers"]
    await memories.forget(officer, kept.id)
    with pytest.raises(NotFound):
        await memories.forget(officer, kept.id)
    assert await elsewhere(desk, ASKS) == []


@pytest.mark.req("ME-4")
async def test_all_that_is_remembered_of_a_user_is_forgotten_at_once_and_no_one_elses(desk):
    await desk.say(f"{WISH} Remember that I like tables.")
    other = replace(desk, thread=str(uuid.uuid4()), officer=COLLEAGUE)
    await other.say(WISH)
    assert await desk.services.memories.forget_all(desk.officer) == 2
    assert (await texts(desk), await texts(desk, COLLEAGUE)) == ([], [SHORT])


@pytest.mark.req("ME-4", "PR-2")
async def test_erasing_a_thread_erases_what_was_remembered_from_it(desk):
    await desk.say(WISH)
    other = replace(desk, thread=str(uuid.uuid4()))
    await other.say("Remember that I like tables.")
    [kept] = [one for one in await desk.services.memories.of(desk.officer) if one.text == SHORT]
    await desk.services.memories.correct(desk.officer, kept.id, "I prefer long answers")
    await desk.services.eraser.erase(desk.officer, desk.thread, reason="asked for")
    assert await texts(desk) == ["I like tables"]


@pytest.mark.req("ME-4", "PR-2")
async def test_erasing_the_message_erases_its_memory_and_leaves_the_others(desk):
    await desk.say(WISH)
    await desk.say("Remember that I like tables.")
    first = next(one.seq for one in await desk.events() if one.header.type == "user_message_received")
    await desk.services.eraser.redact(desk.officer, desk.thread, [first], reason="asked for")
    assert await texts(desk) == ["I like tables"]


@pytest.mark.req("CX-12", "ME-1")
async def test_a_memory_that_has_expired_is_left_out_and_named(open_desk):
    later = utc_now
    async with open_desk([Say(text="Noted.")] * 3, now=lambda: later()) as desk:
        await desk.say(WISH)
        [kept] = await desk.services.memories.of(desk.officer)

        def later():
            return utc_now() + timedelta(days=366)

        other = replace(desk, thread=str(uuid.uuid4()))
        await other.say(ASKS)
        package = (await other.prompts())[-1].package
        assert [(one.id, one.reason) for one in package.exclusions if one.id.startswith("memory:")] == [
            (f"memory:{kept.id}", "stale")
        ]
        assert await other.shown("memory") == []


@pytest.mark.req("CX-2", "ME-2")
async def test_no_more_memories_are_offered_than_the_limit_says(open_desk):
    async with open_desk([Say(text="Noted.")] * 2, memories_limit=2) as desk:
        await desk.say("Remember that I like tables. Remember that I prefer German. Remember that I want dates.")
        assert await elsewhere(desk, ASKS) == ["I prefer German", "I want dates"]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.req("PE-2", "EV-4", "ME-1")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_turn_cut_off_where_it_is_kept_keeps_it_once(open_desk, moment):
    left = [f"step.update_state:{moment}"]

    def probe(point: str) -> None:
        if point in left:
            left.remove(point)
            raise Killed

    async with open_desk([Say(text="Noted.")] * 3, probe=probe) as desk:
        with suppress(Killed, asyncio.CancelledError):
            await desk.say(WISH, id="m1")
        assert left == []
        assert await texts(desk) == ([] if moment == "before" else [SHORT])
        await replace(desk, graph=turn_graph(desk.services)).say(WISH, id="m1")
        assert await texts(desk) == [SHORT]
        assert len(await desk.of(e.MemoryCandidateStored)) == 1


@pytest.mark.req("ME-2")
async def test_it_stands_in_langgraphs_store_under_tenant_scope_and_owner(desk, stranger):
    await desk.say(WISH)
    [kept] = await desk.services.memories.of(desk.officer)
    store, where = desk.services.memories.store, namespace("northgate", kept.owner)
    item = await store.aget(where, kept.id)
    assert item is not None
    assert (where, item.value["text"]) == (("northgate", "user", "o%2Ebrandt"), SHORT)
    found = await store.abatch([SearchOp(("northgate",)), SearchOp(("southmoor",)), GetOp(where, kept.id)])
    assert [[one.key for one in found[0]], found[1], found[2].key] == [[kept.id], [], kept.id]
    await store.aput(namespace("southmoor", kept.owner), "x", {"text": "theirs"})
    assert [one.key for one in await store.asearch(("southmoor",))] == ["x"]
    assert await texts(desk) == [SHORT]
    for op in (SearchOp(()), ListNamespacesOp()):
        with pytest.raises(NotIdentified):
            await store.abatch([op])
    with pytest.raises(ForgedInput):
        await store.setup()


@pytest.mark.req("CX-3", "ME-2")
async def test_a_store_that_can_not_be_read_is_named_and_the_turn_goes_on(desk, as_owner):
    as_owner("REVOKE SELECT ON langgraph.store FROM dossier_runtime")
    await desk.say(ASKS)
    assert (await desk.last(e.TurnEnded)).outcome == "answered"
    assert "memories" in str((await desk.prompts())[-1].messages)


def _with_tool():
    """The case desk, whose model may ask for something to be remembered."""
    desk = application()
    schema = desk_file("casework.cedarschema")
    texts = {name: desk_file(name) for name in ("read.cedar", "tools.cedar", "memory.cedar")}
    texts["more.cedar"] = (
        '@id("officer-asks") permit (principal in Role::"officer", action == Action::"call", '
        'resource == Tool::"remember");\n'
        '@id("reviewed") permit (principal in Role::"officer", action == Action::"remember", '
        'resource == Memory::"inferred");'
    )
    desk.authorizer = CedarAuthorizer(texts, schema)
    desk.tools = (*desk.tools, remember())
    return desk


def desk_file(name: str) -> str:
    from importlib.resources import files

    return files("casework").joinpath("policies", name).read_text("utf-8")


ASKED = CallTools(calls=(Call("remember", {"text": "Wants case numbers in bold"}),))


@pytest.mark.req("ME-1", "UP-3", "UP-5")
@pytest.mark.parametrize("decision", ["approve", "reject"])
async def test_what_a_model_wants_remembered_waits_for_a_human_and_is_kept_only_then(open_desk, decision):
    async with open_desk([ASKED, Say(text="Done."), Say(text="Open.")], app=_with_tool()) as desk:
        await desk.say("Case numbers are hard to see.")
        assert await texts(desk) == []
        [approval] = await desk.waiting()
        await desk.decide({approval.id: {"decisions": [{"type": decision}]}})
        assert await texts(desk) == (["Wants case numbers in bold"] if decision == "approve" else [])
        assert [one.trust for one in await desk.services.memories.of(desk.officer)] == (
            ["model_inferred"] if decision == "approve" else []
        )
