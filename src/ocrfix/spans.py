"""Edits to a text: make them, take them back, show them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

CONTEXT_LINES = 3
"""Unchanged lines that a unified diff shows on either side of a change."""


class Edit(NamedTuple):
    """Characters `start` to `end` (half-open, code points of the source) become `replacement`.

    An insertion has `start == end`, a deletion an empty `replacement`.
    """

    start: int
    end: int
    replacement: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """`text` with the edits made.

    >>> apply("中共聊城市在平区委委", [Edit(5, 6, "茌"), Edit(9, 10, "")])
    '中共聊城市茌平区委'

    Raises ValueError where edits are out of order, overlap, or leave the text.
    """
    return "".join(piece for kept, _, new in _pieces(text, edits) for piece in (kept, new))


def invert(text: str, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits that turn the result back into `text`.

    >>> invert("在平区委委", [Edit(0, 1, "茌"), Edit(4, 5, "")])
    (Edit(start=0, end=1, replacement='在'), Edit(start=4, end=4, replacement='委'))
    """
    back: list[Edit] = []
    at = 0
    for kept, old, new in _pieces(text, edits):
        at += len(kept)
        if old or new:
            back.append(Edit(at, at + len(new), old))
        at += len(new)
    return tuple(back)


def mark(original: str, replacement: str) -> str:
    """One edit for the eye, line breaks shown as ⏎.

    >>> mark("在", "茌"), mark("委", ""), mark("", "城"), mark("\\n\\n", "")
    ('[在→茌]', '[委→]', '[→城]', '[⏎⏎→]')
    """
    return f"[{visible(original)}→{visible(replacement)}]"


def inline(text: str, edits: Iterable[Edit]) -> str:
    """The whole text, each edit marked where it stands.

    >>> inline("中共聊城市在平区委", [Edit(5, 6, "茌")])
    '中共聊城市[在→茌]平区委'
    """
    return "".join(kept + (mark(old, new) if old or new else "") for kept, old, new in _pieces(text, edits))


def html(text: str, edits: Iterable[Edit], titles: Sequence[str] = ()) -> str:
    """The whole text as one HTML element that needs no style sheet, edits as `<del>` and `<ins>`.

    titles: what to show when the pointer rests on an edit, one for each edit, or none at all.

    >>> html("在平<区>", [Edit(0, 1, "茌")])
    '<div class="ocrfix" style="white-space: pre-wrap"><del>在</del><ins>茌</ins>平&lt;区&gt;</div>'
    """
    from html import escape  # its table of entities is large, and few ask for HTML

    edits = tuple(edits)
    labels = [f' title="{escape(title)}"' for title in titles] or [""] * len(edits)
    out: list[str] = []
    for (kept, old, new), label in zip(_pieces(text, edits), [*labels, ""], strict=True):
        out.append(escape(kept, quote=False))
        out += [f"<{tag}{label}>{escape(s, quote=False)}</{tag}>" for tag, s in (("del", old), ("ins", new)) if s]
    return f'<div class="ocrfix" style="white-space: pre-wrap">{"".join(out)}</div>'


def unified(text: str, edits: Iterable[Edit], name: str = "") -> str:
    r"""A unified diff of the edits, as `diff -u` writes it and `patch -p1` reads it; empty where nothing changes.

    name: the file's name, shown as a/NAME and b/NAME, quoted as git quotes it where it holds quotes or control
    characters; without it the two sides are called before and after.
    Lines end at \n alone: a \r stays with its line, and so do the other characters at which Python's splitlines breaks.
    Drawn from the edits, not by comparing texts, so that the time it takes grows with the length of the text alone.

    >>> print(unified("中共聊城市\n在平区委\n", [Edit(6, 7, "茌")], "page.txt"), end="")
    --- a/page.txt
    +++ b/page.txt
    @@ -1,2 +1,2 @@
     中共聊城市
    -在平区委
    +茌平区委
    """
    lines = _split(text)
    blocks = list(_changed_lines(text, lines, edits))
    if not blocks:
        return ""
    path = name.lstrip("/")
    out = [f"--- {_quoted('a/' + path)}\n+++ {_quoted('b/' + path)}\n" if name else "--- before\n+++ after\n"]
    drift = 0  # lines the new side is ahead of the old
    for hunk in _hunks(blocks):
        first, last = max(0, hunk[0].first - CONTEXT_LINES), min(len(lines), hunk[-1].last + CONTEXT_LINES)
        body: list[str] = []
        at, grown = first, 0
        for block in hunk:
            body += [" " + line for line in lines[at : block.first]]
            body += ["-" + line for line in lines[block.first : block.last]]
            body += ["+" + line for line in block.now]
            at = block.last
            grown += len(block.now) - (block.last - block.first)
        body += [" " + line for line in lines[at:last]]
        out.append(f"@@ -{_range(first, last - first)} +{_range(first + drift, last - first + grown)} @@\n")
        out += [line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in body]
        drift += grown
    return "".join(out)


