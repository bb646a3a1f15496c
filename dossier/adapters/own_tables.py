"""Tables of an application's own: each row belongs to a tenant, and no other tenant's run can see it."""

from psycopg import sql

from dossier.application import Cursor
from dossier.errors import InvalidInput

RUNTIME = "dossier_runtime"
"""The database role of every run."""

_TABLES = """
SELECT t.tablename AS name,
    EXISTS (
        SELECT FROM information_schema.columns AS c
        WHERE (c.table_schema, c.table_name, c.column_name) = (t.schemaname, t.tablename, 'tenant_id')
    ) AS owned,
    EXISTS (SELECT FROM pg_policies AS p WHERE (p.schemaname, p.tablename) = (t.schemaname, t.tablename)) AS walled
FROM pg_tables AS t
WHERE t.schemaname = %s
ORDER BY t.tablename
"""
_WALL = """
ALTER TABLE {table} ALTER tenant_id SET DEFAULT current_setting('dossier.tenant', true);
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON {table} USING (tenant_id = current_setting('dossier.tenant', true))
    WITH CHECK (tenant_id = current_setting('dossier.tenant', true) AND tenant_id <> '');
"""
_READ = """
GRANT USAGE ON SCHEMA {schema} TO {runtime};
GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {runtime};
"""


async def wall_off(cursor: Cursor, schema: str) -> None:
    """Bind each table of a schema to the tenant of the transaction, its owner included, and let runs read it.

    What a run may write you grant yourself, to the role `dossier_runtime`. Repeatable.

    Args:
        cursor: Of the migrator, in `Application.install`.
        schema: The application's own.

    Raises:
        InvalidInput: A table has no column `tenant_id`.
    """
    await cursor.execute(_TABLES, [schema])
    for row in await cursor.fetchall():
        if not row["owned"]:
            raise InvalidInput(
                f"Table {schema}.{row['name']} has no tenant_id, so anyone could read it.",
                hint="Give it the column: tenant_id text NOT NULL, and put it first in the primary key.",
            )
        if not row["walled"]:
            await cursor.execute(sql.SQL(_WALL).format(table=sql.Identifier(schema, row["name"])))
    await cursor.execute(sql.SQL(_READ).format(schema=sql.Identifier(schema), runtime=sql.Identifier(RUNTIME)))


async def enter(cursor: Cursor, tenant: str) -> None:
    """Write and read for one tenant from here on, until the transaction ends; no tenant for the empty name."""
    await cursor.execute("SELECT set_config('dossier.tenant', %s, true)", [tenant])
