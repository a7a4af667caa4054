"""Readings of a stretch, weighed as by writing each of them down and asking the model about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Config, Resources
from ocrfix.decode import BEAM, Option, marginals
from ocrfix.survey import PAD, Survey

RESOURCES = Resources.builtin()
MODEL = RESOURCES.language
CHARACTERS = "在平茌区没设，"


def slowly(survey: Survey, options: Sequence[Option]) -> dict[int, float]:
    """What `marginals` says, every reading spelled out and every piece of it asked for."""
    found: dict[int, float] = {}
    for stretch in stretches(options):
        beam: list[tuple[int, list[Option]]] = [(0, [])]
        for start, group in groupby(stretch, key=lambda o: o.start):
            more = list(group)
            beam += [
                (score + worth(survey, taken, option), [*taken, option])
                for score, taken in beam
                if all(before.end <= start for before in taken)
                for option in more
            ]
            beam = sorted(beam, key=lambda reading: (-reading[0], [o.row for o in reading[1]]))[:BEAM]
        shares = [math.exp((score - beam[0][0]) / 1000) for score, _ in beam]
        for share, (_, taken) in zip(shares, beam, strict=True):
            for option in taken:
                found[option.row] = found.get(option.row, 0.0) + share / math.fsum(shares)
    return found


def stretches(options: Sequence[Option]) -> list[list[Option]]:
    """Options cut where none of the earlier ones ends within reach."""
    found: list[list[Option]] = []
    for option in options:
        if not found or option.start - max(o.end for o in found[-1]) >= PAD:
            found.append([])
        found[-1].append(option)
    return found


def worth(survey: Survey, taken: list[Option], option: Option) -> int:
    if not taken or not option.weight or option.start - taken[-1].end >= PAD:
        return option.alone
    ids, read, at = survey.ids.tolist(), list[int](), 0
    for before in taken:
        read += [*ids[at : before.start], *before.ids]
        at = before.end
    read += ids[at : option.start]
    after = ids[option.end : option.end + PAD]
    new, printed = (
        likelihood(read[-PAD:], [*middle, *after]) for middle in (option.ids, ids[option.start : option.end])
    )
    return option.alone + option.weight * (new - printed) // 1000 - option.gain


def likelihood(before: list[int], piece: list[int]) -> int:
    return int(MODEL.log_probabilities(np.array([before + piece], dtype=np.uint16))[0, PAD:].sum())


@st.composite
def lattices(draw: st.DrawFn) -> tuple[str, list[Option]]:
    """A text, often one that repeats itself, and things that may stand in it instead."""
    text = draw(st.text(CHARACTERS, min_size=1, max_size=6)) * draw(st.integers(1, 4))
    scores = st.integers(-3, 3).map(lambda k: 500 * k)  # many are alike
    found = []
    for _ in range(draw(st.integers(0, 14))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(start + 2, len(text))))
        form = draw(st.text(CHARACTERS, max_size=2))
        weight = draw(st.sampled_from((0, 400, 1000)))
        found.append((start + PAD + 1, end + PAD + 1, form, draw(scores), draw(scores), weight))
    found.sort(key=lambda option: option[:2])
    ids = [tuple(MODEL.ids(np.array([ord(ch) for ch in form], dtype=np.uint32)).tolist()) for _, _, form, *_ in found]
    return text, [Option(o[0], o[1], which, *o[3:], row) for row, (o, which) in enumerate(zip(found, ids, strict=True))]


@pytest.mark.parametrize("kept", [0, 3, 1 << 14])
@given(lattices())
@settings(max_examples=100, deadline=None)
def test_readings_are_weighed_as_if_each_were_written_down(kept: int, lattice: tuple[str, list[Option]]) -> None:
    text, options = lattice
    survey = Survey(text, RESOURCES, Config())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocrfix.decode.KEPT", kept)
        assert marginals(survey, options, MODEL) == pytest.approx(slowly(survey, options), rel=1e-12)


def test_a_text_of_one_character_is_weighed_as_any_other() -> None:
    survey = Survey("在" * 40, RESOURCES, Config())
    ids = [tuple(MODEL.ids(np.array([ord(ch)], dtype=np.uint32)).tolist()) for ch in "平茌区没设人"]
    options = [
        Option(PAD + 1 + at, PAD + 2 + at, form, 300 * k - 800, 200 * k, 700, 6 * at + k)
        for at in range(40)
        for k, form in enumerate(ids)
    ]
    assert marginals(survey, options, MODEL) == pytest.approx(slowly(survey, options), rel=1e-12)
