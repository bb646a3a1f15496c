"""The part of JSON Schema that structured answers use, checked strictly."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
    "null": (type(None),),
}


def problems(value: object, schema: Schema, root: Schema | None = None, path: str = "$") -> Iterator[str]:
    """Yield one line for each place where the value breaks the schema.

    Checks type, enum, const, required, properties, additionalProperties, items, the length and range limits, anyOf,
    oneOf (as anyOf), allOf and local references. Other keywords are ignored.
    """
    root = schema if root is None else root
    schema = resolve(schema, root)
    if not _has_type(value, schema.get("type")):
        yield f"{path}: expected {schema['type']}, got {type(value).__name__}"
        return
    yield from _value_problems(value, schema, path)
    for part in schema.get("allOf", ()):
        yield from problems(value, part, root, path)
    options = schema.get("anyOf") or schema.get("oneOf")
    if options and not any(not list(problems(value, option, root, path)) for option in options):
        yield f"{path}: fits none of the {len(options)} allowed forms"
    if isinstance(value, dict):
        yield from _object_problems(value, schema, root, path)
    if isinstance(value, list) and isinstance(schema.get("items"), Mapping):
        for index, item in enumerate(value):
            yield from problems(item, schema["items"], root, f"{path}[{index}]")


def resolve(schema: Schema, root: Schema) -> Schema:
    """Follow local references (`#/$defs/Name`) to the schema they name."""
    while isinstance(reference := schema.get("$ref"), str):
        target: Any = root
        for key in reference.removeprefix("#/").split("/"):
            target = target[key]
        schema = target
    return schema


def _has_type(value: object, wanted: str | list[str] | None) -> bool:
    if wanted is None:
        return True
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES.get(name, ())) for name in names)


def _value_problems(value: object, schema: Schema, path: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{path}: must be {schema['const']!r}"
    if isinstance(value, str | list):
        kind = "Length" if isinstance(value, str) else "Items"
        if not schema.get(f"min{kind}", 0) <= len(value) <= schema.get(f"max{kind}", len(value)):
            yield f"{path}: has {len(value)} elements, outside the limits"
    if isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{path}: {value} is outside the limits"


def _object_problems(value: dict[str, Any], schema: Schema, root: Schema, path: str) -> Iterator[str]:
    known: Schema = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}: lacks {name!r}"
    extra = schema.get("additionalProperties", True)
    for name, item in value.items():
        if name in known:
            yield from problems(item, known[name], root, f"{path}.{name}")
        elif extra is False:
            yield f"{path}: has the unknown field {name!r}"
        elif isinstance(extra, Mapping):
            yield from problems(item, extra, root, f"{path}.{name}")
