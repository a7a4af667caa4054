"""The command `ocrfix`: reads files, has them corrected, and shows or writes what came of it."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from ocrfix import __version__
from ocrfix.config import ENGINES, Config

if TYPE_CHECKING:
    from ocrfix.findings import Finding
    from ocrfix.model import Result
    from ocrfix.pipeline import Corrector

CLEAN, FOUND, FAILED, INTERRUPTED = 0, 1, 2, 130

_BAR_FROM = 5  # files; fewer are done before a bar could be read


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit code.

    0: nothing to correct, or all written. 1: corrections to make. 2: an error. 130: interrupted.
    argv: the arguments without the command's name (default: the process's).
    """
    args = sys.argv[1:] if argv is None else list(argv)
    try:
        _speak_utf8(sys.stdout)
        _speak_utf8(sys.stderr)
        parser = _parser()
        if not args or args[0] not in ("check", "-h", "--help", "--version"):
            parser.print_help(sys.stderr)
            if args:
                print(f"\nocrfix: expected a verb, found {args[0]!r}; try: ocrfix check {args[0]}", file=sys.stderr)
            return FAILED
        code = _check(parser.parse_args(args))
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        print("ocrfix: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the report has left. Python flushes once more at exit, and must not complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception:
        # A mistake of ours. Python would exit with 1, which says that corrections were found.
        traceback.print_exc()
        return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ocrfix", description="Corrects OCR noise in Chinese newspapers, and explains every change."
    )
    parser.add_argument("--version", action="version", version=f"ocrfix {__version__}")
    check = parser.add_subparsers(metavar="VERB", required=True).add_parser(
        "check",
        help="report what is wrong in files, show it as a diff, or write it",
        description="Reports what is wrong and changes nothing, unless --write is given.",
        epilog="Exit code: 0 nothing to correct, or all written; 1 corrections to make; 2 an error; 130 interrupted.",
    )
    check.add_argument(
        "paths", nargs="+", metavar="PATH", help="a file, a folder to search for text files, or - for standard input"
    )
    action = check.add_argument_group("what to do").add_mutually_exclusive_group()
    action.add_argument("--diff", action="store_true", help="show the corrections as a unified diff, in UTF-8")
    action.add_argument(
        "-w", "--write", action="store_true", help="make the corrections; with - print the corrected text"
    )

    report = check.add_argument_group("report")
    report.add_argument(
        "--format", choices=("text", "json", "sarif"), default="text", help="json: one correction a line"
    )
    report.add_argument(
        "--suggestions", action="store_true", help="show also what is seen but not sure enough to be made"
    )
    report.add_argument("--strict", action="store_true", help="suggestions count as findings, and are shown")
    report.add_argument(
        "--exit-non-zero-on-fix", action="store_true", help="with --write, exit 1 where something was corrected"
    )
    report.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="default: on a terminal, unless NO_COLOR is set",
    )
    report.add_argument("-q", "--quiet", action="store_true", help="no summary and no progress bar")

    reading = check.add_argument_group("reading")
    reading.add_argument(
        "--encoding", metavar="NAME", help="of all files; by default UTF-8, UTF-16 or GB18030 is recognised"
    )
    reading.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input in the report")

    settings = check.add_argument_group(
        "settings", "The first four take the place of a settings file's, the others add to it."
    )
    settings.add_argument("--engine", choices=ENGINES, help="what read the page (default: generic)")
    settings.add_argument(
        "--accept", type=float, metavar="SCORE", help=f"make corrections from this score (default: {Config.accept})"
    )
    settings.add_argument(
        "--suggest", type=float, metavar="SCORE", help=f"suggest them from this score (default: {Config.suggest})"
    )
    settings.add_argument("--date", type=int, metavar="YEAR", help="year of the paper")
    settings.add_argument("--region", action="append", default=[], metavar="PLACE", help="a place the text is about")
    settings.add_argument("--gazetteer", action="append", default=[], metavar="FILE", help="further names")
    settings.add_argument("--protect", action="append", default=[], metavar="WORD", help="a word never to be touched")
    source = settings.add_mutually_exclusive_group()
    source.add_argument(
        "--config", metavar="FILE", help="the settings file (default: the nearest ocrfix.toml or pyproject.toml)"
    )
    source.add_argument("--isolated", action="store_true", help="look for no settings file")
    check.set_defaults(error=check.error)
    return parser


def _check(args: argparse.Namespace) -> int:
    from ocrfix import files

    if args.diff and args.format != "text":
        args.error("--diff is a format of its own: leave out --format")
    if "-" in args.paths and len(args.paths) > 1:
        args.error("- (standard input) stands alone: leave out the other paths")
    if args.encoding and not files.is_encoding(args.encoding):
        args.error(f"--encoding: Python knows no encoding {args.encoding!r}")

    try:
        corrector = _corrector(_config(args))
    except (OSError, TypeError, ValueError) as error:  # nothing has been read yet, nothing will be written
        _complain(error)
        return FAILED

    run = _Run(args, corrector)
    if args.paths == ["-"]:
        run.standard_input()
    else:
        run.files(args.paths)
    return run.finish()


