"""Who may do what on a LangGraph server: for development, with two users that anyone can be.

The gate and the database refuse by themselves; what is refused here as well gets its
HTTP status at once, and leaves no thread or run behind. What no handler allows is denied.
"""

import os
from collections.abc import Mapping
from typing import Any

from langgraph.types import Command
from langgraph_sdk import Auth

from dossier.adapters.log import Thread
from dossier.adapters.saver import reading_tenant
from dossier.application import Application, Scope
from dossier.errors import ForgedInput, InvalidInput, InvalidSettings, NotFound, NotPermitted
from dossier.settings import Settings
from graphs.admission import Admitted, Message, admit, refuse_steering
from graphs.served import live
from state.principal import Principal

TENANT, OWNER = "tenant", "owner"
"""Metadata of a server's thread rows that only this module sets."""

DEVELOPMENT_USERS: Mapping[str, Principal] = {
    "officer": Principal(tenant="northgate", user="o.brandt", roles=("officer",)),
    "supervisor": Principal(tenant="northgate", user="s.okafor", roles=("supervisor",)),
}
"""By API key, or bearer token."""

auth = Auth()
