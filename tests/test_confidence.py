"""What an engine's confidences say, and what becomes of a text that brings them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Corrector, OcrText, Resources, correct
from ocrfix.confidence import COLUMNS, LITTLE, STEPS, SURE, UNLIKELY, Confidences, steps
from ocrfix.config import Config
from ocrfix.lexicon import TableError
from ocrfix.survey import PAD, Survey

KNOWN = Resources.builtin().confidences
CONFIDENCE = st.floats(0, 1)


def doubts(text: OcrText, engine: str = "generic") -> list[int]:
    """The doubt of each symbol of a text that has no white space."""
    reading = Survey(text, Resources.builtin(), Config(engine=engine)).reading
    assert reading
    return reading.doubt[PAD + 1 : -PAD - 1].tolist()


@given(st.lists(CONFIDENCE, min_size=2))
def test_steps_rise_with_confidence(confidences: list[float]) -> None:
    found = steps(np.array(sorted(confidences))).tolist()
    assert found == sorted(found)
    assert set(found) <= set(range(STEPS))


@pytest.mark.parametrize("engine", KNOWN.engines)
@given(confidences=st.lists(CONFIDENCE, min_size=1, max_size=30), han=st.booleans())
def test_who_is_surer_is_not_wrong_more_often(engine: str, confidences: list[float], han: bool) -> None:
    odds = KNOWN.log_odds(np.array(sorted(confidences)), np.full(len(confidences), han), engine).tolist()
    assert odds == sorted(odds, reverse=True)


def test_steps_that_were_counted_and_in_order_are_taken_as_they_are() -> None:
    counts = np.zeros((1, 2, STEPS, 2), dtype=np.int64)
    counts[0, :, :, 0] = 1000
    counts[0, :, :, 1] = np.arange(STEPS)[::-1] * 10
    odds = Confidences(("one",), counts).log_odds(np.array([0.5]), np.array([True]), "one")
    wrong = 10 * (STEPS - 2)
    assert odds.tolist() == [round(1000 * np.log((wrong + LITTLE / 2) / (1000 + LITTLE / 2)))]


def test_the_confidences_tell_which_engine_it_was() -> None:
    # PP-OCR is often surer than .999 and then nearly never wrong; tesseract never is.
    sure, unsure = [0.9995] * 30 + [0.93], [0.991] * 30 + [0.93]
    for confidences, engine in ((sure, "ppocr"), (unsure, "tesseract")):
        text = OcrText.from_chars([("中", p, []) for p in confidences])
        assert Survey(text, Resources.builtin(), Config()).engine == engine
        assert doubts(text) == doubts(text, engine)


def test_of_tesseract_a_third_of_what_it_is_nine_tenths_sure_of_is_wrong() -> None:
    text = OcrText.from_chars([("中", 0.9, [])] * 10 + [("中", 0.8, [])])
    assert doubts(text, "tesseract")[0] > doubts(text, "ppocr")[0] + 1000


def test_alternatives_that_are_the_same_in_another_width_count_as_confidence() -> None:
    apart = OcrText.from_chars([("，", 0.6, [(",", 0.39)]), ("中", 0.98, [])])
    plain = OcrText.from_chars([("，", 0.99, []), ("中", 0.98, [])])
    assert doubts(apart, "ppocr") == doubts(plain, "ppocr")


def test_shares_of_the_doubt() -> None:
    text = OcrText.from_chars([("在", 0.5, [("茌", 0.25), ("", 0.125), ("仼", 0.0)]), ("平", 0.99, [])])
    resources = Resources.builtin()
    reading = Survey(text, resources, Config()).reading
    assert reading
    index = {ch: k + 2 for k, ch in enumerate(resources.language.vocabulary)}
    considered = reading.considered[PAD + 1]
    assert considered[index["茌"]] == round(1000 * np.log(0.5))
    assert considered[0] == round(1000 * np.log(0.25))  # nothing
    assert all(share >= UNLIKELY for share in considered.values())
    assert list(reading.considered) == [PAD + 1]


@pytest.mark.parametrize("confidence", [0.0, 0.5, 1.0])
def test_confidences_that_are_all_the_same_say_nothing(confidence: float) -> None:
    text = "要坚持以经济建没为中心。"
    assert correct(OcrText.from_chars([(ch, confidence, []) for ch in text])) == correct(text)


def test_edges_are_never_doubted() -> None:
    text = OcrText.from_chars([("中", 0.1, []), ("\n", 0.1, []), ("国", 0.2, [])])
    reading = Survey(text, Resources.builtin(), Config()).reading
    assert reading and (reading.doubt == SURE).sum() == 2 * (PAD + 1) + 1


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.text(max_size=3), CONFIDENCE, st.lists(st.tuples(st.text(max_size=2), CONFIDENCE))), max_size=12
    )
)
def test_any_reading_is_corrected_within_the_contract(cells: list[tuple[str, float, list[tuple[str, float]]]]) -> None:
    text = OcrText.from_chars(cells)
    result = Corrector().correct(text)
    assert result.source == str(text)
    assert Corrector().correct(text) == result


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("ppocr\tkana\t1\t2\t3", "expected other or han"),
        ("ppocr\than\t99\t2\t3", "a step below 19"),
        ("ppocr\than\t1\t-2\t3", "two whole numbers"),
    ],
)
def test_a_table_that_cannot_be_read(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "confidence.tsv"
    path.write_text("\t".join(COLUMNS) + "\n" + row + "\n", encoding="utf-8")
    with pytest.raises(TableError, match=f"confidence.tsv:2: .*{message}"):
        Confidences.open(path)
