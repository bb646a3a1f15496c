"""State between turns: the channel is the fold of the log, small, plain, and nobody's name is in its metadata."""

import json

import pytest

from dossier.adapters.script import Call, CallTools, Fail, Say
from dossier.errors import ModelRefusedKey
from state import events as e
from state.channels import WINDOW
from state.fold import fold

CHANGE = Call("change_status", {"case_id": "C-1042", "status": "escalated", "reason": "New evidence."})
SCRIPT = (
    CallTools(calls=(Call("get_case", {"case_id": "C-1042"}),)),
    Say(text="Under review."),
    Say(text="Risk is medium."),
    Say(text="Quoted."),
    CallTools(calls=(CHANGE,), text="I ask."),
    Say(text="Refused."),
    Fail(status=401),
    Say(text="Good night."),
)


async def conversation(desk) -> None:
    """Talk as people do: tools, a correction, a question back, a denial, a failure that is taken up again."""
    await desk.say("What's the position on C-1042? Not urgent, just summarise the evidence.")
    await desk.say("New evidence makes it urgent: redo the risk analysis only, don't change the status.")
    await desk.say("Quote the key finding from the report.")
    await desk.say("the second one")
    await desk.say("Escalate C-1042.")
    (approval,) = await desk.waiting()
    await desk.decide({approval.id: {"decisions": [{"type": "reject", "message": "No."}]}})
    with pytest.raises(ModelRefusedKey):
        await desk.say("I'm tired", id="m-tired")
    await desk.say("I'm tired", id="m-tired")


async def checkpoints(desk) -> list:
    """Return the thread's states, oldest first."""
    return [state async for state in desk.graph.acting_as(desk.officer).aget_state_history(desk.config)][::-1]


@pytest.mark.req("EV-2", "ST-2")
async def test_at_every_checkpoint_the_session_is_the_fold_of_the_log_up_to_its_version(open_desk):
    async with open_desk(SCRIPT) as desk:
        await conversation(desk)

        events = await desk.events()
        sessions = [state.values["session"] for state in await checkpoints(desk) if state.values.get("session")]
        for session in sessions:
            assert session == fold(None, events[: session["version"]]).model_dump(mode="json")
        versions = [session["version"] for session in sessions]
        assert versions == sorted(versions)
        assert len(set(versions)) >= 15


@pytest.mark.req("EV-2", "ST-4", "ST-2")
async def test_when_a_turn_has_ended_the_session_is_the_logs_head_and_the_scratchpad_is_empty(open_desk):
    async with open_desk(SCRIPT) as desk:
        await conversation(desk)

        events = {event.seq: event for event in await desk.events()}
        ended = [s.values for s in await checkpoints(desk) if s.next == () and s.values.get("session")]
        assert len(ended) == 6
        for values in ended:
            last = events[values["session"]["version"]]
            assert (last.header.type, last.header.hash) == ("turn_ended", values["session"]["hash"])
            assert values["turn"] == {}
            assert values["session"]["open_turn"] is None
        assert ended[-1]["session"]["version"] == max(events)


@pytest.mark.req("ST-4", "GR-1")
async def test_the_scratchpad_lives_while_a_call_waits_and_outlasts_the_process(open_desk):
    async with open_desk([CallTools(calls=(CHANGE,)), Say(text="Refused.")]) as desk:
        await desk.say("Escalate C-1042.")
        (approval,) = await desk.waiting()
        assert (await desk.head())["turn"] == {"ordinal": 0, "route": "approve"}
    async with open_desk([Say(text="Refused.")]) as desk:
        assert (await desk.head())["turn"] == {"ordinal": 0, "route": "approve"}
        result = await desk.decide({approval.id: {"decisions": [{"type": "reject"}]}})
        assert result["messages"][-1]["content"] == "Refused."
        assert (await desk.head())["turn"] == {}


@pytest.mark.req("ST-2", "EV-2")
async def test_channels_are_plain_json_and_metadata_names_no_user(open_desk):
    async with open_desk(SCRIPT) as desk:
        await conversation(desk)

        states = await checkpoints(desk)
        assert [json.loads(json.dumps(state.values)) for state in states] == [state.values for state in states]
        metadata = await desk.rows("SELECT metadata::text AS text FROM langgraph.checkpoints")
        assert len(metadata) == len(states)
        assert {set(state.values) <= {"messages", "session", "turn"} for state in states} == {True}
        for person in ("brandt", "okafor", "northgate"):
            assert person not in str([state.metadata for state in states]) + str(metadata)


@pytest.mark.req("ST-2", "CX-18")
async def test_the_messages_channel_is_a_window_and_the_log_has_all_of_it(open_desk):
    turns = WINDOW // 2 + 3
    async with open_desk([Say(text=f"Answer {number}.") for number in range(turns)]) as desk:
        for number in range(turns):
            await desk.say(f"Message {number}.")

        kept = (await desk.head())["messages"]
        assert len(kept) == WINDOW
        assert [kept[0]["content"], kept[-1]["content"]] == ["Message 3.", f"Answer {turns - 1}."]
        assert [body.text for body in await desk.of(e.UserMessageReceived)] == [f"Message {n}." for n in range(turns)]
        assert (await desk.head())["session"]["turns"] == turns


@pytest.mark.req("EV-3", "EV-4", "ST-6")
async def test_the_log_of_a_varied_conversation_verifies_and_has_each_turn_once(open_desk):
    async with open_desk(SCRIPT) as desk:
        await conversation(desk)

        events = await desk.events()
        verdict = await desk.services.verifier.verify("northgate", desk.thread)
        assert (verdict.status, verdict.events) == ("intact", len(events))
        turns = [body.message_id for body in await desk.of(e.UserMessageReceived)]
        assert len(turns) == len(set(turns)) == len(await desk.of(e.TurnEnded)) == 6
        assert all(event.header.at.utcoffset().total_seconds() == 0 for event in events)


@pytest.mark.req("ST-7")
async def test_a_message_is_kept_with_its_exact_tokens_and_client_metadata_is_cut_and_never_identity(open_desk):
    claims = {"metadata": {"user": "s.okafor", "note": "x" * 1_000}}
    async with open_desk([Say(text="Hello.")]) as desk:
        await desk.say("Good morning, desk.", id="m1", **claims)

        received = await desk.last(e.UserMessageReceived)
        reply = await desk.last(e.AssistantResponseGenerated)
        count = desk.services.counter.count
        assert (received.message_id, received.tokens) == ("m1", count("Good morning, desk."))
        assert (reply.text, reply.tokens) == ("Hello.", count("Hello."))
        assert received.metadata == {"user": "s.okafor", "note": "x" * 256}
        assert received.principal.user == "o.brandt"
