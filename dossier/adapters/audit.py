"""What authorisation kept from a package: stored beside it, read by auditors of the tenant and by nobody else."""

from dataclasses import dataclass

from dossier.adapters.pool import database
from dossier.adapters.queries import load
from dossier.application import Application
from dossier.oversight import audits
from state.principal import Principal

_SQL = load("dossier.adapters", "sql/packages.sql")


@dataclass(frozen=True, slots=True)
class HiddenItem:
    """An item that was gathered and that the user may not see, by name; its words are not kept."""

    id: str
    kind: str
    source: str
    """Where it was read."""
    scope: str
    """Whose it is, such as `case C-1048`."""


class Audit:
    """Reads what only an auditor may know, as a role of its own: the runtime can add to it and not read it."""

    def __init__(self, url: str, app: Application) -> None:
        self._url = url
        self._app = app

    async def hidden(self, principal: Principal, package: str) -> tuple[HiddenItem, ...] | None:
        """Return what was kept from a package of the caller's tenant; None for who is no auditor."""
        if not audits(self._app, principal):
            return None
        async with database(self._url, size=1, role="dossier_auditor") as db, db.read(principal.tenant) as cursor:
            await cursor.execute(_SQL["hidden_from"], {"package_id": package})
            rows = await cursor.fetchall()
        return tuple(HiddenItem(row["item_id"], row["kind"], row["source"], row["scope"]) for row in rows)
