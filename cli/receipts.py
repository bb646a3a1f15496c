"""`dossier receipt`: what a model call was shown, what changed, and whether it mattered."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.running import AsJson, Tenant, out, refusing, run, written
from dossier.settings import Settings

receipts = typer.Typer(no_args_is_help=True, help=__doc__)

Items = Annotated[list[str] | None, typer.Option(help="An item's id; may be given several times.")]


@receipts.command()
def show(
    package: str,
    tenant: Tenant = "northgate",
    by: Annotated[str, typer.Option(help="Who looks; an auditor is told what was kept from the user.")] = "operator",
    role: Annotated[list[str] | None, typer.Option(help="A role of theirs.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write it as a page, one file that needs nothing else.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what one model call was shown, and what was left out."""
    from cli import receipt_reading as reading
    from cli import receipt_view as view
    from state.principal import Principal

    who = Principal(tenant=tenant, user=by, roles=tuple(role or ()))
    if html is not None:
        page = run(lambda: reading.page(Settings(), who, package))
        refusing(lambda: written(html, page))
        out.print(f"{html}: open it in a browser.", markup=False, soft_wrap=True)
        return
    prompt, receipt = run(lambda: reading.shown(Settings(), who, package))
    if as_json:
        out.print_json(json.dumps(view.plain(prompt, receipt)))
    else:
        view.show_receipt(out, prompt, receipt)


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
    prompt: Annotated[str | None, typer.Option(help="A prompt's version, v2, or another kind's: research@v1.")] = None,
    strategy: Annotated[str | None, typer.Option(help="How past turns are chosen, such as retrieval.")] = None,
    save_eval: Annotated[Path | None, typer.Option(help="Write it as a scenario for `dossier eval run`.")] = None,
    tenant: Tenant = "northgate",
) -> None:
    """Tell the turn again in a rehearsal with its first package changed, and show both side by side."""
    from cli import receipt_reading as reading
    from cli import receipt_view as view
    from dossier.context.alter import Alteration

    items = (frozenset(without or ()), frozenset(with_ or ()), frozenset(stale or ()))
    alteration = Alteration(*items, budget=budget, prompt=prompt, strategy=strategy)
    told, events = run(lambda: reading.compared(Settings(), tenant, package, alteration))
    view.show_compared(out, told)
    if save_eval is None:
        return
    from evals.play.capturing import captured, what_if_name

    refused = told.after.refused.partition(":")[0]
    text = refusing(lambda: captured(events, what_if_name(alteration), what_if=alteration, refused=refused))
    refusing(lambda: written(save_eval, text))
    out.print(f"{save_eval}: read it through, then play it with: dossier eval run {save_eval}", soft_wrap=True)
