"""The one place where the environment is read.

Every field is a variable: DOSSIER_ and the field's name in capitals, except DATABASE_URL, OPENAI_API_KEY and
OPENAI_BASE_URL, which other tools read too. A file .env in the working folder counts where the environment is silent.
"""

import base64
import binascii
import os
import tempfile
from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from dossier.errors import InvalidSettings
from dossier.limits import Limits
from dossier.wire import is_here, open_hosts

PREFIX = "DOSSIER_"
SHARED = {
    "database_url": "DATABASE_URL",
    "openai_api_key": "OPENAI_API_KEY",
    "openai_base_url": "OPENAI_BASE_URL",
}


def variable(field: str) -> str:
    """Return the environment variable that sets a field."""
    return SHARED.get(field, PREFIX + field.upper())


def _shared(field: str) -> AliasChoices:
    return AliasChoices(SHARED[field], field)


class Settings(BaseSettings):
    """What an operator can set; explicit arguments win over the environment, the environment over .env."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    env: Literal["development", "production"] = "development"
    """Where this runs; in production the development users can't sign in."""

    application: str = "casework.application:application"
    """What is served: package.module:function, called for the application."""

    database_url: str | None = Field(None, validation_alias=_shared("database_url"), repr=False)
    """PostgreSQL of the runtime role, as a postgresql:// URL; none means the embedded one under data_dir."""
    admin_database_url: str | None = Field(None, repr=False)
    """PostgreSQL of the role that migrates and erases; the same as database_url when unset."""
    data_dir: Path = Path(".dossier")
    """Folder of the embedded database and its secret; relative to the working folder."""
    secret: SecretStr | None = None
    """Key for hashes and delimiters, at least 32 bytes in hex or base64; when unset, kept in data_dir."""

    model: str | None = None
    """Model name as the endpoint knows it; none means the built-in offline model."""
    openai_api_key: SecretStr | None = Field(None, validation_alias=_shared("openai_api_key"))
    """Key of the model endpoint."""
    openai_base_url: str | None = Field(None, validation_alias=_shared("openai_base_url"))
    """Address of any OpenAI-compatible endpoint; none means OpenAI's own."""
    model_encoding: Literal["o200k_base", "cl100k_base"] | None = None
    """Token encoding of a model that is not in the table of profiles."""
    model_window: int | None = Field(None, ge=1_000)
    """Context window in tokens, prompt and answer together; none means the table's."""
    model_prices: dict[str, tuple[float, float]] | None = None
    """By model, US dollars for a million prompt and answer tokens, as JSON; they win over the table of profiles."""
    answer_reserve: int = Field(2_000, ge=1)
    """Tokens kept for the answer, sent as the output limit."""
    model_timeout: float = Field(60, gt=0)
    """Seconds that one model call may take."""
    model_retries: int = Field(2, ge=0, le=10)
    """Further attempts after a rate limit, time-out or server error."""

    fallback_model: str | None = None
    """Model at the same endpoint that answers while the first one can't be reached; none means a clear failure."""
    extraction_model: str | None = None
    """Model that also reads messages, beside the rules; none means rules alone."""
    summary_model: str | None = None
    """Model that words summaries, within what the rules hold; none means rules alone."""
    summary_temperature: float = Field(0, ge=0, le=2)
    """Of the models that extract and summarise."""

    lease_seconds: int = Field(30, ge=1)
    """Seconds until a thread's lease expires that nobody renews."""
    heartbeat_seconds: int = Field(10, ge=1)
    """Seconds between two renewals of a lease; less than half of lease_seconds."""
    pool_size: int = Field(10, ge=1)
    """Database connections a process holds at most."""

    package_budget: int = Field(8_000, ge=500)
    """Tokens that a context package may take."""
    turn_limit_recent: int = Field(12, ge=0)
    """Newest turns offered to packing, beside what recall brings."""
    strategy: Literal["dossier", "last-n", "tail", "summary-tail", "entity-memory", "retrieval"] = "dossier"
    """How past turns are chosen; the default joins what the others look at."""
    embedding: Literal["off", "minilm"] = "off"
    """Model that recall may use for nearness in meaning; minilm needs the extra `embedding`."""
    memories_limit: int = Field(5, ge=0)
    """Memories offered to packing."""
    documents_limit: int = Field(8, ge=0)
    """Documents offered to packing."""
    summary_turns: int = Field(20, ge=1)
    """Turns after which the summary is refreshed."""
    summary_tokens: int = Field(4_000, ge=1)
    """Tokens since the last summary after which it is refreshed."""

    reference_ranking: bool = True
    """Let the application's model choose among candidates where the rules leave a reference open."""

    max_message_chars: int = Field(20_000, ge=1)
    """Characters that one message may have."""
    tool_loop_limit: int = Field(8, ge=1)
    """Model calls that one turn may make for tools."""
    limits: Limits | None = None
    """What a turn, thread, user and tenant may take, as JSON: `{"turn": {"model_calls": 10}}`; none: any amount."""
    approval_ttl_seconds: int = Field(86_400, ge=1)
    """Seconds until an undecided approval expires."""
    pending_message_policy: Literal["ask", "supersede", "wait"] = "ask"
    """What a new message does to a pending approval: ask whether to withdraw it, supersede it, or wait."""

    plain_hosts: str | None = None
    """Hosts of a private network, by commas, that may be spoken to or listened on without TLS, as this machine may."""
    tls_certificate: Path | None = None
    """The endpoint's certificate chain in PEM; with it the endpoint speaks TLS by itself."""
    tls_key: Path | None = None
    """The certificate's private key in PEM."""

    auth_jwks: str | None = None
    """Where the identity provider's public keys are: an https address, or the path of a JWKS file; none: no tokens."""
    auth_issuer: str | None = None
    """The issuer that tokens must name."""
    auth_audience: str | None = None
    """The audience that tokens must be meant for."""
    auth_leeway_seconds: int = Field(30, ge=0, le=300)
    """Seconds by which clocks may differ when a token's times are judged."""
    auth_tenant_claim: str = "tenant"
    """The claim of a token that names the tenant."""
    auth_roles_claim: str = "roles"
    """The claim of a token that lists the roles."""

    messages_per_minute: int = Field(600, ge=1)
    """Messages that a tenant may send in a minute, over all replicas."""
    max_body_bytes: int = Field(1_000_000, ge=1_000)
    """Size that a request's body may have."""
    stream_seconds: int = Field(600, ge=60)
    """Seconds for which a reply's stream can be taken up again."""
    sweep_seconds: float = Field(10, gt=0)
    """Seconds between two looks for turns that a crash cut off."""
    drain_seconds: int = Field(30, ge=1)
    """Seconds that running turns get to end when the endpoint is told to stop."""
    telemetry_content: bool = False
    """Whether traces may hold what was said; off, they hold ids and counts only."""

    def __init__(self, **values: Any) -> None:
        """Read and check all settings.

        Raises:
            InvalidSettings: naming the variable that is wrong, never its value.
        """
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise _refusal(error) from None
        except SettingsError as error:
            raise InvalidSettings(f"The settings can't be read: {error}.") from None

    @field_validator("admin_database_url")
    @classmethod
    def _same_database(cls, value: str | None, info: ValidationInfo) -> str | None:
        return value or info.data.get("database_url")

    @field_validator("database_url", "admin_database_url")
    @classmethod
    def _postgres(cls, value: str | None) -> str | None:
        if value and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must be a postgresql:// URL")
        return value

    @field_validator("secret")
    @classmethod
    def _strong(cls, value: SecretStr | None) -> SecretStr | None:
        if value and len(_decoded(value)) < 32:
            raise ValueError("must hold at least 32 bytes, in hex or base64")
        return value

    @model_validator(mode="after")
    def _renewed_in_time(self) -> "Settings":
        if self.heartbeat_seconds * 2 >= self.lease_seconds:
            raise ValueError(f"{variable('heartbeat_seconds')} must be less than half of {variable('lease_seconds')}")
        return self

    @model_validator(mode="after")
    def _model_has_an_endpoint(self) -> "Settings":
        named = [n for n in ("model", "fallback_model", "extraction_model", "summary_model") if getattr(self, n)]
        if named and not self.openai_api_key and not self.openai_base_url:
            raise ValueError(f"{variable(named[0])} is set, but neither OPENAI_API_KEY nor OPENAI_BASE_URL")
        return self

    @model_validator(mode="after")
    def _tokens_are_for_someone(self) -> "Settings":
        if self.auth_jwks and not (self.auth_issuer and self.auth_audience):
            raise ValueError(
                f"{variable('auth_jwks')} needs {variable('auth_issuer')} and {variable('auth_audience')} too"
            )
        return self

    @model_validator(mode="after")
    def _nothing_travels_open(self) -> "Settings":
        for name in ("database_url", "admin_database_url", "openai_base_url", "auth_jwks"):
            if found := open_hosts(str(getattr(self, name) or ""), self.plain):
                how = "sslmode=require or stricter" if "database" in name else "https"
                private = f"{found[0]!r} in {variable('plain_hosts')} where the network is private"
                raise ValueError(f"{variable(name)} needs {how} off this machine, or {private}")
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError(f"{variable('tls_certificate')} and {variable('tls_key')} need each other")
        return self

    @property
    def plain(self) -> frozenset[str]:
        """The hosts that need no TLS."""
        return frozenset(part.strip() for part in (self.plain_hosts or "").split(","))

    def refuse_open_door(self, host: str) -> None:
        """Refuse to listen off this machine without TLS.

        Raises:
            InvalidSettings: Nothing says that this network is private.
        """
        if self.tls_certificate is None and not is_here(host) and host not in self.plain:
            raise InvalidSettings(
                f"Listening on {host} without TLS would let others read along.",
                hint=f"Set {variable('tls_certificate')} and {variable('tls_key')}; or, where a proxy on a private "
                f"network ends TLS, name {host!r} in {variable('plain_hosts')}.",
            )

    @property
    def secret_bytes(self) -> bytes | None:
        """The decoded secret; none when the embedded set-up keeps it."""
        return _decoded(self.secret) if self.secret else None


def _decoded(secret: SecretStr) -> bytes:
    text = secret.get_secret_value().strip()
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise ValueError("must be hex or base64") from None


def _refusal(error: ValidationError) -> InvalidSettings:
    lines = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        name, *within = map(str, problem["loc"]) if problem["loc"] else ("",)
        what = "".join(f"{part}: " for part in within) + problem["msg"].removeprefix("Value error, ")
        lines.append(f"{name if name in SHARED.values() else variable(name)}: {what}" if name else what)
    return InvalidSettings("; ".join(lines) + ".", hint="Correct it in the environment or in .env; see .env.example.")


def tokenizer_cache() -> Path:
    """Return the folder where tiktoken looks for its files, choosing a writable one when none is set.

    The choice is written to TIKTOKEN_CACHE_DIR, so that every library of this process uses it.
    """
    chosen = os.environ.get("TIKTOKEN_CACHE_DIR")
    if not chosen:
        chosen = os.environ["TIKTOKEN_CACHE_DIR"] = str(_own_cache() / "tokenizer")
    return Path(chosen)


def _own_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(base) / "dossier"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    # An account without a writable home, as services often run.
    return Path(tempfile.gettempdir()) / f"dossier-{os.getuid()}"
