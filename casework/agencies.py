"""The agencies that come with the application: their licensees and cases, as data."""

from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

from casework.status import CaseStatus

Role = Literal["clerk", "officer", "senior_officer", "supervisor", "auditor"]
Access = Literal["agency", "assigned"]
"""Who may read a case: the agency's staff, or the officer assigned and supervisors."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Licensee(_Data):
    """Who holds a licence."""

    id: str
    name: str
    trade: str


class CaseRecord(_Data):
    """A case as it is first entered."""

    id: str
    title: str
    licensee: str
    status: CaseStatus
    status_verified_by: str
    status_verified_at: datetime
    urgency: Literal["routine", "urgent"] = "routine"
    risk: Literal["low", "medium", "high"]
    assigned_to: str
    access: Access = "agency"
    opened: date


class Agency(_Data):
    """One tenant."""

    tenant: str
    name: str
    staff: dict[Role, str]
    """User by role: one of each, which is enough to play all parts."""
    licensees: tuple[Licensee, ...]
    cases: tuple[CaseRecord, ...]


@cache
def agencies() -> dict[str, Agency]:
    """Return the agencies by tenant id."""
    folder = files("casework").joinpath("tenants")
    texts = (entry.read_text("utf-8") for entry in folder.iterdir() if entry.name.endswith(".yaml"))
    found = (Agency.model_validate(yaml.safe_load(text)) for text in texts)
    return {agency.tenant: agency for agency in sorted(found, key=lambda agency: agency.tenant)}
