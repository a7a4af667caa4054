"""Words, set phrases and protected words; and how every table of `lexicons/` is read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ocrfix.spellings import Ragged, Spellings
from ocrfix.text import code_points, is_han, plain, stands


class TableError(ValueError):
    """A table that cannot be read; the message says where, what was expected and what was found."""


LARGEST = 64 << 20
"""Bytes: a larger table, or one without end, is refused. Two million names have room."""


def read_table(path: Path, columns: Sequence[str]) -> list[list[str]]:
    r"""The rows of a tab-separated table whose line 1 names these columns; row i stands on line i + 2.

    UTF-8, with or without a byte order mark, lines ending in \n or \r\n. Blank lines may only be last.
    Raises TableError, naming file and line, for anything else, and OSError where there is no such file.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "words.tsv")
    >>> _ = file.write_text("word\tkind\n稳中有进\tphrase\n", encoding="utf-8")
    >>> read_table(file, ("word", "kind"))
    [['稳中有进', 'phrase']]
    """
    return table_of(path, read_lines(path), columns)


def table_of(path: Path, lines: Sequence[str], columns: Sequence[str]) -> list[list[str]]:
    """The same from the lines of a file that has been read."""
    head = lines[0].split("\t") if lines else []
    if head != list(columns):
        raise TableError(f"{path}:1: expected the columns {', '.join(columns)}, separated by tabs, found {lines[:1]}")
    rows = [line.split("\t") for line in lines[1:]]
    width = len(columns)
    if set(map(len, rows)) - {width}:
        number, row = next((n, row) for n, row in enumerate(rows, 2) if len(row) != width)
        found = f"expected {width} columns, found {len(row)}"
        raise TableError(f"{path}:{number}: {found}; columns are {', '.join(columns)}")
    return rows


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file without their ends, without the blank one after the last; TableError if not UTF-8."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise TableError(f"{path}:1: expected {LARGEST >> 20} MB at most, found more")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise TableError(f"{path}:{number}: expected UTF-8, found the byte {data[error.start]:#04x}") from None
    return text.replace("\r\n", "\n").rstrip("\n").split("\n") if text else []


PROTECTED_COLUMNS = ("word", "reason")
"""The columns of protected.tsv, and of a user's table of words that are not to be touched."""
PROFILE_COLUMNS = ("what", "form", "printed", "times", "among", "note")
"""The columns of a profile (`ocrfix.profile`), which holds protected words, and names, among others."""