AROUND = 8
"""Characters on either side of a correction that its report quotes, so that its place is known again."""


def around(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a span of a text, AROUND characters of each at most."""
    return text[max(0, start - AROUND) : start], text[end : end + AROUND]


def lines_of(text: str) -> Callable[[int], tuple[int, int]]:
    r"""What says the line and the column of each place in a text, both from 1.

    >>> lines_of("一\r\n二三")(4)
    (2, 2)
    """
    starts = [0, *(end.end() for end in re.finditer(r"\r\n|\r|\n", text))]

    def place(at: int) -> tuple[int, int]:
        line = bisect_right(starts, at)
        return line, at - starts[line - 1] + 1

    return place


class _Block(NamedTuple):
    """Lines first to last (half-open) of the old text become the lines of `now`."""

    first: int
    last: int
    now: list[str]


def _pieces(text: str, edits: Iterable[Edit]) -> Iterator[tuple[str, str, str]]:
    """The text as (kept, what an edit removes, what it puts there); the last piece is (rest, "", "")."""
    at = 0
    for start, end, replacement in edits:
        if not at <= start <= end <= len(text):
            raise ValueError(
                f"edit {start}:{end} {replacement!r}: expected edits in order, apart, within 0:{len(text)}; "
                f"the one before ends at {at}"
            )
        yield text[at:start], text[start:end], replacement
        at = end
    yield text[at:], "", ""


def visible(text: str) -> str:
    r"""`text` on one line, line breaks shown as ⏎, and what would steer a terminal spelled out.

    >>> visible("一\r\n二"), visible("\x1b[31m"), visible("\u202e")
    ('一⏎二', '\\x1b[31m', '\\u202e')
    """
    return harmless(text.replace("\r\n", "⏎").replace("\n", "⏎").replace("\r", "⏎"))


def harmless(text: str) -> str:
    r"""`text` with control characters and marks of direction spelled out, tabs and line ends aside: safe on a terminal.

    >>> harmless("一\t二\n\x9b2J")
    '一\t二\n\\x9b2J'
    """
    return _STEERING.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


# C0 and C1 but for tab and \n, the line and paragraph separators, and what turns the direction of reading.
_STEERING = re.compile("\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def _quoted(path: str) -> str:
    """A name as the head of a diff has it: git's quotes where it needs them; a tab ends one with a space in it."""
    if not re.search(r'["\\\x00-\x1f\x7f]', path):
        return path + "\t" if " " in path else path
    named = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
    spelled = (named.get(ch) or (f"\\{ord(ch):03o}" if ch < " " or ch == "\x7f" else ch) for ch in path)
    return f'"{"".join(spelled)}"'


def _split(text: str) -> list[str]:
    """The lines of a text with their ends, broken after \\n and nowhere else."""
    *whole, rest = text.split("\n")
    return [line + "\n" for line in whole] + ([rest] if rest else [])


def _changed_lines(text: str, lines: Sequence[str], edits: Iterable[Edit]) -> Iterator[_Block]:
    """The lines that edits touch: apart, in order, without lines that stay the same at either end."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    if text and not text.endswith("\n"):
        starts.pop()  # the end of the text lies within the last line, not after it

    def line_of(at: int) -> int:
        return bisect_right(starts, at) - 1

    touched: list[tuple[int, int, list[Edit]]] = []
    apply(text, edits := tuple(edits))  # complains of edits that cannot be made
    for edit in edits:
        # What follows an edit may join its last line, so the line at `end` is touched too.
        first, last = line_of(edit.start), line_of(edit.end) + 1
        if touched and first < touched[-1][1]:
            first, _, together = touched.pop()
            together.append(edit)
            touched.append((first, last, together))
        else:
            touched.append((first, last, [edit]))
    for first, last, together in touched:
        old = lines[first:last]
        offset = starts[first]
        now = _split(apply("".join(old), [Edit(e.start - offset, e.end - offset, e.replacement) for e in together]))
        head = 0
        while head < min(len(old), len(now)) and old[head] == now[head]:
            head += 1
        tail = 0
        while tail < min(len(old), len(now)) - head and old[-1 - tail] == now[-1 - tail]:
            tail += 1
        if old != now:
            yield _Block(first + head, first + len(old) - tail, now[head : len(now) - tail])


def _hunks(blocks: Sequence[_Block]) -> Iterator[list[_Block]]:
    """Blocks whose context would touch, together."""
    hunk = [blocks[0]]
    for block in blocks[1:]:
        if block.first - hunk[-1].last > 2 * CONTEXT_LINES:
            yield hunk
            hunk = []
        hunk.append(block)
    yield hunk


def _range(first: int, count: int) -> str:
    """Lines as a hunk's head counts them: from 1; an empty range names the line before, a single line has no count."""
    start = first + 1 if count else first
    return str(start) if count == 1 else f"{start},{count}"
