"""What documents state: their findings, what they leave open, and what later documents take back.

Lists of English words stand for judgement here; none of them belongs to a subject.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dossier.adapters.offline_reading import Block, Reading
from dossier.adapters.offline_terms import sentences, stems, terms, words

_LABEL = re.compile(r"\A(?:key\s+)?(?:findings?|results?|conclusions?|outcome|summary):\s*", re.IGNORECASE)
_CONCLUDES = frozenset(stems("finding conclusion result outcome correction reported"))
_INTRODUCES = frozenset(stems("scope heading complainant instrument purpose background introduction subject"))
_FINDS = frozenset(
    stems("""
    accept admit deny believe report find show prove meet fail lack exceed cause confirm establish detect occur sign
    fault missing result true false overdue
    """)
)
_CORRECTS = frozenset(stems("correction correct withdraw withdrawn supersede replace retract overturn wrong"))
_OPEN = re.compile(
    r"\bnot (?:yet |been |yet been )*(?:establish|verif|confirm|known|explain|tested|sampled|received|answered)"
    r"|\b(?:outstanding|unknown|unclear|pending|awaited|undecided|unresolved)\b|\bopen points?\b|\bto be confirmed\b"
    r"|\bsays? nothing\b|\bstill missing\b",
    re.IGNORECASE,
)
_LEANS = frozenset({"it", "they", "this", "that", "these", "those", "he", "she", "both", "its", "their", "such"})
_OPENNESS = frozenset(stems("open unknown unclear outstanding missing pending still yet uncertain unanswered"))
_SHARED = 2
"""Terms that a sentence shares with a correction from which on its passage is taken to be corrected."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of the material."""

    text: str
    """Its exact words."""
    block: Block
    """Where it stands."""
    place: int
    """Its number in the block, from 0."""

    @property
    def said(self) -> str:
        """The sentence as an answer states it: no label before it, and other people's `we` in quotation marks."""
        text = _LABEL.sub("", self.text)
        text = text[:1].upper() + text[1:]
        text = text if text.endswith((".", "!", "?", ":")) else f"{text}."
        return f"“{text}”" if {*words(text)} & {"we", "our", "i", "my"} and self.block.is_document else text

    @property
    def leans(self) -> bool:
        """Whether it can't be understood without the sentence before it."""
        return self.place > 0 and words(self.text)[:1] != [] and words(self.text)[0] in _LEANS

    @property
    def is_open(self) -> bool:
        """Whether it says that something is not known."""
        return _OPEN.search(self.text) is not None

    @property
    def introduces(self) -> bool:
        """Whether its passage only says what the document is about."""
        return bool(_INTRODUCES & {*stems(self.block.section)})

    @property
    def weight(self) -> int:
        """How much it looks like a finding."""
        asks = self.text.rstrip().endswith("?") or re.search(r"\bask\b", self.text) is not None
        labelled = 4 if _LABEL.match(self.text) else 0
        concluding = 2 if _CONCLUDES & {*stems(self.block.section)} else 0
        found = min(2, len(_FINDS & {*stems(self.text)}))
        return labelled + concluding + found - 3 * self.introduces - 2 * self.is_open - asks - 2 * self.leans


@dataclass(frozen=True, slots=True)
class Evidence:
    """Documents, with what later ones take back."""

    passages: tuple[Block, ...]
    """Those that stand, in order."""
    corrected: dict[str, Block]
    """By the name of a corrected document, the passage that corrects it."""
    withheld: tuple[Block, ...]
    """Passages that no longer stand."""

    @property
    def names(self) -> list[str]:
        """The documents, newest first."""
        dated = {block.name: block.attrs.get("as_of", "") for block in (*self.passages, *self.withheld)}
        return sorted(sorted(dated), key=lambda name: dated[name], reverse=True)

    def of(self, name: str) -> list[Statement]:
        """Return the statements of one document."""
        return [s for block in self.passages if block.name == name for s in statements(block)]


def statements(block: Block) -> list[Statement]:
    """Return the sentences of a block, its heading left out."""
    return [Statement(text, block, place) for place, text in enumerate(sentences(block.body))]


def with_support(chosen: Iterable[Statement]) -> list[Statement]:
    """Return the statements with those that they lean on before them, each once."""
    found: dict[tuple[str, str], Statement] = {}
    for statement in chosen:
        chain = [statement]
        while chain[0].leans:
            chain.insert(0, statements(chain[0].block)[chain[0].place - 1])
        found.update({(s.block.id, s.text): s for s in chain if (s.block.id, s.text) not in found})
    return list(found.values())


def about(reading: Reading, *, now: bool = False) -> frozenset[str]:
    """Return the names, in lower case, of what the request is about.

    Args:
        reading: The prompt.
        now: Only what the request names or stands for; else also what was spoken of last, with what lists it.
    """
    known = {block.name.casefold() for block in reading.material} - {""}
    for text in (reading.request, "\n".join(reading.resolved)):
        if named := known & {*words(text)}:
            return frozenset(named)
    for text in () if now else reading.spoken:
        if named := known & {*words(text)}:
            states = [block for block in reading.material if block.is_state and named & {*words(block.text)}]
            return frozenset(named if not states else {block.name.casefold() for block in states})
    return frozenset()


def still_open(found: Evidence) -> list[Statement]:
    """Return what the documents leave open, newest first; what was corrected is not open any more."""
    return [s for name in found.names if name not in found.corrected for s in found.of(name) if s.is_open]


def asks_what_is_open(wanted: frozenset[str]) -> bool:
    """Tell whether terms ask for nothing but what is not known."""
    return bool(wanted) and wanted <= _OPENNESS


def evidence(reading: Reading) -> Evidence:
    """Return the documents that the request is about: those named, else those that the state of what is named lists."""
    documents = list({(b.name, b.text): b for b in reversed(reading.material) if b.is_document}.values())[::-1]
    named = about(reading)
    states = [block for block in reading.material if block.is_state and block.name.casefold() in named]
    listed = {word for block in states for word in words(block.text)}
    kept = [b for b in documents if b.name.casefold() in named] or [b for b in documents if b.name.casefold() in listed]
    return _corrected(kept or documents, documents)


def _corrected(kept: Sequence[Block], documents: Sequence[Block]) -> Evidence:
    names = {block.name for block in kept}
    by = {name: block for block in documents for name in names if _corrects(block, name, documents)}
    withheld = [block for block in kept if block.name in by and _is_taken_back(block, by[block.name])]
    return Evidence(tuple(block for block in kept if block not in withheld), by, tuple(withheld))


def _corrects(block: Block, name: str, documents: Sequence[Block]) -> bool:
    """Tell whether a passage takes back what the document of this name says, and is not older."""
    age = max((b.attrs.get("as_of", "") for b in documents if b.name == name), default="")
    if not name or block.name == name or block.attrs.get("as_of", "") < age:
        return False
    texts = (block.section, *sentences(block.body))
    return any(name.casefold() in words(text) and _CORRECTS & {*stems(text)} for text in texts)


def _is_taken_back(block: Block, correction: Block) -> bool:
    by = terms(correction.body) - {block.name.casefold()}
    return any(len(terms(sentence) & by) >= _SHARED for sentence in sentences(block.body))
