"""Guards of what is done: admission, tools, approvals, once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from dossier.adapters.approvals import Approval, Approvals, Decided
from dossier.adapters.effects import Effects, Outcome, attempt
from dossier.adapters.log import Log, Recorded
from dossier.application import Action, Application, Authorizer, Decision, Scope
from dossier.errors import AlreadyDecided
from dossier.human_decisions import Answer, answer
from dossier.run import Run, Step
from dossier.services import Services
from dossier.tools import Grant, Tool, ToolContext, ToolResult
from evals.play.guards import Guard
from graphs.admission import Admitted, Message
from graphs.reception import Held, Reception, Visit
from state.events import CallRef
from state.principal import Principal


class Lenient:
    """A policy that permits everything of some kinds."""

    def __init__(self, policy: Authorizer, *kinds: Action) -> None:
        self._policy, self._kinds, self.version = policy, kinds, policy.version

    def decide(
        self, principal: Principal, action: Action, resource: Scope, context: Mapping[str, str | bool]
    ) -> Decision:
        """See `dossier.application.Authorizer`."""
        if action in self._kinds:
            return Decision(True, ("lenient",))
        return self._policy.decide(principal, action, resource, context)


def _lenient(*kinds: Action) -> Any:
    def lenient(app: Application) -> Application:
        policy = Lenient(app.authorizer, *kinds)
        app.authorizer = policy
        # The case store asks the policy too.
        inner = getattr(app, "inner", app)
        if "read" in kinds and (store := getattr(inner, "_store", None)) is not None:
            store._authorizer = policy
        return app

    return lenient


def _with_tools(change: Any) -> Any:
    def changed(app: Application) -> Application:
        app.tools = [made for tool in app.tools for made in change(tool)]
        return app

    return changed


def _current_grant(tool: Tool) -> Any:
    """Let the grant of a call rest on whatever holds now."""

    async def run(ctx: ToolContext, args: Any) -> ToolResult:
        relied_on = await tool.versions(ctx, args) if tool.versions else {}
        approved_by = ctx.grant.approved_by if ctx.grant else "nobody"
        return await tool.run(replace(ctx, grant=Grant(approved_by, relied_on)), args)

    return run


def _unapproved(tool: Tool) -> list[Tool]:
    return [tool if tool.effect == "read" else replace(tool, effect="write", approvers=1, run=_current_grant(tool))]


def _alone(app: Application) -> Application:
    return _lenient("call_alone")(_with_tools(_unapproved)(app))


def _unchecked(tool: Tool) -> list[Tool]:
    async def versions(ctx: ToolContext, args: Any) -> dict[str, str]:
        return {}

    return [replace(tool, versions=versions, run=_current_grant(tool)) if tool.versions else tool]


def _careless_arguments(tool: Tool) -> list[Tool]:
    fields: dict[str, Any] = {name: (f.annotation, f) for name, f in tool.arguments.model_fields.items()}
    lax = create_model(tool.arguments.__name__, __config__=ConfigDict(frozen=True, extra="ignore"), **fields)
    return [replace(tool, arguments=lax)]


class _Anything(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")


def _any_tool(app: Application) -> Application:
    """Run whatever name the model makes up."""

    async def run(ctx: ToolContext, args: Any) -> ToolResult:
        return ToolResult({"deleted": True})

    made_up = Tool("delete_case", "Anything.", _Anything, "read", "transactional", run)
    app.tools = [*app.tools, made_up]
    return _lenient("call")(app)


class _Overwriting(Approvals):
    """Lets a later decision pass as if it were the first."""

    async def decide_all(
        self, tenant: str, decisions: Sequence[tuple[str, Decided]], decided_by: str
    ) -> list[Approval]:
        try:
            return await super().decide_all(tenant, decisions, decided_by)
        except AlreadyDecided:
            return [await self.get(tenant, id) for id, _ in decisions]


class _Forgetful(Log):
    """Does not know which steps were done."""

    async def recorded(self, run: Run, step: Step, *, since: int) -> Recorded | None:
        return None


class _Repeating(Effects):
    """Does each time what it is asked to do."""

    async def once(
        self, run: Run, call: CallRef, tool: Tool, args: Any, args_hash: str, context: ToolContext
    ) -> Outcome:
        async with self._db.write("effect.transaction", run.tenant) as cursor:
            key = f"{run.turn}/{id(args)}"
            return await attempt(replace(tool, run=_current_grant(tool)), args, context.on(cursor, key))


async def _bare(tool: Tool, args: Any, context: ToolContext, *, crashed: Outcome | None = None) -> Outcome:
    return Outcome("done", result=await tool.run(context, args))


def _yes(given: Any) -> Answer:
    return Answer("approve", message=answer(given).message)


async def _anyone_enters(self: Reception, admitted: Admitted, principal: Principal, thread: str, **_: Any) -> None:
    if isinstance(admitted, Message):
        await self._log.claim(principal, thread)


async def _always_new(self: Reception, held: Held, message: Message) -> Visit:
    return await self._new_turn(held, self._new_id(), message)


def _anything_in(given: Any, *, max_chars: int) -> Admitted:
    messages = given.get("messages") if isinstance(given, Mapping) else None
    last = messages[-1] if isinstance(messages, list) and messages else {}
    return Message(id=last.get("id"), text=str(last.get("content", "?")))


def _settings(**changed: Any) -> Any:
    def lax(services: Services) -> Services:
        return replace(services, settings=services.settings.model_copy(update=changed))

    return lax


def _retry_never(services: Services) -> Services:
    return replace(services, retry=replace(services.retry, retries=0))


def _forgetful(services: Services) -> Services:
    return replace(services, log=_Forgetful(services.db, services.keys, services.now))


GUARDS = (
    Guard(
        name="admission",
        about="one human message or a decision may enter, nothing else",
        patches={"graphs.gate:admit": _anything_in},
    ),
    Guard(name="cleaning", about="invisible text is taken out", patches={"graphs.admission:clean": lambda text: text}),
    Guard(name="length", about="a message has a length", services_without=_settings(max_message_chars=1_000_000)),
    Guard(
        name="owner",
        about="a thread is its user's",
        patches={"graphs.gate:Reception.enter": _anyone_enters},
    ),
    Guard(
        name="message once",
        about="a message id is one turn",
        patches={"graphs.gate:Reception._message": _always_new},
    ),
    Guard(name="read policy", about="policy says who reads what", app_without=_lenient("read")),
    Guard(name="call policy", about="policy says who calls what", app_without=_lenient("call")),
    Guard(name="second person", about="another person approves", app_without=_lenient("approve")),
    Guard(name="known tools", about="only known tools run", app_without=_any_tool),
    Guard(name="arguments", about="arguments fit their schema", app_without=_with_tools(_careless_arguments)),
    Guard(name="approval", about="what can't be undone waits", app_without=_alone),
    Guard(name="recheck", about="what an approval rests on is looked at again", app_without=_with_tools(_unchecked)),
    Guard(
        name="verdict",
        about="what a human decides is what happens",
        patches={"graphs.decisions:answer": _yes},
    ),
    Guard(
        name="first decision",
        about="the first decision stands",
        services_without=lambda s: replace(s, approvals=_Overwriting(s.db)),
    ),
    Guard(name="expiry", about="approvals expire", services_without=_settings(approval_ttl_seconds=10**9)),
    Guard(
        name="pending",
        about="a message does not pass what waits",
        patches={"graphs.reception:Reception._live": lambda self, pending: []},
    ),
    Guard(name="broken tools", about="a tool that breaks is an outcome", patches={"nodes.run_tools:attempt": _bare}),
    Guard(name="loop limit", about="a turn's model calls are bounded", services_without=_settings(tool_loop_limit=40)),
    Guard(name="retry", about="a passing trouble is tried again", services_without=_retry_never),
    Guard(name="step once", about="what a step did is done once", services_without=_forgetful),
    Guard(
        name="effect once",
        about="an effect happens once",
        services_without=lambda s: replace(s, effects=_Repeating(s.db)),
    ),
    Guard(
        name="tenant wall",
        about="rows of another tenant are not there",
        sql="""
        ALTER TABLE casework.cases DISABLE ROW LEVEL SECURITY;
        ALTER TABLE casework.documents DISABLE ROW LEVEL SECURITY;
        ALTER TABLE casework.passages DISABLE ROW LEVEL SECURITY;
        ALTER TABLE casework.licensees DISABLE ROW LEVEL SECURITY;
        """,
    ),
)
