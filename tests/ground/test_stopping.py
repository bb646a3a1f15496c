"""A task that loses a cancellation is stopped all the same."""

import asyncio

import pytest

from dossier.stopping import stopped


@pytest.mark.req("PE-2")
async def test_tasks_that_lose_a_cancellation_or_have_ended_or_fail_are_stopped() -> None:
    async def loses_the_first() -> None:
        losses = 1
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if not losses:
                    raise
                losses -= 1

    async def fails() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            raise ValueError

    tasks = [asyncio.create_task(one) for one in (loses_the_first(), fails(), asyncio.sleep(0), asyncio.sleep(60))]
    await asyncio.sleep(0.01)
    await stopped(*tasks)
    await stopped()

    assert [task.done() for task in tasks] == [True] * 4
    assert [task.cancelled() for task in tasks] == [True, False, False, True]
    assert isinstance(tasks[1].exception(), ValueError)
