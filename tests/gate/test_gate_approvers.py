"""Who decides: by policy, two where a tool asks for two, in another's place while that was lent."""

import asyncio
from typing import Any

import psycopg
import pytest

from dossier.errors import InvalidInput, NotFound
from dossier.tools import ToolResult
from state import events as e
from state.principal import Principal
from tests.gate.desk import APPROVE, ASK_NOTICE, OFFICER, REJECT, SUPERVISOR, code_of, on, resume, said
from tests.gate.extra_tools import asks, desk_with, tell

DONE = {"kind": "text", "text": "That is settled."}
SECOND = Principal(tenant="northgate", user="m.lund", roles=("supervisor",))
DEPUTY = Principal(tenant="northgate", user="d.puty", roles=("officer",))


def edit(text: str) -> dict[str, Any]:
    return {"decisions": [{"type": "edit", "edited_action": {"name": "tell", "args": {"text": text}}}]}


class Told:
    """What was told outside, and by whose approval."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.by: list[tuple[str, ...]] = []

    async def run(self, ctx: Any, args: Any) -> ToolResult:
        self.texts.append(args.text)
        self.by.append(ctx.grant.approvers)
        return ToolResult({})


async def asked(desk: Any, thread: str) -> str:
    return (await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread)))["__interrupt__"][
        0
    ].id


@pytest.mark.req("AP-3", "AP-2")
async def test_where_two_have_to_approve_two_different_people_do(open_desk, thread):
    told = Told()
    async with open_desk([asks("a"), DONE], app=desk_with(tell(told.run, approvers=2))) as desk:
        second = desk.graph.acting_as(SECOND)
        waiting = await asked(desk, thread)
        for _ in range(3):  # one person's yes counts once, however often it is sent
            result = await desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))
            (still,) = result["__interrupt__"]
            assert (still.id, still.value["approvers"]) == (waiting, 2)
            assert (still.value["approved_by"], told.texts) == (["s.okafor"], [])
        assert await code_of(desk.officer.ainvoke(resume(waiting, APPROVE), on(thread))) == "not_permitted"
        assert await code_of(second.ainvoke(resume(waiting, edit("b")), on(thread))) == "already_decided"
        result = await second.ainvoke(resume(waiting, APPROVE), on(thread))

        assert (result["messages"][-1]["content"], told.texts) == ("That is settled.", ["a"])
        assert told.by == [("s.okafor", "m.lund")]
        events = await desk.services.log.events("northgate", thread)
        granted = [x.body.decided_by for x in events if isinstance(x.body, e.HumanApprovalGranted)]
        assert granted == ["s.okafor", "m.lund"]
        again = await desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))
        assert (again["messages"][-1]["content"], told.texts) == ("That is settled.", ["a"])
        assert await code_of(second.ainvoke(resume(waiting, REJECT), on(thread))) == "already_decided"
        assert await desk.is_consistent(thread)


@pytest.mark.req("AP-3")
async def test_two_approve_the_same_edit_or_nothing_runs(open_desk, thread):
    told = Told()
    async with open_desk([asks("a"), DONE], app=desk_with(tell(told.run, approvers=2))) as desk:
        second = desk.graph.acting_as(SECOND)
        waiting = await asked(desk, thread)
        await desk.supervisor.ainvoke(resume(waiting, edit("b")), on(thread))
        assert await code_of(second.ainvoke(resume(waiting, APPROVE), on(thread))) == "already_decided"
        await second.ainvoke(resume(waiting, edit("b")), on(thread))
        assert told.texts == ["b"]


@pytest.mark.req("AP-3", "AP-4")
async def test_two_who_approve_at_the_same_moment_are_two_and_one_no_is_enough(open_desk):
    told = Told()
    trials = 15
    async with open_desk([asks("a"), DONE] * trials, app=desk_with(tell(told.run, approvers=2)), pool_size=8) as desk:
        second = desk.graph.acting_as(SECOND)
        for trial in range(trials):
            thread = f"t{trial}"
            waiting = await asked(desk, thread)
            answers = (APPROVE, REJECT if trial % 3 == 0 else APPROVE)
            pair = zip((desk.supervisor, second), answers, strict=True)
            await asyncio.gather(*(code_of(who.ainvoke(resume(waiting, said), on(thread))) for who, said in pair))
            (row,) = await desk.rows(f"SELECT status FROM approvals WHERE thread_id = '{thread}'")
            assert row["status"] == ("denied" if trial % 3 == 0 else "approved")
            # The second may have come while the first one's run held the thread: whoever comes next goes on.
            await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread))
        assert len(told.texts) == sum(1 for trial in range(trials) if trial % 3)


@pytest.mark.req("AP-3", "UP-5")
async def test_the_database_refuses_an_approval_with_too_few_yeses(open_desk, thread, database_url):
    async with open_desk([asks("a"), DONE], app=desk_with(tell(Told().run, approvers=2))) as desk:
        await desk.supervisor.ainvoke(resume(await asked(desk, thread), APPROVE), on(thread))
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("SELECT set_config('dossier.tenant', 'northgate', false)")
        decide = "UPDATE dossier.approvals SET status = %s, decided_by = 'x', decided_at = now()"
        for status in ("approved", "edited"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="lacks approvers"):
                conn.execute(decide, [status])
        twice = "INSERT INTO dossier.approval_votes (approval_id, decided_by, on_behalf_of, args_hash, decision) "
        twice += "SELECT approval_id, 'd.puty', decided_by, args_hash, decision FROM dossier.approval_votes"
        with pytest.raises(psycopg.errors.UniqueViolation):  # whose right is lent is no second person
            conn.execute(twice)  # pyright: ignore[reportArgumentType]


@pytest.mark.req("AP-3")
async def test_a_delegation_lends_the_right_to_decide_on_record_and_ends_by_the_databases_clock(open_desk):
    async with open_desk([ASK_NOTICE, DONE] * 4) as desk:
        deputy, lent = desk.graph.acting_as(DEPUTY), desk.services.delegations
        waiting = await desk.waiting("one")
        assert await code_of(deputy.ainvoke(resume(waiting, APPROVE), on("one"))) == "not_permitted"
        given = await lent.grant(SUPERVISOR, "d.puty", seconds=3600, reason="on leave")
        await deputy.ainvoke(resume(waiting, APPROVE), on("one"))
        events = await desk.services.log.events("northgate", "one")
        (granted,) = [x.body for x in events if isinstance(x.body, e.HumanApprovalGranted)]
        assert (granted.decided_by, granted.on_behalf_of) == ("d.puty", "s.okafor")

        await lent.revoke(SUPERVISOR, given.id)
        waiting = await desk.waiting("two")
        assert await code_of(deputy.ainvoke(resume(waiting, APPROVE), on("two"))) == "not_permitted"
        await lent.grant(SUPERVISOR, "d.puty", seconds=0.2, reason="a moment")
        await asyncio.sleep(0.3)
        assert await code_of(deputy.ainvoke(resume(waiting, APPROVE), on("two"))) == "not_permitted"
        await lent.grant(OFFICER, "d.puty", seconds=60, reason="has no such right to lend")
        assert await code_of(deputy.ainvoke(resume(waiting, APPROVE), on("two"))) == "not_permitted"
        await lent.grant(SUPERVISOR, "o.brandt", seconds=60, reason="who asked does not approve, lent or not")
        assert await code_of(desk.officer.ainvoke(resume(waiting, APPROVE), on("two"))) == "not_permitted"
        assert len(await desk.rows("SELECT * FROM delegations")) == 4


@pytest.mark.req("AP-3")
async def test_a_delegation_has_an_end_goes_to_someone_else_and_is_ended_by_its_giver_only(open_desk):
    async with open_desk([]) as desk:
        lent = desk.services.delegations
        for to, seconds in (
            ("d.puty", 0),
            ("d.puty", 93 * 86_400),
            ("d.puty", float("inf")),
            ("s.okafor", 60),
            (" ", 60),
        ):
            with pytest.raises(InvalidInput):
                await lent.grant(SUPERVISOR, to, seconds=seconds, reason="x")
        given = await lent.grant(SUPERVISOR, "d.puty", seconds=60, reason="x")
        for who in (DEPUTY, Principal(tenant="southmoor", user="s.okafor", roles=())):
            with pytest.raises(NotFound):
                await lent.revoke(who, given.id)
        assert [one.id for one in await lent.to(DEPUTY)] == [given.id]
        assert await lent.to(Principal(tenant="southmoor", user="d.puty", roles=())) == []


@pytest.mark.req("AP-1")
@pytest.mark.parametrize("alone", [True, False])
async def test_a_writing_call_waits_unless_the_policy_lets_it_run_alone(open_desk, thread, alone):
    told: list[str] = []

    async def run(ctx: Any, args: Any) -> ToolResult:
        told.append(args.text)
        return ToolResult({})

    app = desk_with(tell(run, effect="write"), alone={"tell"} if alone else set())
    async with open_desk([asks("a"), DONE], app=app) as desk:
        result = await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread))
        assert ("__interrupt__" in result, told) == (not alone, ["a"] if alone else [])
