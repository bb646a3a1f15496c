"""Whose a thread is, as the log and the policies say; of what is someone else's nothing is told."""

from dossier import oversight
from dossier.adapters.log import Log, Thread
from dossier.application import Application
from dossier.errors import NotFound
from state.principal import Principal


class Reach:
    """Judges who may see and who may use a thread."""

    def __init__(self, app: Application, log: Log) -> None:
        self._app = app
        self._log = log

    def oversees(self, principal: Principal) -> bool:
        """Return whether the policies let someone look into what others of their tenant do."""
        return oversight.oversees(self._app, principal)

    async def visible(self, principal: Principal, thread: str) -> Thread:
        """Return a thread that the caller may see.

        Raises:
            NotFound: It is missing, erased, of another tenant, or of someone else.
        """
        row = await self._log.thread(principal.tenant, thread)
        if row.user != principal.user and not self.oversees(principal):
            raise missing(thread)
        return kept(row)

    async def own(self, principal: Principal, thread: str) -> Thread:
        """Return a thread if it is the caller's own.

        Raises:
            NotFound: It is missing, erased, or someone else's.
        """
        return owned(principal, await self._log.thread(principal.tenant, thread))


def owned(principal: Principal, row: Thread) -> Thread:
    """Return a row if it is the caller's own.

    Raises:
        NotFound: It is erased, or someone else's.
    """
    if row.user != principal.user:
        raise missing(row.id)
    return kept(row)


def kept(row: Thread) -> Thread:
    """Return a row unless it is erased.

    Raises:
        NotFound: It is.
    """
    if row.is_erased:
        raise missing(row.id)
    return row


def missing(thread: str) -> NotFound:
    """Return the one refusal for what is missing and what is someone else's."""
    return NotFound(f"There is no thread {thread!r}.", hint="Check the id.")
