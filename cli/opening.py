"""The services, opened for the sake of one tenant."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from dossier.errors import NotFound
from dossier.services import Services, open_services
from dossier.settings import Settings
from graphs.served import application


@asynccontextmanager
async def services_of(settings: Settings, tenant: str) -> AsyncIterator[Services]:
    """Open the services for a tenant that is known here: somebody of it can sign in, or has spoken.

    A tenant that is misspelt would else look like one in which nothing has happened.

    Raises:
        NotFound: There is no such tenant.
    """
    app = application()
    async with open_services(settings, app) as services:
        named = {person.tenant for person in app.people.values()}
        if tenant not in named and not await services.keys.knows(tenant):
            raise NotFound(f"There is no tenant {tenant!r} here.", hint="Name another one with --tenant.")
        yield services
