"""XML and HTML as a tree of elements that know where in the source they stand; no other file is ever read."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from html.parser import HTMLParser
from xml.parsers import expat

from ocrfix import files
from ocrfix.files import FileError, Form
from ocrfix.formats.document import Inline

DEPTH = 200
"""Elements within elements; a page has about ten."""
ELEMENTS = 1_000_000
"""Elements of a file; a page of 20,000 characters with five alternatives each has 150,000."""

_CHUNK = 1 << 16  # bytes fed at a time, so that what is refused is refused early
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\bencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_CHARSET = re.compile(rb"""<meta\b[^>]*\bcharset\s*=\s*["']?\s*([A-Za-z][A-Za-z0-9._-]*)""", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s=/>"'<]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""")
_TAG = re.compile(r"""<[^\s/>]+(?:[^"'>]|"[^"]*"|'[^']*')*>""")
_PIECE = re.compile(r"<!--.*?-->|<!\[CDATA\[(.*?)\]\]>|<[^>]*>|(&#?\w+;)|(.)", re.DOTALL)
_BEGUN = re.compile("<[A-Za-z/!?]")
_UNSPEAKABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_CLOSES = {"p": ("p",), "div": ("p",), "li": ("li",)}  # HTML lets these end tags be left out before such elements


class Element:
    """An element: its name, its attributes, what is in it, and where it stands.

    name: without its prefix; that of an element of another namespace than the outermost has its namespace before it.
    start, inner, close, end: code points of the source at which its start tag begins, its content, its end tag, and
    what follows it.
    """

    __slots__ = ("attributes", "children", "close", "end", "inner", "name", "namespace", "start")

    def __init__(self, name: str, namespace: str, attributes: dict[str, str], start: int, inner: int) -> None:
        self.name, self.namespace, self.attributes = name, namespace, attributes
        self.start, self.inner, self.close, self.end = start, inner, inner, inner
        self.children: list[Element] = []

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def child(self, name: str) -> Element | None:
        """The first element of this name in it."""
        return next((child for child in self.children if child.name == name), None)

    def all(self, name: str) -> list[Element]:
        """The elements of this name in it."""
        return [child for child in self.children if child.name == name]

    def walk(self) -> Iterator[Element]:
        """It and all within it, in the order of the file."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting += reversed(element.children)


class Markup:
    """A file of markup: its source and its outermost element."""

    def __init__(self, name: str, data: bytes, source: str, form: Form, root: Element) -> None:
        self.name, self.data, self.source, self.form, self.root = name, data, source, form, root

    def line(self, at: int) -> int:
        """The line of the source that a code point stands on, from 1."""
        return self.source.count("\n", 0, at) + 1

    def error(self, element: Element, message: str) -> FileError:
        """What is wrong with an element, with file and line."""
        return FileError(f"{self.name}:{self.line(element.start)}: {message}")

    def prefix(self, element: Element) -> str:
        """The namespace prefix that an element is written with, with its colon; empty where it has none."""
        name = re.match(r"<([^\s/>]+)", self.source[element.start : element.start + 200])
        return name[1].rpartition(":")[0] + ":" if name and ":" in name[1] else ""

    def indent(self, element: Element) -> str:
        """The white space before the first element in it, which tells how the file is set; empty where none does."""
        if not element.children:
            return ""
        before = self.source[element.inner : element.children[0].start]
        return before[len(before.rstrip()) :]

    def value(self, element: Element, attribute: str) -> tuple[int, int] | None:
        """Where the value of an attribute stands, without its quotes; None where it has none."""
        for found in _ATTRIBUTE.finditer(self.source, element.start + 1, element.inner):
            if found[1] == attribute:
                quoted = found[2][0] in "\"'"
                return found.start(2) + quoted, found.end(2) - quoted
        return None

    def letters(self, start: int, end: int) -> list[tuple[str, Inline]]:
        """The characters that a stretch of the source spells, each with its place; tags and comments spell none."""
        found: list[tuple[str, Inline]] = []
        for piece in _PIECE.finditer(self.source, start, end):
            if piece[3]:
                found.append((piece[3], Inline(piece.start(), piece.end(), self.escape)))
            elif piece[2]:
                said = html.unescape(piece[2])
                if len(said) == 1:
                    found.append((said, Inline(piece.start(), piece.end(), self.escape)))
            elif piece[1]:
                first = piece.start(1)
                found += [(ch, Inline(at, at + 1, self._quoted)) for at, ch in enumerate(piece[1], first)]
        return found

    def attribute(self, element: Element, name: str) -> list[tuple[str, Inline]]:
        """The characters of an attribute's value, each with its place."""
        span = self.value(element, name)
        return self.letters(*span) if span else []

    def escape(self, text: str) -> str:
        """Text as it is spelled in this file, between tags and in attributes; what its encoding lacks, by number.

        Raises FileError for a character that no XML file can hold, however it is spelled.
        """
        self._refuse_unspeakable(text)
        escaped = html.escape(text, quote=True).replace("&#x27;", "&#39;")
        return escaped.encode(self.form.encoding, "xmlcharrefreplace").decode(self.form.encoding)

    def _quoted(self, text: str) -> str:
        """Text as it is spelled in a CDATA section, which may not hold what ends it."""
        self._refuse_unspeakable(text)
        return text.replace(">", "]]>&gt;<![CDATA[")

    def _refuse_unspeakable(self, text: str) -> None:
        if found := _UNSPEAKABLE.search(text):
            raise FileError(
                f"{self.name}: XML and HTML can hold no {found[0]!r} (U+{ord(found[0]):04X}); nothing written, "
                "leave that change out"
            )


