"""What is settled stays settled, and what is stored is what was stored, even for who has the owner's rights."""

import psycopg
import pytest

from dossier.errors import Tampered
from dossier.run import Run
from tests.spine.filling import fill


@pytest.mark.req("AP-4", "UP-5")
async def test_a_decision_or_an_outcome_can_not_be_rewritten_in_the_database(services, officer, thread, database_url):
    await fill(services, officer, thread, "kestrel")
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("SELECT set_config('dossier.tenant', %s, false)", [officer.tenant])
        conn.execute(
            "UPDATE dossier.approvals SET status = 'denied', decided_by = 's', decided_at = now() WHERE thread_id = %s",
            [thread],
        )
        for change in (
            "UPDATE dossier.approvals SET status = 'approved' WHERE thread_id = %s",
            "UPDATE dossier.effects SET status = 'intent', settled_at = NULL WHERE thread_id = %s AND status = 'done'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is settled as"):
                conn.execute(change, [thread])


@pytest.mark.req("CX-13")
@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE dossier.bodies SET body = replace(body, 'kestrel', 'falcon')",
        "UPDATE dossier.packages SET manifest = replace(manifest, 'casework@1', 'casework@2')",
    ],
)
async def test_a_receipt_that_was_changed_in_the_database_is_refused(services, officer, thread, database_url, forgery):
    run = await fill(services, officer, thread, "kestrel")
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute(forgery)  # pyright: ignore[reportArgumentType]
    with pytest.raises(Tampered):
        await services.packages.of_call(Run(thread, run.turn, officer, 0), 0)
