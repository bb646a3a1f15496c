"""Confidences of the rules and the thresholds they are held against.

Provenance: set by judgement in steps of about 0.05, so that their order says what a careful colleague would trust more;
checked against 60 hand-written situations, where the rules were tuned too, so that set does not measure them. They are
ranks, not probabilities: calibrate before reading them as such.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from dossier.references.candidates import Risk

EXACT_ID: Final = 0.99
ANSWER: Final = 0.95
"""An answer to our own question that fits one option."""
NAME: Final = 0.93
"""One candidate bears the name."""
WORDS: Final = 0.9
"""All words of the description fit one candidate only."""
SELECTED: Final = 0.9
LISTED: Final = 0.92
"""Counted in a list that was shown."""
SINGLE_ACT: Final = 0.9
POSSIBLE: Final = 0.85
"""The only candidate for which the act is still possible."""
TOPIC: Final = 0.85
"""The last exchange is about this one only, and nothing else was proposed for the act."""
REMAINDER: Final = 0.85
"""What is left when one is accounted for."""
TEXT_ORDER: Final = 0.8
"""Counted in the order of the text, no list was shown."""
SOUNDS: Final = 0.8
"""A misspelt name that only one candidate is near to."""
GROUP: Final = 0.75
"""The things named last together."""
PARTIAL: Final = 0.7
"""Part of the description fits one candidate, the rest is unknown."""
RECENT: Final = 0.65
"""Recency decides, with something else in reach."""
RANKED_FROM: Final = 0.8
"""From here the fitted ranking decides between what the rules find equal; its probabilities are calibrated."""
OPINION: Final = 0.6
"""A model chose among what the rules left open."""
GUESS: Final = 0.55
"""Good enough to read by, too little to change anything."""
TIE: Final = 0.3
"""Several fit equally."""
NOTHING: Final = 0.0

THRESHOLDS: Final = MappingProxyType[Risk, float]({"read": 0.5, "write": 0.6, "irreversible": 0.8})
"""A reference below the threshold of the risk at hand is asked about."""
