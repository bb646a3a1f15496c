"""The application as a scenario stages it: tools that give what it says, sources that are away, passages that leak."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dossier.application import Application, Cursor, KnownEntity, Piece, PromptVersion
from dossier.errors import Unavailable
from dossier.tools import Tool, ToolContext, ToolError, ToolResult
from evals.play.schema import Staging
from state.events import EntityRef
from state.principal import Principal

Now = Callable[[], Awaitable[Staging]]
"""Gives what is staged at the moment."""


def always(staging: Staging) -> Now:
    """Return what gives the same staging at all times."""

    async def given() -> Staging:
        return staging

    return given


class Staged(Application):
    """See `dossier.application.Application`, whose methods these are."""

    def __init__(self, app: Application, staging: Now, people: Mapping[str, Principal] | None = None) -> None:
        self.inner = app
        self._staging = staging
        self.name, self.version, self.task, self.records = app.name, app.version, app.task, app.records
        self.authorizer, self.prompts, self.guards = app.authorizer, app.prompts, app.guards
        self.people = {**app.people, **(people or {})}
        self.tools = [_staged(tool, staging) for tool in app.tools]

    def policies(self, principal: Principal) -> Sequence[Piece]:
        return self.inner.policies(principal)

    def organisation(self, tenant: str) -> str:
        return self.inner.organisation(tenant)

    def authority(self, principal: Principal) -> Sequence[Piece]:
        return self.inner.authority(principal)

    def prompt(self, task: str) -> PromptVersion:
        return self.inner.prompt(task)

    async def entities(self, cursor: Cursor, principal: Principal) -> Sequence[KnownEntity]:
        return await self.inner.entities(cursor, principal)

    async def task_state(self, cursor: Cursor, principal: Principal, focus: Sequence[EntityRef]) -> Sequence[Piece]:
        await self._refuse_if_away("task_state")
        return await self.inner.task_state(cursor, principal, focus)

    async def documents(
        self, cursor: Cursor, principal: Principal, query: str, focus: Sequence[EntityRef], limit: int
    ) -> Sequence[Piece]:
        await self._refuse_if_away("documents")
        leaks = (await self._staging()).leaks
        leaked = [Piece(leak.id, leak.text, leak.scope, "documents", score=99.0) for leak in leaks]
        return [*leaked, *await self.inner.documents(cursor, principal, query, focus, limit)]

    async def install(self, cursor: Cursor) -> None:
        await self.inner.install(cursor)

    async def _refuse_if_away(self, source: str) -> None:
        if source in (await self._staging()).away:
            raise Unavailable(f"The source {source} is away.", hint="The scenario wants it so.")


def _staged(tool: Tool, staging: Now) -> Tool:
    async def run(ctx: ToolContext, args: Any) -> ToolResult:
        failure = (await staging()).tools.get(tool.name)
        if failure is None:
            return await tool.run(ctx, args)
        if failure.breaks:
            raise RuntimeError("the tool broke")
        if failure.fails:
            raise ToolError(failure.fails, "It could not be done.")
        return ToolResult(failure.returns or {})

    return replace(tool, run=run)
