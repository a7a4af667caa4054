"""`ocrfix report`: pages are read and corrected, nothing in them is changed, and one HTML file tells of all of them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ocrfix import __version__, files, formats, settings
from ocrfix.collection import PageFacts, facts, series, tree
from ocrfix.console import complain, count, progress
from ocrfix.files import FileError

if TYPE_CHECKING:
    from ocrfix.pipeline import Corrector

WRITTEN, FAILED = 0, 2
MARK = b"<title>ocrfix: "
"""What the head of a report holds."""


def run(args: argparse.Namespace) -> int:
    """Does what the arguments say; returns the exit code."""
    if "-" in args.paths or "" in args.paths:
        args.error("expected files and folders; a report of standard input would be of no collection")
    if args.encoding is not None and not files.is_encoding(args.encoding):
        args.error(f"--encoding: Python knows no encoding {args.encoding!r}")
    from ocrfix.pipeline import Corrector
    from ocrfix.report import report

    output = Path(args.output)
    try:
        _refuse_to_replace(output)
        corrector = Corrector(config=settings.config(args))
        corrector.correct("")
    except (OSError, TypeError, ValueError, FileError) as error:  # nothing has been read yet, nothing will be written
        complain(error)
        return FAILED
    pages, errors = _pages(args, corrector, output)
    if not pages:
        complain(FileError("expected pages to report on, found none that can be read"))
        return FAILED
    about = f"ocrfix {__version__}; {settings.in_a_line(corrector.config)}"
    places = tree(pages, corrector.resources.gazetteer)
    text = report(pages, series(pages), places, about, args.language)
    try:
        files.create_bytes(output, text.encode("utf-8"), _is_report)
    except FileError as error:
        complain(error)
        return FAILED
    if not args.quiet:
        failed = f"; {count(errors, 'error')}" if errors else ""
        print(f"written: {output}, of {count(len(pages), 'page')}{failed}", file=sys.stderr)
    return FAILED if errors else WRITTEN


def _pages(args: argparse.Namespace, corrector: Corrector, output: Path) -> tuple[list[PageFacts], int]:
    """What is to be known of each page, and how many files could not be read."""
    found: dict[Path, None] = {}
    pages, errors = list[PageFacts](), 0
    for name in args.paths:
        try:
            found.update(dict.fromkeys(files.find(Path(name), formats.is_layout)))
        except FileError as error:
            errors += 1
            complain(error)
    paths = [path for path in found if not _is_same(path, output)]  # an older report in the folder is no page
    with progress(len(paths), "" if args.quiet or not sys.stderr.isatty() else "reading") as done:
        for path in paths:
            try:
                reading = {"encoding": args.encoding, "column": args.column}
                opened = formats.open_pages(path, args.input_format, **reading)
                results = formats.correct_together(corrector.correct, [page.document for page in opened])
                resources, config = corrector.resources, corrector.config
                pages += [facts(str(p.path), r, resources, config) for p, r in zip(opened, results, strict=True)]
                done(sum(len(result.source) for result in results))
            except FileError as error:
                errors += 1
                complain(error)
    return pages, errors


def _is_same(path: Path, output: Path) -> bool:
    return path.resolve() == output.resolve()


def _is_report(head: bytes) -> bool:
    return MARK in head


def _refuse_to_replace(path: Path) -> None:
    """Raises FileError where something stands in the place of the report that is none."""
    if path.exists() and not (path.is_file() and _is_report(files.read_bytes(path)[:8192])):
        raise FileError(f"{path}: expected a report, or nothing yet, found something else; name another --output")
