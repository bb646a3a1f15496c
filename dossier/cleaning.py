"""What users, tools, documents and models say is cleaned before it is kept."""

import unicodedata
from math import isfinite
from typing import Any

_KEPT_CONTROLS = frozenset("\n\t")
_INVISIBLE = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u3164\ufeff\uffa0"
)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Return a text without control characters, invisible text and lone surrogates.

    Line ends become newlines; the composed form (NFC) is kept. Zero-width joiners stay:
    scripts and emoji need them.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", "".join(char for char in text if _is_kept(char)))


def cleaned(value: Any) -> Any:
    """Return JSON-able data with every text in it cleaned, keys too."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): cleaned(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [cleaned(item) for item in value]
    if isinstance(value, float) and not isfinite(value):
        return str(value)  # JSON can't say it; as a text it fails the tool's own validation
    return value


def _is_kept(char: str) -> bool:
    if char in _KEPT_CONTROLS:
        return True
    if char in _INVISIBLE or char in _BIDI or 0xE0000 <= ord(char) <= 0xE007F:
        return False
    return unicodedata.category(char) not in ("Cc", "Cs", "Co")
