"""Every model of what is remembered, for the checks and the table of their fields' rules."""

from state import events as e
from state.channels import Channels, Scratchpad
from state.facts import Fact, RejectedAssumption
from state.knowledge import Decision, Mention
from state.log import Header
from state.principal import Principal
from state.session import Act, PendingQuestion, Profile, Session, ShownList, SummaryRef, ToolResultRef
from state.summaries import Statement, Summary
from state.task import ActiveTask

STATE_MODELS: tuple[type, ...] = (
    e.UserMessageReceived,
    Channels,
    Scratchpad,
    Session,
    PendingQuestion,
    ShownList,
    Profile,
    SummaryRef,
    Summary,
    Statement,
    Mention,
    ActiveTask,
    Fact,
    RejectedAssumption,
    Decision,
    Act,
    ToolResultRef,
    e.ToolCallCompleted,
    e.ContextPackageBuilt,
    e.MemoryCandidateProposed,
    e.ToolCallAuthorized,
    Header,
)
"""Each field of these carries a `Lifecycle`."""

VALUE_MODELS: tuple[type, ...] = (e.EntityRef, e.CallRef, Principal)
"""What those fields are made of: the rules of the field that holds one are its rules."""
