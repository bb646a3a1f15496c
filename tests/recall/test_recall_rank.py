"""Recall over a conversation in memory: what bears on a request comes first, and says why."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.recall.history import PastTurn, Request
from dossier.recall.kinds import kind_of
from dossier.recall.leaning import leans
from dossier.recall.narrow import FEWEST, MOST, MemoryHistory, hits_of, pool_size
from dossier.recall.rank import recall, within
from dossier.recall.strategies import STRATEGY_NAMES, strategy_named
from dossier.recall.terms import terms
from dossier.recall.times import Period, nearness, periods

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TALK = [
    ("Ana", "Good morning, did you sleep well?"),
    ("Ben", "Fine, thanks."),
    ("Ana", "The cold store on Dock Road lost power on Sunday."),
    ("Ben", "How many pallets were spoilt?"),
    ("Ana", "Twelve, all of them herring."),
    ("Ben", "I will order a generator."),
    ("Ana", "Nice weather today."),
    ("Ben", "My sister moved to Lisbon last month."),
    ("Ana", "Never ship before the vet has signed."),
    ("Ben", "Lunch?"),
]


def history(talk=TALK, gap=timedelta(minutes=1)):
    return MemoryHistory(
        PastTurn(f"turn:{n}", n, text, speaker, "1", START + n * gap) for n, (speaker, text) in enumerate(talk)
    )


def ranked(question, turns=None, now=None):
    request = Request(question, now)
    return list(recall(request, (turns or history()).pool(request)))


def first(question, **more):
    return ranked(question, **more)[0].turn.text


@pytest.mark.req("CX-7")
def test_words_are_compared_by_stem_and_weighed_by_rarity():
    assert terms("The pallets' spoiling").counts == {"pallet": 1, "spoil": 1}
    assert first("Where did the sister move to?") == "My sister moved to Lisbon last month."


@pytest.mark.req("CX-7")
def test_an_answer_is_found_by_the_question_before_it():
    assert first("What number of pallets got spoilt?") in (
        "How many pallets were spoilt?",
        "Twelve, all of them herring.",
    )
    assert {one.turn.seq for one in ranked("How many pallets were spoilt?")[:2]} == {3, 4}


@pytest.mark.req("CX-7")
def test_each_recalled_turn_says_why_it_is_there():
    best = ranked("When did the cold store lose power, as Ana said?")[0]
    assert best.turn.seq == 2
    assert best.score == 1.0
    assert best.reason == (
        "recalled: says cold, power, store; said by Ana, who is asked about; tells what is asked for"
    )


@pytest.mark.req("CX-7")
def test_evidence_for_each_part_of_a_question_comes_before_more_for_one_part():
    talk = [("Ana", f"The herring delivery {n} was late because of the herring boats.") for n in range(12)]
    talk[5] = ("Ana", "We pay the electricity bill in Oslo.")
    found = [one.turn.seq for one in ranked("Was the herring late, and who pays electricity?", turns=history(talk))]
    assert found.index(5) < 2


@pytest.mark.req("CX-7")
def test_what_binds_comes_before_chit_chat_of_equal_words():
    talk = [("Ana", "The vet, the vet, what weather!"), ("Ana", "x y z"), ("Ana", "Never act without the vet signing!")]
    assert first("vet", turns=history(talk)) == "Never act without the vet signing!"
    kinds = [
        "Actually, it is Dock Street.",
        "We decided on Monday.",
        "You must not call him.",
        "I'd rather fly.",
        "Hi!",
    ]
    assert [kind_of(text) for text in kinds] == ["correction", "decision", "constraint", "preference", "chat"]


@pytest.mark.req("CX-7")
def test_a_request_that_leans_on_the_last_words_gets_the_last_words():
    assert (leans("And then?"), leans("Go on"), leans("Where is the cold store?")) == (True, True, False)
    assert [one.turn.seq for one in ranked("And why is that so?")[:2]] == [9, 8]


@pytest.mark.req("CX-7")
def test_i_means_the_user_and_you_said_means_the_assistant():
    talk = [("user", "The code of the door is 4711."), ("assistant", "The code of the door is 4711, noted.")] * 3
    assert ranked("What is my door code?", turns=history(talk))[0].turn.speaker == "user"
    assert ranked("What did you say the door code was?", turns=history(talk))[0].turn.speaker == "assistant"


@pytest.mark.req("CX-7")
def test_a_time_in_the_question_prefers_what_was_said_then():
    talk = [("Ana", f"We met in the harbour, meeting {n}.") for n in range(10)]
    turns = history(talk, gap=timedelta(days=30))
    assert ranked("Who met in the harbour in July 2026?", turns=turns)[0].turn.at == START + 5 * timedelta(days=30)
    assert ranked("Who met two months ago?", turns=turns, now=START + timedelta(days=270))[0].turn.seq == 7


@pytest.mark.req("CX-7")
def test_times_are_read_from_words():
    may = Period(date(2026, 5, 1), date(2026, 5, 31))
    assert periods("What happened in May?", {2026}) == (may,)
    assert periods("May I ask?", {2026}) == ()
    assert periods("on 3 June 2025", {2026}) == (Period(date(2025, 6, 3), date(2025, 6, 3)),)
    assert periods("on June 3rd", {2026}) == (Period(date(2026, 6, 3), date(2026, 6, 3)),)
    assert periods("by 2026-02-30 or 2026-02-28", ()) == (Period(date(2026, 2, 28), date(2026, 2, 28)),)
    assert periods("in 2024", {2026}) == (Period(date(2024, 1, 1), date(2024, 12, 31)),)
    assert periods("yesterday", (), date(2026, 5, 2)) == (Period(date(2026, 5, 1), date(2026, 5, 1)),)
    days = [date(2026, 5, 9), date(2026, 6, 10), date(2026, 6, 25), date(2026, 4, 20), date(2026, 9, 1)]
    assert [nearness((may,), day) for day in days] == [1.0, 0.6, 0.3, 0.3, 0.0]


@pytest.mark.req("CX-14")
def test_each_strategy_chooses_by_what_its_name_says():
    request = Request("What did Ana say about the cold store?")
    chosen = {
        name: [one.turn.seq for one in strategy_named(name).choose(request, history().pool(request))]
        for name in STRATEGY_NAMES
    }
    assert chosen["tail"] == chosen["summary-tail"] == chosen["last-n"] == list(range(9, -1, -1))
    assert chosen["entity-memory"] == [8, 6, 4, 2, 0]
    assert chosen["retrieval"][0] == chosen["dossier"][0] == 2
    assert sorted(chosen["dossier"]) == list(range(10))


@pytest.mark.req("CX-14")
def test_nearness_in_meaning_joins_by_rank():
    request = Request("Who of the family went abroad?")
    pool = history().pool(request)
    *_, last = recall(request, pool)
    joined = list(recall(request, pool, meaning={last.turn.id: 0.9}))
    assert joined[-1].turn != last.turn
    assert "near in meaning" in next(one.reason for one in joined if one.turn == last.turn)


@pytest.mark.req("PE-3", "CX-7")
def test_a_pool_is_bounded_and_holds_rare_words_however_old():
    talk = [("user", f"Message {n} about shipment {n % 7} in the harbour") for n in range(3_000)]
    talk[3] = ("user", "The password of the lighthouse is heron")
    request = Request("In the harbour, what was the lighthouse password?")
    pool = history(talk).pool(request)
    assert len(pool.turns) == MOST
    assert hits_of(MOST) < MOST
    assert {1, 2, 3, 4, 5} <= {turn.seq for turn in pool.turns}
    assert next(iter(recall(request, pool))).turn.seq == 3


@pytest.mark.req("CX-7")
def test_turns_are_offered_up_to_the_room_there_is():
    assert [one.turn.seq for one in within(ranked("cold store"), 1)] == [2]
    assert within(ranked("cold store"), 0) == []


@pytest.mark.req("CX-4", "CX-7")
@given(
    st.lists(st.tuples(st.sampled_from(["Ana", "Ben", ""]), st.text(max_size=40)), max_size=12),
    st.text(max_size=60),
    st.randoms(use_true_random=False),
)
def test_any_talk_is_recalled_whole_in_one_order_whatever_order_it_comes_in(talk, question, random):
    turns = [PastTurn(f"turn:{n}", n, text, who, str(n // 5)) for n, (who, text) in enumerate(talk)]
    request = Request(question)
    straight = list(recall(request, MemoryHistory(turns).pool(request)))
    shuffled = turns[:]
    random.shuffle(shuffled)
    assert list(recall(request, MemoryHistory(shuffled).pool(request))) == straight
    assert sorted(one.turn.seq for one in straight) == list(range(len(turns)))
    assert all(0 < one.score <= 1 for one in straight)
    assert [one.score for one in straight] == sorted((one.score for one in straight), reverse=True)


@pytest.mark.req("PE-3")
def test_more_turns_are_scored_where_more_can_be_shown_up_to_a_bound():
    rooms = (0, 6_000, 12_000, 24_000, 10**6)
    assert [pool_size(room) for room in rooms] == [FEWEST, FEWEST, 400, MOST, MOST]
    assert pool_size(32_000, 200) == 400
    long = history([("user", f"Message {n} about shipment {n % 7}") for n in range(3_000)])
    assert len(long.pool(Request("Which shipment?"), pool_size(12_000)).turns) == 400
