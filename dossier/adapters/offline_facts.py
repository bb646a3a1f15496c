"""Which statements of the material bear on a question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dossier.adapters.offline_clauses import ORDERS, clauses
from dossier.adapters.offline_evidence import (
    Evidence,
    Statement,
    about,
    asks_what_is_open,
    evidence,
    statements,
    still_open,
    with_support,
)
from dossier.adapters.offline_reading import Block, Reading
from dossier.adapters.offline_terms import ASKING, coverage, sentences, shortened, stems, terms, weights, words

_MOST = 4
"""Statements of an answer, those apart that support them."""
_RELEVANT = 0.4
"""Share of the request's terms below which a sentence does not bear on it."""
_NEAR = 0.6
"""Share of the best statement's score below which another is left out."""
_REJECTED = 0.2
"""Share of the request's terms from which on a rejected claim is named."""
_SAME = 0.6
"""Share of common terms from which on two sentences say the same."""
_SAID = ("recent_turn", "summary")
_CLAIMED = ("user_claimed", "model_inferred")
_FIRST = ("decision", "denial", "correction")
_POINTING = frozenset(stems("first second third fourth fifth last latter former one other previous"))
_NEGATIONS = frozenset(
    {"not", "no", "never", "isn't", "wasn't", "don't", "doesn't", "didn't", "without", "cannot", "can't"}
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    statement: Statement
    score: float


def asked_terms(reading: Reading) -> frozenset[str]:
    """Return the terms that an answer should hold: those of the request and of what its phrases stand for.

    Words that only ask are left out, and so are names of items, unless nothing else remains.
    """
    names = {block.name.casefold() for block in reading.material}
    told = {word for entity in reading.resolved if names & {*words(entity)} for word in terms(entity)}
    other = (word for entity in reading.resolved for word in terms(entity) if not any(c.isdigit() for c in word))
    wanted = (terms(reading.request) | {*other}) - ASKING
    pointing = _POINTING if reading.resolved else frozenset()
    return wanted - told - names - pointing or wanted | told


def bearing(reading: Reading, *, settled_only: bool = False) -> list[Statement]:
    """Return the statements that bear on the request, settled ones first.

    What is known of the matter is looked at first, then other documents and rules, and last what people said.
    """
    found = evidence(reading)
    if asks_what_is_open(asked_terms(reading)):
        return with_support(still_open(found)[:_MOST])
    for blocks in _tiers(reading, found):
        good = [c for c in _candidates(reading, blocks, found) if not settled_only or _is_settled(c.statement)]
        if chosen := _chosen(good):
            return with_support(chosen)
    return []


def rejections(reading: Reading) -> list[str]:
    """Return what was rejected and would bear on the request, said to be so."""
    weight, wanted = weights(reading.blocks), asked_terms(reading)
    near = [b for b in reading.blocks if b.rejected and coverage(wanted, b.text, weight) >= _REJECTED]
    claims = [(shortened(" ".join(b.text.split()).removeprefix("rejected: ")), b.id) for b in near[:2]]
    return [f'Rejected earlier, not taken as true: "{claim}" [{item}].' for claim, item in claims]


def _tiers(reading: Reading, found: Evidence) -> tuple[list[Block], list[Block], list[Block]]:
    """Return what may be stated, by how near it is to the matter; nothing that was taken back."""
    matter = about(reading)
    states = [b for b in reading.material if b.is_state]
    others = [b for b in reading.material if not b.is_document and not b.is_state]
    own = [b for b in states if b.name.casefold() in matter] or states
    said = [b for b in others if b.kind in _SAID or (b.attrs.get("trust") in _CLAIMED and not _is_decided(b))]
    looked_up = [b for b in reading.material if b.is_document and "record" in b.attrs and b not in found.passages]
    near = [*own, *(b for b in others if b not in said), *found.passages, *looked_up]
    far = [b for b in (*states, *reading.material, *reading.rules) if b.is_document or b in (*states, *reading.rules)]
    standing = [b for b in near if b not in found.withheld]
    return (
        standing,
        [b for b in far if b not in found.withheld and b not in standing],
        [b for b in said if b.attrs.get("role") != "assistant"],
    )


def _candidates(reading: Reading, blocks: Sequence[Block], found: Evidence) -> list[_Candidate]:
    """Score what may be stated; a correction has at least the score of what it corrects."""
    weight, wanted = weights(reading.blocks), asked_terms(reading)
    rejected = [claim for block in reading.blocks if block.rejected for claim in sentences(block.text)]
    scored = [c for block in blocks for c in _scored(block, wanted, weight)]
    for gone in found.withheld if scored else ():
        best = max((c.score for c in _scored(gone, wanted, weight)), default=0.0)
        scored += [_Candidate(s, best) for s in statements(found.corrected[gone.name])]
    return [c for c in scored if not _is_excluded(c.statement, reading.request, rejected)]


def _scored(block: Block, wanted: frozenset[str], weight: Mapping[str, float]) -> list[_Candidate]:
    around = coverage(wanted, block.text, weight)
    found = []
    for statement in statements(block):
        here = coverage(wanted, statement.text, weight)
        share = (here + around / 4) * (0.5 if statement.introduces else 1.0)
        found += [_Candidate(statement, share)] if here else []
    return found


def _is_excluded(statement: Statement, request: str, rejected: Sequence[str]) -> bool:
    text = statement.text
    # What somebody wanted done, now or earlier, tells nothing about the matter.
    said = clauses(text, ORDERS) if statement.block.kind in (*_SAID, "decision") else []
    asks = text.rstrip().endswith("?") or any(clause.asks or clause.orders for clause in said)
    return asks or "{" in text or words(text) == words(request) or any(_states(text, claim) for claim in rejected)


def _states(sentence: str, claim: str) -> bool:
    """Tell whether the sentence says what the claim says: its very words, or nearly its terms with the same denial."""
    if f" {' '.join(words(claim))} " in f" {' '.join(words(sentence))} ":
        return True
    said, wanted = terms(sentence), terms(claim)
    same_sense = bool(_NEGATIONS & {*words(sentence)}) == bool(_NEGATIONS & {*words(claim)})
    return same_sense and len(said & wanted) >= _SAME * len(said | wanted)


def _chosen(scored: Sequence[_Candidate]) -> list[Statement]:
    """Return the best, settled matters first, then by score; what was said already is left out."""
    best = max((candidate.score for candidate in scored), default=0.0)
    good = [c for c in scored if c.score >= max(_RELEVANT, best * _NEAR)]
    kept: list[Statement] = []
    for candidate in sorted(good, key=lambda c: (not _is_settled(c.statement), -c.score)):
        if not any(_states(candidate.statement.text, other.text) for other in kept):
            kept.append(candidate.statement)
    return kept[:_MOST]


def _is_settled(statement: Statement) -> bool:
    return _is_decided(statement.block)


def _is_decided(block: Block) -> bool:
    return any(word in f"{block.kind} {block.attrs.get('turn_kind', '')}" for word in _FIRST)
