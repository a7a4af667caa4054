"""What is to be decided, as one HTML file: its data, its style and its script, and nothing from anywhere else."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, NamedTuple

MARK = "<!doctype html>\n<!-- ocrfix review -->\n"
"""What a review begins with, so that one may take the place of another, and of no other file."""

SCRIPTS = ("words.js", "store.js", "queue.js", "scan.js", "text.js", "card.js", "page.js")
"""The parts of the page's script, in the order in which they build on one another."""

Side = float
Rectangle = tuple[Side, Side, Side, Side]
"""Left, top, right, bottom on a page image."""


class Picture(NamedTuple):
    """A page image: where it is, or itself as a data URL; its size in the unit of the rectangles, 0 for its pixels."""

    src: str
    width: float = 0
    height: float = 0


class Crop(NamedTuple):
    """What surrounds a proposal: a rectangle of one of the page images, and a data URL of it, or nothing."""

    src: str
    view: Rectangle
    picture: int


class Proposal(NamedTuple):
    """A correction, made or only suggested, and where it is found.

    record: what `Correction.as_record` says. note: the reasons in a line. line, column: from 1, those of the file.
    before, after: the characters on either side. element: what carries it in a layout file. spots: number of the page
    image and rectangle of each line that it stands on.
    """

    record: Mapping[str, Any]
    note: str
    made: bool
    line: int
    column: int
    before: str
    after: str
    element: str = ""
    spots: Sequence[tuple[int, Rectangle]] = ()
    crop: Crop | None = None


class Sheet(NamedTuple):
    """A file to be reviewed: its name, the SHA-256 of its bytes, its text, its page images, and what is proposed."""

    path: str
    sha256: str
    text: str
    proposals: Sequence[Proposal]
    pictures: Sequence[Picture] = ()


def html(sheets: Sequence[Sheet], settings: str = "", version: str = "") -> str:
    """The page, which a browser shows without a server and without the network.

    What comes from the sheets is data, never markup: it stands in blocks of JSON in which no `<` is left, and is put
    on the page as text. The policy in its head allows the script and the style that are written here, by their hashes,
    images from the page itself and from files, and nothing else.

    >>> page = html([Sheet("a.txt", "0" * 64, "</script>", ())])
    >>> page.startswith(MARK), page.count("</script>") - page.count("<script"), "connect-src" in page
    (True, 0, False)
    """
    index = _index(sheets, settings, version)
    index["id"] = hashlib.sha256(_data(index).encode()).hexdigest()[:16]
    blocks = [("index", index), *((f"sheet-{k}", _block(sheet)) for k, sheet in enumerate(sheets))]
    style, script = _part("page.css"), "\n".join(map(_part, SCRIPTS))
    parts = {
        "policy": f"default-src 'none'; img-src data: file: 'self'; style-src {_hash(style)}; "
        f"script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "data": "\n".join(f'<script type="application/json" id="{k}">{_data(v)}</script>' for k, v in blocks),
    }
    skeleton = re.split(r"\{\{(\w+)\}\}", _part("page.html"))
    return MARK + "".join(parts[piece] if k % 2 else piece for k, piece in enumerate(skeleton))


def _index(sheets: Sequence[Sheet], settings: str, version: str) -> dict[str, Any]:
    """What the page reads when it opens: all that it needs to list, filter and export the proposals."""
    items = [
        [k, p.made, p.line, p.column, p.before, p.after, p.element, p.note]
        + [p.record[name] for name in ("start", "end", "original", "replacement", "score", "kind")]
        for k, sheet in enumerate(sheets)
        for p in sheet.proposals
    ]
    named = [[sheet.path, sheet.sha256, len(sheet.pictures)] for sheet in sheets]
    return {"version": version, "settings": settings, "sheets": named, "items": items}


def _block(sheet: Sheet) -> dict[str, Any]:
    """What the page reads of a sheet when that is looked at.

    The text comes in pieces, so that the page need not count code points: a proposal names its first piece and the one
    after its last.
    """
    cuts = {0, len(sheet.text), *(p.record[end] for p in sheet.proposals for end in ("start", "end"))}
    places = {at: k for k, at in enumerate(sorted(cuts))}
    pieces = [sheet.text[start:end] for start, end in pairwise(sorted(cuts))]
    notes: dict[tuple[str, str], int] = {}
    items = []
    for p in sheet.proposals:
        why = [[notes.setdefault((e["name"], e["note"]), len(notes)), e["weight"]] for e in p.record["evidence"]]
        others = [[a["replacement"], a["score"]] for a in p.record["alternatives"]]
        spots = [[picture, *map(_short, box)] for picture, box in p.spots]
        crop = p.crop and [p.crop.src, p.crop.picture, *map(_short, p.crop.view)]
        items.append([places[p.record["start"]], places[p.record["end"]], why, others, spots, crop])
    pictures = [[picture.src, _short(picture.width), _short(picture.height)] for picture in sheet.pictures]
    return {"pieces": pieces, "notes": list(notes), "pictures": pictures, "items": items}


def _short(number: float) -> float:
    """A coordinate as it is written: to the tenth."""
    return int(number) if number == int(number) else round(number, 1)


def _data(value: object) -> str:
    """JSON that may stand in a script element: without `<`, which could end it, and without lone surrogates."""
    return "".join(_spelled(json.dumps(value, ensure_ascii=False, separators=(",", ":"))))


def _spelled(text: str) -> Iterator[str]:
    at = 0
    for found in re.finditer("[<\ud800-\udfff]", text):
        yield text[at : found.start()]
        yield f"\\u{ord(found[0]):04x}"
        at = found.end()
    yield text[at:]


def _hash(content: str) -> str:
    """What a policy calls an inline script or style by."""
    return f"'sha256-{b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"


@cache
def _part(name: str) -> str:
    return resources.files("ocrfix.review").joinpath(name).read_text(encoding="utf-8").replace("\r\n", "\n")
