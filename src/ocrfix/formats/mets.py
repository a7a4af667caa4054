"""METS: the files of an issue, page by page, within the folder of the METS file and nowhere else."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from ocrfix.files import FileError
from ocrfix.formats.markup import Element, Markup, in_order, parse_xml

NAMESPACE = "http://www.loc.gov/METS/"

_FULL_TEXT = re.compile("FULLTEXT|ALTO", re.IGNORECASE)
_TEXT_TYPES = re.compile(r"xml|html|hocr|json", re.IGNORECASE)


def pages(data: bytes, path: Path, encoding: str | None = None) -> tuple[Path, ...]:
    """The files with the text of each page, in the order of the physical structure map, else of the file group.

    Of several groups of such files one is taken: that whose USE says full text, else the last, which holds the latest
    step.

    Raises FileError, naming the line, for a file that is not METS, one that names no page with text, and a page that
    lies outside the folder of the METS file.
    """
    markup = parse_xml(data, str(path), encoding)
    root = markup.root
    if root.name != "mets" or root.namespace != NAMESPACE:
        raise markup.error(
            root, f"expected <mets> of {NAMESPACE}, found <{root.name}> of {root.namespace or 'no namespace'}"
        )
    group = _group(root)
    if group is None:
        raise markup.error(root, "expected a <fileGrp> of ALTO, PAGE or hOCR files, found none")
    files = {file.get("ID"): file for file in group.walk() if file.name == "file"}
    ordered = [files[ident] for ident in _physical(root) if ident in files] or list(files.values())
    return tuple(dict.fromkeys(_located(markup, file, path) for file in ordered))


def _group(root: Element) -> Element | None:
    """The group of files that hold the text of pages."""
    groups = [e for e in root.walk() if e.name == "fileGrp" and any(_is_text(file) for file in e.all("file"))]
    full = [group for group in groups if _FULL_TEXT.search(group.get("USE"))]
    return next(reversed(full or groups), None)


def _is_text(file: Element) -> bool:
    location = file.child("FLocat")
    kind = file.get("MIMETYPE") or (location.get("href") if location else "").rpartition(".")[2]
    return bool(_TEXT_TYPES.search(kind))


def _physical(root: Element) -> list[str]:
    """The files of each page, in order."""
    maps = [e for e in root.walk() if e.name == "structMap"]
    chosen = [e for e in maps if e.get("TYPE").upper() == "PHYSICAL"] or maps
    return [ident for structure in chosen for ident in _files(structure)]


def _files(division: Element) -> list[str]:
    """The files of a division: its own, and those of the divisions in it by their ORDER, where each has one."""
    own = [e.get("FILEID") for pointer in division.all("fptr") for e in pointer.walk() if e.get("FILEID")]
    return own + [ident for e in in_order(division.all("div"), "ORDER") for ident in _files(e)]


def _located(markup: Markup, file: Element, path: Path) -> Path:
    """Where a file lies; only within the folder of the METS file, wherever links lead."""
    location = file.child("FLocat")
    href = location.get("href") if location else ""
    if location is None or not href:
        raise markup.error(file, f"expected an <FLocat> with xlink:href for file {file.get('ID')!r}, found none")
    scheme = re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", href)
    local = Path(unquote(href))
    if scheme or local.is_absolute() or href.startswith("\\"):
        raise markup.error(
            location, f"expected a file in the folder of the METS file, found {href!r}; nothing else is followed"
        )
    folder = path.parent
    try:
        (folder / local).resolve().relative_to(folder.resolve())
    except ValueError:
        raise markup.error(
            location, f"{href!r} lies outside the folder of the METS file; nothing there is followed"
        ) from None
    if not (folder / local).is_file():
        raise FileError(f"{path}:{markup.line(location.start)}: no such file: {folder / local}")
    return folder / local
