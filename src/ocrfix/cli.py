"""The command `ocrfix`: reads files, has them corrected, and shows or writes what came of it."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from ocrfix import __version__, options
from ocrfix.console import complain, count, progress
from ocrfix.runs import CLEAN, FAILED, FOUND, INTERRUPTED, Run

if TYPE_CHECKING:
    from ocrfix.activation import Active
    from ocrfix.findings import Finding
    from ocrfix.formats import Page
    from ocrfix.formats.document import Text
    from ocrfix.journal import Journal
    from ocrfix.model import Result


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
        verbs: dict[str, Callable[[argparse.Namespace], int]] = {
            **{"check": _check, "places": _places, "apply": _apply},
            **{"learn": _learn, "report": _report, "corpus": _corpus},
        }
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
    if args.resume and (args.format == "sarif" or args.paths == ["-"]):
        args.error("--resume: expected files, and a report that is said file by file; leave out - and --format sarif")
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
        complain(error)
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
        complain(refused)
    if not args.quiet:
        many = count(sum(len(found[str(path)]) for path in written), "correction")
        print(f"{many} made, in {len(written)} of {count(len(found), 'file')}", file=sys.stderr)
    return FAILED if errors else CLEAN


def _learn(args: argparse.Namespace) -> int:
    from ocrfix import learn_command

    return learn_command.run(args)


def _report(args: argparse.Namespace) -> int:
    from ocrfix import report_command

    return report_command.run(args)


def _corpus(args: argparse.Namespace) -> int:
    """Corrects a corpus into a folder."""
    from ocrfix import corpus, files
    from ocrfix.pipeline import Corrector
    from ocrfix.workers import WorkerError

    if args.encoding is not None and not files.is_encoding(args.encoding):
        args.error(f"--encoding: Python knows no encoding {args.encoding!r}")
    shown = sys.stderr.isatty() and not args.quiet
    more = {name: value for name in ("rows", "longest") if (value := getattr(args, name)) is not None}
    try:
        engine: corpus.Engine = corpus.local
        jobs = 1 if args.jobs is None else args.jobs
        if args.runs_on == "ray":
            from ocrfix.integrations.ray import parts_on_ray

            engine, jobs = parts_on_ray, args.jobs or 0
        total = corpus.correct_corpus(
            Path(args.source),
            Path(args.folder),
            Corrector(config=options.config(args)),
            column=args.column,
            together=args.together,
            encoding=args.encoding,
            jobs=jobs,
            engine=engine,
            watch=lambda many, doing: progress(many, doing if shown else ""),
            **more,
        )
    except (ImportError, OSError, TypeError, ValueError, files.FileError, WorkerError) as error:
        complain(error)
        return FAILED
    if not args.quiet:
        refused = f"; {count(total['rejected'], 'row')} refused, see {Path(args.folder, '_rejects')}"
        print(
            f"{count(total['corrections'], 'correction')} made, in {total['altered']} of "
            f"{count(total['rows'], 'row')}" + (refused if total["rejected"] else ""),
            file=sys.stderr,
        )
    return CLEAN


@dataclass
class _Check(Run):
    """Corrections reported, or made."""

    altered: int = 0
    corrections: int = 0
    suggestions: int = 0

    doing = "correcting"

    def __post_init__(self) -> None:
        self.colour = _wants_colour(self.args.color, sys.stdout)
        self.kept: list[Finding] = []  # SARIF is one document, written at the end
        self.journal: Journal | None = None

    def load(self) -> None:
        self.corrector.correct("")
        if self.args.resume:
            from ocrfix.journal import Journal

            self.journal = Journal(Path(self.args.resume), options.that_count(self.args, self.corrector.config))

    def texts(self, pages: Sequence[Page]) -> Sequence[Text]:
        from ocrfix import formats

        return formats.texts_of([page.document for page in pages])

    @property
    def look(self) -> Callable[[Text], Any]:
        return self.corrector.correct

    def is_done(self, pages: Sequence[Page]) -> bool:
        if self.journal is None:
            return False
        before = self.journal.done({str(page.path): page.document.data for page in pages})
        self.count(before or {})
        return before is not None

    def count(self, found: Mapping[str, int]) -> None:
        self.altered += found.get("altered", 0)
        self.corrections += found.get("corrections", 0)
        self.suggestions += found.get("suggestions", 0)

    def document(self, pages: Sequence[Page], found: Sequence[Any]) -> None:
        from ocrfix import files, formats

        results = formats.results_of([page.document for page in pages], found)
        done = list(zip(pages, results, strict=True))
        counts = {
            "altered": sum(bool(result.corrections) for result in results),
            "corrections": sum(len(result.corrections) for result in results),
            "suggestions": sum(len(result.suggestions) for result in results),
        }
        if self.args.write:
            settings = options.in_a_line(self.corrector.config)
            # All pages of an issue are put together before any of them is written.
            written = [page.document.rewritten(result.corrections, settings) for page, result in done]
            if self.journal:  # first: what is written and not noted would be corrected twice
                self.journal.note({str(page.path): data for page, data in zip(pages, written, strict=True)}, counts)
            for page, data in zip(pages, written, strict=True):
                if self.from_stdin:
                    sys.stdout.flush()
                    sys.stdout.buffer.write(data)
                elif data != page.document.data:
                    files.write_bytes(page.path, page.document.data, data)
        self.count(counts)
        for page, result in done:
            if not (self.args.write and self.from_stdin):
                self.report(page, result)
        if self.journal and not self.args.write:
            sys.stdout.flush()  # what is noted must have been said
            self.journal.note({str(page.path): page.document.data for page in pages}, counts)

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
        done = f"{count(self.corrections, 'correction')} {'made' if self.args.write else 'to make'}"
        line = f"{done}, in {self.altered} of {count(self.seen, 'file')}"
        if self.suggestions:
            shown = self.args.suggestions or self.args.strict
            line += f"; {count(self.suggestions, 'suggestion')}" + ("" if shown else " (--suggestions shows them)")
        return line


@dataclass
class _Places(Run):
    """The places that documents speak of, printed."""

    found: int = 0
    shown: int = 0

    def load(self) -> None:
        self.look("")

    def texts(self, pages: Sequence[Page]) -> Sequence[Text]:
        from ocrfix.formats.together import joined

        return (str(joined([page.document.text for page in pages])),)

    @property
    def look(self) -> Callable[[Text], Any]:
        return self.corrector.places

    def document(self, pages: Sequence[Page], found: Sequence[Any]) -> None:
        from ocrfix.near_names import LEAST

        name = str(pages[0].path) if len(pages) == 1 else f"{pages[0].path} … {pages[-1].path}"
        least = LEAST if self.args.least is None else self.args.least
        found = [active for active in found[0] if active.weight >= least]
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
        return f"{count(self.found, 'name')} of places{hidden}, in {count(self.seen, 'file')}"


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
