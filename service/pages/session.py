"""Who looks at a page: the same verified callers as everywhere, by header or by a cookie that only pages read."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import parse_qs, urlsplit

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse, Response

from dossier.errors import DossierError, ForgedInput, NotIdentified
from service.desk import desk_behind
from service.pages.rendering import render
from service.problems import problem_of
from state.principal import Principal

COOKIE = "dossier_session"
"""Holds what the caller signed in with; the API never reads it, so a foreign site can't act through it there."""


class Page(APIRoute):
    """A route whose refusals are pages too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with refusals told as pages."""
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except NotIdentified:
                return RedirectResponse("/pages/sign-in", status_code=303)
            except DossierError as error:
                told = problem_of(error)
                if told.status == 500:
                    raise
                return render("refused.html", status=told.status, problem=told, caller=None)

        return told


async def looking(request: Request) -> Principal:
    """Return who looks at a page.

    Raises:
        NotIdentified: Nobody who is known.
    """
    identifier = desk_behind(request).identifier
    if shown := request.headers.get("authorization"):
        return await identifier.principal(shown)
    if token := request.cookies.get(COOKIE):
        return await identifier.of_token(token)
    raise NotIdentified("Nobody is signed in.", hint="Sign in.")


async def form_of(request: Request) -> dict[str, str]:
    """Return a posted form's fields.

    Raises:
        ForgedInput: It was posted from a page of another site.
    """
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in ("same-origin", "none") or (origin and urlsplit(origin).netloc != request.headers.get("host")):
        raise ForgedInput("The form was sent from another site.", hint="Use the form on the page.")
    fields = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    return {name: values[0] for name, values in fields.items()}


Looking = Annotated[Principal, Depends(looking)]
Form = Annotated[dict[str, str], Depends(form_of)]
