"""What holds for every text, whatever is in it."""

from __future__ import annotations

import json

from conftest import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix import Config, OcrText, Resources, Result, correct
from ocrfix.model import KINDS
from ocrfix.spans import apply

POSITIVE = json.loads((ROOT / "tests" / "cases" / "positive.json").read_text(encoding="utf-8"))

# Han characters that the model knows and some that it does not, and whatever else a file may hold.
han = st.text(st.sampled_from(Resources.builtin().language.vocabulary), max_size=20)
rare = st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x323AF), max_size=4)
ascii_ = st.text(st.characters(max_codepoint=0x7F), max_size=8)
anything = st.text(st.characters(), max_size=4)
surrogates = st.text(st.characters(categories=("Cs",)), min_size=1, max_size=2)
controls = st.text(st.characters(categories=("Cc", "Cf", "Zl", "Zp", "Zs")), max_size=3)
breaks = st.sampled_from(["\n", "\n\n", "\r\n", "\r", "\u2028", "\x0c", "　", "\ufeff"])
misread = st.sampled_from([case["original"] for case in POSITIVE])


@st.composite
def torn(draw: st.DrawFn) -> str:
    """A piece of a text in which something is to be mended, cut anywhere."""
    text = draw(misread)
    start = draw(st.integers(0, len(text)))
    return text[start : draw(st.integers(start, len(text)))]


pieces = st.one_of(han, rare, ascii_, anything, surrogates, controls, breaks, misread, torn())
texts = st.lists(pieces, max_size=8).map("".join)
sometimes = settings(max_examples=80, deadline=None)


def check(text: str, result: Result) -> None:
    """The contract, by the slow and obvious way."""
    assert result.source == text
    rebuilt, at = "", 0
    for c in result.corrections:
        assert at <= c.start <= c.end <= len(text)
        assert text[c.start : c.end] == c.original != c.replacement
        rebuilt += text[at : c.start] + c.replacement
        at = c.end
    assert rebuilt + text[at:] == result.text
    assert apply(result.text, result.inverse) == text
    for c in (*result.corrections, *result.suggestions):
        assert 0 <= c.start <= c.end <= len(text)
        assert text[c.start : c.end] == c.original
        assert c.kind in KINDS
        assert c.evidence
    assert all(c.score >= Config().accept for c in result.corrections)


@sometimes
@given(texts)
def test_contract_holds_for_every_text(text: str) -> None:
    check(text, correct(text))


@sometimes
@given(texts)
def test_the_same_text_gives_the_same_result(text: str) -> None:
    assert correct(text) == correct(text)


@sometimes
@given(texts)
def test_an_ocr_text_without_alternatives_is_its_text(text: str) -> None:
    assert correct(OcrText.from_chars([(ch, 1.0, []) for ch in text])) == correct(text)


@sometimes
@given(st.text(st.sampled_from("在茌平山委人、，。\n 的"), max_size=40))
def test_contract_holds_where_everything_repeats(text: str) -> None:
    check(text, correct(text))


@sometimes
@given(st.text(st.characters(exclude_categories=("Lo",))))
def test_a_text_without_letters_of_ours_is_left_alone(text: str) -> None:
    assert correct(text).text == text
