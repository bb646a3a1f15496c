"""Every benchmark of the registry refuses what it can't measure: with a code, the file's name, and no traceback."""

import argparse
import json
from importlib import import_module
from pathlib import Path

import pytest

from evals.__main__ import main
from evals.registry import BENCHES

GOOD = {
    "turns": '{"conv": "c", "id": "t1", "seq": 1, "render": "Anna: hello", "tok": 3}',
    "qa": '{"qid": "q", "conv": "c", "question": "Who?", "evidence": ["t1"]}',
}
"""Of a benchmark that reads two files, the other one is in order."""
BAD = {
    "is not there": None,
    "is a folder": None,
    "is empty": b"",
    "has blank lines only": b"\n  \n",
    "is no JSON": b"{not json\n",
    "is no UTF-8": b"\xff\xfe\x00\n",
    "holds a list": b"[1, 2]\n",
    "holds a number": b"7\n",
    "holds null": b"null\n",
    "holds other rows": b'{"colour": "red"}\n',
    "has rows cut short": b'{"id": "a", "proposals": [',
}


def parser_of(bench: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    import_module(BENCHES[bench].module).options(parser)
    return parser


def files_of(bench: str) -> list[argparse.Action]:
    return [one for one in parser_of(bench)._actions if one.type is Path and one.required]


CASES = [(bench, one.dest, bad) for bench in sorted(BENCHES) for one in files_of(bench) for bad in BAD]
NUMBERS = [
    (bench, one.option_strings[0], text)
    for bench in sorted(BENCHES)
    for one in parser_of(bench)._actions
    if one.option_strings and (one.dest in ("budgets", "candidates", "rounds") or (one.dest == "turns" and one.default))
    for text in ("", "many", "0", "-5", "1.5")
]


@pytest.mark.req("EL-4")
@pytest.mark.parametrize(("bench", "option", "bad"), CASES)
def test_a_file_that_can_not_be_measured_is_refused_by_name(tmp_path, capsys, bench, option, bad):
    given = {one.dest: tmp_path / f"{one.dest}.jsonl" for one in files_of(bench)}
    for name, path in given.items():
        path.write_text(GOOD.get(name, "") + "\n", encoding="utf-8")
    given[option].unlink()
    if bad == "is a folder":
        given[option].mkdir()
    elif (content := BAD[bad]) is not None:
        given[option].write_bytes(content)

    words = [word for name, path in given.items() for word in (f"--{name}", str(path))]
    assert main(["bench", bench, *words, "--json", str(tmp_path / "out.json")]) == 2
    told = capsys.readouterr().err
    assert told.startswith("[data_invalid] ") and f"{option}.jsonl" in told
    assert not (tmp_path / "out.json").exists()


@pytest.mark.req("EL-4")
@pytest.mark.parametrize(("bench", "option", "text"), NUMBERS)
def test_a_number_that_makes_no_sense_is_refused(tmp_path, capsys, bench, option, text):
    words = [word for one in files_of(bench) for word in (one.option_strings[0], str(tmp_path / "any.jsonl"))]
    words = [word for word in words if word != option]
    assert main(["bench", bench, *words, f"{option}={text}"]) == 2
    told = capsys.readouterr().err
    assert told.startswith(("[invalid_input] ", "[data_invalid] ")) and option in told


@pytest.mark.req("EL-4")
def test_every_benchmark_is_in_one_of_these_tests():
    assert {bench for bench, _, _ in CASES} | {bench for bench, _, _ in NUMBERS} == set(BENCHES)


@pytest.mark.req("EL-4")
def test_a_report_that_can_not_be_written_is_refused_before_the_work(tmp_path, capsys):
    assert main(["bench", "turns", "--json", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"[invalid_input] {tmp_path} can't be written: ")


@pytest.mark.req("EL-4")
def test_a_command_that_is_not_there_is_told_with_those_that_are(capsys):
    assert main(["bench", "contxt"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("[invalid_input] ") and all(bench in told for bench in BENCHES)


@pytest.mark.req("EL-4")
def test_a_report_is_drawn_beside_its_json_and_on_the_page_of_figures(tmp_path):
    out, page = tmp_path / "packing.json", tmp_path / "page" / "figures.md"
    sample = Path(import_module("evals").__file__ or "").parent / "samples" / "references.mentions.jsonl"
    assert main(["bench", "references", "--data", str(sample), "--json", str(out)]) == 0
    assert set(json.loads(out.read_text("utf-8"))["peers"]) == {"most recent", "same head word, else most recent"}
    page.parent.mkdir()
    assert main(["figures", str(out), "--out", str(page)]) == 0
    for drawn in (tmp_path / "packing.png", tmp_path / "page" / "figures" / "packing.png"):
        assert drawn.read_bytes().startswith(b"\x89PNG")
    assert "![Right among the surest](figures/packing.png)" in page.read_text("utf-8")
