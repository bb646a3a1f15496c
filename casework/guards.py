"""Checks of the desk: what policy POL-1 says in words is also held by the program."""

import re

from dossier.guards import Guard, Refuse, Ruling, ToolCall
from state.principal import Principal

_MEASURES = r"revo(?:ke|king|cation)|suspen(?:d|ding|sion)|fin(?:e|ing)|penalt(?:y|ies)|prosecut\w+|enforce(?:ment)?\b"
_URGED = r"recommend\w*|propos\w+|advis\w+|suggest\w*|should|ought to|must"
_URGES_MEASURE = re.compile(rf"\b(?:{_URGED})\b[^.!?\n]{{0,80}}\b(?:{_MEASURES})", re.IGNORECASE)


async def non_binding(call: ToolCall, who: Principal) -> Ruling:
    """Refuse a draft assessment that urges a measure (POL-1)."""
    if call.name != "draft_assessment":
        return None
    texts = (str(value) for value in call.args.values())
    found = next((match for text in texts if (match := _URGES_MEASURE.search(text))), None)
    return Refuse(f"An assessment must not urge a measure (POL-1): {found[0]!r}.") if found else None


GUARDS = (Guard("non_binding", "before_tool", non_binding),)
