"""An extraction as proposals."""

from dossier.extraction.extract import Extraction
from state.proposals import Content, Mentioned, Proposal


def proposals_of(extraction: Extraction, tenant: str) -> tuple[Proposal, ...]:
    """Return what the extraction asks to change, by rule, in the order to decide it.

    The task comes before the decisions, so that a constraint limits the task it was stated with.

    Args:
        extraction: Of a user's message.
        tenant: The tenant of the message's principal.
    """
    entities = extraction.context.entities
    contents: list[Content] = [
        *([Mentioned(entities=entities, by="user")] if entities else []),
        *([extraction.task] if extraction.task else []),
        *extraction.acceptances,
        *extraction.facts,
        *extraction.corrections,
        *extraction.rejections,
        *extraction.decisions,
        *extraction.profile,
        *extraction.memories,
    ]
    return tuple(Proposal(content=content, proposed_by="user_rule", tenant=tenant) for content in contents)
