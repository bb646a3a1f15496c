"""`dossier memory`, as someone runs it for a user."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from casework.application import application
from cli.app import app
from dossier.adapters.script import Say
from dossier.adapters.scripted_model import ScriptedModel
from dossier.services import open_services
from graphs.assembly import turn_graph
from tests.turn.conftest import said


@pytest.mark.req("ME-4")
def test_what_is_remembered_is_listed_corrected_and_forgotten(database_url, settings, monkeypatch, officer, thread):
    async def ask() -> None:
        async with open_services(settings, application(), model_app=ScriptedModel([Say(text="Noted.")])) as services:
            graph = turn_graph(services).acting_as(officer)
            wish = said("Remember that I prefer short answers. Remember that I like tables.")
            await graph.ainvoke(wish, {"configurable": {"thread_id": thread}})

    asyncio.run(ask())
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DOSSIER_SECRET", settings.secret.get_secret_value())
    run = CliRunner()

    def held(by: str = "o.brandt") -> list[dict[str, str]]:
        return json.loads(run.invoke(app, ["memory", "list", "--by", by, "--json"]).stdout)

    first, second = held()
    assert {first["text"], second["text"]} == {"I prefer short answers", "I like tables"}
    assert (first["scope"], first["of"], first["thread"]) == ("user", "o.brandt", thread)
    assert held("a.colleague") == []
    assert run.invoke(app, ["memory", "list", "--by", "a.colleague"]).stdout == "Nothing is remembered.\n"
    changed = run.invoke(app, ["memory", "correct", first["id"], "I prefer long answers", "--by", "o.brandt"])
    assert changed.stdout.endswith(": I prefer long answers\n")
    assert run.invoke(app, ["memory", "forget", first["id"], "--by", "a.colleague"]).exit_code == 2
    assert run.invoke(app, ["memory", "forget", "--by", "o.brandt"]).exit_code == 2
    assert run.invoke(app, ["memory", "forget", second["id"], "--by", "o.brandt"]).stdout == "Forgotten.\n"
    assert [(one["id"], one["text"]) for one in held()] == [(first["id"], "I prefer long answers")]
    assert run.invoke(app, ["memory", "forget", "--all", "--by", "o.brandt"]).stdout == "Forgotten: 1.\n"
    assert held() == []
