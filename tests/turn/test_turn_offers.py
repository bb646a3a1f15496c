"""An offer and its yes, over whole turns, with no model that reads messages."""

import pytest

from dossier.adapters.script import Say
from state import events as e

OFFER = "C-1042 is under review. Shall I note that the hearing is on 3 June?"


@pytest.mark.req("UP-3", "UP-4")
async def test_a_yes_to_what_was_asked_is_kept_as_claimed_by_the_user_and_changes_nothing_else(open_desk):
    async with open_desk([Say(text=OFFER), Say(text="Noted."), Say(text="Good.")]) as desk:
        await desk.say("What is the status of C-1042?")
        await desk.say("Yes, please.")
        facts = [body.fact for body in await desk.of(e.FactConfirmed) if body.fact.key.endswith("/hearing")]
        assert [(f.key, f.value, f.trust, f.statement) for f in facts] == [
            ("case:C-1042/hearing", "on 3 June", "user_claimed", "Yes, please."),
        ]
        assert await desk.of(e.ToolCallRequested) == await desk.of(e.HumanApprovalRequested) == []
        # The yes answered that question: said again, it takes nothing more.
        await desk.say("Yes, please.")
        assert len([b for b in await desk.of(e.FactConfirmed) if b.fact.key.endswith("/hearing")]) == 1


@pytest.mark.req("UP-3", "UP-5")
async def test_a_no_or_a_yes_to_an_act_keeps_nothing(open_desk):
    async with open_desk([Say(text=OFFER), Say(text="Shall I escalate the case?"), Say(text="Ask for it.")]) as desk:
        await desk.say("What is the status of C-1042?")
        await desk.say("No, don't.")
        await desk.say("Yes, do.")
        assert [b for b in await desk.of(e.FactConfirmed) if b.fact.trust == "user_claimed"] == []
        assert await desk.of(e.HumanApprovalRequested) == []
