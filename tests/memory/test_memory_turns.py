"""Memory over whole turns: kept once when asked for, offered to other threads, gone when it is taken back."""

import uuid
from dataclasses import replace

import pytest

from dossier.adapters.memories import keeping
from dossier.adapters.script import Say
from dossier.errors import InvalidInput, NotFound
from dossier.memory import Memory, Owner, namespace
from graphs.assembly import turn_graph
from state import events as e
from state.principal import Principal
from tests.turn.conftest import Desk, said

WISH = "Remember that I prefer short answers."


@pytest.fixture
async def desk(open_desk):
    async with open_desk([Say(text="Noted.")] * 8) as opened:
        yield opened


async def elsewhere(desk: Desk, text: str, who: Principal | None = None) -> list[tuple[str, str]]:
    """Say something in a new thread, and return the memories that its package shows."""
    other = replace(desk, thread=str(uuid.uuid4()), officer=who or desk.officer)
    await other.say(text)
    return await other.shown("memory")


@pytest.mark.req("ME-1", "ME-2", "UP-3")
async def test_what_the_user_asks_to_be_remembered_is_offered_in_other_threads(desk):
    await desk.say(WISH)
    [stored] = await desk.of(e.MemoryCandidateStored)
    [kept] = await desk.services.memories.of(desk.officer)
    assert (kept.id, kept.owner, kept.text, kept.trust, kept.thread) == (
        stored.memory_id, Owner("user", "o.brandt"), "I prefer short answers", "user_claimed", desk.thread,
    )  # fmt: skip
    assert await elsewhere(desk, "What is the status of C-1042?") == [(f"memory:{kept.id}", "I prefer short answers")]
