"""What holds for every text, whatever is in it."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ocrfix import Config, Corrector, OcrText, Resources, Result, correct
from ocrfix.changes import made, read_changes
from ocrfix.findings import findings
from ocrfix.model import KINDS
from ocrfix.spans import Edit, apply

POSITIVE = json.loads((ROOT / "tests" / "cases" / "positive.json").read_text(encoding="utf-8"))

# Han characters that the model knows and some that it does not, and whatever else a file may hold.
han = st.text(st.sampled_from(Resources.builtin().language.vocabulary), max_size=20)
rare = st.text(st.characters(min_codepoint=0x3400, max_codepoint=0x323AF), max_size=4)
ascii_ = st.text(st.characters(max_codepoint=0x7F), max_size=8)
anything = st.text(st.characters(), max_size=4)
surrogates = st.text(st.characters(categories=("Cs",)), min_size=1, max_size=2)
controls = st.text(st.characters(categories=("Cc", "Cf", "Zl", "Zp", "Zs")), max_size=3)
combining = st.text(st.characters(categories=("Mn", "Mc", "Me", "Co")), min_size=1, max_size=3)
variations = st.sampled_from(
    ["\ufe00", "\ufe0f", "\U000e0100", "\u200d", "\u20e3", "👨\u200d👩\u200d👧", "🏴\U000e0067"]
)
turned = st.text(st.sampled_from("שלוםمرحبا\u202e\u202c\u2067\u2069\u200f"), max_size=6)
breaks = st.sampled_from(
    ["\n", "\n\n", "\r\n", "\r", "\n\r", "\u2028", "\u2029", "\x85", "\v", "\x0c", "　", "\ufeff", "\0"]
)
misread = st.sampled_from([case["original"] for case in POSITIVE])


@st.composite
def torn(draw: st.DrawFn) -> str:
    """A piece of a text in which something is to be mended, cut anywhere."""
    text = draw(misread)
    start = draw(st.integers(0, len(text)))
    return text[start : draw(st.integers(start, len(text)))]


@st.composite
def studded(draw: st.DrawFn) -> str:
    """Such a piece with something odd put into it anywhere."""
    text = draw(torn())
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.one_of(controls, combining, variations, surrogates, breaks, ascii_)) + text[at:]


odd = st.one_of(rare, ascii_, anything, surrogates, controls, combining, variations, turned, breaks)
pieces = st.one_of(han, odd, misread, torn(), studded())
texts = st.lists(pieces, max_size=8).map("".join)


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


@given(texts)
def test_contract_holds_for_every_text(text: str) -> None:
    check(text, correct(text))


@given(texts)
def test_the_same_text_gives_the_same_result(text: str) -> None:
    assert correct(text) == correct(text)


@given(st.lists(texts, min_size=2, max_size=2))
def test_what_was_corrected_before_does_not_matter(several: list[str]) -> None:
    alone = [correct(text) for text in several]
    assert [correct(text) for text in reversed(several)] == alone[::-1]


@given(texts)
def test_an_ocr_text_without_alternatives_is_its_text(text: str) -> None:
    assert correct(OcrText.from_chars([(ch, 1.0, []) for ch in text])) == correct(text)


@given(st.text(st.sampled_from("在茌平山委人、，。\n 的"), max_size=40))
def test_contract_holds_where_everything_repeats(text: str) -> None:
    check(text, correct(text))


HAN = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@given(st.lists(st.one_of(odd, st.text(st.characters(), max_size=30)), max_size=6).map("".join))
def test_a_text_without_han_is_left_alone(text: str) -> None:
    text = HAN.sub("", text)
    assert correct(text).corrections == ()


@cache
def empty() -> Corrector:
    """A corrector that knows no word, no name, no look-alike and no habit of an engine."""
    folder = Path(tempfile.mkdtemp(prefix="ocrfix-"))
    built_in = Resources.builtin()
    for path in built_in.lexicon.folder.rglob("*.tsv"):
        place = folder / path.relative_to(built_in.lexicon.folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        head, _, _ = path.read_bytes().partition(b"\n")
        rows = path.read_bytes() if path.name in ("decision.tsv", "rhythm.tsv") else head + b"\n"
        place.write_bytes(rows)
    (folder / "models").mkdir()
    (folder / "models" / "news.lm").symlink_to(built_in.language.path)
    return Corrector(Resources.open(folder))


@given(texts)
def test_empty_tables_propose_nothing_of_their_own(text: str) -> None:
    result = empty().correct(text)
    check(text, result)
    assert {c.kind for c in result.corrections}.isdisjoint({"name", "phrase"})


# ---------------------------------------------------------------------------------------------------------------------
# What is printed can be read back


@given(texts)
@example("\ud800在平区委")
def test_json_can_be_read_and_replayed(text: str) -> None:
    # Two lone surrogates that together spell a character are that character to JSON; no file holds them so.
    assume(not re.search("[\ud800-\udbff][\udc00-\udfff]", text))
    result = correct(text)
    records = [json.loads(line) for line in result.diff("json").encode("utf-8").splitlines()]
    assert apply(text, [Edit(r["start"], r["end"], r["replacement"]) for r in records]) == result.text
    report = "".join(finding.as_json() + "\n" for finding in findings("page.txt", result, suggestions=True))
    changes = read_changes(report.encode("utf-8"), "changes.json").get("page.txt", [])
    assert made(text, changes) == result.text


@given(texts)
def test_html_holds_both_texts_and_no_element_of_the_texts_own(text: str) -> None:
    from html import unescape

    result = correct(text)
    shown = result._repr_html_()
    body = shown.removeprefix('<div class="ocrfix" style="white-space: pre-wrap">').removesuffix("</div>")
    assert set(re.findall("<[^>]*>", re.sub(' title="[^"<>]*"', "", body))) <= {"<del>", "</del>", "<ins>", "</ins>"}
    old, new = (re.sub(f"<{gone}[^>]*>[^<]*</{gone}>|<[^>]*>", "", body) for gone in ("ins", "del"))
    assert (unescape(old), unescape(new)) == (text, result.text)


@pytest.mark.parametrize("tool", [("patch", "-p1", "-f", "--binary"), ("git", "apply", "--whitespace=nowarn")])
@given(data=st.data())
def test_patch_and_git_take_every_diff(tool: tuple[str, ...], data: st.DataObject) -> None:
    r"""Any edits of any text that UTF-8 can spell; made up, since corrections are few. NUL makes a file binary."""
    line = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6)
    ends = st.sampled_from(["\n", "\n", "\r\n", "\r", "\x0c", "\u2028", "\x85", ""])
    text = "".join(a + b for a, b in data.draw(st.lists(st.tuples(line, ends), max_size=20)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    edits = [Edit(start, end, data.draw(line) + data.draw(ends)) for start, end in spans]
    from ocrfix.spans import unified

    new = apply(text, edits)
    diff = unified(text, edits, "page.txt")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.txt")
        path.write_bytes(text.encode())
        if diff:
            done = subprocess.run(tool, input=diff.encode(), cwd=folder, capture_output=True)
            assert done.returncode == 0, done.stdout + done.stderr
        found = path.read_bytes() if path.exists() else b""  # `patch` removes a file of which nothing is left
        assert found == new.encode()
