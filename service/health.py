"""Whether this process lives, and whether it should be sent requests."""

import asyncio
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from dossier.errors import DossierError, Unavailable
from service.desk import Here
from service.problems import MEDIA_TYPE, Problem

router = APIRouter(tags=["health"])

_LOOK_SECONDS = 2.0
_AWAY = {
    503: {
        "model": Problem,
        "description": "Not now",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}


class Health(BaseModel):
    """How this process is."""

    status: Literal["ok", "ready"]


@router.get("/health")
async def health() -> Health:
    """Tell that the process answers, whatever else is away."""
    return Health(status="ok")


@router.get("/ready", responses=_AWAY)  # pyright: ignore[reportArgumentType]
async def ready(here: Here) -> Health:
    """Tell whether requests can be served: the database answers and the process is not about to stop."""
    if here.turns.is_draining:
        raise Unavailable("This process is about to stop.", hint="Ask another.")
    try:
        async with asyncio.timeout(_LOOK_SECONDS), here.services.db.read("") as cursor:
            await cursor.execute("SELECT 1")
            await cursor.fetchone()
    except (TimeoutError, DossierError) as error:
        raise Unavailable("The database does not answer.", hint="It is tried again by itself.") from error
    return Health(status="ready")
