"""What is taken is what the OpenAPI document says: nothing is passed over, and nothing is read as something else."""

from typing import Annotated, Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic.json_schema import SkipJsonSchema

Absent = SkipJsonSchema[None]
"""A parameter may be left away, but `null` is no value of it."""


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number; `5.0` is one in JSON, `true` and `"5"` are not."""


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
