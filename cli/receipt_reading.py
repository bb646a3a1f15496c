"""What the receipt commands ask of the services."""

from dossier.adapters.model_answer import ModelAnswer
from dossier.adapters.packages import Prompt
from dossier.context.alter import Alteration
from dossier.services import open_services
from dossier.settings import Settings
from graphs.rehearsal import Compared, what_if
from graphs.served import application
from nodes.call_model import call_again


async def prompt(settings: Settings, tenant: str, package: str) -> Prompt:
    """Return a stored package as it was sent."""
    async with open_services(settings, application()) as services:
        return await services.packages.by_id(tenant, package)


async def prompts(settings: Settings, tenant: str, before: str, after: str) -> tuple[Prompt, Prompt]:
    """Return two stored packages."""
    async with open_services(settings, application()) as services:
        return await services.packages.by_id(tenant, before), await services.packages.by_id(tenant, after)


async def asked_again(settings: Settings, tenant: str, package: str) -> ModelAnswer:
    """Return what the model answers now to a stored package."""
    async with open_services(settings, application()) as services:
        stored = await services.packages.by_id(tenant, package)
        return await call_again(stored, model=services.model, retry=services.retry)


async def compared(settings: Settings, tenant: str, package: str, alteration: Alteration) -> Compared:
    """Return a turn as it was, and as it would have been."""
    async with open_services(settings, application()) as services:
        return await what_if(services, tenant, package, alteration)
