"""The spine: threads, log, leases, effects, approvals, row-level security."""

from importlib.resources import files

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Run the file on the driver's own connection, which takes several statements at once."""
    sql = files("dossier.adapters.migrations").joinpath("0001_spine.sql").read_text("utf-8")
    driver = op.get_bind().connection.driver_connection
    assert driver is not None
    driver.execute(sql)


def downgrade() -> None:
    """Refuse: the log is never dropped by a tool."""
    raise RuntimeError("the first revision has no way back")
