"""What the receipt commands ask of the services."""

from cli.opening import services_of
from dossier.adapters.model_answer import ModelAnswer
from dossier.adapters.packages import Prompt
from dossier.context.alter import Alteration
from dossier.settings import Settings
from graphs.rehearsal import Compared, what_if
from nodes.call_model import call_again
from service.pages.receipt import receipt_file
from service.receipts import Receipt, receipt_for
from state.log import Event
from state.principal import Principal


async def shown(settings: Settings, who: Principal, package: str) -> tuple[Prompt, Receipt]:
    """Return a stored package, and what its call came to as someone may see it."""
    async with services_of(settings, who.tenant) as services:
        prompt = await services.packages.by_id(who.tenant, package)
        return prompt, await receipt_for(services, who, prompt)


async def page(settings: Settings, who: Principal, package: str) -> str:
    """Return a receipt as one HTML file that needs nothing else."""
    async with services_of(settings, who.tenant) as services:
        return await receipt_file(services, who, await services.packages.by_id(who.tenant, package))


async def prompt(settings: Settings, tenant: str, package: str) -> Prompt:
    """Return a stored package as it was sent."""
    async with services_of(settings, tenant) as services:
        return await services.packages.by_id(tenant, package)


async def prompts(settings: Settings, tenant: str, before: str, after: str) -> tuple[Prompt, Prompt]:
    """Return two stored packages."""
    async with services_of(settings, tenant) as services:
        return await services.packages.by_id(tenant, before), await services.packages.by_id(tenant, after)


async def asked_again(settings: Settings, tenant: str, package: str) -> ModelAnswer:
    """Return what the model answers now to a stored package."""
    async with services_of(settings, tenant) as services:
        stored = await services.packages.by_id(tenant, package)
        return await call_again(stored, model=services.models[0], retry=services.retry)


async def compared(
    settings: Settings, tenant: str, package: str, alteration: Alteration
) -> tuple[Compared, tuple[Event, ...]]:
    """Return a turn as it was and as it would have been, with all events of the rehearsal."""
    async with services_of(settings, tenant) as services:
        found = await what_if(services, tenant, package, alteration)
        return found, await services.log.events(tenant, found.after.thread)
