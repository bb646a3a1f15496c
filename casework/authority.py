"""Who the user is and what they may do, in words made from the policy's decisions."""

from collections.abc import Sequence

from casework.agencies import agencies
from casework.store import agency_scope
from dossier.application import Authorizer, Piece, Scope
from dossier.tools import Tool
from state.principal import Principal


def authority(authorizer: Authorizer, tools: Sequence[Tool], principal: Principal) -> Piece:
    """Return the piece that names the user, their agency, roles and rights."""
    scope = agency_scope(principal)
    agency = agencies().get(principal.tenant)
    reads = authorizer.decide(principal, "read", scope, {}).allowed
    callable_ = [tool for tool in tools if _may_call(authorizer, principal, tool)]
    free = [tool.name for tool in callable_ if tool.effect != "irreversible"]
    asked = [tool.name for tool in callable_ if tool.effect == "irreversible"]
    approves = [tool.name for tool in tools if _may_approve(authorizer, principal, tool)]
    never = [tool.name for tool in tools if tool not in callable_]
    lines = [
        f"User {principal.user}, {_names(principal.roles) or 'no role'}, {agency.name if agency else scope.id}.",
        f"May: {_names((*(['view cases and documents'] if reads else []), *free)) or 'nothing'}.",
    ]
    lines += [f"May not do without the approval of another, entitled person: {_names(asked)}."] if asked else []
    lines += [f"May approve what others ask for: {_names(approves)}."] if approves else []
    lines += [f"May not: {_names(never)}."] if never else []
    return Piece(f"authority:{principal.user}", "\n".join(lines), scope, "policies")


def _may_call(authorizer: Authorizer, principal: Principal, tool: Tool) -> bool:
    return authorizer.decide(principal, "call", Scope("Tool", tool.name), {"effect": tool.effect}).allowed


def _may_approve(authorizer: Authorizer, principal: Principal, tool: Tool) -> bool:
    if tool.effect == "read":
        return False
    asked_by_another = {"effect": tool.effect, "requested_by": f"not {principal.user}", "tenant": principal.tenant}
    return authorizer.decide(principal, "approve", Scope("Tool", tool.name), asked_by_another).allowed


def _names(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)
