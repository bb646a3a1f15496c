"""What is taken is what the OpenAPI document says: nothing is passed over, and nothing is read as something else."""

import re
from typing import Annotated, Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

Absent = SkipJsonSchema[None]
"""A parameter may be left away, but `null` is no value of it."""


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number; `5.0` is one in JSON, `true` and `"5"` are not."""


def _in_words(value: Any) -> Any:
    if not re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]", str(value)):
        raise ValueError("a time is written like 2026-03-01T10:00:00Z")
    return value


Instant = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_in_words)]
"""A time with its zone; a bare number is none."""


class Sent(BaseModel):
    """A body: its fields only, and of their types."""

    model_config = ConfigDict(extra="forbid", strict=True)


async def exact_query(request: Request) -> None:
    """Let a request pass whose query has only what its operation takes: a misspelt name would do nothing.

    Raises:
        RequestValidationError: It has more.
    """
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    known = {field.alias for field in route.dependant.query_params}
    if unknown := sorted(request.query_params.keys() - known):
        raise RequestValidationError(
            [{"type": "extra_forbidden", "loc": ("query", unknown[0]), "msg": "There is no such parameter"}]
        )
