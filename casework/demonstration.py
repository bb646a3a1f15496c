"""The conversation that shows the case desk: who speaks, about what, and what it starts from."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import LiteralString

from casework.application import application
from casework.install import restore_case
from dossier.application import Application, Cursor
from state.principal import Principal

_TENANT = "northgate"
_CASE = "C-1042"

_CHANGES = """
SELECT count(*) AS n FROM casework.status_changes JOIN dossier.effects USING (key) WHERE thread_id = %s
"""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What `dossier demo` plays."""

    application: Callable[[], Application]
    """Makes the application that it is about, whatever else is served."""
    place: str
    """Whose desk it is, in words."""
    requester: Principal
    approver: Principal
    talk: tuple[str, ...]
    """Messages of the requester, in order."""
    risky: str
    """The message that leads to a call which waits for the approver."""
    start: str
    """What is put back before it begins, in words."""
    restore: Callable[[Cursor], Awaitable[None]]
    """Puts it back, as the migrator."""
    count_effects: LiteralString
    """Query with one parameter, the thread: how often the risky call took effect, as `n`."""


async def _restore(cursor: Cursor) -> None:
    await restore_case(cursor, _TENANT, _CASE)


demonstration = Demonstration(
    application=application,
    place="the case desk of the Northgate Licensing Authority",
    requester=Principal(tenant=_TENANT, user="o.brandt", roles=("officer",)),
    approver=Principal(tenant=_TENANT, user="s.okafor", roles=("supervisor",)),
    talk=(
        "What's the position on C-1042? Not urgent, just summarise the evidence.",
        "New evidence makes it urgent: redo the risk analysis only, don't change the status.",
        "Quote the key finding from the report.",
        "Use the second one.",
    ),
    risky="Change the status of C-1042 to escalated.",
    start="case C-1042 is put back to its first state",
    restore=_restore,
    count_effects=_CHANGES,
)
