"""A page as it was read: its text in reading order, where in the file each character stands, and the way back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ocrfix import files, spans
from ocrfix.files import FileError, Form
from ocrfix.formats.scan import Area, Scan
from ocrfix.model import Alternative, Correction, OcrText
from ocrfix.spans import Edit

BREAK = "\n\n"
"""What stands between two blocks, and between two pages, in the text of a layout file."""

Text = str | OcrText


class Spelling(Protocol):
    """One place of a file that spells a character; levels of a page (line, word, glyph) are a spelling each."""

    @property
    def start(self) -> int:
        """Where in the source it begins, in code points."""

    def edits(self, old: str, new: str) -> Iterable[Edit]:
        """What to change in the source so that `new` stands here for the character `old`."""


class Inline(NamedTuple):
    """A character that is spelled by code points start to end of the source; write: how other text is spelled there."""

    start: int
    end: int
    write: Callable[[str], str]

    def edits(self, old: str, new: str) -> Iterator[Edit]:
        # What is kept keeps its spelling: a character reference stays one when something is put beside it.
        if new.startswith(old):
            yield Edit(self.end, self.end, self.write(new[len(old) :]))
        elif new.endswith(old):
            yield Edit(self.start, self.start, self.write(new[: -len(old)]))
        else:
            yield Edit(self.start, self.end, self.write(new))


class Cell(NamedTuple):
    """A code point of the text: all that spells it, and what the engine knew of it, if it said.

    confidence: 0 to 1. A cell that nothing spells (a space between two words) cannot be changed. area: where it is on
    its page image, if the file says.
    """

    char: str
    spelled: tuple[Spelling, ...] = ()
    confidence: float | None = None
    alternatives: tuple[Alternative, ...] = ()
    area: Area | None = None


class Word(NamedTuple):
    """An element of the file that carries text: code points start to end of the page's text, and its name.

    mark: the edits that tell, besides the text itself, that what was printed there has been changed; given the latter.
    """

    start: int
    end: int
    name: str
    mark: Callable[[str], Iterable[Edit]] | None = None


class Origin(NamedTuple):
    """Where in its file a character stands: a code point of the source, and the element that carries it, if named."""

    at: int
    element: str = ""


class Document(Protocol):
    """A file that holds text, however it holds it.

    name: what to call it. data: its bytes. source: the text of the file itself, markup and all. text: what it says, in
    reading order. parts: the stretches of text that are documents of their own; nearly always one, all of it.
    scans: the page images that it speaks of. areas: of each code point of the text where it is on them; both are empty
    where the file does not say.
    """

    @property
    def name(self) -> str: ...
    @property
    def data(self) -> bytes: ...
    @property
    def source(self) -> str: ...
    @property
    def text(self) -> Text: ...
    @property
    def parts(self) -> Sequence[tuple[int, int]]: ...
    @property
    def scans(self) -> Sequence[Scan]: ...
    @property
    def areas(self) -> Sequence[Area | None]: ...

    def origin(self, at: int) -> Origin:
        """Where in the source the character at this place of the text stands."""

    def carries(self, correction: Correction) -> bool:
        """Whether the file has a place where the correction can be made."""

    def edits(self, corrections: Iterable[Correction], settings: str = "") -> tuple[Edit, ...]:
        """What to change in the source to make corrections of the text; settings: how they came about, in a line."""

    def rewritten(self, corrections: Iterable[Correction], settings: str = "") -> bytes:
        """The bytes of the file with the corrections made; without any, its own."""

    def diff(self, corrections: Iterable[Correction], name: str = "", settings: str = "") -> str:
        """A unified diff of what is changed."""


@dataclass(frozen=True)
class Spliced:
    """A document whose file is text: only what a correction changes is replaced in it, all else stays byte for byte.

    spelled: for each code point of the text, its spellings. words: the elements that carry the text, by position.
    note: the edits that record in the file what was done, given the settings in a line.
    """

    name: str
    data: bytes
    source: str
    form: Form
    text: Text
    spelled: Sequence[tuple[Spelling, ...]]
    words: Sequence[Word] = ()
    note: Callable[[str], Iterable[Edit]] | None = None
    own_parts: Sequence[tuple[int, int]] | None = None
    scans: Sequence[Scan] = ()
    areas: Sequence[Area | None] = ()

    @property
    def parts(self) -> Sequence[tuple[int, int]]:
        return ((0, len(self.text)),) if self.own_parts is None else self.own_parts

    def origin(self, at: int) -> Origin:
        for near in (at, at - 1, at + 1, at + 2):  # an insertion, or a break between blocks, stands nowhere itself
            if 0 <= near < len(self.spelled) and self.spelled[near]:
                word = self._word(near)
                return Origin(min(s.start for s in self.spelled[near]), word.name if word else "")
        return Origin(0)

    def carries(self, correction: Correction) -> bool:
        return bool(self._changes((correction,)))

    def edits(self, corrections: Iterable[Correction], settings: str = "") -> tuple[Edit, ...]:
        text = str(self.text)
        changes = self._changes(corrections)
        found = [e for at, new in changes.items() for s in self.spelled[at] for e in s.edits(text[at], new)]
        marks: dict[Edit, None] = {}  # two words of a line may both have it marked
        for word in dict.fromkeys(filter(None, map(self._word, changes))):
            if word.mark:
                marks.update(dict.fromkeys(word.mark(text[word.start : word.end])))
        note = self.note(spans.visible(settings)) if found and self.note else ()
        return tuple(sorted([*found, *marks, *note], key=lambda edit: (edit.start, edit.end)))

    def rewritten(self, corrections: Iterable[Correction], settings: str = "") -> bytes:
        return _written(self, self.form, self.edits(corrections, settings))

    def diff(self, corrections: Iterable[Correction], name: str = "", settings: str = "") -> str:
        return _diff(self, self.form, self.edits(corrections, settings), name)

    def _word(self, at: int) -> Word | None:
        k = bisect_right(self.words, at, key=lambda word: word.start) - 1
        return self.words[k] if k >= 0 and at < self.words[k].end else None

    def _changes(self, corrections: Iterable[Correction]) -> dict[int, str]:
        """The characters of the text that change, by position, and what becomes of each: nothing, or one, or more.

        A correction is taken apart into its smallest edits, so that each goes to the word that it is about. What is
        inserted joins the nearest character of the correction, or else the one before it, or after it.
        """
        from rapidfuzz.distance import Levenshtein

        before: dict[int, str] = {}
        now: dict[int, str] = {}
        after: dict[int, str] = {}
        for c in corrections:
            for op in Levenshtein.opcodes(c.original, c.replacement):
                at = c.start + op.src_start
                new = c.replacement[op.dest_start : op.dest_end]
                if op.tag == "replace" and all(map(self._writable, range(at, at + len(new)))):
                    now |= {at + k: ch for k, ch in enumerate(new)}
                elif op.tag != "equal":
                    now |= {k: "" for k in range(at, c.start + op.src_end) if self._writable(k)}
                    new = new.replace("\n", "").replace("\r", "")  # the lines of a page are where they are
                    near = [k for k in range(c.start - 1, c.end + 1) if self._writable(k)]
                    if new and near:
                        k = min(near, key=lambda k: (not c.start <= k < c.end, abs(k + 0.5 - at), k))
                        side = after if k < at else before
                        side[k] = side.get(k, "") + new
        text = str(self.text)
        changed = sorted({*before, *now, *after})
        return {at: before.get(at, "") + now.get(at, text[at]) + after.get(at, "") for at in changed}

    def _writable(self, at: int) -> bool:
        return 0 <= at < len(self.spelled) and bool(self.spelled[at])


class TextAlone:
    """What documents have in common that are text alone: no page images, and a place for every correction."""

    source: str

    @property
    def text(self) -> str:
        return self.source

    @property
    def scans(self) -> Sequence[Scan]:
        return ()

    @property
    def areas(self) -> Sequence[Area | None]:
        return ()

    def carries(self, correction: Correction) -> bool:
        return True

    def edits(self, corrections: Iterable[Correction], settings: str = "") -> tuple[Edit, ...]:
        return tuple(c.edit for c in corrections)


@dataclass(frozen=True)
class PlainText(TextAlone):
    """A file that is its text."""

    name: str
    data: bytes
    source: str
    form: Form

    @property
    def parts(self) -> Sequence[tuple[int, int]]:
        return ((0, len(self.source)),)

    def origin(self, at: int) -> Origin:
        return Origin(at)

    def rewritten(self, corrections: Iterable[Correction], settings: str = "") -> bytes:
        return _written(self, self.form, self.edits(corrections))

    def diff(self, corrections: Iterable[Correction], name: str = "", settings: str = "") -> str:
        return _diff(self, self.form, self.edits(corrections), name)


def _written(document: Document, form: Form, edits: Sequence[Edit]) -> bytes:
    """The bytes of a file of text with edits made; FileError where they cannot be spelled in its encoding."""
    if not edits:
        return document.data
    if files.encode(document.source, form, document.name) != document.data:
        raise FileError(
            f"{document.name}: cannot be written back byte for byte as {form.encoding}; convert it to UTF-8"
        )
    return files.encode(spans.apply(document.source, edits), form, document.name)


def _diff(document: Document, form: Form, edits: Sequence[Edit], name: str) -> str:
    """A unified diff of a file of text, its byte order mark included: `patch` compares it too."""
    mark = form.bom.decode(form.encoding)
    moved = [Edit(e.start + len(mark), e.end + len(mark), e.replacement) for e in edits]
    return spans.unified(mark + document.source, moved, name)
