"""The task that a thread is about."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict

from state.lifecycle import Lifecycle

ENTITIES_LIMIT = 20
CONSTRAINTS_LIMIT = 20

_TASK = Lifecycle("task", "runtime", "task", "validated proposals", "derived", "erasable", "always")


class ActiveTask(BaseModel):
    """What is being worked on, and within which limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, _TASK]
    step: Annotated[str, _TASK] = ""
    only: Annotated[bool, _TASK] = False
    """Nothing but this step is wanted."""
    workflow: Annotated[tuple[str, ...], _TASK] = ()
    """The steps of the workflow, in order."""
    entities: Annotated[tuple[str, ...], _TASK] = ()
    """`type:id` of what the task is about, most important first."""
    constraints: Annotated[tuple[str, ...], _TASK] = ()
    """Ids of the newest decisions that limit it; all of them stand in the decisions."""
