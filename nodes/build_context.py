"""Make the package of one model call, and store it before the call."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.log import Log
from dossier.adapters.packages import Packages
from dossier.adapters.pool import Cursor, Database
from dossier.adapters.profiles import ModelProfile
from dossier.adapters.projection import KnowledgeReader
from dossier.adapters.tokens import TokenCounter, count_messages
from dossier.application import Application, Piece
from dossier.application import Scope as AppScope
from dossier.context.budget import PROFILES, profile_named
from dossier.context.build import Build, BuiltPackage, build_package
from dossier.context.freshness import DEFAULT_RULES
from dossier.context.items import Scope
from dossier.context.package import PackageHeader
from dossier.errors import DossierError
from dossier.gathering import Gathered, items, received_in
from dossier.run import Run, Step
from dossier.settings import Settings
from nodes.view import View, after, view_of
from state.channels import Channels
from state.events import ContextPackageBuilt, SummaryGenerated
from state.session import Session

EARLIER_TYPES = ("user_message_received", "assistant_response_generated")


async def build_context(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    db: Database,
    app: Application,
    packages: Packages,
    knowledge: KnowledgeReader,
    counter: TokenCounter,
    profile: ModelProfile,
    settings: Settings,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """Gather, authorise, budget, order, and record the package."""
    view = view_of(state, config)
    step = Step("build_context", view.ordinal)
    recorded = await log.recorded(view.run, step, since=view.version)
    if recorded is None:
        assert view.session is not None, "references are resolved before context is built"
        gathered = await _gather(view.run, view.session, log=log, db=db, app=app, knowledge=knowledge, settings=settings)
        tools = [t.schema() for t in app.tools if _callable(app, view.run, t.name, t.effect)]
        key = await packages.block_key(view.run.tenant, view.run.thread)
        header = _header(view, gathered, app, profile, new_id())
        found = items(gathered)
        built = build_package(
            found,
            _build(app, profile, settings, counter, tools),
            header,
            key=key,
            now=now(),
            allowed=lambda scope: _allowed(app, view.run, gathered.scopes.get(scope), scope),
            unavailable=gathered.unavailable,
        )
        stored = await packages.storing(view.run, view.ordinal, built.package, tools)
        body = _event(built, stored.hash, view.ordinal)
        recorded = await log.record(view.run, step, [body], since=view.version, also=stored.statements)
    return after(view, recorded)


async def _gather(
    run: Run,
    session: Session,
    *,
    log: Log,
    db: Database,
    app: Application,
    knowledge: KnowledgeReader,
    settings: Settings,
) -> Gathered:
    """Ask all sources at once; a required one that fails stops the turn, an optional one is named."""
    where = (run.tenant, run.thread, session.version)
    task = session.task.name if session.task else None
    turn = await log.turn(run.tenant, run.thread, run.turn)
    query = received_in(turn)[1].text
    missing: list[str] = []
    task_state, documents, facts, rejections, decisions, earlier, summary = await asyncio.gather(
        _with_cursor(db, run, lambda cursor: app.task_state(cursor, run.principal, session.focus)),
        _optional(
            "documents",
            missing,
            _with_cursor(
                db,
                run,
                lambda cursor: app.documents(cursor, run.principal, query, session.focus, settings.documents_limit),
            ),
        ),
        knowledge.facts(*where, task=task),
        knowledge.rejections(*where),
        knowledge.decisions(*where),
        log.latest(run.tenant, run.thread, EARLIER_TYPES, limit=_earlier_limit(settings), after=session.cleared_seq),
        _summary(log, run, session),
    )
    return Gathered(
        principal=run.principal,
        thread=run.thread,
        prompt=app.prompt(task or app.task),
        turn=turn,
        policies=app.policies(run.principal),
        authority=app.authority(run.principal),
        task_state=task_state,
        documents=documents,
        facts=facts,
        rejections=rejections,
        decisions=decisions,
        task=_task_line(session, app),
        summary=summary,
        earlier=[event for event in earlier if event.header.turn != run.turn],
        question=session.question,
        unavailable=tuple(missing),
    )


async def _with_cursor(
    db: Database, run: Run, read: Callable[[Cursor], Awaitable[Sequence[Piece]]]
) -> Sequence[Piece]:
    async with db.read(run.tenant) as cursor:
        return await read(cursor)


async def _optional(name: str, missing: list[str], source: Awaitable[Sequence[Piece]]) -> Sequence[Piece]:
    try:
        return await source
    except DossierError:
        missing.append(name)
        return ()


async def _summary(log: Log, run: Run, session: Session) -> Any:
    if session.summary is None:
        return None
    events = await log.events(run.tenant, run.thread, after=session.summary.seq - 1, upto=session.summary.seq)
    body = events[0].body if events else None
    return body.summary if isinstance(body, SummaryGenerated) else None


def _earlier_limit(settings: Settings) -> int:
    return 2 * settings.turn_limit_recent + 2


def _task_line(session: Session, app: Application) -> str:
    if session.task is None:
        return f"task: {app.task}"
    parts = [f"task: {session.task.name}", session.task.step and f"step: {session.task.step}"]
    return "; ".join(part for part in parts if part)


def _callable(app: Application, run: Run, name: str, effect: str) -> bool:
    return app.authorizer.decide(run.principal, "call", AppScope("Tool", name), {"effect": effect}).allowed


def _allowed(app: Application, run: Run, asked: AppScope | None, scope: Scope) -> bool:
    if scope.tenant != run.tenant:
        return False
    if asked is None:
        return scope.kind == "thread" and scope.id == run.thread
    return app.authorizer.decide(run.principal, "read", asked, {}).allowed


def _build(
    app: Application, profile: ModelProfile, settings: Settings, counter: TokenCounter, tools: list[dict[str, Any]]
) -> Build:
    return Build(
        profile=profile_named(app.task if app.task in PROFILES else "default"),
        budget=min(settings.package_budget, profile.prompt_limit),
        count=counter.count,
        count_messages=lambda messages: count_messages([dict(m) for m in messages], tools, counter),
        rules=DEFAULT_RULES,
    )


def _header(view: View, gathered: Gathered, app: Application, profile: ModelProfile, package_id: str) -> PackageHeader:
    run = view.run
    return PackageHeader(
        id=package_id,
        tenant=run.tenant,
        user=run.principal.user,
        session=run.thread,
        turn=run.turn,
        model_profile=profile.name,
        prompt_version=f"{gathered.prompt.name}@{gathered.prompt.version}",
        policy_version=app.authorizer.version,
        snapshot_version=view.version,
        key_id=f"thread:{run.thread}",
    )


def _event(built: BuiltPackage, hash_: str, ordinal: int) -> ContextPackageBuilt:
    package = built.package
    return ContextPackageBuilt(
        package_id=package.header.id,
        package_hash=hash_,
        ordinal=ordinal,
        tokens=package.total_tokens,
        budget=package.budget,
        segments=dict(package.segment_tokens),
        included=tuple(entry.item.id for entry in package.items),
        excluded=tuple((left.id, left.reason) for left in package.exclusions),
    )
