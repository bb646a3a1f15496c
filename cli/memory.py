"""What is remembered of a user beyond threads: listed, corrected, forgotten."""

import json
from collections.abc import Callable, Coroutine, Sequence
from typing import Annotated, Any, TypeVar

import typer

from cli.running import AsJson, Tenant, out, run
from dossier.adapters.memories import Memories
from dossier.memory import Memory
from dossier.settings import Settings
from state.principal import Principal

T = TypeVar("T")

memory = typer.Typer(no_args_is_help=True, help="What is remembered beyond threads.")

By = Annotated[str, typer.Option("--by", help="Whose memories.")]
Role = Annotated[list[str] | None, typer.Option("--role", help="A role of theirs: what its team remembers counts too.")]


@memory.command("list")
def listed(by: By, role: Role = None, tenant: Tenant = "northgate", as_json: AsJson = False) -> None:
    """List what a user is reminded of, newest first."""
    found = _with(tenant, lambda memories: memories.of(_principal(tenant, by, role)))
    if as_json:
        out.print_json(json.dumps([_plain(one) for one in found]))
        return
    _show(found)


@memory.command()
def correct(id: str, text: str, by: By, role: Role = None, tenant: Tenant = "northgate") -> None:
    """Put other words in the place of a memory's."""
    made = _with(tenant, lambda memories: memories.correct(_principal(tenant, by, role), id, text))
    out.print(f"Remembered until {made.expires_at:%Y-%m-%d}: {made.text}", markup=False)


@memory.command()
def forget(
    by: By,
    id: Annotated[str | None, typer.Argument(help="Which memory.")] = None,
    every: Annotated[bool, typer.Option("--all", help="All that is remembered of this user alone.")] = False,
    role: Role = None,
    tenant: Tenant = "northgate",
) -> None:
    """Delete a memory, or all that are the user's own."""
    if (id is None) != every:
        raise typer.BadParameter("Name one memory, or say --all.")
    who = _principal(tenant, by, role)
    if id is None:
        out.print(f"Forgotten: {_with(tenant, lambda memories: memories.forget_all(who))}.")
        return
    _with(tenant, lambda memories: memories.forget(who, id))
    out.print("Forgotten.")


def _with(tenant: str, act: Callable[[Memories], Coroutine[Any, Any, T]]) -> T:
    from cli.opening import services_of

    async def opened() -> T:
        async with services_of(Settings(), tenant) as services:
            return await act(services.memories)

    return run(opened)


def _principal(tenant: str, user: str, roles: Sequence[str] | None) -> Principal:
    return Principal(tenant=tenant, user=user, roles=tuple(roles or ()))


def _show(memories: Sequence[Memory]) -> None:
    if not memories:
        out.print("Nothing is remembered.")
    for one in memories:
        whose = "own" if one.owner.kind == "user" else f"{one.owner.kind} {one.owner.id}"
        out.print(f"{one.id}  {whose}, until {one.expires_at:%Y-%m-%d}: {one.text}", markup=False)


def _plain(one: Memory) -> dict[str, str]:
    return {
        "id": one.id,
        "scope": one.owner.kind,
        "of": one.owner.id,
        "text": one.text,
        "trust": one.trust,
        "said_by": one.said_by,
        "thread": one.thread,
        "said_at": one.said_at.isoformat(),
        "expires_at": one.expires_at.isoformat(),
    }
