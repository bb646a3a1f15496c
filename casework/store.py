"""The case store: reads and writes of the schema `casework`.

It gives nothing that the principal may not read: row-level security keeps other
tenants out, the authorizer's decision on each case is part of every query.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from casework.records import Case, Document, Found
from casework.status import CaseStatus
from dossier.adapters.queries import load
from dossier.application import Authorizer, Cursor, Scope
from state.principal import Principal

CASES_LIMIT = 200
"""The newest cases of a tenant that a desk looks at."""
DOCUMENTS_LIMIT = 200
RANKED_LIMIT = 200
"""Passages that one search ranks at most."""
WORDS_LIMIT = 64
"""Different words of a request that are looked for."""
CORRECTING = "correction|withdrawal"
"""Headings of passages that take back what another document says, as a regular expression."""
TELLING = "finding|result|conclusion|reported|complaint$"
"""Headings of passages that say what a document found or what somebody told."""
OPEN = "not established|outstanding|not verified|have not received|open points"
"""Words of passages that say what is not known."""

_SQL = load("casework", "sql/store.sql")
_WORD = re.compile(r"\w[\w.-]*\w|\w")


class Visible(NamedTuple):
    """What a principal may read."""

    cases: list[Case]
    """Newest first."""
    of_agency: bool
    """Whether documents that belong to no case, such as policies, may be read too."""


class Change(NamedTuple):
    """A change of status, decided."""

    key: str
    case: Case
    """As it stood when the change was made; its version is compared."""
    to: CaseStatus
    reason: str
    requested_by: str
    approved_by: str
    now: datetime
    urgent: bool = False
    """Whether the case becomes urgent as well."""


class Assessment(NamedTuple):
    """A draft, as it is put on file."""

    key: str
    case: str
    position: str
    unknown: str
    risk: str
    cites: list[str]
    by: str
    now: datetime


class Deletion(NamedTuple):
    """The deletion of a document, decided."""

    key: str
    case: Case
    """As it stood when the deletion was made; its version is compared."""
    document: str
    reason: str
    requested_by: str
    approved_by: str
    now: datetime


class Store:
    """Cases and documents, as a principal may see and change them."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer

    async def visible(self, cursor: Cursor, principal: Principal) -> Visible:
        """Return the cases that the principal may read."""
        await cursor.execute(_SQL["list_cases"], {"limit": CASES_LIMIT})
        cases = [Case.from_row(row) for row in await cursor.fetchall()]
        return Visible(
            [case for case in cases if self._may_read(principal, case.scope)],
            self._may_read(principal, agency_scope(principal)),
        )

    async def case(self, cursor: Cursor, principal: Principal, case_id: str) -> Case | None:
        """Return a case; None when it is missing or not to be seen."""
        await cursor.execute(_SQL["get_case"], {"case": case_id})
        row = await cursor.fetchone()
        case = Case.from_row(row) if row else None
        return case if case and self._may_read(principal, case.scope) else None

    async def documents(self, cursor: Cursor, visible: Visible) -> list[Document]:
        """Return the documents of what is visible, newest first."""
        await cursor.execute(_SQL["list_documents"], {**_within(visible), "limit": DOCUMENTS_LIMIT})
        return [Document.from_row(row) for row in await cursor.fetchall()]

    async def evidence(self, cursor: Cursor, case: Case) -> list[Document]:
        """Return the documents of one case, newest first."""
        return await self.documents(cursor, Visible([case], of_agency=False))

    async def cases_in_focus(self, cursor: Cursor, principal: Principal, ids: Sequence[str]) -> list[Case]:
        """Return the cases named, then those of the documents named."""
        await cursor.execute(_SQL["find_cases"], {"ids": list(ids)})
        found = [Case.from_row(row) for row in await cursor.fetchall()]
        return [case for case in found if self._may_read(principal, case.scope)]

    async def search(
        self, cursor: Cursor, visible: Visible, text: str, *, focus: Sequence[str] = (), limit: int
    ) -> list[Found]:
        """Return passages with any of the words, best first, those of the focus before all others.

        Args:
            cursor: Bound to the tenant.
            visible: What may be searched.
            text: Any text; its words are looked for.
            focus: Ids of cases and documents, most important first.
            limit: How many passages at most.
        """
        # The id of a case in focus stands in letterheads; that all its documents come first is settled by the focus.
        cases = {case.id for case in visible.cases} & {*focus}
        found = [word for word in dict.fromkeys(_WORD.findall(text)) if word not in cases]
        params = {"words": " or ".join(found[:WORDS_LIMIT]), "focus": list(focus)}
        params |= {"correcting": CORRECTING, "telling": TELLING, "open": OPEN}
        params |= {"cap": RANKED_LIMIT, "limit": limit}
        await cursor.execute(_SQL["search_passages"], {**_within(visible), **params})
        return [Found.from_row(row) for row in await cursor.fetchall()]

    async def notes(self, cursor: Cursor, case: Case, limit: int) -> list[dict[str, str]]:
        """Return the newest notes of a case."""
        await cursor.execute(_SQL["list_notes"], {"case": case.id, "limit": limit})
        rows = await cursor.fetchall()
        return [{"text": r["text"], "by": r["written_by"], "at": r["written_at"].isoformat()} for r in rows]

    async def add_note(self, cursor: Cursor, case: Case, *, key: str, text: str, by: str, now: datetime) -> None:
        """Add a note to a case."""
        await cursor.execute(_SQL["add_note"], {"key": key, "case": case.id, "text": text, "by": by, "now": now})

    async def change_status(self, cursor: Cursor, change: Change) -> int | None:
        """Change a case and record it; None, and nothing changed, when it has another version by now."""
        case = change.case
        params = {**change._asdict(), "case": case.id, "version": case.version, "from": case.status}
        await cursor.execute(_SQL["change_status"], params)
        row = await cursor.fetchone()
        if row is None:
            return None
        await cursor.execute(_SQL["record_status_change"], params)
        return row["version"]

    async def draft_assessment(self, cursor: Cursor, draft: Assessment) -> None:
        """Put a draft on file."""
        await cursor.execute(_SQL["draft_assessment"], draft._asdict())

    async def delete_record(self, cursor: Cursor, deletion: Deletion) -> bool:
        """Delete a document and record it; False, and nothing changed, when the case has another version by now."""
        params = {**deletion._asdict(), "case": deletion.case.id, "version": deletion.case.version}
        await cursor.execute(_SQL["touch_case"], params)
        if await cursor.fetchone() is None:
            return False
        for step in ("record_deletion", "delete_passages", "delete_document"):
            await cursor.execute(_SQL[step], params)
        return True

    def _may_read(self, principal: Principal, scope: Scope) -> bool:
        return self._authorizer.decide(principal, "read", scope, {}).allowed


def agency_scope(principal: Principal) -> Scope:
    """Return the scope of what belongs to the whole agency."""
    return Scope("Tenant", principal.tenant)


def _within(visible: Visible) -> dict[str, object]:
    return {"cases": [case.id for case in visible.cases], "of_agency": visible.of_agency}
