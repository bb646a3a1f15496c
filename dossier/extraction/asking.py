"""Questions that the user leaves open, for later; a plain question is answered by the reply."""

import re

from dossier.extraction.clauses import Clause

# "It's still unclear who signed the log", "we don't know yet whether ...", "open question: ..."
_OPEN = re.compile(
    r"(?:and |so |also )?(?:it(?:['’]s| is| remains) (?:still )?(?:unclear|not clear|unknown|open|to be seen)|"
    r"(?:we|i) (?:still )?(?:don['’]t|do not) (?:yet )?know(?: yet)?|"
    r"(?:we|i) still (?:need|have) to (?:find out|establish|clarify|check)|"
    r"remains to be seen|what remains open is|still to be (?:clarified|established))\s+"
    r"(?P<what>(?:who|whom|whose|what|when|where|which|why|how|whether|if)\b.+)",
    re.I,
)
_HEADING = re.compile(r"(?:one )?(?:open|unresolved) (?:question|point|issue)s?|still open|to be clarified", re.I)


def open_questions(clauses: tuple[Clause, ...]) -> tuple[str, ...]:
    """Return what the user says is open."""
    found: list[str] = []
    for before, clause in zip((None, *clauses), clauses, strict=False):
        if match := _OPEN.fullmatch(clause.text):
            found.append(match["what"])
        elif before and _HEADING.fullmatch(before.text):
            found.append(clause.text)
    return tuple(dict.fromkeys(found))