def read_protected(path: Path) -> dict[str, str]:
    r"""The words of a list of protected words, each with its reason, which may be empty.

    Either a table in the columns of protected.tsv, or a profile, or a plain list: a word on each line, after a tab the
    reason; blank lines and lines with # are skipped. Raises TableError, naming file and line, for anything else, and
    OSError where there is no such file.

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "words.txt")
    >>> _ = file.write_text("# house style\n\n其它\n份子\tas in 积极份子\n", encoding="utf-8")
    >>> read_protected(file)
    {'其它': '', '份子': 'as in 积极份子'}
    """
    lines = read_lines(path)
    if lines and lines[0].startswith("word\t"):
        rows = list(enumerate(table_of(path, lines, PROTECTED_COLUMNS), 2))
    elif lines and lines[0].startswith("what\t"):
        every = enumerate(table_of(path, lines, PROFILE_COLUMNS), 2)
        rows = [(n, [form, note]) for n, (what, form, *_, note) in every if what == "protected"]
    else:
        rows = [(n, line.split("\t")) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    for number, row in rows:
        if len(row) > 2 or not (row[0].isalnum() or plain(row[0])[0]):
            raise TableError(
                f"{path}:{number}: expected a word, and after a tab the reason or nothing, found {'<tab>'.join(row)!r}"
            )
    return {word.strip(): "".join(reason).strip() for _, (word, *reason) in rows}


class Near(NamedTuple):
    """A stretch of text, half-open in code points, and a set phrase as long that differs in a character or two."""

    start: int
    end: int
    phrase: str


BLOCK = 1 << 14  # characters of a text that are looked through together
LEAST = 4  # characters: a shorter phrase is like too much else
TWO_FROM = 6  # Han characters: from this length on, two may differ

_STOPS = "\n\r \t\u3000，。、；：！？,.;:!?“”‘’（）()《》"
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@dataclass(frozen=True)
class Lexicon:
    """Words, set phrases, and words that are not to be touched: the tables words, phrases and protected of a folder.

    It is the folder that it was built from, and the user's lists of words not to be touched: equal, pickled and shared
    between threads by them. Tables are read when first asked for.

    >>> lexicon = Lexicon.open(Path("lexicons"))
    >>> lexicon.knows("稳中有进"), lexicon.knows("在平")
    (True, False)
    """

    folder: Path
    files: tuple[Path, ...] = ()

    @classmethod
    def open(cls, folder: Path) -> Lexicon:
        """The lexicon of a folder; TableError, when a table is first used, if it cannot be read."""
        return cls(folder)

    def with_files(self, *paths: Path) -> Lexicon:
        """The same with users' lists of words that are not to be touched, in any form that `read_protected` takes.

        Read at once, so that a mistake in one is known at once: TableError, or OSError where there is no such file.
        """
        if not paths:
            return self
        extended = replace(self, files=(*self.files, *paths))
        _ = extended.protected
        return extended

    def __getstate__(self) -> dict[str, object]:
        return {name: self.__dict__[name] for name in self.__dataclass_fields__}

    @cached_property
    def words(self) -> frozenset[str]:
        """Words of official writing, and place names in the wide sense (THUOCL's)."""
        return frozenset(row[0] for row in read_table(self.folder / "words.tsv", ("word", "kind", "source")))

    @cached_property
    def phrases(self) -> tuple[str, ...]:
        """Set phrases of four characters and more, pairs such as 稳中有进、稳中向好 too, in order of code points."""
        rows = read_table(self.folder / "phrases.tsv", ("phrase", "seen", "source"))
        return tuple(sorted({row[0] for row in rows if len(_HAN.findall(row[0])) >= LEAST}))

    @cached_property
    def protected(self) -> Mapping[str, str]:
        """Words that must stay as they are printed, each with the reason.

        >>> Lexicon.open(Path("lexicons")).protected["其它"]
        'beside 其他, for things'
        """
        words = dict[str, str]()
        for path in (self.folder / "protected.tsv", *self.files):
            words |= read_protected(path)
        return words

    def protects(self, text: str, words: tuple[str, ...] = ()) -> npt.NDArray[np.bool_]:
        """Which characters of a text belong to a protected word, or to one of `words`, (len(text),).

        Each occurrence counts, also where two overlap. A word is found over white space and line breaks within it
        (which are not of it), and in any width; letters and digits must be its own.

        >>> protects = Lexicon.open(Path("lexicons")).protects
        >>> protects("积极份 子", ("Ａ股",)).tolist()
        [False, False, True, False, True]
        >>> protects("A股B股", ("Ａ股",)).tolist()
        [True, True, False, False]
        """
        letters, where = plain(text)
        opened = np.zeros(len(letters) + 1, np.int32)
        for protector in (self._protector, _protector(words)):
            starts, numbers = protector.everywhere(code_points(letters))
            np.add.at(opened, starts, 1)
            np.add.at(opened, starts + protector.sizes[numbers], -1)
        result = np.zeros(len(text), np.bool_)
        result[where[np.cumsum(opened, dtype=np.int32)[:-1] > 0]] = True
        return result

    @cached_property
    def _protector(self) -> Spellings:
        return _finder(self.protected)

    @cached_property
    def _known(self) -> frozenset[str]:
        return self.words | frozenset(self.phrases) | frozenset(self.protected)

    def knows(self, word: str) -> bool:
        """Whether it is a word, a set phrase or a protected word of these tables."""
        return word in self._known

    def near_phrases(self, text: str) -> tuple[Near, ...]:
        """Where a text nearly has a set phrase: the same length, one character different, or two of six and more.

        Nothing is proposed for what lies in a phrase that the text has as it should be. In order of start, end, phrase;
        proposals may overlap. Time grows with the text, hardly with the number of phrases.

        >>> Lexicon.open(Path("lexicons")).near_phrases("发展稳中向好、稳中向好")
        (Near(start=2, end=11, phrase='稳中有进、稳中向好'),)
        """
        if not _HAN.search(text):
            return ()
        codes, reach = code_points(text), self._index.letters.shape[1]
        found = set[Near]()
        for top in range(0, len(codes), BLOCK):  # what begins before the block may have as it should be what is in it
            low = max(top - reach, 0)
            near = self._near(codes[low : top + BLOCK + reach].astype(np.int64))
            found.update(Near(low + start, low + end, phrase) for start, end, phrase in near if low + start >= top)
        return tuple(sorted(found))

    def _near(self, codes: Integers) -> Iterator[Near]:
        index = self._index
        starts, numbers = index.candidates(codes)
        if not len(starts):
            return iter(())
        longest = int(index.lengths[numbers].max())
        at = np.minimum(starts[:, None] + np.arange(longest), len(codes) - 1)
        expected = index.letters[numbers, :longest]
        differ = (np.arange(longest) < index.lengths[numbers, None]) & (codes[at] != expected)
        # Across the end of a clause or a line there is no phrase: its 、 may be misread, its characters not so.
        apart = differ & stands(codes, _STOPS)[at] & (expected != ord("、"))
        wrong = np.where(apart.any(axis=1), len(codes), differ.sum(axis=1))
        ends = starts + index.lengths[numbers]
        right = np.flatnonzero(wrong == 0)
        near = np.flatnonzero((wrong > 0) & (wrong <= index.allowed[numbers]))
        near = near[~_inside(starts[near], ends[near], starts[right], ends[right])]
        return (Near(int(starts[i]), int(ends[i]), self.phrases[numbers[i]]) for i in near)

    @cached_property
    def _index(self) -> _Pieces:
        return _Pieces.of(self.phrases)


def _finder(words: Iterable[str]) -> Spellings:
    """These words as they stand in the letters of a text, as `plain` has them."""
    letters, _ = plain(_APART.join(words))  # 200,000 words one by one would take a second
    return Spellings.of(letters.split(_APART))


_APART = "\x01"  # in no word
_protector = lru_cache(maxsize=4)(_finder)  # the same few words for each document of a run


Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Pieces:
    """Phrases by their pieces: of two (three) pieces, one is as it should be where one (two) characters differ.

    Pieces are known by two or three characters packed into a number; a text is asked for all of its own at once.
    """

    letters: Integers  # (phrases, longest), code points, 0 beyond the end
    lengths: Integers  # (phrases,)
    allowed: Integers  # (phrases,), characters that may differ
    keys: tuple[Integers, Integers]  # of pieces of two and of three characters, ascending
    entries: tuple[Integers, Integers]  # (pieces, 2): number of the phrase, offset of the piece in it

    @classmethod
    def of(cls, phrases: Sequence[str]) -> _Pieces:
        spelled = Ragged.of(phrases)
        lengths, begins = spelled.sizes, spelled.begins[:-1]
        letters = np.zeros((len(phrases), int(lengths.max(initial=0))), np.int64)
        letters[np.arange(letters.shape[1]) < lengths[:, None]] = spelled.letters
        han = np.concatenate(([0], np.cumsum(is_han(spelled.letters))))
        allowed = np.where(np.diff(han[spelled.begins]) >= TWO_FROM, 2, 1)
        pieces: dict[int, list[Integers]] = {2: [], 3: []}
        for nth in range(3):
            number = np.flatnonzero(nth <= allowed)
            start, end = (lengths[number] * (nth + k) // (allowed[number] + 1) for k in (0, 1))
            size = np.minimum(3, end - start)
            for wide, of_size in pieces.items():
                some = np.flatnonzero(size == wide)
                first = begins[number[some]] + start[some]
                packed = np.zeros(len(some), np.int64)
                for offset in range(wide):
                    packed = packed << 21 | spelled.letters[first + offset]
                of_size.append(np.stack((packed, number[some], start[some]), axis=1))
        tables = [np.concatenate(pieces[size]) for size in (2, 3)]
        tables = [table[np.lexsort(table.T[::-1])] for table in tables]
        return cls(
            letters,
            lengths,
            allowed,
            (tables[0][:, 0].copy(), tables[1][:, 0].copy()),
            (tables[0][:, 1:], tables[1][:, 1:]),
        )

    def candidates(self, codes: Integers) -> tuple[Integers, Integers]:
        """Where phrases might stand of which the text has one piece: starts, and numbers of phrases."""
        starts, numbers = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for size, keys, entries in zip((2, 3), self.keys, self.entries, strict=True):
            if len(codes) < size:
                continue
            packed = np.zeros(len(codes) - size + 1, np.int64)
            for offset in range(size):
                packed = packed << 21 | codes[offset : len(codes) - size + 1 + offset]
            first, last = np.searchsorted(keys, packed, "left"), np.searchsorted(keys, packed, "right")
            many = last - first
            position = np.repeat(np.arange(len(packed)), many)
            entry = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many) + np.repeat(first, many)
            starts.append(position - entries[entry, 1])
            numbers.append(entries[entry, 0])
        start, number = np.concatenate(starts), np.concatenate(numbers)
        fits = (start >= 0) & (start + self.lengths[number] <= len(codes))
        return start[fits], number[fits]


def _inside(starts: Integers, ends: Integers, outer_starts: Integers, outer_ends: Integers) -> npt.NDArray[np.bool_]:
    """Which of the spans lie within one of the outer spans."""
    if not len(outer_starts):
        return np.zeros(len(starts), np.bool_)
    order = np.argsort(outer_starts, kind="stable")
    reach = np.maximum.accumulate(outer_ends[order])  # how far the spans that start here or earlier go
    before = np.searchsorted(outer_starts[order], starts, "right") - 1
    return (before >= 0) & (reach[before] >= ends)
