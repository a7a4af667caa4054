"""Markdown: the words of paragraphs, headings, lists and tables; markup, links' targets, code and HTML left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from ocrfix import files
from ocrfix.formats.document import BREAK, Inline, Spelling, Spliced

_FRONT_MATTER = re.compile(r"\A(---|\+\+\+)[ \t]*\r?\n.*?^\1[ \t]*$", re.DOTALL | re.MULTILINE)


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
    from markdown_it import MarkdownIt

    front = _FRONT_MATTER.match(source)
    skipped = front.end() if front else 0
    # What is left out is blanked, so that places stay those of the source; so are the \r of line ends.
    body = re.sub(r"[^\n]", " ", source[:skipped]) + source[skipped:].replace("\r\n", " \n").replace("\0", " ")
    parser = MarkdownIt("commonmark").enable("table")
    starts = [0, *(end.end() for end in re.finditer("\n", body))]
    row, after = -1, 0
    for token in parser.parse(body):
        if token.type != "inline" or not token.map:
            continue
        first, last = token.map
        lines = [(starts[k], starts[k + 1] - 1 if k + 1 < len(starts) else len(body)) for k in range(first, last)]
        after = after if row == first else 0  # cells of a table follow one another on one line
        row = first
        places = _placed(token.content, body, lines, after)
        if places is None:
            continue
        after = places[-1] + 1 if places else after
        block = [places[k] for k in _shown(parser, token.content) if k < len(places)]
        if block:
            yield block


def _placed(content: str, body: str, lines: Sequence[tuple[int, int]], after: int) -> list[int] | None:
    """Where in the body each character of a block's content stands; None where it cannot be found again.

    The content is that of its lines without what marks the block: quotation signs, list markers, indents.
    """
    places: list[int] = []
    for (start, end), line in zip(lines, content.split("\n"), strict=False):
        at = body.find(line, max(start, after), end)
        if at < 0:
            return None
        if places:
            places.append(start - 1)  # the line break
        places += range(at, at + len(line))
    return places if len(places) == len(content) else None


def _shown(parser: Any, content: str) -> list[int]:
    """The places in a block's content whose characters are shown as they stand.

    The parser gathers plain text in `pending`, from the place in the content that it has come to.
    """
    from markdown_it.rules_inline import StateInline

    shown: list[int] = []

    class Recording(StateInline):
        """An inline state that notes where plain text comes from."""

        def __setattr__(self, name: str, value: Any) -> None:
            if name == "pending" and value:
                old = getattr(self, "pending", "")
                new = value[len(old) :] if value.startswith(old) else ""
                if new and self.src.startswith(new, self.pos):
                    shown.extend(range(self.pos, self.pos + len(new)))
            super().__setattr__(name, value)

    state = Recording(content, parser, {}, [])
    parser.inline.tokenize(state)
    breaks = [k for k, ch in enumerate(content) if ch == "\n"]
    return sorted({*shown, *breaks})
