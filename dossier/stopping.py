"""Stopping tasks, and knowing that they have stopped."""

import asyncio
from typing import Any

_AGAIN_SECONDS = 0.5


async def stopped(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they have ended.

    Once is not enough: a wait that is just over, or a driver that has an error of its own to tell, can lose a
    cancellation (python/cpython#86296, up to 3.11), and a task that goes round in a loop would then never end.
    """
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_AGAIN_SECONDS)
