"""The one thing that a requester's words can do to what waits: take it back. Nothing that is said approves."""

import re

WORDS = "Withdraw the request."
"""What a message may say."""
_FORM = re.compile(r"(please\s+)?withdraw(\s+(it|that|them|(the|my)\s+requests?))?(,?\s+please)?[.!]*", re.IGNORECASE)


def withdraws(text: str) -> bool:
    """Tell whether a message, as a whole, takes back what its sender asked for."""
    return _FORM.fullmatch(text.strip()) is not None
