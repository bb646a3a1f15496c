"""The evaluations' commands from `dossier`: same options, same answers, same exit codes."""

import subprocess
import sys

import pytest


def ran(*arguments: str) -> tuple[int, str]:
    """Return the exit code and all that was printed."""
    done = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.req("EL-1")
def test_dossier_hands_evaluations_on_word_for_word() -> None:
    arguments = ("bench", "turns", "--turns", "3")

    assert ran("cli.app", *arguments) == ran("evals", *arguments)
