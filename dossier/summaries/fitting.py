"""A summary as text, and within its cap."""

from collections.abc import Callable

from state.summaries import Summary


def as_text(summary: Summary) -> str:
    """Return a summary as plain lines: what its tokens are counted of."""
    parts = {
        "Goal": (summary.goal,) if summary.goal else (),
        "Task": (summary.active_task,) if summary.active_task else (),
        "Decisions": summary.decisions,
        "Must not be assumed": summary.rejected_assumptions,
        "Open": summary.open_questions,
        "Entities": summary.entities,
        "Risks": summary.risk_notes,
    }
    return "\n".join(
        line for title, said in parts.items() if said for line in (f"{title}:", *(f"- {one.text}" for one in said))
    )


def fitted(summary: Summary, count: Callable[[str], int], cap: int) -> Summary:
    """Drop the oldest entities, then the oldest risk notes, until it is within the cap.

    Decisions, rejected assumptions and what is open stay, even beyond the cap: a summary that
    lost them would be worse than a long one.
    """
    while count(as_text(summary)) > cap and (summary.entities or summary.risk_notes):
        less = {"entities": summary.entities[1:]} if summary.entities else {"risk_notes": summary.risk_notes[1:]}
        summary = summary.model_copy(update=less)
    return summary
