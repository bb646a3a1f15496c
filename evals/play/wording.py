"""What is wrong with a value, as its writer would say it rather than as the schema does."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Wording(NamedTuple):
    """A message, and what was likely meant."""

    what: str
    hint: str = ""


_QUOTES = "put it in quotes"
_KINDS: Mapping[str, Wording] = {
    "string_type": Wording("has to be a text", _QUOTES),
    "tuple_type": Wording("has to be a list", "each entry begins with “- ”, or all stand in [ ]"),
    "dict_type": Wording("has to be fields, each `name: value`"),
    "model_type": Wording("has to be fields, each `name: value`"),
    "bool_type": Wording("has to be true or false"),
    "bool_parsing": Wording("has to be true or false"),
    "int_type": Wording("has to be a whole number"),
    "int_parsing": Wording("has to be a whole number"),
    "int_from_float": Wording("has to be a whole number"),
}
_SELECTED = Wording("has to be fields, each `name: value`", "such as {type: case, id: C-1042}")
_NAME = "lower case, 3 to 81 letters, digits, blanks and , ' -"


def worded(error: Mapping[str, Any]) -> Wording:
    """Return what a validation error says, in words."""
    kind, value, context = error["type"], error.get("input"), error.get("ctx") or {}
    if kind in _KINDS:
        known = _SELECTED if context.get("class_name") == "Selected" else _KINDS[kind]
        hint = "" if known.hint == _QUOTES and not isinstance(value, (int, float, bool)) else known.hint
        return Wording(f"{known.what}, not {_short(value)}", hint)
    if kind in ("too_short", "string_too_short"):
        return Wording("is empty")
    if kind in ("greater_than", "greater_than_equal"):
        return Wording(f"has to be {_least(context)}, not {value!r}")
    if kind in ("less_than", "less_than_equal"):
        return Wording(f"can be at most {context.get('le', context.get('lt'))}, not {value!r}")
    if kind == "string_pattern_mismatch":
        return Wording(f"{value!r} can't be a name", _NAME)
    return Wording(str(error["msg"]).removeprefix("Value error, "))


def _least(context: Mapping[str, Any]) -> str:
    return f"at least {context['ge']}" if "ge" in context else f"more than {context['gt']}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return f"fields ({', '.join(map(str, list(value)[:3]))})"
    if isinstance(value, (list, tuple)):
        return "a list"
    return repr(value)
