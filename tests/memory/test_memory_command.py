"""`dossier memory`, as someone runs it for a user."""

import asyncio
import json
from functools import partial

import pytest

from casework.application import application
from dossier.adapters.script import Say
from dossier.adapters.scripted_model import ScriptedModel
from dossier.services import open_services
from graphs.assembly import turn_graph
from tests.command_line import dossier, on_database
from tests.turn.conftest import said


@pytest.mark.req("ME-4")
def test_what_is_remembered_is_listed_corrected_and_forgotten(database_url, settings, tmp_path, officer, thread):
    async def ask() -> None:
        async with open_services(settings, application(), model_app=ScriptedModel([Say(text="Noted.")])) as services:
            graph = turn_graph(services).acting_as(officer)
            wish = said("Remember that I prefer short answers. Remember that I like tables.")
            await graph.ainvoke(wish, {"configurable": {"thread_id": thread}})

    asyncio.run(ask())
    run = partial(dossier, tmp_path, "memory", **on_database(database_url))

    def held(by: str = "o.brandt") -> list[dict[str, str]]:
        return json.loads(run("list", "--by", by, "--json").stdout)

    first, second = held()
    assert {first["text"], second["text"]} == {"I prefer short answers", "I like tables"}
    assert (first["scope"], first["of"], first["thread"]) == ("user", "o.brandt", thread)
    assert held("a.colleague") == []
    assert run("list", "--by", "a.colleague").stdout == "Nothing is remembered.\n"
    changed = run("correct", first["id"], "I prefer long answers", "--by", "o.brandt")
    assert changed.stdout.endswith(": I prefer long answers\n")
    assert run("forget", first["id"], "--by", "a.colleague").status == 2
    assert run("forget", "--by", "o.brandt").status == 2
    assert run("forget", second["id"], "--by", "o.brandt").stdout == "Forgotten.\n"
    assert [(one["id"], one["text"]) for one in held()] == [(first["id"], "I prefer long answers")]
    assert run("forget", "--all", "--by", "o.brandt").stdout == "Forgotten: 1.\n"
    assert held() == []
