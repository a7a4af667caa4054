"""What the command takes: its verbs, and their options."""

from __future__ import annotations

import argparse
import math
import os

from ocrfix import __version__
from ocrfix.config import ENGINES, Config

VERBS = ("check", "places", "review", "apply", "learn", "report", "corpus")
"""What the command does; each is a parser of its own."""

INPUT_FORMATS = ("alto", "hocr", "page", "rapidocr", "paddleocr", "markdown", "jsonl", "parquet", "text")
"""What formats.FORMATS reads, by name."""

MOST = 40
"""Places that are shown of a file, unless the user says how many."""


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
    _learn(
        verbs.add_parser(
            "learn",
            help="learn from corrected pages what helps with others of their collection",
            description="Compares pages as they were read with the same pages corrected by hand, and writes a profile: "
            "what the engine takes for what, which forms and names the collection has, which words are right. "
            "check --profile FILE then uses it. A profile is tried before it is written, a tenth of the pages at a "
            "time with what the others teach; one that does harm is not written.",
            epilog="Exit code: 0 written, or tried where no --output is given; 1 not written, since it would do harm; "
            "2 an error; 130 interrupted.",
        )
    )
    _report(
        verbs.add_parser(
            "report",
            help="say of many pages which are bad, which errors recur, and which places they name",
            description="Writes one HTML file on pages as they would be corrected: what to scan again, what to review "
            "first, errors that recur, places in a tree of divisions. The pages are not changed.",
            epilog="Exit code: 0 written; 2 an error; 130 interrupted.",
        )
    )
    _corpus(
        verbs.add_parser(
            "corpus",
            help="correct Parquet, JSON Lines or a folder of pages into a new folder, on one machine or many",
            description="Reads a corpus and writes a folder: the rows, their text corrected, with what was changed and "
            "how much there is of what; refused rows and the reasons beside them. A run that was cut goes on when the "
            "same command is given again.",
            epilog="Exit code: 0 done; 2 an error; 130 interrupted.",
        )
    )
    return command


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
    many = _jobs(check)
    many.add_argument(
        "--resume",
        metavar="JOURNAL",
        help="note in this file what is done, and pass over what it says is done: give the same command once more, and "
        "a run that was cut goes on",
    )
    _reading(check, stdin=True)

    _settings(check)


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
    _jobs(places)
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
    _jobs(review)
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


def _learn(learn: argparse.ArgumentParser) -> None:
    learn.add_argument("read", metavar="READ", nargs="?", help="a page as it was read, or a folder of pages")
    learn.add_argument(
        "corrected",
        metavar="CORRECTED",
        nargs="?",
        help="the same corrected by hand: a file, or a folder with files of the same names; endings may differ",
    )
    learn.add_argument(
        "--decisions",
        action="append",
        default=[],
        metavar="REPORT",
        help="what check --format json printed, looked through by hand: lines that stand are right, those with "
        '"decision": "reject" are wrong, suggestions count where "suggestion" is false or "decision" is "accept"',
    )
    learn.add_argument("-o", "--output", metavar="FILE", help="the profile to write; without it nothing is written")
    learn.add_argument("-q", "--quiet", action="store_true", help="do not print what was learnt")
    reading = learn.add_argument_group("reading")
    reading.add_argument("--encoding", metavar="NAME", help="of all files; by default it is recognised, as by check")
    settings = learn.add_argument_group("settings", "They are those that the profile is tried with.")
    settings.add_argument("--engine", choices=ENGINES, help="what read the pages (default: what it looks like)")
    settings.add_argument("--accept", type=float, metavar="SCORE", help="as for check")
    _about(settings)
    _settings_file(settings)
    learn.set_defaults(error=learn.error)


def _report(report: argparse.ArgumentParser) -> None:
    _paths(report)
    report.add_argument("-o", "--output", metavar="FILE", required=True, help="the HTML file to write")
    report.add_argument(
        "--language", choices=("zh", "en"), default="en", help="where no script may run; else the browser's"
    )
    report.add_argument("-q", "--quiet", action="store_true", help="no summary and no progress bar")
    _reading(report)
    _settings(report)


def _corpus(corpus: argparse.ArgumentParser) -> None:
    corpus.add_argument("source", metavar="IN", help="a Parquet or JSON Lines file, or a folder of such, or of pages")
    corpus.add_argument("folder", metavar="OUT", help="a new folder, or that of the same run, which was cut")
    rows = corpus.add_argument_group("rows")
    rows.add_argument("--column", metavar="NAME", default="text", help="the one to correct (default: text)")
    rows.add_argument(
        "--together",
        default="",
        metavar="WHAT",
        help="rows that share what they say, so that a name in one helps another: all, file, or column:NAME, those "
        "that have the same there (of pages: column:folder); they are then read twice (default: none)",
    )
    rows.add_argument("--rows", type=_one_or_more, metavar="N", help="rows of a part at the most (default: 10,000)")
    rows.add_argument(
        "--longest", type=_one_or_more, metavar="N", help="refuse texts of more characters (default: 1,000,000)"
    )
    rows.add_argument("--encoding", metavar="NAME", help="of pages of text; by default it is recognised, as by check")
    work = _jobs(corpus, None, "how many processes share the work (default: 1, or all that the cluster has)")
    work.add_argument(
        "--engine",
        dest="runs_on",
        choices=("local", "ray"),
        default="local",
        help="local: processes of this machine; ray: of a Ray cluster, all of whose machines see IN and OUT "
        "(pip install 'ocrfix-zh[ray]'; RAY_ADDRESS says where it is)",
    )
    corpus.add_argument("-q", "--quiet", action="store_true", help="no summary and no progress bar")
    _settings(corpus, "--ocr-engine")
    corpus.set_defaults(error=corpus.error)


def _settings(verb: argparse.ArgumentParser, engine: str = "--engine") -> None:
    """The settings of corrections, as options."""
    settings = verb.add_argument_group(
        "settings", "The first five take the place of a settings file's, the others add to it."
    )
    settings.add_argument("--profile", metavar="FILE", help="what ocrfix learn has learnt of this collection")
    settings.add_argument(engine, dest="engine", choices=ENGINES, help="what read the page (default: generic)")
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


def _paths(
    verb: argparse.ArgumentParser, what: str = "a file, a folder to search, a METS file, or - for standard input"
) -> None:
    verb.add_argument("paths", nargs="+", metavar="PATH", help=what)
    verb.set_defaults(error=verb.error)


def _jobs(
    verb: argparse.ArgumentParser,
    default: int | None = 1,
    help: str = "how many processes share the work (default: 1; 0: one for each processor)",
) -> argparse._ArgumentGroup:
    many = verb.add_argument_group("many files")
    many.add_argument(
        "-j",
        "--jobs",
        type=_processes,
        default=default,
        metavar="N",
        help=help,
    )
    return many


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


def _processes(text: str) -> int:
    return _number(text) or os.cpu_count() or 1


def _one_or_more(text: str) -> int:
    if not (number := _number(text)):
        raise argparse.ArgumentTypeError("expected 1 or more, found 0")
    return number
