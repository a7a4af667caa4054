"""The command `ocrfix`: reads files, has them corrected, and shows or writes what came of it."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ocrfix import __version__, options
from ocrfix.console import complain as _complain
from ocrfix.console import count as _count
from ocrfix.console import progress as _progress

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
        _open_what_is_closed()
        _speak_utf8(sys.stdout)
        _speak_utf8(sys.stderr)
        parser = options.parser()
        if not args or args[0] not in (*options.VERBS, "-h", "--help", "--version"):
            parser.print_help(sys.stderr)
            if args:
                print(f"\nocrfix: expected a verb, found {args[0]!r}; try: ocrfix check {args[0]}", file=sys.stderr)
            return FAILED
        parsed = parser.parse_args(args)
        verbs = {"check": _check, "places": _places, "apply": _apply, "learn": _learn, "report": _report}
        code = verbs[parsed.verb](parsed)
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


def _apply(args: argparse.Namespace) -> int:
    """Makes the corrections of a report, after all of them have been found to fit."""
    from ocrfix import changes, files

    if args.encoding is not None and not files.is_encoding(args.encoding):
        args.error(f"--encoding: Python knows no encoding {args.encoding!r}")
    name = "<stdin>" if args.changes == "-" else args.changes
    try:
        data = sys.stdin.buffer.read() if args.changes == "-" else Path(args.changes).read_bytes()
        found = changes.read_changes(data, name)
    except (OSError, changes.ChangesError) as error:
        _complain(error)
        return FAILED
    todo, errors = changes.plan(found, Path(args.within), args.encoding)
    written = []
    for path, before, after in () if errors else todo:
        try:
            files.write_bytes(path, before, after)
            written.append(path)
        except files.FileError as error:
            errors.append(error)
    for refused in errors:
        _complain(refused)
    if not args.quiet:
        many = _count(sum(len(found[str(path)]) for path in written), "correction")
        print(f"{many} made, in {len(written)} of {_count(len(found), 'file')}", file=sys.stderr)
    return FAILED if errors else CLEAN


def _learn(args: argparse.Namespace) -> int:
    from ocrfix import learn_command

    return learn_command.run(args)


def _report(args: argparse.Namespace) -> int:
    from ocrfix import report_command

    return report_command.run(args)


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
        with _progress(tuple(found), self.doing if bar else "") as todo:
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
        self.colour = _wants_colour(self.args.color, sys.stdout)
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
        from ocrfix.findings import coloured, findings
        from ocrfix.spans import harmless

        if self.args.diff:
            settings = options.in_a_line(self.corrector.config)
            diff = page.document.diff(result.corrections, page.path.as_posix(), settings)
            diff = harmless(diff) if sys.stdout.isatty() else diff  # what `patch` is to read must be as it is
            sys.stdout.write(coloured(diff) if self.colour else diff)
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


def _wants_colour(when: str, stream: TextIO) -> bool:
    return when == "always" or (when == "auto" and stream.isatty() and not os.environ.get("NO_COLOR"))


def _open_what_is_closed() -> None:
    """Python has no stream for a handle that the caller closed: nothing is read there, and what is said is dropped."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (as long as the process)


def _speak_utf8(stream: TextIO) -> None:
    """Reports quote Chinese and name files of any bytes, wherever they go; line ends are those of the text."""
    if hasattr(stream, "reconfigure"):
        if stream.isatty():
            stream.reconfigure(errors="backslashreplace")
        else:
            stream.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
