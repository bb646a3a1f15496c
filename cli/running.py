"""How a command runs: what it prints to, what all take, and how a refusal is told.

Exit statuses: 0 done, 1 a check found something wrong, 2 refused (what was asked, or how it was asked), 3 the settings
are wrong, 4 something that is needed is away, full or damaged, 5 stored data can't be used or the program is at fault,
130 stopped by Ctrl-C. docs/errors has a page for each code.
"""

import asyncio
import errno
import os
import tempfile
import traceback
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from dossier.errors import DiskFull, DossierError, InvalidInput, InvalidSettings

out, err = Console(highlight=False), Console(stderr=True, highlight=False)

Tenant = Annotated[str, typer.Option(help="Whose thread it is.")]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="0 for any that is free.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]

T = TypeVar("T")


def run(command: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a command; a refusal ends the process with its words, its code and its exit status."""
    return refusing(lambda: asyncio.run(command()))


def refusing(command: Callable[[], T]) -> T:
    """Call something that may refuse; see `run`."""
    try:
        return command()
    except KeyboardInterrupt as stop:
        raise typer.Exit(130) from stop
    except (typer.Exit, BrokenPipeError):
        raise
    except Exception as error:
        told = error if isinstance(error, DossierError) else _unforeseen(error)
        tell(err, told)
        raise typer.Exit(exit_status(type(told))) from error


def written(path: Path, text: str) -> None:
    """Write a file that a command was asked for.

    Raises:
        InvalidInput: It can't be written there.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise InvalidInput(f"{path} can't be written: {error.strerror}.", hint="Name another file.") from error


def tell(console: Console, error: DossierError) -> None:
    """Print what happened and, in a second line, what to do and where more is said."""
    console.print(f"[{error.code}] {error.message}", style="red", markup=False, soft_wrap=True)
    console.print(f"{error.hint} See {page_of(error.code)}.".lstrip(), markup=False, soft_wrap=True)


def page_of(code: str) -> str:
    """Return where a code is explained."""
    return f"docs/errors/{code}.md"


def exit_status(kind: type[DossierError]) -> int:
    """Return the status that a process ends with; see the module."""
    if issubclass(kind, InvalidSettings):
        return 3
    if kind.status < 500:
        return 2
    return 5 if kind.status == 500 else 4


class Internal(DossierError):
    """Something that nobody foresaw: a fault of the program."""

    code = "internal"


def _unforeseen(error: Exception) -> DossierError:
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return DiskFull(f"No space is left: {error}.", hint="Free some space, then do it again; nothing was lost.")
    said = (str(error) or "no more is known").splitlines()[0]
    return Internal(f"The program failed: {type(error).__name__}: {said}.", hint=_kept(error))


def _kept(error: Exception) -> str:
    """Keep the trace for a report, out of the reader's way."""
    try:
        handle, path = tempfile.mkstemp(prefix="dossier-fault-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            traceback.print_exception(error, file=file)
    except OSError:
        return "Report it; the trace could not be kept, as there is no room for temporary files."
    return f"Report it with {path}; nothing was lost."
