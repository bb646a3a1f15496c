"""From proposals to events: validated, or refused on record."""

from dossier.updates.decide import decide, unreadable
from dossier.updates.observed import Observation, from_tool
from dossier.updates.written import Malformed, read_written

__all__ = ["Malformed", "Observation", "decide", "from_tool", "read_written", "unreadable"]
