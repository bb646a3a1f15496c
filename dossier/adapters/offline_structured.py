"""Structured answers of the offline model: any schema, filled with words of the material."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dossier.adapters.json_schema import problems, resolve
from dossier.adapters.offline_reading import Block, Reading
from dossier.adapters.offline_terms import sentences, shortened, stem, terms

_MOST = 8
_DEEPEST = 12
_CUES = {
    "question": lambda text: text.rstrip().endswith("?"),
    "correction": lambda text: bool(terms(text) & {"actuali", "correct", "correction", "wrong", "instead", "meant"}),
    "decision": lambda text: bool(terms(text) & {"decid", "decision", "agre", "approv", "reject", "deni", "denied"}),
    "rejected": lambda text: bool(terms(text) & {"reject", "wrong", "fals", "incorrect"}),
}
_KEYS = {stem(word): word for word in _CUES} | {"reject": "rejected", "rejection": "rejected"}

Schema = Mapping[str, Any]
Source = tuple[str, Block]


def structured(schema: Schema, reading: Reading) -> Any:
    """Return a value of the schema; what the material does not give is empty."""
    blocks = [b for b in reading.blocks if "events" in b.attrs] or [b for b in reading.blocks if b.speaks]
    found = [(sentence, block) for block in blocks for sentence in sentences(block.text)]
    if not found and reading.request:
        block = Block("current_request", "current_request", reading.request)
        found = [(sentence, block) for sentence in sentences(reading.request)]
    return _fill(schema, schema, "", found, 0)


def _fill(schema: Schema, root: Schema, name: str, sources: Sequence[Source], depth: int) -> Any:
    schema = _form(schema, root)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return _enum(schema["enum"], sources)
    match _type(schema):
        case "object":
            return _object(schema, root, sources, depth)
        case "array":
            return _array(schema, root, name, sources, depth)
        case "string":
            return _string(schema, name, sources)
        case "integer":
            return int(_number(schema))
        case "number":
            return _number(schema)
        case "boolean":
            return False
        case _:
            return None


def _form(schema: Schema, root: Schema) -> Schema:
    """Follow references and take the first form that is not null."""
    for _ in range(_DEEPEST):
        schema = resolve(schema, root)
        forms = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
        if not forms:
            break
        schema = next((form for form in forms if form.get("type") != "null"), forms[0])
    return schema


def _type(schema: Schema) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return kind if isinstance(kind, str) else next((name for name in kind if name != "null"), "null")


def _object(schema: Schema, root: Schema, sources: Sequence[Source], depth: int) -> dict[str, Any]:
    required = schema.get("required", ())
    # Recursive schemas end where their optional fields are left out.
    properties = schema.get("properties") or {}
    wanted = [name for name in properties if name in required or depth < _DEEPEST // 2]
    return {name: _fill(properties[name], root, name, sources, depth + 1) for name in wanted}


def _array(schema: Schema, root: Schema, name: str, sources: Sequence[Source], depth: int) -> list[Any]:
    item = _form(schema.get("items") or {}, root)
    if name == "event_ids":
        values: list[Any] = _event_ids(sources, item, root)
    elif depth >= _DEEPEST:
        values = []
    else:
        values = [_fill(item, root, name, [source], depth + 1) for source in _fitting(name, sources)]
    least, most = schema.get("minItems", 0), schema.get("maxItems", _MOST)
    values += [_fill(item, root, name, sources[:1], depth + 1) for _ in range(least - len(values))]
    return values[:most]


def _event_ids(sources: Sequence[Source], item: Schema, root: Schema) -> list[Any]:
    ids = [part.strip() for _, block in sources for part in block.attrs.get("events", "").split(",") if part.strip()]
    values = [int(i) if _type(item) == "integer" and i.isdigit() else i for i in dict.fromkeys(ids)]
    return [value for value in values if not list(problems(value, item, root))]


def _fitting(name: str, sources: Sequence[Source]) -> list[Source]:
    """Return the sources that a list of this name is about; sources with events fit a list of no known kind."""
    cues = [_KEYS[part] for part in map(stem, name.lower().split("_")) if part in _KEYS]
    if cues:
        return [s for s in sources if any(cue in s[1].kind or _CUES[cue](s[0]) for cue in cues)][:_MOST]
    known = [s for s in sources if "events" in s[1].attrs]
    return [s for s in known if not s[0].rstrip().endswith("?") and not s[1].rejected][:_MOST]


def _enum(values: Sequence[Any], sources: Sequence[Source]) -> Any:
    said = frozenset().union(*(terms(text) | terms(block.kind.replace("_", " ")) for text, block in sources))
    return next((value for value in values if (t := terms(str(value).replace("_", " "))) and t <= said), values[0])


def _string(schema: Schema, name: str, sources: Sequence[Source]) -> str:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 600)
    said = [text for text, block in sources if not block.rejected]
    text = _id(name, sources) if name.endswith("_id") else shortened(" ".join(said[:3]), most)
    return text[:most].ljust(least, ".")


def _id(name: str, sources: Sequence[Source]) -> str:
    """Return the item's own id, or one that stands behind the id's noun: `C-7` of `case C-7` for `case_id`."""
    if name == "item_id":
        return sources[0][1].id if sources else ""
    pattern = re.compile(rf"\b{re.escape(name[:-3])}\s+([A-Za-z]*-?\d[\w-]*)", re.IGNORECASE)
    return next((found[1] for text, _ in sources if (found := pattern.search(text))), "")


def _number(schema: Schema) -> float:
    low, high = schema.get("minimum", 0), schema.get("maximum", 0)
    return max(low, 0) if "maximum" not in schema else min(max(low, 0), high)
