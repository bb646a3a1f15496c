"""docs/adopting.md, followed to the letter: each file written as it stands there, the last step run."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
STEPS = (ROOT / "docs" / "adopting.md").read_text("utf-8")
FILES = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", STEPS, flags=re.MULTILINE | re.DOTALL))
(SHOWN,) = re.findall(r"^```console\n\$ (.*?)\n(.*?)^```$", STEPS, flags=re.MULTILINE | re.DOTALL)
LOANS = "SELECT tenant_id, id, due::text, version FROM loans.loans ORDER BY id"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a reader has after the last step."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return tmp_path


def run(folder: Path, database_url: str, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENAI_API_KEY", "OPENAI_BASE_URL") and not name.startswith("DOSSIER_")
    }
    env = {
        **kept,
        "DATABASE_URL": database_url,
        "DOSSIER_SECRET": "5f" * 32,
        "DOSSIER_APPLICATION": "loans.application:application",
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        **more,
    }
    return subprocess.run([sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, timeout=100)


def test_the_steps_hold_one_whole_application():
    assert sorted(FILES) == [
        "loans/application.py",
        "loans/policies/loans.cedar",
        "loans/policies/loans.cedarschema",
        "loans/prompts/loans.v1.md",
        "loans/prompts/versions.json",
        "loans/tables.sql",
        "loans/tools.py",
        "try_it.py",
    ]
    digest = hashlib.sha256(FILES["loans/prompts/loans.v1.md"].encode()).hexdigest()
    assert json.loads(FILES["loans/prompts/versions.json"]) == {"loans.v1": digest}


@pytest.mark.req("GR-2", "AP-1", "AP-4", "SV-4")
def test_followed_to_the_letter_the_steps_end_in_an_approved_action(folder: Path, database_url: str):
    assert SHOWN[0] == "PYTHONPATH=. DOSSIER_APPLICATION=loans.application:application python try_it.py"
    ran = run(folder, database_url, "try_it.py")

    assert (ran.returncode, ran.stdout) == (0, SHOWN[1]), ran.stderr
    with psycopg.connect(database_url) as conn:
        assert conn.execute(LOANS).fetchall() == [
            ("hillside", "L-7", "2026-12-15", 2),
            ("hillside", "L-8", "2026-12-05", 1),
        ]
        types = [row[0] for row in conn.execute("SELECT type FROM dossier.events ORDER BY seq").fetchall()]
        assert types.count("human_approval_granted") == types.count("tool_call_completed") == 1
        assert types[-1] == "turn_ended"

        conn.execute("SET ROLE dossier_runtime")  # from here on as a run of some tenant: its rows and no others
        for tenant, seen in (("hillside", 2), ("northgate", 0), ("", 0)):
            conn.execute("SELECT set_config('dossier.tenant', %s, false)", [tenant])
            assert conn.execute("SELECT count(*) FROM loans.loans").fetchone() == (seen,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            conn.execute("DELETE FROM loans.loans")


CHECKS = """
import asyncio, sys
from langgraph.types import Command
from dossier.services import open_services
from dossier.settings import Settings
from graphs.assembly import turn_graph
from graphs.served import application

async def main():
    app = application()
    async with open_services(Settings(), app) as services:
        async def say(who, text):
            thread = {"configurable": {"thread_id": services.new_id()}}
            message = {"role": "user", "content": text, "id": services.new_id()}
            graph = turn_graph(services)
            result = await graph.acting_as(app.people[who]).ainvoke({"messages": [message]}, thread)
            return graph, thread, result
        graph, thread, result = await say("ada", "Extend loan L-8 by 14 days.")
        print("foreign:", "__interrupt__" in result, "Silent" in str(result))
        graph, thread, result = await say("ada", "Extend loan L-7 by 21 days.")
        answer = {result["__interrupt__"][0].id: {"decisions": [{"type": "approve"}]}}
        try:
            await graph.acting_as(app.people["ada"]).ainvoke(Command(resume=answer), thread)
        except Exception as error:
            print("own request:", error.code)
        result = await graph.acting_as(app.people["mr-finch"]).ainvoke(Command(resume=answer), thread)
        events = await services.log.events("hillside", thread["configurable"]["thread_id"])
        print("guard:", [event.body.reason for event in events if event.header.type == "tool_call_rejected"])
        package = [event.body for event in events if event.header.type == "context_package_built"][-1].package_id
        items = (await services.packages.by_id("hillside", package)).package.items
        print("shown:", [entry.item.id for entry in items][:5])
        print("authority:", [entry.item.text for entry in items if entry.item.kind == "authority"])

asyncio.run(main())
"""


@pytest.mark.req("GR-2", "SV-8", "AP-3", "CX-16")
def test_policies_prompt_and_guard_of_the_new_application_hold(folder: Path, database_url: str):
    (folder / "checks.py").write_text(CHECKS, "utf-8")
    ran = run(folder, database_url, "checks.py")

    assert ran.returncode == 0, ran.stderr
    lines = dict(line.split(": ", 1) for line in ran.stdout.splitlines())
    assert lines == {
        "foreign": "False False",
        "own request": "not_permitted",
        "guard": "['two_weeks: In December it is two weeks at most.']",
        "shown": "['prompt:loans@v1', 'policy:loans', 'authority:ada', 'loan:L-7', 'task:active']",
        "authority": str(
            [
                "User ada, reader, hillside.\nMay: view your own loans.\n"
                "May not do without the approval of another, entitled person: extend loan."
            ]
        ),
    }


WRONG = """
import os
from dossier.errors import InvalidSettings
from graphs.served import application

for name in ("loans.nothing:application", "loans.application:nothing", "loans.tools:SQL.copy", "no such thing"):
    os.environ["DOSSIER_APPLICATION"] = name
    try:
        application()
    except InvalidSettings as error:
        print(error.message)
        print(error.hint)
"""
HINT = "Name a function as package.module:function, in a package that Python finds."


@pytest.mark.req("GR-2")
def test_an_application_that_is_not_there_is_named_with_what_to_do(folder: Path, database_url: str):
    ran = run(folder, database_url, "-c", WRONG)

    assert ran.stdout.splitlines() == [
        "DOSSIER_APPLICATION names 'loans.nothing:application', which can't be loaded: "
        "No module named 'loans.nothing'.",
        HINT,
        "DOSSIER_APPLICATION names 'loans.application:nothing', which can't be loaded: "
        "module 'loans.application' has no attribute 'nothing'.",
        HINT,
        "DOSSIER_APPLICATION names 'loans.tools:SQL.copy', which makes no Application.",
        HINT,
        "DOSSIER_APPLICATION names 'no such thing', which can't be loaded: invalid format: 'no such thing'.",
        HINT,
    ], ran.stderr


@pytest.mark.req("GR-2", "CX-16")
def test_a_changed_prompt_is_refused_before_anything_starts(folder: Path, database_url: str):
    prompt = folder / "loans" / "prompts" / "loans.v1.md"
    prompt.write_text(prompt.read_text("utf-8").replace("a librarian", "anyone"), "utf-8")
    ran = run(folder, database_url, "try_it.py")

    assert ran.returncode == 1
    assert "The text of prompt 'loans.v1' is not the released one." in ran.stderr
