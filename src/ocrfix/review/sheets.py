"""What came of documents, as the page shows it: their proposals, and what their page images show of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePath
from urllib.parse import quote

from ocrfix import files
from ocrfix.findings import Finding, findings
from ocrfix.formats import Page
from ocrfix.formats.scan import Area, spots
from ocrfix.model import Result
from ocrfix.review import pictures
from ocrfix.review.page import MARK, Crop, Picture, Proposal, Sheet, html
from ocrfix.review.pictures import Opened
from ocrfix.spans import visible

NEIGHBOURS = 4
"""Characters that a crop shows on either side of a proposal, as far as they stand on its line."""


@dataclass
class Review:
    """A review being put together, document by document.

    output: the file to write, to whose folder links to page images are relative. folders: where these are looked for,
    besides the folders of the documents. embed: whether they are put into the page whole.
    """

    output: Path
    folders: Sequence[Path] = ()
    embed: bool = False
    sheets: list[Sheet] = field(default_factory=list)
    troubles: dict[str, None] = field(default_factory=dict)
    not_shown: int = 0

    def add(self, page: Page, result: Result) -> None:
        """Adds a document with all that is proposed for it, made and only suggested."""
        document = page.document
        opened = [Opened(found) for found in pictures.find(document, page.path, self.folders)]
        proposals = [
            _proposal(finding, document.areas, opened)
            for finding in findings(str(page.path), result, suggestions=True, document=document)
        ]
        shown = [self._picture(one) for one in opened]
        self.troubles.update(dict.fromkeys(filter(None, (one.trouble for one in opened))))
        digest = sha256(document.data).hexdigest()
        beside = shown if any(picture.src for picture in shown) else ()
        self.sheets.append(Sheet(str(page.path), digest, str(document.text), proposals, beside))

    def write(self, settings: str = "", version: str = "") -> None:
        """Writes the page, in the place of an earlier one or of none.

        Raises FileError where another file stands there, or it cannot be written.
        """
        page = html(self.sheets, settings, version).encode()
        files.create_bytes(self.output, page, lambda head: head.startswith(MARK.encode()))

    def summary(self) -> str:
        """What the page holds, and what is missing on it and why, in a line."""
        if not self.sheets:
            return visible(f"{self.output}: not written, there is nothing to show")
        made = [p.made for sheet in self.sheets for p in sheet.proposals]
        images = sum(bool(picture.src) for sheet in self.sheets for picture in sheet.pictures)
        parts = [
            f"{self.output}: {_count(sum(made), 'correction')} and {_count(len(made) - sum(made), 'suggestion')} "
            f"to decide on, in {_count(len(self.sheets), 'file')} with {_count(images, 'page image')}"
        ]
        if self.not_shown:
            shown = _count(self.not_shown, "page image")
            parts.append(f"{shown} of a kind that browsers do not show: --embed-images puts them in")
        return visible("; ".join([*parts, *self.troubles]))

    def _picture(self, opened: Opened) -> Picture:
        """A page image as the page has it: a link, or all of it."""
        path, width, height = opened.found
        if path is None:
            return Picture("")
        whole = opened.whole() if self.embed else None
        if whole is None and path.suffix.lower() in pictures.NOT_SHOWN:
            self.not_shown += 1
            return Picture("")
        if not (width and height) and opened.image is not None:
            width, height = opened.image.size
        return Picture(whole or link(path, self.output.parent), width, height)


def link(path: Path, folder: Path) -> str:
    """How a page in a folder names a file: relative where it can, each part of it escaped.

    >>> link(Path("/scans/a b#1.png"), Path("/scans/out"))
    '../a%20b%231.png'
    """
    try:
        relative = os.path.relpath(path.absolute(), folder.absolute())
    except ValueError:  # on another drive
        return path.absolute().as_uri()
    return quote(os.fsencode(PurePath(relative).as_posix()))


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _proposal(finding: Finding, areas: Sequence[Area | None], opened: Sequence[Opened]) -> Proposal:
    c = finding.correction
    where = [spot for spot in spots(areas, c.start, c.end) if spot.scan < len(opened)]
    crop = None
    if where:
        near = spots(areas, max(0, c.start - NEIGHBOURS), c.end + NEIGHBOURS)
        crop = Crop(*opened[where[0].scan].crop(pictures.surroundings(where, near)), where[0].scan)
    return Proposal(
        c.as_record(),
        c.note,
        finding.made,
        finding.line,
        finding.column,
        finding.before,
        finding.after,
        finding.element,
        [(spot.scan, spot.box) for spot in where],
        crop,
    )
