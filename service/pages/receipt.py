"""What a receipt's page shows beside the receipt: the bar, ages, and what changed since the call before."""

from collections import Counter
from dataclasses import dataclass

from dossier.adapters.packages import Prompt
from dossier.errors import NotFound
from dossier.services import Services
from service.pages.rendering import age, filled
from service.receipts import Included, Receipt, calls_of, receipt_for, receipt_of
from state.principal import Principal

_ORDER = ("frame", "system", "contract", "request", "task", "turns", "evidence", "tools")
MEANINGS = {
    "frame": "delimiters and tool descriptions",
    "system": "instructions, policy, authority",
    "contract": "the form of the answer",
    "request": "the message to answer",
    "task": "task, decisions, facts, approvals",
    "turns": "earlier turns and summary",
    "evidence": "documents and memories",
    "tools": "results of calls",
}
REASONS = {
    "budget": "There was no room left.",
    "limit": "Enough of its kind was in already.",
    "stale": "It was too old.",
    "duplicate": "The same was in already.",
    "superseded": "Something newer took its place.",
    "rejected": "It is known to be wrong.",
}


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of the bar."""

    name: str
    meaning: str
    tokens: int
    start: float
    """Percent of the budget before it."""
    width: float
    """Percent of the budget."""


@dataclass(frozen=True, slots=True)
class View:
    """What the page adds to a receipt."""

    request: str
    """What was to be answered."""
    parts: list[Part]
    share: int
    """Percent of the budget used."""
    ages: dict[str, str]
    """By item id."""
    before: str | None
    """The package of the call before."""
    came: list[Included]
    went: list[Included]
    stayed: int
    left_out: list[tuple[str, str]]
    """How many for which reason."""


async def receipt_file(services: Services, caller: Principal, prompt: Prompt) -> str:
    """Return the page of a receipt as one file that needs nothing else."""
    receipt = await receipt_for(services, caller, prompt)
    view = view_of(receipt, await previous_of(services, caller, receipt))
    return filled("receipt_file.html", caller=None, receipt=receipt, view=view, own=False)


async def previous_of(services: Services, caller: Principal, receipt: Receipt) -> Receipt | None:
    """Return the receipt of the model call before, if there is one and it can still be read."""
    calls = [call.package for call in await calls_of(services, caller, receipt.conversation)]
    at = calls.index(receipt.package) if receipt.package in calls else 0
    if at == 0:
        return None
    try:
        return receipt_of(await services.packages.by_id(caller.tenant, calls[at - 1]))
    except NotFound:
        return None  # its texts were erased


def view_of(receipt: Receipt, before: Receipt | None) -> View:
    """Return what the page adds."""
    now = {item.id: item for item in receipt.included}
    then = {item.id: item for item in before.included} if before else {}
    why = Counter(entry.reason.split(":")[0].split(" ")[0] for entry in receipt.excluded)
    return View(
        request=next((item.text for item in receipt.included if item.kind == "current_request"), ""),
        parts=_parts(receipt),
        share=round(100 * receipt.tokens / receipt.budget),
        ages={item.id: age(receipt.built_at - item.as_of) for item in receipt.included if item.as_of},
        before=before.package if before else None,
        came=[item for id_, item in now.items() if id_ not in then] if before else [],
        went=[item for id_, item in then.items() if id_ not in now],
        stayed=len(now.keys() & then.keys()),
        left_out=[(f"{count} × {reason}", REASONS.get(reason, "")) for reason, count in sorted(why.items())],
    )


def _parts(receipt: Receipt) -> list[Part]:
    parts, start = [], 0.0
    for name in _ORDER:
        tokens = receipt.segments.get(name, 0)
        if tokens:
            width = 100 * tokens / receipt.budget
            parts.append(Part(name, MEANINGS[name], tokens, round(start, 3), round(width, 3)))
            start += width
    return parts
