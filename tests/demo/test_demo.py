"""`dossier demo` and the commands that look at what it left, as a newcomer runs them: in a folder of their own."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import ROOT, Ran, dossier, dossier_process


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

    def dossier(self, *arguments: str) -> Ran:
        return dossier(self.folder, *arguments)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    folder = tmp_path_factory.mktemp("demo")
    ran = dossier_process(folder, "demo")
    assert ran.status == 0, ran.stdout + ran.stderr
    yield Played(folder, ran.stdout)


def events_of(played: Played) -> list[dict[str, Any]]:
    return json.loads(played.dossier("log", played.thread, "--json").stdout)


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

    assert (log.status, verdict.status) == (0, 0)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    types = [event["type"] for event in events]
    counts = [types.count(kind) for kind in ("human_approval_granted", "tool_call_completed", "user_message_received")]
    assert counts == [1, 1, 5]
    assert json.loads(verdict.stdout)["status"] == "intact"
    assert json.loads(verdict.stdout)["events"] == len(events)


@pytest.mark.req("EV-5")
def test_the_log_answers_which_packages_showed_an_item_of_all_threads_or_of_one(played):
    built = [event for event in events_of(played) if event["type"] == "context_package_built"]
    shared = json.loads(played.dossier("log", "--item", "doc:IR-77#5", "--json").stdout)
    here = json.loads(played.dossier("log", played.thread, "--item", "doc:IR-77#5", "--json").stdout)
    own = json.loads(played.dossier("log", played.thread, "--item", "turn:2", "--json").stdout)
    foreign = played.dossier("log", "--item", "doc:IR-77#5", "--tenant", "eastvale")

    packages = {event["body"]["package_id"]: event["turn"] for event in built}
    assert shared == here
    assert {row["package"]: row["turn"] for row in here}.items() <= packages.items()
    assert {row["thread"] for row in [*here, *own]} == {played.thread}
    assert played.package in {row["package"] for row in here}
    assert set() < {row["package"] for row in own} < set(packages)
    assert foreign.stdout == "No package showed it.\n"


@pytest.mark.req("EV-5", "AP-3")
def test_the_log_answers_who_approved_a_call_by_its_citation_or_its_approval(played):
    (asked,) = [event for event in events_of(played) if event["type"] == "human_approval_requested"]
    (done,) = [event for event in events_of(played) if event["type"] == "tool_call_completed"]
    cited = json.loads(played.dossier("log", played.thread, "--call", f"tool:{done['seq']}", "--json").stdout)
    by_approval = json.loads(played.dossier("log", "--call", asked["body"]["approval_id"], "--json").stdout)
    read = played.dossier("log", played.thread, "--call", str(done["seq"])).stdout.splitlines()
    refused = [
        played.dossier("log", "--call", asked["body"]["approval_id"], "--tenant", "eastvale"),
        played.dossier("log", played.thread, "--call", "1"),
    ]

    assert cited == by_approval
    assert (cited["thread"], cited["tool"], cited["requested_by"]) == (played.thread, "change_status", "o.brandt")
    assert cited["decided"] == [{"by": "s.okafor", "said": "approved", "on_behalf_of": ""}]
    assert [event["type"] for event in cited["events"]] == [
        "tool_call_requested",
        "tool_call_authorized",
        "human_approval_requested",
        "human_approval_granted",
        "tool_call_completed",
    ]
    assert read[0] == "change_status: asked for by o.brandt, approved by s.okafor; it ran."
    assert [(ran.status, ran.stderr.splitlines()[0]) for ran in refused] == [
        (2, f"[not_found] There is no approval '{asked['body']['approval_id']}'."),
        (2, "[not_found] Event 1 is about no call."),
    ]


@pytest.mark.req("CX-13", "EV-5")
def test_a_receipt_of_the_demo_shows_what_was_sent_and_why(played):
    receipt = played.dossier("receipt", "show", played.package)
    exact = played.dossier("receipt", "replay", played.package)

    assert (receipt.status, exact.status) == (0, 0)
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

    assert (ran.status, ran.stdout) == (2, "")
    assert ran.stderr == f"[not_found] {said}\nCheck the id. See docs/errors/not_found.md.\n"


@pytest.mark.req("SV-4", "GR-2")
def test_another_tenant_finds_nothing_of_it(played):
    ran = played.dossier("log", played.thread, "--tenant", "eastvale")

    assert (ran.status, ran.stdout) == (2, "")
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
