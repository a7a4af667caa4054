"""Forms that a document establishes by itself: names that no list has."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Config, Resources, correct
from ocrfix.established import LENGTH, ODD, OFTEN, SELDOM, nearly
from ocrfix.survey import PAD, Survey
from ocrfix.text import HAN, standard

RESOURCES = Resources.builtin()
MODEL = RESOURCES.language

PAGE = (
    "区委书记汲广树主持会议并讲话。\n汲广树强调，要坚定信心。\n随后，汲广树一行来到企业车间，实地察看生产情况。\n"
    "区长汲广树，副区长王立参加调研。\n会上，汲广树对下一步工作作出部署。\n汲广树要求，各单位要抓好落实。\n"
    "最后，区委书记{}作总结讲话。"
)


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("汲广村", "汲广树"),
        ("汲厂树", "汲广树"),
        ("汲广树", "汲广树"),
        ("江广树", "江广树"),  # another person, for all that the page says
        ("李广树", "李广树"),
    ],
)
def test_a_name_that_stands_six_times_and_is_misread_once(printed: str, meant: str) -> None:
    assert correct(PAGE.format(printed)).text == PAGE.format(meant)


def test_the_reason_is_told() -> None:
    (correction,) = correct(PAGE.format("汲厂树")).corrections
    assert correction.evidence[0].note == "汲广树: 6 times in the document"


def test_where_chance_may_have_played_it_is_suggested() -> None:
    result = correct(PAGE.format("没广树"))
    assert [(c.original, c.replacement) for c in result.suggestions] == [("没", "汲")]
    assert result.corrections == ()


def test_two_that_are_about_as_common_are_two() -> None:
    text = "\n".join(["汲广树出席会议。", "没广树陪同调研。"] * 4)
    assert correct(text).corrections == ()


def slowly(text: str) -> set[tuple[int, str]]:
    """Each place of a text, with each character that would make it say an established form."""
    survey = Survey(text, RESOURCES, Config())
    read = survey.read
    runs = [read[k : k + LENGTH] for k in range(len(read) - LENGTH + 1)]
    runs = [run for run in runs if all(HAN.match(ch) and standard(ch) and ch in MODEL.vocabulary for ch in run)]
    times = Counter(runs)
    found = set()
    for form, many in times.items():
        ids = MODEL.ids(np.array([ord(ch) for ch in form], dtype=np.uint32))
        if many < OFTEN or MODEL.log_probabilities(ids[None])[0, 1:].sum() >= ODD:
            continue
        for k in range(len(read) - LENGTH + 1):
            printed = read[k : k + LENGTH]
            differ = [n for n in range(LENGTH) if printed[n : n + 1] != form[n]]
            if printed in times and len(differ) == 1 and times[printed] * SELDOM <= many:
                found.add((k + differ[0] + PAD, form[differ[0]]))
    return found


@settings(deadline=None)
@given(st.lists(st.sampled_from(["汲广树", "没广树", "汲广村", "茌平", "会议", "。", "\n", "汲", "乂"]), max_size=40))
def test_what_is_nearly_said_is_what_a_slow_search_finds(pieces: list[str]) -> None:
    text = "".join(pieces)
    survey = Survey(text, RESOURCES, Config())
    places = np.arange(PAD, len(survey.ids) - PAD)
    at, true, form, times = nearly(survey, places, MODEL)
    assert {(k, MODEL.vocabulary[i - 2]) for k, i in zip(at.tolist(), true.tolist(), strict=True)} == slowly(text)
    assert len(set(zip(at.tolist(), true.tolist(), strict=True))) == len(at)
    assert (times >= OFTEN).all() and form.shape == (len(at), LENGTH)
