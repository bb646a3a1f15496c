"""The application of a server that the runner starts: `DOSSIER_APPLICATION=evals.play.stage:application`.

What is staged stands in a file of the data folder, and is read again at each use: the runner writes it before each
scenario. The people who can sign in are read once, when the server starts.
"""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from dossier.application import Application
from dossier.settings import Settings
from evals.play.people import person
from evals.play.schema import Scenario, Staging
from evals.play.staged import Staged
from evals.play.strict import Strict
from graphs.served import demonstration
from state.principal import Principal

NAME = "evals.play.stage:application"
_FILE = "stage.json"


class Stage(Strict):
    """What the file holds."""

    people: tuple[Principal, ...]
    staging: Staging = Staging()


def application() -> Application:
    """Return the case desk as the file stages it."""
    folder = Settings().data_dir

    async def staging() -> Staging:
        return (await asyncio.to_thread(read_stage, folder)).staging

    people = {key_of(who): who for who in read_stage(folder).people}
    return Staged(demonstration.application(), staging, people)


def write_stage(folder: Path, people: Iterable[Principal], staging: Staging) -> None:
    """Stage what follows, for a server on this data folder."""
    kept = Staging.model_validate(staging.model_dump(include=set(Staging.model_fields)))
    aside = folder / f"{_FILE}.new"
    aside.write_text(Stage(people=tuple(people), staging=kept).model_dump_json(), encoding="utf-8")
    aside.replace(folder / _FILE)


def key_of(who: Principal) -> str:
    """Return with which API key somebody signs in at such a server."""
    return f"{who.tenant}/{who.user}/{'+'.join(who.roles)}"


def everybody(scenarios: Iterable[Scenario]) -> list[Principal]:
    """Return whoever acts in some scenarios."""
    acting = (person(one, name) for one in scenarios for name in sorted(_names(one)))
    return list({key_of(who): who for who in acting}.values())


def _names(scenario: Scenario) -> set[str]:
    return {scenario.by, scenario.approver, *(by for step in scenario.steps if (by := getattr(step, "by", "")))}


def read_stage(folder: Path) -> Stage:
    """Return what is staged on this data folder."""
    return Stage.model_validate_json((folder / _FILE).read_bytes())
