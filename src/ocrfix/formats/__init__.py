"""What archives hold, read and written back: layout files with their boxes intact, Markdown, tables, plain text."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any, NamedTuple

from ocrfix import files
from ocrfix.files import FileError
from ocrfix.formats import alto, hocr, jsonl, markdown, mets, paddleocr, page_xml, parquet, rapidocr
from ocrfix.formats.document import Document, PlainText
from ocrfix.formats.json_source import JsonSource, parsed
from ocrfix.formats.markup import parse_xml
from ocrfix.formats.rapidocr import from_rapidocr
from ocrfix.formats.together import correct_together, results_of, texts_of

__all__ = [
    "FORMATS",
    "Document",
    "Page",
    "correct_together",
    "detect",
    "from_rapidocr",
    "is_layout",
    "open_document",
    "open_pages",
    "results_of",
    "texts_of",
]


def _plain(data: bytes, name: str, encoding: str | None = None) -> Document:
    """A file that is its text."""
    text, form = files.decode(data, name, encoding)
    return PlainText(name, data, text, form)


Read = Callable[..., Document]

FORMATS: dict[str, Read] = {
    "alto": alto.read,
    "hocr": hocr.read,
    "page": page_xml.read,
    "rapidocr": rapidocr.read,
    "paddleocr": paddleocr.read,
    "markdown": markdown.read,
    "jsonl": jsonl.read,
    "parquet": parquet.read,
    "text": _plain,
}
"""What reads each format; `--input-format` takes these names."""

TABLES = ("jsonl", "parquet")
"""Formats of which one column is text."""

SUFFIXES = (".hocr", ".htm", ".html", ".json", ".jsonl", ".ndjson", ".parquet", ".xml")
"""What names of files end in that are looked into when a folder is searched, besides those of text."""

_HEAD = 1 << 16  # bytes within which a file says what it is
_MARKUP = re.compile(rb"\s*<(\?xml|!doctype|!--)", re.IGNORECASE)
# Each piece before the root is taken once and for all (*+, ?>), so that no file takes long to be looked at.
_ROOT = re.compile(
    rb"(?:\s*+(?><\?.*?\?>|<!--.*?-->|<!doctype[^\[>]*+(?:\[.*?\]\s*+)?+>))*+"
    rb"\s*+<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)",
    re.DOTALL | re.IGNORECASE,
)
_OCR = re.compile(rb"""class\s*=\s*["'][^"']*\bocrx?_""", re.IGNORECASE)
_NAMED = {".md": "markdown", ".markdown": "markdown", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_KNOWN = {b"alto": "alto", b"pcgts": "page", b"mets": "mets"}


class Page(NamedTuple):
    """A file to read, and where it lies."""

    path: Path
    document: Document


def detect(data: bytes, name: str = "") -> str | None:
    """Which of FORMATS the content is of, or "mets"; None for markup or JSON of another kind. The name is a hint.

    >>> detect(b'<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"/>', "page.txt")
    'alto'
    >>> detect("会议强调".encode(), "page.md"), detect("会议强调".encode()), detect(b'{"a": 1}', "x.json")
    ('markdown', 'text', None)
    """
    suffix = PurePath(name).suffix.lower()
    if data[:4] == b"PAR1" or suffix == ".parquet":
        return "parquet"
    head = files.byte_order_mark(data)[0]
    plain = data[len(head) : len(head) + _HEAD].replace(b"\0", b"")
    if plain.lstrip()[:1] == b"<":
        root = _ROOT.match(plain)
        kind = root[1].lower() if root else b""
        if kind in _KNOWN:
            return _KNOWN[kind]
        if _OCR.search(plain):  # a piece of HTML need not begin with <html>
            return "hocr"
        if kind == b"html" or _MARKUP.match(plain) or suffix in (".xml", ".hocr", ".html", ".htm"):
            return None
    if plain.lstrip()[:1] in (b"[", b"{") and suffix not in _NAMED and (kind := _json_kind(data, name)):
        return kind
    return _NAMED.get(suffix, None if suffix in SUFFIXES else "text")


def open_document(
    data: bytes,
    name: str,
    input_format: str | None = None,
    *,
    encoding: str | None = None,
    column: str = "text",
) -> Document:
    """The document that bytes hold: its `text` for `Corrector.correct`, and `rewritten`, which takes what came of it.

    name: what to call it in messages; its suffix is the last hint of what it is. input_format: one of FORMATS, by
    default found out. encoding: by default what the file declares, or what is recognised. column: of a table, the one
    to read.

    >>> from ocrfix import Corrector
    >>> alto = '''<alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Layout><Page><PrintSpace><TextBlock><TextLine>
    ... <String HPOS="1" VPOS="2" WIDTH="96" HEIGHT="8" CONTENT="要坚持以经济建没为中心。"/>
    ... </TextLine></TextBlock></PrintSpace></Page></Layout></alto>'''
    >>> page = open_document(alto.encode(), "page.xml")
    >>> result = Corrector().correct(page.text)
    >>> print(result.diff("inline"))
    要坚持以经济建[没→设]为中心。
    >>> print(page.rewritten(result.corrections).decode().splitlines()[1])  # doctest: +ELLIPSIS
    <String HPOS="1" VPOS="2" WIDTH="96" HEIGHT="8" CONTENT="要坚持以经济建设为中心。" CS="true"><ALTERNATIVE ...

    Raises FileError, naming file and line, for what cannot be read; ValueError for an unknown input_format.
    """
    kind = detect(data, name) if input_format is None else input_format
    if kind is None:
        raise _unknown(data, name, encoding)
    if kind == "mets":
        raise FileError(f"{name}: METS names the files of an issue; pass its path, so that they can be found")
    if kind not in FORMATS:
        raise ValueError(f"input format: expected one of {', '.join(FORMATS)}, found {kind!r}")
    further: dict[str, Any] = {"column": column} if kind in TABLES else {}
    return FORMATS[kind](data, name, encoding, **further)


def open_pages(
    path: Path, input_format: str | None = None, *, encoding: str | None = None, column: str = "text"
) -> tuple[Page, ...]:
    """The document of a file; of a METS file those of its pages, in order.

    Raises FileError, naming file and line, for what cannot be read.
    """
    data = files.read_bytes(path)
    if input_format is None and detect(data, str(path)) == "mets":
        return tuple(
            Page(page, open_document(files.read_bytes(page), str(page), encoding=encoding, column=column))
            for page in mets.pages(data, path, encoding)
        )
    return (Page(path, open_document(data, str(path), input_format, encoding=encoding, column=column)),)


def is_layout(path: Path) -> bool:
    """Whether a file found in a folder is one of FORMATS, by its name and then its content; METS is not, its pages are.

    A file that cannot be read counts, so that its error is not passed over. What ocrfix itself reports is no text.
    """
    if path.suffix.lower() not in SUFFIXES:
        return False
    try:
        data = files.read_bytes(path)
        kind = detect(data, str(path))
        return kind not in (None, "mets") and not (kind == "jsonl" and _is_report(data, str(path)))
    except FileError:
        return True


def _json_kind(data: bytes, name: str) -> str | None:
    """Which engine wrote a JSON file, or "jsonl"; None for other JSON, and text that merely begins with a bracket."""
    try:
        value = parsed(data, name)[0].value
    except FileError:
        first, _, rest = data.partition(b"\n")
        return "jsonl" if _is_object(first, name) and _is_object(rest.partition(b"\n")[0], name) else None
    if paddleocr.pages_of(value) is not None:
        return "paddleocr"
    return "rapidocr" if rapidocr.lines_of(value) is not None else None


def _is_object(line: bytes, name: str) -> bool:
    try:
        return isinstance(JsonSource(name, line.decode("utf-8")).value, dict)
    except (FileError, UnicodeDecodeError):
        return False


def _is_report(data: bytes, name: str) -> bool:
    """Whether rows are corrections: a report of `ocrfix check`, decisions about it, or their log."""
    try:
        row = JsonSource(name, data.partition(b"\n")[0].decode("utf-8")).value
    except (FileError, UnicodeDecodeError):
        return False
    return isinstance(row, dict) and {"path", "start", "end", "original", "replacement"} <= row.keys()


def _unknown(data: bytes, name: str, encoding: str | None) -> FileError:
    """What to say of markup or JSON of an unknown kind; of broken files, where they are broken."""
    if data.lstrip()[:1] in (b"[", b"{"):
        parsed(data, name, encoding)
        return FileError(f"{name}:1: expected JSON of RapidOCR or PaddleOCR, found other; pass --input-format")
    found = ""
    if _MARKUP.match(data) or PurePath(name).suffix.lower() == ".xml":
        root = parse_xml(data, name, encoding).root
        found = f", found <{root.name}> of {root.namespace or 'no namespace'}"
    return FileError(
        f"{name}:1: expected ALTO, PAGE, METS or hOCR{found}; pass --input-format text to read it as it stands"
    )
