"""What must hold at the end of every scenario, whatever it expects."""

from collections.abc import Mapping, Sequence
from typing import Any

from dossier.adapters.scripted_model import ScriptedModel
from dossier.context.repair import second_attempt
from evals.play.checking import held
from evals.play.place import Place
from evals.play.results import Check
from evals.play.seeing import Seen
from state.events import ModelCalled, ModelCallFailed
from state.fold import fold


async def standing_checks(place: Place, thread: str, seen: Seen) -> list[Check]:
    """Check the log, the cache and what the model was sent.

    Args:
        place: Where the scenario was played.
        thread: In which thread.
        seen: All of it.
    """
    if not seen.events:
        return []
    verdict = await place.records.verdict(thread)
    status = verdict.status if verdict else "missing"
    checks = [held("the log verifies", status == "intact", verdict), _folds(seen)]
    if place.requests:
        checks.append(_sent_is_stored(seen, place.requests))
    model = getattr(place, "model", None)
    if isinstance(model, ScriptedModel):
        left = [item.kind for item in model.unplayed]
        checks.append(held("the model's script was played", not left, f"left: {left}"))
    return checks


def _folds(seen: Seen) -> Check:
    """The stored session is the fold of the log, up to its version."""
    version = int(seen.session.get("version", 0))
    folded = fold(None, seen.events[:version]).model_dump(mode="json") if version else {}
    return held("the session is the fold of the log", dict(seen.session) == folded, f"at version {version}")


def _sent_is_stored(seen: Seen, requests: Sequence[Mapping[str, Any]]) -> Check:
    """The model received the stored packages, byte for byte, and nothing else; or one with its recorded failure."""
    stored = {prompt.package.header.id: _messages(prompt.messages) for prompt in seen.prompts}
    sent = [_messages(request["messages"]) for request in requests]
    known = [*stored.values(), *_second_attempts(seen)]
    strange = [number for number, messages in enumerate(sent, start=1) if messages not in known]
    answered = {body.package_id for body in seen.of(ModelCalled)}
    unsent = [id for id in answered if stored.get(id) not in sent]
    detail = f"requests {strange} are no stored package; packages {unsent} were never sent so"
    return held("the model got the stored packages, byte for byte", not strange and not unsent, detail)


def _second_attempts(seen: Seen) -> list[list[tuple[str, str]]]:
    """Return what may be sent after answers that could not be used, made anew from what is on record."""
    prompts = {prompt.package.header.id: prompt.messages for prompt in seen.prompts}
    failed = [body for body in seen.of(ModelCallFailed) if body.package_id in prompts]
    return [_messages(second_attempt(prompts[body.package_id], body.raw, body.detail)) for body in failed]


def _messages(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(str(message["role"]), str(message["content"])) for message in messages]
