"""Create the application's tables and enter its data; repeatable."""

from casework.agencies import Agency, agencies
from casework.corpus import Document, documents
from dossier.adapters.own_tables import enter, wall_off
from dossier.adapters.queries import load
from dossier.application import Cursor

_SCHEMA = load("casework", "sql/schema.sql")
_SEED = load("casework", "sql/seed.sql")


async def install(cursor: Cursor) -> None:
    """Bring the schema `casework` and its data up; rows that are there stay as they are.

    Args:
        cursor: Of the migrator, inside a transaction; the role `dossier_runtime` exists.
    """
    await cursor.execute(_SCHEMA["create_tables"])
    await wall_off(cursor, "casework")
    await cursor.execute(_SCHEMA["grant_rights"])
    for agency in agencies().values():
        # The owner is bound by row-level security too.
        await enter(cursor, agency.tenant)
        await _seed(cursor, agency)
    await enter(cursor, "")


async def restore_case(cursor: Cursor, tenant: str, case_id: str) -> None:
    """Put one case back to the state it is first entered with, for demonstrations."""
    record = next(case for case in agencies()[tenant].cases if case.id == case_id)
    await enter(cursor, tenant)
    await cursor.execute(_SEED["restore_case"], record.model_dump())


async def _seed(cursor: Cursor, agency: Agency) -> None:
    for licensee in agency.licensees:
        await cursor.execute(_SEED["seed_licensee"], licensee.model_dump())
    for case in agency.cases:
        await cursor.execute(_SEED["seed_case"], case.model_dump())
    shipped = documents(agency.tenant)
    replaced = {document.about.supersedes: document.about.id for document in shipped}
    for document in shipped:
        await _seed_document(cursor, document, replaced.get(document.about.id))


async def _seed_document(cursor: Cursor, document: Document, superseded_by: str | None) -> None:
    await cursor.execute(_SEED["seed_document"], {**document.about.model_dump(), "superseded_by": superseded_by})
    if await cursor.fetchone() is None:
        return
    for passage in document.passages:
        values = {"number": passage.number, "heading": passage.heading, "text": passage.text}
        await cursor.execute(_SEED["seed_passage"], {"document": document.about.id, **values})
