"""The live parts, opened once and handed to whoever needs them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from langchain_openai import ChatOpenAI
from uuid_utils import uuid7

from dossier.adapters import embedded_postgres
from dossier.adapters.approvals import Approvals
from dossier.adapters.audit import Audit
from dossier.adapters.bell import Bell
from dossier.adapters.delegations import Delegations
from dossier.adapters.effects import Effects
from dossier.adapters.embedding import minilm
from dossier.adapters.erasure import Eraser
from dossier.adapters.forks import Forks
from dossier.adapters.inprocess import ASGIApp
from dossier.adapters.keys import Keys
from dossier.adapters.leases import Leases
from dossier.adapters.log import Log
from dossier.adapters.memories import Memories
from dossier.adapters.migrate import prepare
from dossier.adapters.model import Retry, chat_model
from dossier.adapters.offline_model import NAME as OFFLINE_MODEL
from dossier.adapters.own_database import own_database
from dossier.adapters.packages import Packages
from dossier.adapters.pool import Database, Probe, database, silent
from dossier.adapters.profiles import ModelProfile, price_of, profile_for
from dossier.adapters.projection import KnowledgeReader
from dossier.adapters.recall import Recollection
from dossier.adapters.saver import FencedSaver
from dossier.adapters.store import TenantStore
from dossier.adapters.streams import Streams
from dossier.adapters.sweeps import Sweeps
from dossier.adapters.tokens import TokenCounter, token_counter
from dossier.adapters.usage import Usage
from dossier.adapters.verify import Verifier
from dossier.application import Application
from dossier.errors import InvalidSettings
from dossier.limits import NONE
from dossier.metering import Meter
from dossier.recall.strategies import strategy_named
from dossier.settings import Settings, variable
from dossier.telemetry.instruments import count_events

_CHARS_A_TOKEN = 4
"""Of turns that are offered to packing: as many as might fill a whole package."""


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a graph is wired to."""

    settings: Settings
    app: Application
    db: Database
    keys: Keys
    log: Log
    leases: Leases
    effects: Effects
    approvals: Approvals
    delegations: Delegations
    packages: Packages
    audit: Audit
    knowledge: KnowledgeReader
    recollection: Recollection
    memories: Memories
    verifier: Verifier
    eraser: Eraser
    forks: Forks
    saver: FencedSaver
    models: tuple[ChatOpenAI, ...]
    """Who answers: the first, then its fallback."""
    extractor: ChatOpenAI | None
    summariser: ChatOpenAI | None
    streams: Streams
    sweeps: Sweeps
    usage: Usage
    meter: Meter
    retry: Retry
    profile: ModelProfile
    counter: TokenCounter
    now: Callable[[], datetime]
    new_id: Callable[[], str]


def utc_now() -> datetime:
    """Return the time, aware."""
    return datetime.now(UTC)


def time_ordered_id() -> str:
    """Return a UUID of version 7."""
    return str(uuid7())


@dataclass(frozen=True, slots=True)
class Connections:
    """Where the database is, by role, and the deployment's secret."""

    runtime: str
    admin: str
    secret: bytes


@asynccontextmanager
async def connections(settings: Settings) -> AsyncIterator[Connections]:
    """Yield a database that is ready to be connected to: the one named, or the embedded one.

    Raises:
        InvalidSettings: DATABASE_URL is set, but no secret.
    """
    if settings.database_url is None:
        server = await asyncio.to_thread(embedded_postgres.start, settings.data_dir)
        try:
            urls = await asyncio.to_thread(own_database, server)
            yield Connections(*urls, settings.secret_bytes or server.secret)
        finally:
            server.close()
        return
    if settings.secret_bytes is None:
        raise InvalidSettings(
            "DATABASE_URL is set, but DOSSIER_SECRET is not.",
            hint="Every process on one database needs the same secret: set it to 32 random bytes in hex.",
        )
    yield Connections(
        settings.database_url, settings.admin_database_url or settings.database_url, settings.secret_bytes
    )


