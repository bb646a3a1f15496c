import os
import re
from pathlib import Path
from typing import Any

import pytest

from dossier.errors import InvalidSettings
from dossier.settings import Settings, variable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment and a working folder that set nothing."""
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


def examples() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(match.groups() for line in lines if (match := re.fullmatch(r"# ([A-Z][A-Z0-9_]+)=(.*)", line)))


def plain(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_every_setting_stands_in_the_example_and_nothing_else_does() -> None:
    assert sorted(examples()) == sorted(variable(field) for field in Settings.model_fields)


def test_the_example_shows_the_defaults(environment: pytest.MonkeyPatch) -> None:
    defaults = Settings()
    unset = {name for name in Settings.model_fields if getattr(defaults, name) is None}
    shown = examples()

    assert {name: shown[variable(name)] for name in Settings.model_fields if name not in unset} == {
        name: plain(getattr(defaults, name)) for name in Settings.model_fields if name not in unset
    }


@pytest.mark.req("CX-2", "CX-6", "SM-1", "UP-7")
def test_defaults_are_the_documented_ones(environment: pytest.MonkeyPatch) -> None:
    assert Settings().model_dump() == {
        "env": "development",
        "application": "casework.application:application",
        "database_url": None,
        "admin_database_url": None,
        "data_dir": Path(".dossier"),
        "secret": None,
        "model": None,
        "openai_api_key": None,
        "openai_base_url": None,
        "model_encoding": None,
        "model_window": None,
        "model_prices": None,
        "answer_reserve": 2000,
        "model_timeout": 60,
        "model_retries": 2,
        "fallback_model": None,
        "extraction_model": None,
        "summary_model": None,
        "summary_temperature": 0.0,
        "lease_seconds": 30,
        "heartbeat_seconds": 10,
        "pool_size": 10,
        "package_budget": 8000,
        "turn_limit_recent": 12,
        "strategy": "dossier",
        "embedding": "off",
        "memories_limit": 5,
        "documents_limit": 8,
        "summary_turns": 20,
        "summary_tokens": 4000,
        "reference_ranking": True,
        "max_message_chars": 20000,
        "tool_loop_limit": 8,
        "limits": None,
        "approval_ttl_seconds": 86400,
        "pending_message_policy": "ask",
        "plain_hosts": None,
        "tls_certificate": None,
        "tls_key": None,
        "auth_jwks": None,
        "auth_issuer": None,
        "auth_audience": None,
        "auth_leeway_seconds": 30,
        "auth_tenant_claim": "tenant",
        "auth_roles_claim": "roles",
        "messages_per_minute": 600,
        "max_body_bytes": 1_000_000,
        "stream_seconds": 600,
        "sweep_seconds": 10,
        "drain_seconds": 30,
        "telemetry_content": False,
    }


def test_every_variable_of_the_environment_reaches_its_field(environment: pytest.MonkeyPatch) -> None:
    given = {
        "DATABASE_URL": "postgresql://a@db/one?sslmode=require",
        "DOSSIER_ADMIN_DATABASE_URL": "postgresql://b@db/one?sslmode=verify-full",
        "OPENAI_API_KEY": "key",
        "OPENAI_BASE_URL": "http://localhost:1/v1",
        "DOSSIER_MODEL": "gpt-4o",
        "DOSSIER_LEASE_SECONDS": "60",
        "DOSSIER_PENDING_MESSAGE_POLICY": "wait",
    }
    for name, value in given.items():
        environment.setenv(name, value)
    settings = Settings()

    assert settings.openai_api_key is not None
    assert {
        "DATABASE_URL": settings.database_url,
        "DOSSIER_ADMIN_DATABASE_URL": settings.admin_database_url,
        "OPENAI_API_KEY": settings.openai_api_key.get_secret_value(),
        "OPENAI_BASE_URL": settings.openai_base_url,
        "DOSSIER_MODEL": settings.model,
        "DOSSIER_LEASE_SECONDS": str(settings.lease_seconds),
        "DOSSIER_PENDING_MESSAGE_POLICY": settings.pending_message_policy,
    } == given


def test_an_argument_wins_over_the_environment_and_the_environment_over_the_file(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("DOSSIER_POOL_SIZE=3\nDOSSIER_MEMORIES_LIMIT=3\nDOSSIER_DOCUMENTS_LIMIT=3\n")
    environment.setenv("DOSSIER_POOL_SIZE", "4")
    environment.setenv("DOSSIER_MEMORIES_LIMIT", "4")
    settings = Settings(pool_size=5)

    assert (settings.pool_size, settings.memories_limit, settings.documents_limit) == (5, 4, 3)


def test_an_empty_variable_counts_as_unset(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("DATABASE_URL", "")
    environment.setenv("DOSSIER_POOL_SIZE", "")

    assert (Settings().database_url, Settings().pool_size) == (None, 10)


def test_the_admin_database_is_the_database_unless_set(environment: pytest.MonkeyPatch) -> None:
    assert (
        Settings(database_url="postgresql://a@db/one?sslmode=require").admin_database_url
        == "postgresql://a@db/one?sslmode=require"
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("DOSSIER_POOL_SIZE", "many", "DOSSIER_POOL_SIZE: Input should be a valid integer"),
        ("DOSSIER_LEASE_SECONDS", "0", "DOSSIER_LEASE_SECONDS: Input should be greater than or equal to 1"),
        ("DOSSIER_PENDING_MESSAGE_POLICY", "drop", "DOSSIER_PENDING_MESSAGE_POLICY: Input should be 'ask'"),
        ("DATABASE_URL", "mysql://u:hidden@db", "DATABASE_URL: must be a postgresql:// URL"),
        ("DOSSIER_SECRET", "hidden", "DOSSIER_SECRET: must hold at least 32 bytes"),
        ("DOSSIER_SECRET", "not base64 hidden!", "DOSSIER_SECRET: must be hex or base64"),
        ("DOSSIER_HEARTBEAT_SECONDS", "15", "DOSSIER_HEARTBEAT_SECONDS must be less than half of DOSSIER_LEASE_SEC"),
        ("DOSSIER_LIMITS", '{"turn": {"spend": 0}}', "DOSSIER_LIMITS: turn: spend: Input should be greater than 0"),
        ("DOSSIER_LIMITS", '{"team": {}}', "DOSSIER_LIMITS: team: Extra inputs are not permitted"),
        ("DOSSIER_MODEL", "gpt-4o", "DOSSIER_MODEL is set, but neither OPENAI_API_KEY nor OPENAI_BASE_URL"),
    ],
)
@pytest.mark.req("GR-2")
def test_a_broken_setting_is_refused_by_its_name_without_its_value(
    environment: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(InvalidSettings) as refused:
        Settings()

    assert refused.value.message.startswith(message)
    assert "hidden" not in str(refused.value)
    assert refused.value.hint == "Correct it in the environment or in .env; see .env.example."


@pytest.mark.parametrize("text", ["ab" * 32, "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=", "q6ur" * 10 + "q6s"])
def test_a_secret_is_read_from_hex_and_base64(environment: pytest.MonkeyPatch, text: str) -> None:
    assert Settings(secret=text).secret_bytes == b"\xab" * 32


def test_settings_show_no_secret_and_can_not_be_changed(environment: pytest.MonkeyPatch) -> None:
    settings = Settings(secret="ab" * 32, openai_api_key="hidden", database_url="postgresql://u:hidden@localhost/x")

    assert "hidden" not in repr(settings)
    assert "abab" not in repr(settings)
    with pytest.raises(ValueError, match="frozen"):
        settings.pool_size = 3  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.req("PR-5")
@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"database_url": "postgresql://u@db.example.org/x"}, "DATABASE_URL needs sslmode=require or stricter"),
        ({"database_url": "postgresql://u@localhost,db/x"}, "DATABASE_URL needs sslmode"),
        ({"database_url": "postgresql://u@/x?hostaddr=10.0.0.7"}, "DATABASE_URL needs sslmode"),
        ({"database_url": "postgresql://u@db/x?sslmode=prefer"}, "DATABASE_URL needs sslmode"),
        ({"admin_database_url": "postgres://u@db/x"}, "DOSSIER_ADMIN_DATABASE_URL needs sslmode"),
        ({"openai_base_url": "http://model.example.org/v1"}, "OPENAI_BASE_URL needs https"),
        ({"openai_base_url": "http://127.0.0.1.example.org/v1"}, "OPENAI_BASE_URL needs https"),
        (
            {"auth_jwks": "http://login.example.org/keys", "auth_issuer": "i", "auth_audience": "a"},
            "DOSSIER_AUTH_JWKS needs https",
        ),
        ({"tls_key": Path("key.pem")}, "DOSSIER_TLS_CERTIFICATE and DOSSIER_TLS_KEY need each other"),
    ],
)
def test_nothing_travels_in_the_open_off_this_machine(
    environment: pytest.MonkeyPatch, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        Settings(**given)
    assert refused.value.message.startswith(told)


@pytest.mark.req("PR-5")
def test_this_machine_tls_and_a_private_network_are_let_through(environment: pytest.MonkeyPatch) -> None:
    for url in (
        "postgresql://u@localhost/x",
        "postgresql://u@127.0.0.9,[::1]/x",
        "postgresql:///x?host=/tmp/socket",
        "postgresql://u@db/x?sslmode=verify-full",
    ):
        assert Settings(database_url=url).database_url == url
    private = Settings(
        plain_hosts="postgres, model", database_url="postgresql://u@postgres/x", openai_base_url="http://model:8000/v1"
    )
    private.refuse_open_door("127.0.0.1")
    private.refuse_open_door("model")
    Settings(tls_certificate=Path("c"), tls_key=Path("k")).refuse_open_door("0.0.0.0")
    with pytest.raises(InvalidSettings, match=r"Listening on 0\.0\.0\.0 without TLS"):
        private.refuse_open_door("0.0.0.0")


def test_no_other_module_reads_the_environment() -> None:
    reads = re.compile(r"\bos\.(environ|getenv)\b|\bfrom os import .*\b(environ|getenv)\b")
    packages = ("state", "nodes", "graphs", "dossier", "evals", "service", "cli", "casework")
    files = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    found = [os.path.relpath(path, ROOT) for path in files if reads.search(path.read_text())]

    assert found == ["dossier/settings.py"]
