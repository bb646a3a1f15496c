"""`dossier eval`: play scripted conversations, and make them from real threads."""

from pathlib import Path
from typing import Annotated

import typer

from cli.running import refusing, run, written
from dossier.settings import Settings

evals = typer.Typer(no_args_is_help=True, help="Scripted conversations: play them, or make one from a real thread.")


def hand_on(group: typer.Typer, name: str) -> None:
    """Give a group a command that takes what the evaluations' command of this name takes."""

    def handed_on(context: typer.Context) -> None:
        from evals.__main__ import main

        raise typer.Exit(main([name, *context.args]))

    group.command(
        name,
        help=f"What `python -m evals {name}` does, with the same options.",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
        add_help_option=False,
    )(handed_on)


hand_on(evals, "run")


@evals.command()
def capture(
    thread: str,
    tenant: Annotated[str, typer.Option(help="Whose thread it is.")] = "northgate",
    name: Annotated[str, typer.Option(help="What the scenario is called.")] = "captured from a thread",
    out: Annotated[Path | None, typer.Option(help="The file to write; by default it is printed.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Keep personal data: only where the file may hold it.")] = False,
) -> None:
    """Make a scenario of a thread: its messages and decisions, the model's answers, what came of them.

    E-mail addresses, telephone numbers, bank and card numbers, and the names of who spoke get stand-ins.
    """
    from cli import inspect
    from evals.play.capturing import captured

    async def read() -> str:
        return captured(await inspect.events(Settings(), tenant, thread), name, raw=raw)

    text = run(read)
    if out is None:
        typer.echo(text, nl=False)
    else:
        refusing(lambda: written(out, text))
        typer.echo(f"{out}: read it through, then play it with: python -m evals run {out}")
