"""`dossier usage`, as an operator runs it."""

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


@pytest.mark.req("UP-8")
def test_what_was_taken_is_told_beside_what_may_be(database_url, settings, monkeypatch, officer, thread):
    async def ask() -> None:
        async with open_services(settings, application(), model_app=ScriptedModel([Say(text="Yes.")])) as services:
            config = {"configurable": {"thread_id": thread}}
            await turn_graph(services).acting_as(officer).ainvoke(said("Hello."), config)

    asyncio.run(ask())
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DOSSIER_SECRET", settings.secret.get_secret_value())
    monkeypatch.setenv("DOSSIER_LIMITS", '{"user": {"tokens": 100}}')
    run = CliRunner()
    told = json.loads(run.invoke(app, ["usage", "--by", "o.brandt", "--thread", thread, "--json"]).stdout)
    table = run.invoke(app, ["usage", "--by", "o.brandt"]).stdout
    nothing = run.invoke(app, ["usage", "--by", "o.brandt", "--tenant", "westmere"]).stdout

    took = {"model_calls": 1, "tool_calls": 0, "tokens": 15, "spend": 0.0}
    assert told == {"thread": took, "user": took, "tenant": took}
    assert "15 of 100" in table
    assert nothing == "Nothing was taken.\n"
