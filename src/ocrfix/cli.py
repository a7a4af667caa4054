"""The command `ocrfix`: reads files, has them corrected, and shows or writes what came of it."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ocrfix import __version__, console, options

if TYPE_CHECKING:
    from ocrfix.activation import Active
    from ocrfix.findings import Finding
    from ocrfix.formats import Page
    from ocrfix.model import Result

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130

_BAR_FROM = 5  # files; fewer are done before a bar could be read


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    0: nothing to correct, all written, or places printed. 1: corrections to make. 2: an error. 130: interrupted.
    argv: the arguments without the command's name (default: the process's).
    """
    args = sys.argv[1:] if argv is None else list(argv)
    try:
        console.open_what_is_closed()
        console.speak_utf8(sys.stdout)
        console.speak_utf8(sys.stderr)
        parser = options.parser()
        if not args or args[0] not in (*options.VERBS, "-h", "--help", "--version"):
            parser.print_help(sys.stderr)
            if args:
                print(f"\nocrfix: expected a verb, found {args[0]!r}; try: ocrfix check {args[0]}", file=sys.stderr)
            return FAILED
        parsed = parser.parse_args(args)
        code = {"check": _check, "places": _places, "review": _review, "apply": _apply}[parsed.verb](parsed)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("ocrfix: interrupted", file=sys.stderr)
        return INTERRUPTED
    except OSError as error:
        # What goes wrong with a file is said where it is read or written: this is the report itself.
        if not isinstance(error, BrokenPipeError):  # else whoever read it has left
            print(f"ocrfix: standard output: {error.strerror}", file=sys.stderr)
        # Python flushes once more at exit, and must not complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:
        # A mistake of ours. Python would exit with 1, which says that corrections were found.
        traceback.print_exc()
        return FAILED


def _check(args: argparse.Namespace) -> int:
    if args.diff and args.format != "text":
        args.error("--diff is a format of its own: leave out --format")
    return _Check(args).run()


def _places(args: argparse.Namespace) -> int:
    return _Places(args).run()


def _review(args: argparse.Namespace) -> int:
    if "-" in args.paths:
        args.error("expected files, found - (standard input), in which no decision could be made; name the files")
    return _Review(args).run()


def _apply(args: argparse.Namespace) -> int:
    """Makes what was decided, after all of it has been found to fit."""
    from ocrfix import applying, changes, files
    from ocrfix.spans import visible

    if args.encoding is not None and not files.is_encoding(args.encoding):
        args.error(f"--encoding: Python knows no encoding {args.encoding!r}")
    try:
        data = sys.stdin.buffer.read() if args.changes == "-" else Path(args.changes).read_bytes()
        found = changes.read_changes(data, "<stdin>" if args.changes == "-" else args.changes)
    except (OSError, changes.ChangesError) as error:
        _complain(error)
        return FAILED
    reading = {"input_format": args.input_format, "column": args.column}
    todo, errors = changes.plan(found, Path(args.within), args.encoding, by=args.by, **reading)
    done: list[changes.Planned] = []
    log = Path(args.log) if args.log else applying.log_beside(args.changes, todo)
    if not errors and args.diff:
        for planned in todo:
            console.show(planned.document.diff(planned.corrections, planned.path.as_posix(), planned.settings))
        return CLEAN
    if not errors:
        done, errors = applying.make(todo, log, args.by)
    for refused in errors:
        _complain(refused)
    if not args.quiet:
        made = sum(len(planned.corrections) for planned in done)
        kept = sum(len(planned.changes) for planned in done) - made
        written = sum(bool(planned.corrections) for planned in done)
        line = f"{_count(made, 'correction')} made, in {written} of {_count(len(found), 'file')}"
        line += f"; {kept} left as printed" if kept else ""
        print(visible(line + (f"; recorded in {log}" if log and done else "")), file=sys.stderr)
    return FAILED if errors else CLEAN


