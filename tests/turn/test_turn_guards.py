"""Checks that an application hangs around the model and its tools: they refuse or annotate, on record."""

import asyncio
from typing import Any

import pytest

import dossier.guards
from casework.application import application
from casework.guards import non_binding
from dossier.adapters.script import Call, CallTools, Say
from dossier.guards import Annotate, Guard, ModelReply, ModelRequest, Refuse, ToolCall, ToolReturn
from state import events as e
from state.principal import Principal

LOOK = Call("get_case", {"case_id": "C-1042"})
NOTE = Call("add_note", {"case_id": "C-1042", "text": "Called the licensee."})
CHANGE = Call("change_status", {"case_id": "C-1042", "status": "escalated", "reason": "New evidence."})
APPROVE = {"decisions": [{"type": "approve"}]}
NOTES = "SELECT text FROM casework.notes"
CHANGES = "SELECT to_status FROM casework.status_changes"
POINTS = ("before_model", "after_model", "before_tool", "after_tool")


def desk_with(*guards: Guard) -> Any:
    app = application()
    app.guards = guards
    return app


def saying(point: Any, ruling: Any, seen: list[Any] | None = None) -> Guard:
    async def check(subject: Any, who: Principal) -> Any:
        if seen is not None:
            seen.append((subject, who.user))
        return ruling

    return Guard(f"at_{point}", point, check)


@pytest.mark.req("SV-8")
async def test_each_point_is_passed_what_goes_by_and_for_whom(open_desk):
    seen: list[Any] = []
    guards = [saying(point, None, seen) for point in POINTS]
    async with open_desk([CallTools(calls=(LOOK,)), Say(text="Under review.")], app=desk_with(*guards)) as desk:
        await desk.say("Position on C-1042?")

        subjects = [subject for subject, _ in seen]
        kinds = [ModelRequest, ModelReply, ToolCall, ToolReturn, ModelRequest, ModelReply]
        assert [type(subject) for subject in subjects] == kinds
        assert {user for _, user in seen} == {"o.brandt"}
        prompts = await desk.prompts()
        assert [subjects[0].messages, subjects[4].messages] == [prompt.messages for prompt in prompts]
        assert [call.name for call in subjects[1].calls] == ["get_case"]
        assert subjects[2] == ToolCall("get_case", {"case_id": "C-1042"}, "read", None)
        assert subjects[3].content["status"] == "under_review"
        assert subjects[5] == ModelReply("Under review.", ())
        assert await desk.of(e.GuardRuled) == []


@pytest.mark.req("SV-8")
async def test_a_refusal_before_the_model_sends_nothing_and_ends_the_turn_with_the_reason(open_desk):
    async with open_desk([], app=desk_with(saying("before_model", Refuse("Not on a Sunday.")))) as desk:
        result = await desk.say("Position on C-1042?", id="m1")
        again = await desk.say("Position on C-1042?", id="m1")

        text = "A check stopped this turn: Not on a Sunday."
        assert result["messages"][-1] == {"type": "ai", "id": "m1/0", "content": text}
        assert again["messages"][-1]["content"] == text
        assert desk.model.requests == []
        assert await desk.of(e.ModelCalled) == []
        (ruled,) = await desk.of(e.GuardRuled)
        assert ruled == e.GuardRuled(
            guard="at_before_model",
            point="before_model",
            call=e.CallRef(ordinal=0, index=0),
            ruling="refused",
            text="Not on a Sunday.",
        )
        assert (await desk.last(e.TurnEnded)).outcome == "refused"


