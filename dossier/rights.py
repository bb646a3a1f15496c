"""Who a user is and what they may do, in words made from the policy's decisions."""

from collections.abc import Sequence

from dossier.policy import Authorizer, Scope
from dossier.tools import Tool
from state.principal import Principal


def rights(
    authorizer: Authorizer, tools: Sequence[Tool], principal: Principal, *, organisation: str, records: str
) -> str:
    """Return the lines that name the user, their roles and their rights.

    Args:
        authorizer: Asked about each tool.
        tools: All that the application has.
        principal: The user.
        organisation: Name of their tenant, for people.
        records: What who may read the tenant may view, e.g. "cases and documents".
    """
    reads = authorizer.decide(principal, "read", Scope("Tenant", principal.tenant), {}).allowed
    callable_ = [tool for tool in tools if _may_call(authorizer, principal, tool)]
    asked = [tool.name for tool in callable_ if needs_approval(authorizer, principal, tool)]
    free = [tool.name for tool in callable_ if tool.name not in asked]
    approves = [tool.name for tool in tools if _may_approve(authorizer, principal, tool)]
    never = [tool.name for tool in tools if tool not in callable_]
    lines = [
        f"User {principal.user}, {_names(principal.roles) or 'no role'}, {organisation}.",
        f"May: {_names((*([f'view {records}'] if reads else []), *free)) or 'nothing'}.",
    ]
    lines += [f"May not do without the approval of another, entitled person: {_names(asked)}."] if asked else []
    lines += [f"May approve what others ask for: {_names(approves)}."] if approves else []
    lines += [f"May not: {_names(never)}."] if never else []
    return "\n".join(lines)


def needs_approval(authorizer: Authorizer, principal: Principal, tool: Tool) -> bool:
    """Tell whether a human has to decide before a tool runs for someone: by what it does, or by policy."""
    if tool.effect == "read":
        return False
    if tool.effect == "irreversible" or tool.approvers > 1:
        return True
    return not authorizer.decide(principal, "call_alone", Scope("Tool", tool.name), {"effect": tool.effect}).allowed


def _may_call(authorizer: Authorizer, principal: Principal, tool: Tool) -> bool:
    return authorizer.decide(principal, "call", Scope("Tool", tool.name), {"effect": tool.effect}).allowed


def _may_approve(authorizer: Authorizer, principal: Principal, tool: Tool) -> bool:
    if tool.effect == "read":
        return False
    asked_by_another = {"effect": tool.effect, "requested_by": f"not {principal.user}", "tenant": principal.tenant}
    return authorizer.decide(principal, "approve", Scope("Tool", tool.name), asked_by_another).allowed


def _names(names: Sequence[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)