@dataclass
class _Run:
    """One run of the command over the documents that it was given, and how many it has read and refused so far."""

    args: argparse.Namespace
    seen: int = 0
    errors: int = 0

    doing = "reading"

    def run(self) -> int:
        """Does each document; returns the exit code."""
        from ocrfix import files
        from ocrfix.pipeline import Corrector

        if "-" in self.args.paths and len(self.args.paths) > 1:
            self.args.error("- (standard input) stands alone: leave out the other paths")
        if "" in self.args.paths:
            self.args.error("expected a path, found an empty one; for this folder say .")
        if self.args.encoding is not None and not files.is_encoding(self.args.encoding):
            self.args.error(f"--encoding: Python knows no encoding {self.args.encoding!r}")
        try:
            self.corrector = Corrector(config=options.config(self.args))
            self.load()
        except (OSError, TypeError, ValueError) as error:  # nothing has been read yet, nothing will be written
            _complain(error)
            return FAILED
        if self.from_stdin:
            self.standard_input()
        else:
            self.files()
        code = self.finish()
        if not self.args.quiet:
            print(self.summary() + (f"; {_count(self.errors, 'error')}" if self.errors else ""), file=sys.stderr)
        return FAILED if self.errors else code

    @property
    def from_stdin(self) -> bool:
        return bool(self.args.paths == ["-"])

    def load(self) -> None:
        """Reads the tables, so that a list that cannot be read is known before any file is touched."""
        raise NotImplementedError

    def document(self, pages: Sequence[Page]) -> None:
        """Does one document: a file, or the pages of an issue; FileError where one cannot be written."""
        raise NotImplementedError

    def finish(self) -> int:
        """Writes what comes last; returns the exit code of a run without errors."""
        raise NotImplementedError

    def summary(self) -> str:
        """What was done, in a line."""
        raise NotImplementedError

    def files(self) -> None:
        from ocrfix import files, formats

        found: dict[Path, None] = {}
        for name in self.args.paths:
            try:
                found.update(dict.fromkeys(files.find(Path(name), formats.is_layout)))
            except files.FileError as error:
                self.refuse(error)
        bar = len(found) >= _BAR_FROM and sys.stderr.isatty() and not self.args.quiet
        with console.progress(tuple(found), self.doing if bar else "") as todo:
            for path in todo:
                try:
                    pages = formats.open_pages(path, self.args.input_format, **self.reading)
                    self.document(pages)
                    self.seen += len(pages)
                except files.FileError as error:
                    self.refuse(error)

    def standard_input(self) -> None:
        from ocrfix import files, formats

        name = self.args.stdin_filename or "<stdin>"
        data = sys.stdin.buffer.read(files.LARGEST + 1)
        try:
            document = formats.open_document(data, name, self.args.input_format, **self.reading)
            self.document([formats.Page(Path(name), document)])
            self.seen += 1
        except files.FileError as error:
            self.refuse(error)

    @property
    def reading(self) -> dict[str, str]:
        """How files are to be read."""
        return {"encoding": self.args.encoding, "column": self.args.column}

    def refuse(self, error: Exception) -> None:
        self.errors += 1
        _complain(error)


@dataclass
class _Check(_Run):
    """Corrections reported, or made."""

    altered: int = 0
    corrections: int = 0
    suggestions: int = 0

    doing = "correcting"

    def __post_init__(self) -> None:
        self.colour = console.wants_colour(self.args.color, sys.stdout)
        self.kept: list[Finding] = []  # SARIF is one document, written at the end

    def load(self) -> None:
        self.corrector.correct("")

    def document(self, pages: Sequence[Page]) -> None:
        from ocrfix import files, formats

        results = formats.correct_together(self.corrector.correct, [page.document for page in pages])
        done = list(zip(pages, results, strict=True))
        if self.args.write:
            settings = options.in_a_line(self.corrector.config)
            # All pages of an issue are put together before any of them is written.
            written = [page.document.rewritten(result.corrections, settings) for page, result in done]
            for page, data in zip(pages, written, strict=True):
                if self.from_stdin:
                    sys.stdout.flush()
                    sys.stdout.buffer.write(data)
                elif data != page.document.data:
                    files.write_bytes(page.path, page.document.data, data)
        for page, result in done:
            self.altered += bool(result.corrections)
            self.corrections += len(result.corrections)
            self.suggestions += len(result.suggestions)
            if not (self.args.write and self.from_stdin):
                self.report(page, result)

    def report(self, page: Page, result: Result) -> None:
        from ocrfix.findings import findings

        if self.args.diff:
            settings = options.in_a_line(self.corrector.config)
            console.show(page.document.diff(result.corrections, page.path.as_posix(), settings), self.colour)
            return
        shown = self.args.suggestions or self.args.strict
        found = findings(str(page.path), result, suggestions=shown, document=page.document)
        if self.args.format == "sarif":
            self.kept += found
        for finding in found:
            if self.args.format == "text":
                print(finding.as_line(self.colour))
            elif self.args.format == "json":
                print(finding.as_json())

    def finish(self) -> int:
        if self.args.format == "sarif" and not (self.args.write and self.from_stdin):
            from ocrfix.findings import sarif

            sys.stdout.write(sarif(self.kept, __version__))
        if self.args.strict and self.suggestions:
            return FOUND
        if self.args.write and not self.args.exit_non_zero_on_fix:
            return CLEAN
        return FOUND if self.corrections else CLEAN

    def summary(self) -> str:
        done = f"{_count(self.corrections, 'correction')} {'made' if self.args.write else 'to make'}"
        line = f"{done}, in {self.altered} of {_count(self.seen, 'file')}"
        if self.suggestions:
            shown = self.args.suggestions or self.args.strict
            line += f"; {_count(self.suggestions, 'suggestion')}" + ("" if shown else " (--suggestions shows them)")
        return line


