"""Where the development users may not sign in."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.req("SV-4")
def test_development_users_do_not_exist_in_production(tmp_path: Path) -> None:
    environment = {**os.environ, "DOSSIER_ENV": "production", "PYTHONPATH": str(ROOT)}
    started = subprocess.run(
        [sys.executable, "-c", "import service.auth"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert started.returncode == 1
    assert started.stderr.splitlines()[-1].startswith("dossier.errors.InvalidSettings: [invalid_settings] DOSSIER_ENV")
