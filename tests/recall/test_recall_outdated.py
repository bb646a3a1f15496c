"""Turns that repeat what was corrected: which words count, and which do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.context.outdated import Outdated, Withdrawn

URGENT = Withdrawn("case:C-1042/urgency", "high", "low", 7)
HEARING = Withdrawn("case:C-1042/hearing_date", "4 May", "9 May", 8)
GONE = Withdrawn("case:C-1042/cause", "a broken seal on the door", None, None)


def repeated(text: str, *withdrawn: Withdrawn) -> list[str]:
    return [one.key.rpartition("/")[2] for one in Outdated(withdrawn or (URGENT, HEARING, GONE)).repeated_in(text)]


@pytest.mark.req("ST-3", "CX-10")
@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("We meet on 4 May.", ["hearing_date"]),
        ("We meet on 4 MAY, don't we", ["hearing_date"]),
        ("We meet on 14 May, room 4", []),
        ("It moved from 4 May to 9 May", []),
        ("The water is high", []),
        ("The urgency is high", ["urgency"]),
        ("C-1042 is high on the list", ["urgency"]),
        ("It was a broken seal on the door, and 4 May", ["cause", "hearing_date"]),
        ("", []),
    ],
)
def test_a_telling_value_counts_by_itself_and_a_plain_word_where_its_key_is_spoken_of(text, keys):
    assert repeated(text) == keys


@pytest.mark.req("ST-3")
def test_a_value_that_holds_again_is_not_outdated():
    assert repeated("On 4 May.", Withdrawn("case:C-1/hearing", "4 May", "4 May", 9)) == []


@pytest.mark.req("ST-3")
@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_a_value_with_a_digit_is_found_wherever_it_stands_as_words(before, value, after):
    one = Withdrawn("case:C-1/x", f"{value} 7", None, None)
    assert Outdated([one]).repeated_in(f"{before} {value} 7 {after}") == [one]
