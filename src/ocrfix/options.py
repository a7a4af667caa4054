"""What the command takes: its verbs, their options, and the settings that these make."""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from typing import Any

from ocrfix import __version__
from ocrfix.config import ENGINES, Config

VERBS = ("check", "places", "review", "apply")
"""What the command does; each is a parser of its own."""

INPUT_FORMATS = ("alto", "hocr", "page", "rapidocr", "paddleocr", "markdown", "jsonl", "parquet", "text")
"""What formats.FORMATS reads, by name."""

MOST = 40
"""Places that are shown of a file, unless the user says how many."""

INSTEAD = ("engine", "accept", "suggest", "date")
"""Options that take the place of what a settings file says."""
BESIDES = (
    ("region", "region"),
    ("gazetteers", "gazetteer"),
    ("protect", "protect"),
    ("protect_files", "protect_file"),
)
"""Settings that options add to, and the options; a verb may lack some."""


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command. What it makes of a line names the `verb`, and `error` refuses as the verb does.

    >>> args = parser().parse_args(["places", "--limit", "3", "page.txt"])
    >>> args.verb, args.limit, args.paths
    ('places', 3, ['page.txt'])
    """
    command = argparse.ArgumentParser(
        prog="ocrfix", description="Corrects OCR noise in Chinese newspapers, and explains every change."
    )
    command.add_argument("--version", action="version", version=f"ocrfix {__version__}")
    verbs = command.add_subparsers(metavar="VERB", dest="verb", required=True)
    _check(
        verbs.add_parser(
            "check",
            help="report what is wrong in files, show it as a diff, or write it",
            description="Reports what is wrong and changes nothing, unless --write is given.",
            epilog="Exit code: 0 nothing to correct, or all written; 1 corrections to make; 2 an error; "
            "130 interrupted.",
        )
    )
    _places(
        verbs.add_parser(
            "places",
            help="say which places files speak of, and why",
            description="Prints the names that each file may well use, likeliest first: name, kind, what it lies in, "
            "weight in nats, reason. Changes nothing.",
            epilog="Exit code: 0 done; 2 an error; 130 interrupted.",
        )
    )
    _review(
        verbs.add_parser(
            "review",
            help="make a page on which a person decides about each proposal",
            description="Writes one HTML file that shows every correction and suggestion in its text and on its page "
            "image, takes decisions by keyboard, and gives them back as decisions.json, for `ocrfix apply`. It needs "
            "no server and no network. The files under review are not changed.",
            epilog="Exit code: 0 written; 2 an error; 130 interrupted.",
        )
    )
    _apply(
        verbs.add_parser(
            "apply",
            help="make the corrections that were decided in a review, or that a report in JSON lists",
            description="Makes the decisions of a review, or the corrections that `ocrfix check --format json` has "
            "printed, in the files that they name. Of a report lines taken out are left, and a suggestion whose "
            '"suggestion" is set to false is made. Where one of the files is no longer what was decided about, '
            "nothing at all is written. What was decided, by whom and why is added to a log.",
            epilog="Exit code: 0 all made; 2 an error; 130 interrupted.",
        )
    )
    return command


def config(args: argparse.Namespace) -> Config:
    """The settings file's, with what the command line says instead or besides.

    >>> config(parser().parse_args(["places", "--isolated", "--region", "山东省", "page.txt"])).region
    ('山东省',)

    Raises SettingsError for a settings file that cannot be used, ValueError for an option out of range.
    """
    if args.config:
        found = Config.from_file(args.config)
    else:
        found = Config() if args.isolated else Config.discover()
    instead = {name: value for name in INSTEAD if (value := getattr(args, name, None)) is not None}
    besides: dict[str, Any] = {name: (*getattr(found, name), *getattr(args, option, ())) for name, option in BESIDES}
    return replace(found, **instead, **besides)


def in_a_line(config: Config) -> str:
    """The settings that corrections were made with, as a corrected file records them.

    >>> in_a_line(Config(region=("聊城",)))
    'accept=0.82; engine=generic; region=聊城'
    """
    said = {"accept": config.accept, "engine": config.engine, "region": " ".join(config.region), "date": config.date}
    return "; ".join(f"{name}={value}" for name, value in said.items() if value not in ("", None))


# ---------------------------------------------------------------------------------------------------------------------


def _check(check: argparse.ArgumentParser) -> None:
    _paths(check)
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
    _reading(check, stdin=True)
    _settings(check)


def _settings(verb: argparse.ArgumentParser) -> None:
    """What corrections are made with."""
    settings = verb.add_argument_group(
        "settings", "The first four take the place of a settings file's, the others add to it."
    )
    settings.add_argument("--engine", choices=ENGINES, help="what read the page (default: generic)")
    settings.add_argument(
        "--accept", type=float, metavar="SCORE", help=f"make corrections from this score (default: {Config.accept})"
    )
    settings.add_argument(
        "--suggest", type=float, metavar="SCORE", help=f"suggest them from this score (default: {Config.suggest})"
    )
    _about(settings)
    settings.add_argument("--protect", action="append", default=[], metavar="WORD", help="a word never to be touched")
    settings.add_argument(
        "--protect-file", action="append", default=[], metavar="FILE", help="a list of such words, with reasons"
    )
    _settings_file(settings)


def _places(places: argparse.ArgumentParser) -> None:
    _paths(places)
    report = places.add_argument_group("report")
    report.add_argument("--format", choices=("text", "json"), default="text", help="json: one place a line")
    report.add_argument(
        "--least",
        type=_weight,
        metavar="WEIGHT",
        help="show places from this weight (default: that from which misread forms of a name are looked for)",
    )
    report.add_argument(
        "--limit",
        type=_number,
        default=MOST,
        metavar="N",
        help=f"show so many places of a file (default: {MOST}), or all with 0",
    )
    report.add_argument("-q", "--quiet", action="store_true", help="no summary and no progress bar")
    _reading(places, stdin=True)

    settings = places.add_argument_group(
        "settings", "The first takes the place of a settings file's, the others add to it."
    )
    _about(settings)
    _settings_file(settings)


def _review(review: argparse.ArgumentParser) -> None:
    _paths(review, "a file, a folder to search, or a METS file")
    page = review.add_argument_group("the page")
    page.add_argument(
        "-o", "--output", metavar="FILE", default="review.html", help="where to write it (default: review.html)"
    )
    page.add_argument(
        "--images",
        action="append",
        default=[],
        metavar="FOLDER",
        help="look for page images there too; by default beside each file",
    )
    page.add_argument(
        "--embed-images", action="store_true", help="put whole page images into the page, which by default links them"
    )
    page.add_argument("-q", "--quiet", action="store_true", help="no summary and no progress bar")
    _reading(review)
    _settings(review)


def _apply(apply: argparse.ArgumentParser) -> None:
    apply.add_argument("changes", metavar="DECISIONS", help="the decisions or the report, or - for standard input")
    apply.add_argument("--by", metavar="NAME", default="", help="whose decisions they are, where they do not say")
    apply.add_argument(
        "--log",
        metavar="FILE",
        help="add a line for each decision there (default: beside the decisions, as decisions.log.jsonl; "
        "for a report or standard input: none)",
    )
    apply.add_argument(
        "--diff", action="store_true", help="show what would be written as a unified diff; write nothing"
    )
    apply.add_argument(
        "--within",
        default=".",
        metavar="FOLDER",
        help="refuse to write to files that lie elsewhere (default: the current folder)",
    )
    apply.add_argument("-q", "--quiet", action="store_true", help="no summary")
    _reading(apply)
    apply.set_defaults(error=apply.error)


def _paths(
    verb: argparse.ArgumentParser, what: str = "a file, a folder to search, a METS file, or - for standard input"
) -> None:
    verb.add_argument("paths", nargs="+", metavar="PATH", help=what)
    verb.set_defaults(error=verb.error)


def _reading(verb: argparse.ArgumentParser, stdin: bool = False) -> None:
    reading = verb.add_argument_group("reading")
    reading.add_argument(
        "--encoding", metavar="NAME", help="of all files; by default what a file declares, or what is recognised"
    )
    reading.add_argument(
        "--input-format",
        choices=INPUT_FORMATS,
        metavar="NAME",
        help=f"of all files; by default found out by their content ({', '.join(INPUT_FORMATS)})",
    )
    reading.add_argument("--column", metavar="NAME", default="text", help="of JSON Lines and Parquet (default: text)")
    if stdin:
        reading.add_argument("--stdin-filename", metavar="NAME", help="what to call standard input in the report")


def _about(settings: argparse._ArgumentGroup) -> None:
    settings.add_argument("--date", type=int, metavar="YEAR", help="year of the paper")
    settings.add_argument("--region", action="append", default=[], metavar="PLACE", help="a place the text is about")
    settings.add_argument("--gazetteer", action="append", default=[], metavar="FILE", help="further names")


def _settings_file(settings: argparse._ArgumentGroup) -> None:
    source = settings.add_mutually_exclusive_group()
    source.add_argument(
        "--config", metavar="FILE", help="the settings file (default: the nearest ocrfix.toml or pyproject.toml)"
    )
    source.add_argument("--isolated", action="store_true", help="look for no settings file")


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = math.nan
    if math.isnan(weight):
        raise argparse.ArgumentTypeError(f"expected a number of nats, for instance 2.5, found {text!r}")
    return weight


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"expected a whole number, 0 for all, found {text!r}")
    return int(text)
