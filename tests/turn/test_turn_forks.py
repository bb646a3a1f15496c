"""Forks and rehearsals: another way on from an earlier point, and what would have been."""

import psycopg
import pytest

from dossier.adapters.script import Call, CallTools, Fail, Say
from dossier.context.alter import Alteration
from dossier.errors import Conflict, InvalidInput, ModelOverloaded, NotFound
from graphs.rehearsal import what_if
from state import events as e
from state.fold import fold

ESCALATE = Call("change_status", {"case_id": "C-1042", "status": "escalated", "reason": "New evidence."})
STATUS = "SELECT status FROM casework.cases WHERE id = 'C-1042'"


async def talked(desk):
    """Two turns of talk; return the last events of each."""
    ends = []
    for text in ("My name is Ann. The hearing of C-1042 is on 4 May.", "The hearing of C-1042 is on 9 May, not 4 May."):
        await desk.say(text)
        ends.append((await desk.events())[-1].seq)
    return ends


@pytest.mark.req("SV-6", "EV-4", "EV-2")
async def test_a_fork_knows_what_was_known_there_and_goes_on_by_itself(offline):
    first, last = await talked(offline)
    origin = await offline.events()
    services, tenant = offline.services, offline.officer.tenant

    fork = await services.forks.make(tenant, offline.thread, "fork-1", upto=first, user=offline.officer.user)
    shared = await services.log.events(tenant, fork)
    assert [event.body for event in shared] == [event.body for event in origin[:first]]
    known = [fact.held.value for fact in await services.knowledge.facts(tenant, fork, first)]
    then = [fact.held.value for fact in await services.knowledge.facts(tenant, offline.thread, first)]
    assert known == then != []

    config = {"configurable": {"thread_id": fork}}
    given = {"messages": [{"role": "user", "content": "What is the status of C-1042?", "id": "in-the-fork"}]}
    result = await offline.graph.acting_as(offline.officer).ainvoke(given, config)
    events = await services.log.events(tenant, fork)
    assert "under_review" in result["messages"][-1]["content"]
    head = await offline.graph.acting_as(offline.officer).aget_state(config)
    assert head.values["session"] == fold(None, events).model_dump(mode="json")
    assert {event.header.turn for event in events[first:]} == {"in-the-fork"}
    assert await offline.events() == origin
    for thread, length in ((fork, len(events)), (offline.thread, last)):
        verdict = await services.verifier.verify(tenant, thread)
        assert (verdict.status, verdict.events) == ("intact", length)


@pytest.mark.req("SV-6", "EV-4")
async def test_a_message_that_was_answered_before_the_fork_is_answered_from_its_log(offline):
    await offline.say("What is the status of C-1042?", id="m1")
    end = (await offline.events())[-1].seq
    fork = await offline.services.forks.make(
        offline.officer.tenant, offline.thread, "fork-2", upto=end, user=offline.officer.user
    )
    offline.thread = fork
    again = await offline.say("What is the status of C-1042?", id="m1")

    assert "under_review" in again["messages"][-1]["content"]
    assert len(await offline.events()) == end


@pytest.mark.req("SV-6", "EV-3")
async def test_a_fork_is_bound_to_its_origin(offline, as_owner):
    first, _ = await talked(offline)
    services, tenant = offline.services, offline.officer.tenant
    fork = await services.forks.make(tenant, offline.thread, "fork-3", upto=first, user=offline.officer.user)
    hash_there = (await offline.events())[first - 1].header.hash
    assert (await services.log.thread(tenant, fork)).forked_from == f"{offline.thread}:{first}:{hash_there}"

    as_owner("UPDATE dossier.threads SET forked_from = 'elsewhere:1:0' WHERE thread_id = 'fork-3'")
    verdict = await services.verifier.verify(tenant, fork)
    assert (verdict.status, verdict.at) == ("broken", 1)


@pytest.mark.req("SV-6", "SV-4")
async def test_a_fork_begins_between_two_turns_of_a_thread_of_ones_tenant(offline, stranger):
    first, last = await talked(offline)
    make, tenant, user = offline.services.forks.make, offline.officer.tenant, offline.officer.user

    for within in (first - 1, first + 1, last + 1, -1):
        with pytest.raises(InvalidInput):
            await make(tenant, offline.thread, "never", upto=within, user=user)
    with pytest.raises(NotFound):
        await make(stranger.tenant, offline.thread, "never", upto=first, user=user)
    with pytest.raises(Conflict):
        await make(tenant, offline.thread, offline.thread, upto=first, user=user)
    with pytest.raises(NotFound):
        await offline.services.log.thread(tenant, "never")


