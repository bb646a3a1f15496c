"""What the user asks to be remembered: "remember that I prefer short answers", "from now on use bullet points"."""

import re
from typing import Literal, NamedTuple

_WHAT = (
    r"(?:answer|reply|respond|write|use|keep|show|list|give|call|address|start|begin|end|send|speak|format|"
    r"cite|quote|include|avoid|put|skip|summari[sz]e|be|tell|ask|always|never|do not|don['’]t|"
    r"(?:i|we)(?:['’]d| would)? (?:always )?(?:prefer|like|want))\b"
)
_LASTING = r"(?:from now on|in (?:the )?future|going forward|from here on)"
# "Remember when ..." and "remember, ..." ask for nothing to be kept; nor does a case's news: "remember the deadline".
_REMEMBER = (
    re.compile(
        r"(?:(?:and|also|so|please|always)[, ]+)*(?:remember|memori[sz]e)(?: (?:this|it))?"
        r"(?: for (?:later|the future))?"
        r"(?: for (?P<whom>everyone|everybody|all of us|the whole (?:office|agency|team|company)|(?:my|our) team"
        r"|(?:this|the) case))?"
        r"(?:,? that |,? to |: ?| (?=(?:i|i['’]m|my|we|our)\b))(?P<what>\S.*)",
        re.IGNORECASE,
    ),
    re.compile(rf"(?:(?:and|also|so|please)[, ]+)*{_LASTING}[,:]? (?:please )?(?P<what>{_WHAT}.*)", re.IGNORECASE),
    re.compile(rf"(?:please )?(?P<what>{_WHAT}.*?),? {_LASTING}", re.IGNORECASE),
)
_OPENS = re.compile(
    rf"(?:(?:and|also|so|please)[, ]+)*(?:remember(?: (?:this|it))?(?: for (?:later|the future))?|{_LASTING})",
    re.IGNORECASE,
)
_ADDRESSED = re.compile(rf"(?:please )?(?P<what>(?:{_WHAT}|(?:i|i['’]m|my|we|our)\b).*)", re.IGNORECASE | re.DOTALL)
_WISH = re.compile(r"\b(?:i|we) would (?:like|prefer|want)\b", re.IGNORECASE)


Whose = Literal["user", "team", "case", "tenant"]


class Asked(NamedTuple):
    """What is to be remembered, and for whom."""

    text: str
    whose: Whose
    at: int
    """Where it begins in the clause."""


def asked(text: str, *, opened: bool) -> Asked | None:
    """Return what a clause asks to be remembered.

    Args:
        text: The clause.
        opened: The clause before was "From now on" or "Remember this".
    """
    for form in _REMEMBER:
        if match := form.fullmatch(text):
            return Asked(match["what"], _whose(match.groupdict().get("whom")), match.start("what"))
    match = _ADDRESSED.fullmatch(text) if opened else None
    return Asked(match["what"], "user", match.start("what")) if match else None


def _whose(whom: str | None) -> Whose:
    if not whom:
        return "user"
    said = whom.lower()
    return "team" if said in ("my team", "our team") else "case" if said.endswith(" case") else "tenant"


def opens(text: str) -> bool:
    """Tell whether a clause says no more than that the next one is to last."""
    return bool(_OPENS.fullmatch(text))


def is_wish(text: str) -> bool:
    """Tell whether "would" is politeness rather than doubt."""
    return bool(_WISH.search(text))
