"""What was made fast gives what the slow and obvious way gives."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import pytest
from conftest import DAMAGED, PAGE
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Config, Corrector, Resources
from ocrfix.characters import _foremost
from ocrfix.decode import Option, Taken
from ocrfix.detect import suspects
from ocrfix.expectations import MARKS, expectations
from ocrfix.language import FEW, UNKNOWN
from ocrfix.near_names import LEAST, is_near, misreading, near
from ocrfix.proposals import Proposals
from ocrfix.propose import propose
from ocrfix.score import HOPEFUL, all_evidence, score
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN, code_points, standard

RESOURCES = Resources.builtin()
MODEL = RESOURCES.language


def worn(text: str, seed: int, share: float = 0.05) -> str:
    """A text with some Han characters replaced by others of it."""
    chance = random.Random(seed)
    han = [ch for ch in text if HAN.match(ch)]
    return "".join(chance.choice(han) if HAN.match(ch) and chance.random() < share else ch for ch in text)


PAGES = [worn(PAGE.read_text(encoding="utf-8")[k : k + 500], k) for k in (0, 1500, 3000)]


# --- the language model


def test_what_is_shared_is_scored_as_if_nothing_were() -> None:
    chance = np.random.default_rng(5)
    text = MODEL.ids(code_points(PAGE.read_text(encoding="utf-8").replace("\n", "")))
    for width in (0, 1, 2, 3):
        at = np.sort(chance.choice(np.arange(10, len(text) - 10), 150, replace=False))
        left, right = text[at[:, None] + np.arange(-PAD, 0)], text[at[:, None] + np.arange(PAD)]
        which = np.repeat(np.arange(150), 20)
        assert len(which) >= FEW
        middle = chance.choice(text, (len(which), width))
        middle[chance.random(middle.shape) < 0.05] = UNKNOWN
        rows = np.concatenate((left[which], middle, right[which]), axis=1)
        expected = MODEL.log_probabilities(rows)[:, PAD:].sum(axis=1)
        assert MODEL.between(left, right, which, middle).tolist() == expected.tolist()


def test_what_comes_before_is_what_is_followed() -> None:
    for ch in "平茌。":
        index = int(MODEL.ids(code_points(ch))[0])
        every = np.arange(len(MODEL.vocabulary) + 2, dtype=np.uint16)
        logp, met = MODEL.following(every, np.full_like(every, index))
        ids, found = MODEL.preceding(index)
        assert (ids.tolist(), found.tolist()) == (every[met].tolist(), logp[met].tolist())


def test_what_fits_between_two_is_found_whichever_list_is_shorter() -> None:
    chance = np.random.default_rng(6)
    text = MODEL.ids(code_points(PAGE.read_text(encoding="utf-8").replace("\n", "")))
    at = chance.choice(np.arange(1, len(text) - 1), 25)
    left, right, least = text[at - 1], text[at + 1], chance.integers(-3_000, 6_000, 25)
    able = [k for k, ch in enumerate(MODEL.vocabulary, 2) if ch in MARKS or (HAN.match(ch) and standard(ch))]
    every = np.array(able, dtype=np.uint16)
    expected = []
    for k in range(25):
        one, met_one = MODEL.following(np.full_like(every, left[k]), every)
        two, met_two = MODEL.following(every, np.full_like(every, right[k]))
        fit = one.astype(np.int64) + two - MODEL.unigrams[every]
        good = met_one & met_two & (fit > least[k])
        expected += [(k, *row) for row in zip(every[good].tolist(), fit[good].tolist(), strict=True)]
    found = expectations(left, right, least, MODEL)
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-9, 9)), max_size=80), st.integers(1, 4))
def test_the_foremost_at_each_place(rows: list[tuple[int, int]], most: int) -> None:
    rows.sort(key=lambda row: row[0])
    expected = []
    for place in sorted({place for place, _ in rows}):
        here = [k for k, row in enumerate(rows) if row[0] == place]
        expected += sorted(here, key=lambda k: (-rows[k][1], k))[:most]
    place, score_of = (np.array([row[k] for row in rows], dtype=np.int64) for k in (0, 1))
    assert _foremost(place, score_of, most).tolist() == expected


# --- names


@pytest.mark.parametrize("text", [DAMAGED, *PAGES])
def test_names_that_are_nearly_there_are_those_that_trying_all_finds(text: str) -> None:
    survey = Survey(text, RESOURCES, Config())
    forms: dict[str, int] = {}
    for active in survey.places:
        if active.weight >= LEAST:
            of_place = RESOURCES.gazetteer.forms(active.place)
            stem = min(of_place, key=len)
            for form in of_place:
                forms.setdefault(form, len(stem) if form.startswith(stem) else len(form))
    read = survey.read
    expected = set()
    for form, stem in forms.items():
        if len(form) > 4:  # trying all takes long
            continue
        spans = {
            (start, end): misreading(read[start:end], form).wrong
            for start in range(len(read))
            for end in range(start + max(len(form) - 1, 1), min(start + len(form) + 1, len(read)) + 1)
            if is_near(read[start:end], form, stem)
            and (len(form) <= end - start or BOUNDARY not in read[max(start - 1, 0) : start] + read[end : end + 1])
        }
        for (start, end), wrong in spans.items():
            if all(wrong <= w for (a, b), w in spans.items() if a < end and start < b):
                expected.add((start + PAD, end + PAD, form))
    found = {
        (start, end, one.names[k].form)
        for one in near(survey, RESOURCES.gazetteer)
        for start, end, k in zip(one.start.tolist(), one.end.tolist(), one.name.tolist(), strict=True)
    }
    assert {row for row in found if len(row[2]) <= 4} == expected


# --- what is left out because it can decide nothing


@pytest.mark.parametrize("text", [DAMAGED, *PAGES])
def test_what_is_left_out_would_not_have_counted(text: str) -> None:
    survey = Survey(text, RESOURCES, Config())
    proposals = list(propose(survey, suspects(survey), RESOURCES))
    expected = set()
    for p, names, raw in all_evidence(survey, proposals, RESOURCES):
        weights = np.array([RESOURCES.weights.get((p.source, name), 0) for name in names])
        expected |= told(p, raw * weights // 1000)
    found = set()
    for scored in score(survey, proposals, RESOURCES):
        found |= told(scored.proposals, scored.evidence)
    assert found == expected
    assert {"substitutions", "omissions"} <= {source for source, *_ in found} or text == DAMAGED


def told(p: Proposals, evidence: np.ndarray) -> set[tuple[object, ...]]:
    """The hopeful rows and all that is said of them."""
    rows = np.flatnonzero(evidence.sum(axis=1) > HOPEFUL).tolist()
    return {(p.source, int(p.start[k]), int(p.end[k]), p.form(k, MODEL), tuple(evidence[k].tolist())) for k in rows}


def test_a_text_may_be_cut_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(PAGES)
    whole = Corrector().correct(text)
    monkeypatch.setattr("ocrfix.survey.PIECE", 40)
    assert len(Survey(text, RESOURCES, Config()).pieces) > 20
    assert Corrector().correct(text) == whole


def test_pieces_end_before_what_is_no_han_character() -> None:
    survey = Survey("会议强调，" * 9_000, RESOURCES, Config())
    pieces = survey.pieces.tolist()
    assert pieces[0] == PAD
    assert pieces[-1] == len(survey.ids) - PAD
    assert len(pieces) == 4
    assert all(survey.symbols(first, first + 1) in "，,\n" for first, _ in pairwise(pieces))


# --- readings of a stretch


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=2, max_size=40), st.data())
@settings(max_examples=50)
def test_readings_are_ordered_as_lists_of_rows_are(steps: list[tuple[int, bool]], data: st.DataObject) -> None:
    known: list[tuple[Taken, list[int]]] = [(Taken(), [])]
    for row, (_, latest) in enumerate(steps):
        node, rows = known[-1] if latest else data.draw(st.sampled_from(known))
        option = Option(row, row + 1, (), 0, 0, 0, steps[row][0] * 100 + row)
        known.append((Taken(option, node), [*rows, option.row]))
    for one, rows in known:
        assert one.rows() == rows
        for two, others in known:
            assert (one < two) == (rows < others)
