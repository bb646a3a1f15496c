"""How the token budget is shared between the segments of a package."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from dossier.context.items import ItemKind
from dossier.errors import InvalidInput, NotFound

Segment = Literal["system", "request", "task", "turns", "evidence", "tools", "contract"]
SEGMENTS: tuple[Segment, ...] = get_args(Segment)

SEGMENT_OF: Mapping[ItemKind, Segment] = MappingProxyType(
    {
        "system_instruction": "system",
        "policy": "system",
        "authority": "system",
        "task_state": "task",
        "current_request": "request",
        "decision": "task",
        "confirmed_fact": "task",
        "rejected_assumption": "task",
        "memory": "evidence",
        "retrieved_document": "evidence",
        "tool_result": "tools",
        "approval": "task",
        "summary": "turns",
        "recent_turn": "turns",
        "output_contract": "contract",
    }
)
"""The segment that pays for each kind."""

SHARE_RANGES: Mapping[Segment, tuple[int, int]] = MappingProxyType(
    {
        "system": (10, 15),
        "request": (5, 10),
        "task": (10, 20),
        "turns": (10, 20),
        "evidence": (30, 50),
        "tools": (5, 15),
        "contract": (5, 10),
    }
)
"""The least and the most that a profile may reserve, in percent of the budget."""

DEFAULT_LIMITS: Mapping[ItemKind, int] = MappingProxyType({"recent_turn": 12, "memory": 5, "retrieved_document": 8})
"""How many of a kind may be packed."""


@dataclass(frozen=True, slots=True)
class PackingProfile:
    """A named way to share the budget.

    Raises:
        InvalidInput: The shares do not make 100, or one is out of its range.
    """

    name: str
    """What a package records."""
    shares: Mapping[Segment, int]
    """Percent of the budget reserved for each segment."""
    limits: Mapping[ItemKind, int]
    """Most items of a kind; a kind not named has no limit."""

    def __post_init__(self) -> None:
        """Check the shares."""
        wrong = [s for s in SEGMENTS if not SHARE_RANGES[s][0] <= self.shares.get(s, -1) <= SHARE_RANGES[s][1]]
        if wrong or sum(self.shares.values()) != 100:
            raise InvalidInput(
                f"Packing profile {self.name!r} has wrong shares: {wrong or 'the sum is not 100'}.",
                hint=f"Keep each share in its range: {dict(SHARE_RANGES)}.",
            )


def _profile(name: str, *percents: int) -> PackingProfile:
    return PackingProfile(name, MappingProxyType(dict(zip(SEGMENTS, percents, strict=True))), DEFAULT_LIMITS)


PROFILES: Mapping[str, PackingProfile] = MappingProxyType(
    {
        profile.name: profile
        for profile in (
            # system, request, task, turns, evidence, tools, contract
            _profile("default", 15, 5, 15, 15, 35, 10, 5),
            _profile("casework", 15, 5, 20, 10, 35, 10, 5),
            _profile("customer_support", 12, 8, 15, 20, 30, 10, 5),
            _profile("research", 10, 5, 10, 10, 50, 10, 5),
            _profile("code_assistant", 10, 8, 12, 15, 35, 15, 5),
        )
    }
)


def profile_named(name: str) -> PackingProfile:
    """Give a profile by its name.

    Raises:
        NotFound: There is none of that name.
    """
    if profile := PROFILES.get(name):
        return profile
    raise NotFound(f"There is no packing profile {name!r}.", hint=f"Choose one of {sorted(PROFILES)}.")
