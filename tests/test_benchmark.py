"""The sample page: what the benchmark says of it, how it judges, and what it must find."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from conftest import PAGE, ROOT

from ocrfix import Correction, Corrector, Resources, Result
from ocrfix.spans import Edit, apply


@cache
def script() -> ModuleType:
    """benchmarks/run.py, which is a program and no package."""
    spec = importlib.util.spec_from_file_location("benchmark_run", ROOT / "benchmarks" / "run.py")
    assert spec and spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def judged(local: bool = True) -> Any:
    resources = Resources.builtin()
    if not local:
        resources = replace(resources, gazetteer=replace(resources.gazetteer, local=()))
    wanted = script().read_wanted(PAGE.with_name("edits.tsv"))
    return script().judge(wanted, Corrector(resources).correct(PAGE.read_text(encoding="utf-8")))


# --- what must be found


@pytest.mark.parametrize("local", [True, False], ids=["with local names", "without local names"])
def test_nothing_on_the_page_is_made_worse(local: bool) -> None:
    assert [(c.original, c.replacement, c.start) for _, c in judged(local).wrong] == []


def test_the_page_is_mended() -> None:
    """All but three: a doubled character between two words, and two names misread as nothing like them."""
    missed = {e.correction for e in judged().missed if e.certainty == "certain"}
    assert missed <= {"委", "温陈", "小寿光"}, f"missed {sorted(missed)}"


def test_the_county_is_restored_without_local_names() -> None:
    found = [e for e in judged(local=False).found if (e.original, e.correction) == ("在平", "茌平")]
    assert len(found) == 15


def test_edits_lead_from_the_page_to_its_gold() -> None:
    text = PAGE.read_text(encoding="utf-8")
    certain = [e for e in script().read_wanted(PAGE.with_name("edits.tsv")) if e.certainty == "certain"]
    assert len(certain) == 26
    assert all(text[e.start : e.end] == e.original for e in certain)
    edits = [Edit(e.start, e.end, e.correction) for e in certain]
    assert apply(text, edits) == PAGE.with_name("gold.txt").read_text(encoding="utf-8")


# --- how it judges

TEXT = "喜迎盛会,在平区委、区政府稳中向好、稳中向好,历届区委委努力。"


def error(original: str, correction: str, kind: str = "name", certainty: str = "certain") -> Any:
    start = TEXT.index(original)
    return script().Wanted(start, start + len(original), original, correction, kind, certainty, "")


def made(original: str, replacement: str, before: str = "", kind: str = "name") -> Correction:
    start = TEXT.index(before + original) + len(before)
    return Correction(start, start + len(original), original, replacement, 0.95, kind)


COUNTY = ("在平", "茌平")
DOUBLED = ("委委", "委", "repetition")
CLAUSES = ("稳中向好、稳中向好", "稳中有进、稳中向好", "repetition")


@pytest.mark.parametrize(
    ("wanted", "correction", "found", "wrong"),
    [
        pytest.param(COUNTY, ("在", "茌"), True, 0, id="as narrow as can be"),
        pytest.param(COUNTY, ("在平", "茌平"), True, 0, id="as the table has it"),
        pytest.param(COUNTY, ("会,在平区委", "会,茌平区委"), True, 0, id="wider on both sides"),
        pytest.param(COUNTY, ("在平区委", "茌平县委"), False, 2, id="wider, and more than was wanted"),
        pytest.param(COUNTY, ("在", "庄"), False, 1, id="another character"),
        pytest.param(COUNTY, ("区", "县"), False, 1, id="elsewhere"),
        pytest.param(DOUBLED, ("委", "", "委"), True, 0, id="the second of two removed"),
        pytest.param(DOUBLED, ("区委委", "区委"), True, 0, id="the first of two removed"),
        pytest.param(CLAUSES, ("向好、", "有进、"), True, 0, id="the set phrase"),
        pytest.param(CLAUSES, ("稳中向好、", ""), True, 0, id="one clause left"),
        pytest.param(CLAUSES, ("稳中向好", ""), True, 0, id="one clause left, and its comma"),
    ],
)
def test_judging(wanted: tuple[str, ...], correction: tuple[str, ...], found: bool, wrong: int) -> None:
    judgement = script().judge([error(*wanted)], Result(TEXT, (made(*correction),)))
    assert (len(judgement.found), len(judgement.missed), len(judgement.wrong)) == (found, not found, wrong)


def test_a_suggestion_is_no_hit_but_told_apart() -> None:
    wanted = error("在平", "茌平")
    judgement = script().judge([wanted], Result(TEXT, (), (made("在", "茌"),)))
    assert judgement == ((), (wanted,), (wanted,), ())


def test_neighbouring_errors_are_judged_apart() -> None:
    wanted = [error("在平", "茌平"), error("区政府", "县政府")]
    corrections = (made("在", "茌"), made("区", "县", before="、"))
    judgement = script().judge(wanted, Result(TEXT, corrections))
    assert (len(judgement.found), len(judgement.wrong)) == (2, 0)
    assert len(script().judge(wanted, Result(TEXT, corrections[1:])).missed) == 1


def test_an_insertion_at_the_edge_belongs_to_the_wider_span() -> None:
    edits = (Edit(2, 2, "、"),)
    became = script().became
    assert became("大事难事", edits, 0, 2) == "大事"
    assert became("大事难事", edits, 1, 3) == "事、难"
    assert became("大事难事", edits, 2, 2) == "、"
    assert became("大事难事", (Edit(1, 3, "好"),), 0, 2) is None


# --- the program


def test_table_record_and_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert script().main(["--json", "--out", str(tmp_path)]) == 0
    record = json.loads(capsys.readouterr().out)
    (file,) = tmp_path.iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-sample\.json", file.name)
    assert json.loads(file.read_text(encoding="utf-8")) == record
    assert {"machine", "versions", "settings", "sha256", "wrong", "certain", "likely", "seconds"} <= set(record)
    assert {"page.txt", "edits.tsv", "models/news.lm", "local/371503.tsv"} <= set(record["sha256"])
    assert {"numpy", "ocrfix", "python"} == set(record["versions"])
    certain = record["certain"]
    assert certain["found"]["all"] + certain["missed"]["all"] == 26
    for figures in (record["wrong"], *certain.values(), *record["likely"].values()):
        assert figures["all"] == sum(figures.values()) - figures["all"]
    table = script().page_table(record)
    assert table.split()[0] == "wrong"  # harm leads


def test_no_write_and_no_local(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert script().main(["--no-local", "--json", "--no-write", "--out", str(tmp_path)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["settings"]["local"] is False
    assert not any(name.startswith("local") for name in record["sha256"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("whole", "paragraphs"), [((), 3), (("--whole",), 1), (("--limit", "2"), 2)])
def test_clean_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], whole: tuple[str, ...], paragraphs: int
) -> None:
    file = tmp_path / "clean.txt"
    file.write_text("会议强调，要抓好落实。\n\n发展中国特色社会主乂。\n会议结束。\n", encoding="utf-8")
    assert script().main(["--clean", str(file), *whole, "--json", "--out", str(tmp_path)]) == 0
    record = json.loads(capsys.readouterr().out)
    (figures,) = record["files"]
    assert figures["paragraphs"] == paragraphs
    assert figures["altered"] == figures["edits"] == 1
    assert figures["edits_per_10k"] == pytest.approx(1e4 / figures["characters"], abs=1e-3)
    assert "clean.txt" in record["sha256"]
    assert "社会主" not in (tmp_path / next(tmp_path.glob("*.json"))).read_text(encoding="utf-8")
