"""hOCR 1.2: words in lines and paragraphs of HTML, with tesseract's boxes and choices for each character."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from ocrfix import __version__
from ocrfix.formats.alto import tesseract_word
from ocrfix.formats.assembly import Assembly, tidy
from ocrfix.formats.document import Cell, Spliced
from ocrfix.formats.markup import Element, Markup, parse_html, parse_xml
from ocrfix.formats.scan import Area, Scan, number_box
from ocrfix.model import Alternative
from ocrfix.spans import Edit

LINES = frozenset(("ocr_line", "ocrx_line", "ocr_header", "ocr_footer", "ocr_caption", "ocr_textfloat", "ocr_pageno"))
"""Classes of elements that hold words, or text, of a line."""
BLOCKS = frozenset(("ocr_par", "ocr_carea", "ocrx_block", "ocr_page"))
"""Classes of elements at whose ends a block ends."""

_PROPERTY = re.compile(r'(\w++)\s*+((?:"(?:\\.|[^"\\])*+"|[^;"])*+)(?:;|$)')
_LONGEST = 4_000  # characters of a title that are looked at


def read(data: bytes, name: str, encoding: str | None = None) -> Spliced:
    """An hOCR file, in its order; as XML where it is declared to be, else as browsers take HTML.

    Confidences, from 0 to 100 in the file, are divided by 100: those of characters (`x_conf` of an ocrx_cinfo,
    `x_confs` of a word), else those of words (`x_wconf`; of tesseract see alto.tesseract_word). What tesseract chose
    from for a character (`lstm_choices`) are its alternatives, where they have any weight.

    Raises FileError, naming the line, for a file that is not hOCR, or a word or line without its `bbox`.
    """
    parse = parse_xml if b"<?xml" in data[:1000].replace(b"\0", b"") else parse_html
    markup = parse(data, name, encoding)
    if not any(_classes(element) & (LINES | {"ocr_page"}) for element in markup.root.walk()):
        raise markup.error(
            markup.root, "expected hOCR, found no element of class ocr_page or ocr_line; pass another --input-format"
        )
    return _Page(markup).document()


def properties(element: Element) -> dict[str, str]:
    """What hOCR writes into the title of an element, by name.

    >>> properties(Element("span", "", {"title": 'bbox 1 2 3 4; x_wconf 92; image "a;b.png"'}, 0, 0))
    {'bbox': '1 2 3 4', 'x_wconf': '92', 'image': '"a;b.png"'}
    """
    return {found[1]: found[2].strip() for found in _PROPERTY.finditer(element.get("title")[:_LONGEST])}


class _Page:
    """What is read of one file, and how its elements are written to."""

    def __init__(self, markup: Markup) -> None:
        self.markup = markup
        self.assembly = Assembly()
        self.scans: list[Scan] = []
        self.of_words = _of_words(markup.root)
        system = [e.get("content") for e in markup.root.walk() if e.get("name") == "ocr-system"]
        self.tesseract = any(re.match(r"tesseract\s+v?([4-9]|\d\d)", s) for s in system)

    def document(self) -> Spliced:
        self.visit(self.markup.root)
        m, page = self.markup, self.assembly
        spelled, words, scans = page.spelled, tuple(page.words), self.scans or [Scan()]
        return Spliced(
            m.name, m.data, m.source, m.form, page.text, spelled, words, self.note, scans=scans, areas=page.areas
        )

    def visit(self, element: Element) -> None:
        classes = _classes(element)
        if classes & BLOCKS:
            self.assembly.end_block()
        if "ocr_page" in classes:
            self.scans.append(_scan(element))
        if "ocrx_word" in classes:
            self.word(element)
        elif classes & LINES and id(element) not in self.of_words:
            self.line(element)
        else:
            if classes & LINES:
                self.boxed(element)
            for child in element.children:
                self.visit(child)
        if classes & BLOCKS:
            self.assembly.end_block()

    def word(self, word: Element) -> None:
        choices: list[tuple[Alternative, ...]] = []
        cells = [cell for cell in self.cells(word, None, choices) if not cell.char.isspace()]
        if len(choices) == len(cells):
            cells = [_known(cell, others) for cell, others in zip(cells, choices, strict=True)]
        said = self.boxed(word)
        each = said.get("x_confs", "").split()
        if len(each) == len(cells):
            cells = [_sure(cell, _hundredth(text)) for cell, text in zip(cells, each, strict=True)]
        whole = _hundredth(said.get("x_wconf", ""))
        if whole is not None and self.tesseract:
            whole = tesseract_word(whole)
        cells = [_sure(cell, whole) for cell in cells]
        self.assembly.word(cells, word.get("id"), partial(self.mark, word), area=self.area(said.get("bbox", "")))

    def line(self, line: Element) -> None:
        area = self.area(self.boxed(line).get("bbox", ""))
        self.assembly.word(tidy(self.cells(line, None, [])), line.get("id"), partial(self.mark, line), area=area)

    def boxed(self, element: Element) -> dict[str, str]:
        said = properties(element)
        if len(said.get("bbox", "").split()) != 4:
            found = element.get("title")
            raise self.markup.error(element, f"expected `bbox` and four numbers in the title, found {found!r}")
        return said

    def cells(self, element: Element, sure: float | None, choices: list[tuple[Alternative, ...]]) -> Iterator[Cell]:
        """The characters that an element shows; what tesseract chose from for each is put into `choices`."""
        at = element.inner
        for child in element.children:
            yield from self.shown(at, child.start, sure)
            at = child.end
            if _is_choices(child):
                choices.append(self.alternatives(child))
            elif child.name not in ("del", "script", "style"):  # <del>: a reading that is not the likeliest
                said = properties(child)
                own, area = _hundredth(said.get("x_conf", "")), self.area(said.get("x_bboxes", ""))
                for cell in self.cells(child, sure if own is None else own, choices):
                    yield cell if area is None or cell.area else cell._replace(area=area)
        yield from self.shown(at, element.close, sure)

    def shown(self, start: int, end: int, sure: float | None) -> Iterator[Cell]:
        for ch, place in self.markup.letters(start, end):
            yield Cell(ch, (place,), sure)

    def alternatives(self, group: Element) -> tuple[Alternative, ...]:
        """What tesseract weighed for a character; of what has no weight nothing is known."""
        found = []
        for choice in group.children or [group]:
            said = "".join(ch for ch, _ in self.markup.letters(choice.inner, choice.close)).strip()
            weight = _hundredth(properties(choice).get("x_confs", ""))
            if weight:
                found.append(Alternative(said, weight))
        return tuple(found)

    def area(self, numbers: str) -> Area | None:
        """Where something is on the page that is being read."""
        box = number_box(numbers)
        return Area(max(0, len(self.scans) - 1), box) if box else None

    def mark(self, element: Element, printed: str) -> Iterator[Edit]:
        """What was printed, as a property of its own in the title."""
        text = printed.replace("\\", "\\\\").replace('"', '\\"')
        span = self.markup.value(element, "title")
        quote = self.markup.source[span[0] - 1] if span else '"'
        kept = self.markup.escape(f'x_printed "{text}"')
        if quote == "'":
            kept = kept.replace("&quot;", '"')
        if span and "x_printed" not in properties(element):  # else by an earlier run
            yield Edit(span[1], span[1], f"; {kept}")

    def note(self, settings: str) -> Iterator[Edit]:
        """A line in the head that names ocrfix and its settings."""
        head = next((e for e in self.markup.root.walk() if e.name == "head"), None)
        if head is None or not head.children:
            return
        said = self.markup.escape(f"ocrfix {__version__}; {settings}" if settings else f"ocrfix {__version__}")
        at = head.children[-1].end
        yield Edit(at, at, f'{self.markup.indent(head)}<meta name="ocrfix" content="{said}"/>')


def _classes(element: Element) -> set[str]:
    return set(element.get("class").split())


def _of_words(root: Element) -> set[int]:
    """Which elements are words or hold any, each by its id."""
    found: set[int] = set()
    for element in reversed(list(root.walk())):  # what is in an element comes before it
        if "ocrx_word" in _classes(element) or any(id(child) in found for child in element.children):
            found.add(id(element))
    return found


def _scan(page: Element) -> Scan:
    """The image of a page, and its size by the box around all of it."""
    said = properties(page)
    box = number_box(said.get("bbox", ""))
    image = said.get("image", "").strip("\"'")
    return Scan(image, box.right, box.bottom) if box else Scan(image)


def _is_choices(element: Element) -> bool:
    """Whether an element holds what was weighed for a character, and not what was read."""
    if "ocrx_cinfo" not in _classes(element):
        return False
    inside = [*element.children] or [element]
    return all("x_confs" in properties(e) and "x_bboxes" not in properties(e) for e in inside)


def _known(cell: Cell, others: tuple[Alternative, ...]) -> Cell:
    return cell._replace(alternatives=tuple(other for other in others if other.replacement != cell.char))


def _sure(cell: Cell, confidence: float | None) -> Cell:
    return cell if cell.confidence is not None else cell._replace(confidence=confidence)


def _hundredth(text: str) -> float | None:
    """A number from 0 to 100 as one from 0 to 1; None where it is none."""
    try:
        number = float(text) / 100
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None
