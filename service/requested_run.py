"""What a client asks a LangGraph server to run, read before the server makes a run of it."""

from collections.abc import Mapping
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from dossier.errors import ForgedInput, InvalidInput
from graphs.admission import Admitted, admit, refuse_steering
from graphs.served import live

PRIVATE = ("__pregel_", "__dossier_")
"""Names in a config's `configurable` that steer LangGraph or carry the gate's own run."""


def requested(value: Mapping[str, Any]) -> Admitted:
    """Return what a run would do.

    Args:
        value: Of a LangGraph server's `threads.create_run` event.

    Raises:
        ForgedInput: It tries to steer the graph or to write state.
        InvalidInput: It names no thread, or is no message and no decision.
    """
    kwargs = value["kwargs"]
    config: RunnableConfig = kwargs.get("config") or {}
    if value.get("thread_id") is None:
        raise InvalidInput("The run names no thread.", hint="Create a thread, then run on it.")
    if value.get("multitask_strategy") == "rollback":
        raise InvalidInput("A run can't be rolled back: what it did is on record.", hint='Use "enqueue" or "reject".')
    refuse_steering(config, kwargs.get("interrupt_before"), kwargs.get("interrupt_after"))
    if private := [name for name in config.get("configurable") or {} if name.startswith(PRIVATE)]:
        raise ForgedInput(f"The config sets {', '.join(private)}.", hint="Name only the thread.")
    given = _command(kwargs["command"]) if kwargs.get("command") else kwargs.get("input")
    return admit(given, max_chars=live().services.settings.max_message_chars)


def checkpoint_of(value: Mapping[str, Any]) -> str | None:
    """Return the checkpoint that a run is to go on from, if it names one."""
    return ((value["kwargs"].get("config") or {}).get("configurable") or {}).get("checkpoint_id")


def forget_checkpoint(value: Mapping[str, Any]) -> None:
    """Take out the checkpoint that a run names, once it was found to be the newest.

    By the time that the run begins, or is tried again after a crash, it may have gone on by itself.
    """
    ((value["kwargs"].get("config") or {}).get("configurable") or {}).pop("checkpoint_id", None)


def _command(command: Mapping[str, Any]) -> Command[Any]:
    return Command(update=command.get("update"), goto=command.get("goto") or (), resume=command.get("resume"))
