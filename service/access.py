"""Whose a thread is: decided by the log and the policies, mirrored in a server's thread rows."""

from dossier.adapters.log import Thread
from dossier.errors import ForgedInput
from graphs.admission import Admitted, Decisions, Message
from graphs.served import live
from service.erasing import erase_with_rehearsals
from service.reach import Reach, missing, owned
from state.principal import Principal

TENANT, OWNER = "tenant", "owner"

Filter = dict[str, str]
"""Metadata that a thread row must have."""


def marks(principal: Principal) -> Filter:
    """Return the metadata that says whose a new thread is."""
    return {TENANT: principal.tenant, OWNER: principal.user}


def tenant_only(principal: Principal) -> Filter:
    """Return the metadata of all threads of the caller's tenant."""
    return {TENANT: principal.tenant}


def seen(principal: Principal) -> Filter:
    """Return the metadata of the threads that a caller may see."""
    return tenant_only(principal) if oversees(principal) else marks(principal)


def oversees(principal: Principal) -> bool:
    """Return whether the served application's policies let someone look into what others do."""
    return reach().oversees(principal)


async def visible(principal: Principal, thread: str) -> Thread:
    """Return a thread that the caller may see; see `Reach.visible`."""
    return await reach().visible(principal, thread)


def reach() -> Reach:
    """Return what judges whose a thread is, over what this process serves."""
    return Reach(live().services.app, live().services.log)


async def enter(principal: Principal, thread: str, admitted: Admitted, checkpoint: str | None) -> Admitted:
    """Refuse a run that the gate would refuse; a message claims its thread, a decision is recorded.

    A refused run would still be kept by the server, and would hide what waits in its thread.

    Returns:
        What the run shall do: a decision names what it is about, since once recorded nothing waits any more.

    Raises:
        DossierError: As the gate would.
    """
    served = live()
    desk = served.graph.ports.reception
    if isinstance(admitted, Message):
        row = owned(principal, await served.services.log.claim(principal, thread))
        await desk.refuse_while_waiting(admitted, principal, row)
    elif isinstance(admitted, Decisions):
        await visible(principal, thread)
        admitted = await desk.named(admitted, principal, thread, checkpoint)
        await desk.decide(admitted, principal, thread)
        return admitted
    else:
        owned(principal, await served.services.log.thread(principal.tenant, thread))
    await desk.refuse_other_checkpoint(principal, thread, checkpoint)
    return admitted


async def erase(principal: Principal, thread: str) -> None:
    """Erase a thread of the caller's own; what is erased stays so.

    Raises:
        NotFound: It is missing, or someone else's.
        ThreadBusy: A run is working on it.
    """
    services = live().services
    row = await services.log.thread(principal.tenant, thread)
    if row.user != principal.user:
        raise missing(thread)
    if not row.is_erased:
        await erase_with_rehearsals(services, principal, thread)


def keep_marks(principal: Principal, metadata: dict[str, object]) -> None:
    """Refuse metadata that would give a thread to someone else.

    Raises:
        ForgedInput: It names another tenant or owner.
    """
    for name, mark in marks(principal).items():
        if metadata.get(name, mark) != mark:
            raise ForgedInput(f"The metadata changes {name!r}.", hint="A thread stays with its user and tenant.")
