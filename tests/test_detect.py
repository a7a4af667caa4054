"""Where a text looks wrong: the odds, and who looks from which odds on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Config, OcrText
from ocrfix.channel import MOST_MISREAD, UNLISTED, misread
from ocrfix.characters import PAIRED
from ocrfix.confidence import DOUBT
from ocrfix.detect import GATE, ODDS, SUSPICIOUS, Suspects, odd, suspects
from ocrfix.language import EDGE
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey
from ocrfix.text import HAN

RESOURCES = Resources.builtin()
TEXTS = st.text(st.sampled_from("在人入曰日目没设沒建经济中心坚挣持特委区茌平县的了，。一三于干千"), max_size=60)


@given(TEXTS)
def test_odds_are_the_sum_of_what_counts(text: str) -> None:
    """The slow twin, a character at a time."""
    survey = Survey(text, RESOURCES, Config())
    found = suspects(survey, RESOURCES)
    odds = dict(zip(found.at.tolist(), found.odds.tolist(), strict=True))
    logp, usual = survey.logp.tolist(), RESOURCES.language.unigrams.tolist()
    assert found.at.tolist() == sorted(odds)
    for at in range(PAD, len(survey.ids) - PAD):
        printed, following = int(survey.ids[at]), int(survey.ids[at + 1])
        total = ODDS.here * logp[at] + ODDS.usual * usual[printed] + ODDS.misread * stands_for_another(printed)
        total += ODDS.following * logp[at + 1] + ODDS.next_usual * usual[following]
        expected = total / 1000 + ODDS.apart
        if not HAN.match(survey.symbols(at, at + 1)):
            assert at not in odds
        elif abs(expected - SUSPICIOUS) > 2:
            assert (at in odds) == (expected > SUSPICIOUS)
            assert at not in odds or odds[at] == pytest.approx(expected, abs=2)


def stands_for_another(printed: int) -> float:
    """ln of the odds that a printed vocabulary index stands for another, milli-nats."""
    model = RESOURCES.language
    if printed <= EDGE:
        return 0
    readings = RESOURCES.channel("generic").readings(model.vocabulary[printed - 2])
    others = {_index(true): cost for true, cost in readings.items() if true and _index(true) > EDGE}
    instead = sum(math.exp((int(model.unigrams[i]) - cost) / 1000) for i, cost in others.items() if i != printed)
    odds = 1000 * math.log(instead) - int(model.unigrams[printed]) if instead else -UNLISTED
    return min(max(odds, -UNLISTED), MOST_MISREAD)


def _index(symbol: str) -> int:
    return int(RESOURCES.language.ids(np.array([ord(symbol)], dtype=np.uint32))[0])


def test_what_engines_print_for_another_is_suspected_sooner() -> None:
    model = RESOURCES.language
    odds = misread(RESOURCES.channel("ppocr"), model, np.array([_index("曰"), _index("的")], dtype=np.uint16))
    assert odds[0] > odds[1]


def test_right_text_is_hardly_looked_at() -> None:
    page = "全省上下要坚持稳中求进工作总基调，扎实推动高质量发展，切实保障和改善民生。"
    survey = Survey(page, RESOURCES, Config())
    assert not len(suspects(survey, RESOURCES).likelier(PAIRED))


def test_what_the_engine_doubted_is_looked_at_however_well_it_reads() -> None:
    page = "要坚持以经济建设为中心。"
    doubted = OcrText.from_chars([(ch, 0.3 if ch == "坚" else 0.9999, []) for ch in page])
    for read, expected in ((page, []), (doubted, ["坚"])):
        survey = Survey(read, RESOURCES, Config())
        at = suspects(survey, survey.resources).likelier(DOUBT)
        assert [survey.symbols(k, k + 1) for k in at.tolist()] == expected


@given(TEXTS)
def test_what_is_odd_is_unlikely_or_comes_before_what_is(text: str) -> None:
    """The slow twin."""
    survey = Survey(text, RESOURCES, Config())
    expected = [
        at
        for at in range(PAD, len(survey.ids) - PAD)
        if HAN.match(survey.symbols(at, at + 1)) and min(survey.logp[at : at + 3]) < GATE
    ]
    assert odd(survey).tolist() == expected


def test_likelier_than_certain_is_nothing() -> None:
    every = Suspects.every(np.arange(PAD, PAD + 3))
    assert every.likelier(PAIRED).tolist() == [4, 5, 6]
    assert Suspects(every.at, np.array([0, -9_000, 9_000])).likelier(0).tolist() == [6]
