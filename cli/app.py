"""`dossier`: the commands of an operator and of a newcomer."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from cli.eval import evals, hand_on
from cli.memory import memory
from cli.receipts import receipts
from cli.running import AsJson, Port, Tenant, err, out, refusing, run
from dossier.settings import Settings

# The graph and its libraries take seconds to import: each command imports what it needs, once it
# has said what it does.

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)

app.add_typer(receipts, name="receipt")
app.add_typer(evals, name="eval")
app.add_typer(memory, name="memory")


@app.command()
def demo() -> None:
    """Play a case-work conversation: a question back, a correction, an approval, two kills."""
    out.rule("[bold]Dossier: a conversation that must be right")
    out.print("Starting the database, the case desk and the graph ...")
    from cli import demo as demonstration

    run(lambda: demonstration.play(Settings(), out))


@app.command()
def chat(
    name: Annotated[str, typer.Option("--as", help="Who speaks: officer, supervisor, westmere-clerk ...")] = "officer",
    thread: Annotated[str | None, typer.Option(help="A conversation to go on with.")] = None,
) -> None:
    """Talk with the assistant; /help inside lists what else one can do."""
    out.print("Starting the database, the case desk and the graph ...")
    from cli import chat as talking

    run(lambda: talking.chat(Settings(), out, name, thread))


@app.command()
def serve(host: str = "127.0.0.1", port: Port = 8000) -> None:
    """Serve the endpoint: REST, streams and pages, one process of as many as are wanted."""
    err.print(f"Dossier on http://{host}:{port} (pages under /pages, API under /v1) ...")
    from cli import serve as endpoint

    refusing(lambda: endpoint.serve(Settings(), host, port))


@app.command()
def dev(host: str = "127.0.0.1", port: Port = 2024) -> None:
    """Serve the graph with LangGraph's development server, for Studio."""
    from cli import dev as development

    refusing(lambda: development.serve(Settings(), host, port))


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from cli import inspect

    run(lambda: inspect.migrate(Settings()))
    out.print("The database is up to date.")


@app.command()
def verify(thread: str, tenant: Tenant = "northgate", as_json: AsJson = False) -> None:
    """Check a thread's log: intact, erased, broken, truncated or rewritten."""
    from cli import inspect

    verdict = run(lambda: inspect.verify(Settings(), tenant, thread))
    if as_json:
        out.print_json(json.dumps(asdict(verdict)))
    else:
        inspect.show_verdict(out, thread, verdict)
    raise typer.Exit(0 if verdict.sound else 1)


@app.command()
def log(
    thread: Annotated[str | None, typer.Argument(help="Whose events; not needed for what all threads share.")] = None,
    item: Annotated[
        str | None, typer.Option(help="Which packages showed it: doc:IR-77#5, or a thread's fact:12.")
    ] = None,
    call: Annotated[str | None, typer.Option(help="Who decided it: an approval's id, or a thread's tool:38.")] = None,
    tenant: Tenant = "northgate",
    as_json: AsJson = False,
) -> None:
    """Tell what happened in a thread, which packages showed an item, or who decided a call."""
    if (item and call) or not (thread or item or call):
        raise typer.BadParameter("Name a thread, an item or a call.")
    from cli import call_trail, inspect

    if call:
        trail = run(lambda: call_trail.trail(Settings(), tenant, thread, call))
        call_trail.show_trail(out, trail, as_json=as_json)
    elif item:
        found = run(lambda: inspect.holding(Settings(), tenant, thread, item))
        inspect.show_holding(out, found, as_json=as_json)
    elif thread:
        inspect.show_events(out, run(lambda: inspect.events(Settings(), tenant, thread)), as_json=as_json)


@app.command()
def turns(thread: str, tenant: Tenant = "northgate", as_json: AsJson = False) -> None:
    """List a thread's turns: where each ends, its receipts; what `state` and `fork` take."""
    from cli import time_travel

    found = run(lambda: time_travel.turns(Settings(), tenant, thread))
    time_travel.show_turns(out, found, as_json=as_json)


@app.command()
def state(thread: str, at: int | None = None, tenant: Tenant = "northgate") -> None:
    """Print what was remembered of a thread as of an event, by default the last, as JSON."""
    from cli import time_travel

    out.print_json(json.dumps(run(lambda: time_travel.state_at(Settings(), tenant, thread, at))))


@app.command()
def fork(
    thread: str,
    at: Annotated[int, typer.Option(help="The event after which the fork goes its own way: the end of a turn.")],
    by: Annotated[str, typer.Option(help="Whose thread the fork is.")],
    tenant: Tenant = "northgate",
    effects: Annotated[bool, typer.Option("--effects", help="Let calls that have an effect run in it.")] = False,
) -> None:
    """Make a thread that goes its own way from an earlier point; the origin stays as it is."""
    from cli import time_travel

    made = run(lambda: time_travel.fork(Settings(), tenant, thread, at, user=by, effects=effects))
    out.print(f"{made}\n" + ("" if effects else "A rehearsal: no call that has an effect runs in it."))


@app.command()
def inbox(tenant: Tenant = "northgate", limit: int = 50, offset: int = 0, as_json: AsJson = False) -> None:
    """List what waits for a human: what, for whom, since when, until when."""
    from cli import inbox as waits

    found = run(lambda: waits.waiting(Settings(), tenant, limit=limit, offset=offset))
    waits.show(out, found, as_json=as_json)


@app.command()
def usage(
    by: Annotated[str, typer.Option("--by", help="Whose day.")],
    thread: Annotated[str, typer.Option(help="A conversation, too.")] = "",
    tenant: Tenant = "northgate",
    as_json: AsJson = False,
) -> None:
    """Tell what models and tools took: today by a user and the tenant, and in a conversation; and the limits."""
    from cli import consumption

    settings = Settings()
    found = run(lambda: consumption.taken(settings, tenant, by, thread))
    if as_json:
        out.print_json(json.dumps(consumption.plain(found)))
    else:
        consumption.show(out, found, settings.limits)


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
    lent = run(lambda: waits.delegate(Settings(), who, to, seconds=hours * 3600, reason=reason))
    out.print(
        f"{to} may decide for {giver} until {lent.ends_at.isoformat(timespec='minutes')}; on record as {lent.id}."
    )


@app.command()
def erase(thread: str, by: str, reason: str, tenant: Tenant = "northgate") -> None:
    """Erase what was said in a thread; the log goes on proving that it was."""
    from cli import inspect

    erasure = run(lambda: inspect.erase(Settings(), tenant, by, thread, reason))
    out.print(f"Erased; the log names it {erasure}. Check with: dossier verify {thread}")


hand_on(app, "bench")
hand_on(app, "torture")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    sys.exit(main())
