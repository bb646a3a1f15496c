"""Look at the calls a model asks for: nothing happens here but judgement, on record."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.approvals import Approvals, request
from dossier.adapters.log import Log
from dossier.adapters.pool import Database
from dossier.application import Application
from dossier.errors import LimitReached
from dossier.review import Judged, judge, within
from dossier.run import Run, Step
from dossier.tools import ToolContext
from nodes.view import after, view_of
from state.channels import Channels
from state.events import CallRef, EventBody, HumanApprovalRequested, ModelCalled


async def review_tools(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    db: Database,
    app: Application,
    approvals: Approvals,
    approval_ttl: float,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """Authorise, validate and classify each call; ask for approval where one is needed."""
    view = view_of(state, config)
    step = Step("review_tools", view.ordinal)
    recorded = await log.recorded(view.run, step, since=view.version)
    if recorded is None:
        turn = await log.turn(view.run.tenant, view.run.thread, view.run.turn)
        called = next(
            event.body
            for event in reversed(turn)
            if isinstance(event.body, ModelCalled)
            and event.body.ordinal == view.ordinal
            and event.body.purpose == "reply"
        )
        judged = [
            judge(app, view.run, CallRef(ordinal=view.ordinal, index=i), c, turn)
            for i, c in enumerate(called.tool_calls)
        ]
        while recorded is None:
            bodies: list[EventBody] = [body for one in judged for body in one.events]
            waiting = [one for one in judged if one.needs_approval]
            expires = await approvals.expiry(view.run.tenant, approval_ttl) if waiting else now()
            asked = [await _asked(db, view.run, one, new_id(), now(), expires) for one in waiting]
            also = [
                request(view.run, body, one.effect, approvers=one.approvers)
                for body, one in zip(asked, waiting, strict=True)
            ]
            try:
                recorded = await log.record(view.run, step, [*bodies, *asked], since=view.version, also=also)
            except LimitReached as reached:  # as many run as there is room for, the model is told of the rest
                judged = within(judged, reached)
    waits = any(isinstance(event.body, HumanApprovalRequested) for event in recorded.own)
    return after(view, recorded, turn={"ordinal": view.ordinal, "route": "approve" if waits else "run"})


async def _asked(
    db: Database, run: Run, one: Judged, approval_id: str, now: datetime, expires: datetime
) -> HumanApprovalRequested:
    """Return the request for one call, with the versions of the rows that it was judged by."""
    assert one.tool is not None
    relied_on: dict[str, str] = {}
    if one.tool.versions is not None:
        async with db.read(run.tenant) as cursor:
            context = ToolContext(run.principal, run.thread, run.turn, "", now, cursor)
            relied_on = await one.tool.versions(context, one.args)
    return HumanApprovalRequested(
        approval_id=approval_id,
        call=one.call,
        name=one.tool.name,
        args=one.plain_args,
        args_hash=one.args_hash,
        description=one.tool.describe(one.args),
        requested_by=run.principal.user,
        expires_at=expires,
        relied_on=relied_on,
    )
