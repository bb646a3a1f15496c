"""`dossier`: the commands of an operator and of a newcomer."""

import asyncio
import json
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console

from dossier.errors import DossierError
from dossier.settings import Settings

# The graph and its libraries take seconds to import: each command imports what it needs, once it
# has said what it does.

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
out, err = Console(highlight=False), Console(stderr=True, highlight=False)

Tenant = Annotated[str, typer.Option(help="Whose thread it is.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document instead of text.")]


@app.command()
def demo() -> None:
    """Play a case-work conversation: a question back, a correction, an approval, two kills."""
    out.rule("[bold]Dossier: a conversation that must be right")
    out.print("Starting the database, the case desk and the graph ...")
    from cli import demo as demonstration

    _run(lambda: demonstration.play(Settings(), out))


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from cli import inspect

    _run(lambda: inspect.migrate(Settings()))
    out.print("The database is up to date.")


@app.command()
def verify(thread: str, tenant: Tenant = "northgate", as_json: AsJson = False) -> None:
    """Check a thread's log: intact, erased, broken, truncated or rewritten."""
    from cli import inspect

    verdict = _run(lambda: inspect.verify(Settings(), tenant, thread))
    if as_json:
        out.print_json(json.dumps(asdict(verdict)))
    else:
        inspect.show_verdict(out, thread, verdict)
    raise typer.Exit(0 if verdict.sound else 1)


@app.command()
def log(thread: str, tenant: Tenant = "northgate", as_json: AsJson = False) -> None:
    """Tell what happened in a thread."""
    from cli import inspect

    events = _run(lambda: inspect.events(Settings(), tenant, thread))
    inspect.show_events(out, events, as_json=as_json)


@app.command()
def receipt(package: str, tenant: Tenant = "northgate", messages: bool = False) -> None:
    """Show what one model call was shown, and what was left out; --messages for the exact prompt."""
    from cli import inspect

    prompt = _run(lambda: inspect.prompt(Settings(), tenant, package))
    inspect.show_prompt(out, prompt, messages=messages)


@app.command()
def inbox(tenant: Tenant = "northgate", limit: int = 50, offset: int = 0, as_json: AsJson = False) -> None:
    """List what waits for a human: what, for whom, since when, until when."""
    from cli import inbox as waits

    found = _run(lambda: waits.waiting(Settings(), tenant, limit=limit, offset=offset))
    waits.show(out, found, as_json=as_json)


@app.command()
def delegate(
    giver: str,
    to: str,
    reason: str,
    role: Annotated[list[str], typer.Option()],
    hours: float = 24,
    tenant: Tenant = "northgate",
) -> None:
    """Let someone decide in another's place, for a time; --role names the giver's roles."""
    from cli import inbox as waits
    from state.principal import Principal

    who = Principal(tenant=tenant, user=giver, roles=tuple(role))
    lent = _run(lambda: waits.delegate(Settings(), who, to, seconds=hours * 3600, reason=reason))
    out.print(
        f"{to} may decide for {giver} until {lent.ends_at.isoformat(timespec='minutes')}; on record as {lent.id}."
    )


@app.command()
def erase(thread: str, by: str, reason: str, tenant: Tenant = "northgate") -> None:
    """Erase what was said in a thread; the log goes on proving that it was."""
    from cli import inspect

    erasure = _run(lambda: inspect.erase(Settings(), tenant, by, thread, reason))
    out.print(f"Erased; the log names it {erasure}. Check with: dossier verify {thread}")


T = TypeVar("T")


def _run(command: Callable[[], Coroutine[Any, Any, T]]) -> T:
    try:
        return asyncio.run(command())
    except DossierError as error:
        err.print(f"[red]{error.message}[/red]" + (f"\n{error.hint}" if error.hint else "") + f"  ({error.code})")
        raise typer.Exit(2) from error
    except KeyboardInterrupt as stop:
        raise typer.Exit(130) from stop


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    sys.exit(main())
