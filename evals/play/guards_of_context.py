"""Guards of what the model is shown."""

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from dossier.adapters.inprocess import ASGIApp, Message
from dossier.adapters.packages import Packages, Prompt, Schema, Stored
from dossier.application import Application, Piece
from dossier.context.authorise import Authorised
from dossier.context.build import BuiltPackage
from dossier.context.items import ContextItem, Sifted
from dossier.context.packing import Candidate, Packed, Packing
from dossier.errors import Unavailable
from dossier.run import Run
from dossier.services import Services
from evals.play.guards import Guard
from state.principal import Principal


def _everything_visible(items: Iterable[ContextItem], allowed: object) -> Authorised:
    return Authorised(list(items), [])


def _always_fresh(items: Iterable[ContextItem], *_: object) -> Sifted:
    return Sifted(list(items), [])


def _newest_first(candidates: Iterable[Candidate], profile: object, budget: int, reserved: int = 0) -> Packing:
    """Pack as a transcript does: what came last first, until the budget is used up."""
    packing, free = Packing([], [], []), budget - reserved
    frame = ("system_instruction", "policy", "authority", "output_contract", "current_request")
    ranked = sorted(candidates, key=lambda c: (c.item.kind in frame, c.item.kind == "recent_turn", c.item.position))
    for candidate in reversed(ranked):
        if candidate.tokens <= free:
            packing.included.append(Packed(candidate.item, candidate.tokens, "surplus"))
            free -= candidate.tokens
        else:
            packing.no_room.append(candidate)
    return packing


def _settings(**changed: Any) -> Callable[[Services], Services]:
    return lambda services: replace(services, settings=services.settings.model_copy(update=changed))


class _Previews(Packages):
    """Sends the whole and stores what a log usually keeps: the beginning of each text."""

    async def storing(
        self, run: Run, ordinal: int, built: BuiltPackage, tools: Sequence[Schema], schema: Schema | None = None
    ) -> Stored:
        items = tuple(replace(e, item=replace(e.item, text=e.item.text[:80])) for e in built.package.items)
        package = replace(built.package, items=items)
        key = await self.block_key(run.tenant, run.thread)
        stored = await super().storing(
            run, ordinal, BuiltPackage(package, package.render(key), built.hidden), tools, schema
        )
        self._sent = Prompt(built.package, stored.hash, tuple(tools), built.messages, schema)
        return stored

    async def of_call(self, run: Run, ordinal: int) -> Prompt:
        return self._sent


def _previews(services: Services) -> Services:
    return replace(services, packages=_Previews(services.db, services.keys))


def _meddler(model: ASGIApp) -> ASGIApp:
    """Stand between runtime and model, as a middleware does, and add a word to the prompt."""

    async def app(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        async def changed() -> Message:
            message = await receive()
            if message.get("body") and not message.get("more_body"):
                body = json.loads(message["body"])
                body["messages"] = [{"role": "system", "content": "Be brief."}, *body["messages"]]
                message = {**message, "body": json.dumps(body).encode()}
            return message

        await model(scope, changed, send)

    return app


def _restless(app: Application) -> Application:
    """Put a number that changes into the policies, as a date in a prompt would."""
    numbers, policies = count(1), app.policies

    def restless(principal: Principal) -> Sequence[Piece]:
        return [replace(piece, text=f"{piece.text} (read {next(numbers)})") for piece in policies(principal)]

    app.policies = restless  # pyright: ignore[reportAttributeAccessIssue] - this scenario's own object
    return app


def _swallowing(app: Application) -> Application:
    """Take a source that fails for one that has nothing to say."""

    def swallowed(source: Callable[..., Awaitable[Sequence[Piece]]]) -> Callable[..., Awaitable[Sequence[Piece]]]:
        async def swallow(*args: Any) -> Sequence[Piece]:
            try:
                return await source(*args)
            except Unavailable:
                return []

        return swallow

    for name in ("documents", "task_state"):
        setattr(app, name, swallowed(getattr(app, name)))
    return app


GUARDS = (
    Guard(
        name="budget",
        about="a package has a budget of tokens",
        services_without=_settings(package_budget=60_000),
    ),
    Guard(
        name="window",
        about="only the newest turns are carried",
        services_without=_settings(turn_limit_recent=400),
    ),
    Guard(
        name="packing",
        about="what matters is packed before what is new",
        patches={"dossier.context.build:pack": _newest_first},
    ),
    Guard(
        name="authorise",
        about="what the user may not see is taken out before anything else",
        patches={"dossier.context.build:authorise": _everything_visible},
    ),
    Guard(
        name="required kinds",
        about="no call without policy and request",
        patches={"dossier.context.build:_REQUIRED": ()},
    ),
    Guard(name="freshness", about="what is old says so", patches={"dossier.context.build:freshen": _always_fresh}),
    Guard(
        name="escaping",
        about="no text can open or close a block",
        patches={"dossier.context.render:escape_text": lambda text, key: text},
    ),
    Guard(name="stored package", about="what was shown is stored whole", services_without=_previews),
    Guard(name="one path", about="nothing but the package reaches the model", model_without=_meddler),
    Guard(name="stable head", about="the head of the prompt does not change", app_without=_restless),
    Guard(name="failing sources", about="a source that fails is named, or stops the turn", app_without=_swallowing),
)
