"""Where notifications to licensees go."""

from dataclasses import dataclass
from typing import Protocol

from dossier.adapters.queries import load
from dossier.tools import CallStatus, ToolContext, ToolError

_SQL = load("casework", "sql/outbox.sql")


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification."""

    case: str
    licensee: str
    subject: str
    text: str
    requested_by: str
    approved_by: str


class Gateway(Protocol):
    """Sends each notification once, however often it is posted under one key."""

    async def post(self, ctx: ToolContext, notice: Notice) -> None:
        """Send a notification under the key `ctx.key`.

        Raises:
            ToolError: The key was used for another notification.
        """
        ...

    async def status(self, ctx: ToolContext) -> CallStatus:
        """Tell whether a notification was sent under the key `ctx.key`."""
        ...


class Outbox:
    """The built-in gateway: a table from which something else may send."""

    async def post(self, ctx: ToolContext, notice: Notice) -> None:
        """See `Gateway`."""
        values = {name: getattr(notice, name) for name in Notice.__slots__}
        await ctx.cursor.execute(_SQL["post"], {**values, "key": ctx.key, "now": ctx.now})
        await ctx.cursor.execute(_SQL["find"], {"key": ctx.key})
        if await ctx.cursor.fetchone() != {name: values[name] for name in ("case", "licensee", "subject", "text")}:
            raise ToolError("key_reused", "The key of this call was used for another notification.")

    async def status(self, ctx: ToolContext) -> CallStatus:
        """See `Gateway`."""
        await ctx.cursor.execute(_SQL["find"], {"key": ctx.key})
        return "done" if await ctx.cursor.fetchone() else "not_done"
