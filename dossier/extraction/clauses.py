"""Clauses of a message, without what is only quoted in it."""

import re
from dataclasses import dataclass

CLAUSE_LIMIT = 400
"""Characters; a longer stretch without a stop is pasted, not said."""

# The bounds on repetition here keep the search linear, whatever the message.
_QUOTED = re.compile(
    r"\"[^\"\n]{0,600}\"|“[^”\n]{0,600}”|«[^»\n]{0,600}»|„[^“”\n]{0,600}[“”]|```.*?(?:```|\Z)|`[^`\n]{0,600}`|"
    r"^[ \t]{0,8}>[^\n]*",
    re.S | re.M,
)
# "Dr. Brandt", "e.g. this", "No. 4": a stop that ends no clause.
_SHORTENED = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|Prof|No|vs|approx|e\.g|i\.e|etc)\.$", re.I)
_STOP = re.compile(r"[.!?…]{1,6}(?=[\s)\]]|$)|[;\n]+|:(?=\s)|\s{1,4}[–—-]\s{1,4}")
# "..., just summarise", "... and don't": a joint before a word that starts another clause.
_STARTS = (
    r"(?:just|so|please|then|never|do not|don['’]t|leave|keep|use|it['’]s|it is|summari[sz]e|analy[sz]e|review|assess|"
    r"compare|check|draft|write|prepare|redo|repeat|update)\b"
)
_TURN = re.compile(
    r",?\s{1,4}but\s{1,4}(?:please\s)?|"
    rf"(?:,\s{{1,4}}(?:and\s)?|\s{{1,4}}and\s)(?={_STARTS})",
    re.I,
)
# What follows "if it is urgent, ..." belongs to the condition.
_CONDITION = re.compile(r"\s*(?:if|when|whenever|unless|once|in case|as long as|until)\b", re.I)
_ASKING = re.compile(
    r"(?:who|whom|whose|what|when|where|which|why|how)\b|"
    r"(?:is|are|was|were|do|does|did|has|have|had|can|could|would|will|should|shall|may|must|isn['’]t|aren['’]t|"
    r"wasn['’]t|didn['’]t|doesn['’]t) (?:i|you|he|she|it|we|they|there|the|this|that|these|those|my|your|our|any)\b",
    re.I,
)
# "If it is urgent", "maybe", "she says": not the user's own firm word.
_DOUBTFUL = re.compile(
    r"\b(?:if|unless|whether|suppose|supposing|assuming|imagine|maybe|perhaps|possibly|probably|presumably|apparently|"
    r"might|could|would|should|seems?|seemed|looks?|i (?:think|guess|believe|suspect|hope|wish)|not sure|unsure|"
    r"(?:he|she|they|who|somebody|someone|everyone|nobody) (?:\w+ )?(?:says?|said|claims?|claimed|thinks?|"
    r"thought|believes?)|"
    r"says|claims|claimed|alleges|alleged|according to|until|in case|as if|as though|pretend)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the message that says one thing."""

    text: str
    start: int
    """Offset of its first character in the message."""
    asks: bool
    """It is a question."""

    @property
    def end(self) -> int:
        """Return the offset after its last character."""
        return self.start + len(self.text)

    @property
    def firm(self) -> bool:
        """Tell whether the user stands by it: no question, condition, guess or report."""
        return not self.asks and not _DOUBTFUL.search(self.text)


def clauses(message: str) -> tuple[Clause, ...]:
    """Return the clauses of a message in order."""
    unquoted = _QUOTED.sub(lambda quoted: "\n" * len(quoted.group()), message)
    found: list[Clause] = []
    start = 0
    for stop in _stops(unquoted):
        found += _turns(unquoted[start : stop.start()], start, "?" in stop.group())
        start = stop.end()
    return (*found, *_turns(unquoted[start:], start, False))


def _stops(text: str) -> list[re.Match[str]]:
    return [s for s in _STOP.finditer(text) if not _SHORTENED.search(text[max(0, s.start() - 8) : s.start() + 1])]


def _turns(text: str, offset: int, asks: bool) -> list[Clause]:
    cuts = [(0, 0), *(m.span() for m in _TURN.finditer(text) if not _CONDITION.match(text))]
    ends = [start for start, _ in cuts[1:]] + [len(text)]
    found: list[Clause] = []
    for (_, begin), end in zip(cuts, ends, strict=True):
        part = text[begin:end]
        said = part.strip(" \t\r,()[]*_#")
        if said and len(said) <= CLAUSE_LIMIT:
            start = offset + begin + part.index(said)
            found.append(Clause(said, start, asks or bool(_ASKING.match(said))))
    return found
