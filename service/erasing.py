"""Erasing a conversation: with it go the rehearsals that were made of it, which hold what was said in it."""

from dossier.adapters.queries import load
from dossier.services import Services
from state.principal import Principal

_SQL = load("service", "sql/conversations.sql")


async def erase_with_rehearsals(services: Services, owner: Principal, thread: str) -> None:
    """Erase a thread of the owner's, its rehearsals first: who is cut off can begin again.

    Raises:
        NotFound: There is no such thread in the tenant.
        ThreadBusy: A run is working on one of them.
    """
    async with services.db.read(owner.tenant) as cursor:
        await cursor.execute(_SQL["rehearsals"], {"thread": thread, "user": owner.user})
        rehearsals = [row["thread_id"] for row in await cursor.fetchall()]
    for found in [*rehearsals, thread]:
        await services.eraser.erase(owner, found, reason="deleted by its user")
