"""ALTO 2.0 to 4.4: strings in text blocks, with glyphs and their variants, and what is written into them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from ocrfix import __version__
from ocrfix.formats.assembly import Assembly, agree, aligned, probability
from ocrfix.formats.document import Cell, Inline, Spliced
from ocrfix.formats.markup import Element, Markup, parse_xml
from ocrfix.formats.scan import Area, Box, Scan, points_box, proper
from ocrfix.model import Alternative
from ocrfix.spans import Edit

NAMESPACES = tuple(f"http://www.loc.gov/standards/alto/ns-v{version}#" for version in (2, 3, 4))

_BOX = ("HPOS", "VPOS", "WIDTH", "HEIGHT")


def read(data: bytes, name: str, encoding: str | None = None) -> Spliced:
    """An ALTO file, its blocks in reading order.

    The order is that of `ReadingOrder` (4.3), else of `IDNEXT`, else of the file. Confidences are those of glyphs
    (`GC`), else of characters (`CC`, whose digits 0 to 9 become 1 to 0), else of strings (`WC`, see tesseract_word);
    variants of a glyph are its alternatives. A word that is broken at the end of a line is read whole.

    Raises FileError, naming the line, for a file that is not such ALTO, or a string without coordinates.
    """
    markup = parse_xml(data, name, encoding)
    root = markup.root
    if root.name != "alto" or root.namespace not in NAMESPACES:
        raise markup.error(
            root,
            f"expected <alto> of {NAMESPACES[0]} to ns-v4#, "
            f"found <{root.name}> of {root.namespace or 'no namespace'}; correct the namespace, or convert the file",
        )
    layout = root.child("Layout")
    if layout is None:
        raise markup.error(root, "expected a <Layout> in <alto>, found none; the file is no page")
    return _Page(markup, layout).document()


def tesseract_word(confidence: float) -> float:
    """What tesseract's confidence in a word says of its least sure character, both from 0 to 1.

    Of a word it reports seven times the doubt: where its least sure character has 0.99, the word has 0.93.

    >>> round(tesseract_word(0.93), 4)
    0.99
    """
    return 1 - (1 - confidence) / 7


class _String(NamedTuple):
    """A String of a line, its characters, and whether white space stands before it."""

    line: Element
    string: Element
    cells: list[Cell]
    apart: bool


class _Page:
    """What is read of one file, and how its elements are written to."""

    def __init__(self, markup: Markup, layout: Element) -> None:
        self.markup, self.layout = markup, layout
        self.assembly = Assembly()
        self.pages = layout.all("Page")
        self.page_of = {id(element): number for number, page in enumerate(self.pages) for element in page.walk()}
        software = " ".join(self._content(e) for e in markup.root.walk() if e.name == "softwareName")
        self.tesseract = "tesseract" in software.lower()
        where = markup.root.get("schemaLocation") + " " + markup.root.get("SCHEMAVERSION")
        # CS came to String with 2.1, whose namespace is that of 2.0: there the line is marked, unless 2.1 is named.
        later = re.search(r"\b(alto-)?v?2[.-][1-9]", where)
        self.marks_line = markup.root.namespace == NAMESPACES[0] and not later

    def document(self) -> Spliced:
        for block in _in_order(self.layout, self.markup.root.child("ReadingOrder")):
            strings = list(self.strings(block))
            for first, second in pairwise(strings):
                if (first.string.get("SUBS_TYPE"), second.string.get("SUBS_TYPE")) == ("HypPart1", "HypPart2"):
                    self.substitute(first, second)
            for line, string, cells, apart in strings:
                name = string.get("ID") or line.get("ID")
                self.assembly.word(cells, name, partial(self.mark, line, string), apart, self.area(string))
            self.assembly.end_block()
        m, page = self.markup, self.assembly
        spelled, words, scans = page.spelled, tuple(page.words), [*map(self.scan, self.pages)]
        return Spliced(
            m.name, m.data, m.source, m.form, page.text, spelled, words, self.note, scans=scans, areas=page.areas
        )

    def scan(self, page: Element) -> Scan:
        """The image of a page. A file names one: of several pages it is nobody's."""
        names = (self._content(e) for e in self.markup.root.walk() if e.name == "fileName")
        named = next(names, "") if len(self.pages) == 1 else ""
        printed = page.child("PrintSpace") or page
        sides = [_number(page.get(side)) or _number(printed.get(side)) or 0 for side in ("WIDTH", "HEIGHT")]
        return Scan(named.strip(), *sides)

    def area(self, element: Element) -> Area | None:
        """Where a string or a glyph is on its page."""
        box = _box(element)
        return Area(self.page_of.get(id(element), 0), box) if box else None

    def strings(self, block: Element) -> Iterator[_String]:
        broken = False
        for line in block.all("TextLine"):
            strings = line.all("String")
            for k, string in enumerate(strings):
                yield _String(line, string, self.cells(string), apart=k > 0 or not broken)
            broken = line.child("HYP") is not None or bool(strings and strings[-1].get("SUBS_TYPE") == "HypPart1")

    def cells(self, string: Element) -> list[Cell]:
        """The characters of a string, spelled by its CONTENT, its glyphs and its CC."""
        for side in _BOX:
            if side not in string.attributes and string.child("Shape") is None:
                raise self.markup.error(string, f"expected coordinates of a String ({' '.join(_BOX)}), found no {side}")
        cells = [Cell(ch, (place,)) for ch, place in self.markup.attribute(string, "CONTENT")]
        glyphs = [cell for glyph in string.all("Glyph") for cell in self.glyph(glyph)]
        if glyphs and agree(cells, glyphs):
            cells = aligned(cells, glyphs)
        digits = [(ch, place) for ch, place in self.markup.attribute(string, "CC") if ch.isdecimal()]
        if len(digits) == len(cells):
            between = " " if " " in string.get("CC").strip() else ""
            cells = [_rated(cell, *digit, between) for cell, digit in zip(cells, digits, strict=True)]
        if "WC" in string.attributes:
            sure = probability(string.get("WC"))
            if sure is not None and self.tesseract:
                sure = tesseract_word(sure)
            cells = [cell if cell.confidence is not None else cell._replace(confidence=sure) for cell in cells]
        return cells

    def glyph(self, glyph: Element) -> Iterator[Cell]:
        letters = self.markup.attribute(glyph, "CONTENT")
        others = tuple(
            Alternative(variant.get("CONTENT"), probability(variant.get("VC")) or 0.0)
            for variant in glyph.all("Variant")
            if variant.get("CONTENT") != glyph.get("CONTENT")
        )
        for k, (ch, place) in enumerate(letters):
            spelling = _GlyphSpelling(place, self.markup, glyph) if len(letters) == 1 else place
            area = self.area(glyph) if len(letters) == 1 else None
            yield Cell(ch, (spelling,), probability(glyph.get("GC")), others if k == 0 else (), area)

    def substitute(self, first: _String, second: _String) -> None:
        """The two parts of a broken word are spelled by the SUBS_CONTENT of both too, where that is the word."""
        both = first.cells + second.cells
        for part in (first.string, second.string):
            both = aligned(both, [Cell(ch, (place,)) for ch, place in self.markup.attribute(part, "SUBS_CONTENT")])
        first.cells[:], second.cells[:] = both[: len(first.cells)], both[len(first.cells) :]

    def mark(self, line: Element, string: Element, printed: str) -> Iterator[Edit]:
        """That a string has been corrected, and what was printed."""
        yield from self.corrected(line if self.marks_line else string)
        before = [child for child in string.children if child.name in ("Shape", "ALTERNATIVE")]
        if any(child.get("PURPOSE") == "printed" for child in before):
            return  # by an earlier run
        prefix = self.markup.prefix(string)
        content = self.markup.value(string, "CONTENT") or (0, 0)
        kept = f'<{prefix}ALTERNATIVE PURPOSE="printed">{self.markup.source[slice(*content)]}</{prefix}ALTERNATIVE>'
        if string.inner == string.end:  # <String .../>
            yield Edit(string.end - 2, string.end, f">{kept}</{prefix}String>")
            return
        at = before[-1].end if before else string.inner
        yield Edit(at, at, self.markup.indent(string) + kept)

    def corrected(self, element: Element) -> Iterator[Edit]:
        status = self.markup.value(element, "CS")
        if status:
            if self.markup.source[slice(*status)] not in ("true", "1"):
                yield Edit(*status, "true")
            return
        at = element.inner - (2 if element.inner == element.end else 1)
        at = len(self.markup.source[:at].rstrip()) if self.markup.source[at - 1].isspace() else at
        yield Edit(at, at, ' CS="true"')

    def note(self, settings: str) -> Iterator[Edit]:
        """A processing step: `Processing` in ALTO 4, `postProcessingStep` before.

        A file without `Description` gets none: the schema would have it name the unit of its coordinates, which it does
        not say.
        """
        root = self.markup.root
        description = root.child("Description")
        if description is None or not description.children:
            return
        prefix = self.markup.prefix(root)
        earlier = re.findall("ID=[\"']ocrfix_", self.markup.source)
        ident = f' ID="ocrfix_{len(earlier) + 1}"'
        settings = self.markup.escape(settings)
        place = description
        if root.namespace == NAMESPACES[2]:
            step = _step(f"{prefix}Processing", ident, prefix, settings)
        else:
            step = _step(f"{prefix}postProcessingStep", "", prefix, settings)
            place = next((e for e in reversed(description.all("OCRProcessing")) if e.children), description)
            if place is description:  # the schema wants an OCR step before it
                step = f"<{prefix}OCRProcessing{ident}><{prefix}ocrProcessingStep/>{step}</{prefix}OCRProcessing>"
        at = place.children[-1].end
        yield Edit(at, at, self.markup.indent(place) + step)

    def _content(self, element: Element) -> str:
        return "".join(ch for ch, _ in self.markup.letters(element.inner, element.close))


