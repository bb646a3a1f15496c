"""What the conversation so far says about the candidates: who was named when, what was proposed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from dossier.references import lexicon as lx
from dossier.references import meanings
from dossier.references.candidates import Act, Candidate, Situation
from dossier.references.profiles import Profile, profile_of, synonyms
from dossier.references.words import Token, fold, sentences, tokens

Ids = tuple[str, ...]


_YES = frozenset(["yes", "yeah", "yep", "sure", "ok", "okay", "right", "exactly", "good", "fine", "please"])
_PLURAL_VERBS = frozenset(["are", "were", "both"])


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an earlier turn, with the candidates it names in their order."""

    turn: int
    role: str
    stems: frozenset[str]
    ids: Ids
    asks: bool = False
    """It ends with a question mark."""


@dataclass(frozen=True)
class Talk:
    """A situation with its words read; built once for each utterance."""

    situation: Situation
    words: tuple[Token, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Read the utterance."""
        object.__setattr__(self, "words", tokens(self.situation.utterance))

    @cached_property
    def by_id(self) -> dict[str, Candidate]:
        """Candidates by id, in an order that does not depend on the input's."""
        return {
            c.id: c for c in sorted(self.situation.candidates, key=lambda c: (c.first_turn, c.id, c.label, c.attrs))
        }

    @cached_property
    def profiles(self) -> dict[str, Profile]:
        """The words of each candidate."""
        return {i: profile_of(c) for i, c in self.by_id.items()}

    @cached_property
    def things(self) -> Ids:
        """Ids of what can be meant by a noun: all but statements."""
        return tuple(i for i, c in self.by_id.items() if fold(c.type) not in meanings.TURN_TYPES)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Sentences of the turns, oldest first."""
        found: list[Sentence] = []
        for turn in sorted(self.situation.turns, key=lambda t: t.no):
            for text in sentences(turn.text):
                words = tokens(text)
                found.append(
                    Sentence(
                        turn.no, turn.role, frozenset(w.stem for w in words), self._named_in(words), text.endswith("?")
                    )
                )
        return tuple(found)

    def _named_in(self, words: tuple[Token, ...]) -> Ids:
        first: dict[str, int] = {}
        for at, word in enumerate(words):
            for i in (*self._by_mark.get(word.stem, ()), *self._by_name.get(word.low, ())):
                first.setdefault(i, at)
        return tuple(sorted(first, key=lambda i: (first[i], i)))

    @cached_property
    def _by_mark(self) -> dict[str, list[str]]:
        return _index((s, i) for i in self.things for s in self.marks[i])

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        return _index((n, i) for i in self.things for n in (*self.profiles[i].names, fold(i)))

    def named(self, low: str) -> Ids:
        """Return the things that bear this word as a name, or as their id."""
        return tuple(dict.fromkeys(self._by_name.get(low, ())))

    @cached_property
    def common(self) -> frozenset[str]:
        """Stems of all kinds and labels: a word among them is no misspelt name."""
        return frozenset().union(*(p.type | p.label for p in self.profiles.values()))

    @cached_property
    def marks(self) -> dict[str, frozenset[str]]:
        """Label stems by which each candidate differs from the others of its type."""
        bearers: dict[tuple[str, str], int] = {}
        for i in self.things:
            for s in self.profiles[i].label:
                bearers[s, self.by_id[i].type] = bearers.get((s, self.by_id[i].type), 0) + 1
        return {
            i: frozenset(
                s
                for s in self.profiles[i].label - self.profiles[i].type - lx.PARTICLES
                if bearers[s, self.by_id[i].type] == 1
            )
            for i in self.things
        }

    @cached_property
    def _shown(self) -> tuple[tuple[int, Ids], ...]:
        """Rows with known ids only, the newest turn first; a question's options are a row too."""
        rows = [(x.turn, x.ids) for x in self.situation.lists]
        asked = self.situation.question
        if asked:
            rows.insert(0, (max([asked.turn, *(turn for turn, _ in rows)]) + 1, asked.options))
        known = ((turn, tuple(dict.fromkeys(i for i in ids if i in self.by_id))) for turn, ids in rows)
        return tuple(sorted((x for x in known if x[1]), key=lambda x: -x[0]))

    @cached_property
    def lists(self) -> tuple[Ids, ...]:
        """Rows that were shown, the newest turn first; rows of one turn keep their order."""
        return tuple(ids for _, ids in self._shown)

    @cached_property
    def newest_lists(self) -> tuple[Ids, ...]:
        """The rows of the turn that showed one last."""
        return tuple(ids for turn, ids in self._shown if turn == self._shown[0][0])

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """Acts on known candidates, newest first; acts of one turn keep their order."""
        return tuple(sorted((a for a in self.situation.acts if a.target in self.by_id), key=lambda a: -a.turn))

    @cached_property
    def selection(self) -> Ids:
        """Selected ids that are candidates."""
        return tuple(dict.fromkeys(i for i in self.situation.selection if i in self.by_id))

    @cached_property
    def wish(self) -> frozenset[str]:
        """Stems of the utterance that may say what is to be done, with words of the same meaning."""
        plain = {w.stem for w in self.words if w.low not in lx.FUNCTION_WORDS and w.low not in lx.PRONOUNS}
        return frozenset(s for p in plain for s in synonyms(p))

    @cached_property
    def asked(self) -> frozenset[str]:
        """Stems of the utterance's content words."""
        return frozenset(w.stem for w in self.words if w.low not in lx.FUNCTION_WORDS)

    def ordered(self, ids: Iterable[str]) -> Ids:
        """Sort ids as they were shown or named, so that a question numbers them as the user saw them."""
        wanted = set(ids)
        shown = [i for ids_ in self.newest_lists for i in ids_] + [i for ids_ in self.lists for i in ids_]
        spoken = [i for s in sorted(self.sentences, key=lambda s: -s.turn) for i in s.ids]
        known = [*shown, *spoken, *self.by_id]
        return tuple(i for i in dict.fromkeys(known) if i in wanted)

    def recent(self, pool: Ids) -> Ids:
        """Return those of the pool that were named last."""
        last = max((self.by_id[i].last_turn for i in pool), default=0)
        return tuple(i for i in pool if self.by_id[i].last_turn == last)

    def group(self, pool: Ids) -> Ids:
        """Return two or more of the pool that were shown or named together last."""
        listed = next((s for ids in self.newest_lists if len(s := tuple(i for i in ids if i in pool)) > 1), ())
        shown = self._shown[0][0] if self._shown else -1
        for s in reversed(self.sentences):
            if listed and s.turn <= shown:
                break
            kinds: dict[str, list[str]] = {}
            for i in s.ids:
                if i in pool:
                    kinds.setdefault(self.by_id[i].type, []).append(i)
            together = [ids for ids in kinds.values() if len(ids) > 1]
            if len(together) == 1:
                return tuple(together[0])
        if listed:
            return listed
        recent = self.recent(pool)
        types = {self.by_id[i].type for i in recent}
        return recent if len(recent) > 1 and len(types) == 1 else ()

    def singled_out(self, pool: Ids) -> str | None:
        """Return the one of the pool that was spoken of alone after the others."""
        for s in reversed(self.sentences):
            named = [i for i in s.ids if i in pool and s.role != "tool"]
            if named:
                return named[0] if len(named) == 1 else None
        return None

    def offered(self, pool: Ids) -> str | None:
        """Return the one of the pool that the last turn offered (`Shall I order Teva's?`), when this answers it."""
        last = self.sentences[-1] if self.sentences else None
        answers = bool(self.words) and self.words[0].low in _YES
        if not answers or not last or last.role != "assistant" or not last.asks:
            return None
        named = [i for i in last.ids if i in pool]
        return named[0] if len(named) == 1 else None

    def proposed(self, pool: Ids) -> Ids:
        """Return those of the pool for which the act wished for now was spoken of before."""
        turns: dict[int, list[Sentence]] = {}
        for s in self.sentences:
            turns.setdefault(s.turn, []).append(s)
        found: set[str] = set()
        deeds = self.wish - frozenset(s for i in pool for s in self.profiles[i].type)
        for said in turns.values():
            for at, s in enumerate(said):
                if any(kin(w, v) for w in deeds for v in s.stems):
                    near = s.ids or next((p.ids for p in reversed(said[:at]) if p.ids), ())
                    found.update(near)
        return tuple(i for i in pool if i in found)

    def said_with(self, i: str, word: str) -> bool:
        """Tell whether a sentence about this one alone of its type, or about several in the plural, used the word."""
        kind = self.by_id[i].type
        return any(
            word in s.stems
            and i in s.ids
            and (not s.stems.isdisjoint(_PLURAL_VERBS) or not any(o != i and self.by_id[o].type == kind for o in s.ids))
            for s in self.sentences
        )

    def asked_with(self, i: str, word: str) -> bool:
        """Tell whether it came up in the answer to a question that used the word (`and by the pond?`)."""
        before = self.by_id[i].first_turn - 1
        return any(s.turn == before and s.role == "user" and word in s.stems and not s.ids for s in self.sentences)


def _index(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word, i in pairs:
        found.setdefault(word, []).append(i)
    return found


def kin(a: str, b: str) -> bool:
    """Tell whether two stems belong to one family of words (publish, publication)."""
    if len(a) < 3 or len(b) < 3:
        return False
    return a == b or (len(a) >= 5 and len(b) >= 5 and a[:5] == b[:5])
