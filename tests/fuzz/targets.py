"""What is fuzzed: each target takes bytes and keeps its promise; whatever it raises is a find.

Used by `fuzzer.py`, which lets atheris make the bytes, and by `test_fuzz.py`, which lets hypothesis make some and
runs again whatever was found before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from ocrfix import Config, correct, files
from ocrfix.changes import ChangesError, read_changes
from ocrfix.config import SettingsError
from ocrfix.files import FileError
from ocrfix.lexicon import TableError, read_protected
from ocrfix.places import COLUMNS, read_list
from ocrfix.spans import apply

_FOLDER = Path(tempfile.mkdtemp(prefix="ocrfix-fuzz-"))


def decoding(data: bytes) -> None:
    """Any bytes are refused, or spelled back as they were."""
    try:
        text, form = files.decode(data, "page.txt")
    except FileError as error:
        assert str(error).startswith("page.txt: ")
        return
    assert files.encode(text, form, "page.txt") == data


def settings(data: bytes) -> None:
    """Any settings file is refused with its name, or makes a Config; a pyproject.toml too."""
    for name in ("ocrfix.toml", "pyproject.toml"):
        path = _FOLDER / name
        path.write_bytes(data)
        try:
            assert isinstance(Config.from_file(path), Config)
        except SettingsError as error:
            assert str(error).startswith(str(path))


def lists(data: bytes) -> None:
    """Any list of names or of protected words is refused with file and line, or read; with the columns and without."""
    path = _FOLDER / "list.txt"
    for head in (b"", "\t".join(COLUMNS).encode() + b"\n", b"word\treason\n"):
        path.write_bytes(head + data)
        for read in (read_list, read_protected):
            try:
                read(path)
            except TableError as error:
                assert str(error).startswith(f"{path}:")


def changes(data: bytes) -> None:
    """Any file of changes is refused with its name and line, or read."""
    try:
        read_changes(data, "changes.json")
    except ChangesError as error:
        assert str(error).startswith("changes.json:")


def correcting(data: bytes) -> None:
    """Of any text, lone surrogates among it, the contract holds, and every diff can be drawn."""
    text = data.decode("utf-8", "surrogateescape")
    result = correct(text)
    assert apply(text, result.edits) == result.text
    assert apply(result.text, result.inverse) == text
    for style in ("unified", "inline", "json", "html"):
        result.diff(style)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (decoding, settings, lists, changes, correcting)
}
