"""Where a reply departs from its output contract, as far as a program can tell: its length and its last line.

A contract that is a schema says it all: then the endpoint is sent the schema, and an answer that does not fit is
refused where it arrives. What a contract says in prose is read from that prose, so that it stands in one place.
"""

import re

_WORDS = re.compile(r"\bat most (\d+) words\b", re.IGNORECASE)
_CLOSING = re.compile(r"\bends? with the line [\"“]([^\"”\n]+)[\"”]")
_HEADING = re.compile(r"\*\*[^*\n]+\*\*")
_MARKS = re.compile(r"[*_#`>|-]+")


def departures(contract: str, reply: str) -> tuple[str, ...]:
    """Return what is wrong with a reply, one sentence each; nothing when it keeps to its contract.

    Args:
        contract: The text of the output contract.
        reply: What the user is shown; nothing is expected of an empty one.
    """
    if not reply.strip():
        return ()
    return tuple(found for found in (_length(contract, reply), _closing(contract, reply)) if found)


def _length(contract: str, reply: str) -> str:
    words = len(_MARKS.sub(" ", reply).split())
    limit = min((int(most) for most in _WORDS.findall(contract)), default=words)
    return f"It has {words} words, of at most {limit}." if words > limit else ""


def _closing(contract: str, reply: str) -> str:
    """Tell whether a reply in a form with headings, to which a closing line belongs, lacks that line."""
    has_form = any(heading in reply for heading in _HEADING.findall(contract))
    for line in _CLOSING.findall(contract) if has_form else ():
        if not reply.rstrip().rstrip("*_").endswith(line):
            return f"It does not end with the line “{line}”."
    return ""
