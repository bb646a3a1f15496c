"""Long threads through the graph: prompts stay bounded, and what was said early still answers."""

import pytest

from dossier.adapters.script import Say

TURNS = 24
FILLER = "Small talk number {n}: the harbour was quiet and gulls sat on crate {n} all morning, nothing else happened."


@pytest.mark.req("CX-18", "CX-7", "EL-6")
async def test_prompt_tokens_stay_bounded_and_an_early_fact_is_still_shown(open_desk):
    script = [Say(text=f"Noted, remark {n}.") for n in range(TURNS + 2)]
    async with open_desk(script, package_budget=3_000) as desk:
        await desk.say("The witness of the Dock Road incident is called Perpetua Lindqvist.")
        for n in range(TURNS):
            await desk.say(FILLER.format(n=n))
        await desk.say("Who was the witness of the incident on Dock Road?")
        tokens = [prompt.package.total_tokens for prompt in await desk.prompts()]
        assert len(tokens) == TURNS + 2
        assert max(tokens) <= 3_000
        shown = await desk.shown("recent_turn")
        assert "The witness of the Dock Road incident is called Perpetua Lindqvist." in [text for _, text in shown]
        items = [i.item for i in (await desk.prompts())[-1].package.items if i.item.kind == "recent_turn"]
        early = next(item for item in items if "Perpetua" in item.text)
        assert early.reason == "recalled: says dock, incident, road, witness"
        assert early.score == 1


@pytest.mark.req("CX-14", "EL-6")
async def test_with_only_the_last_turns_kept_the_early_fact_is_gone_and_with_recall_it_answers(open_desk):
    script = [Say(text=f"Noted, remark {n}.") for n in range(16)]
    async with open_desk(script, strategy="last-n", turn_limit_recent=2) as desk:
        await desk.say("The witness of the Dock Road incident is called Perpetua Lindqvist.")
        for n in range(14):
            await desk.say(FILLER.format(n=n))
        await desk.say("Who was the witness of the incident on Dock Road?")
        assert not [text for _, text in await desk.shown("recent_turn") if "Perpetua" in text]
        prompts = await desk.prompts()
        assert all("Perpetua" not in message["content"] for message in prompts[-1].messages)
