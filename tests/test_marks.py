"""Marks: what is mended, what is never touched, and the tables behind it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Config, Corrector, Resources, correct
from ocrfix.marks import SOURCES, slips
from ocrfix.rhythm import BOUNDS, MARKS, RHYTHMS, beat
from ocrfix.spans import apply
from ocrfix.survey import Survey
from ocrfix.text import code_points

EAGER = Corrector(config=Config(accept=0.3, suggest=0.3))
"""Makes what is far from certain, so that the properties are tried on many corrections."""
CLAUSES = (
    "会议指出",
    "会议强调",
    "各级党委和政府要加强组织领导",
    "切实把各项任务落到实处",
    "要坚持以人民为中心的发展思想",
    "全市实现生产总值3.5亿元",
    "比上年增长10.2%",
    "占地10,000平方米",
    "比赛以2：1结束",
    "会议于10:30开始",
    "见http://a.cn/b,c",
    "引进GDP、CPI等指标",
    "政治建设",
    "思想建设",
    "一、总体要求",
    "（二）基本原则",
    "他说“很好”",
)
prose = st.lists(
    st.tuples(st.sampled_from(CLAUSES), st.sampled_from(["，", "。", "、", "；", "：", ",", ".", "", "\n", "\n\n"])),
    max_size=12,
).map(lambda parts: "".join(clause + mark for clause, mark in parts))
sometimes = settings(max_examples=60, deadline=None)


def made(text: str, corrector: Corrector = EAGER) -> list[tuple[int, int, str]]:
    """The changes to marks that an eager corrector makes."""
    return [(c.start, c.end, c.replacement) for c in corrector.correct(text).corrections if c.kind == "punctuation"]


@sometimes
@given(prose)
def test_only_marks_change(text: str) -> None:
    for start, end, replacement in made(text):
        assert re.fullmatch(r"[,，。、；;：:.\-·']?", text[start:end])
        assert re.fullmatch("[,，。、；;]?", replacement)
        assert text[start:end] != replacement


@sometimes
@given(prose)
def test_numbers_addresses_and_letters_are_left(text: str) -> None:
    kept = re.compile(r"\d[,.:：]\d|http://a\.cn/b,c|[A-Z]、[A-Z]|(?m:^)[一（二）]+、?")
    for start, end, _ in made(text):
        assert not any(m.start() < end and start < m.end() for m in kept.finditer(text))


@sometimes
@given(prose)
def test_replayed_on_the_text_they_give_the_result(text: str) -> None:
    result = EAGER.correct(text)
    assert apply(text, [c.edit for c in result.corrections]) == result.text


@pytest.mark.parametrize(
    ("printed", "mended"),
    [
        ("会议强调、各级党委和政府要加强组织领导，切实把各项任务落到实处。", "，"),
        ("会议强调、各级党委和政府要加强组织领导,切实把各项任务落到实处。", "，,"),
    ],
)
def test_the_width_that_the_text_has_is_kept(printed: str, mended: str) -> None:
    (c,) = (c for c in correct(printed).corrections if c.kind == "punctuation")
    assert c.original == "、"
    assert c.replacement in mended
    assert (c.replacement == ",") == (printed.count(",") > printed.count("，"))


def test_lines_wrapped_by_the_measure_end_in_no_stop() -> None:
    lines = (
        "会议指出，各级党委和政府要加强组织领导，切实把各",
        "项任务落到实处。会议强调，要坚持以人民为中心的发",
        "展思想，不断增进民生福祉，努力完成全年各项目标任",
        "务，以优异成绩迎接党的代表大会胜利召开，为全面建",
    )
    for gap in ("\n", "\n\n"):
        assert made(gap.join(lines)) == []


def test_what_must_stay_is_left() -> None:
    text = "会议强调、各级党委和政府要加强组织领导，切实把各项任务落到实处。"
    assert made(text, Corrector()) == [(4, 5, "，")]
    assert made(text, Corrector(config=Config(protect=("强调、各级",)))) == []


def test_proposals_are_of_the_known_sources_and_within_the_text() -> None:
    resources = Resources.builtin()
    survey = Survey("会议强调、各级要加强领导：落实任务.会议要求，广泛发动群众,", resources, Config())
    found = slips(survey, resources)
    assert {s.source for s in found} <= set(SOURCES)
    for s in found:
        assert len(s.start) == len(s.forms) == len(s.ids) > 0
        assert ((s.start >= 0) & (s.end <= len(survey.ids))).all()


def test_every_rhythm_has_a_number_of_its_own() -> None:
    stops = code_points("\n" + MARKS)
    lengths = np.array([1, *[b + 1 for b in BOUNDS]])
    grid = np.array(np.meshgrid(stops, lengths, stops, lengths)).reshape(4, -1)
    numbers = beat(*(row.astype(np.int64) for row in grid))
    assert sorted(numbers.tolist()) == list(range(RHYTHMS))
