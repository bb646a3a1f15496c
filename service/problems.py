"""How a refusal is told over HTTP: problem details (RFC 9457) with a stable code, made in this one place."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from dossier.errors import DatabaseUnreachable, DiskFull, DossierError, LoginRefused
from dossier.telemetry.instruments import refusals

MEDIA_TYPE = "application/problem+json"
_log = structlog.get_logger(__name__)

_TITLES = {
    400: "What was sent can't be accepted",
    401: "Nobody verified who is calling",
    403: "Not permitted",
    404: "Not found",
    405: "Not done here",
    409: "Something else stands in the way",
    413: "Too large",
    415: "Not a form that is read here",
    422: "What was sent does not fit",
    429: "A limit was reached",
    500: "A fault of the program",
    502: "The model failed",
    503: "Something that is needed is away",
}


_OPERATORS = (DatabaseUnreachable, DiskFull, LoginRefused)


class Problem(BaseModel):
    """A refusal."""

    type: str
    """`urn:dossier:error:` and the code."""
    title: str
    """What kind of refusal it is."""
    status: int
    """The HTTP status."""
    detail: str
    """What happened."""
    code: str
    """Stable; programs go by it. docs/errors has a page for each."""
    hint: str = ""
    """What to do next."""


class Told(Exception):
    """A problem that happened elsewhere, such as in the process that ran the turn."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def problem(status: int, code: str, detail: str, hint: str = "") -> Problem:
    """Return a problem of a code."""
    title = _TITLES.get(status, "Refused")
    return Problem(type=f"urn:dossier:error:{code}", title=title, status=status, detail=detail, code=code, hint=hint)


def problem_of(error: Exception) -> Problem:
    """Return what a client is told of an error: of a fault of the program, nothing but that it is one."""
    told = _of(error)
    refusals.add(1, {"code": told.code})
    return told


def _of(error: Exception) -> Problem:
    if isinstance(error, Told):
        return error.problem
    if isinstance(error, _OPERATORS):  # where the database is, and as whom, is no client's business
        return problem(
            error.status, error.code, str(type(error).__doc__), "Send it again in a while; nothing was lost."
        )
    if isinstance(error, DossierError) and error.status != 500:
        return problem(error.status, error.code, error.message, error.hint)
    code = error.code if isinstance(error, DossierError) else "internal"
    return problem(500, code, "The request could not be done.", "Report it with the request's id; nothing was lost.")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return an operation's refusals for the OpenAPI document; who calls and what is sent is always judged."""
    told = {"model": Problem, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    every = (400, 401, 404, 413, 422, 500, 503, *statuses)
    return {status: {**told, "description": _TITLES[status]} for status in sorted(set(every))}


def answer(told: Problem, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return a problem as a response."""
    return JSONResponse(told.model_dump(), status_code=told.status, headers=headers, media_type=MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Let an app tell every refusal as a problem."""
    app.add_exception_handler(DossierError, _refused)
    app.add_exception_handler(Told, _refused)
    app.add_exception_handler(RequestValidationError, _misfit)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _fault)


async def _refused(request: Request, error: Exception) -> JSONResponse:
    told = problem_of(error)
    if told.status == 500 or isinstance(error, _OPERATORS):
        _log.error("request_failed", code=told.code, path=request.scope.get("path"), exc_info=error)
    headers = {"WWW-Authenticate": "Bearer"} if told.status == 401 else {}
    if (seconds := getattr(error, "retry_after", None)) is not None:
        headers["Retry-After"] = str(seconds)
    return answer(told, headers)


async def _misfit(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return answer(problem(422, "invalid_request", f"{where}: {first['msg']}.", "See /openapi.json for what is taken."))


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    code = codes.get(error.status_code, "invalid_input")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_methods(request))
    return answer(problem(error.status_code, code, str(error.detail)), headers)


def _methods(request: Request) -> list[str]:
    """Return all that can be done at an address: the framework names only one route's methods."""
    routes = request.app.routes
    scopes = {method: {**request.scope, "method": method} for method in ("DELETE", "GET", "POST", "PUT")}
    return [m for m, scope in scopes.items() if any(route.matches(scope)[0] is Match.FULL for route in routes)]


async def _fault(request: Request, error: Exception) -> JSONResponse:
    return answer(problem_of(error))  # the server logs it with its trace
