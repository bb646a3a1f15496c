"""Races with processes that are killed, frozen or cancelled in the midst of a turn."""

import asyncio
import random

from evals.torture.race import APPROVE, Case, asked, differs, replies, wrong_acts
from evals.torture.stage import OURS, Stage
from evals.torture.talk import heard, message


def killed(point: str) -> Case:
    """Return the case of a process that is killed at the effect; the client goes on as its guide says."""

    async def case(at: Stage, chance: random.Random) -> list[str]:
        thread = at.thread()
        key = (await asked(at.one, thread, 1, "a"))["a"]
        at.one.arm(point, "kill")
        await at.one.do("decide", thread, key, APPROVE)
        told = await at.other.do("again", thread, 1, message(1, "a"))
        if waits := told.get("waits"):  # asked anew: the human says again what they said
            await at.other.do("decide", thread, next(iter(waits)), APPROVE)
        await at.one.ready()
        return await wrong_acts(at, thread, "a") + differs("replies", await replies(at, thread), [heard(1)])

    return case


async def killed_in_the_model_call(at: Stage, chance: random.Random) -> list[str]:
    """A process is killed while the model answers; the message is sent again."""
    thread = at.thread()
    at.one.arm("model", "kill")
    await at.one.do("say", thread, 1, message(1))
    told = await at.other.do("again", thread, 1, message(1))
    await at.one.ready()
    return differs("told", told, {"told": heard(1)}) + differs("replies", await replies(at, thread), [heard(1)])


async def frozen_writer(at: Stage, chance: random.Random) -> list[str]:
    """A process freezes in a turn; another finishes it and takes the next message; then the first one wakes."""
    thread = at.thread()
    at.one.arm("model", "freeze")
    first = at.one.begin("say", thread, 1, message(1))
    await at.one.frozen()
    await at.other.do("again", thread, 1, message(1))
    await at.other.do("again", thread, 2, message(2))
    at.one.thaw()
    await first
    return differs("replies", await replies(at, thread), [heard(1), heard(2)])


async def frozen_before_effect(at: Stage, chance: random.Random) -> list[str]:
    """A process freezes before it runs an approved call; another takes over; then the first one wakes."""
    thread = at.thread()
    key = (await asked(at.one, thread, 1, "a"))["a"]
    at.one.arm("effect.intent:before" if at.runtime in OURS else "act:before", "freeze")
    first = at.one.begin("decide", thread, key, APPROVE)
    await at.one.frozen()
    await at.other.do("again", thread, 1, message(1, "a"))
    at.one.thaw()
    await first
    return await wrong_acts(at, thread, "a")


async def cancelled_in_mid_call(at: Stage, chance: random.Random) -> list[str]:
    """A turn is cancelled while the model answers; the thread is usable at once, and the message is not lost."""
    thread = at.thread()
    at.one.arm("model", "slow")
    first = at.one.begin("say", thread, 1, message(1))
    await asyncio.sleep(0.5)
    at.one.cancel_last()
    await first
    told = await at.one.do("say", thread, 2, message(2))
    found = differs("told", told, {"told": heard(2)})
    return found + differs("replies", await replies(at, thread), [heard(1), heard(2)])


async def hung_up(at: Stage, chance: random.Random) -> list[str]:
    """The client goes away while the model answers, and asks again elsewhere: the turn went on by itself."""
    thread = at.thread()
    at.one.arm("model", "pause")
    first = at.one.begin("say", thread, 1, message(1))
    await asyncio.sleep(0.5)
    first.cancel()
    told = await at.other.do("again", thread, 1, message(1))
    return differs("told", told, {"told": heard(1)}) + differs("replies", await replies(at, thread), [heard(1)])


async def left_to_the_other(at: Stage, chance: random.Random) -> list[str]:
    """A process is killed in a turn, and its client never comes back: the other process finishes it by itself."""
    thread = at.thread()
    at.one.arm("model", "kill")
    await at.one.do("say", thread, 1, message(1))
    told = await at.other.do("follow", thread, 1)
    await at.one.ready()
    return differs("told", told, {"told": heard(1)})
