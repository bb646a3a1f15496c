"""The races: each is a known failure of agent runtimes, played once on a new thread.

A case returns what went wrong, nothing when all went right. The judge is the world: what was done outside,
what each caller was told, and what the thread's state says.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from evals.torture.actors import Actor, Stage
from evals.torture.player import Told
from evals.torture.talk import heard, message

WINDOW_PAIRS = 6
"""Newest messages with their replies that a thread's state shows at least."""

Case = Callable[[Stage, random.Random], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True)
class Race:
    """One case, and how often it is played."""

    name: str
    play: Case
    trials: int
    beside: bool = True
    """LangGraph alone can play it too: it needs nothing that only ours has."""
    settings: dict[str, Any] = field(default_factory=dict)
    """Of ours, in a pair of processes of its own."""


def decision(kind: str, **more: Any) -> dict[str, Any]:
    """Return a decision in the form that public clients send."""
    return {"decisions": [{"type": kind, **more}]}


APPROVE, REJECT = decision("approve"), decision("reject")


def edited(text: str) -> dict[str, Any]:
    """Return an edit of what is told."""
    return decision("edit", edited_action={"name": "tell", "args": {"text": text}})


def _accepted(told: Told) -> bool:
    return "code" not in told


async def _asked(actor: Actor, thread: str, number: int, *texts: str) -> dict[str, str]:
    """Send a message that makes calls wait; return interrupt ids by text."""
    told = await actor.do("say", thread, number, message(number, *texts))
    return {text: key for key, text in told.get("waits", {}).items()}


async def _wrong_acts(at: Stage, thread: str, *expected: str) -> list[str]:
    acts = await at.acts(thread)
    return [] if acts == sorted(expected) else [f"done outside: {acts}, not {sorted(expected)}"]


def _is(what: str, got: object, expected: object) -> list[str]:
    return [] if got == expected else [f"{what}: {got!r}, not {expected!r}"]


async def _replies(at: Stage, thread: str) -> list[str]:
    return [text for role, text in (await at.one.do("state", thread))["messages"] if role == "ai" and text]


async def contrary_at_once(at: Stage, chance: random.Random) -> list[str]:
    """Two people decide differently at the same moment, through two processes."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    pair = [at.one.begin("decide", thread, key, APPROVE), at.other.begin("decide", thread, key, REJECT)]
    yes, no = await asyncio.gather(*pair)
    found = [] if _accepted(yes) != _accepted(no) else [f"told {yes} and {no}"]
    return found + await _wrong_acts(at, thread, *(["a"] if _accepted(yes) else []))


async def same_at_once(at: Stage, chance: random.Random) -> list[str]:
    """One decision arrives twice at the same moment, through two processes."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    pair = [actor.begin("decide", thread, key, APPROVE) for actor in (at.one, at.other)]
    await asyncio.gather(*pair)
    return await _wrong_acts(at, thread, "a")


async def same_again(at: Stage, chance: random.Random) -> list[str]:
    """A decision is sent again, later."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    for actor in (at.one, at.other, at.one):
        await actor.do("decide", thread, key, APPROVE)
    return await _wrong_acts(at, thread, "a") + _is("replies", await _replies(at, thread), [heard(1)])


async def contrary_later(at: Stage, chance: random.Random) -> list[str]:
    """The contrary decision comes after the first one was carried out, and is told so."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    first, second = chance.sample([APPROVE, REJECT], 2)
    await at.one.do("decide", thread, key, first)
    late = await at.other.do("decide", thread, key, second)
    found = ["a late contrary decision was told: accepted"] if _accepted(late) else []
    return found + await _wrong_acts(at, thread, *(["a"] if first is APPROVE else []))


async def stale_bare_click(at: Stage, chance: random.Random) -> list[str]:
    """A bare yes to the first question arrives when the second one waits."""
    thread = at.thread()
    first = (await _asked(at.one, thread, 1, "a"))["a"]
    await at.one.do("decide", thread, first, REJECT)
    await _asked(at.one, thread, 2, "b")
    await at.other.do("decide", thread, None, APPROVE)
    return await _wrong_acts(at, thread)


async def stale_keyed_click(at: Stage, chance: random.Random) -> list[str]:
    """A yes to the first question, by its id, arrives when the second one waits."""
    thread = at.thread()
    first = (await _asked(at.one, thread, 1, "a"))["a"]
    await at.one.do("decide", thread, first, REJECT)
    second = await _asked(at.one, thread, 2, "b")
    late = await at.other.do("decide", thread, first, APPROVE)
    found = ["a stale yes was told: accepted"] if _accepted(late) else []
    found += await _wrong_acts(at, thread)
    await at.one.do("decide", thread, second["b"], APPROVE)
    return found + await _wrong_acts(at, thread, "b")


