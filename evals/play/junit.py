"""JUnit XML, as CI systems read it."""

from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from evals.play.results import Played

if TYPE_CHECKING:
    from evals.play.outcome import Outcome


def write_junit(path: Path, outcome: "Outcome") -> None:
    """Write one test case for each run."""
    wrong = outcome.wrong
    skipped = [one for one in outcome.played if one.verdict == "not_applicable"]
    seconds = sum(one.seconds for one in outcome.played)
    totals = {"tests": len(outcome.played), "failures": len(wrong), "skipped": len(skipped), "time": round(seconds, 3)}
    suite = Element("testsuite", {"name": "scenarios", **{name: str(value) for name, value in totals.items()}})
    for one in outcome.played:
        _case(suite, one, outcome)
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: Element, one: Played, outcome: "Outcome") -> None:
    name = f"{one.name} ({one.run})" if outcome.repeat > 1 else one.name
    group = Path(one.file).stem
    case = SubElement(suite, "testcase", {"classname": f"scenarios.{group}", "name": name, "time": str(one.seconds)})
    if not outcome.is_right(one):
        told = one.failures or [f"passed with its guard switched off: {one.guard}"]
        SubElement(case, "failure", {"message": _printable(told[0])}).text = _printable("\n".join(told))
    elif one.verdict == "not_applicable":
        why = next((check.detail for _, check in one.checks if check.verdict == "not_applicable"), "")
        SubElement(case, "skipped", {"message": _printable(why)})


def _printable(text: str) -> str:
    """Leave out what XML can't hold."""
    return "".join(char for char in text if char in "\n\t" or 32 <= ord(char) < 0xD800 or 0xE000 <= ord(char) < 0xFFFE)
