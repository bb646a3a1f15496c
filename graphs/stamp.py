"""The config that a run is given: what the caller may say, and what the gate says over it."""

from typing import Any

from langchain_core.runnables import RunnableConfig

from dossier.run import RUN_KEY, Run

_ADDRESS = ("checkpoint_id", "checkpoint_ns", "checkpoint_map")
_INTERNAL = "__pregel_"
_RESUMING = "__pregel_resuming"
_FROM_SERVERS = ("__pregel_runtime", "__pregel_node_finished", "__pregel_stream_messages_v2")
"""What a LangGraph server puts there: objects, and a flag about the form of a stream."""


def stamped(config: RunnableConfig, run: Run, *, resumes: bool) -> RunnableConfig:
    """Return a config under which one turn runs.

    LangGraph obeys what it finds under its internal names: another checkpointer, none at all, answers
    to interrupts. And without being told it takes a run id that it has seen for a resume, and drops
    the input.

    Args:
        config: As given; its address of a checkpoint was checked.
        run: For the steps and the saver.
        resumes: No input goes with it: the newest checkpoint is gone on with.
    """
    given = (config.get("configurable") or {}).items()
    configurable = {name: value for name, value in given if name not in _ADDRESS and _may_pass(name, value)}
    ours = {"thread_id": run.thread, RUN_KEY: run, _RESUMING: resumes}
    metadata = {**(config.get("metadata") or {}), "turn_id": run.turn}
    return {**config, "configurable": {**configurable, **ours}, "metadata": metadata}


def _may_pass(name: str, value: Any) -> bool:
    if not name.startswith(_INTERNAL):
        return True
    return name in _FROM_SERVERS and not isinstance(value, (str, dict, list))
