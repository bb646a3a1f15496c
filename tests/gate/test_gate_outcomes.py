"""A call whose outcome is not known: asked of its status check, else of a human, and never done again by itself."""

import asyncio
from typing import Any

import psycopg
import pytest
from langgraph.types import Command

from dossier.tools import ToolResult
from tests.gate.desk import APPROVE, REJECT, code_of, on, resume, said
from tests.gate.extra_tools import asks, desk_with, tell

DONE = {"kind": "text", "text": "That is settled."}


class Crash(BaseException):
    """The process ends here."""


class World:
    """What lies outside; the first call into it ends the process before or after it acted."""

    def __init__(self, moment: str = "after") -> None:
        self.moment = moment
        self.done: list[str] = []

    async def act(self, ctx: Any, args: Any) -> ToolResult:
        moment, self.moment = self.moment, ""
        if moment == "before":
            raise Crash
        self.done.append(args.text)
        if moment == "after":
            raise Crash
        return ToolResult({"told": args.text})

    async def act_once(self, ctx: Any, args: Any) -> ToolResult:
        """Act as a system does that honours keys."""
        moment, self.moment = self.moment, ""
        if moment == "before":
            raise Crash
        if ctx.key not in self.done:
            self.done.append(ctx.key)
        if moment == "after":
            raise Crash
        return ToolResult({"told": args.text})

    async def write(self, ctx: Any, args: Any) -> ToolResult:
        await ctx.cursor.execute("INSERT INTO bodies (digest, body) VALUES (%s, %s)", [ctx.key, "written"])
        if self.moment:
            self.moment = ""
            raise Crash
        return ToolResult({"told": args.text})

    async def status(self, ctx: Any, args: Any) -> str:
        return "done" if args.text in self.done else "not_done"


async def crashed(desk: Any, thread: str) -> None:
    """Let an approved call end its process."""
    waiting = (await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread)))["__interrupt__"][
        0
    ].id
    with pytest.raises(Crash):
        await desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))


async def gone_on(desk: Any, thread: str) -> Any:
    return await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread))


@pytest.mark.req("AP-4", "AP-6", "PE-2")
@pytest.mark.parametrize(("moment", "answer"), [("before", REJECT), ("after", APPROVE)])
async def test_an_outcome_that_nobody_knows_waits_in_the_inbox_for_a_human_who_found_out(
    open_desk, thread, moment, answer
):
    world = World(moment)
    async with open_desk([asks("a"), DONE], app=desk_with(tell(world.act))) as desk:
        await crashed(desk, thread)
        (waiting,) = (await gone_on(desk, thread))["__interrupt__"]
        assert waiting.value["about"] == "outcome"
        assert waiting.value["review_configs"] == [{"action_name": "tell", "allowed_decisions": ["approve", "reject"]}]
        assert waiting.value["action_requests"][0]["description"].startswith("Did this take place? Tell 'a'")
        (asked,) = await desk.services.approvals.inbox("northgate")
        assert (asked.about, asked.requested_by, asked.interrupt_id) == ("outcome", "o.brandt", waiting.id)
        states = await desk.rows("SELECT status FROM effects")
        assert states == [{"status": "unknown"}]

        by_requester = desk.officer.ainvoke(resume(waiting.id, REJECT), on(thread))
        edit = {"type": "edit", "edited_action": {"name": "tell", "args": {"text": "b"}}}
        assert await code_of(by_requester) == "not_permitted"
        assert await code_of(desk.supervisor.ainvoke(resume(waiting.id, edit), on(thread))) == "invalid_input"
        assert await code_of(desk.supervisor.ainvoke(Command(resume=APPROVE), on(thread))) == "invalid_input"
        result = await desk.supervisor.ainvoke(resume(waiting.id, answer), on(thread))

        assert result["messages"][-1]["content"] == "That is settled."
        assert world.done == (["a"] if moment == "after" else [])
        took_place = answer is APPROVE
        types = await desk.types(thread)
        assert ("tool_call_completed" in types, "tool_call_failed" in types) == (took_place, not took_place)
        told = "s.okafor found out that tell took place." if took_place else "s.okafor found out that tell did not"
        assert told in str(desk.model.requests[-1]["messages"])
        assert await desk.rows("SELECT status FROM effects") == [{"status": "done" if took_place else "failed"}]
        assert await desk.is_consistent(thread)