async def answered_checkpoint(at: Stage, chance: random.Random) -> list[str]:
    """Someone resumes from the checkpoint at which the question was asked, after it was answered."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    waiting = (await at.one.do("state", thread))["checkpoint"]
    first, second = chance.sample([APPROVE, REJECT], 2)
    await at.one.do("decide", thread, key, first)
    late = await at.other.do("decide", thread, key, second, waiting)
    found = ["the contrary decision from the old checkpoint was told: accepted"] if _accepted(late) else []
    return found + await _wrong_acts(at, thread, *(["a"] if first is APPROVE else []))


async def parallel_in_any_order(at: Stage, chance: random.Random) -> list[str]:
    """Three calls of one answer are decided one by one, in any order, through two processes."""
    thread = at.thread()
    keys = await _asked(at.one, thread, 1, "a", "b", "c")
    wanted = {"a": APPROVE, "b": REJECT, "c": edited("d")}
    for text in chance.sample(sorted(wanted), 3):
        await chance.choice([at.one, at.other]).do("decide", thread, keys.get(text), wanted[text])
    return await _wrong_acts(at, thread, "a", "d")


async def parallel_at_once(at: Stage, chance: random.Random) -> list[str]:
    """Two calls of one answer are decided at the same moment, through two processes."""
    thread = at.thread()
    keys = await _asked(at.one, thread, 1, "a", "b")
    pair = [at.one.begin("decide", thread, keys["a"], APPROVE), at.other.begin("decide", thread, keys["b"], REJECT)]
    await asyncio.gather(*pair)
    await at.one.do("again", thread, 1, message(1, "a", "b"))
    found = await _wrong_acts(at, thread, "a")
    return found + _is("replies", await _replies(at, thread), [heard(1)])


async def message_while_waiting(at: Stage, chance: random.Random) -> list[str]:
    """The requester writes on while a call waits: it is neither run nor lost."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    await at.other.do("say", thread, 2, message(2) + " Yes, go ahead.")
    found = await _wrong_acts(at, thread)
    await at.one.do("decide", thread, key, APPROVE)
    return found + await _wrong_acts(at, thread, "a")


async def edit_then_late_yes(at: Stage, chance: random.Random) -> list[str]:
    """What runs is the edit; a late yes to what was first asked for runs nothing and is told so."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    await at.one.do("decide", thread, key, edited("b"))
    late = await at.other.do("decide", thread, key, APPROVE)
    found = ["a yes to other arguments was told: accepted"] if _accepted(late) else []
    return found + await _wrong_acts(at, thread, "b")


async def malformed(at: Stage, chance: random.Random) -> list[str]:
    """An answer in no known form is refused, and what waits can still be decided."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    bad: list[Any] = [True, "yes", {"decisions": []}, decision("perhaps"), {"decisions": [{"type": "approve"}] * 2}]
    told = await at.other.do("decide", thread, key, chance.choice(bad))
    found = ["a malformed answer was told: accepted"] if _accepted(told) else []
    found += _is("what waits", list((await at.one.do("state", thread))["waits"]), [key])
    found += await _wrong_acts(at, thread)
    await at.one.do("decide", thread, key, APPROVE)
    return found + await _wrong_acts(at, thread, "a")


async def duplicate_message(at: Stage, chance: random.Random) -> list[str]:
    """A message is sent again after it was answered, as clients do after a lost connection."""
    thread = at.thread()
    told = [await actor.do("say", thread, 1, message(1)) for actor in (at.one, at.other)]
    found = _is("told", told, [{"told": heard(1)}] * 2)
    return found + _is("replies", await _replies(at, thread), [heard(1)])


async def duplicates_at_once(at: Stage, chance: random.Random) -> list[str]:
    """One message arrives at two processes at the same moment; the refused one tries again."""
    thread = at.thread()
    await asyncio.gather(*(_patient(actor, thread, 1) for actor in (at.one, at.other)))
    return _is("replies", await _replies(at, thread), [heard(1)])


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
    found = _is("told", told, [{"told": heard(n)} for n in range(1, count + 1)])
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


def killed(point: str) -> Case:
    """Return the case of a process that is killed at the effect; the client goes on as its guide says."""

    async def case(at: Stage, chance: random.Random) -> list[str]:
        thread = at.thread()
        key = (await _asked(at.one, thread, 1, "a"))["a"]
        at.one.arm(point, "kill")
        await at.one.do("decide", thread, key, APPROVE)
        told = await at.other.do("again", thread, 1, message(1, "a"))
        if waits := told.get("waits"):  # asked anew: the human says again what they said
            await at.other.do("decide", thread, next(iter(waits)), APPROVE)
        await at.one.ready()
        return await _wrong_acts(at, thread, "a") + _is("replies", await _replies(at, thread), [heard(1)])

    return case


