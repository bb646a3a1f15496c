"""The container files, read: who runs, from what, with which settings and secrets."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dossier.settings import Settings, variable

ROOT = Path(__file__).resolve().parents[2]
VARIABLES = {variable(field) for field in Settings.model_fields}
OTHERS = {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "RUNTIME_PASSWORD"}
"""Read by the database's image and by docs/operations/roles.sh."""
SECRETS = {"POSTGRES_PASSWORD", "RUNTIME_PASSWORD"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def lines() -> list[str]:
    joined = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def test_the_image_runs_one_process_as_a_user_without_rights_and_says_when_it_is_ready(lines: list[str]) -> None:
    bases = [line.split()[1] for line in lines if line.startswith("FROM")]
    last = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM")) :]
    user = next(line.split()[1] for line in last if line.startswith("USER"))
    command = last[-1]

    assert set(bases) == {"python:3.12-slim"}
    assert user == "dossier" and any("useradd --system" in line and line.endswith(" dossier") for line in last)
    assert any(line.startswith("HEALTHCHECK") and "/ready" in line for line in last)
    assert command == 'CMD ["dossier", "serve", "--host", "0.0.0.0", "--port", "8000"]'
    assert any("--require-hashes -r requirements/runtime.txt" in line for line in lines)
    assert "STOPSIGNAL SIGTERM" in last


def test_the_image_holds_no_secret_and_every_variable_is_a_setting(lines: list[str]) -> None:
    set_here = {name for line in lines if line.startswith("ENV") for name in re.findall(r"(\w+)=", line)}
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()

    assert {name for name in set_here if name.startswith("DOSSIER_")} <= VARIABLES
    assert set_here - VARIABLES == {"PATH", "PYTHONUNBUFFERED"}
    assert {".env", ".dossier", ".git"} <= set(ignored)


def test_two_endpoints_stand_over_one_database_that_is_new_enough(compose: dict[str, Any]) -> None:
    services = compose["services"]
    endpoints = [name for name in services if name != "postgres"]
    image, _, version = services["postgres"]["image"].partition(":pg")

    assert len(endpoints) == 2
    assert image == "pgvector/pgvector" and int(version) >= 17
    assert set(compose["volumes"]) == {"data"}
    for name in endpoints:
        one = services[name]
        assert one["depends_on"] == {"postgres": {"condition": "service_healthy"}}
        assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])
        assert all(port.startswith("127.0.0.1:") for port in one["ports"])
        drain = Settings(_env_file=None).drain_seconds
        assert int(one["stop_grace_period"].removesuffix("s")) > drain


def test_every_variable_of_the_compose_file_is_a_setting_and_every_secret_comes_from_outside(
    compose: dict[str, Any],
) -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    given = {name: value for one in compose["services"].values() for name, value in one.get("environment", {}).items()}
    asked = set(re.findall(r"\$\{(\w+):\?\}", text))
    said = text.split("x-endpoint")[0]

    assert given.keys() <= VARIABLES | OTHERS
    assert set(re.findall(r"\$\{?(\w+)", text)) == asked == SECRETS
    assert all(name in said for name in asked)
    assert all(re.fullmatch(r"\$\{\w+:\?\}", given[name]) for name in SECRETS)
    assert "${POSTGRES_PASSWORD:?}" in given["DOSSIER_ADMIN_DATABASE_URL"]
    assert "${RUNTIME_PASSWORD:?}" in given["DATABASE_URL"]


@pytest.mark.req("PR-5")
def test_the_settings_of_the_compose_file_are_taken(
    compose: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in compose["services"]["endpoint-1"]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{\w+:\?\}", "hidden", value))
    settings = Settings(_env_file=None, secret="ab" * 32)
    settings.refuse_open_door("0.0.0.0")
    assert settings.plain == {"postgres", "0.0.0.0"}
