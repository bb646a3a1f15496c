r"""Make it impossible for a text to hold a delimiter.

A delimiter is a line that begins with `<<` or `<</` and the thread's key. The mark `\~-` is put where a text could
look like one: before a line that begins with `<<`, and inside every occurrence of the key, both found in a folded
form of the text. A `\~` that the text itself holds becomes `\~~`; so each `\~` in the result is followed by `-`, a
mark to take out, or by `~`, the text's own. Nothing else changes.

The folded form holds printable ASCII only, so that all Python versions, whose Unicode tables differ, escape alike.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

MARK = "\\~-"

# What Unicode does not hold to be equal though an eye may, and the outlined letters and digits, which Python 3.14 knows
# and 3.13 does not.
_CONFUSABLE = {
    **dict.fromkeys("\u2039\u02c2\u1438\u276e\u3008\u27e8\u2770", "<"),
    **dict.fromkeys("\u00ab\u226a\u27ea\u300a\u22d8", "<<"),
    **dict(zip("\u0430\u0441\u0435\u0501\u043e\u03bf", "aced00", strict=True)),
    **{chr(0x1CCD6 + n): chr(ord("a") + n) for n in range(26)},
    **{chr(0x1CCF0 + n): str(n) for n in range(10)},
}
_NOT_PRINTABLE = {code: None for code in [*range(33), 127]}
_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_ATTRIBUTE_SAFE = re.compile(r"[\w .:,;#/@+=()*%!?&'|\-]", re.ASCII)
_ALL_SAFE = re.compile(rf"{_ATTRIBUTE_SAFE.pattern}*", re.ASCII)


def escape_text(text: str, key: str) -> str:
    """Give the text with marks in it, so that it can't open, close or imitate a block."""
    folded = _fold(text)
    marks = _inside_key(text, folded, key)
    if "<<" in folded:
        marks |= {m.start() for m in _LINE.finditer(text) if _fold(m[0]).startswith("<<")}
    if not marks:
        return text.replace("\\~", "\\~~")
    pieces = (text[a:b].replace("\\~", "\\~~") for a, b in pairwise([0, *sorted(marks), len(text)]))
    return MARK.join(pieces)


def escape_value(value: str, key: str) -> str:
    r"""Give an attribute's value with `\u{hex}` for all that could end it, or spell the key."""
    # Of what is safe only the blank is not there in the folded form.
    if _ALL_SAFE.fullmatch(value) and (len(value) < len(key) or key not in value.replace(" ", "").lower()):
        return value
    marks = _inside_key(value, _fold(value), key)
    return "".join(
        c if n not in marks and _ATTRIBUTE_SAFE.match(c) else f"\\u{{{ord(c):x}}}" for n, c in enumerate(value)
    )


def _inside_key(text: str, folded: str, key: str) -> set[int]:
    """Give the places in text that split each occurrence of the key, disguised ones included."""
    if key not in folded:
        return set()
    origin = [n for n, c in enumerate(text) for _ in _fold_character(c)]
    # No character reads as half a key, so the middle one is a later character than the first.
    return {origin[start + len(key) // 2] for start in range(len(folded)) if folded.startswith(key, start)}


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower().translate(_NOT_PRINTABLE)
    return "".join(map(_fold_character, text))


@lru_cache(maxsize=65_536)
def _fold_character(character: str) -> str:
    """Give the printable ASCII, in lower case, that a character can be read as; often nothing."""
    wide = _CONFUSABLE.get(character) or unicodedata.normalize("NFKD", character)
    narrow = "".join(_CONFUSABLE.get(c, c) for c in wide.casefold())
    return "".join(c for c in narrow if "!" <= c <= "~")
