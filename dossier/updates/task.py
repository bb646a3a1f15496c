"""How the active task changes."""

from dossier.updates.working import Working
from state import events as e
from state.proposals import TaskChange
from state.task import CONSTRAINTS_LIMIT, ENTITIES_LIMIT, ActiveTask


def changed_task(working: Working, change: TaskChange) -> list[e.EventBody]:
    """Begin, change or end the active task; nothing when it stays as it is."""
    task = None if change.finished else _next(working, change)
    if task == working.situation.task:
        return []
    reason = _reason(working.situation.task, task, change)
    working.set_task(task)
    return [e.TaskStateChanged(task=task, reason=reason)]


def _next(working: Working, change: TaskChange) -> ActiveTask:
    now = working.situation.task
    name = change.name or (now.name if now else working.situation.task_name)
    # Another task starts without the steps and limits of the one before.
    base = now if now and now.name == name else ActiveTask(name=name)
    return base.model_copy(
        update={
            "step": change.step or base.step,
            "only": change.only if change.step else base.only,
            "workflow": base.workflow if change.workflow is None else change.workflow,
            "entities": tuple(dict.fromkeys((*change.entities, *base.entities)))[:ENTITIES_LIMIT],
        }
    )


def _reason(before: ActiveTask | None, after: ActiveTask | None, change: TaskChange) -> str:
    if after is None:
        return "finished"
    if before is None or before.name != after.name:
        return "a new task"
    if before.step != after.step:
        return "this step only" if change.only else "another step"
    return "its particulars"


def limited_task(working: Working, decision_id: str) -> list[e.EventBody]:
    """Let a constraint limit the active task."""
    task = working.situation.task
    if task is None:
        return []
    limited = task.model_copy(update={"constraints": (*task.constraints, decision_id)[-CONSTRAINTS_LIMIT:]})
    working.set_task(limited)
    return [e.TaskStateChanged(task=limited, reason="a constraint")]
