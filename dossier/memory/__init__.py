"""What lasts beyond a thread: what may be remembered, whose it is, and what of it bears on a request."""

from dossier.memory.checks import CHECKS, Candidate, CheckName, Refusal, judge
from dossier.memory.held import Memory, Owner, ScopeKind, namespace, owner_of
from dossier.memory.rank import ranked

__all__ = [
    "CHECKS",
    "Candidate",
    "CheckName",
    "Memory",
    "Owner",
    "Refusal",
    "ScopeKind",
    "judge",
    "namespace",
    "owner_of",
    "ranked",
]
