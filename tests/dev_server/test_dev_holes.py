"""Holes that were seen in LangGraph, its server and its clients, each tried through the running server."""

import asyncio
import json
import uuid
from typing import Any

import httpx
import pytest

from dossier.adapters.scripted_model import ScriptedModel
from state import events as e
from tests.dev_server.chat_page import Page, told
from tests.dev_server.conftest import DevServer, happened, services_of

APPROVE, REJECT = {"decisions": [{"type": "approve"}]}, {"decisions": [{"type": "reject"}]}
FORGED, INVALID, DECIDED = (400, "forged_input"), (400, "invalid_input"), (409, "already_decided")


def note(when: str, *texts: str) -> list[dict[str, Any]]:
    """Return what the model plays: calls that add notes, then an answer."""
    calls = [{"name": "add_note", "arguments": {"case_id": "C-1042", "text": text}} for text in texts]
    return [{"kind": "tool_calls", "when": when, "calls": calls}, {"kind": "text", "when": when, "text": "Settled."}]


SCRIPT = [
    *note("at once", "at once"),
    *note("first of two", "first"),
    *note("second of two", "second"),
    *note("for whom", "for whom"),
    *note("one by one", "one", "two"),
    *[{"kind": "text", "when": "once more", "text": "Hello."}] * 4,
]


@pytest.fixture(scope="module")
def server(scripted: DevServer, model: ScriptedModel) -> DevServer:
    return scripted


def notes(log: list[Any]) -> list[str]:
    return [json.loads(body.content)["note"] for body in log if isinstance(body, e.ToolCallCompleted)]


def asking(server: DevServer, text: str, page: Page | None = None) -> tuple[Page, Page]:
    """Return a clerk who asked for notes, and a supervisor who looks at what waits."""
    clerk = page or Page(server, "clerk")
    clerk.say(text)
    return clerk, Page(server, "supervisor", clerk.thread)


@pytest.mark.req("SV-4")
def test_a_run_that_makes_its_thread_claims_it_for_who_runs(server: DevServer) -> None:
    officer, stranger = Page(server, "officer"), Page(server, "eastvale-officer")
    officer.thread = str(uuid.uuid4())
    officer.send(
        input={"messages": [{"role": "user", "content": "once more"}]},
        if_not_exists="create",
        metadata={"owner": "eve", "tenant": "eastvale"},
    )

    assert officer.told == (200, None)
    assert officer.row()["metadata"].items() >= {"owner": "o.brandt", "tenant": "northgate"}.items()
    assert stranger.http.get(officer.path).status_code == 404


@pytest.mark.req("AP-4", "SV-1")
async def test_of_two_contrary_decisions_at_once_one_stands_and_the_other_is_told_so(server: DevServer) -> None:
    clerk, boss = await asyncio.to_thread(asking, server, "at once")
    (waiting,) = boss.interrupts
    async with httpx.AsyncClient(base_url=server.url, headers={"x-api-key": "supervisor"}, timeout=60) as http:
        bodies = [{"assistant_id": "turn", "command": {"resume": {waiting["id"]: said}}} for said in (APPROVE, REJECT)]
        answers = await asyncio.gather(*[http.post(f"{clerk.path}/runs/wait", json=body) for body in bodies])
    log = await happened(server, boss.thread or "")

    stands = [answer.status_code == 200 for answer in answers]
    assert sorted(told(answer) for answer in answers) == [(200, None), DECIDED]
    assert notes(log) == (["at once"] if stands[0] else [])
    assert sum(isinstance(body, e.HumanApprovalGranted | e.HumanApprovalDenied) for body in log) == 1


@pytest.mark.req("AP-3", "AP-4", "SV-1")
async def test_a_late_answer_never_meets_a_newer_request_and_an_answered_state_is_not_told_anew(
    server: DevServer,
) -> None:
    clerk, boss = await asyncio.to_thread(asking, server, "first of two")
    (first,) = boss.interrupts
    seen = boss.history[0]["checkpoint"]
    boss.decide({"type": "reject"})
    clerk.reload()
    _, boss = await asyncio.to_thread(asking, server, "second of two", clerk)
    (second,) = boss.interrupts
    before = boss.row()
    late = {
        "bare, from the page that showed the first": {"command": {"resume": APPROVE}, "checkpoint": seen},
        "bare, from nowhere": {"command": {"resume": APPROVE}},
        "the first's, again": {"command": {"resume": {first["id"]: APPROVE}}, "checkpoint": seen},
        "going on from there": {"input": None, "checkpoint": seen},
    }
    answers = {
        name: told(boss.http.post(f"{boss.path}/runs/wait", json={"assistant_id": "turn", **body}))
        for name, body in late.items()
    }
    after = boss.row()
    boss.decide({"type": "approve"})

    assert answers == {
        "bare, from the page that showed the first": FORGED,
        "bare, from nowhere": INVALID,
        "the first's, again": FORGED,
        "going on from there": (404, "not_found"),  # the thread is the clerk's
    }
    assert (first["id"] != second["id"], before) == (True, after)
    assert boss.told == (200, None)
    assert notes(await happened(server, boss.thread or "")) == ["second"]


@pytest.mark.req("AP-3", "SV-4")
async def test_what_runs_after_another_persons_decision_runs_for_who_asked(server: DevServer) -> None:
    _, boss = await asyncio.to_thread(asking, server, "for whom")
    boss.decide({"type": "approve"})
    log = await happened(server, boss.thread or "")
    last = [body.package_id for body in log if isinstance(body, e.ContextPackageBuilt)][-1]
    async with services_of(server) as services:
        package = (await services.packages.by_id("northgate", last)).package

    authority = next(entry.item.text for entry in package.items if entry.item.kind == "authority")
    assert authority.startswith("User p.amsel, clerk,")
    assert package.header.user == "p.amsel"


@pytest.mark.req("AP-2", "PE-2")
async def test_one_of_two_answers_outlives_a_crash_and_the_other_keeps_its_name(server: DevServer) -> None:
    clerk, boss = await asyncio.to_thread(asking, server, "one by one")
    first, second = boss.interrupts
    boss.command(resume={first["id"]: REJECT})
    half = await happened(server, boss.thread or "")
    server.kill()
    server.start()
    boss.reload()
    left = boss.interrupts
    boss.command(resume={second["id"]: APPROVE})
    clerk.reload()

    assert notes(half) == []
    assert [(one["id"], one["value"]) for one in left] == [(second["id"], second["value"])]
    assert notes(await happened(server, boss.thread or "")) == ["two"]
    assert clerk.said[-1] == "Settled."


@pytest.mark.req("PE-2", "SV-1")
def test_a_client_does_not_choose_how_durable_a_run_is(server: DevServer) -> None:
    kept = {}
    for durability in ("sync", "async", "exit"):
        page = Page(server, "officer")
        body = {"messages": [{"role": "user", "content": "once more"}]}
        page.send(input=body, durability=durability)
        kept[durability] = len(page.history)

    assert kept["sync"] > 4
    assert kept == dict.fromkeys(kept, kept["sync"])
