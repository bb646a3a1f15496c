"""Arguments for a tool call, taken from the request and the task by the tool's JSON schema."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dossier.adapters.json_schema import problems, resolve
from dossier.adapters.offline_clauses import Clause
from dossier.adapters.offline_reading import Reading
from dossier.adapters.offline_terms import ASKING, STOP_WORDS, stem, stems, words

_ID = re.compile(
    r"(?:\b([^\W\d_]+)\s+(?:no\.?\s*|number\s+|#)?)?\b([A-Z][A-Za-z0-9]*-[A-Z0-9][A-Za-z0-9-]*|[A-Z]{1,5}\d+)\b"
)
_QUOTED = re.compile(r'"([^"]+)"|“([^”]+)”')
_LEAD_IN = re.compile(r"\b(?:that|saying|about|regarding|for|on)\b\s*:?\s*|:\s*", re.IGNORECASE)
_BECAUSE = re.compile(r"\b(?:because|since|reason\s*(?:is|:))\s+(?!of\b)(.+)", re.IGNORECASE)
_REASONS = frozenset({"reason", "why", "justification", "rationale"})
_LINES = frozenset({"subject", "title", "headline"})
_LINE = 120
_NUMBER = re.compile(r"(?<![\w-])-?\d+(?:\.\d+)?(?![\w-])")
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_EMAIL = re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b")

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Filled:
    """Arguments, and what could not be found."""

    args: dict[str, Any]
    """Valid for the schema, as far as they go."""
    missing: tuple[str, ...]
    """Required arguments that nothing gives."""
    named: bool
    """Whether an enum's value stands in the clause."""


def fill(schema: Schema, clause: Clause, reading: Reading) -> Filled:
    """Fill the schema's properties.

    Args:
        schema: The tool's parameters.
        clause: What asks for the call.
        reading: The prompt; its resolutions and task supply ids that the clause leaves out.
    """
    args: dict[str, Any] = {}
    missing: list[str] = []
    named = False
    required = schema.get("required", ())
    for name, raw in (schema.get("properties") or {}).items():
        part = resolve(raw, schema)
        value = _value(name, part, clause, reading, needed=name in required)
        if value is not None and not list(problems(value, part, schema)):
            args[name] = value
            named = named or "enum" in _plain(part)
        elif name in required:
            missing.append(name)
    return Filled(args, tuple(missing), named)


def enum_stems(schema: Schema) -> frozenset[str]:
    """Return the stems of all one-word enum values."""
    parts = (_plain(resolve(part, schema)) for part in (schema.get("properties") or {}).values())
    values = (str(value) for part in parts for value in part.get("enum", ()))
    return frozenset(stem(found[0]) for value in values if len(found := words(value)) == 1)


def names_value(schema: Schema, text: str) -> bool:
    """Tell whether the text names a value of one of the schema's enums."""
    parts = (_plain(resolve(part, schema)) for part in (schema.get("properties") or {}).values())
    return any(_enum(part["enum"], text) is not None for part in parts if "enum" in part)


def _value(name: str, part: Schema, clause: Clause, reading: Reading, *, needed: bool) -> Any:
    part = _plain(part)
    if "const" in part:
        return part["const"]
    if "enum" in part:
        return _enum(part["enum"], clause.text)
    match part.get("type", "string"):
        case "string":
            return _string(name, part, clause, reading, needed=needed)
        case "integer":
            return next((int(found) for found in _NUMBER.findall(clause.text) if "." not in found), None)
        case "number":
            return next((float(found) for found in _NUMBER.findall(clause.text)), None)
        case "boolean":
            return True if {*stems(name)} <= {*stems(clause.text)} else (False if needed else None)
        case "array":
            item = _value(name, part.get("items", {}), clause, reading, needed=needed)
            return None if item is None else [item]
        case "object":
            inner = fill(part, clause, reading)
            return inner.args if needed and not inner.missing else None
        case _:
            return None


def _plain(part: Schema) -> Schema:
    """Return the first form that is not null."""
    forms = part.get("anyOf") or part.get("oneOf") or [part]
    return next((form for form in forms if form.get("type") != "null"), part)


def _enum(values: list[Any], text: str) -> Any:
    """Return the value that the text names; the one after the last "to" wins, then the longest."""
    aim = re.split(r"\b(?:to|as)\b", text)[-1]
    for place in (aim, text):
        have = f" {' '.join(stems(place))} "
        found = [value for value in values if f" {' '.join(stems(str(value).replace('_', ' ')))} " in have]
        if found:
            return max(found, key=lambda value: len(str(value)))
    return None


def _string(name: str, part: Schema, clause: Clause, reading: Reading, *, needed: bool) -> str | None:
    if part.get("format") in ("date", "email") or "pattern" in part or _id_noun(name):
        return _token(name, part, clause, reading, needed=needed)
    if name in _REASONS:
        return _reason(clause, needed=needed)
    if needed:
        return _words_for(name, part, clause)
    said = re.search(rf"\b{re.escape(name)}\b[:\s]+(.+)", clause.rest, re.IGNORECASE)
    return said[1].rstrip(".?! ") if said else None


def _reason(clause: Clause, *, needed: bool) -> str | None:
    """Return the reason that was given; for want of one, who decides at least reads the request."""
    said = _BECAUSE.search(clause.rest)
    if said:
        return said[1].rstrip(".?! ")
    return f"Asked for in these words: “{_sentence(clause.text)}”" if needed else None


def _words_for(name: str, part: Schema, clause: Clause) -> str | None:
    """Return the words that a required text is to hold: those to look for, a line, or sentences."""
    if "query" in name:
        wanted = [word for word in words(clause.rest) if word not in STOP_WORDS and stem(word) not in ASKING]
        return " ".join(wanted) or None if clause.asks else _free_text(clause.rest, whole=False)
    text = _free_text(clause.rest, whole=True)
    if text is None:
        return None
    line = _sentence(text)
    return line.rstrip(".")[: part.get("maxLength", _LINE)] if name in _LINES else line


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"


def _token(name: str, part: Schema, clause: Clause, reading: Reading, *, needed: bool) -> str | None:
    noun = _id_noun(name) or name
    pattern = re.compile(part["pattern"]) if "pattern" in part else None
    # What was spoken of last stands for what is left out; what may be left out is not guessed.
    guessed = (reading.request, *reading.spoken, reading.task) if needed else ()
    for text in (clause.text, "\n".join(reading.resolved), *guessed):
        found = [value for value in _tokens(text, part, noun, clause.head) if pattern is None or pattern.search(value)]
        if found:
            return found[0]
    return None


def _tokens(text: str, part: Schema, noun: str, verb: str) -> Iterator[str]:
    if part.get("format") in ("date", "email"):
        yield from (_DATE if part["format"] == "date" else _EMAIL).findall(text)
        return
    ids = [(before.lower(), value) for before, value in _ID.findall(text)]
    yield from (value for before, value in ids if before == noun)
    # Another noun before an id says that it identifies something else: `document CP-12` is no case.
    yield from (value for before, value in ids if not before or before in STOP_WORDS or stem(before) == verb)


def _id_noun(name: str) -> str:
    return name[: -len("_id")] if name.endswith("_id") else ""


def _free_text(text: str, *, whole: bool) -> str | None:
    """Return what is quoted; else what follows `that`, `about` or a colon; else the whole, or all after the verb."""
    if quoted := _QUOTED.search(text):
        return quoted[1] or quoted[2]
    lead_in = _LEAD_IN.search(text)
    rest = text if whole else text.partition(" ")[2]
    return (text[lead_in.end() :] if lead_in else rest).strip().rstrip(".?! ") or None
