"""What a page says: its words put together in reading order, without the white space that an engine made up."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from statistics import median_low

from ocrfix.formats.document import BREAK, Cell, Spelling, Text, Word
from ocrfix.formats.scan import Area, shared_out
from ocrfix.model import OcrText
from ocrfix.spans import Edit

Mark = Callable[[str], Iterable[Edit]]


class Assembly:
    """A page being put together, word by word.

    Words follow one another without white space, but for that between two narrow ones (Latin letters, digits). Lines
    are not told apart: a sentence runs across them. Blocks are, by an empty line.
    """

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.words: list[Word] = []
        self._block_ended = False

    def word(
        self,
        cells: Sequence[Cell],
        name: str,
        mark: Mark | None = None,
        apart: bool = True,
        area: Area | None = None,
    ) -> None:
        """Adds a word, or a line that knows of no words.

        apart: whether white space stands before it. area: where it is; characters that do not say share it.
        """
        cells = tidy(cells)
        if not cells:
            return
        if area is not None and any(cell.area is None for cell in cells):
            parts = shared_out(area, [0.5 if narrow(cell.char) or cell.char == " " else 1 for cell in cells])
            cells = [cell._replace(area=cell.area or part) for cell, part in zip(cells, parts, strict=True)]
        if self._block_ended and self.cells:
            self.cells += map(Cell, BREAK)
        elif apart and self.cells and narrow(self.cells[-1].char) and narrow(cells[0].char):
            self.cells.append(Cell(" "))
        self._block_ended = False
        self.words.append(Word(len(self.cells), len(self.cells) + len(cells), name, mark))
        self.cells += cells

    def end_block(self) -> None:
        """What comes next begins a block."""
        self._block_ended = True

    @property
    def text(self) -> Text:
        """What the page says; an OcrText where the engine told how sure it was of at least half of the characters.

        Those of which it said nothing are taken to be as sure as most; white space between words is sure.
        """
        text = "".join(cell.char for cell in self.cells)
        seen = [cell.confidence for cell in self.cells if not cell.char.isspace()]
        known = [sure for sure in seen if sure is not None]
        if not known or 2 * len(known) < len(seen):
            return text
        usual = median_low(known)
        confidences = (
            1.0 if cell.char.isspace() else usual if cell.confidence is None else cell.confidence for cell in self.cells
        )
        return OcrText(text, tuple(confidences), tuple(cell.alternatives for cell in self.cells))

    @property
    def spelled(self) -> tuple[tuple[Spelling, ...], ...]:
        return tuple(cell.spelled for cell in self.cells)

    @property
    def areas(self) -> tuple[Area | None, ...]:
        return tuple(cell.area for cell in self.cells)


def tidy(cells: Iterable[Cell]) -> list[Cell]:
    """The cells without white space, but for one space where it stands between two narrow characters.

    >>> "".join(cell.char for cell in tidy(map(Cell, " 稳中 有进  GDP  growth\\n")))
    '稳中有进GDP growth'
    """
    kept: list[Cell] = []
    space: Cell | None = None
    for cell in cells:
        if cell.char.isspace():
            space = space or cell
            continue
        if space and kept and narrow(kept[-1].char) and narrow(cell.char):
            kept.append(space._replace(char=" "))
        space = None
        kept.append(cell)
    return kept


def narrow(ch: str) -> bool:
    """Whether a character is of the kind that is set apart by spaces: Latin letters, digits and their marks.

    >>> [narrow(ch) for ch in "a5.年，“"]
    [True, True, True, False, False, False]
    """
    return unicodedata.east_asian_width(ch) in ("Na", "N", "H") and not ch.isspace()


def aligned(base: Sequence[Cell], level: Sequence[Cell]) -> list[Cell]:
    """The cells of `base`, each spelled by `level` too, where both say the same but for white space; else `base`.

    What the engine knew of a character is taken from `level` where `base` does not have it.
    """
    visible = [cell for cell in level if not cell.char.isspace()]
    if "".join(c.char for c in base if not c.char.isspace()) != "".join(c.char for c in visible):
        return list(base)
    rest = iter(visible)
    return [cell if cell.char.isspace() else _both(cell, next(rest)) for cell in base]


def agree(base: Sequence[Cell], level: Sequence[Cell]) -> bool:
    """Whether two levels say the same but for white space."""
    said = ["".join(c.char for c in cells if not c.char.isspace()) for cells in (base, level)]
    return said[0] == said[1]


def probability(text: str) -> float | None:
    """A number from 0 to 1; None where it is none.

    >>> probability("0.93"), probability("93"), probability("")
    (0.93, None, None)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 <= number <= 1 else None


def _both(cell: Cell, other: Cell) -> Cell:
    return Cell(
        cell.char,
        cell.spelled + other.spelled,
        other.confidence if cell.confidence is None else cell.confidence,
        cell.alternatives or other.alternatives,
        cell.area or other.area,
    )
