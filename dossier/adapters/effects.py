"""The effect ledger: what LangGraph runs at least once happens once.

The key of an effect is the thread, the turn, which model call asked, which of its
calls, and the exact arguments. What happens when a step runs again depends on what
the tool declared:

    transactional     the effect and its outcome were committed together, or neither was
    idempotency_key   it is done again under the same key, which the other system honours
    none              it is not done again: its outcome is unknown until `status` finds out
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import psycopg
from psycopg_pool import PoolTimeout

from dossier.adapters.leases import fence
from dossier.adapters.pool import Cursor, Database
from dossier.adapters.queries import Statement, load
from dossier.errors import DossierError
from dossier.run import Run
from dossier.tools import Moved, ObservedFact, Tool, ToolContext, ToolError, ToolResult, kept
from state.canonical import canonical, sha256
from state.events import CallRef, EntityRef

_SQL = load("dossier.adapters", "sql/effects.sql")
Status = Literal["done", "failed", "unknown"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a call came out."""

    status: Status
    result: ToolResult | None = None
    code: str = ""
    detail: str = ""


UNKNOWN = Outcome(
    "unknown", code="outcome_unknown", detail="The process stopped during the call; whether it took place is not known."
)

STALE = Outcome(
    "failed", code="stale", detail="The record changed after the call was judged; it has to be asked for again."
)


def effect_key(run: Run, call: CallRef, args_hash: str) -> str:
    """Return the idempotency key of an effect: the same however often the step runs."""
    return sha256(canonical([run.tenant, run.thread, run.turn, call.ordinal, call.index, args_hash]))


class Effects:
    """Runs tools with effects once."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def once(
        self, run: Run, call: CallRef, tool: Tool, args: Any, args_hash: str, context: ToolContext
    ) -> Outcome:
        """Run a tool unless its effect is settled, and return how it came out, then or now.

        Args:
            run: Its token must be the lease's newest.
            call: Which call of the turn.
            tool: What to run.
            args: The validated arguments model.
            args_hash: Digest of the exact arguments.
            context: Without cursor and key, which are given here.

        Raises:
            LeaseLost: Another run took over; this one did nothing.
        """
        key = effect_key(run, call, args_hash)
        where = _where(run, call, args_hash)
        if tool.idempotency == "transactional":
            return await self._in_one_transaction(run, where, key, tool, args, context)
        first = await self._intend(run, where, key, tool, args, context)
        if isinstance(first, Outcome):
            return first
        if not first and tool.idempotency == "none":
            return await self._find_out(run, key, tool, args, context)
        return await self._settle(run, key, await self._attempt(run, key, tool, args, context))

    async def _attempt(self, run: Run, key: str, tool: Tool, args: Any, context: ToolContext) -> Outcome:
        """Run a tool outside any transaction: it may take long, and what it did stays done."""
        async with self._db.session("effect.attempt", run.tenant) as cursor:
            context = await _with_own_changes(_turn(run), context, cursor)
            return await attempt(tool, args, context.on(cursor, key), crashed=UNKNOWN)

    async def _in_one_transaction(
        self, run: Run, where: Mapping[str, Any], key: str, tool: Tool, args: Any, context: ToolContext
    ) -> Outcome:
        async with self._db.write("effect.transaction", run.tenant) as cursor:
            await fence(cursor, run.thread, run.token)
            settled = await _find(cursor, where)
            if settled is not None:
                return settled
            await cursor.execute(_SQL["intend"], {**where, "tool": tool.name, "key": key})
            context = await _with_own_changes(where, context, cursor)
            outcome = await _stale(tool, args, context, cursor)
            outcome = outcome or await _attempt_in_savepoint(tool, args, context, key, cursor)
            await cursor.execute(_SQL["settle"], _settling(key, outcome))
        return outcome

    async def _intend(
        self, run: Run, where: Mapping[str, Any], key: str, tool: Tool, args: Any, context: ToolContext
    ) -> Outcome | bool:
        """Write the intent; return the outcome if there is one, else whether the intent is new."""
        async with self._db.write("effect.intent", run.tenant) as cursor:
            await fence(cursor, run.thread, run.token)
            await cursor.execute(_SQL["find"], where)
            row = await cursor.fetchone()
            if row is not None:
                return _outcome(row) if row["status"] in ("done", "failed") else False
            await cursor.execute(_SQL["intend"], {**where, "tool": tool.name, "key": key})
            context = await _with_own_changes(where, context, cursor)
            stale = await _stale(tool, args, context, cursor)
            if stale is not None:
                await cursor.execute(_SQL["settle"], _settling(key, stale))
            return stale or True

    async def _find_out(self, run: Run, key: str, tool: Tool, args: Any, context: ToolContext) -> Outcome:
        """Ask the tool's status check whether an effect took place; without one it stays unknown."""
        status = "unknown"
        if tool.status is not None:
            async with self._db.read(run.tenant) as cursor:
                status = await tool.status(context.on(cursor, key), args)
        if status == "done":
            note = ToolResult(content={"note": "It took place before the process stopped; found out afterwards."})
            return await self._settle(run, key, Outcome("done", result=note))
        if status == "not_done":
            await self._still_held(run)
            return await self._settle(run, key, await self._attempt(run, key, tool, args, context))
        return await self._settle(run, key, UNKNOWN)

    async def _still_held(self, run: Run) -> None:
        """Refuse before an attempt that no new intent has fenced."""
        async with self._db.write("effect.attempt_again", run.tenant) as cursor:
            await fence(cursor, run.thread, run.token)

    async def _settle(self, run: Run, key: str, outcome: Outcome) -> Outcome:
        async with self._db.write("effect.outcome", run.tenant) as cursor:
            await fence(cursor, run.thread, run.token)
            await cursor.execute(_SQL["settle"], _settling(key, outcome))
        return outcome


