"""A thread with something of everything: each table of the spine gets rows that hold a marker."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from langgraph.checkpoint.base import empty_checkpoint
from pydantic import BaseModel, ConfigDict

from dossier.adapters.approvals import Decided, request
from dossier.context.build import BuiltPackage
from dossier.context.items import ContextItem, Scope
from dossier.context.package import ContextPackage, IncludedItem, PackageHeader
from dossier.run import RUN_KEY, Run, Step
from dossier.services import Services
from dossier.tools import Tool, ToolContext, ToolResult, args_hash
from state import events as e
from state.facts import Fact, RejectedAssumption
from state.principal import Principal
from state.summaries import Statement, Summary

CALL = e.CallRef(ordinal=0, index=0)
NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)


class Words(BaseModel):
    """Arguments of the tools in these tests."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: str = ""


async def opened(services: Services, principal: Principal, thread: str, turn: str = "turn-1") -> Run:
    """Return a run that holds a thread's lease."""
    await services.log.claim(principal, thread)
    return Run(thread, turn, principal, await services.leases.take(principal.tenant, thread))


async def gone_on(services: Services, run: Run, turn: str) -> Run:
    """Give a run's lease back and return a later run."""
    await services.leases.release(run.tenant, run.thread, run.token)
    return await opened(services, run.principal, run.thread, turn)


def message(principal: Principal, text: str) -> e.UserMessageReceived:
    return e.UserMessageReceived(message_id="m", text=text, principal=principal, tokens=3)


def fact(name: str, value: str, *, key: str = "case:C-1042/urgency") -> Fact:
    return Fact(id=name, key=key, value=value, trust="user_claimed", source_turn="turn-1", observed_at=NOW)


def bodies(principal: Principal, marker: str) -> list[e.EventBody]:
    """What is said in the filled thread; event 3 of it is the message."""
    ref = e.EntityRef(type="case", id=marker, label=marker)
    said = Statement(text=marker, events=(2,))
    return [
        e.ThreadCreated(owner=principal),
        message(principal, marker),
        e.FactConfirmed(fact=fact("fact-1", marker)),
        e.AssumptionRejected(
            assumption=RejectedAssumption(
                id="no-1", key="case:C-1/x", value=marker, reason=marker, source_turn="turn-1"
            )
        ),
        e.DecisionRecorded(decision_id="d-1", text=marker, decided_by=principal.user, constraint=True),
        e.EntitiesMentioned(entities=(ref,), by="user"),
        e.SummaryGenerated(summary=Summary(covers_turn="turn-1", covers_seq=6, goal=said), reason="threshold"),
        e.AssistantResponseGenerated(message_id="r-1", text=marker, tokens=2),
        e.TurnEnded(outcome="answered"),
    ]


def package(run: Run, text: str, key: str) -> BuiltPackage:
    """A package of one item, whose id and text are the same."""
    item = ContextItem(text, "current_request", text, "user", "user_claimed", Scope(run.tenant, "thread", run.thread))
    header = PackageHeader(
        f"package-{run.thread}-{run.turn}",
        run.tenant,
        run.principal.user,
        run.thread,
        run.turn,
        "offline",
        "casework@1",
        "policy@1",
        2,
        "key-1",
    )
    included = (IncludedItem(item, 3, "critical"),)
    made = ContextPackage(header, NOW, "casework", 100, 3, (("request", 3),), included, ())
    case = Scope(run.tenant, "case", text)
    hidden = ContextItem(f"hidden {text}", "retrieved_document", text, "documents", "system_verified", case)
    return BuiltPackage(made, made.render(key), (hidden,))


def tool(idempotency: Any, run: Any, *, status: Any = None) -> Tool:
    return Tool(
        name="tell",
        description="Tells someone.",
        arguments=Words,
        effect="irreversible",
        idempotency=idempotency,
        run=run,
        status=status,
    )


def context(run: Run) -> ToolContext:
    return ToolContext(run.principal, run.thread, run.turn, "", NOW, None)  # pyright: ignore[reportArgumentType]


def asked(approval_id: str, args: dict[str, Any], *, index: int = 0, expires: datetime) -> e.HumanApprovalRequested:
    return e.HumanApprovalRequested(
        approval_id=approval_id,
        call=e.CallRef(ordinal=0, index=index),
        name="tell",
        args=args,
        args_hash=args_hash("tell", args),
        description=str(args),
        requested_by="o.brandt",
        expires_at=expires,
    )


def config_of(run: Run) -> dict[str, Any]:
    return {"configurable": {"thread_id": run.thread, "checkpoint_ns": "", RUN_KEY: run}}


async def checkpoint(services: Services, run: Run, text: str) -> Any:
    """Write a checkpoint and a task's write that hold a text."""
    point = {**empty_checkpoint(), "channel_values": {"messages": [text]}, "channel_versions": {"messages": "1"}}
    config: Any = config_of(run)
    saved = await services.saver.aput(config, point, {"source": "loop", "step": 1}, {"messages": "1"})  # pyright: ignore[reportArgumentType]
    saved["configurable"][RUN_KEY] = run
    await services.saver.aput_writes(saved, [("messages", [text])], "task-1")
    return saved


async def fill(services: Services, principal: Principal, thread: str, marker: str) -> Run:
    """Fill a thread, its turn ended, its lease given back; return the run that did."""
    run = await opened(services, principal, thread)
    wanted = asked(f"approval-{thread}", {"words": marker}, expires=services.now() + timedelta(hours=1))
    key = await services.packages.block_key(run.tenant, run.thread)
    stored = await services.packages.storing(run, 0, package(run, marker, key), [{"name": marker}])
    also = [request(run, wanted, "irreversible", approvers=2), *stored.statements]
    await services.log.record(run, Step("fill"), [*bodies(principal, marker), wanted], since=0, also=also)

    await services.approvals.decide(principal.tenant, wanted.approval_id, Decided("approved", message=marker), "first")
    await services.delegations.grant(principal, "deputy", seconds=60, reason="away")

    async def tells(given: ToolContext, args: Words) -> ToolResult:
        return ToolResult({"told": args.words})

    digest = args_hash("tell", {"words": marker})
    effect = tool("none", tells)
    await services.effects.once(run, CALL, effect, Words(words=marker), digest, context(run))
    await checkpoint(services, run, marker)
    feed = await services.streams.begin(run.tenant, thread, run.turn)
    services.streams.add(feed, {"event": "text", "text": marker})
    await services.streams.finish(feed)
    services.streams.leave(feed)
    await services.usage.take_message(run.tenant)
    await services.leases.release(run.tenant, run.thread, run.token)
    return run


async def all_at_once(*waiting: Any) -> list[Any]:
    """Return what each came to, errors included."""
    return await asyncio.gather(*waiting, return_exceptions=True)
