"""What a user's corrected pages say of others of their collection: confusions, names, words to be left alone.

A table that a person can read and edit, written by `ocrfix learn` (docs/learning.md) and loaded with `--profile`. Names
and protected words in it are read by `places.read_list` and `lexicon.read_protected`, as from any list of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ocrfix.config import ENGINES
from ocrfix.lexicon import PROFILE_COLUMNS, TableError, read_table

NOTHING = "∅"
"""Stands for nothing in a table of confusions: a symbol dropped, or made up."""


class Counts(NamedTuple):
    """How often each symbol stood on real pages, and by printed symbol how often it was read for which; "" for none."""

    shown: dict[str, int]
    times: dict[str, dict[str, int]]


@dataclass(frozen=True, eq=False)
class Profile:
    """What was learnt of a collection.

    engine: whose misreadings its own look like; "generic" where that is not clear. counts: what was printed for what
    its pages show. names: names of its own that were misread, and how often it has them. protected: words that
    were rightly printed where a correction was proposed, each with the reason. path: the file; a profile is pickled by
    it.

    >>> table(Profile("ppocr", Counts({"茌": 18}, {"在": {"茌": 18}}))).splitlines()[2].split()
    ['misread', '茌', '在', '18', '18']
    """

    engine: str = "generic"
    counts: Counts = field(default_factory=lambda: Counts({}, {}))
    names: Mapping[str, int] = field(default_factory=dict)
    protected: Mapping[str, str] = field(default_factory=dict)
    path: Path | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        if self.path:
            return read_profile, (self.path,)
        return Profile, (self.engine, self.counts, self.names, self.protected)


def read_profile(path: Path) -> Profile:
    """The profile in a file.

    Raises TableError, naming file and line, for what is none, OSError where there is no such file.
    """
    shown, times, engine = dict[str, int](), dict[str, dict[str, int]](), ""
    names, protected = dict[str, int](), dict[str, str]()
    for number, (what, form, printed, often, among, note) in enumerate(read_table(path, PROFILE_COLUMNS), 2):
        try:
            match what:
                case "engine":
                    if form not in ENGINES or engine:
                        raise ValueError(f"one engine of {', '.join(ENGINES)}")
                    engine = form
                case "misread":
                    true, many = _symbol(form), _natural(among)
                    if shown.setdefault(true, many) != many:
                        raise ValueError(f"the same in `among` wherever {form} stands, {shown[true]}")
                    times.setdefault(_symbol(printed), {})[true] = _natural(often)
                case "name":
                    names[form] = _natural(often)
                case "protected":
                    protected[form] = note
                case _:
                    raise ValueError("engine, misread, name or protected under `what`")
        except ValueError as error:
            row = "<tab>".join((what, form, printed, often, among))
            raise TableError(f"{path}:{number}: expected {error}, found {row}") from None
    return Profile(engine or "generic", Counts(shown, times), names, protected, path)


def table(profile: Profile) -> str:
    """The profile as a file has it; `read_profile` reads it back."""
    rows = ["\t".join(PROFILE_COLUMNS), *("\t".join(row) for row in _rows(profile))]
    return "".join(row + "\n" for row in rows)


def _rows(profile: Profile) -> Iterator[tuple[str, ...]]:
    yield "engine", profile.engine, "", "", "", "whose misreadings these look like"
    for name, times in sorted(profile.names.items()):
        yield "name", name, "", str(times), "", "stands so often in the corrected text, and was misread"
    for word, reason in sorted(profile.protected.items()):
        yield "protected", word, "", "", "", reason
    shown, read = profile.counts
    misread = [(true, -n, printed) for printed, row in read.items() for true, n in row.items()]
    for true, n, printed in sorted(misread):
        yield "misread", true or NOTHING, printed or NOTHING, str(-n), str(shown.get(true, 0)), ""


def _symbol(text: str) -> str:
    if len(text) != 1:
        raise ValueError(f"one symbol, or {NOTHING}, that was misread, and one that was printed")
    return "" if text == NOTHING else text


def _natural(number: str) -> int:
    if not (number.isascii() and number.isdigit()):
        raise ValueError("whole numbers")
    return int(number)
