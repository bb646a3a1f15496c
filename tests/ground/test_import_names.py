import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ["casework", "cli", "dossier", "evals", "graphs", "nodes", "service", "state"]


@pytest.mark.req("GR-1")
def test_our_packages_win_over_any_installed_one_of_the_same_name(tmp_path: Path) -> None:
    # langgraph dev puts the project's folder last on the path, so an installed package called `state` would win.
    code = (
        "import importlib, json, sys; sys.path.append(sys.argv[1]);"
        "print(json.dumps({name: importlib.import_module(name).__file__ for name in sys.argv[2:]}))"
    )
    command = [sys.executable, "-P", "-c", code, str(ROOT), *PACKAGES]
    out = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, text=True, check=True).stdout

    assert json.loads(out) == {name: str(ROOT / name / "__init__.py") for name in PACKAGES}