def _box(element: Element) -> Box | None:
    """Where a string or a glyph is, by its coordinates or else its shape."""
    left, top, width, height = (_number(element.get(side)) for side in _BOX)
    if left is not None and top is not None and width is not None and height is not None:
        return proper(left, top, left + width, top + height)
    shape = element.child("Shape")
    polygon = next((e for e in shape.walk() if e.get("POINTS")), None) if shape else None
    return points_box(polygon.get("POINTS")) if polygon else None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e9 else None


class _GlyphSpelling(NamedTuple):
    """A glyph, which holds one character: two need another glyph, and none needs none."""

    place: Inline
    markup: Markup
    glyph: Element

    @property
    def start(self) -> int:
        return self.place.start

    def edits(self, old: str, new: str) -> Iterator[Edit]:
        if not new:
            yield Edit(self.glyph.start, self.glyph.end, "")
            return
        prefix = self.markup.prefix(self.glyph)
        extra = [f'<{prefix}Glyph CONTENT="{self.place.write(ch)}"/>' for ch in new]
        # The box is that of the character which was there: it stays with it, or with the first that replaces it.
        at = new.index(old) if old in new else 0
        if old not in new:
            yield Edit(self.place.start, self.place.end, self.place.write(new[0]))
        if at:
            yield Edit(self.glyph.start, self.glyph.start, "".join(extra[:at]))
        if extra[at + 1 :]:
            yield Edit(self.glyph.end, self.glyph.end, "".join(extra[at + 1 :]))


