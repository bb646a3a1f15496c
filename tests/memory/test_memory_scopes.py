"""Whose a memory is: a team's, a case's; and what holds no longer is taken away."""

import uuid
from dataclasses import replace

import pytest

from dossier.adapters.script import Say
from dossier.errors import NotFound
from dossier.memory import Owner
from dossier.memory.held import LIFETIME
from state import events as e
from state.principal import Principal
from tests.turn.conftest import Desk

MONDAYS = "letters go out on Mondays"
TABLES = "I prefer tables"
COLLEAGUE = Principal(tenant="northgate", user="a.colleague", roles=("officer",))
SECOND = Principal(tenant="northgate", user="b.second", roles=("supervisor",))


@pytest.fixture
async def desk(open_desk):
    async with open_desk([Say(text="Noted.")] * 8) as opened:
        yield opened


async def reminded(desk: Desk, who: Principal, text: str) -> list[str]:
    """Say something in a new thread, and return the memories that its package shows."""
    other = replace(desk, thread=str(uuid.uuid4()), officer=who)
    await other.say(text)
    return [text for _, text in await other.shown("memory")]


@pytest.mark.req("ME-1", "ME-2")
async def test_a_teams_wish_reaches_the_team_alone_and_only_its_seniors_may_state_one(desk, stranger):
    await replace(desk, officer=desk.supervisor).say(f"Remember for my team that {MONDAYS}.")
    [kept] = await desk.services.memories.of(SECOND)
    assert (kept.owner, kept.text, kept.said_by) == (Owner("team", "supervisor"), MONDAYS, "s.okafor")
    assert await desk.services.memories.of(COLLEAGUE) == await desk.services.memories.of(stranger) == []
    other = replace(desk, thread=str(uuid.uuid4()))
    await other.say(f"Remember for my team that {MONDAYS}.")
    [refused] = await other.of(e.MemoryCandidateRefused)
    assert (refused.check, refused.reason) == (
        "scope", "No policy lets this user's words be kept for 'team:officer'.",
    )  # fmt: skip


@pytest.mark.req("ME-1", "ME-2", "CX-3")
async def test_a_cases_wish_comes_up_with_that_case_for_whoever_may_read_it(desk):
    await desk.say("What is the status of C-1042?")
    await desk.say(f"Remember for this case that {TABLES}.")
    [kept] = await desk.services.memories.of(desk.officer)
    assert (kept.owner, kept.text) == (Owner("case", "C-1042"), TABLES)
    assert await reminded(desk, COLLEAGUE, "Show C-1042 in tables, please.") == [TABLES]
    assert await reminded(desk, COLLEAGUE, "Show C-1043 in tables, please.") == []


@pytest.mark.req("ME-4")
async def test_who_stated_a_cases_wish_and_nobody_else_corrects_or_forgets_it(desk):
    memories, officer = desk.services.memories, desk.officer
    await desk.say("What is the status of C-1042?")
    await desk.say(f"Remember for this case that {TABLES}.")
    [kept] = await memories.of(officer)
    assert await memories.of(COLLEAGUE) == []
    with pytest.raises(NotFound):
        await memories.forget(COLLEAGUE, kept.id)
    made = await memories.correct(officer, kept.id, "I prefer lists")
    assert (made.owner, await memories.of(officer)) == (kept.owner, [made])
    assert await memories.forget_all(COLLEAGUE) == 0
    assert (await memories.forget_all(officer), await memories.of(officer)) == (1, [])


@pytest.mark.req("ME-1", "PE-5")
async def test_the_sweeper_takes_away_what_holds_no_longer_in_every_tenant_and_nothing_else(desk, stranger, as_owner):
    await desk.say("Remember that I prefer lists. Remember that I prefer short answers.")
    lasting, passing = await desk.services.memories.of(desk.officer)
    await desk.services.sweeps.tidied(seconds=60, stuck_after=300)
    assert len(await desk.services.memories.of(desk.officer)) == 2
    as_owner(f"UPDATE langgraph.store SET expires_at = now() - interval '1 second' WHERE key = '{passing.id}'")
    await desk.services.sweeps.tidied(seconds=60, stuck_after=300)
    assert await desk.services.memories.of(desk.officer) == [lasting]
    assert lasting.expires_at == lasting.said_at + LIFETIME
