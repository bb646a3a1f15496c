"""Races about messages: repeated, and many at once on one thread."""

import asyncio
import random

from evals.torture.actors import Actor
from evals.torture.player import Told
from evals.torture.race import differs, replies
from evals.torture.stage import Stage
from evals.torture.talk import heard, message

WINDOW_PAIRS = 6
"""Newest messages with their replies that a thread's state shows at least."""


async def duplicate_message(at: Stage, chance: random.Random) -> list[str]:
    """A message is sent again after it was answered, as clients do after a lost connection."""
    thread = at.thread()
    told = [await actor.do("say", thread, 1, message(1)) for actor in (at.one, at.other)]
    found = differs("told", told, [{"told": heard(1)}] * 2)
    return found + differs("replies", await replies(at, thread), [heard(1)])


async def duplicates_at_once(at: Stage, chance: random.Random) -> list[str]:
    """One message arrives at two processes at the same moment; the refused one tries again."""
    thread = at.thread()
    await asyncio.gather(*(_patient(actor, thread, 1) for actor in (at.one, at.other)))
    return differs("replies", await replies(at, thread), [heard(1)])


async def two_messages_at_once(at: Stage, chance: random.Random) -> list[str]:
    """Two messages of one thread arrive at two processes at the same moment: both are answered, one after the other."""
    return await _messages_at_once(at, 2)


async def many_messages_at_once(at: Stage, chance: random.Random) -> list[str]:
    """32 messages of one thread arrive at the same moment, at two processes."""
    return await _messages_at_once(at, 32)


async def _messages_at_once(at: Stage, count: int) -> list[str]:
    thread = at.thread()
    senders = [_patient((at.one, at.other)[n % 2], thread, n) for n in range(1, count + 1)]
    told = await asyncio.gather(*senders)
    found = differs("told", told, [{"told": heard(n)} for n in range(1, count + 1)])
    said = [text for _, text in (await at.one.do("state", thread))["messages"] if text]
    pairs = [(said[place], said[place + 1]) for place in range(0, len(said) - 1, 2)]
    answered = {(message(n), heard(n)) for n in range(1, count + 1)}
    # The state may hold a window of the messages: what it holds must be whole, and each reply has been told.
    whole = set(pairs) <= answered and len(pairs) >= min(count, WINDOW_PAIRS)
    return found + ([] if whole else [f"the thread holds {said}"])


async def _patient(actor: Actor, thread: str, number: int) -> Told:
    """Send a message as a client does that is told to wait."""
    told: Told = {"code": "thread_busy"}
    while told.get("code") == "thread_busy":
        told = await actor.do("say", thread, number, message(number))
        await asyncio.sleep(0.1 if "code" in told else 0)
    return told
