"""`dossier receipt`: what a model call was shown, what changed, and whether it mattered."""

import json
from typing import Annotated

import typer

from cli.running import AsJson, Tenant, out, run
from dossier.settings import Settings

receipts = typer.Typer(no_args_is_help=True, help=__doc__)

Items = Annotated[list[str] | None, typer.Option(help="An item's id; may be given several times.")]


@receipts.command()
def show(package: str, tenant: Tenant = "northgate", as_json: AsJson = False) -> None:
    """Show what one model call was shown, and what was left out."""
    from cli import receipt_reading as reading
    from cli import receipt_view as view

    prompt = run(lambda: reading.prompt(Settings(), tenant, package))
    if as_json:
        out.print_json(json.dumps(view.plain(prompt)))
    else:
        view.show_receipt(out, prompt)


@receipts.command()
def diff(before: str, after: str, tenant: Tenant = "northgate") -> None:
    """Show what one package holds and another does not."""
    from cli import receipt_reading as reading
    from cli import receipt_view as view

    view.show_difference(out, *run(lambda: reading.prompts(Settings(), tenant, before, after)))


@receipts.command()
def replay(
    package: str,
    tenant: Tenant = "northgate",
    call: Annotated[bool, typer.Option("--call", help="Ask the model again with them; nothing is recorded.")] = False,
) -> None:
    """Print the exact messages that were sent, byte for byte."""
    from cli import receipt_reading as reading
    from cli import receipt_view as view

    if not call:
        view.show_messages(out, run(lambda: reading.prompt(Settings(), tenant, package)))
        return
    answer = run(lambda: reading.asked_again(Settings(), tenant, package))
    out.print(answer.text, markup=False)
    for asked in answer.tool_calls:
        out.print(f"asks for {asked.name} {asked.args}", markup=False)


@receipts.command("what-if")
def what_if(
    package: str,
    without: Items = None,
    with_: Annotated[list[str] | None, typer.Option("--with", help="An item that was left out.")] = None,
    stale: Items = None,
    budget: Annotated[int | None, typer.Option(min=1, help="Tokens that the package may take.")] = None,
    tenant: Tenant = "northgate",
) -> None:
    """Tell the turn again in a rehearsal with its first package changed, and show both side by side."""
    from cli import receipt_reading as reading
    from cli import receipt_view as view
    from dossier.context.alter import Alteration

    alteration = Alteration(frozenset(without or ()), frozenset(with_ or ()), frozenset(stale or ()), budget)
    view.show_compared(out, run(lambda: reading.compared(Settings(), tenant, package, alteration)))
