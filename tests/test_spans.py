"""Edits made, taken back, and shown, for any text."""

from __future__ import annotations

import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrfix import spans
from ocrfix.spans import Edit, harmless, unified, visible

# Few characters, so that lines repeat; every line end that Python's splitlines knows, so that none but \n counts.
TEXT = st.text(alphabet="在茌平\n\n\n\r\x0b\x0c\x1c\x85\u2028→[]<&", max_size=60)


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, tuple[Edit, ...]]:
    """A text and edits of it, in order and apart; some change nothing."""
    text = draw(TEXT)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return text, tuple(Edit(start, end, draw(st.text(alphabet="茌城\n\r", max_size=4))) for start, end in pairs)


def patched(text: str, diff: str) -> str:
    """A slow, obvious reader of unified diffs, which believes nothing but the hunks' line numbers and prefixes."""
    old = re.findall(r"[^\n]*\n|[^\n]+", text)
    new: list[str] = []
    at = 0
    lines = re.findall(r"[^\n]*\n", diff)[2:]
    for number, line in enumerate(lines):
        if head := re.fullmatch(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@\n", line):
            count = int(head[2] or 1)
            start = int(head[1]) - (1 if count else 0)
            new += old[at:start]
            at = start
            assert int(head[3]) == len(new) + (1 if int(head[4] or 1) else 0)
        elif line.startswith("\\"):
            continue
        else:
            ends = number + 1 < len(lines) and lines[number + 1].startswith("\\")
            body = line[1:].removesuffix("\n") if ends else line[1:]
            if line[0] in " -":
                assert old[at] == body
                at += 1
            if line[0] in " +":
                new.append(body)
    return "".join(new + old[at:])


@given(edited())
def test_apply_agrees_with_replacing_from_the_right(case: tuple[str, tuple[Edit, ...]]) -> None:
    text, edits = case
    expected = text
    for start, end, replacement in reversed(edits):
        expected = expected[:start] + replacement + expected[end:]
    assert spans.apply(text, edits) == expected


@given(edited())
def test_invert_takes_everything_back(case: tuple[str, tuple[Edit, ...]]) -> None:
    text, edits = case
    assert spans.apply(spans.apply(text, edits), spans.invert(text, edits)) == text


@given(edited())
def test_unified_diff_gives_the_edited_text(case: tuple[str, tuple[Edit, ...]]) -> None:
    text, edits = case
    after = spans.apply(text, edits)
    diff = spans.unified(text, edits, "page.txt")
    assert (diff == "") == (text == after)
    if diff:
        assert patched(text, diff) == after


@given(edited())
def test_html_says_both_texts(case: tuple[str, tuple[Edit, ...]]) -> None:
    text, edits = case

    class Reader(HTMLParser):
        before, after, tag = "", "", ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tag = tag

        def handle_endtag(self, tag: str) -> None:
            self.tag = "div"

        def handle_data(self, data: str) -> None:
            self.before += data if self.tag != "ins" else ""
            self.after += data if self.tag != "del" else ""

    reader = Reader()
    reader.feed(spans.html(text, edits, ['"name" <0.98>'] * len(edits)))
    reader.close()
    assert (reader.before, reader.after) == (text, spans.apply(text, edits))


@pytest.mark.parametrize(
    "edits",
    [
        [Edit(2, 3, ""), Edit(0, 1, "")],
        [Edit(0, 2, "x"), Edit(1, 3, "y")],
        [Edit(3, 2, "x")],
        [Edit(-1, 1, "x")],
        [Edit(2, 5, "x")],
    ],
    ids=["out of order", "overlapping", "backwards", "before the text", "after the text"],
)
@pytest.mark.parametrize("use", [spans.apply, spans.invert, spans.inline, spans.unified, spans.html])
def test_edits_that_cannot_be_made_are_refused(use: object, edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match="expected edits in order, apart, within 0:4"):
        use("在平区委", edits)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("text", "edits"),
    [
        ("在平\n", [Edit(0, 1, "茌")]),
        ("在平", [Edit(0, 1, "茌")]),
        ("县\n在平", [Edit(0, 1, "区")]),
        ("在平\r\n区\r\n", [Edit(0, 1, "茌")]),
        ("甲\n乙\n丙\n", [Edit(1, 2, "")]),
        ("甲\n乙\n丙", [Edit(3, 4, "")]),
        ("", [Edit(0, 0, "甲\n")]),
        ("甲\n", [Edit(0, 2, "")]),
        ("甲\n", [Edit(2, 2, "乙")]),
        ("甲", [Edit(1, 1, "\n")]),
        ("在\u2028平\x0c区\x85委\n", [Edit(0, 1, "茌")]),
        ("行\n" * 40, [Edit(0, 1, "首"), Edit(20, 21, ""), Edit(77, 78, "\n\n")]),
    ],
)
def test_patch_takes_the_unified_diff(tmp_path: Path, text: str, edits: list[Edit]) -> None:
    page = tmp_path / "page.txt"
    page.write_bytes(text.encode())
    diff = spans.unified(text, edits, "page.txt")
    done = subprocess.run(["patch", "-p1", "--binary"], input=diff.encode(), cwd=tmp_path, capture_output=True)
    assert done.returncode == 0, done.stdout
    after = spans.apply(text, edits)
    assert (page.read_bytes() if page.exists() else b"") == after.encode()  # patch removes what becomes empty


