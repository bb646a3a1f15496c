"""The evaluations' command: `python -m evals torture`, `python -m evals bench turns`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from dossier.errors import DossierError, InvalidInput
from evals.bench.record import refuse_unwritable
from evals.registry import BENCHES, COMMANDS, Entry

PROGRAM = "python -m evals"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["bench"]:
        return _run(f"{PROGRAM} bench", BENCHES, given[1:])
    everything = {**COMMANDS, "bench": Entry("", f"measure: {', '.join(sorted(BENCHES))}")}
    return _run(PROGRAM, everything, given)


def _run(program: str, entries: Mapping[str, Entry], arguments: Sequence[str]) -> int:
    """Find the command by its first word, and only then import it and read the rest."""
    listed = "\n".join(f"  {name:<12}{entry.help}" for name, entry in sorted(entries.items()))
    root = _Parser(
        prog=program,
        description=__doc__,
        epilog=f"commands:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    root.add_argument("name", choices=sorted(entries), metavar="COMMAND")
    try:
        name = root.parse_args(arguments[:1]).name
        module = import_module(entries[name].module)
        parser = _Parser(prog=f"{program} {name}", description=entries[name].help)
        module.options(parser)
        parser.add_argument("--json", type=Path, metavar="OUT", help="file for the report")
        given = parser.parse_args(arguments[1:])
        refuse_unwritable(given.json)
        return module.command(given)
    except DossierError as error:
        print(f"[{error.code}] {error.message}\n{error.hint}", file=sys.stderr)
        return 2


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong with its arguments as everything else is told."""

    def error(self, message: str) -> NoReturn:
        raise InvalidInput(f"{message[:1].upper()}{message[1:]}.", hint=f"{self.prog} --help lists what it takes.")


if __name__ == "__main__":
    sys.exit(main())
