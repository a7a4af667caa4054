"""Which files has a run done? Kept beside it, so that one that was cut goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from ocrfix.files import FileError
from ocrfix.model import as_json

Counts = Mapping[str, int]


class Journal:
    """A file to which each document is noted when it is done: how its files then were, and what was found in them.

    settings: all that the result hangs on. A document counts as done while its files are as they were left.

    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "run.journal")
    >>> with Journal(path, "accept=0.83") as journal:
    ...     journal.note({"page.txt": "在平".encode()}, {"corrections": 1})
    >>> with Journal(path, "accept=0.83") as journal:
    ...     journal.done({"page.txt": "在平".encode()}), journal.done({"page.txt": "茌平".encode()})
    ({'corrections': 1}, None)
    >>> folder.cleanup()

    Raises FileError where it is a file of another kind, of other settings, or cannot be read or written.
    """

    def __init__(self, path: Path, settings: str) -> None:
        self.path = path
        head = {"journal": "ocrfix", "settings": settings}
        try:
            self.file: BinaryIO = path.open("a+b")
            self.file.seek(0)
            lines = self.file.read().split(b"\n")
        except OSError as error:
            raise FileError(f"{path}: cannot be read and written: {error.strerror}") from error
        begun = len(lines) > 1
        if _parsed(lines[0]) != head if begun else not as_json(head).encode().startswith(lines[0]):
            self.file.close()
            raise FileError(f"{path}:1: {_why(_parsed(lines[0]))}")
        torn = len(lines.pop())  # what was being written when the run was cut
        self.file.truncate(self.file.seek(0, 2) - torn)
        self.known: dict[str, Counts] = {}
        for line in lines[1:]:
            entry = _parsed(line)
            self.known[_key(entry.get("files", {}))] = entry.get("counts", {})
        if not begun:
            self._write(head)

    def done(self, files: Mapping[str, bytes]) -> Counts | None:
        """What was found in a document, if its files hold what they held when it was done; by name, what they hold."""
        return self.known.get(_key(_hashes(files)))

    def note(self, files: Mapping[str, bytes], counts: Counts) -> None:
        """Notes that a document is done when its files hold this, and what was found in it."""
        self._write({"files": _hashes(files), "counts": dict(counts)})

    def _write(self, entry: Mapping[str, Any]) -> None:
        try:
            self.file.write(as_json(entry).encode() + b"\n")
            self.file.flush()
        except OSError as error:
            raise FileError(f"{self.path}: cannot be written: {error.strerror}") from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


def _hashes(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}


def _key(hashes: Mapping[str, str] | Sequence[str]) -> str:
    return as_json(hashes)


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def _why(head: Mapping[str, Any]) -> str:
    if head.get("journal") == "ocrfix":
        return f"expected a journal of this run, found one of other settings ({head.get('settings')}); name another"
    return "expected a journal that ocrfix wrote, found another file; name another"
