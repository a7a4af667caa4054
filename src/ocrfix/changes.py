"""What a review or a report says is to be changed, read back, and made where the text still says what it said."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from ocrfix import files
from ocrfix.files import FileError, Form
from ocrfix.formats import Document, open_document
from ocrfix.formats.document import PlainText
from ocrfix.model import Correction
from ocrfix.spans import Edit, apply, around, lines_of


class ChangesError(ValueError):
    """Changes that cannot be read, or not be made; the message says where, what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Change:
    """One decision of a review, or one correction of a report as `Finding.as_json` has it.

    where: its file and line in the report, for messages. path: the file to change. line, column: from 1, those of the
    place. before, after: what stands beside it; None where the report does not say. rejected: whether it was decided to
    keep the original. record: all that it says, for the log.
    """

    where: str
    path: str
    line: int
    column: int
    start: int
    end: int
    original: str
    replacement: str
    before: str | None = None
    after: str | None = None
    rejected: bool = False
    record: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def changes(self) -> bool:
        """Whether something else shall stand there than what is printed."""
        return not self.rejected and self.replacement != self.original

    @property
    def edit(self) -> Edit:
        """The same for `spans.apply`."""
        return Edit(self.start, self.end, self.replacement)


class Planned(NamedTuple):
    """A file, what is to be changed in it, and what it will hold then.

    changes: all decisions about it; corrections: those that change something. settings: how they came about.
    """

    path: Path
    document: Document
    changes: tuple[Change, ...]
    corrections: tuple[Correction, ...]
    settings: str
    data: bytes


def read_changes(data: bytes, name: str) -> dict[str, list[Change]]:
    r"""The changes that a report in JSON lines holds, by file and position; those only suggested are left out.

    data: the decisions of a review, or what `ocrfix check --format json` printed, lines taken out or edited by hand or
    not. name: what to call it in messages. A suggestion whose "suggestion" has been set to false is a change, and so is
    any line that says "decision": "accept" or "replace". What was rejected is kept, to be put on record.

    >>> place = '"path": "page.txt", "line": 1, "column": 1, "start": 0, "end": 1'
    >>> report = f'{{{place}, "original": "在", "replacement": "茌"}}\n'
    >>> [change.edit for change in read_changes(report.encode(), "changes.json")["page.txt"]]
    [Edit(start=0, end=1, replacement='茌')]

    Raises ChangesError, naming the line, for what is no JSON, lacks a field or has one of another type, and for changes
    of one file that overlap.
    """
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ChangesError(f"{name}:{line}: expected UTF-8, found the byte {data[error.start]:#04x}") from None
    found: dict[str, list[Change]] = {}
    for number, row in enumerate(lines, 1):
        if row.strip() and (change := _change(row, f"{name}:{number}")):
            found.setdefault(change.path, []).append(change)
    return {path: _apart(changes) for path, changes in found.items()}


def made(text: str, changes: Iterable[Change]) -> str:
    """The text of a file with its changes made.

    Raises ChangesError, naming file and line, where the text is no longer what the report was made of: another text
    stands at the place, or beside it, or the place is on another line.
    """
    fitting = _fitting(PlainText("", b"", text, Form("utf-8")), changes)
    return apply(text, [c.edit for c in fitting])


def _fitting(document: Document, changes: Iterable[Change]) -> list[Correction]:
    """The changes as corrections of a document; raises ChangesError as `made` does."""
    text, lines = str(document.text), lines_of(document.source)
    fitting = []
    for c in changes:
        place = lines(document.origin(c.start).at)
        stands = text[c.start : c.end] if c.end <= len(text) else ""
        if stands != c.original or c.end > len(text):
            raise ChangesError(_stale(c, f"expected {c.original!r} at column {c.column}, found {stands!r}"))
        if place != (c.line, c.column):
            line, column = place
            raise ChangesError(_stale(c, f"expected {c.original!r} here, found it at line {line}, column {column}"))
        before, after = around(text, c.start, c.end)
        for side, expected, stands in (("before", c.before, before), ("after", c.after, after)):
            if expected not in (None, stands):
                raise ChangesError(_stale(c, f"expected {expected!r} {side} column {c.column}, found {stands!r}"))
        correction = Correction(c.start, c.end, c.original, c.replacement, 1.0, "glyph")
        if c.changes and not document.carries(correction):
            raise ChangesError(
                f"{c.path}:{c.line}: expected a change that the file has a place for, found {c.original!r} to become "
                f"{c.replacement!r} ({c.where}); leave it out"
            )
        fitting += [correction] if c.changes else []
    return fitting


