"""Paragraphs side by side: cut where both end a line, and what was read for what."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix.pairs import Pair, counts, decided, distance, is_right, misread, paragraphs, seen
from ocrfix.spans import Edit, apply

LINES = st.lists(st.text("在茌平区，。 1a", max_size=8), max_size=6)
TEXTS = st.text("在茌平区，。 1\n\r", max_size=20)


@pytest.mark.parametrize(
    ("noisy", "gold", "expected"),
    [
        ("在平\n召开\n", "茌平\n召开\n", [("在平", "茌平"), ("召开", "召开")]),
        ("在平\r\n\r\n召开", "茌平\n召开\n\n", [("在平", "茌平"), ("召开", "召开")]),
        ("召开经\n济会议\n完", "召开经济会议\n完", [("召开经\n济会议", "召开经济会议"), ("完", "完")]),
        ("甲乙丙丁\n", "甲乙丙丁\n戊己庚辛\n", [("甲乙丙丁", "甲乙丙丁"), ("", "戊己庚辛")]),
        ("", "", []),
        ("在平", "", [("在平", "")]),
    ],
)
def test_paragraphs(noisy: str, gold: str, expected: list[tuple[str, str]]) -> None:
    assert [pair[:2] for pair in paragraphs(noisy, gold)] == expected


@given(TEXTS, TEXTS)
def test_nothing_is_lost(noisy: str, gold: str) -> None:
    found = paragraphs(noisy, gold)
    for k, text in enumerate((noisy, gold)):
        assert "".join("".join(pair[k].split()) for pair in found) == "".join(text.split())


@given(LINES)
def test_a_text_beside_itself_is_cut_at_every_line(lines: list[str]) -> None:
    text = "\n".join(lines)
    wanted = [line.strip() for line in lines if line.strip()]
    assert [pair.noisy for pair in paragraphs(text, text)] == wanted


@given(TEXTS, st.data())
def test_what_was_rejected_stays_with_its_paragraph(text: str, data: st.DataObject) -> None:
    spans = data.draw(st.lists(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
    rejected = [Edit(min(span), max(span), "茌") for span in spans]
    quoted = Counter(text[e.start : e.end] for e in rejected)
    for pair in decided(text, [], rejected):
        kept = Counter(pair.noisy[e.start : e.end] for e in pair.rejected)
        assert kept <= quoted
        assert all(0 <= e.start <= e.end <= len(pair.noisy) for e in pair.rejected)


@pytest.mark.parametrize(
    ("noisy", "gold", "expected"),
    [
        ("在平", "茌平", [("在", "茌")]),
        ("平区", "茌平区", [("", "茌")]),
        ("在在平", "在平", [("在", "")]),
        ("２０22年", "1999年", []),  # figures are one symbol
        ("在 平", "在平", []),
    ],
)
def test_misread(noisy: str, gold: str, expected: list[tuple[str, str]]) -> None:
    assert sorted(misread(noisy, gold)) == expected


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_counts_against_their_definition(texts: list[tuple[str, str]]) -> None:
    pairs = [Pair(*text) for text in texts]
    found = counts(pairs)
    page = Counter(ch for pair in pairs for ch in seen(pair.gold) if ch != "\n")
    assert {true: n for true, n in found.shown.items() if true} == page
    assert found.shown.get("", 0) == page.total()
    read = Counter(p for pair in pairs for p in misread(pair.noisy, pair.gold) if "\n" not in p)
    assert {(printed, true): n for printed, row in found.times.items() for true, n in row.items()} == read


def test_distance_leaves_width_and_white_space_aside() -> None:
    assert distance("在平区 召开，", "茌平区召开,") == (1, 1)


@pytest.mark.parametrize(
    ("edit", "right"), [(Edit(0, 1, "茌"), True), (Edit(0, 1, "左"), False), (Edit(1, 2, "乎"), False)]
)
def test_is_right(edit: Edit, right: bool) -> None:
    assert is_right(Pair("在平区", "茌平区"), edit) is right


@given(TEXTS, st.data())
def test_accepted_edits_make_the_gold(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    edit = Edit(at, min(at + 1, len(text)), "郯")
    gold = "".join(pair.gold for pair in decided(text, [edit]))
    assert "".join(gold.split()) == "".join(apply(text, [edit]).split())


def test_what_no_file_can_spell_is_not_counted() -> None:
    assert counts([Pair("\ud800平", "茌平"), Pair("平\n区", "平区")]).times == {}
