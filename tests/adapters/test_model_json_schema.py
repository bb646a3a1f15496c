from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dossier.adapters.json_schema import problems

JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.just(1.5), st.sampled_from(["", "a", "open", "abcd"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=5,
)
SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {},
            {"type": "string", "minLength": 1, "maxLength": 3},
            {"type": "integer", "minimum": 0, "maximum": 2},
            {"type": ["number", "null"]},
            {"type": "boolean"},
            {"enum": ["open", None, 2]},
            {"const": "a"},
            {"$ref": "#/$defs/name"},
        ]
    ),
    lambda inner: st.one_of(
        st.builds(lambda one, two: {"anyOf": [one, two]}, inner, inner),
        st.builds(lambda one, two: {"allOf": [one, two]}, inner, inner),
        st.builds(lambda item: {"type": "array", "items": item, "minItems": 1, "maxItems": 2}, inner),
        st.builds(
            lambda one, extra: {
                "type": "object",
                "properties": {"a": one},
                "required": ["a"],
                "additionalProperties": extra,
            },
            inner,
            st.one_of(st.booleans(), inner),
        ),
    ),
    max_leaves=5,
)


@pytest.mark.req("UP-6")
@settings(max_examples=400, deadline=None)
@given(SCHEMAS, JSON)
def test_a_value_is_refused_exactly_when_a_full_validator_refuses_it(schema: dict[str, Any], value: Any):
    whole = {**schema, "$defs": {"name": {"type": "string"}}}

    assert (not list(problems(value, whole))) == jsonschema_rs.is_valid(whole, value)
