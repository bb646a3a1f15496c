"""`dossier chat`: a conversation in the terminal, as any person that one may be."""

import asyncio
import readline  # noqa: F401 - lines can be edited, and come back with the arrow keys
import signal
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from io import TextIOWrapper
from typing import Any, cast

from langgraph.types import Command
from rich.console import Console

from cli.chat_past import show_messages, show_threads, title_of
from cli.receipt_view import show_messages as show_sent
from cli.receipt_view import show_receipt
from cli.running import tell
from cli.turn_report import show_done
from dossier.adapters.approvals import Approval
from dossier.adapters.packages import Prompt
from dossier.errors import DossierError, InvalidInput, NotFound
from dossier.services import Services, open_services
from dossier.settings import Settings
from graphs.assembly import turn_graph
from graphs.gate import GatedGraph
from graphs.served import application, people
from service.receipts import receipt_for
from state.events import AssistantResponseGenerated, ContextPackageBuilt
from state.log import Event
from state.principal import Principal

Ask = Callable[[str], Awaitable[str | None]]
"""Shows a prompt and returns a line, or None at the end of the input."""

THREADS_SHOWN = 20


class Chat:
    """One sitting: who speaks, in which thread, and what has been shown of it."""

    def __init__(
        self, services: Services, graph: GatedGraph, out: Console, people: Mapping[str, Principal], name: str
    ) -> None:
        self._services = services
        self._graph = graph
        self._out = out
        self._people = people
        self._who = _person(people, name)
        self._thread = services.new_id()
        self._listed: Sequence[str] = ()
        self._listed_waits: Sequence[Approval] = ()
        """As numbered on the screen: others decide meanwhile, and a number must not slip to another call."""
        self._doing: asyncio.Task[None] | None = None
        self._commands: dict[str, tuple[Callable[[str], Awaitable[None]], str, str]] = {
            "help": (self._help, "", "this list"),
            "threads": (self._threads, "", "your conversations, newest first"),
            "open": (self.open, "N or ID", "go on with one of them"),
            "new": (self._new, "", "begin another one"),
            "history": (self._history, "", "what was said in this one"),
            "shown": (self._shown, "", "what the last answer was made from, and what was left out"),
            "prompt": (self._prompt, "", "the exact messages that the model was sent"),
            "waits": (self._waits, "", "calls of your agency that wait for a decision"),
            "approve": (self._approve, "N", "let a waiting call run"),
            "reject": (self._reject, "N WHY", "refuse a waiting call"),
            "edit": (self._edit, "N NAME=VALUE ...", "let it run with other arguments"),
            "as": (self._become, "NAME", "speak as somebody else; without a name, who there is"),
            "quit": (self._help, "", "leave; everything is kept"),
        }

    async def hold(self, ask: Ask) -> None:
        """Read lines until the end: messages, and commands that begin with a slash."""
        self._greet()
        while (line := await ask(f"\n{self._who.user}: ")) is not None:
            if line.strip() in ("/quit", "/exit"):
                return
            self._doing = asyncio.create_task(self._line(line.strip()))
            try:
                await self._doing
            except DossierError as error:
                tell(self._out, error)
            except asyncio.CancelledError:
                self._out.print("\n[yellow]Stopped.[/yellow] The next message goes on from here.")
            self._doing = None

    def stop(self) -> None:
        """Stop what is being done; the conversation goes on."""
        if self._doing is not None:
            self._doing.cancel()
        else:
            self._out.print("\n/quit leaves; everything is kept.")

    async def open(self, which: str) -> None:
        """Go on with a thread, by its place in the list or its id."""
        place = int(which) - 1 if which.isdecimal() and len(which) < 4 else -1
        thread = self._listed[place] if 0 <= place < len(self._listed) else which
        await self._refuse_foreign(thread)
        self._thread = thread
        await self._history("")
        for approval in await self._services.approvals.pending(self._who.tenant, thread):
            self._out.print(f"waits: {_words(approval)}", markup=False)

    async def _refuse_foreign(self, thread: str) -> None:
        await self._services.log.thread(self._who.tenant, thread)
        await self._graph.ports.reception.refuse_reading(self._who, thread)

    async def _line(self, line: str) -> None:
        if not line.isascii() and line.encode(errors="ignore").decode() != line:
            raise InvalidInput(
                "What was typed is not text in UTF-8.", hint="Set the terminal to UTF-8, or type it anew."
            )
        if not line.startswith("/"):
            if line:
                await self._say(line)
            return
        name, _, rest = line[1:].partition(" ")
        if name not in self._commands:
            raise InvalidInput(f"There is no command /{name}.", hint="/help lists them.")
        await self._commands[name][0](rest.strip())

    async def _say(self, text: str) -> None:
        message = {"role": "user", "content": text, "id": self._services.new_id()}
        await self._run({"messages": [message]}, self._thread)

    async def _run(self, given: Any, thread: str) -> None:
        """Stream the reply as it comes, then tell what the turn did."""
        before = await self._head(thread)
        streamed = ""
        config: Any = {"configurable": {"thread_id": thread}}
        running = self._graph.acting_as(self._who).astream(given, config, stream_mode="messages")
        async with aclosing(cast("AsyncGenerator[Any]", running)) as chunks:
            async for chunk, about in chunks:
                if about.get("langgraph_node") == "call_model" and (text := str(chunk.text)):
                    self._out.print(text if streamed else f"\n{text}", end="", markup=False, highlight=False)
                    streamed += text
        events = await self._services.log.events(self._who.tenant, thread, after=before)
        self._tell(events, streamed)

    def _tell(self, events: Sequence[Event], streamed: str) -> None:
        replies = [event.body.text for event in events if isinstance(event.body, AssistantResponseGenerated)]
        if streamed:
            self._out.print()
        for reply in replies:
            if reply.strip() not in streamed:
                self._out.print(f"\n{reply}", markup=False, highlight=False)
        show_done(self._out, events)
        built = [event.body for event in events if isinstance(event.body, ContextPackageBuilt)]
        if built:
            last = built[-1]
            self._out.print(
                f"  [bright_black]{last.included} items shown, {last.excluded} left out, "
                f"{last.tokens} of {last.budget} tokens: /shown[/bright_black]"
            )

    async def _head(self, thread: str) -> int:
        events = await self._services.log.events(self._who.tenant, thread)
        return events[-1].seq if events else 0

    def _greet(self) -> None:
        profile = self._services.profile
        about = " (built in, offline: it only quotes what it is shown)" if profile.offline else ""
        self._out.print(f"You are {_about(self._who)}.")
        self._out.print(f"Model: {profile.name}{about}. /help lists commands, /quit leaves.")
        self._out.print(f"[bright_black]Thread {self._thread}[/bright_black]")

    async def _help(self, _: str) -> None:
        for name, (_run, arguments, meaning) in self._commands.items():
            self._out.print(f"  {f'/{name} {arguments}':<28}{meaning}", markup=False)

    async def _threads(self, _: str) -> None:
        found = await self._services.log.threads_of(self._who, limit=THREADS_SHOWN)
        self._listed = [thread.id for thread in found]
        titles = [await title_of(self._services, self._who.tenant, thread.id) for thread in found]
        show_threads(self._out, found, titles, here=self._thread)

    async def _new(self, _: str) -> None:
        self._thread = self._services.new_id()
        self._out.print(f"[bright_black]Thread {self._thread}[/bright_black]")

    async def _history(self, _: str) -> None:
        show_messages(self._out, await self._services.log.events(self._who.tenant, self._thread))

    async def _last_prompt(self) -> Prompt:
        events = await self._services.log.events(self._who.tenant, self._thread)
        built = [event.body.package_id for event in events if isinstance(event.body, ContextPackageBuilt)]
        if not built:
            raise InvalidInput("No model has been called in this conversation yet.", hint="Send a message first.")
        return await self._services.packages.by_id(self._who.tenant, built[-1])

    async def _shown(self, _: str) -> None:
        prompt = await self._last_prompt()
        show_receipt(self._out, prompt, await receipt_for(self._services, self._who, prompt))

    async def _prompt(self, _: str) -> None:
        show_sent(self._out, await self._last_prompt())

    async def _waits(self, _: str) -> None:
        found = self._listed_waits = await self._services.approvals.inbox(self._who.tenant)
        for place, approval in enumerate(found, start=1):
            until = approval.expires_at.astimezone().strftime("%d %b %H:%M")
            self._out.print(
                f"  {place}  {_words(approval)}, asked by {approval.requested_by}, until {until}", markup=False
            )
        if not found:
            self._out.print("  Nothing waits.")

    async def _approve(self, rest: str) -> None:
        approval, _rest = await self._waiting(rest)
        await self._decide(approval, {"type": "approve"})

    async def _reject(self, rest: str) -> None:
        approval, why = await self._waiting(rest)
        await self._decide(approval, {"type": "reject", "message": why})

    async def _edit(self, rest: str) -> None:
        approval, changes = await self._waiting(rest)
        pairs = [change.partition("=") for change in changes.split()]
        if not pairs or any(not sign for _name, sign, _value in pairs):
            raise InvalidInput("What is to be changed is not clear.", hint="For example: /edit 1 status=closed")
        changed = {**approval.args, **{name: value for name, _sign, value in pairs}}
        await self._decide(approval, {"type": "edit", "edited_action": {"name": approval.tool, "args": changed}})

    async def _waiting(self, rest: str) -> tuple[Approval, str]:
        """Return the call that is meant, and what stands after its number; a number is needed if several wait."""
        number, _, more = rest.partition(" ")
        if number.isdecimal() and 1 <= int(number) <= len(self._listed_waits):
            return self._listed_waits[int(number) - 1], more.strip()
        found = await self._services.approvals.inbox(self._who.tenant)
        if not number.isdecimal() and len(found) == 1:
            return found[0], rest
        raise InvalidInput(
            "Which call is meant is not clear." if found else "Nothing waits.", hint="/waits lists them."
        )

    async def _decide(self, approval: Approval, decision: dict[str, Any]) -> None:
        name = approval.interrupt_id or approval.id
        await self._run(Command(resume={name: {"decisions": [decision]}}), approval.thread)

    async def _become(self, name: str) -> None:
        if not name:
            shortest = {person: key for key, person in self._people.items()}
            for person, key in shortest.items():
                self._out.print(f"  {key:<28}{_about(person)}", markup=False)
            return
        self._who, self._listed_waits = _person(self._people, name), ()
        self._out.print(f"You are {_about(self._who)}.")
        try:
            await self._refuse_foreign(self._thread)
        except NotFound:  # not one that this person may see, or one in which nothing was said
            await self._new("")