def test_inline_keeps_what_is_not_edited() -> None:
    text = "经\n\n济发展[委→]委\r\n"
    assert spans.inline(text, [Edit(1, 3, ""), Edit(10, 11, ""), Edit(11, 13, "\n")]) == (
        "经[⏎⏎→]济发展[委→][委→][⏎→⏎]"
    )


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("页.txt", "--- a/页.txt\n+++ b/页.txt\n"),
        ("/a/b", "--- a/a/b\n+++ b/a/b\n"),
        ("a b", "--- a/a b\t\n+++ b/a b\t\n"),
        ('a "b"', '--- "a/a \\"b\\""\n+++ "b/a \\"b\\""\n'),
        ("a\\b", '--- "a/a\\\\b"\n+++ "b/a\\\\b"\n'),
        ("a\tb\nc\rd\x1be\x7ff g", '--- "a/a\\tb\\nc\\rd\\033e\\177f g"\n+++ "b/a\\tb\\nc\\rd\\033e\\177f g"\n'),
        ("", "--- before\n+++ after\n"),
    ],
)
def test_the_head_of_a_diff_quotes_names_as_git_does(name: str, head: str) -> None:
    assert unified("在\n", [Edit(0, 1, "茌")], name) == head + "@@ -1 +1 @@\n-在\n+茌\n"


@pytest.mark.parametrize(("between", "hunks"), [(0, 1), (1, 1), (5, 1), (6, 1), (7, 2), (12, 2)])
def test_hunks_whose_context_touches_are_one(between: int, hunks: int) -> None:
    text = "在\n" + "山\n" * between + "在\n"
    diff = unified(text, [Edit(0, 1, "茌"), Edit(len(text) - 2, len(text) - 1, "茌")])
    assert diff.count("@@ -") == hunks
    assert diff.count("\n ") == min(between, 6)


def test_lines_that_an_edit_puts_back_as_they_were_are_context() -> None:
    lines = [f"第{number}行\n" for number in range(9)]
    for changed in range(9):
        new = "".join("改\n" if number == changed else line for number, line in enumerate(lines))
        diff = unified("".join(lines), [Edit(0, len("".join(lines)), new)])
        assert (diff.count("\n-"), diff.count("\n+第"), diff.count("\n+改")) == (1, 0, 1)


@pytest.mark.parametrize(
    "ch", [*map(chr, range(0xA0)), "\u061c", "\u200e", "\u200f", "\u202a", "\u202e", "\u2028", "\u2066"]
)
def test_what_steers_a_terminal_is_spelled_out(ch: str) -> None:
    shown = harmless(f"一{ch}二")
    assert shown.isprintable() == (ch not in "\t\n")
    assert (shown == f"一{ch}二") == (ch.isprintable() or ch in "\t\n")
    assert harmless("一\r\n") == "一\r\n"
    assert "\n" not in visible(f"{ch}\n")
