"""What speaks for and against an earlier mention as the one that is taken up: features, each with a plain meaning.

No feature holds a word of the conversation: only agreement, likeness, place, order and grammar count, so what was
fitted on one subject serves for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dossier.references.mentions import Mention, Reading, reading_of

_DETERMINERS = frozenset(
    ["the", "a", "an", "my", "your", "this", "that", "those", "these", "his", "her", "their", "our"]
)
_CHOOSERS = frozenset(["first", "second", "third", "last", "other", "same", "another", "new", "next"])
_JOINS = frozenset([",", "and", "or"])
_THINGS = frozenset(["talk", "media", "event", "thing", "title", "name", "group", "pointer"])


@dataclass(frozen=True)
class Scene:
    """One decision: a mention, and the earlier ones that it may take up, oldest first."""

    mention: Mention
    earlier: Sequence[Mention]

    @cached_property
    def said(self) -> Reading:
        """The reading of the mention."""
        return reading_of(self.mention.text)

    @cached_property
    def readings(self) -> list[Reading]:
        """The readings of the earlier mentions."""
        return [reading_of(e.text) for e in self.earlier]

    @cached_property
    def times(self) -> dict[str, int]:
        """How often each norm was mentioned."""
        found: dict[str, int] = {}
        for r in self.readings:
            found[r.norm] = found.get(r.norm, 0) + 1
        return found

    @cached_property
    def newest(self) -> dict[str, int]:
        """Index of the newest mention of each norm."""
        return {r.norm: at for at, r in enumerate(self.readings)}

    @cached_property
    def agreeing(self) -> dict[int, int]:
        """Place from the newest, counted in norms, of each mention that agrees."""
        places: dict[str, int] = {}
        found: dict[int, int] = {}
        for at in range(len(self.earlier) - 1, -1, -1):
            if agrees(self.said, self.readings[at]):
                found[at] = places.setdefault(self.readings[at].norm, len(places))
        return found

    @cached_property
    def governor(self) -> str:
        """The word that governs the mention."""
        return governor(self.mention.before)

    @cached_property
    def determiner(self) -> str:
        """Article, possessive or choosing word right before the mention."""
        last = self.mention.before[-1] if self.mention.before else ""
        return last if last in _DETERMINERS | _CHOOSERS else ""


def governor(before: tuple[str, ...]) -> str:
    """Return the nearest word before that is no determiner."""
    return next((w for w in reversed(before) if w not in _DETERMINERS), "")


def agrees(said: Reading, earlier: Reading) -> bool:
    """Tell whether number, gender and sort allow both to mean one thing."""
    match said.form:
        case "he" | "she":
            wanted = "m" if said.form == "he" else "f"
            return earlier.gender == wanted or (not earlier.gender and earlier.sort in {"name", "person"})
        case "it" | "that":
            alike = earlier.form in {"it", "that", "noun", "name"}
            return alike and not earlier.gender and not earlier.plural and earlier.sort in _THINGS
        case "they":
            return earlier.plural or earlier.sort in {"person", "name", "group"}
        case "there":
            return earlier.form == "there" or earlier.sort in {"place", "event"}
        case "one":
            return earlier.form in {"noun", "one", "name"}
        case _:
            return earlier.head == said.head


def features(scene: Scene, at: int) -> list[str]:
    """Return the names of what holds for the earlier mention at this index."""
    earlier, reading, said = scene.earlier[at], scene.readings[at], scene.said
    far = scene.mention.turn - earlier.turn
    place = scene.agreeing.get(at)
    found = [
        f"turns back {min(far, 5)}",
        f"mentions back {min(len(scene.earlier) - 1 - at, 6)}",
        "by the user" if earlier.role == "user" else f"by the assistant, {min(far, 2)} back",
        f"sort {reading.sort}",
        f"form {reading.form}",
        f"times {min(scene.times[reading.norm], 4)}",
        "disagrees" if place is None else f"agrees, {min(place, 4)} newer",
        "number agrees" if said.plural == reading.plural else f"number differs, {'many' if said.plural else 'one'}",
    ]
    if said.gender:
        found.append(_gender(said, reading))
    if scene.determiner:
        found.append(f"after {scene.determiner}, {reading.form}")
    if scene.governor and governor(earlier.before) == scene.governor:
        found.append("governed alike")
    return [*found, *_likeness(scene, at, min(far, 4)), *_place(scene, at, min(far, 2))]


def _gender(said: Reading, reading: Reading) -> str:
    if said.gender == reading.gender:
        return "gender agrees"
    return "gender differs" if reading.gender else "gender open"


def _likeness(scene: Scene, at: int, far: int) -> list[str]:
    reading, said = scene.readings[at], scene.said
    newest = [f"{'same' if reading.norm == said.norm else 'head'}, newest"] if scene.newest[reading.norm] == at else []
    if reading.norm == said.norm:
        found = ["same words", f"same words, {far} back", *newest]
    elif reading.head == said.head:
        found = ["same head", *newest]
    elif reading.stems & said.stems:
        found = ["shared word"]
    elif said.form in {"name", "noun"} and (said.norm in reading.norm or reading.norm in said.norm):
        found = ["one within the other"]
    else:
        found = ["same sort"] if reading.sort == said.sort else []
    return [*found, f"{said.sort} for {reading.sort}"] if said.form in {"name", "noun"} else found


def _place(scene: Scene, at: int, far: int) -> list[str]:
    earlier = scene.earlier
    here, found = earlier[at], list[str]()
    if at == 0 or earlier[at - 1].turn != here.turn:
        found.append("opens its turn")
    if at == len(earlier) - 1 or earlier[at + 1].turn != here.turn:
        found.append(f"closes its turn, {far} back")
    if here.after in _JOINS:
        found.append("joined to the next")
    if here.before and here.before[-1] in _JOINS:
        found.append("joined to the one before")
    return found
