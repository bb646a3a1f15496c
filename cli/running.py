"""How a command runs: what it prints to, what all take, and how a refusal is told."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from dossier.errors import DossierError

out, err = Console(highlight=False), Console(stderr=True, highlight=False)

Tenant = Annotated[str, typer.Option(help="Whose thread it is.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]

T = TypeVar("T")


def run(command: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a command; a refusal ends the process with its words, its code and exit status 2."""
    return refusing(lambda: asyncio.run(command()))


def refusing(command: Callable[[], T]) -> T:
    """Call something that may refuse; see `run`."""
    try:
        return command()
    except DossierError as error:
        err.print(f"[red]{error.message}[/red]" + (f"\n{error.hint}" if error.hint else "") + f"  ({error.code})")
        raise typer.Exit(2) from error
    except KeyboardInterrupt as stop:
        raise typer.Exit(130) from stop