@dataclass
class _Places(_Run):
    """The places that documents speak of, printed."""

    found: int = 0
    shown: int = 0

    def load(self) -> None:
        self.places("")

    def places(self, text: str) -> tuple[Active, ...]:
        from ocrfix.survey import Survey

        return Survey(text, self.corrector.resources, self.corrector.config).places

    def document(self, pages: Sequence[Page]) -> None:
        from ocrfix.formats.together import joined
        from ocrfix.near_names import LEAST

        name = str(pages[0].path) if len(pages) == 1 else f"{pages[0].path} … {pages[-1].path}"
        text = str(joined([page.document.text for page in pages]))
        least = LEAST if self.args.least is None else self.args.least
        found = [active for active in self.places(text) if active.weight >= least]
        shown = found[: self.args.limit or None]
        self.found += len(found)
        self.shown += len(shown)
        for active in shown:
            print(self.as_json(name, active) if self.args.format == "json" else self.as_line(name, active))

    def as_line(self, path: str, active: Active) -> str:
        from ocrfix.spans import visible

        place, weight, why = active
        around = ", ".join(above.name for above in self.corrector.resources.gazetteer.ancestors(place))
        return visible(f"{path}: {place.name} {place.kind}{around and f' ({around})'} {weight:.1f}  {why}")

    def as_json(self, path: str, active: Active) -> str:
        from ocrfix.model import as_json

        place, weight, why = active
        row = {"code": place.code, "kind": place.kind, "within": place.within, "from": place.start, "to": place.end}
        return as_json({"path": path, "name": place.name} | row | {"weight": weight, "why": why})

    def finish(self) -> int:
        return CLEAN

    def summary(self) -> str:
        hidden = "" if self.shown == self.found else f", {self.shown} shown (--limit 0 shows all)"
        return f"{_count(self.found, 'name')} of places{hidden}, in {_count(self.seen, 'file')}"


@dataclass
class _Review(_Run):
    """A page on which a person decides about all that is proposed."""

    doing = "correcting"

    def load(self) -> None:
        from ocrfix.review.sheets import Review

        self.review = Review(Path(self.args.output), [*map(Path, self.args.images)], self.args.embed_images)
        self.corrector.correct("")

    def document(self, pages: Sequence[Page]) -> None:
        from ocrfix import formats

        results = formats.correct_together(self.corrector.correct, [page.document for page in pages])
        for page, result in zip(pages, results, strict=True):
            self.review.add(page, result)

    def finish(self) -> int:
        from ocrfix.files import FileError

        try:
            if self.seen:
                self.review.write(options.in_a_line(self.corrector.config), __version__)
        except FileError as error:
            self.refuse(error)
        return CLEAN

    def summary(self) -> str:
        return self.review.summary()


def _complain(error: Exception) -> None:
    from ocrfix.spans import visible

    if isinstance(error, OSError) and error.filename is not None:
        print(f"ocrfix: {visible(str(error.filename))}: {error.strerror}", file=sys.stderr)
    else:
        print(f"ocrfix: {visible(str(error))}", file=sys.stderr)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
