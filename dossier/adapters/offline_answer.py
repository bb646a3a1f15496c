"""The offline model's words: sentences taken from the material, each with the id of its item."""

from collections.abc import Sequence

from dossier.adapters.offline_clauses import ORDERS, Clause, clauses
from dossier.adapters.offline_evidence import evidence, statements
from dossier.adapters.offline_facts import asked_terms, bearing, rejections
from dossier.adapters.offline_forms import Form, form_for, is_label
from dossier.adapters.offline_outcomes import outcome
from dossier.adapters.offline_reading import THANKS, Block, Reading
from dossier.adapters.offline_report import cited, report
from dossier.adapters.offline_terms import coverage, weights

NOTHING = "Nothing in the material answers this."
WELCOME = "You’re welcome."
NOTED = "Noted. There is nothing for me to look up or to do here."


def answer(reading: Reading, outcomes: Sequence[Block] = (), needs: Sequence[str] = ()) -> str:
    """Answer the request from the material alone.

    Args:
        reading: The prompt.
        outcomes: What calls of this turn did, or why they did not; when there are any, they are the answer.
        needs: Sentences that ask for what a tool call lacks.
    """
    told = [line for block in outcomes for line in outcome(block, reading.request)]
    if told:
        return "\n".join(dict.fromkeys((*told, *needs)))
    if needs:
        # Beside a question for what is missing, only what is settled matters.
        return "\n".join((*cited(bearing(reading, settled_only=True)), *needs))
    form = form_for(reading)
    return (form and _in_form(form, reading)) or _courtesy(reading.request) or _plain(reading)


def _in_form(form: Form, reading: Reading) -> str:
    return _quotation(form, reading) if form.quotes else report(form, reading)


def _plain(reading: Reading) -> str:
    return "\n".join((*cited(bearing(reading)), *rejections(reading))) or NOTHING


def _courtesy(request: str) -> str:
    """Return the answer to what neither asks nor orders anything; else nothing."""
    said = request.replace("\u2019", "'")
    asked = [clause for clause in clauses(said, ORDERS) if not THANKS.search(clause.text)]
    if any(_wants(clause) for clause in asked):
        return ""
    if THANKS.search(said):
        return WELCOME
    return NOTED if any(clause.is_own for clause in asked) else ""


def _wants(clause: Clause) -> bool:
    return clause.asks or (clause.orders and not clause.denied)


def _quotation(form: Form, reading: Reading) -> str:
    """Quote the sentence that the request is after; say where it stands, and what corrects it."""
    found, weight = evidence(reading), weights(reading.blocks)
    wanted = frozenset(stem for stem in asked_terms(reading) if not is_label(form, stem))
    told = [s for block in (*found.passages, *found.withheld) for s in statements(block)]
    best = max(told, key=lambda s: coverage(wanted, s.text, weight) + s.weight / 20, default=None)
    if best is None:
        return ""
    where = f" – {best.block.heading}" if best.block.heading else ""
    line = f"“{best.text}”{where} [{best.block.id}]"
    by = found.corrected.get(best.block.name) if best.block in found.withheld else None
    return f"{line}\n\nCorrected by {by.name}: {cited(statements(by))[0]}" if by else line
