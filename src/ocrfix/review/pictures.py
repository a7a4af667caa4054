"""Which image belongs to a page, and what surrounds a proposal on it."""

from __future__ import annotations

import io
import warnings
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from ocrfix.formats.document import Document
from ocrfix.formats.scan import Area, Box, Scan, around

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".jp2", ".bmp", ".gif")
"""What names of page images end in; of several beside one page the first is taken."""
NOT_SHOWN = (".tif", ".tiff", ".jp2")
"""Of these, what browsers do not show."""

_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "JPEG2000", "BMP", "GIF")  # none that is a program, as PostScript is
_LARGEST = 600_000_000  # pixels; a sheet of A1 at 600 dots an inch has 280 million
_MARGIN = 0.35  # of the size of a character: what a crop shows around its line
_HIGH, _WIDE = 160, 900  # pixels that a crop has at most
_PAGE = 2_400  # pixels that the longer side of an embedded page image has at most


class Found(NamedTuple):
    """The image of a page: the file, None where there is none; and its size in the unit of the boxes, 0: in pixels."""

    path: Path | None
    width: float
    height: float


def find(document: Document, path: Path, folders: Sequence[Path] = ()) -> tuple[Found, ...]:
    """The image of each page that a document speaks of.

    It is looked for under the name that the document gives it, beside the document and in the folders; then under the
    document's own name, without what it ends in (page.alto.xml: page.png). A name that leads out of these folders leads
    nowhere.
    """
    scans = document.scans
    return tuple(Found(_file(scan, path, folders, len(scans) == 1), scan.width, scan.height) for scan in scans)


def surroundings(spots: Sequence[Area], near: Sequence[Area]) -> Box:
    """The rectangle that shows a proposal and its neighbours on the line; of several lines all where they lie close.

    spots: what the proposal covers. near: what it covers together with some characters on either side.

    >>> line = Area(0, Box(0, 0, 100, 10))
    >>> tuple(surroundings([Area(0, Box(40, 0, 50, 10))], [line, Area(0, Box(0, 90, 50, 100))]))
    (0.0, 0.0, 103.5, 13.5)
    """
    first = spots[0]
    size = max(min(first.box.right - first.box.left, first.box.bottom - first.box.top), 4.0)
    own = [spot.box for spot in spots if spot.scan == first.scan]
    lines = [line.box for line in near if line.scan == first.scan and any(_within(box, line.box) for box in own)]
    box = around(lines or own)
    if box.bottom - box.top > 5 * size < box.right - box.left:  # lines that lie apart: the first of them
        box = around([line for line in lines if _within(first.box, line)] or [first.box])
    margin = _MARGIN * size
    return Box(max(0.0, box.left - margin), max(0.0, box.top - margin), box.right + margin, box.bottom + margin)


class Opened:
    """A page image, read when something is first cut out of it.

    Where Pillow is not installed, or the file is no image, nothing can be cut; `trouble` says so.
    """

    def __init__(self, found: Found) -> None:
        self.found = found
        self.trouble = ""
        self._image: Image | None = None
        self._tried = False

    def crop(self, box: Box) -> tuple[str, Box]:
        """A rectangle as a data URL, and what of the page it shows, in the unit of the boxes; no URL without image."""
        image = self.image
        if image is None:
            return "", box
        across = image.width / self.found.width if self.found.width else 1.0
        down = image.height / self.found.height if self.found.height else 1.0
        left, right = (min(max(round(x * across), 0), image.width) for x in (box.left, box.right))
        top, bottom = (min(max(round(y * down), 0), image.height) for y in (box.top, box.bottom))
        if right <= left or bottom <= top:  # boxes of another image
            return "", box
        piece = image.crop((left, top, right, bottom))
        piece.thumbnail((_WIDE, _HIGH))
        return _data_url(piece, 55), Box(left / across, top / down, right / across, bottom / down)

    def whole(self) -> str | None:
        """All of it as a data URL, no larger than a screen can show of it."""
        if self.image is None:
            return None
        page = self.image.copy()
        page.thumbnail((_PAGE, _PAGE))
        return _data_url(page, 60)

    @property
    def image(self) -> Image | None:
        if not self._tried and self.found.path is not None:
            self._tried = True
            try:
                self._image = _read(self.found.path)
            except _Unreadable as error:
                self.trouble = str(error)
        return self._image


class _Unreadable(Exception):
    pass


def _read(path: Path) -> Image:
    try:
        from PIL import Image as images
    except ImportError:
        raise _Unreadable(
            "Pillow is not installed, so no crops are embedded: pip install 'ocrfix-zh[review]'"
        ) from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large images; ours have a limit of their own
            with images.open(path, formats=_FORMATS) as image:
                if image.width * image.height > _LARGEST:
                    raise _Unreadable(f"{path}: expected {_LARGEST:,} pixels at most, found more")
                image.load()
                return _plain(image)
    except (OSError, ValueError, SyntaxError, MemoryError, images.DecompressionBombError) as error:
        raise _Unreadable(f"{path}: cannot be read as an image: {error}") from None


def _plain(image: Image) -> Image:
    """An image in grey or in colours of 8 bits."""
    if image.mode in ("L", "RGB"):
        return image.copy()
    if image.mode in ("1", "LA"):
        return image.convert("L")
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        low, high = image.convert("F").getextrema()
        depth: Any = 255 / max(float(high) - float(low), 1.0)  # type: ignore[arg-type]
        return image.convert("F").point(lambda value: (value - low) * depth).convert("L")
    return image.convert("RGB")


def _data_url(image: Image, quality: int) -> str:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=2)
    return f"data:image/webp;base64,{b64encode(out.getvalue()).decode()}"


def _within(box: Box, other: Box) -> bool:
    left, top, right, bottom = around((box, other))
    return (left, top, right, bottom) == other


def _file(scan: Scan, path: Path, folders: Sequence[Path], alone: bool) -> Path | None:
    for candidate in _candidates(scan, path, folders, alone):
        if candidate.is_file():
            return candidate
    return None


def _candidates(scan: Scan, path: Path, folders: Sequence[Path], alone: bool) -> Iterator[Path]:
    """Where the image of a page may be, likeliest first."""
    places = [path.parent, *folders]
    named = PurePosixPath(scan.image.replace("\\", "/")) if scan.image and "\0" not in scan.image else None
    for name in (named, named and PurePosixPath(named.name)) if named else ():
        for folder in places:
            if name and _stays_in(folder, folder / name):
                yield folder / name
                yield from ((folder / name).with_suffix(suffix) for suffix in SUFFIXES if name.name)
    stem = path.name
    while alone and (shorter := stem.rpartition(".")[0]):
        stem = shorter
        for folder in places:
            for base in dict.fromkeys((stem, stem.removesuffix("_res"))):  # PaddleOCR writes page_res.json
                yield from (folder / f"{base}{suffix}" for suffix in SUFFIXES)


def _stays_in(folder: Path, path: Path) -> bool:
    """Whether a path that a document names stays in the folder, links followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):
        return False
