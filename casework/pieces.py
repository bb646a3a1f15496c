"""What the desk offers to be shown, made from its records."""

from collections.abc import Sequence
from datetime import UTC, datetime, time

from casework import corpus
from casework.records import Case, Document, Found
from dossier.application import Piece, Scope


def case_piece(case: Case, evidence: Sequence[Document]) -> Piece:
    """Return the state of a case, as of the time its status was verified."""
    on_file = ", ".join(f"{document.id} ({_listed(document)})" for document in evidence) or "none"
    lines = (
        f"Case {case.id}: {case.title}. Licensee {case.licensee_id} ({case.licensee_name}).",
        f"Status: {case.status_line}.",
        f"Urgency on file: {case.urgency}. Risk on file: {case.risk}.",
        f"Assigned to {case.assigned_to}. Opened {case.opened}.",
        f"Evidence on file: {on_file}.",
    )
    return Piece(
        f"case:{case.id}", "\n".join(lines), case.scope, "case_store", as_of=case.status_verified_at, entity=case.ref
    )


def _listed(document: Document) -> str:
    return ", ".join(part for part in (document.type, str(document.dated), document.standing) if part)


def passage_piece(found: Found, scope: Scope) -> Piece:
    """Return a passage with what is needed to judge and cite it."""
    document = found.document
    known = (document.title, f"version {document.version}", f"verified by {document.verified_by}", document.standing)
    origin = ", ".join(part for part in known if part)
    return Piece(
        found.id,
        f"{origin}: {found.heading}\n{found.text}",
        scope,
        "documents",
        as_of=document.as_of,
        score=found.score,
        entity=document.ref,
    )


def policy_piece(document: corpus.Document, scope: Scope) -> Piece:
    """Return what a policy says in short: its first section."""
    about = document.about
    return Piece(
        f"policy:{about.id}",
        f"{about.title}, version {about.version}: {document.passages[0].text}",
        scope,
        "policies",
        as_of=datetime.combine(about.date, time(), UTC),
    )
