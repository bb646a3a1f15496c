import configparser
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("state", "nodes", "graphs", "dossier", "evals", "service", "cli", "casework")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


def sources(root: Path) -> set[str]:
    files = (path for package in PACKAGES for path in (root / package).rglob("*") if path.is_file())
    return {path.relative_to(root).as_posix() for path in files}


@pytest.mark.req("GR-1")
def test_the_wheel_holds_every_file_of_every_package(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=LEFT_OUT)
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    (tree / "README.md").write_text("# Dossier\n")
    code = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=tree, check=True, capture_output=True)
    wheel = zipfile.ZipFile(next(tmp_path.glob("dossier-*.whl")))

    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == sources(tree)
    info = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    scripts = configparser.ConfigParser()
    scripts.read_string(wheel.read(info).decode())
    assert dict(scripts["console_scripts"]) == {"dossier": "cli.app:main"}
