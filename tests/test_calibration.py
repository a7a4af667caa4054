"""Scores that come true as often as they say, where the engine said how sure it was."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Config, Correction, OcrText, Resources
from ocrfix.decide import CALIBRATION, OTHERS, Calibration, _calibrated
from ocrfix.survey import Survey

TEXT = OcrText.from_chars([("在", 0.6, [("茌", 0.3)]), ("平", 0.99, [])])
SURVEY = Survey(TEXT, Resources.builtin(), Config(engine="ppocr"))

SCORE = st.floats(0, 1)


@given(SCORE, SCORE, st.integers(100, 5000), st.integers(100, 5000), st.integers(-3000, 3000))
def test_what_is_likelier_stays_likelier(a: float, b: float, unlikely: int, likely: int, shift: int) -> None:
    low, high = sorted((a, b))
    of = Calibration(unlikely, likely, shift).of
    assert 0 <= of(low) <= of(high) + 1e-12 <= 1 + 1e-12


@given(st.floats(0.001, 0.999), st.integers(100, 5000), st.integers(-3000, 3000))
def test_stretched_alike_it_is_the_log_odds_that_are(score: float, slope: int, shift: int) -> None:
    odds = (slope * math.log(score / (1 - score)) + shift) / 1000
    assert Calibration(slope, slope, shift).of(score) == pytest.approx(1 / (1 + math.exp(-odds)))


@given(st.lists(SCORE, min_size=1, max_size=5))
def test_rivals_share_what_their_place_comes_to(scores: list[float]) -> None:
    total = sum(scores)
    scores = [score / max(total, 1) for score in scores]
    rivals = [Correction(0, 1, "在", chr(0x4E00 + k), score, "glyph") for k, score in enumerate(scores)]
    found = {c.replacement: c.score for c in _calibrated(rivals, SURVEY)}
    together = sum(scores)
    wanted = Calibration.among(SURVEY.weights, "glyph").of(together) if together else 0
    assert sum(found.values()) == pytest.approx(wanted, abs=1e-9)
    for rival in rivals:
        if sum(found.values()) > 1e-300:
            assert found[rival.replacement] / max(sum(found.values()), 1e-300) == pytest.approx(rival.score / together)


def test_the_likeliest_comes_first() -> None:
    rivals = [Correction(k, k + 1, "在", "茌", 0.1 + 0.2 * k, "glyph") for k in range(4)]
    assert [c.start for c in _calibrated(rivals, SURVEY)] == [3, 2, 1, 0]


def test_every_engine_is_calibrated() -> None:
    resources = Resources.builtin()
    for engine in resources.confidences.engines:
        for kind in ("glyph", "punctuation", OTHERS):
            assert Calibration.among(resources.confident[engine], kind) != Calibration()
    assert not any(source.startswith(CALIBRATION) for source, _ in resources.weights)


def test_a_kind_that_is_not_calibrated_by_itself_is_as_the_others() -> None:
    others = {(f"{CALIBRATION} {OTHERS}", name): value for name, value in (("likely", 500), ("shift", 7))}
    own = {(f"{CALIBRATION} name", "shift"): 9}
    assert Calibration.among({**others, **own}, "name") == Calibration(shift=9)
    assert Calibration.among({**others, **own}, "phrase") == Calibration(likely=500, shift=7)
    assert Calibration.among({}, "phrase") == Calibration()
