"""Services that close leave nothing running behind."""

import asyncio
from typing import Any

import pytest


@pytest.mark.req("ME-2")
async def test_closed_services_leave_no_task_behind(open_case_desk: Any) -> None:
    before = asyncio.all_tasks()
    async with open_case_desk():
        assert asyncio.all_tasks() - before
    assert asyncio.all_tasks() - before == set()
