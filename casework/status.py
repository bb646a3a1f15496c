"""The statuses of a case, and which may follow which (policy POL-2)."""

from collections.abc import Mapping
from typing import Literal

CaseStatus = Literal["received", "under_review", "awaiting_licensee", "escalated", "closed"]

NEXT: Mapping[CaseStatus, frozenset[CaseStatus]] = {
    "received": frozenset({"under_review"}),
    "under_review": frozenset({"awaiting_licensee", "escalated", "closed"}),
    "awaiting_licensee": frozenset({"under_review", "closed"}),
    "escalated": frozenset({"under_review", "closed"}),
    "closed": frozenset(),
}
