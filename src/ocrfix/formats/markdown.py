"""Markdown: the words of paragraphs, headings, lists and tables; markup, links' targets, code and HTML left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ocrfix import files
from ocrfix.formats.document import BREAK, Inline, Spelling, Spliced

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\n.*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)

_PLAIN = re.compile(r"[^\n!-/:-@\[-`{-~]+")  # what begins no markup
_TEXT = "text as it stands"


def read(data: bytes, name: str, encoding: str | None = None) -> Spliced:
    """The words of a Markdown file (CommonMark, with tables), each block set apart; in one, line breaks are the file's.

    Left out, and so never touched: code, HTML, front matter, the targets and titles of links, and all that marks up.

    Raises FileError where the bytes are no text.
    """
    source, form = files.decode(data, name, encoding)
    text: list[str] = []
    spelled: list[tuple[Spelling, ...]] = []
    for block in _blocks(source):
        if text:
            text += BREAK
            spelled += [()] * len(BREAK)
        text += (source[at] for at in block)
        spelled += ((Inline(at, at + 1, str),) for at in block)
    return Spliced(name, data, source, form, "".join(text), spelled)


def _blocks(source: str) -> Iterator[list[int]]:
    """The words of each block, as places in the source."""
    # What is left out is blanked, so that places stay those of the source; so is the \r of \r\n. Alone it ends a line.
    body = source.replace("\r\n", " \n").replace("\r", "\n").replace("\0", " ")
    if front := _FRONT_MATTER.match(body):
        body = re.sub(r"[^\n]", " ", front[0]) + body[front.end() :]
    starts = [0, *(end.end() for end in re.finditer("\n", body)), len(body) + 1]
    row, after = -1, 0
    for token in _parser().parse(body):
        if token.type != "inline" or not token.map:
            continue
        first, last = token.map
        lines = [(starts[k], starts[k + 1] - 1) for k in range(first, last)]
        after = after if row == first else 0  # cells of a table follow one another on one line
        row = first
        places = _placed(token.content, body, lines, after)
        if places:
            after = places[-1] + 1
            shown = (places[k] for k in _shown(token.children))
            if block := [at for at in shown if source[at] != "\r" or body[at] == "\n"]:
                yield block


def _parser() -> Any:
    """A parser that says of plain text where it stands: what is taken by no rule for markup, run by run."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable("table")
    parser.inline.ruler.at("text", _plain_run)
    parser.inline.ruler.push("rest", _one_character)
    return parser


def _plain_run(state: Any, silent: bool) -> bool:
    found = _PLAIN.match(state.src, state.pos, state.posMax)
    return found is not None and _taken(state, silent, found.end())


def _one_character(state: Any, silent: bool) -> bool:
    return _taken(state, silent, state.pos + 1)


def _taken(state: Any, silent: bool, end: int) -> bool:
    if not silent:
        state.push(_TEXT, "", 0).meta = {"from": state.pos, "to": end}
    state.pos = end
    return True


def _shown(tokens: Sequence[Any]) -> Iterator[int]:
    """The places in a block's content whose characters are shown as they stand, by position."""
    for token in tokens:
        if token.type == _TEXT:
            yield from range(token.meta["from"], token.meta["to"])


def _placed(content: str, body: str, lines: Sequence[tuple[int, int]], after: int) -> list[int]:
    """Where in the body each character of a block's content stands; nothing where it cannot be found again.

    The content is that of its lines without what marks the block: quotation signs, list markers, indents.
    """
    places: list[int] = []
    for (start, end), line in zip(lines, content.split("\n"), strict=False):
        at = body.find(line, max(start, after), end)
        if at < 0:
            return []
        if places:
            places.append(start - 1)  # the line break
        places += range(at, at + len(line))
    return places if len(places) == len(content) else []
