"""`dossier inbox` and `dossier delegate`, as an operator runs them."""

import asyncio
import json
from functools import partial

import pytest

from casework.application import application
from dossier.adapters.scripted_model import ScriptedModel
from dossier.services import open_services
from graphs.assembly import turn_graph
from tests.command_line import dossier, on_database
from tests.gate.desk import ASK_NOTICE, OFFICER, on, said


@pytest.mark.req("AP-6", "AP-3")
def test_the_inbox_tells_what_waits_for_whom_since_when_and_until_when(database_url, settings, tmp_path, thread):
    async def ask() -> None:
        async with open_services(settings, application(), model_app=ScriptedModel([ASK_NOTICE])) as services:
            graph = turn_graph(services).acting_as(OFFICER)
            await graph.ainvoke(said("Notify the licensee of C-1042.", "ask"), on(thread))

    asyncio.run(ask())
    run = partial(dossier, tmp_path, **on_database(database_url))
    (row,) = json.loads(run("inbox", "--json").stdout)
    assert (row["thread"], row["tool"], row["requested_by"]) == (thread, "notify_licensee", "o.brandt")
    assert (row["about"], row["approvers"], row["approved_by"]) == ("call", 1, [])
    assert row["requested_at"] < row["expires_at"]
    assert "o.brandt" in run("inbox").stdout
    assert json.loads(run("inbox", "--json", "--tenant", "eastvale").stdout) == []
    assert run("delegate", "s.okafor", "d.puty", "on leave", "--role", "supervisor", "--hours", "2").status == 0
    assert run("delegate", "s.okafor", "s.okafor", "x", "--role", "supervisor").status == 2
