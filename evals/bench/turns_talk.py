"""A long conversation about cases, made of distinct texts: what the turn benchmark says and is told."""

from typing import NamedTuple

CASES = tuple(f"C-{number}" for number in range(1039, 1048))
_ATTRIBUTES = [
    "filing deadline",
    "hearing date",
    "site contact",
    "storage limit",
    "sampling date",
    "reply deadline",
    "proposed fine",
    "visit date",
    "batch number",
    "measured temperature",
    "delivery date",
    "file number",
    "notice period",
    "appeal date",
    "laboratory number",
    "witness name",
    "insured amount",
    "recall date",
    "meter reading",
    "renewal date",
    "cleaning interval",
    "permit number",
    "permitted quantity",
    "review date",
]
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_NAMES = ["Ada Larsen", "Tom Okoro", "Mina Patel", "Jo Winter", "Lea Brandt", "Sam Reyes", "Ines Duarte"]
_TOPICS = [
    "the temperature curve",
    "the cleaning routine",
    "the loading times",
    "the night staffing",
    "the door seals",
    "the floor drains",
    "the storage order",
    "the pest traps",
    "the spare parts",
    "the staff training",
    "the opening hours",
]
_QUESTIONS = (
    "What do we know about {topic} in {case} for entry {turn}?",
    "For {case}: how good is the evidence on {topic}, for point {turn}?",
    "Summarise what {case} has on {topic}, for paragraph {turn}.",
    "Is anything missing on {topic} in {case}, as of note {turn}?",
)
_FINDINGS = (
    "the officer's own notes agree",
    "a time is missing on some of the days",
    "the operator confirmed it in writing",
    "the night of the visit is still open",
    "another vehicle is named for the same day",
)


class Said(NamedTuple):
    """One turn's message and what the model answers."""

    text: str
    reply: str
    case: str
    looks_up: bool
    """Before it answers, the model asks for the case by a read tool."""


def said(turn: int) -> Said:
    """Return a turn of the conversation, counted from 1; no two say the same.

    Every 5th turn states a fact that nobody stated before, every 20th a decision instead, each second
    of these a constraint; every 10th looks a case up.
    """
    case = CASES[turn % len(CASES)]
    return Said(_text(turn, case), _reply(turn, case), case, looks_up=turn % 10 == 3)


def _text(turn: int, case: str) -> str:
    if turn % 20 == 0:
        return _decision(turn, case)
    if turn % 5 == 0:
        return _fact(turn)
    if turn % 10 == 3:
        return f"What is the current status of {case}, for entry {turn}?"
    return _QUESTIONS[turn % len(_QUESTIONS)].format(topic=_TOPICS[turn % len(_TOPICS)], case=case, turn=turn)


def _decision(turn: int, case: str) -> str:
    topic = _TOPICS[turn // 20 % len(_TOPICS)]
    if turn % 40 == 0:
        return f"Don't quote {topic} of {case} before hearing {turn}."
    return f"As agreed, we keep {topic} of {case} for hearing {turn}."


def _fact(turn: int) -> str:
    number = turn // 5
    case, attribute = CASES[number % len(CASES)], _ATTRIBUTES[number // len(CASES) % len(_ATTRIBUTES)]
    value = _NAMES[number % len(_NAMES)] if attribute in ("site contact", "witness name") else _value(turn, attribute)
    return f"Note for {case}: the {attribute} is {value}."


def _value(turn: int, attribute: str) -> str:
    dated = attribute.endswith(("date", "deadline"))
    return f"{1 + turn // 5 % 28} {_MONTHS[turn // 5 % 12]}" if dated else str(1000 + turn)


def _reply(turn: int, case: str) -> str:
    topic, finding = _TOPICS[turn % len(_TOPICS)], _FINDINGS[turn % len(_FINDINGS)]
    return (
        f"On {case}, as of note {turn}: {topic}, read again: {finding}. "
        f"Nothing here changes the assessment under {turn - 1}; the officer should compare it with the file."
    )
