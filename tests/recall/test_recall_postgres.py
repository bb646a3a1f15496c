"""Recall over a log in PostgreSQL: narrowed as in memory, erased with what was said, right about what still holds."""

import random
from datetime import timedelta

import psycopg
import pytest

from dossier.adapters.recall import narrowed
from dossier.extraction.held import Held
from dossier.recall.history import PastTurn, Request
from dossier.recall.narrow import FEWEST, MOST, MemoryHistory
from dossier.recalled import learned_facts, with_recalled
from dossier.run import Step
from dossier.sources import bearing
from dossier.summaries import summarise, validated
from state import events as e
from state.facts import Fact
from state.fold import fold
from state.summaries import Statement
from tests.spine.filling import NOW, gone_on, message, opened

WORDS = [
    f"{a}{b}" for a in ("har", "lant", "ship", "pall", "cran", "buo", "fer", "tid") for b in ("bor", "ern", "et", "y")
]
ENDED = e.TurnEnded(outcome="answered")


def reply(text):
    return e.AssistantResponseGenerated(message_id="r", text=text, tokens=1)


async def record(services, run, *bodies, name="say"):
    return (await services.log.record(run, Step(name), list(bodies), since=0)).own


@pytest.mark.req("CX-7", "PE-1")
async def test_the_database_narrows_a_thread_as_memory_does(services, officer, thread):
    draw = random.Random(4)
    texts = [" ".join(draw.choices(WORDS, k=6)) for _ in range(1_600)]
    texts[11] = "the lighthouse password is heron"
    run = await opened(services, officer, thread)
    own = await record(services, run, e.ThreadCreated(owner=officer), *(message(officer, text) for text in texts))
    said = [
        PastTurn(f"turn:{event.seq}", event.seq, event.body.text, "user", "0", event.header.at) for event in own[1:]
    ]
    for question in ("lighthouse password harbor", "shipet buoy?", "nothing known", "", "harbor lantern cranet feret"):
        for after, before in ((0, 10_000), (300, 1_200), (0, 5)):
            within = MemoryHistory(turn for turn in said if after < turn.seq < before)
            for size in (FEWEST, MOST):
                memory, asked = within.pool(Request(question), size), Request(question)
                where = {"after": after, "before": before, "size": size}
                found = await narrowed(services.db, officer.tenant, thread, asked, **where)
                assert found.turns == memory.turns
                assert found.rarity == memory.rarity


@pytest.mark.req("PR-2")
async def test_an_erased_message_can_no_longer_be_found_by_its_words(services, officer, thread, database_url):
    def terms():
        with psycopg.connect(database_url) as conn:
            rows = conn.execute("SELECT term, n FROM dossier.said_terms ORDER BY term, n").fetchall()
        return rows

    run = await opened(services, officer, thread)
    await record(
        services, run, e.ThreadCreated(owner=officer), message(officer, "Kestrel nests"), reply("Noted"), ENDED
    )
    run = await gone_on(services, run, "turn-2")
    await record(services, run, message(officer, "Herons nest"), reply("Noted"), ENDED)
    await services.leases.release(run.tenant, thread, run.token)
    assert terms() == [("heron", 3), ("kestrel", 1), ("nest", 1), ("nest", 3), ("note", 2), ("note", 4)]
    await services.eraser.redact(officer, thread, [2], reason="asked for")
    assert terms() == [("heron", 1), ("nest", 1), ("note", 2)]
    await services.eraser.erase(officer, thread, reason="asked for")
    assert terms() == []


@pytest.mark.req("ST-3", "CX-10")
async def test_an_old_turn_whose_fact_was_corrected_is_recalled_with_the_correction_beside_it(
    services, officer, thread
):
    run = await opened(services, officer, thread)
    old, new = (fact(id, "case:C-1/owner", value) for id, value in (("f1", "Anna"), ("f2", "Boris")))
    first = [e.ThreadCreated(owner=officer), message(officer, "The owner is Anna"), e.FactConfirmed(fact=old), ENDED]
    await record(services, run, *first)
    run = await gone_on(services, run, "turn-2")
    told = e.FactSuperseded(fact_id="f1", key=old.key, by="f2", reason="corrected")
    await record(services, run, message(officer, "No, Boris"), told, e.FactConfirmed(fact=new), ENDED)
    remembered = await asked(services, officer, thread, "Who is the owner?", 100)
    items = with_recalled([], remembered, None)  # pyright: ignore[reportArgumentType]
    assert [(i.text, dict(i.metadata)) for i in sorted(items, key=lambda i: i.position)] == [
        ("The owner is Anna", {"corrected": "case:C-1/owner = Boris (fact:7)"}),
        ("No, Boris", {}),
    ]
    assert [row.held for row in learned_facts(remembered)] == [new]


@pytest.mark.req("ST-3", "CX-10")
async def test_turns_that_repeat_what_was_corrected_are_shown_with_the_correction_though_they_taught_nothing(
    services, officer, thread
):
    run = await opened(services, officer, thread)
    old, new = (fact(id, "case:C-1/hearing", value) for id, value in (("f1", "4 May"), ("f2", "9 May")))
    first = [e.ThreadCreated(owner=officer), message(officer, "The hearing is on 4 May"), e.FactConfirmed(fact=old)]
    await record(services, run, *first, reply("Noted: 4 May."), ENDED)
    run = await gone_on(services, run, "turn-2")
    await record(services, run, message(officer, "Will it rain on 4 May?"), reply("I can't tell."), ENDED)
    run = await gone_on(services, run, "turn-3")
    told = e.FactSuperseded(fact_id="f1", key=old.key, by="f2", reason="corrected")
    moved = message(officer, "It moved from 4 May to 9 May")
    await record(services, run, moved, told, e.FactConfirmed(fact=new), reply("Noted."), ENDED)
    run = await gone_on(services, run, "turn-4")
    await record(services, run, message(officer, "So 4 May it is; call on 14 May"), reply("Fine."), ENDED)

    items = with_recalled([], await asked(services, officer, thread, "When is the hearing?", 100), None)  # pyright: ignore[reportArgumentType]
    marked = {item.text: dict(item.metadata).get("corrected") for item in items}
    now = "case:C-1/hearing = 9 May (fact:11)"
    assert marked == {
        "The hearing is on 4 May": now,
        "Noted: 4 May.": now,
        "Will it rain on 4 May?": now,
        "I can't tell.": None,
        "It moved from 4 May to 9 May": None,
        "Noted.": None,
        "So 4 May it is; call on 14 May": now,
        "Fine.": None,
    }


