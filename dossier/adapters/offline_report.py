"""Answers with headings: each filled with what the material states under it."""

import re
from collections.abc import Sequence

from dossier.adapters.offline_evidence import Evidence, Statement, about, evidence, statements, still_open, with_support
from dossier.adapters.offline_forms import Form, Heading
from dossier.adapters.offline_reading import Block, Reading
from dossier.adapters.offline_terms import alike, stems, terms

_NOT_ESTABLISHED = "Not established."
_MOST_OPEN = 4
_SIGNS = {
    "harm": """
        harm hurt injury injured ill illness sick danger hazard unsafe exposed exposure vulnerable child children school
        patient consumer customer served eaten sold death fire poison victim
    """,
    "likelihood": "sign likely unlikely probable probably possible occur occurred happen happened repeat again real",
    "quality": """
        verified unverified confirmed provisional provisionally withdrawn corrected established outstanding uncertain
        tested sample sampled calibration certificate reference accurate reliable
    """,
}
"""By what words a sentence is known to bear on an aspect of a risk."""
_SIGN_STEMS = {stems(name)[0]: frozenset(stems(signs)) for name, signs in _SIGNS.items()}


def report(form: Form, reading: Reading) -> str:
    """Return all sections and the closing line, as Markdown; empty when there is nothing to report."""
    found = evidence(reading)
    sections = [(heading.name, _section(heading, reading, found)) for heading in form.headings]
    if not any(lines for _, lines in sections):
        return ""
    parts = ["\n- ".join((f"**{name}**\n", *(lines or [_NOT_ESTABLISHED]))) for name, lines in sections]
    return "\n\n".join([*parts, *([form.closing] if form.closing else [])])


def cited(chosen: Sequence[Statement]) -> list[str]:
    """Return the statements, those of one item joined and followed by its id, in the order of the items' first."""
    groups: dict[str, list[Statement]] = {}
    for statement in chosen:
        groups.setdefault(statement.block.id, []).append(statement)
    return [f"{' '.join(statement.said for statement in _in_order(group))} [{id}]" for id, group in groups.items()]


def _in_order(group: Sequence[Statement]) -> list[Statement]:
    # Passages that a search found share the id of its result.
    return sorted(group, key=lambda statement: (statement.block.text, statement.place))


def _section(heading: Heading, reading: Reading, found: Evidence) -> list[str]:
    if heading.aspects:
        return [*_on_file(heading, reading), *_aspects(heading, found)]
    if re.search(r"\beach\b", heading.holds):
        return [_shows(name, found) for name in found.names]
    if any(alike(stem, "unknown") or stem == "open" for stem in stems(heading.name)):
        return _open(found)
    return _standing(heading, reading)


def _standing(heading: Heading, reading: Reading) -> list[str]:
    """Tell how what is asked about stands: what it is, then the statements that the heading calls for."""
    wanted = terms(f"{heading.name} {heading.holds}")
    lines: list[str] = []
    for block in _states(reading):
        told = statements(block)
        fitting = [s for s in told if terms(s.text) & wanted]
        lines += cited([*told[:1], *(s for s in fitting if s is not told[0])]) if fitting else []
    return lines


def _on_file(heading: Heading, reading: Reading) -> list[str]:
    named = terms(heading.name)
    return cited([s for block in _states(reading) for s in statements(block) if named & terms(s.text)])


def _states(reading: Reading) -> list[Block]:
    named = about(reading)
    return [block for block in reading.material if block.is_state and block.name.casefold() in named]


def _shows(name: str, found: Evidence) -> str:
    """Return what one document shows, in one statement; of a corrected one, what corrects it."""
    own = sorted(found.of(name), key=lambda s: -s.weight)
    if not own and name not in found.corrected:
        return f"{_dated(name, '')}: {_NOT_ESTABLISHED}"
    if name in found.corrected:
        by = found.corrected[name]
        best = min(statements(by), key=lambda s: (name not in s.text, -s.weight, s.place))
        date = next((b.attrs.get("as_of", "")[:10] for b in found.withheld if b.name == name), "")
        return f"{_dated(name, date)}: corrected by {by.name}. {cited([best])[0]}"
    return f"{_dated(name, own[0].block.attrs.get('as_of', '')[:10])}: {' '.join(cited(with_support(own[:1])))}"


def _dated(name: str, date: str) -> str:
    return f"{name} ({date})" if date else name


def _open(found: Evidence) -> list[str]:
    return cited(with_support(still_open(found)))[:_MOST_OPEN]


def _aspects(heading: Heading, found: Evidence) -> list[str]:
    """Return one statement for each aspect, none twice."""
    told = [s for name in found.names if name not in found.corrected for s in found.of(name) if not s.introduces]
    lines: list[str] = []
    for aspect in heading.aspects:
        signs = frozenset().union(*(_SIGN_STEMS.get(stem, frozenset()) for stem in stems(aspect))) | terms(aspect)
        bearing = [s for s in told if signs & {*stems(s.text)}]
        best = max(bearing, key=lambda s: len(signs & {*stems(s.text)}) + s.weight / 4, default=None)
        said = " ".join(cited(with_support([best]))) if best else _NOT_ESTABLISHED
        lines.append(f"{aspect[:1].upper()}{aspect[1:]}: {said}")
        told = [s for s in told if s is not best]
    return lines if any("[" in line for line in lines) else []
