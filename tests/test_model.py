"""Values that hold what they say, and refuse what cannot be."""

from __future__ import annotations

import json
import pickle
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Alternative, Correction, Evidence, OcrText, Result
from ocrfix.spans import apply

READ = Correction(
    5,
    6,
    "在",
    "茌",
    0.98126,
    "name",
    (Evidence("language", 1.5, "reads better by 1.5 nats"), Evidence("name", 4.25004, "茌平区 lies in 聊城市")),
    (Alternative("荏", 0.01),),
)
RESULT = Result("中共聊城市在平区委委", (READ, Correction(9, 10, "委", "", 0.9, "repetition")))


def test_text_and_inverse_follow_from_the_corrections() -> None:
    assert RESULT.text == "中共聊城市茌平区委"
    assert apply(RESULT.source, RESULT.edits) == RESULT.text
    assert apply(RESULT.text, RESULT.inverse) == RESULT.source


def test_diff_styles() -> None:
    assert RESULT.diff("inline") == "中共聊城市[在→茌]平区委[委→]"
    assert RESULT.diff().splitlines()[:3] == ["--- before", "+++ after", "@@ -1 +1 @@"]
    assert RESULT.diff(name="/papers/page.txt").startswith("--- a/papers/page.txt\n+++ b/papers/page.txt\n")
    assert '<del title="name 0.98: 茌平区 lies in 聊城市; reads better by 1.5 nats">在</del>' in RESULT._repr_html_()
    assert RESULT.diff("html").startswith("<!doctype html>\n<!-- ocrfix review -->")
    with pytest.raises(ValueError, match="expected unified, inline, json or html, found 'side-by-side'"):
        RESULT.diff("side-by-side")  # type: ignore[arg-type]


def test_json_diff_has_every_field() -> None:
    first, second = (json.loads(line) for line in RESULT.diff("json").splitlines())
    assert list(first) == list(Correction.__dataclass_fields__)
    assert first["evidence"][1] == {"name": "name", "weight": 4.25, "note": "茌平区 lies in 聊城市"}
    assert first["alternatives"] == [{"replacement": "荏", "score": 0.01}]
    assert first["score"] == 0.9813
    assert (second["original"], second["replacement"]) == ("委", "")


def test_nothing_to_correct_shows_nothing() -> None:
    clean = Result("省委委员")
    assert (clean.text, clean.diff(), clean.diff("json"), clean.inverse) == ("省委委员", "", "", ())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"end": 7}, "expected a span as long as its original"),
        ({"start": -1, "end": 0}, "expected a span as long as its original"),
        ({"score": 1.01}, "expected a score from 0 to 1, found 1.01"),
        ({"score": float("nan")}, "expected a score from 0 to 1, found nan"),
        ({"kind": "typo"}, "expected a kind of glyph, name, .*found 'typo'"),
    ],
)
def test_corrections_that_cannot_be(change: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(READ, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "corrections", "message"),
    [
        ("中共聊城市茌平区委", (READ,), "expected '在' in the source, found '茌'"),
        ("中共聊城市", (READ,), "expected '在' in the source, found ''"),
        ("中共", (Correction(7, 7, "", "市", 0.9, "omission"),), "expected '' in the source"),
        (RESULT.source, RESULT.corrections[::-1], "expected them in order and apart"),
        (RESULT.source, (READ, READ), "expected them in order and apart"),
    ],
)
def test_results_that_cannot_be(source: str, corrections: tuple[Correction, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Result(source, corrections)


def test_suggestions_may_overlap_but_stand_in_order() -> None:
    later = Correction(6, 7, "平", "山", 0.6, "name")
    assert Result(RESULT.source, (), (READ, READ, later)).text == RESULT.source
    with pytest.raises(ValueError, match="suggestions: expected them by position"):
        Result(RESULT.source, (), (later, READ))


CELLS = st.lists(
    st.tuples(
        st.text(max_size=2), st.floats(0, 1), st.lists(st.tuples(st.text(max_size=2), st.floats(0, 1)), max_size=2)
    ),
    max_size=8,
)


@given(CELLS, st.data())
def test_ocr_text_is_cut_as_its_text_is(
    cells: list[tuple[str, float, list[tuple[str, float]]]], data: st.DataObject
) -> None:
    ocr = OcrText.from_chars(cells)
    assert str(ocr) == "".join(cell for cell, _, _ in cells)
    assert len(ocr) == len(str(ocr)) == len(ocr.confidences) == len(ocr.alternatives)
    cut = data.draw(st.slices(len(ocr)))
    assert str(ocr[cut]) == str(ocr)[cut]
    assert [str(part) for part in ocr] == list(str(ocr))
    assert [part.confidences[0] for part in ocr] == list(ocr.confidences)
    assert pickle.loads(pickle.dumps(ocr)) == ocr


def test_ocr_text_spreads_a_cell_of_two_code_points() -> None:
    ocr = OcrText.from_chars([("……", 0.7, [("—", 0.2)]), ("", 0.5, [("郓", 0.4)]), ("城", 0.9, [("", 0.1)])])
    assert str(ocr) == "……城"
    assert ocr.confidences == (0.7, 0.7, 0.9)
    assert ocr.alternatives == (((Alternative("—", 0.2)),), (), (("", 0.1),))


def test_ocr_text_last_character_and_beyond() -> None:
    ocr = OcrText.from_chars([("茌", 0.9, []), ("平", 0.8, [])])
    assert (str(ocr[-1]), ocr[-1].confidences) == ("平", (0.8,))
    with pytest.raises(IndexError):
        ocr[2]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([("茌", 0.9, []), ("平", 87.5, [])], "character 1 '平': expected a confidence from 0 to 1, found 87.5"),
        ([("茌", -0.1, [])], "character 0 '茌': expected a confidence"),
        ([("茌", float("nan"), [])], "character 0 '茌': expected a confidence"),
        ([("茌", 0.9, [("在", 1.5)])], "character 0 '茌': expected a probability from 0 to 1, found 1.5"),
    ],
)
def test_ocr_text_refuses_numbers_of_another_scale(
    cells: list[tuple[str, float, list[tuple[str, float]]]], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        OcrText.from_chars(cells)


def test_ocr_text_refuses_parts_of_different_lengths() -> None:
    with pytest.raises(ValueError, match="found 2 characters, 1 confidences, 2 tuples"):
        OcrText("茌平", (0.9,), ((), ()))


def test_values_are_frozen() -> None:
    for value, field in [(READ, "score"), (RESULT, "source"), (OcrText("", (), ()), "chars")]:
        with pytest.raises(FrozenInstanceError):
            setattr(value, field, None)
