"""Opens desks, and counts everything that is stored."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from dossier.adapters.scripted_model import ScriptedModel
from graphs.assembly import turn_graph
from tests.gate.desk import Desk

OpenDesk = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def open_desk(open_case_desk: Any) -> OpenDesk:
    """Opens a desk: `async with open_desk([{"kind": "text", "text": "Yes."}]) as desk`."""

    @asynccontextmanager
    async def opened(script: list[Any], **options: Any) -> AsyncIterator[Desk]:
        model = ScriptedModel(script)
        async with open_case_desk(model_app=model, **options) as services:
            yield Desk(services, model, turn_graph(services))

    return opened


@pytest.fixture
def stored(database_url: str) -> Callable[[], dict[str, int]]:
    """Counts the rows of every table that a turn, a server or an application could write to."""

    def count() -> dict[str, int]:
        with psycopg.connect(database_url, autocommit=True) as conn:
            tables = conn.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname IN ('dossier', 'langgraph', 'casework')"
            ).fetchall()
            counts = {}
            for schema, table in tables:
                query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, table))
                (counts[f"{schema}.{table}"],) = conn.execute(query).fetchone() or (0,)
            return counts

    return count