def _config(args: argparse.Namespace) -> Config:
    """The settings file's, with what the command line says instead or besides."""
    if args.config:
        config = Config.from_file(args.config)
    else:
        config = Config() if args.isolated else Config.discover()
    instead = {
        name: value for name in ("engine", "accept", "suggest", "date") if (value := getattr(args, name)) is not None
    }
    return replace(
        config,
        region=(*config.region, *args.region),
        gazetteers=(*config.gazetteers, *args.gazetteer),
        protect=(*config.protect, *args.protect),
        **instead,
    )


def _corrector(config: Config) -> Corrector:
    """The corrector with its tables loaded, so that a list that cannot be read is known before any file is touched."""
    from ocrfix.pipeline import Corrector

    corrector = Corrector(config=config)
    corrector.correct("")
    return corrector


@dataclass
class _Run:
    """One run of the command, and what it has come upon so far."""

    args: argparse.Namespace
    corrector: Corrector
    seen: int = 0
    altered: int = 0
    corrections: int = 0
    suggestions: int = 0
    errors: int = 0

    def __post_init__(self) -> None:
        self.colour = _wants_colour(self.args.color, sys.stdout)
        self.kept: list[Finding] = []  # SARIF is one document, written at the end

    def files(self, paths: Sequence[str]) -> None:
        from ocrfix import files

        found: dict[Path, None] = {}
        for name in paths:
            try:
                found.update(dict.fromkeys(files.find(Path(name))))
            except files.FileError as error:
                self.refuse(error)
        bar = len(found) >= _BAR_FROM and sys.stderr.isatty() and not self.args.quiet
        with _progress(tuple(found), bar) as todo:
            for path in todo:
                try:
                    file = files.read(path, self.args.encoding)
                    result = self.corrector.correct(file.text)
                    if self.args.write and result.corrections:
                        files.write(file, result.text)
                except files.FileError as error:
                    self.refuse(error)
                else:
                    self.count(result)
                    self.report(str(path), result)

    def standard_input(self) -> None:
        from ocrfix import files

        name = self.args.stdin_filename or "<stdin>"
        data = sys.stdin.buffer.read()
        try:
            text, form = files.decode(data, name, self.args.encoding)
            result = self.corrector.correct(text)
            corrected = files.encode(result.text, form, name) if result.corrections else data
        except files.FileError as error:
            self.refuse(error)
            return
        self.count(result)
        if self.args.write:
            sys.stdout.flush()
            sys.stdout.buffer.write(corrected)
        else:
            self.report(name, result)

    def count(self, result: Result) -> None:
        self.seen += 1
        self.altered += bool(result.corrections)
        self.corrections += len(result.corrections)
        self.suggestions += len(result.suggestions)

    def report(self, path: str, result: Result) -> None:
        from ocrfix.findings import coloured, findings

        if self.args.diff:
            diff = result.diff(name=Path(path).as_posix())
            sys.stdout.write(coloured(diff) if self.colour else diff)
            return
        found = findings(path, result, suggestions=self.args.suggestions or self.args.strict)
        if self.args.format == "sarif":
            self.kept += found
        for finding in found:
            if self.args.format == "text":
                print(finding.as_line(self.colour))
            elif self.args.format == "json":
                print(finding.as_json())

    def refuse(self, error: Exception) -> None:
        self.errors += 1
        _complain(error)

    def finish(self) -> int:
        if self.args.format == "sarif" and not (self.args.write and self.args.paths == ["-"]):
            from ocrfix.findings import sarif

            sys.stdout.write(sarif(self.kept, __version__))
        if not self.args.quiet:
            print(self.summary(), file=sys.stderr)
        if self.errors:
            return FAILED
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
        if self.errors:
            line += f"; {_count(self.errors, 'error')}"
        return line


@contextmanager
def _progress(paths: Sequence[Path], bar: bool) -> Iterator[Iterator[Path]]:
    """The paths one by one, with a bar on standard error if asked for."""
    if not bar:
        yield iter(paths)
        return
    from rich.console import Console
    from rich.progress import Progress

    # On one terminal the report is printed above the bar; a report that goes to a file must not be drawn into it.
    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        yield iter(progress.track(paths, description="correcting"))


def _complain(error: Exception) -> None:
    if isinstance(error, OSError) and error.filename is not None:
        print(f"ocrfix: {error.filename}: {error.strerror}", file=sys.stderr)
    else:
        print(f"ocrfix: {error}", file=sys.stderr)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _wants_colour(when: str, stream: TextIO) -> bool:
    return when == "always" or (when == "auto" and stream.isatty() and not os.environ.get("NO_COLOR"))


def _speak_utf8(stream: TextIO) -> None:
    """Reports quote Chinese and name files of any bytes, wherever they go; line ends are those of the text."""
    if hasattr(stream, "reconfigure"):
        if stream.isatty():
            stream.reconfigure(errors="backslashreplace")
        else:
            stream.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
