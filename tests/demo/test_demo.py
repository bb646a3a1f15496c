"""`dossier demo` and the commands that look at what it left, as a newcomer runs them: in a folder of their own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOREIGN = ("DATABASE_URL", "OPENAI_API_KEY", "OPENAI_BASE_URL")


@dataclass(frozen=True)
class Played:
    """The demonstration's output and the folder it ran in."""

    folder: Path
    text: str

    @property
    def thread(self) -> str:
        return re.findall(r"dossier log (\S+)", self.text)[0]

    @property
    def package(self) -> str:
        return re.findall(r"dossier receipt show (\S+)", self.text)[0]

    def dossier(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return dossier(self.folder, *arguments)


def dossier(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {
        name: value for name, value in os.environ.items() if name not in FOREIGN and not name.startswith("DOSSIER_")
    }
    env = {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"}
    command = [sys.executable, "-m", "cli.app", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=110)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("demo")
    ran = dossier(folder, "demo")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    yield Played(folder, ran.stdout)


def after(text: str, *marks: str) -> str:
    """Return the text after marks that stand in it in this order."""
    for mark in marks:
        assert mark in text, f"{mark!r} is missing or out of order"
        text = text.split(mark, 1)[1]
    return text


@pytest.mark.req("GR-2")
def test_the_demo_says_which_model_answers_and_asks_back_about_a_vague_phrase(played):
    text = after(
        played.text, "dossier-offline", "Quote the key finding from the report.", "Which do you mean by “the report”?"
    )
    answered = after(
        text, "Inspection report IR-61", "Inspection report IR-77", "Use the second one.", "is inspection_report IR-77"
    )
    assert "no real excursion occurred on 11 February 2026" in re.sub(r"\s+", " ", answered)


@pytest.mark.req("GR-2", "ST-3", "CX-10")
def test_the_demo_shows_a_correction(played):
    corrected = after(played.text, "= not urgent (user_claimed)", "New evidence makes it urgent")
    after(corrected, "= urgent (user_claimed)", "rejected", "= not urgent", "do not change the status")


@pytest.mark.req("GR-2", "AP-1", "PE-2", "AP-4")
def test_the_demo_waits_for_a_person_survives_two_kills_and_changes_the_status_once(played):
    asked = after(played.text, "Change the status of C-1042 to escalated.", "kill -9", "step.call_model:after")
    approved = after(
        asked, "waits", "nothing has happened", "approves change_status", "kill -9", "effect.transaction:after"
    )
    told = after(
        approved, "approved  change_status, by s.okafor", "Times the approved change took effect: 1", "after two kills"
    )
    assert re.search(rf"Log of {played.thread}: intact \(\d+ events\)", told)
    assert played.text.count("kill -9   process") == 2


@pytest.mark.req("EV-5", "EV-3", "GR-2")
def test_the_log_of_the_demo_can_be_read_and_verified(played):
    log = played.dossier("log", played.thread, "--json")
    events = json.loads(log.stdout)
    verdict = played.dossier("verify", played.thread, "--json")

    assert (log.returncode, verdict.returncode) == (0, 0)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    types = [event["type"] for event in events]
    counts = [types.count(kind) for kind in ("human_approval_granted", "tool_call_completed", "user_message_received")]
    assert counts == [1, 1, 5]
    assert json.loads(verdict.stdout)["status"] == "intact"
    assert json.loads(verdict.stdout)["events"] == len(events)


@pytest.mark.req("CX-13", "EV-5")
def test_a_receipt_of_the_demo_shows_what_was_sent_and_why(played):
    receipt = played.dossier("receipt", "show", played.package)
    exact = played.dossier("receipt", "replay", played.package)

    assert (receipt.returncode, exact.returncode) == (0, 0)
    for item in ("prompt:casework@v1", "policy:POL-1", "case:C-1042", "doc:IR-77#5", "rejected:"):
        assert item in receipt.stdout
    assert re.search(r"\d+ of \d+ tokens", receipt.stdout)
    assert "Blocks are delimited by KEY" in exact.stdout
    assert 'kind="current_request"' in exact.stdout


@pytest.mark.req("GR-2")
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("log", "no-such-thread"), "There is no thread 'no-such-thread'."),
        (("receipt", "show", "no-such-package"), "No such package is stored."),
    ],
)
def test_what_is_not_there_is_said_with_a_hint_and_a_code(played, arguments, said):
    ran = played.dossier(*arguments)

    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"[not_found] {said}\nCheck the id. See docs/errors/not_found.md.\n"


@pytest.mark.req("SV-4", "GR-2")
def test_another_tenant_finds_nothing_of_it(played):
    ran = played.dossier("log", played.thread, "--tenant", "southmoor")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "[not_found]" in ran.stderr


def plain(text: str) -> str:
    """Return a text without what differs from run to run: numbers, ids, the bar, line ends."""
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|019f\.\.\.", "ID", text)
    return " ".join(re.sub(r"[█·]+", "=", re.sub(r"\d+", "0", text)).split())


@pytest.mark.req("GR-2")
def test_the_readme_shows_what_the_demo_prints(played: Played) -> None:
    shown = (ROOT / "README.md").read_text("utf-8").split("```text\n")[1].split("```")[0]
    printed = plain(played.text)
    for part in re.split(r"^  \.\.\.$|^$", shown, flags=re.MULTILINE):
        assert plain(part) in printed
