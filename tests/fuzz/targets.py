"""What is fuzzed: each target takes bytes and keeps its promise; whatever it raises is a find.

Used by `fuzzer.py`, which lets atheris make the bytes, and by `test_fuzz.py`, which lets hypothesis make some and
runs again whatever was found before.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from ocrfix import Config, correct, files
from ocrfix.changes import ChangesError, plan, read_changes
from ocrfix.config import SettingsError
from ocrfix.files import FileError
from ocrfix.formats import FORMATS, Document, detect, mets, open_document
from ocrfix.formats.document import Spliced
from ocrfix.journal import Journal
from ocrfix.lexicon import PROFILE_COLUMNS, TableError, read_protected
from ocrfix.model import Correction
from ocrfix.places import COLUMNS, read_list
from ocrfix.profile import read_profile, table
from ocrfix.spans import apply
from ocrfix.text import HAN

_FOLDER = Path(tempfile.mkdtemp(prefix="ocrfix-fuzz-"))
REVIEWED = "在平区"
"""What the page says that decisions are about."""
ODD = (
    "",
    "\0",
    "\x01",
    "\x85",
    "\n",
    "\ud800",
    "\ufffe",
    "]]>",
    "<&\"'>",
    "-->",
    "\\u0022",
    "a b",
    "𠮷",
    "e\u0301",
    "|",
    "`",
)
"""What nobody should put into a page."""


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


def decisions(data: bytes) -> None:
    """Any decisions about a page beside them, and about any other file, are refused, or planned and their text made."""
    page = _FOLDER / "page.txt"
    page.write_text(REVIEWED, encoding="utf-8")
    try:
        found = read_changes(data.replace(b"PAGE", str(page).encode()), "decisions.json")
    except ChangesError:
        return
    todo, errors = plan(found, _FOLDER)
    assert len(todo) + len(errors) == len(found)
    assert all(isinstance(error, FileError | ChangesError) for error in errors)
    for planned in todo:
        assert planned.path.resolve().is_relative_to(_FOLDER.resolve())
        edits = sorted(c.edit for c in planned.changes if c.changes)
        assert planned.data.decode("utf-8") == apply(REVIEWED, edits) or planned.path.name != "page.txt"


def profiles(data: bytes) -> None:
    """Any profile is refused with file and line, or read, written, and read back."""
    path = _FOLDER / "profile.tsv"
    for head in (b"", "\t".join(PROFILE_COLUMNS).encode() + b"\n"):
        path.write_bytes(head + data)
        try:
            profile = read_profile(path)
        except TableError as error:
            assert str(error).startswith(f"{path}:")
        else:
            path.write_text(table(profile), encoding="utf-8", newline="")
            again = read_profile(path)
            assert (again.engine, again.names, again.protected) == (profile.engine, profile.names, profile.protected)
            assert again.counts.times == profile.counts.times


def journals(data: bytes) -> None:
    """Any journal of a run is refused with its name, or read, added to, and read again."""
    path = _FOLDER / "run.journal"
    for head in (b"", b'{"journal":"ocrfix","settings":"s"}\n'):
        path.write_bytes(head + data)
        page = {"page.txt": b"x"}
        for _ in range(2):
            try:
                with Journal(path, "s") as journal:
                    journal.done(page)
                    journal.note(page, {"corrections": 1})
                    assert journal.path == path
            except FileError as error:
                assert str(error).startswith(f"{path}:")
                break
        else:
            with Journal(path, "s") as journal:
                assert journal.done(page) == {"corrections": 1}


def issues(data: bytes) -> None:
    """Any METS file is refused with its name, or names files in its folder."""
    folder = _FOLDER / "issue"
    folder.mkdir(exist_ok=True)
    for page in ("page1.xml", "page 2.xml"):
        (folder / page).touch()
    try:
        pages = mets.pages(data, folder / "mets.xml")
    except FileError as error:
        assert str(error).startswith(f"{folder / 'mets.xml'}:")
        return
    assert all(page.resolve().is_relative_to(folder.resolve()) for page in pages)


def recognising(data: bytes) -> None:
    """Any file is of a format that there is, or of none, whatever it is called: opened, or refused with its name."""
    for name in ("page", "page.xml", "page.html", "page.json", "page.jsonl", "page.md"):
        assert detect(data, name) in (*FORMATS, "mets", None)
        try:
            assert open_document(data, name).rewritten(()) == data
        except FileError as error:
            assert str(error).startswith(f"{name}:")


def reading(kind: str, data: bytes) -> None:
    """Any file of a format is refused with its name, or written back as it was, and with one character changed.

    Whatever is put in its place, what is written can be read again, or nothing is written.
    """
    name = f"page.{kind}"
    try:
        document = open_document(data, name, kind)
    except FileError as error:
        assert str(error).startswith(f"{name}:")
        return
    assert document.rewritten(()) == data
    text = str(document.text)
    assert len(document.areas) in (0, len(text))
    for at in range(len(text)):
        document.origin(at)
    change = _change(document, text, sum(data))
    if change is None:
        return
    try:
        written = document.rewritten([change], "accept=0.83")
    except FileError as error:  # the encoding of the file lacks the character
        assert str(error).startswith(f"{name}:")
    else:
        assert str(_again(document, written, kind).text) == apply(text, [change.edit])
    odd = replace(change, replacement=ODD[sum(data) % len(ODD)])
    try:
        written = document.rewritten([odd], f"reviewed by {odd.replacement}")
    except FileError as error:
        assert str(error).startswith(f"{name}:")
    else:
        _again(document, written, kind)


def _again(document: Document, written: bytes, kind: str) -> Document:
    """What was written, read in the encoding in which it was: of two characters none can be told with certainty."""
    encoding = document.form.encoding if isinstance(document, Spliced) else None
    return open_document(written, document.name, kind, encoding=encoding)


def _change(document: Document, text: str, number: int) -> Correction | None:
    """Another character for one of the Han characters of a document."""
    places = [at for at, ch in enumerate(text) if HAN.match(ch)]
    for at in places[number % len(places) :] if places else ():
        change = Correction(at, at + 1, text[at], "没" if text[at] != "没" else "设", 0.9, "glyph")
        if document.carries(change):
            return change
    return None


def correcting(data: bytes) -> None:
    """Of any text, lone surrogates among it, the contract holds, and every diff can be drawn."""
    text = data.decode("utf-8", "surrogateescape")
    result = correct(text)
    assert apply(text, result.edits) == result.text
    assert apply(result.text, result.inverse) == text
    for style in ("unified", "inline", "json", "html"):
        result.diff(style)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (
        *(decoding, settings, lists, changes, decisions, profiles, journals, issues, recognising),
        correcting,
    )
} | {kind: partial(reading, kind) for kind in FORMATS if kind != "text"}
