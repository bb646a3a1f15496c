"""What is said, indexed by its terms as it is appended, in the same transaction."""

from collections.abc import Sequence

from dossier.adapters.queries import Statement, load
from dossier.recall.narrow import indexed
from state.events import AssistantResponseGenerated, MessageImported, UserMessageReceived
from state.log import Event

_SQL = load("dossier.adapters", "sql/recall.sql")


def remembering(thread: str, events: Sequence[Event]) -> list[Statement]:
    """Return what makes the messages and replies among some events recallable."""
    return [
        Statement(_SQL["remember"], {"thread": thread, "seq": event.seq, "terms": list(indexed(event.body.text))})
        for event in events
        if isinstance(event.body, (UserMessageReceived, AssistantResponseGenerated, MessageImported))
    ]