@pytest.mark.req("SV-6", "PR-2")
async def test_what_was_erased_is_missing_in_a_fork_too(offline):
    await talked(offline)
    services, officer = offline.services, offline.officer
    seqs = [event.seq for event in await offline.events() if isinstance(event.body, e.UserMessageReceived)][:1]
    await services.eraser.redact(officer, offline.thread, seqs, reason="asked to")
    end = (await offline.events())[-1].seq
    fork = await services.forks.make(officer.tenant, offline.thread, "fork-4", upto=end, user=officer.user)

    assert (await services.log.events(officer.tenant, fork))[seqs[0] - 1].body is None
    assert (await services.verifier.verify(officer.tenant, fork)).status == "erased"


@pytest.mark.req("SV-6", "AP-4")
async def test_in_a_rehearsal_nothing_takes_effect_by_the_graph_or_past_it(open_desk, database_url):
    script = [Say(text="Yes."), CallTools(calls=(ESCALATE,)), Say(text="It was not run.")]
    async with open_desk(script) as desk:
        await desk.say("Is C-1042 open?")
        end, tenant = (await desk.events())[-1].seq, desk.officer.tenant
        desk.thread = await desk.services.forks.make(tenant, desk.thread, "fork-5", upto=end, user=desk.officer.user)
        result = await desk.say("Change the status of C-1042 to escalated.")

        assert "__interrupt__" not in result and await desk.waiting() == []
        refused = await desk.last(e.ToolCallRejected)
        assert (refused.name, refused.code) == ("change_status", "rehearsal")
        assert await desk.rows(STATUS) == [{"status": "under_review"}]
        with psycopg.connect(database_url, autocommit=True) as conn:
            conn.execute("SET ROLE dossier_runtime")
            conn.execute("SELECT set_config('dossier.tenant', %s, false)", [tenant])
            for column in ("", ", in_rehearsal"):
                with pytest.raises(psycopg.errors.IntegrityError):
                    conn.execute(
                        f"INSERT INTO dossier.effects (thread_id, turn_id, ordinal, call_index, args_hash, tool, key,"
                        f" status{column}) VALUES ('fork-5', 't', 0, 0, 'h', 'x', 'k', 'intent'"
                        f"{', true' if column else ''})"  # pyright: ignore[reportArgumentType]
                    )


@pytest.mark.req("SV-6", "AP-4")
async def test_in_a_fork_that_is_none_calls_wait_for_approval_as_ever(open_desk):
    async with open_desk([Say(text="Yes."), CallTools(calls=(ESCALATE,)), Say(text="Done.")]) as desk:
        await desk.say("Is C-1042 open?")
        end, tenant = (await desk.events())[-1].seq, desk.officer.tenant
        desk.thread = await desk.services.forks.make(
            tenant, desk.thread, "fork-6", upto=end, user=desk.officer.user, rehearsal=False
        )
        await desk.say("Change the status of C-1042 to escalated.")
        (approval,) = await desk.waiting()
        await desk.decide({approval.id: {"decisions": [{"type": "approve"}]}})

        assert await desk.rows(STATUS) == [{"status": "escalated"}]


@pytest.mark.req("CX-13", "SV-6")
async def test_what_if_tells_a_turn_again_without_an_item_and_leaves_the_first_telling_alone(offline):
    await offline.say("What is the status of C-1042?")
    before = await offline.events()
    (prompt,) = await offline.prompts()
    shown = {entry.item.id for entry in prompt.package.items}
    assert {"case:C-1042", "doc:IR-77#5"} <= shown

    alteration = Alteration(without=frozenset({"case:C-1042"}), stale=frozenset({"doc:IR-77#5"}))
    compared = await what_if(offline.services, offline.officer.tenant, prompt.package.header.id, alteration)

    assert compared.after.prompt is not None
    again = {entry.item.id: entry.item for entry in compared.after.prompt.package.items}
    assert shown - again.keys() == {"case:C-1042"}
    assert again["doc:IR-77#5"].stale_age == "0m"
    assert "[case:C-1042]" in compared.before.reply and "[case:C-1042]" not in compared.after.reply
    assert await offline.events() == before


