"""Approvals: the first decision stands, by compare-and-set, on the database's clock."""

import asyncio
from datetime import timedelta

import pytest

from dossier.adapters.approvals import Decided, close, request
from dossier.errors import AlreadyDecided, Conflict, LeaseLost, NotFound, NotPermitted
from dossier.run import Step
from dossier.tools import args_hash
from state import events as e
from tests.spine.filling import all_at_once, asked, gone_on, opened

YES, NO = Decided("approved"), Decided("denied", message="not now")


async def _waiting(services, officer, thread, count=1, seconds=3600.0):
    run = await opened(services, officer, thread)
    expires = services.now() + timedelta(seconds=seconds)
    said = [asked(f"{thread}-{n}", {"words": str(n)}, index=n, expires=expires) for n in range(count)]
    also = [request(run, body, "irreversible") for body in said]
    await services.log.record(run, Step("ask"), [e.ThreadCreated(owner=officer), *said], since=0, also=also)
    return run, [body.approval_id for body in said]


@pytest.mark.req("AP-4")
async def test_of_two_contrary_decisions_at_once_exactly_one_wins_in_200_trials(services, officer, thread):
    _, ids = await _waiting(services, officer, thread, count=200)
    decide = services.approvals.decide
    for waiting in ids:
        yes, no = await all_at_once(
            decide(officer.tenant, waiting, YES, "s.okafor"), decide(officer.tenant, waiting, NO, "l.lee")
        )
        standing = await services.approvals.get(officer.tenant, waiting)
        won, lost = (yes, no) if standing.status == "approved" else (no, yes)
        assert (won, type(lost)) == (standing, AlreadyDecided)
        assert standing.decided_by == ("s.okafor" if standing.status == "approved" else "l.lee")
        assert standing.status in str(lost)


@pytest.mark.req("AP-4")
async def test_the_same_decision_again_is_no_error_and_changes_nothing(services, officer, thread):
    _, (waiting,) = await _waiting(services, officer, thread)
    first = await services.approvals.decide(officer.tenant, waiting, NO, "s.okafor")
    again = await services.approvals.decide(officer.tenant, waiting, Decided("denied", message="again"), "s.okafor")
    assert again == first
    assert again.decision == {"message": "not now"}
    for contrary, by in ((NO, "l.lee"), (YES, "s.okafor"), (Decided("edited", args={}, args_hash="x"), "s.okafor")):
        with pytest.raises(AlreadyDecided, match=r"is already denied by s\.okafor"):
            await services.approvals.decide(officer.tenant, waiting, contrary, by)


@pytest.mark.req("AP-3", "AP-4")
async def test_two_different_edits_are_contrary(services, officer, thread):
    _, (waiting,) = await _waiting(services, officer, thread)
    one, other = ({"words": word} for word in ("a", "b"))
    edited = Decided("edited", args=one, args_hash=args_hash("tell", one))
    first = await services.approvals.decide(officer.tenant, waiting, edited, "s.okafor")
    assert first.decision == {"message": "", "args": one, "args_hash": args_hash("tell", one)}
    assert (first.args, first.args_hash) == ({"words": "0"}, args_hash("tell", {"words": "0"}))
    with pytest.raises(AlreadyDecided):
        changed = Decided("edited", args=other, args_hash=args_hash("tell", other))
        await services.approvals.decide(officer.tenant, waiting, changed, "s.okafor")


@pytest.mark.req("AP-5")
async def test_a_late_decision_is_refused_by_the_databases_clock(services, officer, thread):
    _, (waiting,) = await _waiting(services, officer, thread, seconds=0.4)
    assert not (await services.approvals.get(officer.tenant, waiting)).is_late
    await asyncio.sleep(0.6)
    with pytest.raises(AlreadyDecided, match="expired at"):
        await services.approvals.decide(officer.tenant, waiting, YES, "s.okafor")
    standing = await services.approvals.get(officer.tenant, waiting)
    assert (standing.status, standing.is_late, standing.decided_by) == ("pending", True, None)


@pytest.mark.req("AP-3")
async def test_what_was_asked_can_not_be_changed_afterwards(services, officer, thread):
    _, (waiting,) = await _waiting(services, officer, thread)
    for change in ("args = '{}'", "args_hash = 'x'", "tool = 'x'", "expires_at = now() + '1 year'", "relied_on = '{}'"):
        with pytest.raises(NotPermitted):
            async with services.db.write("test", officer.tenant) as cursor:
                await cursor.execute(f"UPDATE approvals SET {change} WHERE approval_id = %s", [waiting])


@pytest.mark.req("AP-4")
async def test_a_closed_request_can_not_be_decided_and_a_decided_one_not_closed(services, officer, thread):
    run, (closed, decided) = await _waiting(services, officer, thread, count=2)
    await services.approvals.decide(officer.tenant, decided, YES, "s.okafor")
    with pytest.raises(Conflict):  # all or none: what the log would say of the decided one is not true
        await services.log.record(run, Step("all"), [], since=0, also=[close([closed, decided], "superseded")])
    await services.log.record(run, Step("settle"), [], since=0, also=[close([closed], "superseded")])
    with pytest.raises(AlreadyDecided, match="is already superseded"):
        await services.approvals.decide(officer.tenant, closed, YES, "s.okafor")
    assert (await services.approvals.get(officer.tenant, decided)).status == "approved"
    assert await services.approvals.pending(officer.tenant, thread) == []


@pytest.mark.req("AP-4", "UP-7")
async def test_a_run_that_was_overtaken_asks_for_nothing(services, officer, thread):
    run = await opened(services, officer, thread)
    await gone_on(services, run, "turn-2")
    body = asked("late", {}, expires=services.now() + timedelta(hours=1))
    with pytest.raises(LeaseLost):
        await services.log.record(run, Step("ask"), [body], since=0, also=[request(run, body, "write")])
    with pytest.raises(NotFound):
        await services.approvals.get(officer.tenant, "late")


@pytest.mark.req("AP-6", "SV-4")
async def test_the_inbox_shows_what_waits_in_one_tenant_only(services, officer, stranger, thread):
    _, ids = await _waiting(services, officer, thread, count=3)
    await services.approvals.decide(officer.tenant, ids[1], NO, "s.okafor")
    waiting = await services.approvals.inbox(officer.tenant)
    assert [approval.id for approval in waiting] == [ids[0], ids[2]]
    assert [a.id for a in await services.approvals.inbox(officer.tenant, limit=1, offset=1)] == [ids[2]]
    assert await services.approvals.inbox(stranger.tenant) == []
    with pytest.raises(NotFound):
        await services.approvals.decide(stranger.tenant, ids[0], YES, "s.okafor")
    assert (await services.approvals.get(officer.tenant, ids[0])).status == "pending"
