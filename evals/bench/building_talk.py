"""What is said in the threads of the benchmark of building: distinct texts from a large vocabulary."""

from itertools import product
from random import Random

KEY = "0123456789abcdef"
_SOUNDS = ("bcdfghjklmnprstvwz", "aeiou", "lmnrst", "aeiou", "cdkmnpst")
_WORDS = ["".join(sounds) for sounds in product(*_SOUNDS)]
_COMMON = ("case", "report", "licence", "inspection", "store", "reading", "sensor", "status", "letter", "deadline")


def talk(n: int, draw: Random) -> tuple[str, str]:
    """Return the message and the reply of a turn; no two turns say the same."""
    words = draw.choices(_WORDS, k=14)
    asked = f"About the {draw.choice(_COMMON)} {n}: {' '.join(words[:6])}, and the {draw.choice(_COMMON)} too?"
    replied = f"The {draw.choice(_COMMON)} {n} says {' '.join(words[6:])}; see the {draw.choice(_COMMON)} of {n % 365}."
    return asked, replied


def question(turn: int, size: int) -> str:
    """Return the question of a measured turn: rare words, common words, and a number of long ago."""
    draw = Random(turn)
    return f"What did the {draw.choice(_COMMON)} {draw.randrange(size)} say about {draw.choice(_WORDS)} and the report?"