@pytest.mark.req("CX-13")
async def test_what_if_shows_what_was_left_out_and_what_a_smaller_budget_drops(open_case_desk, offline):
    async with open_case_desk(package_budget=3_000) as services:
        offline.services = services
        await offline.say("What is the status of C-1042?")
        (prompt,) = await offline.prompts()
        package = prompt.package.header.id
        left = {exclusion.id for exclusion in prompt.package.exclusions if exclusion.reason == "budget"}
        compared = await what_if(services, offline.officer.tenant, package, Alteration(budget=2_500))
        assert compared.after.prompt is not None
        assert compared.after.prompt.package.total_tokens <= 2_500 < prompt.package.total_tokens
        lacking = {exclusion.id for exclusion in compared.after.prompt.package.exclusions} - left
        assert lacking
        wanted = min(lacking)
        shown = await what_if(
            services, offline.officer.tenant, package, Alteration(shown=frozenset({wanted}), budget=2_500)
        )
        assert shown.after.prompt is not None
        assert wanted in {entry.item.id for entry in shown.after.prompt.package.items}


@pytest.mark.req("CX-5", "CX-13")
async def test_what_if_says_what_would_have_stopped_the_turn(offline):
    await offline.say("What is the status of C-1042?")
    (prompt,) = await offline.prompts()
    ask, package = offline.officer.tenant, prompt.package.header.id

    stopped = await what_if(offline.services, ask, package, Alteration(budget=600))
    assert (stopped.after.prompt, stopped.after.reply) == (None, "")
    assert stopped.after.refused.startswith("budget_exceeded: ")
    with pytest.raises(InvalidInput, match="There is no item doc:NONE here"):
        await what_if(offline.services, ask, package, Alteration(without=frozenset({"doc:NONE"})))


@pytest.mark.req("CX-13", "CX-14", "CX-16")
async def test_what_if_tells_a_turn_by_another_prompt_and_another_way_to_choose_past_turns(offline):
    for text in ("The gull of C-1042 is grey.", "Good.", "What is the status of C-1042?"):
        await offline.say(text)
    prompt, ask = (await offline.prompts())[-1], offline.officer.tenant
    package = prompt.package.header.id

    def why(told):
        return {entry.item.reason for entry in told.prompt.package.items if entry.item.kind == "recent_turn"}

    told = await what_if(offline.services, ask, package, Alteration(prompt="research@v1", strategy="tail"))
    assert told.after.prompt is not None
    versions = [one.prompt.package.header.prompt_version for one in (told.before, told.after)]
    assert versions == ["casework@v1", "research@v1"]
    ids = {entry.item.id for entry in told.after.prompt.package.items}
    assert {"prompt:research@v1", "contract:research@v1"} < ids
    assert why(told.after) == {"newest first"} != why(told.before)
    for change in (Alteration(prompt="v9"), Alteration(prompt="poems@v1"), Alteration(strategy="guessing")):
        with pytest.raises(NotFound, match="There is no"):
            await what_if(offline.services, ask, package, change)


@pytest.mark.req("CX-13", "GR-2")
async def test_what_if_is_an_error_when_the_model_is_away_and_not_a_telling(open_desk):
    async with open_desk([Say(text="Yes."), Fail(status=503)], model_retries=0) as desk:
        await desk.say("Is C-1042 open?")
        (prompt,) = await desk.prompts()
        with pytest.raises(ModelOverloaded):
            await what_if(desk.services, desk.officer.tenant, prompt.package.header.id, Alteration())


@pytest.mark.req("CX-13")
async def test_what_if_begins_with_the_first_call_of_a_turn(open_desk):
    script = [CallTools(calls=(Call("get_case", {"case_id": "C-1042"}),)), Say(text="Open.")]
    async with open_desk(script) as desk:
        await desk.say("Is C-1042 open?")
        first, second = (prompt.package.header.id for prompt in await desk.prompts())
        with pytest.raises(InvalidInput, match="from its first model call") as refused:
            await what_if(desk.services, desk.officer.tenant, second, Alteration())
        assert first in refused.value.hint