@pytest.mark.req("SV-8", "UP-3")
async def test_an_answer_that_is_refused_is_shown_to_nobody_and_none_of_its_calls_run(open_desk):
    async with open_desk(
        [CallTools(calls=(NOTE,), text="The secret is 4711."), Say(text="Hello.")],
        app=desk_with(saying("after_model", Refuse("It tells a secret."))),
    ) as desk:
        streamed = [
            chunk
            async for chunk in desk.graph.acting_as(desk.officer).astream(
                {"messages": [{"role": "user", "content": "Add a note to C-1042.", "id": "m1"}]},
                desk.config,
                stream_mode=["messages", "updates", "values"],
            )
        ]

        assert "4711" not in str(streamed)
        head = await desk.head()
        assert head["messages"][-1]["content"] == "A check stopped this turn: It tells a secret."
        assert "4711" not in str(head)
        assert await desk.rows(NOTES) == []
        assert (await desk.last(e.ModelCalled)).text == "The secret is 4711."  # on record, for who audits
        assert (await desk.last(e.AssistantResponseGenerated)).text == head["messages"][-1]["content"]


@pytest.mark.req("SV-8")
async def test_without_a_check_of_answers_they_are_streamed_as_they_come(open_desk):
    async with open_desk([Say(text="Under review.")], app=desk_with(saying("before_tool", None))) as desk:
        said = {"messages": [{"role": "user", "content": "Position on C-1042?", "id": "m1"}]}
        graph = desk.graph.acting_as(desk.officer)
        tokens = [chunk.content async for chunk, _ in graph.astream(said, desk.config, stream_mode="messages")]
        assert "".join(tokens) == "Under review."


@pytest.mark.req("SV-8", "AP-1")
async def test_a_call_that_a_guard_refuses_does_not_run_and_the_model_is_told(open_desk):
    async def no_calls_about_people(call: ToolCall, who: Principal) -> Any:
        return Refuse("Names a person.") if "Pell" in str(call.args) else None

    about = Call("add_note", {"case_id": "C-1042", "text": "Pell called."})
    guard = Guard("names", "before_tool", no_calls_about_people)
    async with open_desk([CallTools(calls=(about, NOTE)), Say(text="One was noted.")], app=desk_with(guard)) as desk:
        await desk.say("Add two notes to C-1042.")

        assert await desk.rows(NOTES) == [{"text": "Called the licensee."}]
        refused = await desk.last(e.ToolCallRejected)
        assert (refused.name, refused.code, refused.reason, refused.call.index) == (
            "add_note",
            "guard_refused",
            "names: Names a person.",
            0,
        )
        shown = [text for _, text in await desk.shown("tool_result")]
        assert "add_note did not run: guard_refused: names: Names a person." in shown


@pytest.mark.req("SV-8", "AP-4", "PE-2")
async def test_what_a_guard_let_through_counts_as_let_through_however_often_the_step_runs(open_desk):
    """The change is made, then the process stops: asked again, the guard would refuse what has happened."""
    asked: list[str | None] = []

    async def once(call: ToolCall, who: Principal) -> Any:
        asked.append(call.approved_by)
        return Refuse("Asked before.") if len(asked) > 1 else None

    class Stopped(BaseException):
        pass

    def stop(point: str) -> None:
        if point == "effect.transaction:after" and stops.pop():
            raise Stopped

    stops = [False, True]
    guard = Guard("once", "before_tool", once)
    script = [CallTools(calls=(CHANGE,)), Say(text="Escalated.")]
    async with open_desk(script, app=desk_with(guard), probe=stop) as desk:
        await desk.say("Escalate C-1042.", id="m1")
        (waiting,) = await desk.waiting()
        with pytest.raises(Stopped):
            await desk.decide({waiting.id: APPROVE})
        assert await desk.rows(CHANGES) == [{"to_status": "escalated"}]
        result = await desk.decide({waiting.id: APPROVE})

        assert result["messages"][-1]["content"] == "Escalated."
        assert asked == ["s.okafor"]
        assert await desk.rows(CHANGES) == [{"to_status": "escalated"}]
        assert (await desk.last(e.ToolCallCompleted)).name == "change_status"


