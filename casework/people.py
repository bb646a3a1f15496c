"""Who works at the agencies, and under which names they sign in during development."""

from collections.abc import Mapping
from functools import cache

from casework.agencies import agencies
from state.principal import Principal

HOME = "northgate"
"""The agency whose people also sign in by their role alone."""


@cache
def people() -> Mapping[str, Principal]:
    """Return the staff by sign-in name: `westmere-clerk`, and `clerk` for the first agency's."""
    found: dict[str, Principal] = {}
    for agency in agencies().values():
        for role, user in agency.staff.items():
            who = Principal(tenant=agency.tenant, user=user, roles=(role,))
            found[f"{agency.tenant}-{role.replace('_', '-')}"] = who
            if agency.tenant == HOME:
                found[role.replace("_", "-")] = who
    return found
