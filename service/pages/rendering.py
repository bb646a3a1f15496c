"""Templates to responses: everything escaped, nothing loaded from elsewhere, nothing kept by caches."""

import re
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}

_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")


def render(template: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
    """Return a page."""
    return HTMLResponse(filled(template, **shown), status_code=status, headers=HEADERS)


def filled(template: str, **shown: Any) -> str:
    """Return a page's text."""
    return _templates().get_template(template).render(**shown)


def style() -> Response:
    """Return the stylesheet."""
    text = files("service.pages").joinpath("templates/style.css").read_text("utf-8")
    return Response(text, media_type="text/css", headers={"X-Content-Type-Options": "nosniff"})


def age(span: timedelta) -> str:
    """Return a span in words, in its largest unit."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= size:
            return _plural(seconds // size, unit)
    return _plural(seconds, "second")


def instant(at: datetime) -> str:
    """Return a time as people read it, in UTC."""
    return at.strftime("%Y-%m-%d %H:%M UTC")


def words(name: str) -> str:
    """Return a name of the program in words."""
    return name.replace("_", " ")


def bold(text: str) -> Markup:
    """Return a reply escaped, what it marks as bold in bold."""
    return Markup(_BOLD.sub(r"<strong>\1</strong>", str(escape(text))))


def _plural(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


@cache
def _templates() -> Environment:
    found = Environment(
        loader=PackageLoader("service.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(age=age, bold=bold, instant=instant, words=words)
    return found
