"""Which corrections are made: the bars that kinds and sources have, what excludes what, and what adds up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import Alternative, Config, Correction, Corrector, Evidence
from ocrfix.decide import DOUBT, _by_place, _cells, _merged, _with_alternatives, is_sure
from ocrfix.model import KINDS


def correction(
    start: int, end: int, replacement: str, score: float = 0.9, kind: str = "glyph", *sources: str
) -> Correction:
    evidence = tuple(Evidence(source, 1.0, "") for source in sources)
    return Correction(start, end, "在" * (end - start), replacement, score, kind, evidence)


BARS = [
    ("glyph", (), 0.75),
    ("name", ("document",), 0.75),
    ("punctuation", (), 0.875),
    ("repetition", (), 0.9375),
    ("name", ("far_names",), 0.75),
    ("name", ("far_short_names",), 0.9125),
    ("name", ("names",), 0.8125),
    ("glyph", ("established",), 0.85),
    ("name", ("document", "far_short_names"), 0.75),  # the first piece says which source it is
    ("punctuation", ("names",), 0.875),
    ("repetition", ("far_short_names",), 0.9375),
]


@pytest.mark.parametrize(("kind", "sources", "bar"), BARS)
def test_how_sure_each_kind_and_source_must_be(kind: str, sources: tuple[str, ...], bar: float) -> None:
    assert is_sure(correction(0, 1, "茌", bar + 1e-9, kind, *sources), 0.75)
    assert not is_sure(correction(0, 1, "茌", bar - 1e-9, kind, *sources), 0.75)
    assert is_sure(correction(0, 1, "茌", 1.0, kind, *sources), 1.0)


@pytest.mark.parametrize(("kind", "bar"), [("glyph", 0.75), ("punctuation", 0.965), ("repetition", 0.9375)])
def test_how_sure_it_must_be_where_the_engine_said_how_sure_it_was(kind: str, bar: float) -> None:
    assert is_sure(correction(0, 1, "茌", bar + 1e-9, kind), 0.75, read=True)
    assert not is_sure(correction(0, 1, "茌", bar - 1e-9, kind), 0.75, read=True)


@given(st.sampled_from(KINDS), st.floats(0, 1), st.floats(0, 1))
def test_nothing_is_made_that_is_less_likely_than_accept(kind: str, score: float, accept: float) -> None:
    if is_sure(correction(0, 1, "茌", score, kind), accept):
        assert 1 - score <= 1 - accept
    assert all(0 < doubt <= 1 for doubt in DOUBT.values())


@given(*[st.integers(0, 6)] * 4)
def test_what_excludes_what(a: int, b: int, c: int, d: int) -> None:
    """Two edits exclude each other where they share a character, or one puts something in beside the other."""
    one, other = sorted((a, b)), sorted((c, d))
    shared = not set(range(*one)).isdisjoint(range(*other))
    beside = any(
        here[0] == here[1]
        and (there[0] <= here[0] <= there[1] or (there[0] == there[1] and abs(there[0] - here[0]) <= 1))
        for here, there in ((one, other), (other, one))
    )
    cells = [set(_cells(correction(*span, "茌"))) for span in (one, other)]
    assert bool(cells[0] & cells[1]) == (shared or beside)


def test_the_same_edit_from_two_sources_adds_up_and_the_telling_one_explains_it() -> None:
    glyph, name = correction(0, 1, "茌", 0.5, "glyph"), correction(0, 1, "茌", 0.3, "name")
    phrase, other = correction(0, 1, "茌", 0.4, "phrase"), correction(0, 1, "存", 0.6)
    first, second = _merged([glyph, other, name])
    assert (first.edit, first.kind, first.score) == (name.edit, "name", pytest.approx(0.8))
    assert second == other
    assert [(c.kind, c.score) for c in _merged([glyph, phrase, name])] == [("name", 1.0)]
    assert [c.kind for c in _merged([glyph, phrase])] == ["phrase"]
    later, longer = correction(2, 3, "茌", 0.6), correction(0, 2, "茌", 0.6)
    assert _merged([later, longer, other]) == [other, longer, later]


def test_alternatives_are_told_likeliest_first_and_only_those_worth_it() -> None:
    rivals = [correction(0, 1, ch, score) for ch, score in (("丙", 0.02), ("乙", 0.3), ("甲", 0.3), ("丁", 0.019))]
    told = _with_alternatives(correction(0, 1, "茌"), rivals).alternatives
    assert told == (Alternative("乙", 0.3), Alternative("甲", 0.3), Alternative("丙", 0.02))


def test_by_place_then_likeliest_first() -> None:
    rows = [
        correction(0, 1, "乙", 0.5),
        correction(0, 1, "甲", 0.5),
        correction(0, 1, "丙", 0.6),
        correction(0, 0, "丁"),
    ]
    assert [c.replacement for c in _by_place([correction(1, 2, "戊"), *rows])] == ["丁", "丙", "乙", "甲", "戊"]


DOUBTFUL = "中共聊城市在平区委召开会议，要坚持以经济建没为中心。"


def test_a_place_is_made_suggested_or_left_as_the_settings_say() -> None:
    found = Corrector(config=Config(accept=0.5, suggest=0.0)).correct(DOUBTFUL)
    # The most that may be asked where each is made: its doubt is at most what that leaves it.
    asked = {c.edit: 1 - (1 - c.score) / DOUBT.get(c.evidence[0].name, 1.0) for c in found.corrections}
    assert len(asked) >= 2
    for edit, most in asked.items():
        above, below = min(most + 1e-6, 1.0), most - 1e-6
        assert edit in Corrector(config=Config(accept=below, suggest=0)).correct(DOUBTFUL).edits
        if above < 1:
            higher = Corrector(config=Config(accept=above, suggest=0)).correct(DOUBTFUL)
            assert edit not in higher.edits
            assert edit in [c.edit for c in higher.suggestions]


@pytest.mark.parametrize(
    ("text", "start", "original", "replacement"),
    [
        ("中共聊城市在平区委、茌平区政府召开会议。", 5, "在", "茌"),  # of a name of three, the first
        ("中共聊成市委、聊城市政府召开会议。", 3, "成", "城"),  # the second
        ("要坚持以经济建没为中心。", 7, "没", "设"),  # of a phrase of four, the last
    ],
)
def test_a_correction_is_cut_to_what_differs(text: str, start: int, original: str, replacement: str) -> None:
    found = Corrector().correct(text).corrections
    assert [(c.start, c.end, c.original, c.replacement) for c in found] == [
        (start, start + len(original), original, replacement)
    ]


def test_reasons_quote_what_they_weigh() -> None:
    (found,) = Corrector().correct("要坚持以经济建没为中心。").corrections
    (language,) = [piece for piece in found.evidence if piece.name == "language"]
    assert language.weight > 1
    assert f"{language.weight:.1f} nats" in language.note


@pytest.mark.parametrize("suggest", [0.3, 0.6, 0.9])
def test_what_is_suggested_reaches_the_bar_with_all_that_may_stand_there(suggest: float) -> None:
    text = "中共聊城市在平区委召开会议，落一实各项任务。县城节水型社会达标，县委书记讲话，稳中向好、"
    result = Corrector(config=Config(accept=1, suggest=suggest)).correct(text)
    together = [c.score + sum(a.score for a in c.alternatives) for c in result.suggestions]
    assert together
    assert all(sum_ >= suggest - 0.1 for sum_ in together)  # alternatives below 2 % are not told
