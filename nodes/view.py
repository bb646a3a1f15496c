"""What every step begins with and ends with: the run, the session so far, and its new state."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from langchain_core.runnables import RunnableConfig

from dossier.adapters.log import Recorded
from dossier.run import Run, run_of
from state import upgrades
from state.channels import Channels, Message, Scratchpad
from state.facts import Fact
from state.fold import fold
from state.session import Profile, Session
from state.situation import Situation


class View(NamedTuple):
    """A step's view of the thread."""

    run: Run
    session: Session | None
    """As the channel has it: perhaps behind the log, None in a new thread."""
    turn: Scratchpad

    @property
    def version(self) -> int:
        """Return how far the session goes."""
        return self.session.version if self.session else 0

    @property
    def ordinal(self) -> int:
        """Return how many model calls the turn has made."""
        return self.turn.get("ordinal", 0)


def view_of(state: Channels, config: RunnableConfig) -> View:
    """Return what a step is given."""
    stored = state.get("session")
    return View(run_of(config), upgrades.session(stored) if stored else None, state.get("turn") or {})


def after(
    view: View, recorded: Recorded, *, turn: Scratchpad | None = None, messages: list[Message] | None = None
) -> dict[str, Any]:
    """Return the channels after a step: the session folded up to what the step recorded."""
    session = fold(view.session, recorded.since)
    update: dict[str, Any] = {"session": session.model_dump(mode="json")}
    if turn is not None:
        update["turn"] = turn
    if messages is not None:
        update["messages"] = messages
    return update


def situation_of(
    run: Run, session: Session | None, now: datetime, *, facts: Sequence[Fact] = (), message: str = ""
) -> Situation:
    """Return what proposals of a step are judged against."""
    return Situation(
        tenant=run.tenant,
        user=run.principal.user,
        turn=run.turn,
        message=message,
        now=now,
        facts=tuple(facts),
        task=session.task if session else None,
        profile=session.profile if session else Profile(),
    )
