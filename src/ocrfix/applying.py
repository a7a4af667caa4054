"""What was decided is made, and who decided what and why is put on record, a line for each decision."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from ocrfix import files
from ocrfix.changes import Change, Planned
from ocrfix.files import FileError
from ocrfix.model import as_json

LOGGED = (
    *("path", "line", "column", "element", "start", "end", "original", "replacement"),
    *("decision", "proposed", "kind", "score", "note", "by", "at", "together"),
)
"""Of what a decision says, what is put on record."""


def make(todo: Sequence[Planned], log: Path | None, by: str = "") -> tuple[list[Planned], list[Exception]]:
    """Writes files as planned; returns those that hold now what was decided, and what went wrong with the others.

    log: the file to which a line for each decision is added, those too that leave the text as it is; None: no log. It
    is opened before anything is written, so that nothing is changed that cannot be recorded. by: who decided, where a
    decision does not say.
    """
    done: list[Planned] = []
    errors: list[Exception] = []
    when = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    with ExitStack() as stack:
        try:
            record = stack.enter_context(_opened(log, todo)) if log and todo else None
        except FileError as error:
            return [], [error]
        for planned in todo:
            try:
                if planned.data != planned.document.data:
                    files.write_bytes(planned.path, planned.document.data, planned.data)
                if record and log:
                    _add(record, log, planned, by, when)
                done.append(planned)
            except FileError as error:
                errors.append(error)
    return done, errors


def log_beside(decisions: str, todo: Sequence[Planned]) -> Path | None:
    """Where decisions are logged unless the user says: beside them. A mere report and standard input have no log.

    >>> log_beside("page/decisions.json", ()) is None
    True
    """
    decided = any("decision" in change.record for planned in todo for change in planned.changes)
    return Path(decisions).with_suffix(".log.jsonl") if decided and decisions != "-" else None


def _opened(log: Path, todo: Sequence[Planned]) -> BinaryIO:
    if any(log.resolve() == planned.path.resolve() for planned in todo):
        raise FileError(
            f"{log}: expected a log, found a file that is to be changed; nothing written, give another --log"
        )
    try:
        return log.open("ab")
    except OSError as error:
        raise FileError(f"{log}: cannot be written: {error.strerror}; nothing written") from error


def _add(record: BinaryIO, log: Path, planned: Planned, by: str, when: str) -> None:
    before, after = (sha256(data).hexdigest() for data in (planned.document.data, planned.data))
    rows = (_row(change, by) | {"sha256": before, "became": after, "applied": when} for change in planned.changes)
    try:
        record.write("".join(as_json(row) + "\n" for row in rows).encode())
        record.flush()
        os.fsync(record.fileno())
    except OSError as error:
        raise FileError(
            f"{log}: cannot be written: {error.strerror}; {planned.path} is changed all the same"
        ) from error


def _row(change: Change, by: str) -> dict[str, Any]:
    said = {name: change.record[name] for name in LOGGED if name in change.record}
    return said | {"decision": said.get("decision", "accept"), "by": said.get("by") or by}