@asynccontextmanager
async def open_services(
    settings: Settings,
    app: Application,
    *,
    model_app: ASGIApp | None = None,
    probe: Probe = silent,
    now: Callable[[], datetime] = utc_now,
    new_id: Callable[[], str] = time_ordered_id,
) -> AsyncIterator[Services]:
    """Open the database, bring it to this schema, and wire the parts.

    Args:
        settings: From the environment, or given.
        app: The application that is served.
        model_app: An OpenAI-compatible app to use in place of any endpoint, such as a scripted model.
        probe: Watches the write points.
        now: The clock; aware.
        new_id: Makes time-ordered ids.
    """
    async with AsyncExitStack() as stack:
        where = await stack.enter_async_context(connections(settings))
        await prepare(where.admin, app)
        db = await stack.enter_async_context(database(where.runtime, size=settings.pool_size, probe=probe))
        services = _wired(settings, app, db, where, model_app, now, new_id)
        stack.push_async_callback(services.memories.store.aclose)
        yield services


def _recollection(settings: Settings, db: Database) -> Recollection:
    embedder = minilm() if settings.embedding == "minilm" else None
    return Recollection(db, strategy_named(settings.strategy), _CHARS_A_TOKEN * settings.package_budget, embedder)


def _wired(
    settings: Settings,
    app: Application,
    db: Database,
    where: Connections,
    model_app: ASGIApp | None,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> Services:
    keys = Keys(where.secret, db)
    leases = Leases(db, holder=new_id(), seconds=settings.lease_seconds, heartbeat=settings.heartbeat_seconds)
    profile = profile_for(settings.model or OFFLINE_MODEL, settings)
    limits = settings.limits or NONE
    if limits.any_spend:
        _refuse_unpriced(profile.name, settings)
    counter = token_counter(profile.encoding)
    log = Log(db, keys, now, count_events, limits)
    recollection = _recollection(settings, db)
    return Services(
        settings=settings,
        app=app,
        db=db,
        keys=keys,
        log=log,
        leases=leases,
        effects=Effects(db),
        approvals=Approvals(db),
        delegations=Delegations(db, new_id),
        packages=Packages(db, keys),
        audit=Audit(where.admin, app),
        knowledge=KnowledgeReader(db),
        recollection=recollection,
        memories=Memories(db, TenantStore(db), app.authorizer, now, recollection.embedder),
        verifier=Verifier(db, keys),
        eraser=Eraser(where.admin, leases, keys, now=now, new_id=new_id),
        forks=Forks(db, keys),
        saver=FencedSaver(db, leases),
        models=_answering(profile, settings, model_app),
        extractor=_beside(settings.extraction_model, settings, model_app),
        summariser=_beside(settings.summary_model, settings, model_app),
        streams=Streams(db, Bell(where.runtime)),
        sweeps=Sweeps(where.admin),
        usage=Usage(db, messages_per_minute=settings.messages_per_minute, limits=limits),
        meter=Meter(partial(price_of, settings=settings), counter.count),
        retry=Retry(retries=settings.model_retries),
        profile=profile,
        counter=counter,
        now=now,
        new_id=new_id,
    )


def _answering(profile: ModelProfile, settings: Settings, app: ASGIApp | None) -> tuple[ChatOpenAI, ...]:
    """Return the model, and its fallback if it can take the same packages.

    Raises:
        InvalidSettings: The fallback counts tokens otherwise, or has a smaller window than packages may need.
    """
    first = chat_model(profile.name, settings, app=app)
    if settings.fallback_model is None:
        return (first,)
    fallback = profile_for(settings.fallback_model, settings)
    needed = min(settings.package_budget, profile.prompt_limit)
    if fallback.encoding != profile.encoding or fallback.prompt_limit < needed:
        raise InvalidSettings(
            f"The fallback {fallback.name!r} can't take the packages of {profile.name!r}.",
            hint="Choose one with the same token encoding and a window for DOSSIER_PACKAGE_BUDGET.",
        )
    return (first, chat_model(fallback.name, settings, app=app))


def _refuse_unpriced(answering: str, settings: Settings) -> None:
    """Refuse a limit on spend where what is spent can't be known.

    Raises:
        InvalidSettings: A model has no price.
    """
    named = (answering, settings.fallback_model, settings.extraction_model, settings.summary_model)
    for name in named:
        if name is not None and price_of(name, settings) is None:
            raise InvalidSettings(
                f"{variable('limits')} limits spend, but the price of {name!r} is not known.",
                hint=f'Set {variable("model_prices")}, such as {{"{name}": [0.5, 1.5]}}: US dollars for a million '
                "tokens of prompts and of answers.",
            )


def _beside(name: str | None, settings: Settings, app: ASGIApp | None) -> ChatOpenAI | None:
    return chat_model(name, settings, app=app, temperature=settings.summary_temperature) if name else None
