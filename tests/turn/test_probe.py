from dossier.adapters.script import *
from state import events as e
async def test_neither(open_desk):
    for a in ("IR-77", "CAL-5", "IR-58"):
        async with open_desk([Say(text="A."), Say(text="Q.")]) as desk:
            import uuid; desk.thread = str(uuid.uuid4())
            await desk.say("What's the position on C-1042?")
            await desk.say("Quote the key finding from the report.")
            await desk.say("neither")
            print(await desk.last(e.ClarificationRequested))
            print((await desk.say(a))["messages"][-1]["content"])
            print(await desk.last(e.ReferenceResolved)); print(await desk.shown("current_request"))
