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

from cli.inspect import show_verdict
from cli.turn_report import show_turn
from dossier.services import Services, connections, open_services
from dossier.settings import Settings
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph
from graphs.served import demonstration
from state.events import ContextPackageBuilt
from state.principal import Principal

FOR_SHOW = {"lease_seconds": 3, "heartbeat_seconds": 1, "package_budget": 4_000}
"""So that nobody waits long for the lease of a killed process (30 s otherwise), and that something has to be left out
of a package (8,000 tokens otherwise)."""


async def play(settings: Settings, out: Console) -> None:
    """Play the conversation and print what a reader would want to check."""
    settings = settings.model_copy(update=FOR_SHOW)
    async with open_services(settings, demonstration.application()) as services:
        await _restore(settings)
        await _Demo(services, turn_graph(services), services.new_id(), out).play()


async def _restore(settings: Settings) -> None:
    """Put back what the demonstration changes, as the role that owns the application's tables."""
    async with (
        connections(settings) as where,
        await AsyncConnection[dict[str, Any]].connect(where.admin, row_factory=dict_row) as conn,
        conn.cursor() as cursor,
    ):
        await demonstration.restore(cursor)


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
        for text in demonstration.talk:
            self._says(demonstration.requester, text)
            await self._send(self.services.new_id(), text)
            await self._show()
        await self._risky_action()
        await self._check()

    def _introduce(self) -> None:
        profile, who = self.services.profile, demonstration
        self.out.print(f"Model     {profile.name}")
        if profile.offline:
            self.out.print("          built in and offline: it only quotes what it is shown.")
            self.out.print("          For a real one set OPENAI_API_KEY (or OPENAI_BASE_URL) and DOSSIER_MODEL.")
        self.out.print(f"People    {who.requester.user}, {', '.join(who.requester.roles)}; ", end="")
        self.out.print(f"{who.approver.user}, {', '.join(who.approver.roles)}")
        self.out.print(f"Start     {who.start}")
        self.out.print(f"Budget    {FOR_SHOW['package_budget']} tokens a model call, less than usual")

    async def _risky_action(self) -> None:
        turn, text = self.services.new_id(), demonstration.risky
        self._says(demonstration.requester, text)
        job = {"principal": demonstration.requester.model_dump(), "input": _message(turn, text)}
        await self._kill(job, "step.call_model:after", "the model has answered, nothing else has happened")
        self._note("The same message is sent again, as a client would after a lost connection:")
        await self._send(turn, text)
        await self._show()
        approval = (await self.services.approvals.pending(demonstration.approver.tenant, self.thread))[0]
        self._says(demonstration.approver, f"approves {approval.tool}")
        decision = {approval.id: {"decisions": [{"type": "approve"}]}}
        job = {"principal": demonstration.approver.model_dump(), "resume": decision}
        await self._kill(job, "effect.transaction:after", "the change is made, but no step of the turn knows yet")
        self._note("The approval is sent again:")
        await self.graph.acting_as(demonstration.approver).ainvoke(Command(resume=decision), self._config)
        await self._show()

    async def _check(self) -> None:
        tenant = demonstration.requester.tenant
        events = await self.services.log.events(tenant, self.thread)
        called = [event.body for event in events if event.header.type == "model_called"]
        shown = [event.body for event in events if isinstance(event.body, ContextPackageBuilt)]
        packages = {getattr(body, "package_id", None) for body in called}
        async with self.services.db.read(tenant) as cursor:
            await cursor.execute(demonstration.count_effects, [self.thread])
            row = await cursor.fetchone()
        self.out.rule("[bold]What is on record")
        self.out.print(f"Times the approved change took effect: {row['n'] if row else 0} (after two kills)")
        self.out.print(f"Model answers: {len(called)}, for {len(packages)} packages")
        show_verdict(self.out, self.thread, await self.services.verifier.verify(tenant, self.thread))
        self.out.print("\nLook next", style="bold")
        for command in (
            f"log {self.thread}",
            f"receipt show {shown[-1].package_id}",
            f"verify {self.thread}",
        ):
            self.out.print(f"  .venv/bin/dossier {command}", soft_wrap=True)
        self.out.print("  README.md and docs/guarantees.md: what is promised, and the test that shows it")

    async def _send(self, turn: str, text: str) -> None:
        await self.graph.acting_as(demonstration.requester).ainvoke(_message(turn, text), self._config)

    async def _show(self) -> None:
        events = await self.services.log.events(demonstration.requester.tenant, self.thread, after=self.seen)
        built = [event.body.package_id for event in events if isinstance(event.body, ContextPackageBuilt)]
        prompt = await self.services.packages.by_id(demonstration.requester.tenant, built[-1]) if built else None
        show_turn(self.out, events, prompt.package if prompt else None)
        self.seen = events[-1].seq if events else self.seen

    async def _kill(self, job: dict[str, Any], point: str, meaning: str) -> None:
        """Let another process work on the turn, and kill it with SIGKILL at a write point."""
        job = {**job, "thread": self.thread, "stop_at": point, "settings": FOR_SHOW}
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli.killed_turn", json.dumps(job), stdout=PIPE
        )
        assert child.stdout is not None
        reached = (await child.stdout.readline()).decode().strip()
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        if reached != point:
            raise RuntimeError(f"the process ended before {point}")
        self.out.print(f"[red bold]kill -9[/red bold]   process {child.pid} at {point}:", highlight=False)
        self._note(f"          {meaning}")
        await self._lease_expires()

    async def _lease_expires(self) -> None:
        seconds, tenant = self.services.settings.lease_seconds, demonstration.requester.tenant
        self._note(f"Its lease on the thread runs out by itself, here after {seconds} s ...")
        token = await self.services.leases.take(tenant, self.thread, wait=seconds + 5.0)
        await self.services.leases.release(tenant, self.thread, token)

    def _says(self, who: Principal, text: str) -> None:
        self.out.print()
        self.out.print(f"[bold cyan]{who.user}[/bold cyan]: [bold]{text}[/bold]", highlight=False)

    def _note(self, text: str) -> None:
        self.out.print(text, style="italic", highlight=False)

    @property
    def _config(self) -> Any:
        return {"configurable": {"thread_id": self.thread}}


def _message(turn: str, text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text, "id": turn}]}
