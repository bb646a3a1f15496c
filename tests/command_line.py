"""The command line as a person uses it: a command run in this process, or in one of its own."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from typer.testing import CliRunner

from cli.app import app

ROOT = Path(__file__).resolve().parents[1]
SECRET = "5f" * 32
WIDE = {"COLUMNS": "200", "NO_COLOR": "1"}
_OURS = ("OPENAI", "DOSSIER", "DATABASE_URL")


class Ran(NamedTuple):
    """How a command ended, and what was printed."""

    status: int
    stdout: str
    stderr: str


class Told(NamedTuple):
    """A refusal as it was printed, and how the command ended."""

    status: int
    happened: str
    to_do: str


def on_database(url: str, **more: str) -> dict[str, str]:
    """Return what a command is told of a database."""
    return {"DATABASE_URL": url, "DOSSIER_SECRET": SECRET, **more}


def dossier(folder: Path, *arguments: str, typed: str | bytes = "", **given: str) -> Ran:
    """Run a command in this process, in a folder; nothing of Dossier's is set but what is given.

    Processes take seconds to start: `dossier_process` is for what only a process of its own can show.
    """
    taken = dict.fromkeys(name for name in os.environ if name.startswith(_OURS))
    with contextlib.chdir(folder):
        ran = CliRunner().invoke(app, arguments, input=typed, env={**taken, **_given(folder, given)})
    if ran.exception and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    return _without_trace(Ran(ran.exit_code, ran.stdout, ran.stderr))


def dossier_process(folder: Path, *arguments: str, typed: str | bytes = "", **given: str) -> Ran:
    """Run a command in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-m", "cli.app", *arguments],
        input=typed if isinstance(typed, bytes) else typed.encode(),
        cwd=folder,
        env=environment(folder, **given),
        capture_output=True,
        timeout=100,
    )
    return _without_trace(Ran(ran.returncode, ran.stdout.decode(), ran.stderr.decode()))


def environment(folder: Path, **given: str) -> dict[str, str]:
    """Return the environment of a process that sets nothing of Dossier's but what is given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **_given(folder, given)}


def refused(ran: Ran) -> Told:
    """Return the two lines that a refused command ends with."""
    happened, to_do = ran.stderr.splitlines()[-2:]
    return Told(ran.status, happened, to_do)


def see(code: str) -> str:
    return f"See docs/errors/{code}.md."


def _given(folder: Path, given: dict[str, str]) -> dict[str, str]:
    return {"DOSSIER_DATA_DIR": str(folder / "data"), **WIDE, **given}


def _without_trace(ran: Ran) -> Ran:
    assert "Traceback" not in ran.stdout + ran.stderr
    return ran
