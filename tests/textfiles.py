"""A file of text, read and written as the command does it."""

from __future__ import annotations

from pathlib import Path

from ocrfix import Correction, files
from ocrfix.formats.document import PlainText


def read(path: Path, encoding: str | None = None) -> PlainText:
    data = files.read_bytes(path)
    text, form = files.decode(data, str(path), encoding)
    return PlainText(str(path), data, text, form)


def write(file: PlainText, text: str) -> None:
    whole = Correction(0, len(file.text), file.text, text, 1.0, "glyph")
    files.write_bytes(Path(file.name), file.data, file.rewritten([whole]))
