"""A thread's past on the command line: its turns, what was known then, and ways on from there that repeat nothing."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.command_line import ROOT, Ran, dossier, on_database, refused

ESCALATE = "Change the status of C-1042 to escalated."
CHANGES = "SELECT count(*) FROM casework.status_changes"


class Past:
    """A thread of two turns, the second of which changed a case, and the commands that look at it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.url = url
        self.run = partial(dossier, folder, **on_database(url, COLUMNS="400"))
        said = "What is the status of C-1042?", ESCALATE, "/as supervisor", "/approve", "/as officer", "/threads"
        talk = self.chat(*said)
        assert "Done: change status" in talk.stdout
        self.thread = talk.stdout.split("Thread ")[1].split()[0]
        self.turns: list[dict[str, Any]] = json.loads(self.run("turns", self.thread, "--json").stdout)

    @property
    def events(self) -> list[dict[str, Any]]:
        return json.loads(self.run("log", self.thread, "--json").stdout)

    def chat(self, *lines: str, thread: str | None = None) -> Ran:
        place = ("--thread", thread) if thread else ()
        return self.run("chat", *place, typed="\n".join((*lines, "")))

    def fork(self, *options: str) -> str:
        made = self.run("fork", self.thread, "--at", str(self.turns[0]["last"]), "--by", "o.brandt", *options)
        return made.stdout.split()[0]

    def status_at(self, event: int) -> dict[str, str]:
        known = json.loads(self.run("state", self.thread, "--at", str(event)).stdout)
        return {fact["key"]: fact["value"] for fact in known["facts"] if fact["key"] == "case:C-1042/status"}

    @property
    def changes(self) -> int:
        with psycopg.connect(self.url) as conn:
            conn.execute("SELECT set_config('dossier.tenant', 'northgate', false)")
            return (conn.execute(CHANGES).fetchone() or (0,))[0]


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, module_database_url: str) -> Past:
    return Past(tmp_path_factory.mktemp("past"), module_database_url)


@pytest.mark.req("SV-6")
def test_turns_are_listed_with_their_receipts_and_what_was_known_at_any_event_is_printed(past: Past) -> None:
    first, second = past.turns
    shown = past.run("receipt", "show", second["receipts"][-1])
    beyond = refused(past.run("state", past.thread, "--at", str(second["last"] + 1)))

    assert (first["first"], first["last"] + 1) == (1, second["first"])
    assert (first["said"], second["said"]) == ("What is the status of C-1042?", ESCALATE)
    assert second["replied"].startswith("Done: change status")
    assert "case:C-1042" in shown.stdout
    assert past.status_at(first["last"]) == {}
    assert past.status_at(second["last"]) == {"case:C-1042/status": "escalated"}
    assert beyond.happened == f"[invalid_input] The thread has no event {second['last'] + 1}."


@pytest.mark.req("SV-6", "AP-4", "EV-4")
def test_a_fork_goes_on_from_an_earlier_turn_and_no_call_takes_effect_in_it_unless_it_was_promoted(past: Past) -> None:
    before = past.run("log", past.thread, "--json").stdout
    done = past.changes
    rehearsed = past.chat("/history", ESCALATE, "/waits", thread=past.fork())
    promoted = past.chat(ESCALATE, "/waits", thread=past.fork("--effects"))

    assert "o.brandt: What is the status of C-1042?" in rehearsed.stdout.split("/history")[1]
    assert ESCALATE not in rehearsed.stdout.split("/history")[0]
    assert "does not run in a rehearsal" in rehearsed.stdout
    assert "Nothing waits." in rehearsed.stdout.split("/waits")[1]
    assert "change_status case_id=C-1042" in promoted.stdout.split("/waits")[1]
    assert past.changes == done == 1
    assert past.run("log", past.thread, "--json").stdout == before


@pytest.mark.req("SV-6")
def test_a_fork_begins_between_turns_only(past: Past) -> None:
    told = refused(past.run("fork", past.thread, "--at", str(past.turns[1]["first"]), "--by", "o.brandt"))

    assert told.status == 2
    assert told.happened == f"[invalid_input] A turn is under way at event {past.turns[1]['first']}."
    assert told.to_do.startswith(f"Fork at {past.turns[0]['last']}, before it.")


def plain(text: str) -> str:
    """Return a text without what differs from run to run: ids, numbers, white space."""
    return " ".join(re.sub(r"\d+", "0", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "ID", text)).split())


@pytest.mark.req("GR-2", "SV-6", "EV-5")
def test_the_page_on_first_steps_shows_what_the_commands_print(past: Past) -> None:
    call = next(e["seq"] for e in past.events if e["type"] == "tool_call_completed")
    ran = (
        past.run("log", past.thread, "--call", f"tool:{call}"),
        past.run("log", "--item", "case:C-1042"),
        past.run("turns", past.thread),
        past.run("fork", past.thread, "--at", str(past.turns[0]["last"]), "--by", "o.brandt"),
    )
    (block,) = re.findall(r"```console\n(.*?)```", (ROOT / "docs/first-steps.md").read_text("utf-8"), re.DOTALL)
    told = [part.split("\n", 1)[1] for part in block.split("$ dossier ")[1:]]

    assert len(told) == len(ran)
    for shown, printed in zip(told, ran, strict=True):
        assert plain(printed.stdout).startswith(plain(shown.replace("...\n", "")))
