"""Receipts in the terminal: a bar of tokens, a table of items, two packages side by side."""

from typing import Any

from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from cli.bar import segment_bar
from cli.rows import show_rows
from dossier.adapters.packages import Prompt
from dossier.context.package import IncludedItem
from graphs.rehearsal import Compared, Told
from service.receipts import Receipt

_HEADS = ("item", "kind", "trust", "tokens", "as of", "why")


def show_receipt(out: Console, prompt: Prompt, receipt: Receipt) -> None:
    """Print the bar, what was shown and why, what was left out and why, and to an auditor what was hidden."""
    package = prompt.package
    out.print(segment_bar(dict(package.segment_tokens), package.budget))
    rows = [
        *(("", _row(entry)) for entry in package.items),
        *(("dim", (e.id, e.kind, "", str(e.tokens), "", f"left out: {e.reason}")) for e in package.exclusions),
        *(("red", (k.id, k.kind, "", "", "", f"hidden from {receipt.user}: {k.scope}")) for k in receipt.hidden or ()),
    ]
    show_rows(out, _HEADS, [row for _, row in rows], [style for style, _ in rows])
    if receipt.hidden == []:
        out.print("Nothing that was gathered was hidden from the user.")
    if (usage := receipt.usage) and usage.used is not None:
        against = "" if usage.difference is None else f", {usage.difference:+d} against our count of {usage.estimated}"
        label = "" if usage.exact else " (an estimate as far as tools and answer forms go)"
        out.print(f"The endpoint counted {usage.used} tokens{against}{label}.")
    for why in receipt.departures:
        out.print(f"The reply breaks its contract. {why}", style="yellow", markup=False)


def _row(entry: IncludedItem) -> tuple[str, ...]:
    item = entry.item
    as_of = item.as_of.strftime("%Y-%m-%d %H:%M") if item.as_of else ""
    stale = f"stale ({item.stale_age}); " if item.stale_age else ""
    return item.id, item.kind, item.trust, str(entry.tokens), as_of, f"{stale}{item.reason}"


def show_messages(out: Console, prompt: Prompt) -> None:
    """Print the messages, byte for byte but for line breaks of the terminal."""
    for message in prompt.messages:
        out.rule(message["role"])
        out.print(message["content"], markup=False, soft_wrap=True)


def plain(prompt: Prompt, receipt: Receipt) -> dict[str, Any]:
    """Return a receipt as JSON; what was hidden is there for an auditor only."""
    package = prompt.package
    return {
        "id": package.header.id,
        "hash": prompt.hash,
        "thread": package.header.session,
        "turn": package.header.turn,
        "model": package.header.model_profile,
        "prompt": package.header.prompt_version,
        "built_at": package.built_at.isoformat(),
        "budget": package.budget,
        "tokens": package.total_tokens,
        "segments": dict(package.segment_tokens),
        "items": [
            {
                "id": entry.item.id,
                "kind": entry.item.kind,
                "trust": entry.item.trust,
                "tokens": entry.tokens,
                "packed_as": entry.packed_as,
                "as_of": entry.item.as_of.isoformat() if entry.item.as_of else None,
                "stale": entry.item.stale_age,
                "reason": entry.item.reason,
                "text": entry.item.text,
            }
            for entry in package.items
        ],
        "left_out": [
            {"id": left.id, "kind": left.kind, "tokens": left.tokens, "reason": left.reason}
            for left in package.exclusions
        ],
        "usage": receipt.usage and receipt.usage.model_dump(),
        "departures": receipt.departures,
        **({} if receipt.hidden is None else {"hidden": [kept.model_dump() for kept in receipt.hidden]}),
    }


def show_difference(out: Console, before: Prompt, after: Prompt) -> None:
    """Print what only one of two packages shows, and what both show in other words."""
    old = {entry.item.id: entry for entry in before.package.items}
    new = {entry.item.id: entry for entry in after.package.items}
    why = {left.id: left.reason for left in after.package.exclusions}
    for id in [id for id in old if id not in new]:
        out.print(f"[red]- {id}[/red]  {old[id].tokens} tokens  {why.get(id, 'not gathered')}")
    for id in [id for id in new if id not in old]:
        out.print(f"[green]+ {id}[/green]  {new[id].tokens} tokens  {new[id].item.reason}")
    changed = [id for id in new if id in old and old[id].item.text != new[id].item.text]
    for id in changed:
        out.print(f"[yellow]~ {id}[/yellow]  {old[id].tokens} -> {new[id].tokens} tokens")
    same = len(new.keys() & old.keys()) - len(changed)
    out.print(f"{same} items alike; {before.package.total_tokens} -> {after.package.total_tokens} tokens")


def show_compared(out: Console, compared: Compared) -> None:
    """Print both tellings of a turn side by side, and what differs between their packages."""
    width = max(30, out.width // 2 - 2)
    panels = [_panel("as it was", compared.before, width), _panel("what if", compared.after, width)]
    out.print(Columns(panels, equal=True, expand=True))
    if compared.before.prompt and compared.after.prompt:
        show_difference(out, compared.before.prompt, compared.after.prompt)
    same = compared.before.reply == compared.after.reply and compared.before.calls == compared.after.calls
    out.print("The answer is the same." if same else "[bold]The answer differs.[/bold]")
    out.print(f"[bright_black]The rehearsal is thread {compared.after.thread}; nothing took effect.[/bright_black]")


def _panel(title: str, told: Told, width: int) -> Panel:
    lines = [told.reply, *(f"asked for {call}" for call in told.calls), told.refused]
    text = Text("\n".join(line for line in lines if line))
    if told.prompt:
        text.append("\n\n").append(segment_bar(dict(told.prompt.package.segment_tokens), told.prompt.package.budget))
    return Panel(text, title=title, width=width)
