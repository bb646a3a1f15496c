"""Who may look into what others do: whoever decides what they ask for, and auditors."""

from dossier.application import Application, Scope
from state.principal import Principal


def audits(app: Application, principal: Principal) -> bool:
    """Return whether the policies let someone look into what others of their tenant may not see."""
    return app.authorizer.decide(principal, "audit", Scope("Tenant", principal.tenant), {}).allowed


def oversees(app: Application, principal: Principal) -> bool:
    """Return whether the policies let someone decide what others ask for, or audit."""
    decide, of_others = app.authorizer.decide, {"requested_by": "-", "tenant": principal.tenant}
    return audits(app, principal) or any(
        decide(principal, "approve", Scope("Tool", tool.name), {**of_others, "effect": tool.effect}).allowed
        for tool in app.tools
    )
