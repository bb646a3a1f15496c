"""`dossier receipt` as an operator types it: a page in a file, what an auditor is told, what would have been."""

import asyncio
import json
import re
import subprocess
import sys
from importlib.resources import files

import pytest
import yaml
from typer.testing import CliRunner, Result

from cli.app import app
from graphs.assembly import turn_graph
from state.events import ContextPackageBuilt
from tests.conftest import SECRET
from tests.service.test_endpoint_hidden import LeakyDesk

LEAKY = "tests.service.test_endpoint_hidden:LeakyDesk"


@pytest.fixture
async def package(open_case_desk, officer, thread) -> str:
    """The package of one answered question, from which something was kept."""
    async with open_case_desk(app=LeakyDesk()) as services:
        said = {"messages": [{"role": "user", "content": "What is the status of C-1042?", "id": "m1"}]}
        await turn_graph(services).acting_as(officer).ainvoke(said, {"configurable": {"thread_id": thread}})
        events = await services.log.events(officer.tenant, thread)
    return next(event.body.package_id for event in events if isinstance(event.body, ContextPackageBuilt))


@pytest.fixture
def receipt(database_url):
    """Runs `dossier receipt ...` on this test's database."""

    async def ran(*words: str, **more: str) -> Result:
        env = {"DATABASE_URL": database_url, "DOSSIER_SECRET": SECRET, "DOSSIER_APPLICATION": LEAKY, "COLUMNS": "200"}
        unset = dict.fromkeys(("OPENAI_API_KEY", "OPENAI_BASE_URL", "DOSSIER_MODEL"))
        given = {**unset, **env, **more}
        return await asyncio.to_thread(CliRunner().invoke, app, ["receipt", *words], env=given)

    return ran


@pytest.mark.req("CX-13", "SV-5")
async def test_a_receipt_is_written_as_one_page_that_looks_like_the_services_and_needs_nothing_else(
    package, receipt, tmp_path
):
    page = tmp_path / "receipt.html"
    told = await receipt("show", package, "--html", str(page))
    assert (told.exit_code, page.name in told.output) == (0, True), told.output
    text = page.read_text("utf-8")
    style = files("service.pages").joinpath("templates/style.css").read_text("utf-8")
    assert style.strip() in text and "What the model was shown" in text and "doc:IR-77#5" in text
    assert re.findall(r"""(?:href|src|action)=["']([^"']*)""", text) == ["#main"]
    assert "<script" not in text and "<form" not in text and "default-src 'none'" in text
    assert "CP-15" not in text and "Kept from the user" not in text
    refused = await receipt("show", package, "--html", str(tmp_path / "none" / "receipt.html"))
    assert (refused.exit_code, "[invalid_input]" in refused.output) == (2, True)


@pytest.mark.req("CX-3")
async def test_only_who_looks_as_an_auditor_is_told_what_was_kept(package, receipt, tmp_path):
    auditor, page = ("--by", "a.ito", "--role", "auditor"), tmp_path / "receipt.html"
    asked = {"nobody": (), "officer": ("--by", "o.brandt", "--role", "officer"), "auditor": auditor}
    plain = {who: json.loads((await receipt("show", package, "--json", *words)).output) for who, words in asked.items()}
    shown = {who: (await receipt("show", package, *words)).output for who, words in asked.items()}
    await receipt("show", package, "--html", str(page), *auditor)

    hidden = {"id": "doc:CP-15#2", "kind": "retrieved_document", "source": "documents", "scope": "case C-1048"}
    assert plain["auditor"] == {**plain["officer"], "hidden": [hidden]}
    assert plain["officer"] == plain["nobody"]
    assert "CP-15" not in json.dumps(plain["nobody"]) + shown["nobody"] + shown["officer"]
    assert "hidden from o.brandt: case C-1048" in shown["auditor"]
    assert "doc:CP-15#2" in page.read_text("utf-8")


@pytest.mark.req("CX-13", "CX-14", "CX-16", "EL-1")
@pytest.mark.timeout(240)
async def test_what_would_have_been_is_told_and_written_as_a_scenario_that_passes(package, receipt, tmp_path):
    file, out = tmp_path / "what-if.yaml", tmp_path / "out.json"
    change = ("--without", "case:C-1042", "--prompt", "research@v1", "--strategy", "tail")
    told = await receipt("what-if", package, *change, "--save-eval", str(file))
    assert (told.exit_code, "The answer differs." in told.output) == (0, True), told.output
    assert "- case:C-1042" in told.output and "+ prompt:research@v1" in told.output
    (scenario,) = yaml.safe_load(file.read_text("utf-8"))
    (step,) = scenario["steps"]
    assert step["what_if"] == {"without": ["case:C-1042"], "prompt": "research@v1", "strategy": "tail"}
    assert step["expect"]["package"] == {"lacks": [{"id": "case:C-1042"}]}

    tight = tmp_path / "tight.yaml"
    stopped = await receipt("what-if", package, "--budget", "600", "--save-eval", str(tight))
    assert (stopped.exit_code, "budget_exceeded" in stopped.output) == (0, True), stopped.output
    command = [sys.executable, "-m", "evals", "run", str(file), str(tight), "--json", str(out)]
    played = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, timeout=200)
    assert played.returncode == 0, played.stdout + played.stderr
    assert [one["failures"] for one in json.loads(out.read_text("utf-8"))["scenarios"]] == [[], []]


@pytest.mark.req("GR-2")
async def test_what_can_t_be_told_again_is_an_error_with_its_code(package, receipt):
    away = {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "DOSSIER_MODEL": "gpt-4o", "DOSSIER_MODEL_RETRIES": "0"}
    asked = {
        ("--prompt", "research@v9"): ("not_found", 2),
        ("--strategy", "guessing"): ("not_found", 2),
        ("--without", "doc:CP-15#2"): ("invalid_input", 2),
    }
    for words, (code, status) in asked.items():
        told = await receipt("what-if", package, *words)
        assert (told.exit_code, f"[{code}]" in told.output) == (status, True), told.output
    told = await receipt("what-if", package, **away)
    assert (told.exit_code, "[model_unreachable]" in told.output) == (4, True), told.output
