"""The alert rules that are shipped ask for metrics and codes that exist."""

import ast
import re
from pathlib import Path

import pytest
import yaml

from tests.errors.raised_codes import raised

ROOT = Path(__file__).resolve().parents[2]
UNITS = {"s": "_seconds"}


def exported() -> set[str]:
    """Return the instruments by the names under which /metrics shows them."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((ROOT / "dossier/telemetry/instruments.py").read_text("utf-8"))):
        match node:
            case ast.Call(
                func=ast.Attribute(attr=kind), args=[ast.Constant(str(name)), ast.Constant(str(unit)), *_]
            ) if kind.startswith("create_"):
                total = "_total" if kind == "create_counter" else ""
                found.add(name.replace(".", "_") + UNITS.get(unit, "") + total)
            case _:
                pass
    return found


@pytest.mark.req("OB-3")
def test_alerts_ask_for_metrics_and_codes_that_exist() -> None:
    (group,) = yaml.safe_load((ROOT / "docs/operations/alerts.yaml").read_text("utf-8"))["groups"]
    asked = " ".join(rule["expr"] for rule in group["rules"])
    codes = {code for some in re.findall(r'code=~?"([^"]+)"', asked) for code in some.split("|")}

    assert set(re.findall(r"dossier_\w+", asked)) - exported() == set()
    assert codes - raised().keys() - {"internal"} == set()
    assert {rule["alert"] for rule in group["rules"]} >= {
        "DossierTurnsStuck",
        "DossierApprovalOld",
        "DossierChainBroken",
        "DossierConflicts",
        "DossierBudgetFailures",
    }
