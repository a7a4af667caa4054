"""Where a text looks wrong: the odds, and who looks from which odds on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Config, OcrText
from ocrfix.channel import UNLISTED, misread
from ocrfix.characters import PAIRED, SINGLE
from ocrfix.confidence import DOUBT
from ocrfix.detect import GATE, ODDS, Suspects, odd, suspects
from ocrfix.language import EDGE
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey

RESOURCES = Resources.builtin()
HAN = st.text(st.sampled_from("在人入曰日目没设沒建经济中心坚挣持特委区茌平县的了，。一三于干千"), max_size=60)


@given(HAN)
def test_odds_are_the_sum_of_what_counts(text: str) -> None:
    """The slow twin, a character at a time."""
    survey = Survey(text, RESOURCES, Config())
    found = suspects(survey, RESOURCES)
    channel, model = RESOURCES.channel("generic"), RESOURCES.language
    assert found.at.tolist() == odd(survey).tolist()
    for at, odds in zip(found.at.tolist(), found.odds.tolist(), strict=True):
        assert min(survey.logp[at : at + 3]) < GATE
        printed, following = int(survey.ids[at]), int(survey.ids[at + 1])
        readings = channel.readings(model.vocabulary[printed - 2])
        others = {true: cost for true, cost in readings.items() if true and int(_index(true)) not in (printed, 0, EDGE)}
        instead = sum(math.exp(model.unigrams[_index(t)] / 1000 - cost / 1000) for t, cost in others.items())
        stands_for = max(1000 * math.log(instead) - model.unigrams[printed], -UNLISTED) if instead else -UNLISTED
        total = ODDS.here * int(survey.logp[at]) + ODDS.following * int(survey.logp[at + 1])
        total += ODDS.common * int(model.unigrams[following])
        assert odds == pytest.approx((total + ODDS.misread * stands_for) / 1000 + ODDS.apart, abs=2)


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
        at = suspects(survey, survey.resources).likelier(max(SINGLE, DOUBT))
        assert [survey.symbols(k, k + 1) for k in at.tolist()] == expected


def test_likelier_than_certain_is_nothing() -> None:
    every = Suspects.every(np.arange(PAD, PAD + 3))
    assert every.likelier(SINGLE).tolist() == [4, 5, 6]
    assert Suspects(every.at, np.array([0, -9_000, 9_000])).likelier(0).tolist() == [6]
