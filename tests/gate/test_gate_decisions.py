"""Decisions are recorded once, by those who may, before LangGraph sees them."""

import asyncio
import json
import sys
from typing import Any

import psycopg
import pytest
from langgraph.types import Command

from dossier.errors import ApprovalWaiting
from dossier.run import Run
from dossier.withdrawal import WORDS, withdraws
from graphs.assembly import turn_graph
from state.principal import Principal
from tests.gate.desk import APPROVE, ASK_NOTICE, NOTICE, OFFICER, REJECT, code_of, on, resume, said

DONE = {"kind": "text", "text": "That is settled."}
STATUS = {"case_id": "C-1042", "status": "escalated", "reason": "A school kitchen is affected."}
ASK_BOTH = {
    "kind": "tool_calls",
    "when": "licensee",
    "calls": [{"name": "notify_licensee", "arguments": NOTICE}, {"name": "change_status", "arguments": STATUS}],
}
ONE_WINS = {("None", "already_decided")}
VERDICTS = {"human_approval_granted", "human_approval_denied", "human_approval_edited"}


def sent(database_url: str) -> int:
    """How many notices were sent."""
    with psycopg.connect(database_url) as conn:
        (count,) = conn.execute("SELECT count(*) FROM casework.outbox").fetchone() or (0,)
        return count


def edit(args: dict[str, Any], name: str = "notify_licensee") -> dict[str, Any]:
    return {"decisions": [{"type": "edit", "edited_action": {"name": name, "args": args}}]}


@pytest.mark.req("AP-4", "GR-1")
async def test_what_is_no_decision_of_an_entitled_person_is_refused_and_nothing_is_stored(
    open_desk, stored, thread, database_url
):
    async with open_desk([ASK_NOTICE, DONE, DONE]) as desk:
        waiting = await desk.waiting(thread)
        await desk.officer.ainvoke(said("I am tired.", "other"), on("another-thread"))
        foreign = desk.graph.acting_as(Principal(tenant="southmoor", user="x", roles=("supervisor",)))
        await code_of(foreign.ainvoke(said("Hello."), on("theirs")))
        before = stored()
        by, me = desk.supervisor.ainvoke, desk.officer.ainvoke
        codes = {
            "by the requester": await code_of(me(resume(waiting, APPROVE), on(thread))),
            "by another tenant": await code_of(foreign.ainvoke(resume(waiting, APPROVE), on(thread))),
            "from another thread": await code_of(by(resume(waiting, APPROVE), on("another-thread"))),
            "of an unknown id": await code_of(by(resume("0" * 32, APPROVE), on(thread))),
            "of a known and an unknown id": await code_of(
                by(Command(resume={waiting: APPROVE, "0" * 32: APPROVE}), on(thread))
            ),
            "bare, for what can't be undone": await code_of(by(Command(resume=APPROVE), on(thread))),
            "of no known type": await code_of(by(resume(waiting, {"type": "yes"}), on(thread))),
            "true": await code_of(by(resume(waiting, True), on(thread))),
            "two at once": await code_of(
                by(resume(waiting, [*APPROVE["decisions"], *REJECT["decisions"]]), on(thread))
            ),
            "an edit to another tool": await code_of(by(resume(waiting, edit(STATUS, "change_status")), on(thread))),
            "an edit that does not fit": await code_of(by(resume(waiting, edit({"case_id": "C-1042"})), on(thread))),
            "an edit with more": await code_of(by(resume(waiting, edit({**NOTICE, "urgent": True})), on(thread))),
            "an edit without arguments": await code_of(by(resume(waiting, {"type": "edit"}), on(thread))),
        }
        assert codes == {
            **dict.fromkeys(codes, "invalid_input"),
            "by the requester": "not_permitted",
            "by another tenant": "not_found",
            "from another thread": "not_found",
            "of an unknown id": "not_found",
            "of a known and an unknown id": "not_found",
        }
        assert stored() == before
        result = await by(resume(waiting, APPROVE), on(thread))
        assert result["messages"][-1]["content"] == "That is settled."
        assert sent(database_url) == 1


