"""PAGE 2013 to 2019: regions, lines, words and glyphs, each with a text of its own, and what is written into them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ocrfix import __version__
from ocrfix.formats.assembly import Assembly, agree, aligned, probability, tidy
from ocrfix.formats.document import Cell, Spliced
from ocrfix.formats.markup import Element, Markup, in_order, parse_xml, whole_number
from ocrfix.formats.scan import Area, Scan, points_box
from ocrfix.model import Alternative
from ocrfix.spans import Edit

PREFIX = "http://schema.primaresearch.org/PAGE/gts/pagecontent/"
VERSIONS = ("2013-07-15", "2016-07-15", "2017-07-15", "2018-07-15", "2019-07-15")


def read(data: bytes, name: str, encoding: str | None = None) -> Spliced:
    """A PAGE file, its regions in reading order, those that it does not name last.

    Of several `TextEquiv` the one of the lowest `index` is the text; further ones of a glyph are its alternatives, and
    `conf` of a glyph or word is the confidence. Levels that say the same are kept the same; where they differ, the line
    is believed, and what is below it left alone.

    Raises FileError, naming the line, for a file that is not such PAGE, or an element with text but without Coords.
    """
    markup = parse_xml(data, name, encoding)
    root = markup.root
    version = root.namespace.removeprefix(PREFIX)
    page = root.child("Page")
    if root.name != "PcGts" or version not in VERSIONS:
        raise markup.error(
            root,
            f"expected <PcGts> of {PREFIX}{VERSIONS[0]} to {VERSIONS[-1]}, "
            f"found <{root.name}> of {root.namespace or 'no namespace'}; correct the namespace, or convert the file",
        )
    if page is None:
        raise markup.error(root, "expected a <Page> in <PcGts>, found none; the file is no page")
    return _Page(markup, page, version).document()


class _Page:
    """What is read of one file, and how its elements are written to."""

    def __init__(self, markup: Markup, page: Element, version: str) -> None:
        self.markup, self.page, self.version = markup, page, version
        self.assembly = Assembly()

    def document(self) -> Spliced:
        for region in self.regions():
            self.region(region)
            self.assembly.end_block()
        m, page, image = self.markup, self.assembly, self.page
        spelled, words = page.spelled, tuple(page.words)
        width, height = (whole_number(image.get(side)) or 0 for side in ("imageWidth", "imageHeight"))
        scans = (Scan(image.get("imageFilename"), width, height),)
        return Spliced(
            m.name, m.data, m.source, m.form, page.text, spelled, words, self.note, scans=scans, areas=page.areas
        )

    def regions(self) -> list[Element]:
        """The regions of text in reading order."""
        found = [e for e in self.page.walk() if e.name == "TextRegion"]
        order = self.page.child("ReadingOrder")
        by_id = {e.get("id"): e for e in self.page.walk() if e.name.endswith("Region")}
        refs = dict.fromkeys(_references(order) if order else ())  # each counts once
        named = [by_id[ref] for ref in refs if ref in by_id]
        # A table or an advertisement is named for the regions of text in it, a region of text for itself.
        within = (e for region in named for e in ([region] if region.name == "TextRegion" else region.walk()))
        first = [e for e in within if e.name == "TextRegion"]
        return list({id(region): region for region in (*first, *found)}.values())

    def region(self, region: Element) -> None:
        """Adds the lines of a region; where it knows of none, its own text."""
        self.boxed(region)
        whole = self.said(region)
        lines = [(line, self.line(line)) for line in region.all("TextLine")]
        lines = [(line, words) for line, words in lines if any(cells for _, cells in words)]
        if not lines:
            self.assembly.word(whole, region.get("id"), partial(self.mark, region))  # it is not said on which line
            return
        cells = [cell for _, words in lines for _, part in words for cell in part]
        rest = iter(aligned(cells, whole))
        for _, words in lines:
            for element, part in words:
                spelled = [next(rest) for _ in part]
                self.assembly.word(spelled, element.get("id"), partial(self.mark, element), area=_area(element))

    def line(self, line: Element) -> list[tuple[Element, list[Cell]]]:
        """The words of a line, each with its characters; the line itself where its words do not make it up."""
        self.boxed(line)
        whole = tidy(self.said(line))
        words = [(word, self.word(word)) for word in line.all("Word")]
        cells = [cell for _, part in words for cell in part]
        if not cells or (whole and not agree(cells, whole)):
            return [(line, whole)]
        rest = iter(aligned(cells, whole))
        return [(word, [next(rest) for _ in part]) for word, part in words]

    def word(self, word: Element) -> list[Cell]:
        self.boxed(word)
        cells = [cell for cell in self.said(word) if not cell.char.isspace()]
        glyphs = [cell for glyph in word.all("Glyph") for cell in self.glyph(glyph)]
        if not cells:
            return glyphs
        if not agree(cells, glyphs):
            return cells
        bare = [cell._replace(confidence=None) for cell in cells]
        merged = aligned(bare, glyphs)
        return [
            cell if cell.confidence is not None else cell._replace(confidence=word_cell.confidence)
            for cell, word_cell in zip(merged, cells, strict=True)
        ]

    def glyph(self, glyph: Element) -> list[Cell]:
        self.boxed(glyph)
        found = _equivalents(glyph)
        cells = [cell for cell in self.spelled(found[0]) if not cell.char.isspace()] if found else []
        said = [("".join(c.char for c in self.spelled(e)), probability(e.get("conf"))) for e in found[1:]]
        if len(cells) != 1:
            return cells
        alternatives = tuple(Alternative(text, conf or 0.0) for text, conf in said if text != cells[0].char)
        return [cells[0]._replace(alternatives=alternatives, area=_area(glyph))]

    def said(self, element: Element) -> list[Cell]:
        """The text of an element at its own level."""
        found = _equivalents(element)
        if not found:
            return []
        cells = self.spelled(found[0])
        if element.name in ("TextRegion", "TextLine"):  # how sure of all of it tells nothing of a character
            cells = [cell._replace(confidence=None) for cell in cells]
        return cells

    def spelled(self, equivalent: Element) -> list[Cell]:
        unicode, plain = equivalent.child("Unicode"), equivalent.child("PlainText")
        if unicode is None:
            raise self.markup.error(equivalent, "expected a <Unicode> in <TextEquiv>, found none")
        sure = probability(equivalent.get("conf"))
        cells = [Cell(ch, (place,), sure) for ch, place in self.markup.letters(unicode.inner, unicode.close)]
        if plain is not None:
            cells = aligned(cells, [Cell(ch, (at,)) for ch, at in self.markup.letters(plain.inner, plain.close)])
        return cells

    def boxed(self, element: Element) -> None:
        coords = element.child("Coords")
        if coords is None or not coords.get("points"):
            raise self.markup.error(element, f"expected <Coords points=…> in <{element.name}>, found none")

    def mark(self, element: Element, printed: str) -> Iterator[Edit]:
        """What was printed: a further TextEquiv, or before 2016, which allows one, a comment."""
        found = _equivalents(element)
        if self.version < "2016":
            comment = self.markup.value(element, "comments")
            if comment:
                yield Edit(comment[1], comment[1], f"; printed: {self.markup.escape(printed)}")
            else:
                at = element.inner - 1
                yield Edit(at, at, f' comments="printed: {self.markup.escape(printed)}"')
            return
        if not found:  # the word is known by its glyphs alone
            return
        kept = self.markup.source[slice(*_content(found[0]))]
        numbers = [_index(e) for e in found]
        prefix = self.markup.prefix(element)
        if "index" not in found[0].attributes:
            at = found[0].start + len(f"<{prefix}TextEquiv")
            yield Edit(at, at, ' index="0"')
        last = max(found, key=lambda e: e.end)
        yield Edit(
            last.end,
            last.end,
            f'{self.markup.indent(element)}<{prefix}TextEquiv index="{max(0, *numbers) + 1}">'
            f"<{prefix}Unicode>{kept}</{prefix}Unicode></{prefix}TextEquiv>",
        )

    def note(self, settings: str) -> Iterator[Edit]:
        """A processing step in the metadata; before 2018 a comment there."""
        root = self.markup.root
        metadata = root.child("Metadata")
        if metadata is None or not metadata.children:
            return
        prefix, settings = self.markup.prefix(root), self.markup.escape(settings)
        indent, last = self.markup.indent(metadata), metadata.children[-1]
        if self.version >= "2018":
            what = f'type="processingStep" name="recognition/post-correction" value="ocrfix {__version__}"'
            label = f'<{prefix}Labels><{prefix}Label type="settings" value="{settings}"/></{prefix}Labels>'
            step = f"<{prefix}MetadataItem {what}>{label}</{prefix}MetadataItem>"
            yield Edit(last.end, last.end, indent + step)
            return
        said = f"corrected by ocrfix {__version__}" + (f" ({settings})" if settings else "")
        comments = metadata.child("Comments")
        if comments is not None and comments.close > comments.inner:
            yield Edit(comments.close, comments.close, f"; {said}")
        elif comments is None:
            after = metadata.child("LastChange") or last
            yield Edit(after.end, after.end, f"{indent}<{prefix}Comments>{said}</{prefix}Comments>")


def _equivalents(element: Element) -> list[Element]:
    """The TextEquivs of an element, the one that is its text first: lowest index, those without one before all."""
    return sorted(element.all("TextEquiv"), key=_index)


def _area(element: Element) -> Area | None:
    """Where an element is on the page."""
    coords = element.child("Coords")
    box = points_box(coords.get("points")) if coords else None
    return Area(0, box) if box else None


def _content(equivalent: Element) -> tuple[int, int]:
    """Where the text of a TextEquiv stands."""
    unicode = equivalent.child("Unicode")
    return (unicode.inner, unicode.close) if unicode else (equivalent.inner, equivalent.inner)


def _index(equivalent: Element) -> int:
    number = whole_number(equivalent.get("index"))
    return -1 if number is None else number


def _references(order: Element) -> Iterator[str]:
    """The regions that a reading order names, groups within groups by their index."""
    children = [e for e in order.children if "Ref" in e.name or "Group" in e.name]
    for child in in_order(children, "index"):
        if child.get("regionRef"):
            yield child.get("regionRef")
        yield from _references(child)
