"""The main job in one sitting: a conversation that must be right, and survives two kills."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from typing import Any

from langgraph.types import Command
from psycopg import AsyncConnection
from psycopg.rows import dict_row
from rich.console import Console

from casework.application import application
from casework.install import restore_case
from cli.inspect import show_verdict
from cli.turn_report import show_turn
from dossier.services import Services, connections, open_services
from dossier.settings import Settings
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph
from state.principal import Principal

TENANT = "northgate"
CASE = "C-1042"
OFFICER = Principal(tenant=TENANT, user="o.brandt", roles=("officer",))
SUPERVISOR = Principal(tenant=TENANT, user="s.okafor", roles=("supervisor",))

TALK = (
    "What's the position on C-1042? Not urgent, just summarise the evidence.",
    "New evidence makes it urgent: redo the risk analysis only, don't change the status.",
    "Quote the key finding from the report.",
    "Use the second one.",
)
_SHORT_LEASE = {"lease_seconds": 3, "heartbeat_seconds": 1}
"""So that nobody waits long for the lease of a killed process; the default is 30 s."""
_CHANGES = """
SELECT count(*) AS n FROM casework.status_changes JOIN dossier.effects USING (key) WHERE thread_id = %s
"""
REQUEST = "Change the status of C-1042 to escalated."


async def play(settings: Settings, out: Console) -> None:
    """Play the conversation and print what a reader would want to check."""
    settings = settings.model_copy(update=_SHORT_LEASE)
    async with open_services(settings, application()) as services:
        await _restore(settings)
        await _Demo(services, turn_graph(services), services.new_id(), out).play()


async def _restore(settings: Settings) -> None:
    """Put the case back, as the role that owns the case desk's tables."""
    async with (
        connections(settings) as where,
        await AsyncConnection[dict[str, Any]].connect(where.admin, row_factory=dict_row) as conn,
        conn.cursor() as cursor,
    ):
        await restore_case(cursor, TENANT, CASE)


@dataclass
class _Demo:
    services: Services
    graph: GatedGraph
    thread: str
    out: Console
    seen: int = 0
    """Events printed so far."""

    async def play(self) -> None:
        self._introduce()
        for text in TALK:
            self._says(OFFICER, text)
            await self._send(self.services.new_id(), text)
            await self._show()
        await self._risky_action()
        await self._check()

    def _introduce(self) -> None:
        profile = self.services.profile
        offline = " (built in: it only quotes what it is shown; set OPENAI_API_KEY and DOSSIER_MODEL for a real one)"
        self.out.print(f"Model: {profile.name}{offline if profile.offline else ''}")
        self.out.print(f"Case {CASE} was put back to its first state. o.brandt is an officer, s.okafor the supervisor.")

    async def _risky_action(self) -> None:
        turn = self.services.new_id()
        self._says(OFFICER, REQUEST)
        job = {"principal": OFFICER.model_dump(), "input": _message(turn, REQUEST)}
        await self._kill(job, "step.call_model:after", "the model has answered, nothing else has happened")
        self._note("The same message is sent again, as a client would after a lost connection:")
        await self._send(turn, REQUEST)
        await self._show()
        approval = (await self.services.approvals.pending(TENANT, self.thread))[0]
        self._says(SUPERVISOR, f"approves {approval.tool}")
        decision = {approval.id: {"decisions": [{"type": "approve"}]}}
        job = {"principal": SUPERVISOR.model_dump(), "resume": decision}
        await self._kill(job, "effect.transaction:after", "the status is changed, but no step of the turn knows yet")
        self._note("The supervisor's click is repeated:")
        await self.graph.acting_as(SUPERVISOR).ainvoke(Command(resume=decision), self._config)
        await self._show()

    async def _check(self) -> None:
        events = await self.services.log.events(TENANT, self.thread)
        called = [event.body for event in events if event.header.type == "model_called"]
        answered = {getattr(body, "package_id", None) for body in called}
        async with self.services.db.read(TENANT) as cursor:
            await cursor.execute(_CHANGES, [self.thread])
            row = await cursor.fetchone()
        self.out.rule("[bold]What is on record")
        self.out.print(f"Status changes of this conversation: {row['n'] if row else 0} (two kills, one change)")
        self.out.print(f"Model answers on record: {len(called)}, for {len(answered)} packages")
        show_verdict(self.out, self.thread, await self.services.verifier.verify(TENANT, self.thread))
        package = [e for e in events if e.header.type == "context_package_built"][-1].body
        self.out.print("\nLook next:", style="bold")
        self.out.print(f"  .venv/bin/dossier log {self.thread}", soft_wrap=True)
        self.out.print(f"  .venv/bin/dossier receipt {getattr(package, 'package_id', '')}", soft_wrap=True)
        self.out.print(f"  .venv/bin/dossier verify {self.thread}", soft_wrap=True)
        self.out.print("  README.md and docs/guarantees.md: what is promised, and the test that shows it")

    async def _send(self, turn: str, text: str) -> None:
        await self.graph.acting_as(OFFICER).ainvoke(_message(turn, text), self._config)

    async def _show(self) -> None:
        events = await self.services.log.events(TENANT, self.thread, after=self.seen)
        show_turn(self.out, events, after=self.seen)
        self.seen = events[-1].seq if events else self.seen

    async def _kill(self, job: dict[str, Any], point: str, meaning: str) -> None:
        """Let another process work on the turn, and kill it with SIGKILL at a write point."""
        job = {**job, "thread": self.thread, "stop_at": point}
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli.killed_turn", json.dumps({**job, "settings": _SHORT_LEASE}), stdout=PIPE
        )
        assert child.stdout is not None
        reached = (await child.stdout.readline()).decode().strip()
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        if reached != point:
            raise RuntimeError(f"the process ended before {point}")
        self.out.print(f"  [red bold]kill -9[/red bold]  process {child.pid}, at {point}:", highlight=False)
        self._note(f"         {meaning}")
        await self._lease_expires()

    async def _lease_expires(self) -> None:
        seconds = self.services.settings.lease_seconds
        self._note(f"Its lease on the thread runs out by itself (here after {seconds} s) ...")
        token = await self.services.leases.take(TENANT, self.thread, wait=seconds + 5.0)
        await self.services.leases.release(TENANT, self.thread, token)

    def _says(self, who: Principal, text: str) -> None:
        self.out.print()
        self.out.print(f"[bold cyan]{who.user}[/bold cyan]  {text}", highlight=False)

    def _note(self, text: str) -> None:
        self.out.print(f"  {text}", style="italic", highlight=False)

    @property
    def _config(self) -> Any:
        return {"configurable": {"thread_id": self.thread}}


def _message(turn: str, text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text, "id": turn}]}