def _person(people: Mapping[str, Principal], name: str) -> Principal:
    if name not in people:
        raise InvalidInput(f"There is nobody called {name!r}.", hint=f"Take one of: {', '.join(people)}.")
    return people[name]


def _about(person: Principal) -> str:
    return f"{person.user}, {', '.join(person.roles)} of {person.tenant}"


def _words(approval: Approval) -> str:
    args = ", ".join(f"{name}={value}" for name, value in approval.args.items())
    return f"{approval.tool} {args}"


async def chat(settings: Settings, out: Console, name: str, thread: str | None) -> None:
    """Open the services and hold a conversation on this terminal.

    Args:
        settings: From the environment.
        out: The terminal.
        name: Sign-in name of who speaks.
        thread: A conversation to go on with; None begins another one.
    """
    async with open_services(settings, application()) as services:
        sitting = Chat(services, turn_graph(services), out, people(), name)
        cast("TextIOWrapper", sys.stdin).reconfigure(errors="surrogateescape")  # refused as a line, not as a crash
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, sitting.stop)
        if thread is not None:
            await sitting.open(thread)
        await sitting.hold(_ask)


async def _ask(prompt: str) -> str | None:
    try:
        line = await asyncio.to_thread(input, prompt)
    except EOFError:
        return None
    if not sys.stdin.isatty():
        print(line.encode(errors="replace").decode())  # a terminal shows what is typed
    return line
