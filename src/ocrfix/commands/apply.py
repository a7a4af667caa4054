"""`ocrfix apply`: what was decided is made, after all of it has been found to fit."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ocrfix import applying, changes, files
from ocrfix.console import complain, count, show
from ocrfix.runs import CLEAN, FAILED
from ocrfix.spans import visible


def run(args: argparse.Namespace) -> int:
    """Does what the arguments say; returns the exit code."""
    if args.encoding is not None and not files.is_encoding(args.encoding):
        args.error(f"--encoding: Python knows no encoding {args.encoding!r}")
    try:
        data = sys.stdin.buffer.read() if args.changes == "-" else Path(args.changes).read_bytes()
        found = changes.read_changes(data, "<stdin>" if args.changes == "-" else args.changes)
    except (OSError, changes.ChangesError) as error:
        complain(error)
        return FAILED
    reading = {"input_format": args.input_format, "column": args.column}
    todo, errors = changes.plan(found, Path(args.within), args.encoding, by=args.by, **reading)
    done: list[changes.Planned] = []
    log = Path(args.log) if args.log else applying.log_beside(args.changes, todo)
    if not errors and args.diff:
        for planned in todo:
            show(planned.document.diff(planned.corrections, planned.path.as_posix(), planned.settings))
        return CLEAN
    if not errors:
        done, errors = applying.make(todo, log, args.by)
    for refused in errors:
        complain(refused)
    if not args.quiet:
        made = sum(len(planned.corrections) for planned in done)
        kept = sum(len(planned.changes) for planned in done) - made
        written = sum(bool(planned.corrections) for planned in done)
        line = f"{count(made, 'correction')} made, in {written} of {count(len(found), 'file')}"
        line += f"; {kept} left as printed" if kept else ""
        print(visible(line + (f"; recorded in {log}" if log and done else "")), file=sys.stderr)
    return FAILED if errors else CLEAN