@pytest.mark.req("AP-4")
async def test_the_same_decision_twice_is_one_effect_and_the_same_answer(open_desk, stored, thread, database_url):
    async with open_desk([ASK_NOTICE, DONE]) as desk:
        waiting = await desk.waiting(thread)
        first = await desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))
        before = stored()
        approval = (await desk.services.approvals.of_call(Run(thread, "ask", OFFICER, 0), 0))[0]
        for key in (waiting, approval.id):
            assert await desk.supervisor.ainvoke(resume(key, APPROVE), on(thread)) == first
            assert await code_of(desk.supervisor.ainvoke(resume(key, REJECT), on(thread))) == "already_decided"
        assert stored() == before
        assert sent(database_url) == 1


@pytest.mark.req("AP-4")
async def test_decisions_at_the_same_moment_are_one_decision(open_desk, database_url):
    trials = 50
    async with open_desk([ASK_NOTICE, DONE] * trials, pool_size=8) as desk:
        graphs = [desk.graph, turn_graph(desk.services)]
        outcomes = []
        for trial in range(trials):
            waiting = await desk.waiting(f"t{trial}")
            approves = graphs[0].copy({"principal": desk.supervisor.principal})
            withdraws = graphs[1].acting_as(OFFICER)
            outcomes.append(
                await asyncio.gather(
                    code_of(approves.ainvoke(resume(waiting, APPROVE), on(f"t{trial}"))),
                    code_of(withdraws.ainvoke(resume(waiting, REJECT), on(f"t{trial}"))),
                )
            )
            verdicts = [type for type in await desk.types(f"t{trial}") if type in VERDICTS]
            assert len(verdicts) == 1
        assert {tuple(sorted(map(str, pair))) for pair in outcomes} <= ONE_WINS
        assert sent(database_url) == sum(1 for approved, _ in outcomes if approved is None)


@pytest.mark.req("AP-4", "UP-7")
async def test_decisions_of_two_processes_at_the_same_moment_are_one_decision(open_desk, database_url):
    trials = 25
    async with open_desk([ASK_NOTICE] * trials + [DONE] * trials, pool_size=4) as desk:
        ids = [await desk.waiting(f"t{trial}") for trial in range(trials)]
        jobs = [{"thread": f"t{trial}", "id": id} for trial, id in enumerate(ids)]
        deciders = [await _decider(database_url, "s.okafor", APPROVE), await _decider(database_url, "o.brandt", REJECT)]
        outcomes = [await asyncio.gather(*(_decide(decider, job) for decider in deciders)) for job in jobs]
        for decider in deciders:
            decider.stdin.close()
            await decider.wait()
        assert {tuple(sorted(pair)) for pair in outcomes} <= ONE_WINS
        assert sent(database_url) == sum(1 for approved, _ in outcomes if approved == "None")
        for job in jobs:
            types = await desk.types(job["thread"])
            assert len([type for type in types if type in VERDICTS]) == 1
            assert types[-1] == "turn_ended"
            assert await desk.is_consistent(job["thread"])


DECIDER = """
import asyncio, json, sys
from langgraph.types import Command
from casework.application import application
from dossier.adapters.scripted_model import ScriptedModel
from dossier.errors import DossierError
from dossier.services import open_services
from dossier.settings import Settings
from graphs.assembly import turn_graph
from state.principal import Principal

async def main(url, secret, user, decision):
    roles = ("supervisor",) if user == "s.okafor" else ("officer",)
    settings = Settings(_env_file=None, database_url=url, secret=secret, pool_size=3)
    model = ScriptedModel([{"kind": "text", "text": "That is settled."}] * 100)
    async with open_services(settings, application(), model_app=model) as services:
        graph = turn_graph(services).acting_as(Principal(tenant="northgate", user=user, roles=roles))
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            job = json.loads(line)
            try:
                given = Command(resume={job["id"]: decision})
                await graph.ainvoke(given, {"configurable": {"thread_id": job["thread"]}})
                print(None, flush=True)
            except DossierError as error:
                print(error.code, flush=True)

asyncio.run(main(*sys.argv[1:4], json.loads(sys.argv[4])))
"""


async def _decider(url: str, user: str, decision: Any) -> Any:
    pipe = asyncio.subprocess.PIPE
    given = (url, "5f" * 32, user, json.dumps(decision))
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", DECIDER, *given, stdin=pipe, stdout=pipe)
    assert (await process.stdout.readline()).strip() == b"ready"
    return process


