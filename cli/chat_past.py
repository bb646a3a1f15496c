"""What was said before: a thread's messages, and a list of threads."""

from collections.abc import Sequence

from rich.console import Console

from dossier.adapters.log import ThreadRow
from dossier.services import Services
from state.events import AssistantResponseGenerated, UserMessageReceived
from state.log import Event

_TITLE_CHARS = 60
_BEGINNING = 4
"""Events among which the first message is."""


async def title_of(services: Services, tenant: str, thread: str) -> str:
    """Return the beginning of a thread's first message."""
    said = await services.log.events(tenant, thread, upto=_BEGINNING)
    texts = [event.body.text for event in said if isinstance(event.body, UserMessageReceived)]
    text = " ".join(texts[0].split()) if texts else "(erased)"
    return text if len(text) <= _TITLE_CHARS else f"{text[:_TITLE_CHARS]}…"


def show_threads(out: Console, threads: Sequence[ThreadRow], titles: Sequence[str], *, here: str) -> None:
    """Print threads, numbered, with when they were last active."""
    for place, (thread, title) in enumerate(zip(threads, titles, strict=True), start=1):
        mark = "*" if thread.id == here else " "
        when = thread.updated_at.astimezone().strftime("%d %b %H:%M")
        out.print(f" {mark}{place:>3}  {when}  {title}", markup=False)
    if not threads:
        out.print("  No conversations yet.")


def show_messages(out: Console, events: Sequence[Event]) -> None:
    """Print what user and assistant said, oldest first."""
    for event in events:
        if isinstance(event.body, UserMessageReceived):
            out.print(f"\n[bold cyan]{event.body.principal.user}[/bold cyan]: ", end="")
            out.print(event.body.text, markup=False, highlight=False)
        elif isinstance(event.body, AssistantResponseGenerated):
            out.print(event.body.text, markup=False, highlight=False)
