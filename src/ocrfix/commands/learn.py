"""`ocrfix learn`: corrected pages are read, a profile is learnt and tried, and written where it does no harm."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrfix import changes, files, formats, settings
from ocrfix.console import complain, count, progress
from ocrfix.files import FileError
from ocrfix.formats.document import BREAK
from ocrfix.lexicon import PROFILE_COLUMNS
from ocrfix.pairs import Pair, are_alike, decided, paragraphs
from ocrfix.profile import NOTHING, Profile, table
from ocrfix.spans import visible
from ocrfix.text import HAN

if TYPE_CHECKING:
    from ocrfix.learn import Trial

WRITTEN, REFUSED, FAILED = 0, 1, 2
SHOWN = 10
"""Confusions, names and words that are printed; all are in the profile."""


def run(args: argparse.Namespace) -> int:
    """Does what the arguments say; returns the exit code."""
    if args.encoding is not None and not files.is_encoding(args.encoding):
        args.error(f"--encoding: Python knows no encoding {args.encoding!r}")
    if (args.read is None) != (args.corrected is None):
        args.error("expected pages as they were read and the same corrected, found one of the two")
    if args.read is None and not args.decisions:
        args.error("expected pages and the same corrected, or --decisions REPORT, found neither")
    from ocrfix.learn import TENTHS, learn_and_try
    from ocrfix.resources import Resources

    try:
        config = settings.config(args)
        output = Path(args.output) if args.output else None
        if output:
            _refuse_to_replace(output)
        pairs = [*_from_files(args), *_from_reports(args)]
        if not any(pair.noisy and pair.gold for pair in pairs):
            raise FileError("expected text to learn from, found none")
        resources = Resources.builtin().with_gazetteers(config.gazetteers).with_protected(config.protect_files)
        config = replace(config, gazetteers=(), protect_files=())
        with progress(2 * TENTHS, "" if args.quiet or not sys.stderr.isatty() else "trying") as done:
            learnt = learn_and_try(pairs, resources, config, lambda: done(0))
        if not args.quiet:
            print("\n".join(_told(learnt.profile, learnt.trial, pairs)))
        if harm := learnt.trial.harm:
            print(f"ocrfix: nothing is written: {harm}", file=sys.stderr)
            return REFUSED
        if output:
            files.create_bytes(output, table(learnt.profile).encode("utf-8"), _is_profile)
    except (OSError, TypeError, ValueError, FileError) as error:  # ValueError: of lists, settings and reports too
        complain(error)
        return FAILED
    print(f"written: {output}" if output else "nothing written: --output FILE writes the profile", file=sys.stderr)
    return WRITTEN


def _is_profile(head: bytes) -> bool:
    return head.startswith("\t".join(PROFILE_COLUMNS).encode())


def _refuse_to_replace(path: Path) -> None:
    """Raises FileError where something stands in the place of the profile that is none."""
    if path.exists() and not (path.is_file() and _is_profile(path.read_bytes())):
        raise FileError(f"{path}: expected a profile, or nothing yet, found something else; name another --output")


# ---------------------------------------------------------------------------------------------------------------------


def _from_files(args: argparse.Namespace) -> Iterator[Pair]:
    """The paragraphs of pages as they were read and as they were corrected."""
    if args.read is None:
        return
    for path, corrected in _side_by_side(Path(args.read), Path(args.corrected)):
        read, right = (_text(each, args.encoding) for each in (path, corrected))
        if are_alike(read, right):
            yield from paragraphs(read, right)
        else:
            complain(FileError(f"{path}: expected the same page as {corrected}, found another; left out"))


def _side_by_side(read: Path, corrected: Path) -> list[tuple[Path, Path]]:
    """Files that are the same page; those that have no other are said to be left out."""
    if not read.is_dir() and not corrected.is_dir():
        return [(read, corrected)]
    if not (read.is_dir() and corrected.is_dir()):
        raise FileError(f"expected two files or two folders, found {read} and {corrected}")
    known: dict[Path, list[Path]] = {}
    for path in files.find(corrected, formats.is_layout):
        known.setdefault(_stem(path, corrected), []).append(path)
    found = []
    for path in files.find(read, formats.is_layout):
        match known.get(_stem(path, read), []):
            case [other]:
                found.append((path, other))
            case others:
                there = "none" if not others else " and ".join(map(str, others))
                complain(FileError(f"{path}: expected one file of this name in {corrected}, found {there}; left out"))
    return found


def _stem(path: Path, folder: Path) -> Path:
    """Where a page lies in its folder, and its name up to the first full stop."""
    inside = path.relative_to(folder)
    return inside.with_name(inside.name.partition(".")[0])


def _text(path: Path, encoding: str | None) -> str:
    return BREAK.join(str(page.document.text) for page in formats.open_pages(path, encoding=encoding))


def _from_reports(args: argparse.Namespace) -> Iterator[Pair]:
    """The paragraphs of texts of which a report says what is right and what is wrong."""
    for name in args.decisions:
        accepted, rejected = _decisions(Path(name).read_bytes(), name)
        for path in sorted(accepted.keys() | rejected.keys()):
            fitting = {path: accepted.get(path, [])}
            errors = changes.plan(fitting, Path(path).resolve().parent, args.encoding)[1]
            if errors:
                raise errors[0]
            text = _text(Path(path), args.encoding)
            edits = [
                change.edit for change in rejected.get(path, []) if text[change.start : change.end] == change.original
            ]
            yield from decided(text, [change.edit for change in fitting[path]], edits)


Changes = dict[str, list[changes.Change]]


def _decisions(data: bytes, name: str) -> tuple[Changes, Changes]:
    """What a report in JSON lines says is to be made, and what is not, by file; ChangesError where it is none."""
    sorts: dict[bool, list[bytes]] = {True: [], False: []}
    for line in data.split(b"\n"):
        decision, row = _decision(line)
        for sort, lines in sorts.items():
            lines.append(row if decision is sort else b"")  # a blank line, so that errors name the right one
    accepted = changes.read_changes(b"\n".join(sorts[True]), name)
    rejected: Changes = {}
    for number, row in enumerate(sorts[False], 1):  # one by one: of one place several may have been rejected
        for path, found in changes.read_changes(row, f"{name}:{number}").items():
            rejected.setdefault(path, []).extend(found)
    return accepted, rejected


def _decision(line: bytes) -> tuple[bool | None, bytes]:
    """Whether a line is right, wrong, or undecided; and the line as that of a correction."""
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError):
        return True, line  # what is wrong with it is said where it is read
    if not isinstance(record, dict) or "decision" not in record:
        return True, line
    is_right = {"accept": True, "replace": True, "reject": False}.get(str(record["decision"]))
    return is_right, json.dumps(record | {"suggestion": False}).encode()


# ---------------------------------------------------------------------------------------------------------------------


def _told(profile: Profile, trial: Trial, pairs: list[Pair]) -> Iterator[str]:
    """What was learnt, and what it brought, in lines."""
    shown, times = profile.counts
    size = sum(len(pair.gold) for pair in pairs)
    yield f"read: {count(len(pairs), 'paragraph')}, {size:,} characters"
    yield f"engine: {profile.engine}"
    found = sorted((-n, true, printed) for printed, row in times.items() for true, n in row.items())
    of_han = [(n, true, printed) for n, true, printed in found if HAN.match(true) or HAN.match(printed)]
    some = (f"{printed or NOTHING} for {true or NOTHING} {-n} of {shown.get(true, 0):,}" for n, true, printed in of_han)
    yield f"confusions of marks, figures and letters: {len(found) - len(of_han):,}"
    yield _list("confusions of Han characters", len(of_han), some)
    yield _list("names", len(profile.names), (f"{name} {n}" for name, n in profile.names.items()))
    yield _list("protected words", len(profile.protected), (f"{w} ({why})" for w, why in profile.protected.items()))
    before, without, own, _ = trial
    rows = (
        ("Han characters wrong", before.han_left, without.han_left, own.han_left),
        ("characters wrong", before.left, without.left, own.left),
        ("right corrections", "", without.right, own.right),
        ("wrong corrections", "", without.wrong, own.wrong),
        ("corrections of right text", "", without.harmed, own.harmed),
    )
    yield f"{'tried, a tenth at a time':26}{'as read':>10}{'without':>10}{'with':>10}"
    yield from (f"{what:26}{read:>10}{without:>10}{own:>10}" for what, read, without, own in rows)


def _list(what: str, many: int, some: Iterable[str]) -> str:
    shown = list(islice(some, SHOWN))
    more = ["…"] if many > len(shown) else []
    return f"{what}: {many:,}" + (f": {visible(', '.join(shown + more))}" if shown else "")
