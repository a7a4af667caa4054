"""Which characters look alike: the committed table, the reader, and what the reader refuses."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix.glyphs import COLUMNS, Glyphs

TABLE = Path(__file__).resolve().parent.parent / "lexicons" / "glyphs.tsv"
LINES = TABLE.read_text(encoding="utf-8").splitlines()
GLYPHS = Glyphs.open(TABLE)

KNOWN = st.sampled_from([line[0] for line in LINES[1:]])
ANY = st.one_of(KNOWN, st.characters())


def written(folder: Path, *rows: str, head: str = "\t".join(COLUMNS)) -> Path:
    path = folder / "glyphs.tsv"
    path.write_text("".join(f"{row}\n" for row in (head, *rows)), encoding="utf-8", newline="\n")
    return path


def plainly(printed: str) -> dict[str, float]:
    """The slow, obvious twin: look through the whole table for a row."""
    for line in LINES[1:]:
        first, true, hundredths = line.split("\t")
        if first == printed:
            return dict(zip(true, (int(each) / 100 for each in hundredths.split()), strict=True))
    return {}


# --- the committed table ----------------------------------------------------------------------------------------------


def test_every_row_can_be_read() -> None:
    assert GLYPHS.check() == len(LINES) - 1 >= 8105


def test_the_table_is_sorted_and_small() -> None:
    printed = [line[0] for line in LINES[1:]]
    assert printed == sorted(printed)
    assert TABLE.stat().st_size < 5_200_000


# Misread by PP-OCRv4 or tesseract, or proverbially alike.
ALIKE = [
    *("在茌", "日曰", "未末", "日目", "土士", "己已", "人入", "充兖", "郑郯", "峰峄", "沐沭", "毫亳"),
    *("城域", "治冶", "于干", "王主", "问间", "子予", "大犬", "鸟乌"),
]


@pytest.mark.parametrize("one, other", ALIKE)
def test_look_alikes(one: str, other: str) -> None:
    assert other in GLYPHS.among(one, 60)
    assert one in GLYPHS.among(other, 60)
    assert GLYPHS.similarity(one, other) > 0.45


@pytest.mark.parametrize("one, other", ["在。", "冷陈", "星光", "中国"])
def test_unlike(one: str, other: str) -> None:
    assert other not in GLYPHS.look_alikes(one)
    assert GLYPHS.similarity(one, other) == GLYPHS.similarity(other, one) == 0.0


@pytest.mark.parametrize("printed, nearer, farther", ["末未本", "日曰晶", "在茌有", "己已乙", "峰峄样", "日目口"])
def test_the_nearer_of_two(printed: str, nearer: str, farther: str) -> None:
    assert GLYPHS.similarity(printed, nearer) > GLYPHS.similarity(printed, farther)


# --- for every character ----------------------------------------------------------------------------------------------


@given(ANY)
def test_best_first_within_bounds_and_each_once(ch: str) -> None:
    true = GLYPHS.look_alikes(ch)
    values = [GLYPHS.similarity(ch, other) for other in true]
    assert values == sorted(values, reverse=True)
    assert all(0 < value < 1 for value in values)
    assert len({ch, *true}) == 1 + len(true)


@given(KNOWN)
def test_a_row_is_what_the_file_says(ch: str) -> None:
    expected = plainly(ch)
    assert GLYPHS.look_alikes(ch) == "".join(expected)
    assert {other: GLYPHS.similarity(ch, other) for other in expected} == expected


@given(ANY, ANY)
def test_both_directions_are_consulted(one: str, other: str) -> None:
    assert GLYPHS.similarity(one, other) == GLYPHS.similarity(other, one)
    assert GLYPHS.similarity(one, one) == 1.0


@given(KNOWN)
def test_a_pair_counts_whichever_list_holds_it(ch: str) -> None:
    for other in GLYPHS.look_alikes(ch):
        assert GLYPHS.similarity(other, ch) == GLYPHS.similarity(ch, other) > 0


@given(ANY, st.integers(0, 200))
def test_among_is_the_beginning(ch: str, k: int) -> None:
    assert GLYPHS.among(ch, k) == GLYPHS.look_alikes(ch)[:k]


# --- the reader -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("unknown", ["", "a", "。", "在平", "\ud800", "\U0010ffff"])
def test_what_it_does_not_know_is_like_nothing(unknown: str) -> None:
    assert GLYPHS.look_alikes(unknown) == GLYPHS.among(unknown, 5) == ""
    assert unknown not in GLYPHS
    assert GLYPHS.similarity(unknown, "在") == GLYPHS.similarity("在", unknown) == 0.0


def test_one_direction_in_the_file_is_enough(tmp_path: Path) -> None:
    glyphs = Glyphs.open(written(tmp_path, "在\t茌仕\t87 80"))
    assert glyphs.look_alikes("在") == "茌仕"
    assert glyphs.look_alikes("茌") == ""
    assert glyphs.similarity("茌", "在") == glyphs.similarity("在", "茌") == 0.87


def test_the_direction_that_was_asked_for_comes_first(tmp_path: Path) -> None:
    glyphs = Glyphs.open(written(tmp_path, "在\t茌\t87", "茌\t在\t60"))
    assert glyphs.similarity("在", "茌") == 0.87
    assert glyphs.similarity("茌", "在") == 0.60


def test_a_character_may_be_like_none(tmp_path: Path) -> None:
    assert Glyphs.open(written(tmp_path, "龘\t\t")).look_alikes("龘") == ""


@pytest.mark.parametrize("path", [str(TABLE), TABLE])
def test_it_opens_by_path_or_name(path: str | Path) -> None:
    assert "茌" in Glyphs.open(path).look_alikes("在")


def test_a_copy_answers_alike_and_carries_no_table() -> None:
    pickled = pickle.dumps(GLYPHS)
    assert len(pickled) < 1000
    for twin in (pickle.loads(pickled), copy.deepcopy(GLYPHS)):
        assert twin.look_alikes("在") == GLYPHS.look_alikes("在")


def test_it_is_frozen() -> None:
    with pytest.raises(AttributeError):
        GLYPHS.path = Path("elsewhere")  # type: ignore[misc]


def test_fewer_than_none() -> None:
    with pytest.raises(ValueError, match="expected 0 or more look-alikes, found -1"):
        GLYPHS.among("在", -1)


@pytest.mark.parametrize(
    "row, complaint",
    [
        ("", "one printed character, found ''"),
        ("\t茌\t87", "one printed character, found "),
        ("在平\t茌\t87", "one printed character, found '在平"),
        ("日\t曰\t87", r"a character that has no row yet \(日 has line 2\), found"),
    ],
)
def test_refused_on_opening(tmp_path: Path, row: str, complaint: str) -> None:
    path = written(tmp_path, "日\t目\t81", row)
    with pytest.raises(ValueError, match=f"glyphs.tsv:3: expected {complaint}"):
        Glyphs.open(path)


@pytest.mark.parametrize("head", ["", "printed\ttrue", "在\t茌\t87"])
def test_refused_for_its_columns(tmp_path: Path, head: str) -> None:
    with pytest.raises(ValueError, match="glyphs.tsv:1: expected the columns printed, true, similarity, found"):
        Glyphs.open(written(tmp_path, "日\t目\t81", head=head))


@pytest.mark.parametrize(
    "row, complaint",
    [
        ("在", r"three columns"),
        ("在\t茌", r"three columns \(printed, true, similarity\)"),
        ("在\t茌\t87\t", r"three columns \(printed, true, similarity\)"),
        ("在\t茌\t.87", r"three columns \(printed, true, similarity\)"),
        ("在\t茌仕\t87  80", r"three columns \(printed, true, similarity\)"),
        ("在\t茌仕\t87", r"as many similarities as characters \(2\), not 1"),
        ("在\t\t87", r"as many similarities as characters \(0\), not 1"),
        ("在\t茌茌\t87 87", "every look-alike once, and 在 not among them"),
        ("在\t在\t99", "every look-alike once, and 在 not among them"),
        ("在\t茌仕\t80 87", "similarities in hundredths, 0 to 99, highest first"),
        ("在\t茌\t100", "similarities in hundredths, 0 to 99, highest first"),
        ("在\t茌\t-1", "similarities in hundredths, 0 to 99, highest first"),
    ],
)
def test_refused_when_asked_for(tmp_path: Path, row: str, complaint: str) -> None:
    glyphs = Glyphs.open(written(tmp_path, "日\t目\t81", row))
    assert glyphs.look_alikes("日") == "目"
    for ask in (lambda: glyphs.look_alikes("在"), lambda: glyphs.similarity("日", "在"), glyphs.check):
        with pytest.raises(ValueError, match=f"glyphs.tsv:3: expected {complaint}"):
            ask()


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = written(tmp_path, "日\t目\t81")
    path.write_bytes(path.read_bytes() + "在\t".encode() + b"\xff\t87\n")
    with pytest.raises(ValueError, match="glyphs.tsv:3: expected three columns"):
        Glyphs.open(path).look_alikes("在")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Glyphs.open(tmp_path / "glyphs.tsv")
