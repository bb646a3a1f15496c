"""Dotted paths into models: whether a model can have such a field at all."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import PydanticCustomError


def refuse_strange_path(what: str, model: type[BaseModel], path: str) -> None:
    """Refuse a path that leads to nothing, with the fields that there are where it goes astray.

    Raises:
        PydanticCustomError: No model of that kind has it.
    """
    kinds: list[Any] = [model]
    for part in path.split("."):
        models = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if models and not any(part in kind.model_fields for kind in models) and len(models) == len(kinds):
            known = sorted({name for kind in models for name in kind.model_fields})
            context = {"what": what, "value": part, "known": known}
            raise PydanticCustomError("unknown_word", "there is no {what} '{value}'", context)
        kinds = [inner for kind in kinds for inner in _inner(kind, part)]
        if not kinds:
            return


def _inner(kind: Any, part: str) -> list[Any]:
    """Return what stands behind a part of a path; nothing where everything may."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        field = kind.model_fields.get(part)
        return _kinds(field.annotation) if field else []
    of = get_args(kind)
    if isinstance(origin := get_origin(kind), type) and issubclass(origin, Mapping):
        return _kinds(of[1])
    return _kinds(of[0]) if of and part.lstrip("-").isdigit() else []


def _kinds(annotation: Any) -> list[Any]:
    if get_origin(annotation) in (Union, UnionType):
        return [kind for one in get_args(annotation) if one is not type(None) for kind in _kinds(one)]
    return _kinds(get_args(annotation)[0]) if get_origin(annotation) is Annotated else [annotation]
