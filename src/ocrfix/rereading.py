"""What may the page have said where the engine doubted several symbols side by side?

Neighbouring errors hide one another, and what was dropped hides what was misread beside it. So a whole stretch of
doubted symbols is read anew (readings.py), and each run of symbols that a reading changes is a proposal, with evidence
of its own: of all its changes together, and of how well the text reads with the other runs changed too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.channel import UNLISTED, costs
from ocrfix.confidence import DOUBT
from ocrfix.detect import Suspects
from ocrfix.evidence import NOTORIOUS, Batch, Column, Evidence
from ocrfix.expectations import Places, flags, han
from ocrfix.language import EDGE, UNKNOWN, LanguageModel
from ocrfix.proposals import HABIT, Proposals, nats
from ocrfix.readings import DROPPED, LONGEST, MARKS, Readings, readings
from ocrfix.resources import Resources
from ocrfix.survey import PAD, Survey

SOURCE = "rereadings"
WORTH_A_LOOK = -2_500
"""Milli-nats, log-odds: how much one symbol of a stretch is doubted at least, wrong one time in thirteen."""
FAR = 2
"""How far apart doubted symbols of a stretch stand at most."""


class Reread(NamedTuple):
    """Another reading of `width` printed symbols from `at` on.

    places: for which of them each of its symbols stands. kind: one of model.KINDS. gain: by how much the text grows
    likelier with it, milli-nats.
    """

    at: int
    width: int
    ids: tuple[int, ...]
    places: tuple[int, ...]
    kind: str
    gain: int = 0


def rereadings(survey: Survey, suspects: Suspects, resources: Resources) -> Iterator[Proposals]:
    """Other readings of what an engine doubted, run by run; of a single symbol only where others change beside it.

    None where it did not tell what else it had in mind: without that there are too many (docs/design.md).
    """
    if survey.reading is None or not survey.reading.has_alternatives:
        return
    model = resources.language
    alike: dict[tuple[str, int, int], dict[tuple[int, tuple[int, ...]], Reread]] = {}
    starts, lengths = stretches(survey, model)
    for length in range(1, LONGEST + 1):
        for start in survey.by_piece(starts[lengths == length]):
            found = readings(survey, start, length, resources) if len(start) else ()
            for one in changes(survey, start, length, found, model) if found else ():
                alike.setdefault((one.kind, one.width, len(one.ids)), {}).setdefault((one.at, one.ids), one)
    for (kind, *_), same in sorted(alike.items()):
        yield _proposals(survey, kind, [same[key] for key in sorted(same)], resources)


def stretches(survey: Survey, model: LanguageModel) -> tuple[Places, Places]:
    """Where stretches of doubted symbols begin, rising, and how long they are.

    Not more than FAR apart, LONGEST symbols at most, nothing protected and no line's end among them.
    """
    assert survey.reading
    doubt = survey.reading.doubt
    fixed = survey.protected | (survey.ids == EDGE)
    found: list[list[int]] = []
    for at in np.flatnonzero(_readable(model)[survey.ids] & (doubt > DOUBT) & ~fixed).tolist():
        if found and at - found[-1][-1] <= FAR and at - found[-1][0] < LONGEST and not fixed[found[-1][-1] : at].any():
            found[-1].append(at)
        else:
            found.append([at])
    found = [run for run in found if doubt[run].max() > WORTH_A_LOOK]
    ends = np.array([(run[0], run[-1]) for run in found], dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1] - ends[:, 0] + 1


def changes(survey: Survey, start: Places, length: int, found: Readings, model: LanguageModel) -> list[Reread]:
    """What readings change, those of a stretch that are likeliest first; a single symbol beside other runs alone.

    By how much the text grows likelier with a run is asked with all the others of its reading made.
    """
    changed, rows = list[Reread](), list[list[int]]()
    columns = (start[found.of], found.size, found.ids, found.places)
    for at, size, every, standing in zip(*(column.tolist() for column in columns), strict=True):
        printed, read, places = survey.ids[at : at + length].tolist(), every[:size], standing[:size]
        before, after = survey.ids[at - PAD : at].tolist(), survey.ids[at + length : at + length + PAD].tolist()
        runs = differing(printed, read, places)
        for run in runs if len(runs) > 1 or not all(run.single for run in runs) else ():
            first, last, low, high, _ = run
            own = tuple(read[first:last]), tuple(max(p - low, DROPPED) for p in places[first:last])
            changed.append(Reread(at + low, high - low, *own, _kind(run, printed, read, model)))
            rows.append([*before, *read, *after])
            rows.append([*before, *read[:first], *printed[low:high], *read[last:], *after])
    likely = model.likelihoods(rows, PAD)
    return [one._replace(gain=gain) for one, gain in zip(changed, (likely[::2] - likely[1::2]).tolist(), strict=True)]


class Run(NamedTuple):
    """Symbols first to last of a reading, in place of low to high of what is printed; single: only one is changed."""

    first: int
    last: int
    low: int
    high: int
    single: bool


def differing(printed: Sequence[int], read: Sequence[int], places: Sequence[int]) -> list[Run]:
    """Where a reading differs, what touches together; with a symbol that stays where nothing else would be left.

    places: for which printed symbol each of those that are read stands, or DROPPED.
    """
    runs, first, low = list[Run](), 0, 0
    stay = [(k, p) for k, p in enumerate(places) if p != DROPPED and printed[p] == read[k]]
    for last, high in [*stay, (len(read), len(printed))]:
        if (many := max(last - first, high - low)) and read:
            lacking = first == last or low == high
            after, before = lacking and high < len(printed), lacking and high == len(printed)
            run = Run(first - before, last + after, low - before, high + after, many == 1)
            if runs and run.low < runs[-1].high:  # what stays between them is all that either has to go by
                run = _joined(runs.pop(), run)
            runs.append(run)
        first, low = last + 1, high + 1
    return runs


def _joined(one: Run, other: Run) -> Run:
    """Two runs that share the symbol that stays."""
    many = max(other.last - one.first, other.high - one.low) - 1
    return Run(one.first, other.last, one.low, other.high, many == 1)


def _kind(run: Run, printed: list[int], read: list[int], model: LanguageModel) -> str:
    """What kind of correction a run is."""
    old, new = Counter(printed[run.low : run.high]), Counter(read[run.first : run.last])
    gone, come = old - new, new - old
    if (gone or come) and not han(model)[[*gone, *come]].any():
        return "punctuation"
    return "omission" if come and not gone else "insertion" if gone and not come else "glyph"


def _proposals(survey: Survey, kind: str, rows: list[Reread], resources: Resources) -> Proposals:
    """Readings of one kind and size as proposals."""
    at, width = np.array([one.at for one in rows], dtype=np.int64), rows[0].width
    ids = np.array([one.ids for one in rows], dtype=np.uint16)
    places = np.array([one.places for one in rows], dtype=np.int8)
    nothing, gain = np.zeros(len(at), dtype=np.int64), np.array([one.gain for one in rows], dtype=np.int64)
    bare = Proposals(SOURCE, kind, at, at + width, ids, nothing, nothing, nothing, gain=gain, places=places)
    batch = Batch(survey, bare, resources)
    known = (_shape(batch), _reading(batch, UNLISTED), nothing)
    return Proposals(SOURCE, kind, at, at + width, ids, *known, gain=gain, places=places)


def _readable(model: LanguageModel) -> NDArray[np.bool_]:
    """Which vocabulary indices may be misread characters: these, and marks."""
    able = han(model) | flags(model, MARKS + "—%.·'-")
    able[[UNKNOWN, EDGE]] = False
    return able


# ---------------------------------------------------------------- evidence


def habits(b: Batch) -> Column:
    """How readily engines print each changed symbol so, down to HABIT: what they seldom do they do for many reasons."""
    return _reading(b, -HABIT)


def notorieties(b: Batch) -> Column:
    """The same down to NOTORIOUS: what they do more often than not."""
    return _reading(b, -NOTORIOUS)


def swapped(b: Batch) -> Column:
    """A nat for each symbol that was misread."""
    rows, _, true = b.swaps
    return np.asarray(1000 * np.bincount(rows[true > 0], minlength=len(b.p)).astype(np.int64))


def removed(b: Batch) -> Column:
    """A nat for each symbol that was made up."""
    rows, _, true = b.swaps
    return np.asarray(1000 * np.bincount(rows[true == 0], minlength=len(b.p)).astype(np.int64))


def restored(b: Batch) -> Column:
    """A nat for each character that was dropped."""
    return _nats(_dropped(b) & han(b.resources.language)[b.p.ids])


def marks_restored(b: Batch) -> Column:
    """A nat for each mark that was dropped."""
    return _nats(_dropped(b) & ~han(b.resources.language)[b.p.ids])


EVIDENCE: tuple[Evidence, ...] = (habits, notorieties, swapped, removed, restored, marks_restored)
"""What counts besides what counts for single characters."""


def _nats(which: NDArray[np.bool_]) -> Column:
    """A nat for each in a row."""
    return np.asarray(1000 * which.sum(axis=1, dtype=np.int64))


def _dropped(b: Batch) -> NDArray[np.bool_]:
    """Which of the proposed symbols were dropped."""
    assert b.p.places is not None
    return np.asarray(b.p.places == DROPPED)


def _reading(b: Batch, most: int) -> Column:
    """ln P(printed | true) of all changes of each row, of which none costs more than `most`, milli-nats."""
    cost = costs(b.resources.channel(b.survey.engine), b.resources.language)
    rows, at, true = b.swaps
    each = [int(cost(a)[i]) for a, i in zip(b.survey.ids[at].tolist(), true.tolist(), strict=True)]
    swaps = np.bincount(rows, np.minimum(each, most), len(b.p)).astype(np.int64)
    lost = np.where(_dropped(b), np.minimum(cost(0)[b.p.ids], most), 0).sum(axis=1, dtype=np.int64)
    return np.asarray(-swaps - lost)


def _shape(b: Batch) -> Column:
    """ln of the similarity of all symbols that were misread to what they were read as, milli-nats."""
    vocabulary, glyphs = b.resources.language.vocabulary, b.resources.glyphs
    rows, at, true = b.swaps
    some = np.flatnonzero(true)
    pairs = zip(b.survey.ids[at[some]].tolist(), true[some].tolist(), strict=True)
    each = [nats(glyphs.similarity(vocabulary[a - 2], vocabulary[i - 2])) for a, i in pairs]
    return np.bincount(rows[some], each, len(b.p)).astype(np.int64)
