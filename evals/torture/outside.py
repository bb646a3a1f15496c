"""The application as the kill runs serve it: its notices and its bell reach another process."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from dossier.application import Action, Application, Authorizer, Decision, Scope
from dossier.tools import CallStatus, Tool, ToolContext, ToolError, ToolResult
from graphs.served import application
from state.principal import Principal

Probe = Callable[[str], None]
_OURS = ("ring", "ring_and_ask", "tell")


@dataclass(frozen=True, slots=True)
class Outside:
    """The sink as a client of it sees it."""

    port: int

    def ask(self, path: str, **given: Any) -> dict[str, Any]:
        """Send one request and return its answer; blocking."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", path, json.dumps(given), {"content-type": "application/json"})
            return json.loads(connection.getresponse().read())
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class SinkGateway:
    """Sends notices to the sink, under their keys."""

    outside: Outside
    probe: Probe

    async def post(self, ctx: ToolContext, notice: Any) -> None:
        """See `casework.gateway.Gateway`."""
        content = [notice.case, notice.subject, notice.text, notice.requested_by, notice.approved_by]
        self.probe("sink.post:before")
        answer = await asyncio.to_thread(self.outside.ask, "/post", thread=ctx.thread, key=ctx.key, content=content)
        self.probe("sink.post:after")
        if not answer["same"]:
            raise ToolError("key_reused", "The key of this call was used for another notice.")

    async def status(self, ctx: ToolContext) -> CallStatus:
        """See `casework.gateway.Gateway`."""
        known = await asyncio.to_thread(self.outside.ask, "/of", thread=ctx.thread, key=ctx.key)
        return "done" if known["key_done"] else "not_done"


class BellArguments(BaseModel):
    """For which case the bell rings."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    case_id: str


def bell(name: Literal["ring", "ring_and_ask"], outside: Outside, probe: Probe) -> Tool:
    """Return a tool whose effect knows no keys; whether it took place can be asked for, or not."""

    async def run(ctx: ToolContext, args: BellArguments) -> ToolResult:
        probe("sink.ring:before")
        await asyncio.to_thread(outside.ask, "/ring", thread=ctx.thread)
        probe("sink.ring:after")
        return ToolResult({"case": args.case_id, "rang": True})

    async def status(ctx: ToolContext, args: BellArguments) -> CallStatus:
        known = await asyncio.to_thread(outside.ask, "/of", thread=ctx.thread)
        return "done" if known["rings"] else "not_done"

    return Tool(
        name=name,
        description="Ring the bell for a case.",
        arguments=BellArguments,
        effect="write",
        idempotency="none",
        run=run,
        status=status if name == "ring_and_ask" else None,
    )


@dataclass(slots=True)
class WithBells:
    """The application's policy, which also lets everyone ring."""

    policy: Authorizer
    version: str

    def decide(
        self, principal: Principal, action: Action, resource: Scope, context: Mapping[str, str | bool]
    ) -> Decision:
        """See `dossier.application.Authorizer`."""
        if action in ("call", "call_alone") and resource.id in _OURS:
            return Decision(True, ("bells",))
        return self.policy.decide(principal, action, resource, context)


def served(outside: Outside, probe: Probe) -> Application:
    """Return the application with the sink behind it and two bells beside its tools."""
    app = application(SinkGateway(outside, probe))
    app.authorizer = WithBells(app.authorizer, app.authorizer.version)
    app.tools = (*app.tools, bell("ring", outside, probe), bell("ring_and_ask", outside, probe))
    return app
