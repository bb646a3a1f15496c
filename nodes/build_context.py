"""Make the package of one model call, and store it before the call."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.adapters.keys import KEY_VERSION
from dossier.adapters.log import Log, Recorded
from dossier.adapters.packages import Packages
from dossier.adapters.profiles import ModelProfile
from dossier.adapters.tokens import TokenCounter, count_messages
from dossier.application import Application
from dossier.application import Scope as Asked
from dossier.context.alter import NOTHING, Alteration, alter, refuse_unknown
from dossier.context.authorise import authorise
from dossier.context.budget import PROFILES, profile_named
from dossier.context.build import Build, BuiltPackage, build_package
from dossier.context.freshness import DEFAULT_RULES
from dossier.context.items import ContextItem, Scope
from dossier.context.package import PackageHeader
from dossier.context.render import Message
from dossier.errors import LimitReached
from dossier.gathering import Gathered, items
from dossier.run import Run, Step
from dossier.sources import Sources
from dossier.telemetry.instruments import count_package
from nodes.view import View, after, view_of
from state.channels import Channels
from state.events import ContextPackageBuilt, Purpose, UsageLimitReached


async def build_context(
    state: Channels,
    config: RunnableConfig,
    *,
    log: Log,
    sources: Sources,
    app: Application,
    packages: Packages,
    counter: TokenCounter,
    profile: ModelProfile,
    budget: int,
    alteration: Alteration = NOTHING,
    now: Callable[[], datetime],
    new_id: Callable[[], str],
) -> dict[str, Any]:
    """Gather, authorise, budget, order, and record the package.

    A rehearsal alters what the model calls of the turn are shown.
    """
    view = view_of(state, config)
    run, step = view.run, Step("build_context", view.ordinal)
    if recorded := await log.recorded(run, step, since=view.version):
        return _next(view, recorded)
    assert view.session is not None, "references are resolved before context is built"
    gathered = await sources.gather(run, view.session)
    tools, found = tools_for(app, run), items(gathered)
    if alteration is not NOTHING:
        if view.ordinal == 0:  # later calls may be shown less
            refuse_unknown(authorise(found, seen_by(app, run, gathered)).visible, alteration)
        found = alter(found, alteration, now())
        budget = alteration.budget or budget
    maker = Maker(log, app, packages, counter, profile, budget, now, new_id)
    return _next(view, await made(view, view.ordinal, gathered, found, maker, tools=tools))


def _next(view: View, recorded: Recorded) -> dict[str, Any]:
    route = "limit" if limit_in(recorded) else "go"
    return after(view, recorded, turn={"ordinal": view.ordinal, "route": route})


def limit_in(recorded: Recorded) -> bool:
    """Tell whether a limit stood against the call for which a package was to be made."""
    return any(isinstance(event.body, UsageLimitReached) for event in recorded.own)


@dataclass(frozen=True, slots=True)
class Maker:
    """All that packages are made with."""

    log: Log
    app: Application
    packages: Packages
    counter: TokenCounter
    profile: ModelProfile
    budget: int
    """Tokens at most."""
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    async def build(
        self, view: View, gathered: Gathered, found: Sequence[ContextItem], tools: Sequence[dict[str, Any]]
    ) -> BuiltPackage:
        """Return the package of what was gathered; nothing is stored.

        Args:
            view: The thread as the package sees it.
            gathered: By the sources, for this view's turn.
            found: The items to choose from, of what was gathered.
            tools: Offered with it, and counted.
        """
        run = view.run
        return build_package(
            found,
            _build(
                self.app,
                min(self.budget, self.profile.prompt_limit),
                lambda sent: count_messages([dict(m) for m in sent], tools, self.counter, gathered.prompt.schema),
                self.counter,
            ),
            _header(view, gathered, self.app, self.profile, self.new_id()),
            key=await self.packages.block_key(run.tenant, run.thread),
            now=self.now(),
            allowed=seen_by(self.app, run, gathered),
            unavailable=gathered.unavailable,
        )


async def made(
    view: View,
    ordinal: int,
    gathered: Gathered,
    found: Sequence[ContextItem],
    maker: Maker,
    *,
    tools: Sequence[dict[str, Any]] = (),
    purpose: Purpose = "reply",
) -> Recorded:
    """Make a package of the items of what was gathered, and record it before its call; or the limit that forbids it."""
    built = await maker.build(view, gathered, found, tools)
    schema = gathered.prompt.schema
    stored = await maker.packages.storing(view.run, ordinal, built, tools, None if schema is None else dict(schema))
    body = _event(built, stored.hash, ordinal, purpose)
    step = Step("build_context", ordinal)
    try:
        recorded = await maker.log.record(view.run, step, [body], since=view.version, also=stored.statements)
    except LimitReached as refused:
        assert refused.reached is not None
        return await maker.log.record(view.run, step, [refused.reached], since=view.version)
    count_package(built.package)
    return recorded


def tools_for(app: Application, run: Run) -> list[dict[str, Any]]:
    """Return the tools that the model is offered: those that the principal may have called."""
    return [tool.schema() for tool in app.tools if _may_call(app, run, tool.name, tool.effect)]


def _may_call(app: Application, run: Run, name: str, effect: str) -> bool:
    return app.authorizer.decide(run.principal, "call", Asked("Tool", name), {"effect": effect}).allowed


def seen_by(app: Application, run: Run, gathered: Gathered) -> Callable[[Scope], bool]:
    """Return what says whether the principal of a run may see a scope."""
    return lambda scope: _may_see(app, run, gathered.scopes.get(scope), scope)


def _may_see(app: Application, run: Run, asked: Asked | None, scope: Scope) -> bool:
    if scope.tenant != run.tenant:
        return False
    if asked is None:
        own = {"thread": (run.thread,), "user": (run.principal.user,), "team": run.principal.roles}
        return scope.id in own.get(scope.kind, ())
    return app.authorizer.decide(run.principal, "read", asked, {}).allowed


def _build(app: Application, budget: int, count_sent: Callable[[list[Message]], int], counter: TokenCounter) -> Build:
    return Build(
        profile=profile_named(app.task if app.task in PROFILES else "default"),
        budget=budget,
        count=counter.count,
        count_messages=count_sent,
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
        key_id=f"{KEY_VERSION}:thread:{run.thread}",
    )


def _event(built: BuiltPackage, hash_: str, ordinal: int, purpose: Purpose) -> ContextPackageBuilt:
    package = built.package
    return ContextPackageBuilt(
        package_id=package.header.id,
        package_hash=hash_,
        ordinal=ordinal,
        tokens=package.total_tokens,
        budget=package.budget,
        segments=dict(package.segment_tokens),
        included=len(package.items),
        excluded=len(package.exclusions),
        purpose=purpose,
    )
