import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [
    "casework",
    "cli",
    "dossier",
    "dossier/adapters",
    "dossier/context",
    "dossier/memory",
    "dossier/recall",
    "evals",
]
PACKAGES += ["dossier/references", "graphs", "nodes", "service", "state"]


def broken(tree: Path) -> list[str]:
    code = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    env = {**os.environ, "PYTHONPATH": str(tree)}
    command = [sys.executable, "-c", code, "--no-cache"]
    out = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True).stdout
    assert "Contracts:" in out, out
    return re.findall(r"^(.*\S) BROKEN$", out, re.MULTILINE)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project of empty packages under this project's import rules."""
    for package in PACKAGES:
        (tmp_path / package).mkdir(parents=True, exist_ok=True)
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "dossier" / "settings.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.req("GR-1")
@pytest.mark.parametrize(
    ("path", "line", "contract"),
    [
        ("state/a.py", "import dossier", "Imports go one way"),
        ("nodes/a.py", "import graphs", "Imports go one way"),
        ("state/a.py", "import os", "State, context, memory, recall and references are pure"),
        ("state/a.py", "from langgraph import runtime", "State, context, memory, recall and references are pure"),
        ("dossier/context/a.py", "from time import time", "State, context, memory, recall and references are pure"),
        (
            "dossier/references/a.py",
            "import dossier.adapters",
            "State, context, memory, recall and references are pure",
        ),
        ("casework/a.py", "import graphs", "The application uses dossier and state only"),
        ("graphs/a.py", "import casework", "graphs.served alone joins the application"),
        ("service/a.py", "import casework", "graphs.served alone joins the application"),
    ],
)
def test_an_import_the_wrong_way_is_refused(tree: Path, path: str, line: str, contract: str) -> None:
    (tree / path).write_text(line + "\n")

    assert broken(tree) == [contract]


def test_imports_the_right_way_are_let_through(tree: Path) -> None:
    (tree / "casework" / "tools.py").write_text("import dossier\nimport state\n")
    (tree / "graphs" / "served.py").write_text("import casework\nimport casework.tools\nimport nodes\n")
    (tree / "cli" / "app.py").write_text("import service\nimport evals\nimport graphs.served\n")

    assert broken(tree) == []