def plan(
    found: Mapping[str, Iterable[Change]], within: Path, encoding: str | None = None, *, by: str = "", **reading: Any
) -> tuple[list[Planned], list[Exception]]:
    """Files, each with what is to be written, and what speaks against some; nothing is written.

    within: the folder that the files must lie in, links followed, so that a report from elsewhere reaches no others.
    encoding: Python's name of it, default as `files.decode` finds it. by: who decided, where a decision does not say.
    reading: how else files are read, as `formats.open_document` takes it.

    The errors are FileError, where a file lies elsewhere, is named twice, cannot be read, or its encoding lacks a
    character, and ChangesError as `made` has it, or where a file is not the one that was reviewed.
    """
    todo: list[Planned] = []
    errors: list[Exception] = []
    names: dict[Path, str] = {}
    for path, given in found.items():
        changes = tuple(given)
        try:
            target, folder = Path(path).resolve(), within.resolve()
            if not target.is_relative_to(folder):
                raise FileError(
                    f"{path}: expected a file in {folder}, found it elsewhere; --within FOLDER allows others"
                )
            if names.setdefault(target, path) != path:
                raise FileError(f"{path}: expected one name for one file, found {names[target]} too; use one of them")
            document = open_document(files.read_bytes(Path(path)), path, encoding=encoding, **reading)
            _refuse_another(document, changes)
            corrections = tuple(_fitting(document, changes))
            who = sorted({name for c in changes if (name := c.record.get("by") or by)})
            settings = f"reviewed by {', '.join(who)}" if who else ""
            data = document.rewritten(corrections, settings)
            todo.append(Planned(Path(path), document, changes, corrections, settings, data))
        except (FileError, ChangesError) as error:
            errors.append(error)
    return todo, errors


def _refuse_another(document: Document, changes: Iterable[Change]) -> None:
    """Raises ChangesError where a file is not, byte for byte, the one that was decided about."""
    digest = sha256(document.data).hexdigest()
    for c in changes:
        if c.record.get("sha256", digest) != digest:
            raise ChangesError(
                f"{document.name}: expected the reviewed file ({c.where}: SHA-256 {c.record['sha256'][:12]}…), "
                f"found another ({digest[:12]}…); it has changed since: review it anew"
            )


def _stale(c: Change, what: str) -> str:
    return f"{c.path}:{c.line}: {what}; the file has changed since the report ({c.where}): make it anew"


DECISIONS = ("accept", "reject", "replace")
"""What a person may decide about a proposal; a report of `ocrfix check` says nothing of it."""

_FIELDS: tuple[tuple[str, type, str], ...] = (
    ("path", str, "a string"),
    ("line", int, "a whole number"),
    ("column", int, "a whole number"),
    ("start", int, "a whole number"),
    ("end", int, "a whole number"),
    ("original", str, "a string"),
    ("replacement", str, "a string"),
)


def _change(line: str, where: str) -> Change | None:
    """The change that a line holds; None for one that is only suggested."""
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ChangesError(f"{where}: expected JSON as ocrfix check --format json prints it: {error}") from None
    if not isinstance(record, dict):
        raise ChangesError(f"{where}: expected an object, found {line.strip()[:40]!r}")
    suggestion = record.get("suggestion", False)
    if not isinstance(suggestion, bool):
        raise ChangesError(f"{where}: suggestion: expected true or false, found {suggestion!r}")
    for name, kind, expected in _FIELDS:
        value = record.get(name)
        if not isinstance(value, kind) or isinstance(value, bool):
            raise ChangesError(f"{where}: {name}: expected {expected}, found {_shown(value)}")
    for name in ("before", "after"):
        if not isinstance(record.get(name), str | None):
            raise ChangesError(f"{where}: {name}: expected a string, found {_shown(record[name])}")
    for name in ("by", "proposed", "sha256"):
        if not isinstance(record.get(name, ""), str):
            raise ChangesError(f"{where}: {name}: expected a string, found {_shown(record[name])}")
    start, end, original = record["start"], record["end"], record["original"]
    if start < 0 or end - start != len(original):
        raise ChangesError(
            f"{where}: expected a span as long as its original, found {start}:{end} and {_shown(original)}"
        )
    decision = record.get("decision", DECISIONS[suggestion])
    if decision not in DECISIONS:
        raise ChangesError(f"{where}: decision: expected one of {', '.join(DECISIONS)}, found {_shown(decision)}")
    if not _is_name(record["path"]):
        raise ChangesError(f"{where}: path: expected the name of a file, found {record['path']!r}")
    fields: dict[str, Any] = {name: record.get(name) for name in (*(name for name, _, _ in _FIELDS), "before", "after")}
    if suggestion and "decision" not in record:
        return None
    return Change(where, **fields, rejected=decision == "reject", record=record)


def _is_name(path: str) -> bool:
    """Whether a file can have the name; half of a character (a lone surrogate) can be in none."""
    try:
        return bool(path) and b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False


def _apart(changes: list[Change]) -> list[Change]:
    """By position; refused where two change the same characters, insert at one place, or are about one proposal."""
    changes = sorted(changes, key=lambda c: (c.start, c.end))
    decided: dict[tuple[int, int, Any], Change] = {}
    for c in changes:
        if "proposed" in c.record and (other := decided.setdefault((c.start, c.end, c.record["proposed"]), c)) is not c:
            raise ChangesError(
                f"{c.where}: expected one decision about a proposal, found another in {other.where}; leave one out"
            )
    for one, other in pairwise([c for c in changes if c.changes]):
        if other.start < one.end or (one.start, one.end) == (other.start, other.end):
            raise ChangesError(
                f"{other.where}: expected changes that lie apart, found {other.start}:{other.end} over "
                f"{one.start}:{one.end} ({one.where}); leave one of them out"
            )
    return changes


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 40 else shown[:40] + "…"
