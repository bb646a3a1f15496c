"""What tools that act on one case share: finding it, and holding a grant to it."""

from collections.abc import Awaitable, Callable

from casework.records import Case
from casework.store import Store
from casework.tools.arguments import OnCase
from dossier.tools import Grant, ToolContext, ToolError


def look_again(args: OnCase) -> tuple[str, dict[str, str]]:
    """Return the read that verifies the case that a call rests on."""
    return "get_case", {"case_id": args.case_id}


async def find_case(store: Store, ctx: ToolContext, case_id: str) -> Case:
    """Return a case.

    Raises:
        ToolError: It is missing or not to be seen; which of the two is not told.
    """
    case = await store.case(ctx.cursor, ctx.principal, case_id)
    if case is None:
        raise ToolError("case_not_found", f"There is no case {case_id!r} that you may see.")
    return case


def case_versions(store: Store) -> Callable[[ToolContext, OnCase], Awaitable[dict[str, str]]]:
    """Return what tells the version of the case that a call rests on."""

    async def versions(ctx: ToolContext, args: OnCase) -> dict[str, str]:
        return _version(await find_case(store, ctx, args.case_id))

    return versions


def require_grant(ctx: ToolContext, case: Case) -> Grant:
    """Return the approval of the call.

    Raises:
        ToolError: There is none, or the case has changed since it was asked for.
    """
    if ctx.grant is None:
        raise ToolError("approval_missing", "This call runs only after another person has approved it.")
    if dict(ctx.grant.relied_on) != _version(case):
        raise stale(case.id)
    return ctx.grant


def stale(case_id: str) -> ToolError:
    """Return the refusal of a call that rests on an older state of the case."""
    return ToolError("stale_version", f"Case {case_id} has changed since approval was asked; look again and ask anew.")


def _version(case: Case) -> dict[str, str]:
    return {f"case:{case.id}": str(case.version)}
