"""Where context comes from: every source is asked at once."""

import asyncio
import heapq
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from dossier.adapters.log import Log
from dossier.adapters.memories import Memories
from dossier.adapters.pool import Cursor, Database
from dossier.adapters.projection import KnowledgeReader, Row
from dossier.adapters.recall import Recollection, Remembered
from dossier.application import Application, Piece
from dossier.errors import DossierError
from dossier.gathering import Gathered, received_in
from dossier.memory.rank import Scored
from dossier.recalled import learned_facts
from dossier.run import Run
from state.events import SummaryGenerated
from state.facts import Fact, RejectedAssumption
from state.knowledge import Decision
from state.log import Event
from state.session import Session
from state.summaries import Summary

EARLIER_TYPES = ("user_message_received", "assistant_response_generated", "message_imported")

FACTS_READ = 48
OFFERED = 12
"""Live facts offered to packing, and so many decisions and rejected assumptions: those that bear on the message most.

Constraints of the active task are offered whatever their number.
"""

FOCUS_SHOWN = 3
"""Things whose state is shown: those that the user spoke of last."""

_WORD = re.compile(r"[^\W\d_]{4,}|\d+")
H = TypeVar("H", Fact, RejectedAssumption, Decision)
Read = Callable[[Cursor], Awaitable[Sequence[Piece]]]


class Sources:
    """Gathers what a model call might be shown; a required source that fails stops the turn."""

    def __init__(
        self,
        app: Application,
        log: Log,
        db: Database,
        knowledge: KnowledgeReader,
        recollection: Recollection,
        memories: Memories,
        *,
        recent_turns: int,
        documents: int,
        memories_limit: int,
        prompt: str | None = None,
    ) -> None:
        self._app = app
        self._log = log
        self._db = db
        self._knowledge = knowledge
        self._recollection = recollection
        self._memories = memories
        self._memories_limit = memories_limit
        self._recent_turns = recent_turns
        self._documents = documents
        self._prompt = None if prompt is None else app.prompts.named(prompt, app.task)

    async def gather(self, run: Run, session: Session, *, turn: Sequence[Event] | None = None) -> Gathered:
        """Ask all sources at once; an optional one that fails is named in the result.

        Args:
            run: Whose turn.
            session: The thread as it stands.
            turn: The turn's events, if they are not to be read from the log: for a message that was not sent.

        Raises:
            DossierError: Policy, authority, task or the state of what is in focus can't be had.
        """
        where = (run.tenant, run.thread, session.version)
        task = session.task.name if session.task else self._app.task
        if turn is None:
            turn = await self._log.turn(run.tenant, run.thread, run.turn)
        missing: list[str] = []
        (
            (task_state, memories),
            documents,
            (facts, rejections, decisions),
            (earlier, remembered, summary),
        ) = await asyncio.gather(
            self._situation(run, session, turn, missing),
            self._evidence(run, session, turn, missing),
            self._knowledge.known(*where, task=task, facts=FACTS_READ),
            asyncio.gather(
                self._earlier(run, session), self._recalled(run, session, turn), self._summary(run, session)
            ),
        )
        text = received_in(turn)[1].text
        limits = [row for row in decisions if row.version > session.cleared_seq and row.held.limits(task)]
        return Gathered(
            principal=run.principal,
            thread=run.thread,
            prompt=self._prompt or self._app.prompt(self._app.task),
            turn=turn,
            policies=self._app.policies(run.principal),
            authority=self._app.authority(run.principal),
            task_state=task_state,
            documents=documents,
            memories=memories,
            facts=bearing(_distinct([*facts, *learned_facts(remembered)]), text, session),
            rejections=bearing(rejections, text, session),
            decisions=[*limits, *bearing([row for row in decisions if row not in limits], text, session)],
            task=_task_line(session, self._app.task),
            task_name=task,
            summary=summary,
            earlier=[event for event in earlier if event.header.turn != run.turn],
            remembered=remembered,
            question=session.question,
            unavailable=tuple(missing),
        )

    async def _situation(
        self, run: Run, session: Session, turn: Sequence[Event], missing: list[str]
    ) -> tuple[Sequence[Piece], Sequence[Scored]]:
        state = await self._task_state(run, session)
        return state, await self._reminders(run, state, turn, missing)

    async def _reminders(
        self, run: Run, state: Sequence[Piece], turn: Sequence[Event], missing: list[str]
    ) -> Sequence[Scored]:
        # Of a case only who may read it is reminded: asked before anything is scored.
        read = self._app.authorizer.decide
        cases = [piece.scope for piece in state if piece.scope.kind.lower() == "case"]
        seen = dict.fromkeys(case.id for case in cases if read(run.principal, "read", case, {}).allowed)
        now, text = turn[0].header.at, received_in(turn)[1].text
        try:
            return await self._memories.recall(run.principal, text, tuple(seen), now=now, limit=self._memories_limit)
        except DossierError:
            missing.append("memories")
            return ()

    async def _task_state(self, run: Run, session: Session) -> Sequence[Piece]:
        focus = session.focus[:FOCUS_SHOWN]
        return await self._with_cursor(run, lambda cursor: self._app.task_state(cursor, run.principal, focus))

    async def _evidence(self, run: Run, session: Session, turn: Sequence[Event], missing: list[str]) -> Sequence[Piece]:
        query = received_in(turn)[1].text
        try:
            return await self._with_cursor(
                run,
                lambda cursor: self._app.documents(cursor, run.principal, query, session.focus, self._documents),
            )
        except DossierError:
            missing.append("documents")
            return ()

    async def _earlier(self, run: Run, session: Session) -> Sequence[Event]:
        limit = 2 * self._recent_turns + 2
        return await self._log.latest(
            run.tenant, run.thread, EARLIER_TYPES, limit=limit, after=session.cleared_seq, upto=session.version
        )

    async def _recalled(self, run: Run, session: Session, turn: Sequence[Event]) -> Remembered:
        seq, message = received_in(turn)
        return await self._recollection.recall(
            run.tenant,
            run.thread,
            message.text,
            after=session.cleared_seq,
            before=seq,
            version=session.version,
            now=turn[0].header.at,
        )

    async def _summary(self, run: Run, session: Session) -> Summary | None:
        return await latest_summary(self._log, run, session) if self._recollection.strategy.summary else None

    async def _with_cursor(self, run: Run, read: Read) -> Sequence[Piece]:
        async with self._db.read(run.tenant) as cursor:
            return await read(cursor)


