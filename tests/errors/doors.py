"""The command line as a process of its own, and what a person reads of a refusal."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
SECRET = "5f" * 32


class Told(NamedTuple):
    """A refusal as it was printed, and how the process ended."""

    status: int
    happened: str
    to_do: str


def environment(folder: Path, **given: str) -> dict[str, str]:
    """Return an environment that sets nothing of Dossier's but what is given."""
    ours = ("OPENAI", "DOSSIER", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    more = {"PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    return {**kept, **more, "DOSSIER_DATA_DIR": str(folder / "data"), **given}


def dossier(folder: Path, *arguments: str, typed: bytes = b"", **given: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; no output of any may hold a trace."""
    ran = subprocess.run(
        [sys.executable, "-m", "cli.app", *arguments],
        input=typed,
        cwd=folder,
        env=environment(folder, **given),
        capture_output=True,
        timeout=100,
    )
    done = subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(), ran.stderr.decode())
    assert "Traceback" not in done.stdout + done.stderr
    return done


def refused(ran: subprocess.CompletedProcess[str]) -> Told:
    """Return the two lines that a refused command ends with."""
    happened, to_do = ran.stderr.splitlines()[-2:]
    return Told(ran.returncode, happened, to_do)


def see(code: str) -> str:
    return f"See docs/errors/{code}.md."