class _Digit(NamedTuple):
    """A digit of CC: there are as many as characters."""

    start: int
    end: int
    value: str
    between: str

    def edits(self, old: str, new: str) -> Iterator[Edit]:
        if len(new) != 1:
            yield Edit(self.start, self.end, self.between.join([self.value] * len(new)))


def _in_order(layout: Element, order: Element | None) -> list[Element]:
    """The text blocks in reading order; those that it does not name come last, in the order of the file."""
    blocks = [block for block in layout.walk() if block.name == "TextBlock"]
    if order is not None:
        named = dict.fromkeys(ref for e in order.walk() for ref in e.get("REF").split())  # each counts once
        holds = {
            e.get("ID"): [b for b in e.walk() if b.name == "TextBlock"] for e in layout.walk() if e.get("ID") in named
        }
        # A line or a string that is named stands for its block.
        holds |= {e.get("ID"): [block] for block in blocks for e in block.walk()}
        first = [block for ref in named for block in holds.get(ref, ())]
    else:
        by_id = {block.get("ID"): block for block in blocks}
        follows = {block.get("ID"): block.get("IDNEXT") for block in blocks if block.get("IDNEXT") in by_id}
        later, placed = set(follows.values()), dict[str, None]()
        for block in blocks if follows else ():
            ident = block.get("ID")
            if ident in later:
                continue
            while ident and ident not in placed:
                placed[ident] = None
                ident = follows.get(ident, "")
        first = [by_id[ident] for ident in placed]
    return list({id(block): block for block in (*first, *blocks)}.values())


def _rated(cell: Cell, digit: str, place: Inline, between: str) -> Cell:
    """A cell with what CC says of it, where no glyph says more."""
    sure = 1 - int(digit) / 9 if cell.confidence is None else cell.confidence
    return cell._replace(spelled=(*cell.spelled, _Digit(place.start, place.end, digit, between)), confidence=sure)


def _step(tag: str, ident: str, prefix: str, settings: str) -> str:
    return (
        f"<{tag}{ident}>"
        f"<{prefix}processingStepDescription>correction of recognition errors</{prefix}processingStepDescription>"
        f"<{prefix}processingStepSettings>{settings}</{prefix}processingStepSettings>"
        f"<{prefix}processingSoftware><{prefix}softwareName>ocrfix</{prefix}softwareName>"
        f"<{prefix}softwareVersion>{__version__}</{prefix}softwareVersion></{prefix}processingSoftware>"
        f"</{tag}>"
    )
