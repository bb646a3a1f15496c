"""What the store gives back, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Self

from casework.status import CaseStatus
from dossier.application import Scope
from state.events import EntityRef


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it stands."""

    tenant: str
    id: str
    title: str
    licensee_id: str
    licensee_name: str
    status: CaseStatus
    status_verified_by: str
    status_verified_at: datetime
    urgency: str
    risk: str
    assigned_to: str
    access: str
    opened: date
    version: int
    """Grows with each change."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the case of a row."""
        return cls(tenant=row["tenant_id"], **{name: row[name] for name in cls.__slots__ if name != "tenant"})

    @property
    def scope(self) -> Scope:
        """Whose data the case and its documents are."""
        attributes = (("tenant", self.tenant), ("access", self.access), ("assigned_to", self.assigned_to))
        return Scope("Case", self.id, attributes)

    @property
    def ref(self) -> EntityRef:
        """The case as something to talk about."""
        return EntityRef(type="case", id=self.id, label=f"{self.id} {self.title}")

    @property
    def licensee(self) -> EntityRef:
        """The licensee as something to talk about."""
        return EntityRef(type="licensee", id=self.licensee_id, label=f"{self.licensee_id} {self.licensee_name}")

    @property
    def status_line(self) -> str:
        """The status with who verified it, and when."""
        return f"{self.status}, verified by {self.status_verified_by} at {self.status_verified_at:%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Document:
    """A document without its text."""

    id: str
    type: str
    title: str
    case_id: str | None
    dated: date
    version: str
    verified_by: str
    superseded_by: str | None
    """The document that has replaced it."""

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the document of a row."""
        return cls(**{name: row[name] for name in cls.__slots__})

    @property
    def ref(self) -> EntityRef:
        """The document as something to talk about."""
        # Titles of policies are made of words such as "status", which in a request hardly mean the policy.
        label = f"Policy {self.id}" if self.type == "policy" else f"{self.title} ({self.dated})"
        return EntityRef(type=self.type, id=self.id, label=label)

    @property
    def standing(self) -> str:
        """What a reader must know before relying on it; empty when it is in force."""
        return f"superseded by {self.superseded_by}" if self.superseded_by else ""

    @property
    def as_of(self) -> datetime:
        """The start of its day, UTC."""
        return datetime.combine(self.dated, time(), UTC)


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that fits a request."""

    document: Document
    number: int
    heading: str
    text: str
    score: float

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Return the passage of a row."""
        return cls(Document.from_row(row), row["number"], row["heading"], row["text"], row["score"])

    @property
    def id(self) -> str:
        """What an answer cites."""
        return f"doc:{self.document.id}#{self.number}"
