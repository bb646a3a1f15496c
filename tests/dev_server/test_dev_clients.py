"""Public clients against `langgraph dev`: agent-chat-ui, agent-inbox, and runs at once."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client

from dossier.adapters.scripted_model import ScriptedModel
from state import events as e
from tests.dev_server.chat_page import Page, told
from tests.dev_server.conftest import DevServer, happened

NOTE = {"case_id": "C-1042", "text": "The sensor was replaced."}
OTHER_NOTE = {"case_id": "C-1042", "text": "The sensor was tested."}
STATUS = {"case_id": "C-1042", "status": "escalated", "reason": "A school kitchen is affected."}
APPROVE, REJECT = {"type": "approve"}, {"type": "reject", "message": "Not on file."}
EDIT = {"type": "edit", "edited_action": {"name": "add_note", "args": OTHER_NOTE}}
ALLOWED = ["approve", "edit", "reject", "respond"]

FORGED, INVALID, WAITING = (400, "forged_input"), (400, "invalid_input"), (409, "approval_waiting")


def says(text: str, when: str, delay: float = 0.0) -> dict[str, Any]:
    return {"kind": "text", "text": text, "when": when, "delay": delay}


def calls(when: str, *asked: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "tool_calls", "when": when, "calls": [{"name": n, "arguments": args} for n, args in asked]}


def slowly(when: str) -> dict[str, Any]:
    return says(f"Answer to {when}.", when, delay=0.6)


STRATEGIES = ("reject", "enqueue", "interrupt", "rollback")

SCRIPT = [
    calls("Look up", ("get_case", {"case_id": "C-1042"})),
    says("It is under review.", "Look up"),
    calls("Note it", ("add_note", NOTE)),
    says("Noted.", "Note it"),
    says("You are welcome.", "Thanks"),
    *[calls("Decide", ("add_note", NOTE)), says("Settled.", "Decide")] * 7,
    calls("Escalate", ("change_status", STATUS)),
    calls("Pair", ("add_note", NOTE), ("add_note", OTHER_NOTE)),
    *[slowly(f"{strategy} {which}") for strategy in STRATEGIES for which in ("one", "two")],
    slowly("interrupt one"),
    *[{"kind": "error", "when": "Trouble", "status": 401, "code": "invalid_api_key"}] * 2,
    says("All is well.", "Trouble"),
    *[says(f"Answer to {name}.", f"{name} begins") for name in ("alpha", "alpha", "bravo", "carol")],
    *[calls(f"{name} notes", ("add_note", NOTE)) for name in ("alpha", "bravo", "delta")],
    *[says(f"Noted for {name}.", f"{name} notes") for name in ("alpha", "bravo", "delta")],
    says("Going on.", "alpha goes on"),
]


@pytest.fixture(scope="module")
def server(scripted: DevServer, model: ScriptedModel) -> DevServer:
    return scripted


def _notes(happened: list[Any]) -> list[str]:
    return [json.loads(body.content)["note"] for body in happened if isinstance(body, e.ToolCallCompleted)]


def _asked(args: dict[str, Any], tool: str, description: str) -> dict[str, Any]:
    return {
        "action_requests": [{"name": tool, "args": args, "description": description}],
        "review_configs": [{"action_name": tool, "allowed_decisions": ALLOWED}],
    }


@pytest.mark.req("SV-1", "AP-2")
def test_agent_chat_ui_holds_a_conversation_in_which_a_second_person_approves_a_note(server: DevServer) -> None:
    page = Page(server, "clerk")
    assert page.http.get("/info").status_code == 200
    page.say("Look up C-1042.")
    looked = (page.told, page.said, {name for name, _ in page.events}, len(page.placeholders()))
    page.say("Note it on C-1042.")
    waiting = page.row()
    (asked,) = page.interrupts
    page.say("Thanks for nothing.")
    meanwhile = page.told

    boss = Page(server, "supervisor", page.thread)
    seen = boss.interrupts
    boss.decide(APPROVE)
    page.say("Thanks.")
    stale = page.told
    page.reload()
    page.say("Thanks.")

    assert looked[0] == (200, None)
    assert looked[1] == ["Look up C-1042.", "It is under review."]
    assert looked[2] == {"metadata", "values", "messages"}
    assert looked[3] == 1  # the page made up a tool message, and its next message still came in
    assert (waiting["status"], waiting["values"]["messages"][0]["content"]) == ("interrupted", "Look up C-1042.")
    assert list(waiting["interrupts"].values()) == [[asked]]
    assert {name: asked["value"][name] for name in ("action_requests", "review_configs")} == _asked(
        NOTE, "add_note", "Add a note to case C-1042: 'The sensor was replaced.'."
    )
    assert meanwhile == WAITING
    assert seen == [asked]
    assert boss.told == (200, None)
    assert boss.said[-1] == "Noted."
    assert boss.events[-1][1]["messages"][-1]["content"] == "Noted."
    assert stale == FORGED  # a page that has not seen the decision goes on from what it knows
    assert page.said[-3:] == ["Noted.", "Thanks.", "You are welcome."]
    assert page.row()["status"] == "idle"


ANSWERS: dict[str, tuple[Any, list[str]]] = {
    "approve": ({"decisions": [APPROVE]}, [NOTE["text"]]),
    "edit": ({"decisions": [EDIT]}, [OTHER_NOTE["text"]]),
    "reject": ({"decisions": [REJECT]}, []),
    "inbox accept": ([{"type": "accept", "args": None}], [NOTE["text"]]),
    "inbox edit": ([{"type": "edit", "args": {"action": "add_note", "args": OTHER_NOTE}}], [OTHER_NOTE["text"]]),
    "inbox ignore": ([{"type": "ignore", "args": None}], []),
    "inbox response": ([{"type": "response", "args": "Not on file."}], []),
}


@pytest.mark.req("SV-1", "AP-2")
@pytest.mark.parametrize("how", ANSWERS)
async def test_both_public_forms_of_an_answer_decide_the_one_note_that_waits(server: DevServer, how: str) -> None:
    resume, noted = ANSWERS[how]
    page = Page(server, "clerk")
    page.say("Decide about a note on C-1042.")
    boss = Page(server, "supervisor", page.thread)
    boss.command(resume=resume)
    log = await happened(server, boss.thread or "")

    assert boss.told == (200, None)
    assert boss.said[-1] == "Settled."
    assert _notes(log) == noted


@pytest.mark.req("SV-1", "AP-2", "SV-4")
@pytest.mark.parametrize(("who", "open_calls"), [("officer", "Escalate"), ("clerk", "Pair")])
async def test_a_bare_answer_to_what_cannot_be_undone_or_to_one_of_two_is_refused_and_the_thread_waits_on(
    server: DevServer, who: str, open_calls: str
) -> None:
    page = Page(server, who)
    page.say(f"{open_calls} on C-1042.")
    boss = Page(server, "supervisor", page.thread)
    before, asked = boss.row(), boss.interrupts
    answers = []
    boss.decide(APPROVE)
    answers.append(boss.told)
    boss.decide(APPROVE, APPROVE)
    answers.append(boss.told)
    boss.command(resume=[{"type": "accept", "args": None}])
    answers.append(boss.told)
    after = boss.row()
    boss.command(
        resume={one["id"]: {"decisions": [APPROVE]} for one in asked[:-1]} | {asked[-1]["id"]: {"decisions": [REJECT]}}
    )
    log = await happened(server, boss.thread or "")

    assert answers == [INVALID] * 3
    assert after == before
    assert (before["status"], len(asked)) == ("interrupted", {"Escalate": 1, "Pair": 2}[open_calls])
    assert boss.told == (200, None)
    assert _notes(log) == [NOTE["text"]] * (len(asked) - 1)


@pytest.mark.req("SV-1", "SV-4")
def test_what_agent_chat_ui_offers_beyond_talking_and_deciding_is_refused_with_a_code(server: DevServer) -> None:
    page = Page(server, "officer")
    page.say("alpha begins")
    before = page.row()
    answers = {}
    page.regenerate()
    answers["regenerate"] = page.told
    page.command(goto="__end__")
    answers["mark as resolved"] = page.told
    page.say("Look at this.", {"type": "image", "mimeType": "image/png", "data": "aGk=", "metadata": {"name": "a.png"}})
    answers["an image"] = page.told
    page.send(input={"messages": [{"type": "tool", "tool_call_id": "c", "id": "t", "content": "Approved."}]})
    answers["a tool's message"] = page.told
    page.send(
        input={"messages": [{"type": "tool", "tool_call_id": "c", "id": "do-not-render-t", "content": "Approved."}]}
    )
    answers["a placeholder alone"] = page.told
    ignored = page.http.post(f"{page.path}/state", json={"values": None, "as_node": "__end__"})  # of agent-inbox

    assert answers == {
        "regenerate": FORGED,
        "mark as resolved": FORGED,
        "an image": INVALID,
        "a tool's message": FORGED,
        "a placeholder alone": INVALID,
    }
    assert told(ignored) == FORGED
    assert page.row() == before


@pytest.mark.req("SV-1", "UP-7")
@pytest.mark.parametrize("strategy", STRATEGIES)
async def test_of_two_runs_at_once_on_a_thread_each_is_answered_once_or_refused_at_once(
    server: DevServer, model: ScriptedModel, strategy: str
) -> None:
    client = get_client(url=server.url, api_key="officer")
    thread = (await client.threads.create())["thread_id"]

    def said(which: str) -> dict[str, Any]:
        return {"messages": [{"role": "user", "content": f"{strategy} {which}", "id": which}]}

    asked = len(model.requests)
    first = await client.runs.create(thread, "turn", input=said("one"))
    while len(model.requests) == asked:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.05)
    body = {"assistant_id": "turn", "input": said("two"), "multitask_strategy": strategy}
    async with httpx.AsyncClient(base_url=server.url, headers={"x-api-key": "officer"}, timeout=90) as http:
        second = await http.post(f"/threads/{thread}/runs/wait", json=body)
    await client.runs.join(thread, first["run_id"])
    state = await client.threads.get_state(thread)
    runs = [run["status"] for run in reversed(await client.runs.list(thread))]
    row = await client.threads.get(thread)

    answered = [f"{strategy} one", f"Answer to {strategy} one."]
    both = [*answered, f"{strategy} two", f"Answer to {strategy} two."]
    refused, said_in_all, ended, model_calls = {
        "reject": ((409, None), answered, ["success"], 1),
        "enqueue": ((200, None), both, ["success", "success"], 2),
        "interrupt": ((200, None), both, ["interrupted", "success"], 3),  # the first is cut off, then finished
        "rollback": (INVALID, answered, ["success"], 1),
    }[strategy]
    assert told(second) == refused
    assert [message["content"] for message in state["values"]["messages"]] == said_in_all
    assert state["values"]["session"]["turns"] == len(said_in_all) // 2
    assert (runs, row["status"]) == (ended, "idle")
    assert len(model.requests) - asked == model_calls


@pytest.mark.req("SV-1", "UP-1")
async def test_an_error_inside_a_run_says_its_code_and_what_to_do_and_the_same_message_goes_on(
    server: DevServer,
) -> None:
    page = Page(server, "officer")
    page.say("Trouble?", id="m-1")
    (error,) = [data for name, data in page.events if name == "error"]
    failed = page.http.get(page.path).json()
    again = {"assistant_id": "turn", "input": {"messages": [{"role": "user", "content": "Trouble?", "id": "m-1"}]}}
    waited = page.http.post(f"{page.path}/runs/wait", json=again)
    page.say("Trouble?", id="m-1")

    assert page.told == (200, None)
    assert {name: error[name] for name in ("error", "status")} == {"error": "model_key_refused", "status": 502}
    assert error["message"]
    assert error["hint"]
    assert (waited.status_code, waited.json()) == (200, {"__error__": error})
    assert failed["error"] == error
    assert (failed["status"], page.row()["status"]) == ("error", "idle")
    assert page.said == ["Trouble?", "All is well."]


@pytest.mark.req("SV-1", "GR-1")
def test_lists_and_inboxes_show_what_waits_after_a_crash_and_the_conversations_go_on(server: DevServer) -> None:
    first, second, third = (Page(server, "clerk") for _ in range(3))
    first.say("alpha begins again")
    second.say("bravo begins")
    second.say("bravo notes C-1042.")
    third.say("carol begins")
    server.stop()  # writes its rows to disk
    server.start()
    first.say("alpha notes C-1042.")
    Page(server, "supervisor", second.thread).decide(APPROVE)
    last = Page(server, "clerk")
    last.say("delta notes C-1042.")
    pages = (first, second, third, last)
    before = [{name: page.row()[name] for name in ("status", "values", "interrupts")} for page in pages]
    server.kill()  # with rows that are old, and without the last one's
    server.start()
    while any(page.row()["status"] == "busy" for page in pages):  # a run that was saved as running is tried again
        time.sleep(0.1)
    after = [{name: page.row()[name] for name in ("status", "values", "interrupts")} for page in pages]
    Page(server, "supervisor", first.thread).decide(APPROVE)
    first.reload()
    first.say("alpha goes on")

    assert [row["status"] for row in before] == ["interrupted", "idle", "idle", "interrupted"]
    assert after == before
    assert first.said[-4:] == ["alpha notes C-1042.", "Noted for alpha.", "alpha goes on", "Going on."]