@pytest.mark.req("SV-8", "AP-4")
async def test_a_result_that_is_refused_is_withheld_while_the_call_stays_on_record_as_done(open_desk):
    guards = desk_with(saying("after_tool", Refuse("Holds a name.")))
    async with open_desk([CallTools(calls=(LOOK, NOTE)), Say(text="I can't show it.")], app=guards) as desk:
        await desk.say("Look at C-1042 and add a note.")

        done = await desk.of(e.ToolCallCompleted)
        assert [(body.name, body.content, body.shown) for body in done] == [
            ("get_case", '{"withheld":"at_after_tool: Holds a name."}', ()),
            ("add_note", '{"withheld":"at_after_tool: Holds a name."}', ()),
        ]
        assert await desk.rows(NOTES) == [{"text": "Called the licensee."}]
        assert await desk.of(e.FactConfirmed) == []


@pytest.mark.req("SV-8")
async def test_a_note_is_on_record_and_changes_nothing(open_desk):
    guards = [saying(point, Annotate(f"seen {point}\x00")) for point in POINTS]
    async with open_desk([CallTools(calls=(LOOK,)), Say(text="Under review.")], app=desk_with(*guards)) as desk:
        result = await desk.say("Position on C-1042?")

        assert result["messages"][-1]["content"] == "Under review."
        ruled = [(body.point, body.ruling, body.text, body.call.ordinal) for body in await desk.of(e.GuardRuled)]
        assert ruled == [
            ("before_model", "annotated", "seen before_model", 0),
            ("after_model", "annotated", "seen after_model", 0),
            ("before_tool", "annotated", "seen before_tool", 0),
            ("after_tool", "annotated", "seen after_tool", 0),
            ("before_model", "annotated", "seen before_model", 1),
            ("after_model", "annotated", "seen after_model", 1),
        ]
        assert (await desk.services.verifier.verify("northgate", desk.thread)).status == "intact"


async def crashes(subject: Any, who: Principal) -> Any:
    raise KeyError("no such rule")


async def talks_nonsense(subject: Any, who: Principal) -> Any:
    return True


async def hangs(subject: Any, who: Principal) -> Any:
    await asyncio.Event().wait()


@pytest.mark.req("SV-8")
@pytest.mark.parametrize(
    ("check", "broken"),
    [
        (crashes, "KeyError: 'no such rule'"),
        (talks_nonsense, "It gave bool, which is no ruling."),
        (hangs, "TimeoutError: "),
    ],
)
@pytest.mark.parametrize("point", POINTS)
async def test_a_guard_that_breaks_refuses(open_desk, monkeypatch, point, check, broken):
    monkeypatch.setattr(dossier.guards, "SECONDS", 0.02)
    guard = Guard("careful", point, check)
    async with open_desk([CallTools(calls=(NOTE,)), Say(text="Done.")], app=desk_with(guard)) as desk:
        await desk.say("Add a note to C-1042.")

        ruled = (await desk.of(e.GuardRuled))[0]
        said = "The check 'careful' broke, so nothing went on."
        assert (ruled.ruling, ruled.text, ruled.broken) == ("refused", said, broken)
        assert len(desk.model.requests) == {"before_model": 0, "after_model": 1}.get(point, 2)
        assert len(await desk.rows(NOTES)) == (point == "after_tool")
        assert broken.split(":")[0] not in str((await desk.head())["messages"])


@pytest.mark.req("SV-8", "CX-20")
@pytest.mark.parametrize(
    ("text", "urges"),
    [
        ("We recommend that the licence be revoked.", True),
        ("A penalty is possible; the licensee should be suspended at once.", True),
        ("It proposes a fine.", True),
        ("The calibration had expired on 20 May 2026; the reading is a fault of the sensor.", False),
        ("The letter asks that the file not mention enforcement.", False),
        ("Conditions were refined. The finding should be quoted.", False),
    ],
)
async def test_the_desk_refuses_a_draft_that_urges_a_measure(text: str, urges: bool, officer: Principal):
    args = {"case_id": "C-1042", "position": text, "unknown": "-", "risk": "low", "cites": ["IR-77"]}
    assert isinstance(await non_binding(ToolCall("draft_assessment", args, "write", None), officer), Refuse) is urges
    assert await non_binding(ToolCall("add_note", args, "write", None), officer) is None
