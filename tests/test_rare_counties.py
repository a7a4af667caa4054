"""The lines of benchmarks/rare_counties/ are what its README says; nothing here needs the engines that read them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from conftest import ROOT

from ocrfix import Resources
from ocrfix.gazetteer import read_places
from ocrfix.text import HAN

FOLDER = ROOT / "benchmarks" / "rare_counties"
FILES = [
    FOLDER / f"{engine}_{severity}.tsv" for engine in ("rapidocr", "tesseract") for severity in ("light", "medium")
]
COLUMNS = ["id", "engine", "severity", "noisy", "gold", "font", "px", "jpeg"]

_SAID = re.search(r"^RARE = (-[\d_]+)", (ROOT / "benchmarks" / "rare_counties.py").read_text("utf-8"), re.MULTILINE)
RARE = int(_SAID[1]) if _SAID else 0
"""Milli-nats, as the script has it; the script itself needs OpenCV and more."""


def rows(path: Path) -> list[dict[str, str]]:
    head, *lines = (line.split("\t") for line in path.read_text(encoding="utf-8").removesuffix("\n").split("\n"))
    assert head == COLUMNS
    return [dict(zip(COLUMNS, line, strict=True)) for line in lines]


def rare(ch: str) -> bool:
    """A character by itself: unknown to the language model, or at most as likely as RARE."""
    model = Resources.builtin().language
    return ch not in model.vocabulary or int(model.unigrams[2 + model.vocabulary.index(ch)]) <= RARE


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_rows_are_well_formed(path: Path) -> None:
    found = rows(path)
    assert 330 <= len(found) <= 400
    assert len({row["id"] for row in found}) == len({row["gold"] for row in found}) == len(found)
    assert {f"{row['engine']}_{row['severity']}" for row in found} == {path.stem}
    assert all(row["noisy"].strip() and row["gold"].strip() and row["font"] for row in found)
    assert all(16 <= float(row["px"]) <= 26 and 35 <= int(row["jpeg"]) <= 68 for row in found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_line_has_a_rare_character_and_they_name_three_hundred_counties(path: Path) -> None:
    golds = [row["gold"] for row in rows(path)]
    known = {ch: rare(ch) for ch in set(HAN.findall("".join(golds)))}
    assert [gold for gold in golds if not any(known.get(ch) for ch in gold)] == []
    today = [p for p in read_places(ROOT / "lexicons" / "gazetteer.tsv") if p.kind == "county" and p.end is None]
    mentions = Resources.builtin().gazetteer.mentions("\n".join(golds), among=today)
    rare_forms = {m.form: m.places for m in mentions if any(known.get(ch) for ch in m.form)}
    assert len({place.name for places in rare_forms.values() for place in places[:1]}) >= 300


def test_all_files_have_the_same_lines() -> None:
    lines = [{row["id"]: row["gold"] for row in rows(path)} for path in FILES]
    everywhere = {number: gold for one in lines for number, gold in one.items()}
    assert all(one.items() <= everywhere.items() for one in lines)
    assert len(everywhere) - min(map(len, lines)) < 10  # a line of which an engine reads nothing is left out