def fact(id, key, value):
    words = f"{key.partition(':')[2].replace('/', ' ')} is {value}"
    return Fact(id=id, key=key, value=value, trust="user_claimed", source_turn="t", observed_at=NOW, statement=words)


async def asked(services, officer, thread, text, version):
    return await services.recollection.recall(
        officer.tenant, thread, text, after=0, before=10**9, version=version, now=NOW + timedelta(days=400)
    )


ATTRIBUTES = ("colour", "weight", "owner", "berth")


class LongThread:
    """300 turns that state 1,200 facts, correct 200 of them and decide 50 things."""

    def __init__(self):
        self.live, self.dead, self.decisions = {}, set(), []

    def turn(self, n):
        stated = [self._learn(f"ship:{n}/{name}", f"{name}{n}first") for name in ATTRIBUTES]
        lines = [f"Ship {n}: " + ", ".join(f"{name} {name}{n}first" for name in ATTRIBUTES) + "."]
        bodies = [e.FactConfirmed(fact=one) for one in stated]
        if n % 3:
            lines.append(self._correct(n, bodies))
        if n % 6 == 0:
            text = f"berth {n} stays closed for tug{n}"
            self.decisions.append(text)
            bodies.append(e.DecisionRecorded(decision_id=f"d{n}", text=text, decided_by="o.brandt"))
            lines.append(f"We decided: {text}.")
        return " ".join(lines), bodies

    def _learn(self, key, value):
        self.live[key] = fact(f"{key}#{value}", key, value)
        return self.live[key]

    def _correct(self, n, bodies):
        name, ship = ATTRIBUTES[n % 4], n // 2 + n % 2
        old = self.live[f"ship:{ship}/{name}"]
        new = self._learn(old.key, f"{name}{ship}since{n}")
        self.dead.add((old.key, old.value))
        bodies += [
            e.FactSuperseded(fact_id=old.id, key=old.key, by=new.id, reason="corrected"),
            e.FactConfirmed(fact=new),
        ]
        return f"Correction: the {name} of ship {ship} is {new.value}."


def dishonest(summary):
    """Drop every decision and every other line, and invent one of each."""
    lie = Statement(text="Ship 7: colour7first; berth 6 is open", events=(2,))
    return summary.model_copy(
        update={"decisions": (lie,), "rejected_assumptions": (), "goal": lie, "entities": (lie,), "open_questions": ()}
    )


@pytest.mark.req("CX-7", "CX-10", "SM-2", "ST-3")
@pytest.mark.timeout(300)
async def test_in_300_turns_every_live_fact_and_decision_is_recallable_and_no_dead_one_shows_as_live(
    services, officer, thread
):
    talk, summary, events = LongThread(), None, []
    run = await opened(services, officer, thread)
    events += await record(services, run, e.ThreadCreated(owner=officer), name="create")
    for n in range(1, 301):
        run = run.__class__(thread, f"turn-{n}", officer, run.token)
        text, bodies = talk.turn(n)
        events += await record(services, run, message(officer, text), *bodies, reply("Noted."), ENDED)
        if n % 20 == 0:
            fresh = [event for event in events if summary is None or event.seq > summary.covers_seq]
            rule = summarise(summary, fresh, Held(), count=len, cap=2_000)
            known = range(1, events[-1].seq + 1)
            summary = validated(dishonest(rule), known_seqs=known, held=Held(), baseline=rule).summary
            made = e.SummaryGenerated(summary=summary, reason="threshold")
            events += await record(services, run, made, name="summarise")
    version = events[-1].seq
    assert (len(talk.live), len(talk.dead), len(talk.decisions)) == (1_200, 200, 50)
    session = fold(None, events)
    decisions = await services.knowledge.decisions(officer.tenant, thread, version)
    for text in talk.decisions:
        assert any(text in line.text for line in summary.decisions)
        found = bearing(decisions, f"What about {text.split(' for ')[1]}?", session)
        assert text in [row.held.text for row in found]
    # Every corrected fact, and every tenth of the others.
    corrected = {key for key, _ in talk.dead}
    for number, (key, one) in enumerate(talk.live.items()):
        if key not in corrected and number % 10:
            continue
        ship, _, name = key.removeprefix("ship:").partition("/")
        question = f"What is the {name} of ship {ship}?"
        remembered = await asked(services, officer, thread, question, version)
        facts = bearing(learned_facts(remembered), question, session)
        assert one in [row.held for row in facts], key
        assert not {(row.held.key, row.held.value) for row in facts} & talk.dead
        for item in with_recalled([], remembered, None):  # pyright: ignore[reportArgumentType]
            for dead_key, value in talk.dead:
                if dead_key == key and value in item.text:
                    assert f"{key} = {one.value}" in dict(item.metadata)["corrected"]
