"""E-mail addresses and web addresses of a message."""

import re

from state.events import EntityRef

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,6}(?![\w-])")
_URL = re.compile(r"\bhttps?://[^\s<>\"'“”]{1,2000}", re.I)
_AFTER = ".,;:!?)]}*_"


def addresses(message: str) -> tuple[EntityRef, ...]:
    """Return the addresses in the order they stand, once each."""
    urls = [(m.start(), "url", _trimmed(m.group())) for m in _URL.finditer(message)]
    inside = [(start, start + len(url)) for start, _, url in urls]
    emails = [
        (m.start(), "email", m.group().lower())
        for m in _EMAIL.finditer(message)
        if not any(a <= m.start() < b for a, b in inside)
    ]
    return tuple(dict.fromkeys(EntityRef(type=kind, id=text, label=text) for _, kind, text in sorted([*urls, *emails])))


def _trimmed(url: str) -> str:
    while url[-1] in _AFTER and not (url[-1] == ")" and url.count("(") >= url.count(")")):
        url = url[:-1]
    return url
