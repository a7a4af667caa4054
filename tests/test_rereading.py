"""What may have stood where an engine doubted several symbols side by side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Config, Corrector, OcrText, Resources, readings
from ocrfix.channel import costs
from ocrfix.characters import pairs
from ocrfix.confidence import DOUBT
from ocrfix.detect import suspects
from ocrfix.evidence import Batch
from ocrfix.language import EDGE
from ocrfix.proposals import HABIT, Proposals, nats
from ocrfix.readings import DROPPED, LANGUAGE, MORE
from ocrfix.rereading import FAR, LONGEST, WORTH_A_LOOK, differing, habits, rereadings, stretches, swapped
from ocrfix.survey import PAD, Survey
from ocrfix.text import code_points

RESOURCES = Resources.builtin()
MODEL = RESOURCES.language
SENTENCE = "要坚持以经济建设为中心，扎实推进各项工作。"

Doubts = dict[int, tuple[float, str]]
"""By position, how sure the engine was, and what else it had in mind."""


def read(text: str, doubts: Doubts) -> OcrText:
    """A text of which an engine was sure but for some of its characters."""
    cells = []
    for at, ch in enumerate(text):
        sure, others = doubts.get(at, (0.9995, ""))
        cells.append((ch, sure, [(other, (1 - sure) / (len(others) + 1)) for other in others]))
    return OcrText.from_chars(cells)


def surveyed(text: OcrText) -> Survey:
    return Survey(text, RESOURCES, Config(engine="ppocr"))


def found(text: OcrText) -> set[str]:
    """The text with each of the readings that are proposed."""
    survey = surveyed(text)
    result = set()
    for p in rereadings(survey, suspects(survey, RESOURCES), RESOURCES):
        for k in range(len(p)):
            first, last = int(p.start[k]) - PAD - 1, int(p.end[k]) - PAD - 1
            result.add(str(text)[:first] + p.form(k, MODEL) + str(text)[last:])
    return result


@pytest.mark.parametrize(
    ("printed", "doubts", "expected"),
    [
        # two side by side
        (SENTENCE.replace("建设", "健没"), {6: (0.4, "建律"), 7: (0.5, "设投")}, [SENTENCE]),
        # two runs: each is a proposal of its own
        (
            SENTENCE.replace("经济建设", "轻济健没"),
            {4: (0.4, "经"), 6: (0.4, "建"), 7: (0.5, "设")},
            [SENTENCE.replace("建设", "健没"), SENTENCE.replace("经济", "轻济")],
        ),
        # one for two: what was dropped hides what was misread
        (SENTENCE.replace("建设", "没"), {6: (0.4, "设")}, [SENTENCE]),
        # beside a mark that was dropped
        (SENTENCE.replace("心，", "必"), {10: (0.4, "心")}, [SENTENCE]),
    ],
)
def test_the_right_reading_is_among_them(printed: str, doubts: Doubts, expected: list[str]) -> None:
    proposals = found(read(printed, doubts))
    assert set(expected) <= proposals
    assert printed not in proposals


def test_two_side_by_side_are_mended() -> None:
    text = read(SENTENCE.replace("建设", "健没"), {6: (0.4, "建律"), 7: (0.5, "设投")})
    assert Corrector(config=Config(engine="ppocr")).correct(text).text == SENTENCE


@pytest.mark.parametrize(
    "text",
    [
        SENTENCE,
        read(SENTENCE, {}),
        read(SENTENCE, {3: (0.2, "")}),
        read("", {}),
        read("\n\n", {0: (0.1, "")}),
    ],
)
def test_where_an_engine_had_nothing_else_in_mind_there_are_none(text: str | OcrText) -> None:
    survey = Survey(text, RESOURCES, Config())
    assert not list(rereadings(survey, suspects(survey, RESOURCES), RESOURCES))


@pytest.mark.parametrize(("others", "expected"), [("", True), ("建", False)])
def test_pairs_are_for_texts_without_alternatives(others: str, expected: bool) -> None:
    survey = surveyed(read(SENTENCE.replace("建设", "健没"), {6: (0.4, others), 7: (0.5, "")}))
    assert any(len(p) for p in pairs(survey, suspects(survey, RESOURCES), RESOURCES)) is expected


# --- stretches


@given(st.lists(st.tuples(st.sampled_from("建设，1\n茌"), st.sampled_from([0.2, 0.9, 0.9999])), max_size=20))
def test_stretches_are_what_looking_finds(cells: list[tuple[str, float]]) -> None:
    survey = surveyed(OcrText.from_chars([(ch, sure, []) for ch, sure in cells]))
    if survey.reading is None:
        return
    starts, lengths = stretches(survey, MODEL)
    doubt, seen = survey.reading.doubt, survey.symbols
    inside: set[int] = set()
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        here = range(start, start + length)
        assert inside.isdisjoint(here) and length <= LONGEST and "\n" not in seen(start, start + length)
        assert doubt[start] > DOUBT < doubt[start + length - 1] and doubt[start : start + length].max() > WORTH_A_LOOK
        doubted = [at for at in here if doubt[at] > DOUBT and seen(at, at + 1) in "建设,茌"]
        assert all(b - a <= FAR for a, b in pairwise(doubted))
        inside.update(here)
    for at in range(PAD, PAD + len(survey.view.codes)):
        if doubt[at] > WORTH_A_LOOK and seen(at, at + 1) in "建设,茌":
            assert at in inside


@st.composite
def alignments(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """What is printed, what is read, and for which printed symbol each stands."""
    printed = draw(st.lists(st.integers(2, 4), min_size=1, max_size=5))
    ids, places = list[int](), list[int]()
    for at in range(len(printed) + 1):
        if draw(st.booleans()) and draw(st.booleans()):
            ids, places = [*ids, draw(st.integers(2, 4))], [*places, DROPPED]
        if at < len(printed) and not (draw(st.booleans()) and draw(st.booleans())):
            ids, places = [*ids, draw(st.integers(2, 4))], [*places, at]
    return printed, ids, places


@given(alignments())
def test_runs_are_all_that_differs(case: tuple[list[int], list[int], list[int]]) -> None:
    printed, ids, places = case
    runs = differing(printed, ids, places)
    made, at = list[int](), 0
    for first, last, low, high, single in runs:
        assert first < last and at <= low < high
        made, at = [*made, *printed[at:low], *ids[first:last]], high
        kept = [k for k in range(first, last) if places[k] != DROPPED and printed[places[k]] == ids[k]]
        assert single == (max(last - first, high - low) - len(kept) == 1)
    if ids:
        assert [*made, *printed[at:]] == ids


# --- the search, against trying everything


def test_a_beam_that_is_wide_enough_finds_what_trying_everything_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("LISTED", 5), ("EXPECTED", 3), ("MARKS", ","), ("BEST", 60)):
        monkeypatch.setattr(readings, name, value)
    for name in ("BEAM", "FINAL", "ASKED"):
        monkeypatch.setattr(readings, name, 1 << 30)
    known = (readings._listed, readings._continuations, readings._worth)
    for table in known:
        table.cache_clear()
    survey = surveyed(read(SENTENCE.replace("建设", "健没"), {6: (0.4, "建"), 7: (0.5, "设")}))
    start, length = PAD + 7, 2
    assert survey.symbols(start, start + length) == "健没"
    best = readings.readings(survey, np.array([start]), length, RESOURCES)
    told = [
        (tuple(row[:size]), score)
        for row, size, score in zip(best.ids.tolist(), best.size.tolist(), best.score.tolist(), strict=True)
    ]
    everything: dict[tuple[int, ...], int] = {}
    for ids, score in every_reading(survey, start, length):
        everything[ids] = max(score, everything.get(ids, score))
    expected = sorted(everything.values(), reverse=True)[: len(told)]
    assert len(told) == 60
    assert [score for _, score in told] == expected
    assert all(everything[ids] == score for ids, score in told)
    for table in known:
        table.cache_clear()


def every_reading(survey: Survey, start: int, length: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """Each reading of a stretch and its score, step by step as the module says."""
    assert survey.reading
    channel, glyphs = RESOURCES.channel(survey.engine), RESOURCES.glyphs
    worth = readings._worth(MODEL, channel, glyphs)
    left = survey.ids[start - PAD : start].tolist()

    def language(ids: list[int]) -> int:
        logp = MODEL.log_probabilities(np.array(left + ids, dtype=np.uint16))
        return sum(LANGUAGE * int(p) // 1000 for p in logp[len(left) :].tolist())

    def expected(ids: list[int]) -> list[int]:
        return readings._continuations(MODEL)(
            tuple(int(nodes[0]) for nodes in MODEL.context(np.array([(left + ids)[-PAD:]], dtype=np.uint16)))
        ).tolist()

    def onward(at: int, ids: list[int], known: int, more: int, able: bool) -> Iterator[tuple[list[int], int]]:
        begun = [(ids, known, more, able)]
        if able and more < MORE:
            marks = MODEL.ids(code_points(",")).tolist()
            begun += [([*ids, i], known + int(worth(0)[i]), more + 1, False) for i in (*expected(ids), *marks)]
        for before, sofar, lost, able in begun:
            if at == length:
                yield before, sofar
                continue
            place = start + at
            printed, doubt = int(survey.ids[place]), readings.DOUBTED * int(survey.reading.doubt[place]) // 1000
            yield from onward(at + 1, [*before, printed], sofar, lost, True)
            if survey.reading.doubt[place] <= DOUBT:
                continue
            considered = survey.reading.considered.get(place, {})
            offers = zip(*(c.tolist() for c in readings._offers(printed, considered, worth)), strict=True)
            offers = [*offers, *((i, int(worth(printed)[i])) for i in expected(before))]
            for i, own in offers:
                if own > readings.NEVER:
                    yield from onward(at + 1, [*before, i], sofar + own + doubt, lost, True)
            if able:
                own = int(worth(printed)[0]) + (readings.CONSIDERED if 0 in considered else 0)
                yield from onward(at + 1, before, sofar + own + doubt, lost, able)

    after = survey.ids[start + length : start + length + PAD].tolist()
    for ids, score in onward(0, [], 0, 0, True):
        yield tuple(ids), score + language(ids + after)


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from("要坚持以经济建设为中心"), min_size=PAD, max_size=9), max_size=5))
def test_likelihoods_are_those_of_each_row_alone(rows: list[list[str]]) -> None:
    ids = [MODEL.ids(code_points("".join(row))).tolist() for row in rows]
    expected = [int(MODEL.log_probabilities(np.array(row, dtype=np.uint16))[2:].sum()) for row in ids]
    assert MODEL.likelihoods(ids, 2).tolist() == expected


# --- evidence


def test_what_a_reading_changes_counts_symbol_by_symbol() -> None:
    survey = surveyed(read(SENTENCE.replace("建设", "没"), {6: (0.4, "设")}))
    ids = MODEL.ids(code_points("建设"))
    one, nothing = np.array([PAD + 7]), np.zeros(1, dtype=np.int64)
    places = np.array([[DROPPED, 0]], dtype=np.int8)
    p = Proposals("rereadings", "glyph", one, one + 1, ids[None], nothing, nothing, nothing, places=places)
    batch = Batch(survey, p, RESOURCES)
    rows, at, true = batch.swaps
    assert (rows.tolist(), at.tolist(), true.tolist()) == ([0], [PAD + 7], [int(ids[1])])
    cost = costs(RESOURCES.channel(survey.engine), MODEL)
    printed = int(survey.ids[PAD + 7])
    expected = max(-int(cost(printed)[ids[1]]), HABIT) + max(-int(cost(0)[ids[0]]), HABIT)
    assert habits(batch).tolist() == [expected]
    assert swapped(batch).tolist() == [1000]
    assert batch.considered[0, 0] == 1000


def test_gains_are_those_of_the_whole_text_with_all_else_changed() -> None:
    """Where a reading has one run, its gain is that of the text with it, less that of the text."""
    survey = surveyed(read(SENTENCE.replace("建设", "健没"), {6: (0.4, "建律"), 7: (0.5, "设投")}))
    for p in rereadings(survey, suspects(survey, RESOURCES), RESOURCES):
        whole = p.start + p.width - p.start == 2
        gain = survey.gain(p.start, p.end, p.ids)
        assert p.gain is not None and p.places is not None
        assert (p.gain[whole] == gain[whole]).all()


def test_a_text_is_as_worn_as_it_is_doubted() -> None:
    sure, unsure = (
        surveyed(read(SENTENCE, doubts)).reading for doubts in ({3: (0.8, "")}, {3: (0.2, ""), 9: (0.2, "")})
    )
    assert sure and unsure and sure.worn < unsure.worn < 0
    assert nats(1.0) == 0 and EDGE == 1
