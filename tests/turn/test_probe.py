import json
from dossier.adapters.script import Say, CallTools, Call
async def dump(desk):
    for ev in await desk.events():
        d = ev.body.model_dump(mode="json", exclude={"type"}) if ev.body else None
        s = json.dumps(d)
        print(ev.seq, ev.header.turn[:6] if ev.header.turn else None, ev.header.type, s[:700])
async def test_a(open_desk):
    async with open_desk([Say(text=f"Answer {i}.") for i in range(30)]) as desk:
        for t in ["What's the position on C-1042? Not urgent, just summarise the evidence.", "New evidence makes it urgent: redo the risk analysis only, don't change the status.", "Quote the key finding from the report.", "the second one", "I'm tired", "My name is Olga.", "Don't assume that the compressor failed.", "Sorry, it is not urgent.", "Thanks"]:
            r = await desk.say(t)
            print(">>>", t, "->", r["messages"][-1]["content"])
        await dump(desk)
        for m in (await desk.prompts())[-1].messages: print("=====", m["role"]); print(m["content"])
        print(json.dumps(await desk.head(), indent=1)[:3000])
