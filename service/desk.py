"""What a request is handled with: the open services, the graph over them, and who calls."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dossier.errors import NotIdentified
from dossier.services import Services
from graphs.gate import GatedGraph
from service.following import Follower
from service.identity import Identifier
from service.reach import Reach
from service.replies import Replies
from service.shelf import Shelf
from service.turns import Turns
from state.principal import Principal

NAME = r"^[A-Za-z0-9][A-Za-z0-9._~:-]{0,127}$"
"""Form of the ids that clients choose at this door: they stand in addresses."""
PERSON = {"min_length": 1, "max_length": 128, "pattern": r"^[^\x00-\x20\x7f-\x9f/\\?#%]+$"}


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that the routes use."""

    services: Services
    graph: GatedGraph
    identifier: Identifier
    turns: Turns
    reach: Reach
    shelf: Shelf
    replies: Replies
    follower: Follower


def desk_of(services: Services, graph: GatedGraph, identifier: Identifier) -> Desk:
    """Return a desk over open services."""
    replies = Replies(services.log, services.approvals)
    turns = Turns(services, graph)
    return Desk(
        services=services,
        graph=graph,
        identifier=identifier,
        turns=turns,
        reach=Reach(services.app, services.log),
        shelf=Shelf(services.db),
        replies=replies,
        follower=Follower(services.streams, replies, lambda: turns.is_draining),
    )


def desk_behind(request: Request) -> Desk:
    """Return the desk of the app that a request came to."""
    return request.app.state.desk


async def identified(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    api_key: Annotated[str | None, Header(alias="x-api-key", include_in_schema=False)] = None,
) -> Principal:
    """Return who calls, verified; the header of development users is no part of what is promised.

    Raises:
        NotIdentified: Nobody who is known, or two answers to the question.
    """
    shown = request.headers.getlist("authorization")
    if len(shown) > 1 or len(request.headers.getlist("x-api-key")) > 1:
        raise NotIdentified("The request names more than one caller.", hint="Send one Authorization header.")
    return await desk_behind(request).identifier.principal(shown[0] if shown else None, api_key)


Here = Annotated[Desk, Depends(desk_behind)]
Caller = Annotated[Principal, Depends(identified)]
ConversationId = Annotated[str, Path(pattern=NAME, description="The conversation's id.")]
IdempotencyKey = Annotated[
    str, Header(pattern=f"^$|{NAME}", description="The same request again under the same key is done once.")
]