async def _decide(decider: Any, job: dict[str, str]) -> str:
    decider.stdin.write(json.dumps(job).encode() + b"\n")
    return (await decider.stdout.readline()).decode().strip()


@pytest.mark.req("AP-4")
async def test_an_edit_runs_what_was_edited_and_a_denial_runs_nothing(open_desk, database_url):
    async with open_desk([ASK_NOTICE, DONE, ASK_NOTICE, DONE]) as desk:
        edited = {**NOTICE, "text": "Please send the records of September."}
        await desk.supervisor.ainvoke(resume(await desk.waiting("edited"), edit(edited)), on("edited"))
        await desk.supervisor.ainvoke(resume(await desk.waiting("denied"), REJECT), on("denied"))
        with psycopg.connect(database_url) as conn:
            texts = conn.execute("SELECT text FROM casework.outbox").fetchall()
        assert texts == [("Please send the records of September.",)]
        assert "human_approval_denied" in await desk.types("denied")


@pytest.mark.req("AP-4")
async def test_each_of_several_calls_is_decided_by_itself_and_all_are_judged_first(
    open_desk, stored, thread, database_url
):
    async with open_desk([ASK_BOTH, DONE]) as desk:
        result = await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread))
        asked = {i.value["action_requests"][0]["name"]: i.id for i in result["__interrupt__"]}
        first, second = asked["notify_licensee"], asked["change_status"]
        before = stored()
        both = Command(resume={first: APPROVE, second: edit(NOTICE, "notify_licensee")})
        assert await code_of(desk.supervisor.ainvoke(both, on(thread))) == "invalid_input"
        assert stored() == before
        partly = await desk.supervisor.ainvoke(resume(first, APPROVE), on(thread))
        assert [interrupt.id for interrupt in partly["__interrupt__"]] == [second]
        assert sent(database_url) == 0
        done = await desk.supervisor.ainvoke(resume(second, REJECT), on(thread))
        assert done["messages"][-1]["content"] == "That is settled."
        assert sent(database_url) == 1


@pytest.mark.req("AP-4")
async def test_a_decision_that_comes_too_late_is_refused_and_the_thread_goes_on(open_desk, thread, database_url):
    async with open_desk([ASK_NOTICE, DONE, {"kind": "text", "text": "Yes."}], approval_ttl_seconds=1) as desk:
        waiting = await desk.waiting(thread)
        await asyncio.sleep(1.1)
        assert await code_of(desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))) == "already_decided"
        result = await desk.officer.ainvoke(said("Are you there?", "m2"), on(thread))
        assert result["messages"][-1]["content"] == "Yes."
        assert "human_approval_expired" in await desk.types(thread, "ask")
        assert sent(database_url) == 0
        assert await desk.is_consistent(thread)


@pytest.mark.req("GR-1", "AP-4")
@pytest.mark.parametrize("policy", ["ask", "wait"])
async def test_a_message_that_finds_an_approval_waiting_is_refused_unless_it_may_supersede(
    open_desk, stored, thread, policy, database_url
):
    async with open_desk([ASK_NOTICE, DONE], pending_message_policy=policy) as desk:
        waiting = await desk.waiting(thread)
        before = stored()
        assert await code_of(desk.officer.ainvoke(said("Something else.", "m2"), on(thread))) == "approval_waiting"
        assert stored() == before
        again = await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread))
        assert [interrupt.id for interrupt in again["__interrupt__"]] == [waiting]
        await desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))
        assert sent(database_url) == 1


@pytest.mark.req("AP-3", "AP-6")
def test_only_a_message_that_says_so_as_a_whole_takes_a_request_back():
    taken_back = ["Withdraw the request.", "withdraw it", "Please withdraw my request!", " withdraw them, please "]
    others = ["Yes, go ahead.", "Withdraw the licence of C-1042.", "Do not withdraw it.", "Withdraw it? No.", "approve"]
    assert [withdraws(text) for text in (WORDS, *taken_back)] == [True] * 5
    assert [withdraws(text) for text in others] == [False] * 5