def whole_number(text: str) -> int | None:
    """A whole number as an attribute gives it; None where it is none.

    >>> whole_number("12"), whole_number("-1"), whole_number("")
    (12, None, None)
    """
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


def in_order(elements: list[Element], attribute: str) -> list[Element]:
    """Elements by the whole number that an attribute gives them; as they stand where not all have one."""
    numbers = {id(element): whole_number(element.get(attribute)) for element in elements}
    if None in numbers.values():
        return elements
    return sorted(elements, key=lambda element: numbers[id(element)] or 0)


def decode(data: bytes, name: str, encoding: str | None = None) -> tuple[str, Form]:
    """The source that bytes spell: as --encoding says, or the byte order mark, or the declaration; else as text.

    Raises FileError, naming the line, where the bytes are not what they are declared to be.
    """
    files.refuse_larger(data, f"{name}:1")
    if encoding is not None:
        return files.decode(data, name, encoding)
    bom, marked = files.byte_order_mark(data)
    head = data[len(bom) : len(bom) + 4000]
    declared = _DECLARED.match(head) or _CHARSET.search(head)
    said = declared[1].decode("ascii") if declared else ""
    if marked and said and not _same(said, marked):
        raise FileError(f"{name}:1: declares {said}, but begins with the byte order mark of {marked}; pass --encoding")
    if not marked and data[:4] in (b"<\0?\0", b"\0<\0?"):
        marked = "utf-16-le" if data[1:2] == b"\0" else "utf-16-be"
    if not marked and not said:
        if data.lstrip()[:5] != b"<?xml":
            return files.decode(data, name)
        said = "utf-8"  # XML's own default
    wanted = marked or said
    if not files.is_encoding(wanted) or (not marked and "<?xml".encode(wanted) != b"<?xml"):
        raise FileError(f"{name}:1: declares the encoding {wanted!r}, which cannot be read; pass --encoding")
    try:
        return files.decode(data, name, wanted)
    except FileError:
        where = _undecodable(data[len(bom) :], wanted)
        if where is None:
            raise
        line = data[: len(bom) + where].count(b"\n") + 1
        raise FileError(
            f"{name}:{line}: bytes that are not {wanted}, as the file declares; convert it, or pass --encoding"
        ) from None


def parse_xml(data: bytes, name: str, encoding: str | None = None) -> Markup:
    """The tree of an XML file.

    Raises FileError, naming the line, where it is not well-formed, declares entities, or is nested or long beyond what
    a page can be.
    """
    source, form = decode(data, name, encoding)
    builder = _Builder(name, source)
    builder.parse(data if form == Form("utf-8") else source.encode("utf-8"))
    return Markup(name, data, source, form, builder.root)


