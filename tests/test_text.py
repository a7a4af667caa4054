"""How a text is read: what is folded, what is dropped, and the way back to the source."""

from __future__ import annotations

import subprocess
import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ocrfix.text import BOUNDARY, HAN, View, code_points, fold, is_han, plain, view

# Any code point, lone surrogates among them, and often one of those that are treated specially.
SPECIAL = "\n\r\t \u3000\u200b\ufeff\u2028０９Ａｚ，。“”「」①在茌\ud800\udfff𠀀\U0010ffff"
TEXT = st.text(alphabet=st.one_of(st.sampled_from(SPECIAL), st.characters(exclude_categories=())), max_size=40)
BLANK = "\t\v\f \x85\xa0\u1680\u2003\u2028\u2029\u202f\u205f\u3000\ufeff\u200b\u200c\u200d\u2060\x1c\x1f\0"


def symbols(codes: np.ndarray) -> str:
    return "".join(map(chr, codes.tolist()))


def folded(text: str) -> str:
    return symbols(fold(code_points(text)))


def plainly(text: str) -> tuple[str, list[int]]:
    """The slow, obvious twin of view: character by character."""
    codes, where = [BOUNDARY], [-1]
    for at, ch in enumerate(text):
        symbol = folded(ch)
        if symbol != "\0" and not (symbol == BOUNDARY == codes[-1]):
            codes.append(symbol)
            where.append(at)
    if codes[-1] == BOUNDARY and len(codes) > 1:
        codes.pop()
        where.pop()
    return "".join([*codes, BOUNDARY]), [*where, len(text)]


# --- view


@given(TEXT)
@example("")
@example("\n")
@example("\r\n \r\n")
@example("甲\r\n乙\r丙\n\r丁\n")
def test_view_reads_as_its_twin(text: str) -> None:
    seen = view(text)
    assert (symbols(seen.codes), seen.where.tolist()) == plainly(text)
    assert (seen.codes.dtype, seen.where.dtype) == (np.uint32, np.int64)


@given(TEXT)
def test_every_symbol_leads_back_to_its_character(text: str) -> None:
    """What stands at `where` folds to the symbol; what stands between was white space, or one more line break."""
    codes, where = view(text)
    assert len(codes) == len(where) >= 2
    assert (np.diff(where) > 0).all()
    assert (where[0], where[-1]) == (-1, len(text))
    assert codes[0] == codes[-1] == ord(BOUNDARY)
    assert (codes != 0).all()
    inside = where[1:-1].tolist()
    assert folded("".join(text[at] for at in inside)) == symbols(codes[1:-1])
    dropped = set(range(len(text))) - set(inside)
    assert set(folded("".join(text[at] for at in sorted(dropped)))) <= {"\0", BOUNDARY}


@given(TEXT)
def test_boundaries_stand_alone(text: str) -> None:
    codes = symbols(view(text).codes)
    assert BOUNDARY * 2 not in codes or codes == BOUNDARY * 2


@given(st.lists(TEXT, max_size=4), st.sampled_from(["\n", "\r\n", "\r", "\n\n", " \r\n\t\r\n "]))
def test_line_ends_are_read_alike(lines: list[str], end: str) -> None:
    assert symbols(view(end.join(lines)).codes) == symbols(view("\n".join(lines)).codes)


@given(TEXT, st.sampled_from(BLANK), st.integers(0, 40))
def test_white_space_is_not_seen(text: str, blank: str, at: int) -> None:
    assert symbols(view(text[:at] + blank + text[at:]).codes) == symbols(view(text).codes)


def test_where_a_paragraph_breaks() -> None:
    seen = view("经\r\n\r\n济")
    assert (symbols(seen.codes), seen.where.tolist()) == ("\n经\n济\n", [-1, 0, 1, 5, 6])


def test_nothing_is_seen_of_nothing() -> None:
    for text in ("", " ", "\n", "\r\n\u3000\n"):
        seen = view(text)
        assert (symbols(seen.codes), seen.where.tolist()) == ("\n\n", [-1, len(text)])
    assert isinstance(seen, View)


# --- fold


@given(TEXT)
def test_folding_is_one_to_one_and_settles(text: str) -> None:
    codes = code_points(text)
    once = fold(codes)
    assert once.shape == codes.shape and once.dtype == np.uint32
    assert (fold(once) == once).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("０１９5①⑩Ⅷ", "0000000"),
        ("ＡｚBcéüα", "aaaaaaa"),
        ("（）［］，：；？！％／＋", "()[],:;?!%/+"),
        ("“”「」『』＂", '"' * 7),
        ("‘’＇", "'''"),
        ("—－―–", "————"),
        ("。、…", "。、…"),
        ("〇○零", "○○零"),
        ("\r", "\n"),
        (BLANK, "\0" * len(BLANK)),
        ("在茌𠀀\ue000", "在茌𠀀\ue000"),
    ],
)
def test_what_differs_in_form_alone_is_one_symbol(text: str, expected: str) -> None:
    assert folded(text) == expected


def test_folding_keeps_the_shape() -> None:
    rows = code_points("０１２在茌平").reshape(2, 3)
    assert fold(rows).shape == (2, 3)
    assert fold(rows[:0]).shape == (0, 3)


def test_folding_changes_nothing_beyond_the_basic_plane() -> None:
    beyond = np.arange(0x10000, 0x110000, dtype=np.uint32)
    assert (fold(beyond) == beyond).all()


@given(st.characters(categories=["Lo"]))
def test_a_han_character_is_folded_to_none_but_itself(ch: str) -> None:
    if HAN.fullmatch(ch) and ch != "〇":
        assert folded(ch) == ch


# --- code points and kinds


@given(TEXT)
@example("\ud800\udc00")
def test_code_points(text: str) -> None:
    """Two lone surrogates side by side stay two."""
    assert code_points(text).tolist() == list(map(ord, text))


@given(st.text(alphabet=st.one_of(st.sampled_from("在〇㐀豈𠀀A。"), st.characters(max_codepoint=0x3FFFF)), max_size=20))
def test_han_is_what_the_pattern_matches(text: str) -> None:
    assert is_han(code_points(text)).tolist() == [HAN.fullmatch(ch) is not None for ch in text]


def test_importing_builds_no_table() -> None:
    program = "import ocrfix.text as t; assert t._fold_table.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", program], check=True)


@given(TEXT)
def test_plain_letters_are_those_of_the_view(text: str) -> None:
    letters, where = plain(text)
    seen = view(text)
    assert where.tolist() == [at for at, code in zip(seen.where, seen.codes, strict=True) if code != ord(BOUNDARY)]
    for letter, at in zip(letters, where.tolist(), strict=True):
        usual = unicodedata.normalize("NFKC", text[at])
        assert letter == ("\ufffd" if "\ud800" <= text[at] <= "\udfff" else usual if len(usual) == 1 else text[at])
    assert plain(letters)[0] == letters
