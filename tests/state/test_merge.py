"""Merging what was extracted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from state.events import EntityRef
from state.merge import ExtractedContext, merge

_ENTITIES = st.builds(EntityRef, type=st.sampled_from(["case", "report"]), id=st.sampled_from("123"))
_CONTEXTS = st.builds(
    ExtractedContext,
    name=st.none() | st.sampled_from(["Anna", "Bo"]),
    topic=st.none() | _ENTITIES,
    preferences=st.dictionaries(st.sampled_from(["seat", "language"]), st.sampled_from(["a", "b"])),
    entities=st.lists(_ENTITIES, max_size=4).map(tuple),
    open_questions=st.lists(st.sampled_from(["who", "when", "why"]), max_size=4).map(tuple),
)


@pytest.mark.req("ST-8")
def test_a_later_scalar_wins_preferences_merge_lists_unite() -> None:
    one, two = EntityRef(type="case", id="1"), EntityRef(type="case", id="2")
    earlier = ExtractedContext(
        name="Anna", topic=one, preferences={"seat": "aisle", "language": "German"}, entities=(one, two)
    )
    later = ExtractedContext(
        name="Bo", preferences={"seat": "window"}, entities=(two, one), open_questions=("who", "who")
    )
    assert merge(earlier, later) == ExtractedContext(
        name="Bo",
        topic=one,
        preferences={"seat": "window", "language": "German"},
        entities=(one, two),
        open_questions=("who",),
    )


@pytest.mark.req("ST-8")
@given(_CONTEXTS, _CONTEXTS)
def test_merging_again_changes_nothing(one: ExtractedContext, two: ExtractedContext) -> None:
    both = merge(one, two)
    assert (merge(one, one), merge(both, two), merge(both, both)) == (one, both, both)


@pytest.mark.req("ST-8")
@given(_CONTEXTS, _CONTEXTS, _CONTEXTS)
def test_how_a_row_of_extractions_is_grouped_does_not_matter(
    one: ExtractedContext, two: ExtractedContext, three: ExtractedContext
) -> None:
    left, right = merge(merge(one, two), three), merge(one, merge(two, three))
    assert left.model_dump_json() == right.model_dump_json()