def found_out(run: Run, call: CallRef, args_hash: str, *, by: str, took_place: bool) -> Statement:
    """Return the statement that settles an unknown effect by what a person found out."""
    note = ToolResult(content={"note": f"It took place: {by} looked into it."})
    outcome = Outcome("done", result=note)
    if not took_place:
        outcome = Outcome("failed", code="not_done", detail=f"It did not take place: {by} looked into it.")
    return Statement(_SQL["settle"], _settling(effect_key(run, call, args_hash), outcome), returns=1)


def _turn(run: Run) -> dict[str, Any]:
    return {"thread": run.thread, "turn": run.turn}


def _where(run: Run, call: CallRef, args_hash: str) -> dict[str, Any]:
    return {
        "thread": run.thread,
        "turn": run.turn,
        "ordinal": call.ordinal,
        "index": call.index,
        "args_hash": args_hash,
    }


async def _find(cursor: Cursor, where: Mapping[str, Any]) -> Outcome | None:
    await cursor.execute(_SQL["find"], where)
    row = await cursor.fetchone()
    return None if row is None else _outcome(row)


async def _with_own_changes(where: Mapping[str, Any], context: ToolContext, cursor: Cursor) -> ToolContext:
    """Carry what an approval relied on over the changes that the turn's own calls made since.

    They were asked for and decided beside this one. What anybody else changed stays a difference.
    """
    if context.grant is None:
        return context
    relied_on = dict(context.grant.relied_on)
    await cursor.execute(_SQL["done_in_turn"], where)
    for row in await cursor.fetchall():
        for change in _moved(json.loads(row["outcome"] or "{}")):
            if relied_on.get(change.row) == change.before:
                relied_on[change.row] = change.after
    return replace(context, grant=replace(context.grant, relied_on=relied_on))


def _moved(data: Mapping[str, Any]) -> tuple[Moved, ...]:
    return tuple(Moved(*change) for change in data.get("moved", ()))


async def _stale(tool: Tool, args: Any, context: ToolContext, cursor: Cursor) -> Outcome | None:
    """Refuse an approved call when the rows that the approval relied on have changed since.

    Only before the effect: afterwards the effect itself may be what changed them.
    """
    if context.grant is None or tool.versions is None:
        return None
    current = await tool.versions(context.on(cursor), args)
    return None if current == dict(context.grant.relied_on) else STALE


async def attempt(tool: Tool, args: Any, context: ToolContext, *, crashed: Outcome | None = None) -> Outcome:
    """Run a tool once and return how it came out; what is ours or the database's to report is raised.

    Args:
        tool: What to run.
        args: The validated arguments model.
        context: With a cursor.
        crashed: What a fault of the tool's own code means; None: it failed and nothing has changed.
    """
    try:
        return Outcome("done", result=kept(await tool.run(context, args)))
    except ToolError as error:
        return Outcome("failed", code=error.code, detail=str(error))
    except (DossierError, psycopg.Error, PoolTimeout):
        raise
    except Exception as fault:
        return crashed or _crashed(fault)


def _crashed(fault: Exception) -> Outcome:
    return Outcome("failed", code="tool_crashed", detail=f"The tool broke: {type(fault).__name__}.")


async def _attempt_in_savepoint(tool: Tool, args: Any, context: ToolContext, key: str, cursor: Cursor) -> Outcome:
    """Run a tool so that what a failed one wrote is undone, and its failure is not."""
    try:
        async with cursor.connection.transaction():
            return Outcome("done", result=kept(await tool.run(context.on(cursor, key), args)))
    except ToolError as error:
        return Outcome("failed", code=error.code, detail=str(error))
    except (DossierError, psycopg.Error, PoolTimeout):
        raise
    except Exception as fault:
        return _crashed(fault)


def _settling(key: str, outcome: Outcome) -> dict[str, Any]:
    return {"key": key, "status": outcome.status, "outcome": _to_text(outcome)}


def _to_text(outcome: Outcome) -> str:
    result = outcome.result
    data: dict[str, Any] = {"code": outcome.code, "detail": outcome.detail}
    if result is not None:
        data["content"] = dict(result.content)
        data["shown"] = [entity.model_dump() for entity in result.shown]
        data["facts"] = [[f.key, f.value, f.statement, f.stale_after_seconds] for f in result.facts]
        data["moved"] = [[change.row, change.before, change.after] for change in result.moved]
    return canonical(data).decode()


def _outcome(row: Mapping[str, Any]) -> Outcome:
    data = json.loads(row["outcome"]) if row["outcome"] else {}
    result = None
    if "content" in data:
        shown = tuple(EntityRef.model_validate(entity) for entity in data["shown"])
        facts = tuple(ObservedFact(*fact) for fact in data["facts"])
        result = ToolResult(data["content"], shown, facts, _moved(data))
    return Outcome(row["status"], result=result, code=data.get("code", ""), detail=data.get("detail", ""))
