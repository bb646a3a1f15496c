"""Reasoning that some servers leave in the text of an answer: taken out of what streams and of what is kept."""

import re

_TAG = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_TAGS = ("<think>", "<thinking>", "</think>", "</thinking>")
_LONGEST = max(map(len, _TAGS))


class ReasoningFilter:
    """Hold back what stands between `<think>` and `</think>` while an answer streams."""

    def __init__(self) -> None:
        self._held = ""
        self._depth = 0
        self._strips = False
        """Blanks are dropped: they stand between the reasoning and the first word."""
        self._begun = False

    def feed(self, token: str) -> str:
        """Return what may be shown now."""
        return self._passed(self._held + token, last=False)

    def rest(self) -> str:
        """Return what was held back when the stream ended: what only looked like the beginning of a tag."""
        return self._passed(self._held, last=True)

    def _passed(self, text: str, *, last: bool) -> str:
        said, start = "", 0
        for tag in _TAG.finditer(text):
            before = text[start : tag.start()]
            said += self._outside(before) if self._begun or before.strip() else ""
            self._strips = not self._begun
            self._depth = max(0, self._depth - 1) if tag[1] else self._depth + 1
            start = tag.end()
        cut = len(text) if last else max(start, _safe(text))
        if not (last or self._begun or text[start:cut].strip()):
            cut = start  # Blanks at the very beginning wait: reasoning may come after them.
        self._held = text[cut:]
        return said + self._outside(text[start:cut])

    def _outside(self, text: str) -> str:
        if self._depth:
            return ""
        said = text.lstrip() if self._strips else text
        self._strips = self._strips and not said
        self._begun = self._begun or bool(said.strip())
        return said


def _safe(text: str) -> int:
    """Return up to where no tag can have begun."""
    at = text.rfind("<", max(0, len(text) - _LONGEST))
    return at if at >= 0 and any(tag.startswith(text[at:].lower()) for tag in _TAGS) else len(text)


def without_reasoning(text: str) -> str:
    """Return a complete text without its reasoning.

    A server that begins the reasoning by itself sends its end only: what stands before that goes too.
    """
    first = _TAG.search(text)
    if first and first[1]:
        text = text[first.end() :]
        text = text.lstrip()
    shown = ReasoningFilter()
    return shown.feed(text) + shown.rest()