class _Builder:
    """Puts the tree together from what expat reports, its positions in bytes turned to code points on the way."""

    def __init__(self, name: str, source: str) -> None:
        self.name, self.source = name, source
        self.root: Element
        self.open: list[Element] = []
        self.count = 0
        self.bytes, self.points = 0, 0
        self.parser = expat.ParserCreate("utf-8", " ")
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.EntityDeclHandler = self.entity

    def parse(self, data: bytes) -> None:
        self.data = data
        try:
            for at in range(0, len(data), _CHUNK):
                self.parser.Parse(data[at : at + _CHUNK], False)
            self.parser.Parse(b"", True)
        except expat.ExpatError as error:
            what = expat.errors.messages[error.code] if error.code in expat.errors.messages else str(error)
            raise FileError(f"{self.name}:{error.lineno}: not well-formed XML: {what}") from None

    def here(self) -> int:
        """The code point of the source that the parser has come to."""
        at = self.parser.CurrentByteIndex
        self.points += len(self.data[self.bytes : at].decode("utf-8"))
        self.bytes = at
        return self.points

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.open) >= DEPTH:
            self.refuse(f"elements nested more than {DEPTH} deep")
        if self.count > ELEMENTS:
            self.refuse(f"more than {ELEMENTS:,} elements; split the file into pages")
        namespace, _, local = name.rpartition(" ")
        at = self.here()
        tag = _TAG.match(self.source, at)
        if not tag:
            self.refuse("a tag that cannot be found again in the file")
        # An attribute without a namespace is the element's own, and goes before one of the same name that is not.
        own = sorted(attributes.items(), key=lambda item: " " not in item[0])
        known = not self.open or namespace == self.root.namespace
        plain = {key.rpartition(" ")[2]: value for key, value in own}
        element = Element(local if known else name, namespace, plain, at, tag.end())  # type: ignore[union-attr]
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, name: str) -> None:
        element = self.open.pop()
        if not self.source.startswith("/>", element.inner - 2):
            element.close = self.here()
            element.end = self.source.index(">", element.close) + 1

    def entity(self, name: str, *_: object) -> None:
        self.refuse(f"declares the entity {name!r}; entities are not read, replace them by what they stand for")

    def refuse(self, message: str) -> None:
        raise FileError(f"{self.name}:{self.parser.CurrentLineNumber}: {message}")


def parse_html(data: bytes, name: str, encoding: str | None = None) -> Markup:
    """The tree of an HTML file, which need not be well-formed XML; the same limits hold.

    Raises FileError, naming the line, where a tag or an element is opened and never closed, or where what begins with
    `<![` is no section that HTML knows.
    """
    source, form = decode(data, name, encoding)
    builder = _HtmlBuilder(name, source)
    try:
        builder.feed(source)
    except AssertionError as error:  # what html.parser says of a marked section that it does not know
        raise FileError(f"{name}:{builder.getpos()[0]}: expected HTML, found a section it has not: {error}") from None
    builder.finish()
    return Markup(name, data, source, form, builder.root)


class _HtmlBuilder(HTMLParser):
    def __init__(self, name: str, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.name, self.source = name, source
        self.starts = [0, *(end.end() for end in re.finditer("\n", source))]
        self.root = Element("", "", {}, 0, 0)
        self.root.close = self.root.end = len(source)
        self.open = [self.root]
        self.count = 0

    def here(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count += 1
        at = self.here()
        while self.open[-1].name in _CLOSES.get(tag, ()):
            self._close(self.open.pop(), at, at)
        if len(self.open) > DEPTH:
            raise FileError(f"{self.name}:{self.getpos()[0]}: elements nested more than {DEPTH} deep")
        if self.count > ELEMENTS:
            raise FileError(
                f"{self.name}:{self.getpos()[0]}: more than {ELEMENTS:,} elements; split the file into pages"
            )
        inner = at + len(self.get_starttag_text() or "")
        element = Element(tag, "", {key: value or "" for key, value in attrs}, at, inner)
        self.open[-1].children.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        at = self.here()
        if not any(element.name == tag for element in self.open[1:]):
            return
        while self.open[-1].name != tag:
            self._close(self.open.pop(), at, at)
        self._close(self.open.pop(), at, self.source.find(">", at) + 1 or len(self.source))

    def finish(self) -> None:
        if _BEGUN.match(self.rawdata):  # what Python would take for text
            line = self.getpos()[0]
            raise FileError(f"{self.name}:{line}: a tag or comment that is never closed; the file is cut short")
        self.close()
        for element in self.open[1:]:
            if element.name not in ("html", "body", "p", "li"):
                line = bisect_right(self.starts, element.start)
                raise FileError(f"{self.name}:{line}: <{element.name}> is never closed; the file is cut short")
            self._close(element, len(self.source), len(self.source))

    def _close(self, element: Element, close: int, end: int) -> None:
        element.close, element.end = close, end


def _same(declared: str, marked: str) -> bool:
    """Whether an encoding's name fits the byte order mark that a file begins with: UTF-16 is of either order."""
    name = declared.lower().replace("_", "-").replace("utf8", "utf-8")
    return name == marked or (name in ("utf-16", "utf-32") and marked.startswith(name))


def _undecodable(data: bytes, encoding: str) -> int | None:
    try:
        data.decode(encoding)
    except UnicodeDecodeError as error:
        return error.start
    return None