async def killed_in_the_model_call(at: Stage, chance: random.Random) -> list[str]:
    """A process is killed while the model answers; the message is sent again."""
    thread = at.thread()
    at.one.arm("model", "kill")
    await at.one.do("say", thread, 1, message(1))
    told = await at.other.do("again", thread, 1, message(1))
    await at.one.ready()
    return _is("told", told, {"told": heard(1)}) + _is("replies", await _replies(at, thread), [heard(1)])


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
    return _is("replies", await _replies(at, thread), [heard(1), heard(2)])


async def frozen_before_effect(at: Stage, chance: random.Random) -> list[str]:
    """A process freezes before it runs an approved call; another takes over; then the first one wakes."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    at.one.arm("effect.intent:before" if at.runtime == "ours" else "act:before", "freeze")
    first = at.one.begin("decide", thread, key, APPROVE)
    await at.one.frozen()
    await at.other.do("again", thread, 1, message(1, "a"))
    at.one.thaw()
    await first
    return await _wrong_acts(at, thread, "a")


async def cancelled_in_mid_call(at: Stage, chance: random.Random) -> list[str]:
    """A turn is cancelled while the model answers; the thread is usable at once, and the message is not lost."""
    thread = at.thread()
    at.one.arm("model", "slow")
    first = at.one.begin("say", thread, 1, message(1))
    await asyncio.sleep(0.5)
    at.one.cancel_last()
    await first
    told = await at.one.do("say", thread, 2, message(2))
    found = _is("told", told, {"told": heard(2)})
    return found + _is("replies", await _replies(at, thread), [heard(1), heard(2)])


async def requester_approves(at: Stage, chance: random.Random) -> list[str]:
    """Who asked for a call says yes to it."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    told = await at.one.do("decide_as_requester", thread, key, APPROVE)
    found = [] if told.get("code") == "not_permitted" else [f"told {told}"]
    return found + await _wrong_acts(at, thread)


async def expired(at: Stage, chance: random.Random) -> list[str]:
    """A yes comes after the time to decide has run out; the next message is answered."""
    thread = at.thread()
    key = (await _asked(at.one, thread, 1, "a"))["a"]
    await asyncio.sleep(1.2)
    late = await at.other.do("decide", thread, key, APPROVE)
    found = [] if late.get("code") == "already_decided" else [f"told {late}"]
    told = await at.one.do("say", thread, 2, message(2))
    return found + _is("told", told, {"told": heard(2)}) + await _wrong_acts(at, thread)


RACES = (
    Race("contrary decisions at the same moment, two processes", contrary_at_once, 1_000),
    Race("one decision twice at the same moment, two processes", same_at_once, 25),
    Race("one decision sent again later", same_again, 10),
    Race("the contrary decision after the first was carried out", contrary_later, 10),
    Race("a late bare yes meets the next question", stale_bare_click, 10),
    Race("a late keyed yes meets the next question", stale_keyed_click, 10),
    Race("an answered checkpoint is resumed with the contrary decision", answered_checkpoint, 10),
    Race("parallel approvals answered in any order", parallel_in_any_order, 20),
    Race("parallel approvals answered at the same moment", parallel_at_once, 20),
    Race("'yes, go ahead' from the requester while a call waits", message_while_waiting, 10),
    Race("edited arguments, then a late yes to the first ones", edit_then_late_yes, 10),
    Race("a malformed answer, then a right one", malformed, 10),
    Race("a message sent again after its answer", duplicate_message, 10),
    Race("one message at two processes at the same moment", duplicates_at_once, 20),
    Race("two messages of one thread at two processes", two_messages_at_once, 10),
    Race("32 messages of one thread at once", many_messages_at_once, 2),
    Race("killed before the effect", killed("act:before"), 5),
    Race("killed after the effect", killed("act:after"), 5),
    Race("killed in the model call", killed_in_the_model_call, 5),
    Race("a frozen writer wakes after it was overtaken", frozen_writer, 4),
    Race("frozen before the effect, overtaken, woken", frozen_before_effect, 4),
    Race("cancelled in mid-call, then the next message", cancelled_in_mid_call, 5),
    Race("the requester says yes", requester_approves, 5, beside=False),
    Race("a yes after the time has run out", expired, 5, beside=False, settings={"approval_ttl_seconds": 1}),
)
