"""The offline model's words: sentences taken from the material, each with the id of its item."""

from collections.abc import Sequence
from dataclasses import dataclass

from dossier.adapters.offline_reading import Block, Reading, plain_text
from dossier.adapters.offline_terms import coverage, sentences, shortened, terms, weights, words

NOTHING = "Nothing in the material answers this."
_MOST = 6
_RELEVANT = 0.2
"""Share of the request's terms below which a sentence does not bear on it."""
_SAME = 0.6
"""Share of common terms from which on two sentences say the same."""
_FIRST = ("decision", "denial", "correction", "approval")
_NEGATIONS = frozenset(
    {"not", "no", "never", "isn't", "wasn't", "don't", "doesn't", "didn't", "without", "cannot", "can't"}
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    sentence: str
    block: Block
    score: float
    place: int

    @property
    def cited(self) -> str:
        return f"{_ended(shortened(self.sentence))} [{self.block.id}]"


def answer(reading: Reading, outcomes: Sequence[Block] = (), needs: Sequence[str] = ()) -> str:
    """Answer the request from the material alone.

    Args:
        reading: The prompt.
        outcomes: What tools and approvals of this turn told; stated first.
        needs: Sentences that ask for what a tool call lacks.
    """
    lines = [_outcome(block) for block in outcomes if plain_text(block.text).strip()]
    told = {block.id for block in outcomes}
    found = [candidate for candidate in _candidates(reading) if candidate.block.id not in told]
    # Beside a question for what is missing, only what is settled matters.
    chosen = [candidate for candidate in _chosen(found) if not needs or _is_settled(candidate.block)]
    lines += [candidate.cited for candidate in chosen[: max(0, _MOST - len(lines))]]
    lines += [*needs, *_rejections(reading)]
    return " ".join(dict.fromkeys(lines)) or NOTHING


def _outcome(block: Block) -> str:
    said = shortened(" ".join(sentences(block.text)[:2]), 400)
    tool = block.attrs.get("tool", "").replace("_", " ")
    return f"{_ended(f'{tool}: {said}' if tool else said)} [{block.id}]"


def _candidates(reading: Reading) -> list[_Candidate]:
    weight = weights(reading.blocks)
    wanted = terms(" ".join((reading.request, *reading.resolved)))
    rejected = [claim for block in reading.blocks if block.rejected for claim in sentences(block.text)]
    found: list[_Candidate] = []
    for block in reading.material:
        around = coverage(wanted, block.text, weight)
        for sentence in sentences(block.text):
            here = coverage(wanted, sentence, weight)
            if here and not _is_excluded(sentence, reading.request, rejected):
                found.append(_Candidate(sentence, block, here + around / 4, len(found)))
    return found


def _is_excluded(sentence: str, request: str, rejected: Sequence[str]) -> bool:
    asks = sentence.rstrip().endswith("?")
    return asks or words(sentence) == words(request) or any(_states(sentence, text) for text in rejected)


def _states(sentence: str, claim: str) -> bool:
    """Tell whether the sentence says what the claim says: its very words, or nearly its terms with the same denial."""
    if f" {' '.join(words(claim))} " in f" {' '.join(words(sentence))} ":
        return True
    said, wanted = terms(sentence), terms(claim)
    same_sense = bool(_NEGATIONS & {*words(sentence)}) == bool(_NEGATIONS & {*words(claim)})
    return same_sense and len(said & wanted) >= _SAME * len(said | wanted)


def _chosen(found: Sequence[_Candidate]) -> list[_Candidate]:
    """Return the best, settled matters first, then by score; ties by place."""
    best = max((candidate.score for candidate in found), default=0.0)
    good = [candidate for candidate in found if candidate.score >= max(_RELEVANT, best / 2)]
    good.sort(key=lambda candidate: (-candidate.score, candidate.place))
    once = {tuple(words(candidate.sentence)): candidate for candidate in reversed(good)}
    kept = [candidate for candidate in good if once[tuple(words(candidate.sentence))] is candidate][:_MOST]
    return sorted(kept, key=lambda candidate: not _is_settled(candidate.block))


def _is_settled(block: Block) -> bool:
    said = f"{block.kind} {block.attrs.get('turn_kind', '')}"
    return any(word in said for word in _FIRST)


def _rejections(reading: Reading) -> list[str]:
    weight = weights(reading.blocks)
    wanted = terms(" ".join((reading.request, *reading.resolved)))
    near = [b for b in reading.blocks if b.rejected and coverage(wanted, b.text, weight) >= _RELEVANT]
    return [f'Rejected earlier, not taken as true: "{shortened(" ".join(b.text.split()))}" [{b.id}].' for b in near[:2]]


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
