"""A desk whose one tool carries out a transaction: what the approvals benchmark serves."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from dossier.application import Application, Cursor, Piece
from dossier.policy import Action, Authorizer, Decision, Scope
from dossier.tools import Tool, ToolContext, ToolResult
from state.principal import Principal

CUSTOMER = Principal(tenant="bench", user="customer", roles=("customer",))
APPROVER = Principal(tenant="bench", user="approver", roles=("approver",))
TOOL = "transact"

_INSTALL = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE IF NOT EXISTS bench.executed (
    number bigint GENERATED ALWAYS AS IDENTITY, thread_id text NOT NULL, key text NOT NULL, call text NOT NULL
);
GRANT USAGE ON SCHEMA bench TO dossier_runtime;
GRANT SELECT, INSERT ON bench.executed TO dossier_runtime;
"""
_EXECUTE = "INSERT INTO bench.executed (thread_id, key, call) VALUES (%s, %s, %s)"
_EXECUTED = "SELECT thread_id, call FROM bench.executed WHERE thread_id = ANY(%s) ORDER BY number"


class Transaction(BaseModel):
    """One call of a service."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    service: str
    method: str
    slots: dict[str, str]


class _Policy:
    version: str = "bench-1"

    def decide(
        self, principal: Principal, action: Action, resource: Scope, context: Mapping[str, str | bool]
    ) -> Decision:
        """The customer asks, somebody else approves."""
        allowed = principal == (APPROVER if action == "approve" else CUSTOMER) and action != "audit"
        return Decision(allowed, ("bench",) if allowed else ())


class TransactionDesk(Application):
    """See `dossier.application.Application`."""

    name = "bench"
    version = "1"
    authorizer: Authorizer = _Policy()

    def __init__(self) -> None:
        self.tools: Sequence[Tool] = (
            Tool(
                name=TOOL,
                description="Carry out a transaction.",
                arguments=Transaction,
                effect="irreversible",
                idempotency="transactional",
                run=_transact,
                describe=lambda call: f"{call.method} with {json.dumps(call.slots, sort_keys=True)}",
            ),
        )

    def policies(self, principal: Principal) -> Sequence[Piece]:
        return [_piece("policy", "Nothing is carried out that was not approved.")]

    def authority(self, principal: Principal) -> Sequence[Piece]:
        return [_piece("authority", f"The user is {principal.user}.")]

    async def install(self, cursor: Cursor) -> None:
        await cursor.execute(_INSTALL)


async def executed(cursor: Cursor, threads: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return what was carried out, by thread, in order."""
    await cursor.execute(_EXECUTED, [list(threads)])
    found: dict[str, list[dict[str, Any]]] = {}
    for row in await cursor.fetchall():
        found.setdefault(row["thread_id"], []).append(json.loads(row["call"]))
    return found


async def _transact(ctx: ToolContext, args: Transaction) -> ToolResult:
    await ctx.cursor.execute(_EXECUTE, [ctx.thread, ctx.key, args.model_dump_json()])
    return ToolResult({"done": args.method})


def _piece(id: str, text: str) -> Piece:
    return Piece(id, text, Scope("Tenant", CUSTOMER.tenant), "bench")
