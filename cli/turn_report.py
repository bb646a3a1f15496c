"""What one turn did, as the log tells it."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markdown import Markdown
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.bar import segment_bar
from dossier.context.package import ContextPackage
from state import events as e
from state.log import Event

_QUIET = frozenset({"state_update_proposed", "state_update_applied", "entities_mentioned"})


def show_turn(out: Console, events: Sequence[Event], package: ContextPackage | None) -> None:
    """Print the reply, what was resolved and learned, the token bar, what was left out, the events.

    Args:
        out: Where to.
        events: Of the turn, or of a part of it, in order.
        package: What the last model call among them was shown.
    """
    bodies = [event.body for event in events if event.body is not None]
    for body in bodies:
        if isinstance(body, e.AssistantResponseGenerated):
            out.print(Padding(Markdown(body.text), (0, 0, 0, 2)))
        _show(out, body)
    if package is not None:
        _show_package(out, package, sum(isinstance(body, e.ContextPackageBuilt) for body in bodies))
    kinds = Counter(event.header.type for event in events)
    names = [name if n == 1 else f"{name} x{n}" for name, n in kinds.items() if name not in _QUIET]
    _line(out, "events", ", ".join(names), style="bright_black")


def show_done(out: Console, events: Sequence[Event]) -> None:
    """Print what events did beside replying: resolved, learned, decided, waits."""
    for event in events:
        if event.body is not None:
            _show(out, event.body)


def _show(out: Console, body: e.EventBody) -> None:  # the kinds that a reader of a conversation wants to see
    match body:
        case e.ReferenceResolved():
            meant = ", ".join(f"{entity.type} {entity.id}" for entity in body.entities) or body.action
            _line(out, "resolved", f"“{body.phrase}” is {meant} ({body.reason})")
        case e.ToolCallCompleted():
            _line(out, "done", f"{body.name} {_args(body.args)}")
        case e.ToolCallFailed():
            _line(out, "not done", f"{body.name}: {body.detail}")
        case e.GuardRuled():
            _line(out, "guard", f"{body.guard} {body.ruling}: {body.text}")
        case e.HumanApprovalRequested():
            _line(out, "waits", f"{body.name} {_args(body.args)} needs a decision; nothing has happened")
        case e.HumanApprovalGranted():
            _line(out, "approved", f"{body.name}, by {body.decided_by}")
        case e.HumanApprovalDenied():
            _line(out, "refused", f"{body.name}, by {body.decided_by}")
        case e.FactConfirmed():
            _line(out, "learned", f"{body.fact.key} = {body.fact.value} ({body.fact.trust})")
        case e.AssumptionRejected():
            _line(out, "rejected", f"{body.assumption.key} = {body.assumption.value}")
        case e.DecisionRecorded():
            _line(out, "decided", f"{body.text}" + (" (limits what may be done)" if body.constraint else ""))
        case e.StateUpdateRejected():
            _line(out, "no change", body.reason)
        case e.SummaryGenerated():
            _line(out, "summary", f"refreshed: {body.reason}")
        case _:
            return


def _line(out: Console, label: str, text: str | Text, *, style: str = "") -> None:
    row = Table.grid(padding=(0, 1, 0, 2))
    row.add_column(width=8, style=style or "bold")
    row.add_column(style=style)
    row.add_row(label, Text(text) if isinstance(text, str) else text)
    out.print(row)


def _args(args: dict[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in args.items() if name != "reason")


def _show_package(out: Console, package: ContextPackage, count: int) -> None:
    calls = f" (of the last of {count} model calls)" if count > 1 else ""
    _line(out, "shown", f"{len(package.items)} items{calls}")
    _line(out, "", segment_bar(dict(package.segment_tokens), package.budget))
    left = [f"{excluded.id} ({excluded.reason})" for excluded in package.exclusions]
    more = f" and {len(left) - 4} more" if len(left) > 4 else ""
    _line(out, "left out", (", ".join(left[:4]) + more) if left else "nothing: all of it fitted")
