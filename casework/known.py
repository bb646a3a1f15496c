"""The things that a user may refer to, with what tells them apart."""

from collections.abc import Sequence

from casework.records import Case, Document
from dossier.application import KnownEntity, Scope


def known_entities(cases: Sequence[Case], documents: Sequence[Document], agency: Scope) -> list[KnownEntity]:
    """Return cases, their licensees and documents, each with the scope that it belongs to.

    Args:
        cases: Newest first.
        documents: Of these cases, or of the agency.
        agency: Scope of documents that belong to no case.
    """
    by_id = {case.id: case for case in cases}
    licensees = {case.licensee_id: _licensee(case) for case in reversed(cases)}
    return [
        *map(_case, cases),
        *licensees.values(),
        *(_document(document, by_id[document.case_id] if document.case_id else None, agency) for document in documents),
    ]


def _case(case: Case) -> KnownEntity:
    attributes = {"licensee": case.licensee_id, "status": case.status, "opened": case.opened.isoformat()}
    return KnownEntity(case.ref, case.scope, attributes)


def _licensee(case: Case) -> KnownEntity:
    return KnownEntity(case.licensee, case.scope, {"case": case.id})


def _document(document: Document, case: Case | None, agency: Scope) -> KnownEntity:
    dated = {"date": document.dated.isoformat()}
    if case is None:
        return KnownEntity(document.ref, agency, dated)
    return KnownEntity(document.ref, case.scope, {**dated, "case": case.id, "licensee": case.licensee_id})
