"""Kills of endpoint processes: clients talk REST, follow streams, and go on with the next process."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from evals.torture.checks import BEHIND
from evals.torture.opening import LEASE_SECONDS
from evals.torture.outside import Outside
from evals.torture.plan import EACH, Plan
from evals.torture.player import Told
from evals.torture.replica import Replica, replica
from evals.torture.rest import DIED
from evals.torture.scenarios import SCENARIOS, Decide, Say, Scenario
from evals.torture.slots import SECRET, Kill, Life, Record, databases, log_of, restore, sink
from evals.torture.verdict import report_of

WORKERS = 5
_PASSING = ("thread_busy", "lease_lost", "unavailable", "draining", "database_unreachable")
_PATIENCE = 300


def measure(
    admin: str, *, faults: int = 0, workers: int = WORKERS, tell: Callable[[str], None] = lambda text: None
) -> dict[str, Any]:
    """Kill processes of the endpoint at every write point and return the report; see `evals.torture.kills`."""
    with sink() as port, databases(admin, workers) as names:
        return asyncio.run(_measured(names, port, faults, tell))


@asynccontextmanager
async def places(databases: Sequence[str], port: int) -> "AsyncIterator[list[Place]]":
    """Open a place on each database, with one sink for all."""
    async with AsyncExitStack() as stack:
        opened = []
        for database in databases:
            opened.append(Place(database, Outside(port), await replica()))
            stack.push_async_callback(opened[-1].served.close)
        yield opened


async def _measured(names: Sequence[str], port: int, faults: int, tell: Callable[[str], None]) -> dict[str, Any]:
    async with places(names, port) as at:
        left = list(SCENARIOS)
        made = await asyncio.gather(*(_undisturbed(place, left) for place in at))
        by_name = {record.scenario: record for records in made for record in records}
        undisturbed = {scenario.name: by_name[scenario.name] for scenario in SCENARIOS}
        tell(f"{len(undisturbed)} scenarios were played undisturbed through the endpoint.")
        plan = Plan({name: record.lives[0].hits for name, record in undisturbed.items()}, each=EACH, faults=faults)
        killed = await asyncio.gather(*(_kills(plan, place) for place in at))
    report = report_of([*undisturbed.values(), *(record for of in killed for record in of)], undisturbed, plan)
    tell(f"{sum(plan.hits.values())} processes were killed: {len(report['problems'])} problems.")
    return report


async def _undisturbed(place: "Place", left: list[Scenario]) -> list[Record]:
    made = []
    while left:
        made.append(await place.run(left.pop(0), []))
    return made


async def _kills(plan: Plan, place: "Place") -> list[Record]:
    made = []
    while (planned := plan.next()) is not None:
        scenario = next(one for one in SCENARIOS if one.name == planned.scenario)
        record = await place.run(scenario, planned.kills)
        plan.note(planned, [life.hits for life in record.lives], record.kills)
        made.append(record)
    return made


class Place:
    """A database and one process of the endpoint at a time; makes runs, one after another."""

    def __init__(self, database: str, outside: Outside, served: Replica) -> None:
        self._database = database
        self._outside = outside
        self.served = served

    async def run(self, scenario: Scenario, kills: Sequence[Kill]) -> Record:
        """Play a scenario through, with one kill a life, and a last life without."""
        await restore(self._database)
        client = _Client(scenario, str(uuid.uuid4()), self.served, self._outside)
        lives: list[Life] = []
        found: list[str] = []
        before: list[Any] = []
        for kill in (*kills, None):
            life = await self._live(client, kill)
            lives.append(life)
            found += life.problems
            log = await asyncio.to_thread(log_of, self._database, client.thread)
            if log[: len(before)] != before:
                found.append("events that were committed are gone or changed")
            before = log
            if life.outcome is not None:
                break
        if lives[-1].outcome is None:
            found.append("the scenario did not come to its end")
        outside = await asyncio.to_thread(self._outside.ask, "/of", thread=client.thread)
        return Record(scenario.name, lives, client.thread, found, outside)

    async def _live(self, client: "_Client", kill: Kill | None) -> Life:
        life = Life()
        where = {"database": self._database, "secret": SECRET, "sink": self._outside.port}
        await self.served.serve({**where, "scenario": client.scenario.name})
        if kill:
            self.served.arm(kill[0], "kill", kill[1])
        if await self._looked_into(client, life, ended=False) and await client.go_on(life):
            await self._looked_into(client, life, ended=True)
        await self.served.stop()
        life.hits, life.exit = self.served.hits, self.served.code
        life.problems += self.served.troubles
        return life

    async def _looked_into(self, client: "_Client", life: Life, *, ended: bool) -> bool:
        checked = await self.served.check(client.thread, ended=ended)
        if checked is not None and any(text.startswith(BEHIND) for text in checked["problems"]):
            # The client had its answer from the log. Its message, sent once more, has to make the cache good.
            await asyncio.sleep(2 * LEASE_SECONDS)
            await client.say_again()
            checked = await self.served.check(client.thread, ended=ended)
        if checked is not None:
            life.problems += checked["problems"]
            life.outcome = checked["outcome"]
        return checked is not None


class _Client:
    """Does the steps of a scenario as a patient client does, over as many processes as it takes."""

    def __init__(self, scenario: Scenario, thread: str, served: Replica, outside: Outside) -> None:
        self.scenario = scenario
        self.thread = thread
        self._served = served
        self._outside = outside
        self._step = 0
        self._asked: Mapping[str, str] = {}

    async def go_on(self, life: Life) -> bool:
        """Do what is left; return False when the process died meanwhile."""
        while self._step < len(self.scenario.steps):
            told = await self._patiently()
            if told == DIED:
                return False
            self._asked = told.get("waits", {})
            life.said[self._step] = "waits for approval" if self._asked else told.get("told") or told["code"]
            self._step += 1
        return True

    async def say_again(self) -> None:
        """Send the last message once more, as after a lost connection."""
        number, step = next((n, s) for n, s in reversed([*enumerate(self.scenario.steps)]) if isinstance(s, Say))
        await self._served.do("say", self.thread, number, step.text)

    async def _patiently(self) -> Told:
        told: Told = {"code": "thread_busy"}
        for _ in range(_PATIENCE):
            if told.get("code") not in _PASSING:
                break
            told = await self._looked_into(await self._once())
            await asyncio.sleep(0.1 if told.get("code") in _PASSING else 0)
        return told

    async def _once(self) -> Told:
        step = self.scenario.steps[self._step]
        if isinstance(step, Decide):
            (waiting,) = self._asked
            return await self._served.do("decide", self.thread, waiting, dict(step.decision))
        return await self._served.do("say", self.thread, self._step, step.text)

    async def _looked_into(self, told: Told) -> Told:
        """Let the approver find out what nobody else can: whether a call took place."""
        if not told.get("waits") or not self.scenario.may_be_unknown:
            return told
        rang = await asyncio.to_thread(self._outside.ask, "/of", thread=self.thread)
        found = {"type": "approve" if rang["rings"] else "reject"}
        (waiting,) = told["waits"]
        return await self._served.do("decide", self.thread, waiting, found)
