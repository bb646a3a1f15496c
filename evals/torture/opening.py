"""How a process of the kill runs and races opens our services: with no model but its own, and leases that end soon."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from dossier.adapters.leases import Leases
from dossier.adapters.model import chat_model
from dossier.adapters.offline_model import NAME as OFFLINE_MODEL
from dossier.adapters.profiles import profile_for
from dossier.adapters.saver import FencedSaver
from dossier.adapters.scripted_model import ScriptedModel
from dossier.adapters.tokens import token_counter
from dossier.application import Application
from dossier.services import Services, open_services
from dossier.settings import Settings
from evals.torture.outside import Outside, Probe, served
from evals.torture.scenarios import Scenario

LEASE_SECONDS, HEARTBEAT_SECONDS = 1.0, 0.3
"""Shorter than settings allow: each kill waits for the lease of the dead."""


def settings_on(database: str, secret: str, **more: Any) -> Settings:
    """Return settings that nothing of the environment enters."""
    return Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue]
        database_url=database,
        secret=secret,  # pyright: ignore[reportArgumentType] - a string is made secret
        openai_api_key=None,
        openai_base_url=None,
        model=None,
        model_retries=0,
        **more,
    )


@asynccontextmanager
async def opened(settings: Settings, app: Application, model: Any, probe: Probe) -> AsyncIterator[Services]:
    """Open the services of one process.

    Args:
        settings: See `settings_on`.
        app: What is served.
        model: An OpenAI-compatible app.
        probe: Watches the write points.
    """
    async with open_services(settings, app, model_app=model, probe=probe) as services:
        leases = Leases(services.db, holder=services.new_id(), seconds=LEASE_SECONDS, heartbeat=HEARTBEAT_SECONDS)
        yield replace(services, leases=leases, saver=FencedSaver(services.db, leases))


def script_of(scenario: Scenario) -> Any:
    """Return a model without memory: a process that comes later is answered alike."""

    async def app(*asgi: Any) -> None:
        await ScriptedModel(scenario.script)(*asgi)

    return app


def warm() -> None:
    """Load before the first fork what each child would load."""
    settings = Settings(_env_file=None, openai_api_key=None, openai_base_url=None, model=None)  # pyright: ignore[reportCallIssue]
    profile = profile_for(OFFLINE_MODEL, settings)
    token_counter(profile.encoding).count("Good morning.")
    chat_model(profile.name, settings)
    served(Outside(0), lambda point: None)
