"""The forms of answer that an output contract prescribes, as the offline model understands them.

A line `- Summary or position: the headings **Position** (status), **Risk**.` is a form with two labels and two
headings; a line that ends in `ends with the line "..."` gives a closing line to the forms that it names.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from dossier.adapters.offline_clauses import ORDERS, clauses
from dossier.adapters.offline_reading import Reading
from dossier.adapters.offline_terms import alike, stems, terms

_FORM = re.compile(r"^\s*[-*]\s+(?P<labels>[^:*]{1,80}):\s*(?P<content>.+)$", re.MULTILINE)
_HEADING = re.compile(r"\*\*(?P<name>[^*]+)\*\*(?:\s*\((?P<inside>[^)]*)\)|:\s*(?P<after>[^*\n]+))?")
_CLOSING = re.compile(r"^(?P<subject>[^.\n]*?)\s+ends? with\b[^\"“\n]*[\"“](?P<line>[^\"”\n]+)[\"”]", re.MULTILINE)
_SUMMARIES = frozenset(stems("overview recap outline synopsis"))
"""Other words for a summary."""


@dataclass(frozen=True, slots=True)
class Heading:
    """One heading of a form."""

    name: str
    """As it is to be written."""
    holds: str
    """What is to stand under it, in the contract's words; may be empty."""
    aspects: tuple[str, ...] = ()
    """What it is to be told of one by one."""


@dataclass(frozen=True, slots=True)
class Form:
    """One form of answer."""

    labels: tuple[tuple[str, ...], ...]
    """The stems of each of its names."""
    headings: tuple[Heading, ...]
    """In the order in which they stand."""
    quotes: bool
    """Whether it asks for exact words."""
    closing: str = ""
    """The line to end with."""


def form_for(reading: Reading) -> Form | None:
    """Return the form that the request asks for: the one whose names it says in the most words."""
    wanted = [c for c in clauses(reading.request, ORDERS) if not c.denied]
    said = [stem for clause in wanted for stem in stems(clause.text)]
    said += stems("summary") if _SUMMARIES & {*said} else []
    usable = [form for form in forms(reading.contract) if form.headings or form.quotes]
    fits = [_fit(form, said) for form in usable]
    return usable[fits.index(max(fits))] if fits and max(fits) > 0 else None


def is_label(form: Form | None, stem: str) -> bool:
    """Tell whether a stem names the form or a heading of it, and so nothing that the material has to say."""
    names = [part for label in form.labels for part in label] if form else []
    names += [part for heading in form.headings for part in stems(heading.name)] if form else []
    return any(alike(stem, name) for name in names) or stem in _SUMMARIES


def forms(contract: str) -> list[Form]:
    """Return the forms that a contract names."""
    aspects: dict[str, tuple[str, ...]] = {}
    found: list[Form] = []
    for match in _FORM.finditer(contract):
        labels = tuple(tuple(stems(label)) for label in re.split(r",|\bor\b", match["labels"]) if stems(label))
        headings = tuple(_heading(heading) for heading in _HEADING.finditer(match["content"]))
        aspects.update({heading.name: heading.aspects for heading in headings if heading.aspects})
        quotes = "exact words" in match["content"] or any(alike("quot", part) for label in labels for part in label)
        found.append(Form(labels, headings, quotes and not headings, _closing(contract, labels)))
    return [_with_aspects(form, aspects) for form in found]


def _heading(match: re.Match[str]) -> Heading:
    after = re.split(r",?\s+each\b|[.;]", match["after"] or "")[0]
    aspects = tuple(part.strip() for part in re.split(r",\s*|\s+and\s+", after) if part.strip())
    return Heading(match["name"].strip(), match["inside"] or "", aspects if len(aspects) > 1 else ())


def _with_aspects(form: Form, aspects: dict[str, tuple[str, ...]]) -> Form:
    headings = tuple(Heading(h.name, h.holds, h.aspects or aspects.get(h.name, ())) for h in form.headings)
    return Form(form.labels, headings, form.quotes, form.closing)


def _closing(contract: str, labels: Sequence[Sequence[str]]) -> str:
    for match in _CLOSING.finditer(contract):
        subjects = [terms(part) for part in re.split(r",|\b(?:or|and)\b", match["subject"])]
        if any(_names(subject, label) for subject in subjects for label in labels):
            return match["line"]
    return ""


def _names(subject: Collection[str], label: Sequence[str]) -> bool:
    return bool(subject) and all(any(alike(word, part) for part in label) for word in subject)


def _fit(form: Form, said: Sequence[str]) -> int:
    named = [label for label in form.labels if all(any(alike(part, s) for s in said) for part in label)]
    alone = len(form.headings) == 1 and all(part in said for part in stems(form.headings[0].name))
    return max([int(alone), *map(len, named)])
