"""What may not enter is refused with a code, and nothing of it is stored."""

from types import SimpleNamespace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, RemoveMessage, SystemMessage, ToolMessage
from langgraph.types import Command, Overwrite, Send

from graphs.gate import GatedGraph
from graphs.served import principal_from_server
from state.principal import Principal

from .conftest import OFFICER, SUPERVISOR, code_of, on, said  # noqa: TID252
