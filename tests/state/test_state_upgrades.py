"""Old stored shapes are read; newer ones are refused."""

import json
from pathlib import Path

import pytest

from state import upgrades
from state.canonical import canonical
from state.errors import SchemaMismatch
from state.events import BODY_TYPES
from state.session import SESSION_SCHEMA
from state.upgrades import upgraded

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))
CURRENT = {**{name: body.version for name, body in BODY_TYPES.items()}, "session": SESSION_SCHEMA}


def _parts(path: Path) -> tuple[str, int, dict]:
    name, version, _ = path.name.split(".")
    return name, int(version), json.loads(path.read_text("utf-8"))


@pytest.mark.req("ST-5")
def test_each_version_of_each_shape_has_its_golden_file():
    expected = {(name, v) for name, current in CURRENT.items() for v in range(1, current + 1)}
    assert {_parts(path)[:2] for path in GOLDEN} == expected


@pytest.mark.req("ST-5")
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_golden_file_is_read_and_a_current_one_says_the_same_again(path):
    name, version, data = _parts(path)
    read = upgrades.session(data) if name == "session" else upgrades.body(name, version, data)
    if version == CURRENT[name]:
        assert canonical(read.model_dump(mode="json")) == canonical(data)


@pytest.mark.req("ST-5")
@pytest.mark.parametrize("name", sorted(BODY_TYPES))
def test_a_newer_body_is_refused(name):
    with pytest.raises(SchemaMismatch) as refused:
        upgrades.body(name, CURRENT[name] + 1, {})
    assert (refused.value.code, refused.value.hint) == ("schema_mismatch", "Upgrade Dossier on this machine.")


@pytest.mark.req("ST-5")
def test_an_unknown_event_and_a_newer_session_are_refused():
    with pytest.raises(SchemaMismatch, match="'flying_carpet' is newer"):
        upgrades.body("flying_carpet", 1, {})
    with pytest.raises(SchemaMismatch, match=f"session version {SESSION_SCHEMA + 1} is newer"):
        upgrades.session({"schema_version": SESSION_SCHEMA + 1})


@pytest.mark.req("ST-5")
def test_data_climb_one_version_at_a_time_from_where_they_stand():
    steps = {
        1: lambda data: {**data, "path": [*data.get("path", []), "1 to 2"]},
        2: lambda data: {**data, "path": [*data.get("path", []), "2 to 3"]},
    }
    assert upgraded("thing", {"a": 1}, 1, 3, steps) == {"a": 1, "path": ["1 to 2", "2 to 3"]}
    assert upgraded("thing", {"a": 1}, 2, 3, steps) == {"a": 1, "path": ["2 to 3"]}
    assert upgraded("thing", {"a": 1}, 3, 3, steps) == {"a": 1}
    for version in (0, 4):
        with pytest.raises(SchemaMismatch):
            upgraded("thing", {"a": 1}, version, 3, steps)


@pytest.mark.req("ST-5")
def test_every_version_before_the_current_one_has_its_step():
    for name, current in CURRENT.items():
        steps = upgrades.SESSION_UPGRADES if name == "session" else upgrades.BODY_UPGRADES.get(name, {})
        assert set(steps) == set(range(1, current))
