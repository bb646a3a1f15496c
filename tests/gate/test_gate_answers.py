"""Both public forms of an answer mean the same; anything else is refused, and what waits goes on waiting."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langgraph.types import Command

from dossier.errors import InvalidInput
from dossier.human_decisions import Answer, answer
from dossier.tools import ToolResult
from tests.gate.desk import APPROVE, ASK_NOTICE, NOTICE, code_of, on, resume, said
from tests.gate.extra_tools import asks, desk_with, tell

DONE = {"kind": "text", "text": "That is settled."}
ACTION = {"action": "tell", "args": {"text": "a"}}
FORMS = {
    "approve": ([{"decisions": [{"type": "approve"}]}, [{"type": "accept", "args": None}], {"type": "approve"}]),
    "reject": ([{"decisions": [{"type": "reject"}]}, [{"type": "ignore", "args": None}]]),
    "words": ([{"decisions": [{"type": "respond", "message": "No."}]}, [{"type": "response", "args": "No."}]]),
    "edit": (
        [
            {"decisions": [{"type": "edit", "edited_action": {"name": "tell", "args": {"text": "a"}}}]},
            [{"type": "edit", "args": ACTION}],
        ]
    ),
}
MEANING = {
    "approve": Answer("approve"),
    "reject": Answer("reject"),
    "words": Answer("reject", message="No."),
    "edit": Answer("edit", args={"text": "a"}, name="tell"),
}


@pytest.mark.req("AP-2")
def test_both_public_forms_mean_the_same():
    for name, forms in FORMS.items():
        assert [answer(form) for form in forms] == [MEANING[name]] * len(forms)


FIELDS = ["type", "decisions", "args", "message", "edited_action", "x"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["approve", "accept", "edit"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "decisions", "args", "message", "edited_action", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@pytest.mark.req("AP-2")
@given(JSON)
def test_whatever_is_sent_is_one_known_decision_or_is_refused(given):
    try:
        meant = answer(given)
    except InvalidInput as refused:
        assert refused.hint
    else:
        assert meant.type in ("approve", "edit", "reject")
        assert meant.type != "edit" or meant.args is not None
        # Only a decision that says so approves: no truth, no text, no empty value does.
        one = given.get("decisions", given) if isinstance(given, dict) else given
        one = one[0] if isinstance(one, list) else one
        assert meant.type != "approve" or one["type"] in ("approve", "accept")


@pytest.mark.req("AP-2", "AP-3", "SV-1")
async def test_what_is_refused_leaves_the_approval_open_and_the_thread_waiting(open_desk, thread):
    shown = [{"type": "accept", "args": {"action": "notify_licensee", "args": {**NOTICE, "text": "Something else."}}}]
    refused: list[Any] = [
        True,
        None,
        "yes",
        [],
        {},
        {"decisions": []},
        {"decisions": APPROVE},
        {"type": "APPROVE"},
        shown,
    ]
    refused += [[*APPROVE["decisions"]] * 2, {"type": "approve", "edited_action": {"name": "x", "args": {}}}]
    refused += [{"type": "approve", "args": {}}, {"type": "reject", "message": 7}, {"type": "approve", "sure": True}]
    async with open_desk([ASK_NOTICE, DONE]) as desk:
        waiting = await desk.waiting(thread)
        before = await desk.types(thread)
        codes = [await code_of(desk.supervisor.ainvoke(resume(waiting, given), on(thread))) for given in refused]
        assert codes == ["invalid_input"] * len(refused)
        state = await desk.officer.aget_state(on(thread))
        assert ([one.id for one in state.interrupts], state.next) == ([waiting], ("request_approval",))
        assert await desk.types(thread) == before
        accept = [{"type": "accept", "args": {"action": "notify_licensee", "args": NOTICE}}]
        result = await desk.supervisor.ainvoke(resume(waiting, accept), on(thread))
        assert result["messages"][-1]["content"] == "That is settled."


@pytest.mark.req("AP-2", "AP-4")
@pytest.mark.parametrize("texts", [("a",), ("a", "b")])
async def test_a_bare_answer_is_taken_only_with_what_it_saw_and_where_exactly_one_writing_call_waits(
    open_desk, thread, texts
):
    told: list[str] = []

    async def run(ctx: Any, args: Any) -> ToolResult:
        told.append(args.text)
        return ToolResult({})

    async with open_desk([asks(*texts), DONE], app=desk_with(tell(run, effect="write"))) as desk:
        await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread))
        states = [state async for state in desk.supervisor.aget_state_history(on(thread))]
        head, older = (state.config["configurable"]["checkpoint_id"] for state in states[:2])
        yes = Command(resume=[{"type": "accept"}])
        assert await code_of(desk.supervisor.ainvoke(yes, on(thread))) == "invalid_input"
        late = await code_of(desk.supervisor.ainvoke(yes, on(thread, checkpoint_id=older)))
        assert late == ("forged_input" if len(texts) == 1 else "invalid_input")
        assert {one.status for one in await desk.services.approvals.pending("northgate", thread)} == {"pending"}
        code = await code_of(desk.supervisor.ainvoke(yes, on(thread, checkpoint_id=head)))
        assert (code, told) == ((None, ["a"]) if len(texts) == 1 else ("invalid_input", []))


@pytest.mark.req("AP-4", "SV-1")
@pytest.mark.parametrize("answered", [0, 1])
async def test_the_history_shows_no_question_beside_those_that_wait_once_it_was_answered(open_desk, thread, answered):
    async def run(ctx: Any, args: Any) -> ToolResult:
        return ToolResult({})

    async with open_desk([asks("a", "b"), DONE], app=desk_with(tell(run, effect="write"))) as desk:
        await desk.officer.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread))
        asked = [one.id for one in (await desk.supervisor.aget_state(on(thread))).interrupts]
        await desk.supervisor.ainvoke(resume(asked[answered], APPROVE), on(thread))
        (head, *_) = [state async for state in desk.supervisor.aget_state_history(on(thread))]
        at_head = await desk.supervisor.aget_state(head.config)
        await desk.supervisor.ainvoke(resume(asked[1 - answered], APPROVE), on(thread))
        kept = await desk.supervisor.aget_state(head.config)

    for state in (head, at_head):
        assert [one.id for one in state.interrupts] == [asked[1 - answered]]
        assert [[one.id for one in task.interrupts] for task in state.tasks][answered] == []
    assert [one.id for one in kept.interrupts] == asked


@pytest.mark.req("AP-3", "UP-5")
@pytest.mark.parametrize("policy", ["ask", "wait", "supersede"])
async def test_yes_go_ahead_from_the_requester_is_no_approval(open_desk, thread, policy):
    script = [ASK_NOTICE, {"kind": "text", "text": "Very well.", "when": "go ahead"}, DONE]
    async with open_desk(script, pending_message_policy=policy) as desk:
        waiting = await desk.waiting(thread)
        code = await code_of(desk.officer.ainvoke(said("Yes, go ahead.", "m2"), on(thread)))
        assert code == (None if policy == "supersede" else "approval_waiting")
        assert await desk.rows("SELECT * FROM casework.outbox") == await desk.rows("SELECT * FROM effects") == []
        late = await code_of(desk.supervisor.ainvoke(resume(waiting, APPROVE), on(thread)))
        sent = await desk.rows("SELECT text FROM casework.outbox")
        assert (late, len(sent)) == (("already_decided", 0) if policy == "supersede" else (None, 1))


@pytest.mark.req("AP-4", "AP-2")
async def test_decisions_of_different_turns_are_not_mixed(open_desk, thread):
    async with open_desk([ASK_NOTICE, DONE, ASK_NOTICE, DONE]) as desk:
        first = await desk.waiting(thread, "one")
        await desk.supervisor.ainvoke(resume(first, APPROVE), on(thread))
        second = await desk.waiting(thread, "two")
        both = Command(resume={first: APPROVE, second: APPROVE})
        assert await code_of(desk.supervisor.ainvoke(both, on(thread))) == "invalid_input"
        assert [one.interrupt_id for one in await desk.services.approvals.inbox("northgate")] == [second]
