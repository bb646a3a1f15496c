"""What is expected of a package, held against the one that was stored."""

from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from functools import partial

from dossier.adapters.packages import Prompt
from dossier.context.items import ContextItem
from dossier.context.package import Exclusion
from evals.play.expecting import Excluded, Item, Package
from evals.play.results import Check

Held = Callable[[str, bool, object], Check]


def package_checks(package: Package, prompts: Sequence[Prompt], held: Held) -> Iterator[Check]:
    """Yield one check for each thing that is expected of a package."""
    if not -len(prompts) <= package.call < len(prompts):
        yield held(f"package of call {package.call}", False, f"the step built {len(prompts)} packages")
        return
    prompt = prompts[package.call]
    items = [entry.item for entry in prompt.package.items]
    shown = [f"{item.kind} {item.id}" for item in items]
    for wanted in package.includes:
        like = [item.text for item in items if _same_kind(wanted, item)]
        yield held(f"shows {named(wanted)}", any(map(partial(fits, wanted), items)), like or shown)
    for unwanted in package.lacks:
        there = [item.id for item in items if fits(unwanted, item)]
        yield held(f"does not show {named(unwanted)}", not there, there)
    for left_out in package.excludes:
        yield _left_out(left_out, prompt.package.exclusions, shown, held)
    if package.order:
        rest = iter(items)
        ordered = all(any(fits(wanted, item) for item in rest) for wanted in package.order)
        yield held("shows in order " + ", ".join(map(named, package.order)), ordered, shown)
    yield from _tokens(package, prompt, held)
    if package.same_head:
        heads = {str(one.messages[0]) for one in prompts}
        yield held(f"{len(prompts)} packages begin alike", len(prompts) > 1 and len(heads) == 1, f"{len(heads)} heads")
    text = "\n".join(str(message["content"]) for message in prompt.messages)
    for words in package.mentions:
        yield held(f"mentions {words!r}", words in text, "it stands nowhere in the prompt")
    for words in package.never:
        place = text.find(words)
        yield held(f"never mentions {words!r}", place < 0, text[max(0, place - 60) : place + 120])


def named(item: Item) -> str:
    """Return an expected item in words."""
    parts = [item.kind or "", item.id or "", *(repr(text) for text in item.contains)]
    flags = {"critical": item.critical, "stale": item.stale}
    parts += [f"{'' if value else 'not '}{name}" for name, value in flags.items() if value is not None]
    return " ".join(filter(None, [*parts, item.trust or ""]))


def fits(wanted: Item, item: ContextItem) -> bool:
    """Tell whether an item is what is wanted."""
    low = item.text.lower()
    return (
        _same_kind(wanted, item)
        and all(text.lower() in low for text in wanted.contains)
        and wanted.trust in (None, item.trust)
        and wanted.critical in (None, item.critical)
        and wanted.stale in (None, item.stale_age is not None)
    )


def _same_kind(wanted: Item, item: ContextItem) -> bool:
    return wanted.kind in (None, item.kind) and (wanted.id is None or fnmatchcase(item.id, wanted.id))


def _left_out(wanted: Excluded, exclusions: Sequence[Exclusion], shown: Sequence[str], held: Held) -> Check:
    what = " ".join(filter(None, [wanted.kind or "", wanted.id or ""])) or "something"
    found = [
        one.reason
        for one in exclusions
        if wanted.kind in (None, one.kind) and (wanted.id is None or fnmatchcase(one.id, wanted.id))
    ]
    right = any(reason.startswith(wanted.reason) for reason in found)
    return held(f"leaves out {what} ({wanted.reason})", right, found or f"shown: {shown}")


def _tokens(package: Package, prompt: Prompt, held: Held) -> Iterator[Check]:
    total, tokens = prompt.package.total_tokens, package.tokens
    if tokens is not None and tokens.max is not None:
        yield held(f"has at most {tokens.max} tokens", total <= tokens.max, total)
    if tokens is not None and tokens.min is not None:
        yield held(f"has at least {tokens.min} tokens", total >= tokens.min, total)
