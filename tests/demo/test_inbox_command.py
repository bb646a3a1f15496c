"""`dossier inbox` and `dossier delegate`, as an operator runs them."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from casework.application import application
from cli.app import app
from dossier.adapters.scripted_model import ScriptedModel
from dossier.services import open_services
from dossier.settings import Settings
from graphs.assembly import turn_graph
from tests.gate.desk import ASK_NOTICE, OFFICER, on, said


@pytest.mark.req("AP-6", "AP-3")
def test_the_inbox_tells_what_waits_for_whom_since_when_and_until_when(database_url, settings, monkeypatch, thread):
    async def ask() -> None:
        async with open_services(settings, application(), model_app=ScriptedModel([ASK_NOTICE])) as services:
            graph = turn_graph(services).acting_as(OFFICER)
            await graph.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread))

    asyncio.run(ask())
    given: Settings = settings
    assert given.secret is not None
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("DOSSIER_SECRET", given.secret.get_secret_value())
    run = CliRunner()
    (row,) = json.loads(run.invoke(app, ["inbox", "--json"]).stdout)
    assert (row["thread"], row["tool"], row["requested_by"]) == (thread, "notify_licensee", "o.brandt")
    assert (row["about"], row["approvers"], row["approved_by"]) == ("call", 1, [])
    assert row["requested_at"] < row["expires_at"]
    assert "o.brandt" in run.invoke(app, ["inbox"]).stdout
    assert json.loads(run.invoke(app, ["inbox", "--json", "--tenant", "southmoor"]).stdout) == []
    lent = run.invoke(app, ["delegate", "s.okafor", "d.puty", "on leave", "--role", "supervisor", "--hours", "2"])
    assert lent.exit_code == 0
    refused = run.invoke(app, ["delegate", "s.okafor", "s.okafor", "x", "--role", "supervisor"])
    assert refused.exit_code == 2
