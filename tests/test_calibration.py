"""Scores that come true as often as they say, where the engine said how sure it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Config, Correction, OcrText, Resources
from ocrfix.decide import CALIBRATION, _calibrated, calibrated, symbols
from ocrfix.model import KINDS
from ocrfix.survey import Survey

TEXT = OcrText.from_chars([("在", 0.6, [("茌", 0.3)]), ("平", 0.99, [])])
SURVEY = Survey(TEXT, Resources.builtin(), Config(engine="ppocr"))

SCORE = st.floats(0, 1)


@given(SCORE, SCORE, st.integers(100, 3000), st.integers(-3000, 3000))
def test_what_is_likelier_stays_likelier(a: float, b: float, slope: int, shift: int) -> None:
    low, high = sorted((a, b))
    assert 0 <= calibrated(low, slope, shift) <= calibrated(high, slope, shift) + 1e-12 <= 1 + 1e-12


@given(st.lists(SCORE, min_size=1, max_size=5))
def test_rivals_share_what_their_place_comes_to(scores: list[float]) -> None:
    total = sum(scores)
    scores = [score / max(total, 1) for score in scores]
    rivals = [Correction(0, 1, "在", chr(0x4E00 + k), score, "glyph") for k, score in enumerate(scores)]
    found = {c.replacement: c.score for c in _calibrated(rivals, SURVEY)}
    weights = SURVEY.weights
    slope, shift = (weights[f"{CALIBRATION} {symbols('glyph')}", what] for what in ("slope", "shift"))
    together = sum(scores)
    assert sum(found.values()) == pytest.approx(calibrated(together, slope, shift) if together else 0, abs=1e-9)
    for rival in rivals:
        if together:
            assert found[rival.replacement] / max(sum(found.values()), 1e-300) == pytest.approx(rival.score / together)


def test_the_likeliest_comes_first() -> None:
    rivals = [Correction(k, k + 1, "在", "茌", 0.1 + 0.2 * k, "glyph") for k in range(4)]
    assert [c.start for c in _calibrated(rivals, SURVEY)] == [3, 2, 1, 0]


def test_every_engine_is_calibrated() -> None:
    resources = Resources.builtin()
    for engine in resources.confidences.engines:
        for kind in KINDS:
            assert (f"{CALIBRATION} {symbols(kind)}", "slope") in resources.confident[engine]
    assert not any(source.startswith(CALIBRATION) for source, _ in resources.weights)
