"""What the owner of a scenario's database does to it: changes that come from elsewhere, a lease that runs out."""

from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg import sql

_EXPIRE = "UPDATE dossier.leases SET expires_at = now() - interval '1 second' WHERE thread_id = %s"
_CHANGE = "UPDATE casework.cases SET version = version + 1, {} WHERE tenant_id = %s AND id = %s"
_ENTER = "SELECT set_config('dossier.tenant', %s, false)"


def as_owner(url: str, statement: Any, params: list[Any], tenant: str = "") -> None:
    """Run one statement as the owner, whom row-level security may bind too."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute(_ENTER, [tenant])
        conn.execute(statement, params)


def change_cases(url: str, tenant: str, cases: Mapping[str, Mapping[str, str]]) -> None:
    """Change cases as somebody else would."""
    for case, values in cases.items():
        columns = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in values)
        as_owner(url, sql.SQL(_CHANGE).format(columns), [*values.values(), tenant, case], tenant)


def expire_lease(url: str, thread: str, tenant: str = "") -> None:
    """Let a killed process's lease run out at once."""
    as_owner(url, _EXPIRE, [thread], tenant)
