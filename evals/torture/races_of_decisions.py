"""Races about decisions: contrary, repeated, late, stale, malformed, several at once, by the wrong person."""

import asyncio
import random
from typing import Any

from evals.torture.race import APPROVE, REJECT, accepted, asked, decision, differs, edited, replies, wrong_acts
from evals.torture.stage import Stage
from evals.torture.talk import heard, message


async def contrary_at_once(at: Stage, chance: random.Random) -> list[str]:
    """Two people decide differently at the same moment, through two processes."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    pair = [at.one.begin("decide", thread, key, APPROVE), at.other.begin("decide", thread, key, REJECT)]
    yes, no = await asyncio.gather(*pair)
    found = [] if accepted(yes) != accepted(no) else [f"told {yes} and {no}"]
    return found + await wrong_acts(at, thread, *(["a"] if accepted(yes) else []))


async def same_at_once(at: Stage, chance: random.Random) -> list[str]:
    """One decision arrives twice at the same moment, through two processes."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    pair = [actor.begin("decide", thread, key, APPROVE) for actor in (at.one, at.other)]
    await asyncio.gather(*pair)
    return await wrong_acts(at, thread, "a")


async def same_again(at: Stage, chance: random.Random) -> list[str]:
    """A decision is sent again, later."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    for actor in (at.one, at.other, at.one):
        await actor.do("decide", thread, key, APPROVE)
    return await wrong_acts(at, thread, "a") + differs("replies", await replies(at, thread), [heard(1)])


async def contrary_later(at: Stage, chance: random.Random) -> list[str]:
    """The contrary decision comes after the first one was carried out, and is told so."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    first, second = chance.sample([APPROVE, REJECT], 2)
    await at.one.do("decide", thread, key, first)
    late = await at.other.do("decide", thread, key, second)
    found = ["a late contrary decision was told: accepted"] if accepted(late) else []
    return found + await wrong_acts(at, thread, *(["a"] if first is APPROVE else []))


async def stale_bare_click(at: Stage, chance: random.Random) -> list[str]:
    """A bare yes to the first question arrives when the second one waits."""
    thread = at.thread()
    first = (await asked(at.one, thread, 1, "a"))["a"]
    await at.one.do("decide", thread, first, REJECT)
    await asked(at.one, thread, 2, "b")
    await at.other.do("decide", thread, None, APPROVE)
    return await wrong_acts(at, thread)


async def stale_keyed_click(at: Stage, chance: random.Random) -> list[str]:
    """A yes to the first question, by its id, arrives when the second one waits."""
    thread = at.thread()
    first = (await asked(at.one, thread, 1, "a"))["a"]
    await at.one.do("decide", thread, first, REJECT)
    second = await asked(at.one, thread, 2, "b")
    late = await at.other.do("decide", thread, first, APPROVE)
    found = ["a stale yes was told: accepted"] if accepted(late) else []
    found += await wrong_acts(at, thread)
    await at.one.do("decide", thread, second["b"], APPROVE)
    return found + await wrong_acts(at, thread, "b")


async def answered_checkpoint(at: Stage, chance: random.Random) -> list[str]:
    """Someone resumes from the checkpoint at which the question was asked, after it was answered."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    waiting = (await at.one.do("state", thread))["checkpoint"]
    first, second = chance.sample([APPROVE, REJECT], 2)
    await at.one.do("decide", thread, key, first)
    late = await at.other.do("decide", thread, key, second, waiting)
    found = ["the contrary decision from the old checkpoint was told: accepted"] if accepted(late) else []
    return found + await wrong_acts(at, thread, *(["a"] if first is APPROVE else []))


async def parallel_in_any_order(at: Stage, chance: random.Random) -> list[str]:
    """Three calls of one answer are decided one by one, in any order, through two processes."""
    thread = at.thread()
    keys = await asked(at.one, thread, 1, "a", "b", "c")
    wanted = {"a": APPROVE, "b": REJECT, "c": edited("d")}
    for text in chance.sample(sorted(wanted), 3):
        await chance.choice([at.one, at.other]).do("decide", thread, keys.get(text), wanted[text])
    return await wrong_acts(at, thread, "a", "d")


async def parallel_at_once(at: Stage, chance: random.Random) -> list[str]:
    """Two calls of one answer are decided at the same moment, through two processes."""
    thread = at.thread()
    keys = await asked(at.one, thread, 1, "a", "b")
    pair = [at.one.begin("decide", thread, keys["a"], APPROVE), at.other.begin("decide", thread, keys["b"], REJECT)]
    await asyncio.gather(*pair)
    await at.one.do("again", thread, 1, message(1, "a", "b"))
    found = await wrong_acts(at, thread, "a")
    return found + differs("replies", await replies(at, thread), [heard(1)])


async def message_while_waiting(at: Stage, chance: random.Random) -> list[str]:
    """The requester writes on while a call waits: it is neither run nor lost."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    await at.other.do("say", thread, 2, message(2) + " Yes, go ahead.")
    found = await wrong_acts(at, thread)
    await at.one.do("decide", thread, key, APPROVE)
    return found + await wrong_acts(at, thread, "a")


async def edit_then_late_yes(at: Stage, chance: random.Random) -> list[str]:
    """What runs is the edit; a late yes to what was first asked for runs nothing and is told so."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    await at.one.do("decide", thread, key, edited("b"))
    late = await at.other.do("decide", thread, key, APPROVE)
    found = ["a yes to other arguments was told: accepted"] if accepted(late) else []
    return found + await wrong_acts(at, thread, "b")


async def malformed(at: Stage, chance: random.Random) -> list[str]:
    """An answer in no known form is refused, and what waits can still be decided."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    bad: list[Any] = [True, "yes", {"decisions": []}, decision("perhaps"), {"decisions": [{"type": "approve"}] * 2}]
    told = await at.other.do("decide", thread, key, chance.choice(bad))
    found = ["a malformed answer was told: accepted"] if accepted(told) else []
    found += differs("what waits", list((await at.one.do("state", thread))["waits"]), [key])
    found += await wrong_acts(at, thread)
    await at.one.do("decide", thread, key, APPROVE)
    return found + await wrong_acts(at, thread, "a")


async def requester_approves(at: Stage, chance: random.Random) -> list[str]:
    """Who asked for a call says yes to it."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    told = await at.one.do("decide_as_requester", thread, key, APPROVE)
    found = [] if told.get("code") == "not_permitted" else [f"told {told}"]
    return found + await wrong_acts(at, thread)


async def expired(at: Stage, chance: random.Random) -> list[str]:
    """A yes comes after the time to decide has run out; the next message is answered."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    await asyncio.sleep(1.2)
    late = await at.other.do("decide", thread, key, APPROVE)
    found = [] if late.get("code") == "already_decided" else [f"told {late}"]
    told = await at.one.do("again", thread, 2, message(2))
    return found + differs("told", told, {"told": heard(2)}) + await wrong_acts(at, thread)
