"""The case desk with further tools, which every officer may call and supervisors approve."""

from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from casework.application import Casework, application
from dossier.policy import Authorizer, Decision
from dossier.tools import Idempotency, Tool, ToolContext, ToolResult


class Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")
    text: str


class _Further:
    def __init__(self, policy: Authorizer, names: set[str], alone: set[str]) -> None:
        self._policy, self._names, self._alone = policy, names, alone
        self.version = policy.version

    def decide(self, principal: Any, action: Any, resource: Any, context: Any) -> Decision:
        if resource.id in self._names and action in ("call", "call_alone"):
            return Decision(action == "call" or resource.id in self._alone, ("further",))
        return self._policy.decide(principal, action, resource, context)


def desk_with(*tools: Tool, alone: set[str] | None = None) -> Casework:
    """Return the application with more tools; of writing ones those of `alone` wait for nobody."""
    app = application()
    names = {tool.name for tool in tools}
    app.authorizer = _Further(app.authorizer, names, alone or set())
    app.tools = (*app.tools, *tools)
    return app


def tell(
    run: Callable[[ToolContext, Words], Awaitable[ToolResult]],
    *,
    effect: Literal["read", "write", "irreversible"] = "irreversible",
    idempotency: Idempotency = "none",
    **more: Any,
) -> Tool:
    """Return a tool that tells words to the outside."""
    return Tool(
        name="tell",
        description="Tell it.",
        arguments=Words,
        effect=effect,
        idempotency=idempotency,
        run=run,
        describe=lambda args: f"Tell {args.text!r}",
        **more,
    )


def asks(*texts: str) -> dict[str, Any]:
    """What a scripted model says to call it."""
    return {"kind": "tool_calls", "calls": [{"name": "tell", "arguments": {"text": text}} for text in texts]}