@pytest.mark.req("AP-4")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_status_check_finds_out_so_that_nobody_is_asked(open_desk, thread, moment):
    world = World(moment)
    async with open_desk([asks("a"), DONE], app=desk_with(tell(world.act, status=world.status))) as desk:
        await crashed(desk, thread)
        result = await gone_on(desk, thread)
        assert (result["messages"][-1]["content"], world.done) == ("That is settled.", ["a"])
        assert await desk.services.approvals.inbox("northgate") == []


@pytest.mark.req("AP-4", "PE-2")
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_with_a_key_it_is_done_again_under_the_same_key_in_the_turn(open_desk, thread, moment):
    world = World(moment)
    app = desk_with(tell(world.act_once, idempotency="idempotency_key"))
    async with open_desk([asks("a"), DONE], app=app) as desk:
        await crashed(desk, thread)
        result = await gone_on(desk, thread)
        assert (result["messages"][-1]["content"], len(world.done)) == ("That is settled.", 1)


@pytest.mark.req("AP-4", "PE-2")
async def test_a_transactional_call_leaves_nothing_when_its_process_dies_and_is_done_once(
    open_desk, thread, database_url
):
    app = desk_with(tell(World().write, idempotency="transactional"))
    async with open_desk([asks("a"), DONE], app=app) as desk:
        await crashed(desk, thread)
        result = await gone_on(desk, thread)
        assert result["messages"][-1]["content"] == "That is settled."
        with psycopg.connect(database_url) as conn:
            assert conn.execute("SELECT count(*) FROM dossier.bodies WHERE body = 'written'").fetchone() == (1,)


@pytest.mark.req("AP-4", "AP-5")
async def test_a_question_about_an_outcome_that_nobody_answers_leaves_it_unknown_on_record(open_desk, thread):
    world = World("after")
    script = [asks("a"), DONE, {"kind": "text", "text": "Hello."}]
    async with open_desk(script, app=desk_with(tell(world.act)), approval_ttl_seconds=1) as desk:
        await crashed(desk, thread)
        (waiting,) = (await gone_on(desk, thread))["__interrupt__"]
        await asyncio.sleep(1.1)
        assert await code_of(desk.supervisor.ainvoke(resume(waiting.id, APPROVE), on(thread))) == "already_decided"
        result = await desk.officer.ainvoke(said("Are you there?", "m2"), on(thread))
        assert result["messages"][-1]["content"] == "Hello."
        events = await desk.services.log.events("northgate", thread)
        failed = [event.body.code for event in events if event.header.type == "tool_call_failed"]
        assert (failed, world.done) == (["outcome_unknown"], ["a"])


@pytest.mark.req("AP-4")
async def test_a_tool_that_breaks_in_mid_call_is_looked_into_by_a_human_at_once(open_desk, thread):
    async def breaks(ctx: Any, args: Any) -> ToolResult:
        raise ConnectionError("cut off")

    async with open_desk([asks("a"), DONE], app=desk_with(tell(breaks))) as desk:
        waiting = (await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread)))[
            "__interrupt__"
        ][0].id
        result = await desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))
        (question,) = result["__interrupt__"]
        assert (question.value["about"], question.id != waiting) == ("outcome", True)
        assert await code_of(desk.supervisor.ainvoke(resume(waiting, REJECT), on(thread))) == "already_decided"
        again = await desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))
        assert [one.id for one in again["__interrupt__"]] == [question.id]
        result = await desk.supervisor.ainvoke(resume(question.id, REJECT), on(thread))
        assert result["messages"][-1]["content"] == "That is settled."
