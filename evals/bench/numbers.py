"""Numbers in the arguments of benchmarks."""

import argparse
from collections.abc import Callable


def whole(least: int) -> Callable[[str], int]:
    """Return what reads a whole number of at least so much."""

    def read(text: str) -> int:
        number = int(text) if text.strip().isdecimal() else None
        if number is None or number < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
        return number

    return read


def several(least: int) -> Callable[[str], list[int]]:
    """Return what reads whole numbers of at least so much, separated by commas."""

    def read(text: str) -> list[int]:
        parts = text.split(",")
        if not all(part.strip().isdecimal() and int(part) >= least for part in parts):
            raise argparse.ArgumentTypeError(f"{text!r} are no whole numbers from {least} on, such as 500,1000")
        return [int(part) for part in parts]

    return read
