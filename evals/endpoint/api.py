"""A fuzzer against the live endpoint: every operation by its OpenAPI document, as an owner, a stranger and nobody.

python -m evals.endpoint.api [--examples 100]
"""

import argparse
import asyncio
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from evals.endpoint.processes import endpoint, ready

CALLERS = {
    "owner": ["-H", "Authorization: Bearer officer"],
    "approver": ["-H", "Authorization: Bearer supervisor"],
    "stranger": ["-H", "Authorization: Bearer eastvale-officer"],
    "nobody": [],
}
LIMITS = {"DOSSIER_MESSAGES_PER_MINUTE": "1000000"}
PHASES = "examples,coverage,fuzzing,stateful"
_CASES = re.compile(r"(\d+) generated")
_ANY = "positive_data_acceptance,ignored_auth"
"""What can't hold for a caller whom everything is refused."""


def fuzzed(url: str, headers: list[str], *, examples: int, phases: str, without: str = "") -> tuple[int, str]:
    """Return how many requests a run made, and its report if something was found.

    Raises:
        RuntimeError: The fuzzer itself failed.
    """
    config = Path(__file__).with_name("schemathesis.toml")
    command = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(config), "run"]
    options = ["--checks", "all", "--max-examples", str(examples), "--phases", phases, "--max-failures", "50"]
    skipped = ["--exclude-checks", without] if without else []
    run = subprocess.run(
        [*command, f"{url}/openapi.json", *headers, *options, *skipped], capture_output=True, text=True, check=False
    )
    if (made := _CASES.search(run.stdout)) is None:
        raise RuntimeError(run.stdout[-3000:] + run.stderr[-2000:])
    return int(made[1]), "" if run.returncode == 0 else run.stdout


async def prepared(url: str) -> None:
    """Have something there that the fuzzer's callers may and may not see."""
    async with httpx.AsyncClient(base_url=url, headers={"x-api-key": "officer"}, timeout=60) as client:
        await client.post("/v1/conversations", json={"id": "0"})
        await client.post("/v1/conversations/0/messages", json={"id": "0", "text": "Position on C-1042?"})


def main() -> None:
    """Run from the command line; fail when anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100, help="for each operation and caller")
    args = parser.parse_args()
    total, found = 0, False
    with tempfile.TemporaryDirectory(prefix="dossier-api-") as folder, endpoint(Path(folder), LIMITS) as served:
        asyncio.run(ready(served))
        asyncio.run(prepared(served.url))
        for caller, headers in CALLERS.items():
            without = "" if headers else _ANY
            made, report = fuzzed(
                served.url,
                headers,
                examples=args.examples,
                phases="examples,coverage,fuzzing,stateful",
                without=without,
            )
            total += made
            print(f"{caller}: {made} requests, {'something was found' if report else 'nothing found'}", flush=True)
            print(report, flush=True)
            found = found or bool(report)
    print(f"{total} requests")
    raise SystemExit(found)


if __name__ == "__main__":
    main()
