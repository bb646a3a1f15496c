"""What users, tools, documents and models say is cleaned before it is kept."""

import re
import unicodedata
from math import isfinite
from typing import Any

_KEPT_CONTROLS = frozenset("\n\t")
_INVISIBLE = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u2060\u2061\u2062\u2063\u2064\u2065\u3164\ufeff\uffa0"
)
# Of the other format characters only these are seen, or change how their neighbours look.
_FORMATS = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
_JOINERS = "\u200c\u200d\u200e\u200f\ufe0e\ufe0f"
# Two stand together in emoji; longer runs show nothing and can carry a hidden text.
_RUN = re.compile(f"([{_JOINERS}]{{2}})[{_JOINERS}]+")
# Variants of ideographs follow one; anywhere else each selector can carry a byte.
_STRAY_SELECTOR = re.compile(
    "(?<![\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]|[\ufe00-\ufe0d]"
)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Return a text without control characters, invisible text and lone surrogates; cleaning twice changes nothing.

    Line ends become newlines; the composed form (NFC) is kept. Zero-width joiners stay:
    scripts and emoji need them.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _STRAY_SELECTOR.sub("", "".join(char for char in text if _is_kept(char)))
    return unicodedata.normalize("NFC", _RUN.sub(r"\1", text))


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
    category = unicodedata.category(char)
    if category == "Cf":
        return char in _FORMATS or char in _JOINERS
    return category not in ("Cc", "Cs", "Co")