def bearing(rows: Sequence[Row[H]], text: str, session: Session) -> list[Row[H]]:
    """Return what to offer: about what the talk is about, by the message's words, then the newest.

    What was held before the conversation was started afresh is left out.
    """
    about = {entity.id.casefold() for entity in session.focus[:FOCUS_SHOWN]}
    words = set(_WORD.findall(text.casefold()))

    def fit(row: Row[H]) -> tuple[bool, int, int]:
        said = _says(row.held).casefold()
        return any(id in said for id in about), len(words.intersection(_WORD.findall(said))), row.version

    return heapq.nlargest(OFFERED, (row for row in rows if row.version > session.cleared_seq), key=fit)


def _distinct(rows: Sequence[Row[H]]) -> list[Row[H]]:
    return list({row.version: row for row in rows}.values())


def _says(held: Fact | RejectedAssumption | Decision) -> str:
    match held:
        case Fact():
            return f"{held.key} {held.statement}"
        case RejectedAssumption():
            return f"{held.key} {held.value}"
        case Decision():
            return held.text


async def latest_summary(log: Log, run: Run, session: Session) -> Summary | None:
    """Return the summary that the session points to, unless it was erased."""
    if session.summary is None:
        return None
    seq = session.summary.seq
    found = await log.events(run.tenant, run.thread, after=seq - 1, upto=seq)
    return next((event.body.summary for event in found if isinstance(event.body, SummaryGenerated)), None)


def _task_line(session: Session, default: str) -> str:
    if session.task is None:
        return f"task: {default}"
    task = session.task
    step = task.step and f"; step: {task.step}" + (", and nothing but this step" if task.only else "")
    return f"task: {task.name}{step}"
