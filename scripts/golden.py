"""Write an example of each stored shape that has none yet: what later versions must still read.

A released example is never written again; a changed shape gets a new version, an upgrade and an example of its own.
"""

import json
import sys
import types
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from state.events import BODY_TYPES  # noqa: E402 - found from the project's root only
from state.session import SESSION_SCHEMA, Session  # noqa: E402

FOLDER = ROOT / "tests" / "state" / "golden"
_PLAIN: dict[object, Any] = {
    str: "Grüße, \u201cquoted\u201d",
    int: 7,
    float: 0.75,
    bool: True,
    AwareDatetime: datetime(2026, 3, 1, 10, 30, 15, 123456, tzinfo=UTC),
    Any: {"list": [1, "two", None], "flag": False},
}


def example(annotation: Any, name: str = "") -> Any:
    """Return one value of a field's type, everything in it set."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return example(args[0], name)
    if origin is Literal:
        return args[0]
    if origin in (Union, types.UnionType):
        return example(next(arg for arg in args if arg is not type(None)), name)
    if origin is tuple:
        return tuple(example(arg, name) for arg in args if arg is not ...)
    if origin is dict:
        return {"key": example(args[1], name)}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return built(annotation)
    return f"{name}-1" if annotation is str and name.endswith(("id", "hash")) else _PLAIN[annotation]


def built(model: type[BaseModel]) -> BaseModel:
    """Return an instance of a model with every field set."""
    fields = {name: example(field.annotation, name) for name, field in model.model_fields.items()}
    if {"tenant", "user"} == set(fields) & {"tenant", "user"}:
        fields |= {"tenant": "northgate", "user": "o.brandt"}
    return model(**fields)


def shapes() -> dict[str, BaseModel]:
    """Return an example of every current shape by the name of its file."""
    bodies = {f"{name}.{body.version}.json": built(body) for name, body in BODY_TYPES.items()}
    return {**bodies, f"session.{SESSION_SCHEMA}.json": built(Session)}


def main() -> None:
    """Write the examples that are missing."""
    FOLDER.mkdir(exist_ok=True)
    for name, value in shapes().items():
        if not (path := FOLDER / name).exists():
            data = value.model_dump(mode="json")
            path.write_text(json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n", "utf-8")
            print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