@pytest.mark.req("AP-3", "AP-6")
@pytest.mark.parametrize("policy", ["ask", "wait"])
async def test_where_messages_wait_it_is_said_for_what_and_where_one_is_asked_what_to_say(open_desk, thread, policy):
    async with open_desk([ASK_NOTICE, DONE], pending_message_policy=policy) as desk:
        waiting = await desk.waiting(thread)
        (row,) = await desk.services.approvals.pending("northgate", thread)
        with pytest.raises(ApprovalWaiting) as refused:
            await desk.officer.ainvoke(said("Something else.", "m2"), on(thread))
        named = f"notify_licensee, approval {row.id},"
        assert (refused.value.message, refused.value.hint) == {
            "ask": (
                f"{named} still waits for a decision. Shall it be withdrawn, or wait on?",
                "Say 'Withdraw the request.' to withdraw it; or let it be decided, then send this again.",
            ),
            "wait": (
                f"{named} has to be decided first; until then messages wait.",
                "Send the message again after the decision. Rejecting the request withdraws it.",
            ),
        }[policy]
        assert row.interrupt_id == waiting


@pytest.mark.req("AP-3", "AP-4", "AP-6")
@pytest.mark.parametrize(("policy", "words"), [("ask", WORDS), ("wait", WORDS), ("ask", "Yes, go ahead.")])
async def test_only_where_one_is_asked_do_words_withdraw_what_waits_and_none_approve_it(
    open_desk, thread, policy, words, database_url
):
    script = [ASK_NOTICE, {"kind": "text", "text": "It is withdrawn."}, DONE]
    async with open_desk(script, pending_message_policy=policy) as desk:
        waiting = await desk.waiting(thread)
        code = await code_of(desk.officer.ainvoke(said(words, "m2"), on(thread)))
        again = await code_of(desk.officer.ainvoke(said(words, "m2"), on(thread)))
        late = await code_of(desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread)))
        withdrawn = (policy, words) == ("ask", WORDS)
        assert [code, again] == [None if withdrawn else "approval_waiting"] * 2
        assert (late, sent(database_url)) == (("already_decided", 0) if withdrawn else (None, 1))
        if withdrawn:
            events = await desk.services.log.events("northgate", thread)
            ends = [event.body.outcome for event in events if event.header.type == "turn_ended"]
            state = await desk.officer.aget_state(on(thread))
            assert (ends, state.values["messages"][-1]["content"]) == (["abandoned", "answered"], "It is withdrawn.")
        assert await desk.is_consistent(thread)


@pytest.mark.req("GR-1", "AP-4")
async def test_a_message_may_supersede_a_waiting_approval_on_record(open_desk, thread, database_url):
    script = [ASK_NOTICE, {"kind": "text", "text": "As you wish."}]
    async with open_desk(script, pending_message_policy="supersede") as desk:
        waiting = await desk.waiting(thread)
        colleague = desk.graph.acting_as(Principal(tenant="northgate", user="m.lund", roles=("officer",)))
        assert await code_of(colleague.ainvoke(said("Mine now.", "m1"), on(thread))) == "not_found"
        assert [approval.status for approval in await desk.services.approvals.pending("northgate", thread)] == [
            "pending"
        ]
        result = await desk.officer.ainvoke(said("Thank you.", "m2"), on(thread))
        assert result["messages"][-1]["content"] == "As you wish."
        assert await code_of(desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread))) == "already_decided"
        events = await desk.services.log.events("northgate", thread)
        ends = [event.body.outcome for event in events if event.header.type == "turn_ended"]
        assert ends == ["abandoned", "answered"]
        assert sent(database_url) == 0
        assert await desk.is_consistent(thread)


@pytest.mark.req("AP-4", "GR-1")
async def test_a_turn_that_the_supervisor_resumes_acts_for_the_officer(open_desk, thread, database_url):
    async with open_desk([ASK_NOTICE, DONE]) as desk:
        await desk.supervisor.ainvoke(resume(await desk.waiting(thread), APPROVE), on(thread))
        with psycopg.connect(database_url) as conn:
            rows = conn.execute("SELECT requested_by, approved_by FROM casework.outbox").fetchall()
        assert rows == [("o.brandt", "s.okafor")]
