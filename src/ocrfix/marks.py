"""Punctuation: marks read for one another, dropped, and made up; and the evidence that tells them apart.

Half of what engines get wrong in newspapers are marks: small, alike, and at the ends of lines. A mark is judged by what
the language model makes of it (it sees four symbols on either side), by the rhythm of the clauses around it (how long
they are and what ends the next ones: lexicons/rhythm.tsv), by how often engines read the one for the other
(lexicons/misread_marks.tsv), and by how many evident slips of this sort the text has elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ocrfix.evidence import Batch, Evidence, logs
from ocrfix.language import LanguageModel
from ocrfix.proposals import Proposals
from ocrfix.resources import Resources
from ocrfix.rhythm import MARKS, STOPS, beat, confusions, rhythms
from ocrfix.survey import PAD, Survey
from ocrfix.text import NUMERALS, WIDE, code_points, distinct, is_han, stands

Column = NDArray[np.int64]
Flags = NDArray[np.bool_]

RUNNING = 16
"""Symbols that a paragraph of running text has at least."""
LEAST, WORSE = 2_000, -1_000
"""Milli-nats. What reads better by less is not proposed; of a stop at a paragraph's end, what reads worse by more."""
ODD = -3_000
"""Milli-nats. A mark is looked at where it, or one of the two symbols after it, is less likely."""
LAST = -10_000
"""Milli-nats. How badly what follows the last paragraph, nothing, continues it."""
EVIDENT = 7_000
"""Milli-nats. What reads better by so much, all told, is a slip for certain, and tells of others."""


SOURCES = ("misread_marks", "dropped_marks", "dropped_stops", "made_up_marks")


def slips(survey: Survey, resources: Resources) -> list[Proposals]:
    """Marks for other marks, marks where none is printed, and nothing where one is, wherever that may be right."""
    page, model = _page(survey), resources.language
    found = {
        "misread_marks": _misread(page, resources),
        "dropped_marks": _dropped(page, model),
        "dropped_stops": _dropped_stops(page, model),
        "made_up_marks": _made_up(page, model),
    }
    hopeful, evident = [], [_NONE]
    for source, (start, end, ids) in found.items():
        gain = survey.gain(start, end, ids)
        keep = np.flatnonzero(gain > (WORSE if source == "dropped_stops" else LEAST))
        start, end, ids = start[keep], end[keep], ids[keep]
        shape = _channel(survey, start, end, ids, resources)
        hopeful.append((source, start, end, ids, shape, gain[keep]))
        evident.append(start[gain[keep] + shape > EVIDENT])
    sure = distinct(np.concatenate(evident))
    result = []
    for source, start, end, ids, shape, gain in hopeful:
        near = np.searchsorted(sure, start + 2) - np.searchsorted(sure, start - 1)
        nothing = np.zeros(len(start), dtype=np.int64)
        forms = page.written(start, ids, model)
        elsewhere = logs(len(sure) - near)
        result.append(Proposals(source, "punctuation", start, end, ids, shape, elsewhere, nothing, forms, gain=gain))
    return [p for p in result if len(p)]


@lru_cache(maxsize=1)
def _page(survey: Survey) -> _Page:
    return _Page(survey)


class _Page:
    """A text as a row of clauses. Positions are those of the survey; before, after: where the next stops stand."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.codes = np.pad(survey.view.codes, PAD, constant_values=ord("\n"))
        stops, size = np.flatnonzero(self.among(STOPS)).astype(np.int32), len(self.codes)
        ends = np.append(stops, np.int32(size - 1))
        self.before = np.repeat(np.append(np.int32(0), stops), np.diff(stops + 1, prepend=0, append=size))
        self.after = np.repeat(ends, np.diff(stops, prepend=0, append=size))
        self.edge = self.codes == ord("\n")
        self.han = is_han(self.codes)
        self.digit = self.codes == ord("0")
        self.touches = self.edge | np.roll(self.edge, 1)  # no white space before it, but a line's end
        self.touches[PAD + 1 : -PAD] |= np.diff(survey.view.where) == 1
        self.open = self.han | self.digit | self.among("\"'(《[")
        self.closed = self.han | self.digit | self.among("\"')》]%")
        odd = np.minimum(survey.logp, np.minimum(np.roll(survey.logp, -1), np.roll(survey.logp, -2)))
        self.odd = odd < ODD

    def among(self, symbols: str) -> Flags:
        """Where one of these symbols stands."""
        return stands(self.codes, symbols)

    @property
    def running(self) -> tuple[Column, Flags]:
        """The end of each paragraph, and whether it is running text: so long, and divided by marks."""
        ends = np.flatnonzero(self.edge[PAD : len(self.edge) - PAD]) + PAD
        first, last = ends[:-1], ends[1:]
        divided = np.concatenate(([0], np.cumsum(self.among(",。;"), dtype=np.int32)))
        return last, (last - first > RUNNING) & (divided[last] > divided[first])

    def at(self, marks: str) -> Column:
        """Where marks stand between two pieces of prose and something reads oddly; not in numbers, nor after them."""
        prose = np.roll(self.closed, 1) & (np.roll(self.open, -1) | np.roll(self.edge, -1))
        prose &= ~(np.roll(self.digit, 1) & np.roll(self.digit, -1)) & self.touches & np.roll(self.touches, -1)
        at = np.flatnonzero(self.among(marks) & prose & self.odd & ~self.survey.protected)
        return at[~self.numbered(at)]

    def numbered(self, at: Column) -> Flags:
        """After which marks' places nothing stands since the last stop but a number: 一、 and 1. count what follows."""
        count = self.digit | self.among("".join(sorted(NUMERALS)) + "()第")
        others = np.concatenate(([0], np.cumsum(~count, dtype=np.int32)))
        return np.asarray(others[at] == others[self.before[at] + 1])

    def written(self, start: Column, ids: NDArray[np.uint16], model: LanguageModel) -> tuple[str, ...]:
        """What to write: full width, or half where the mark that is replaced, or the most of the text's, has half."""
        text, where = self.survey.text, self.survey.view.where
        half = sum(text.count(ch) for ch in ",;") > sum(text.count(ch) for ch in "，；")
        result = []
        for at, row in zip(start.tolist(), ids.tolist(), strict=True):
            mark = model.vocabulary[row[0] - 2] if row else ""
            printed = text[where[at - PAD]] if self.codes[at] != ord("\n") else ""
            narrow = printed in ",;:" if printed and printed in ",;:，；：" else half
            result.append(mark if narrow else mark.translate(WIDE))
        return tuple(result)


def _misread(page: _Page, resources: Resources) -> tuple[Column, Column, NDArray[np.uint16]]:
    """One mark for another, of those that engines confuse."""
    table = confusions(resources.lexicon.folder)
    at = page.at("".join(sorted({printed for printed, _ in table})))
    at = at[(page.codes[at] != ord("·")) | page.edge[at + 1]]  # else it parts a foreign name
    pairs = [(k, true) for k in at.tolist() for true in MARKS if (chr(page.codes[k]), true) in table]
    start = np.array([k for k, _ in pairs], dtype=np.int64)
    ids = resources.language.ids(np.array([ord(true) for _, true in pairs], dtype=np.uint32))[:, None]
    return start, start + 1, ids


def _dropped(page: _Page, model: LanguageModel) -> tuple[Column, Column, NDArray[np.uint16]]:
    """A mark between two symbols within a paragraph."""
    apart = page.closed & page.touches & np.roll(page.closed, 1)
    apart &= page.han | np.roll(page.han, 1)
    apart &= ~(page.survey.protected & np.roll(page.survey.protected, 1))
    at = np.flatnonzero(apart & page.open & page.odd)
    marks = model.ids(code_points(",。"))  # whether 、 stands between two things is the writer's choice
    start = np.repeat(at, len(marks))
    return start, start, np.tile(marks, len(at))[:, None]


def _dropped_stops(page: _Page, model: LanguageModel) -> tuple[Column, Column, NDArray[np.uint16]]:
    """A full stop at the end of a paragraph of running text."""
    last, runs = page.running
    bare = last[runs & page.closed[last - 1]]
    cut = _carried_on(page.survey, bare, model) > 0  # by the end of a column: nothing is missing
    wrapped = cut.sum() * 4 > len(bare)  # all lines are, by the measure of the column
    at = bare[~cut & ~wrapped & ~page.survey.protected[bare - 1]]
    return at, at, np.full((len(at), 1), model.ids(code_points("。"))[0])


def _made_up(page: _Page, model: LanguageModel) -> tuple[Column, Column, NDArray[np.uint16]]:
    """Nothing, for a mark within a clause."""
    at = page.at(MARKS + ".-·'")
    at = at[page.han[at - 1] & page.han[at + 1]]
    return at, at + 1, np.zeros((len(at), 0), dtype=np.uint16)


# ---------------------------------------------------------------- evidence


def slips_elsewhere(b: Batch) -> Column:
    """How many evident slips in marks the text has elsewhere, as 1000 ln(1 + times)."""
    return b.p.prior


_NONE = np.zeros(0, dtype=np.int64)


def rhythm(b: Batch) -> Column:
    """How much likelier the proposed mark is than the printed one between clauses of such a length."""
    page = _page(b.survey)
    table = rhythms(b.resources.lexicon.folder)[_beat(page, b.p.start, b.p.end)]
    order = _order(b.resources.language)
    new = order[b.p.ids[:, 0]] if b.p.ids.shape[1] else np.full(len(b.p.start), -1)
    old = np.where(b.p.end > b.p.start, order[b.survey.ids[b.p.start]], -1)
    rows = np.arange(len(table))
    none = table.mean(axis=1, dtype=np.int64)  # for what is no mark of the table
    return np.asarray(np.where(new < 0, none, table[rows, new]) - np.where(old < 0, none, table[rows, old]))


def colon_or_comma(b: Batch) -> Column:
    """One nat where , is proposed for : since after 会议指出 and its like either may stand."""
    colon, comma = b.resources.language.ids(code_points(":,")).tolist()
    return np.asarray(1000 * ((b.survey.ids[b.p.start] == colon) & (b.p.ids[:, 0] == comma)).astype(np.int64))


def closes(b: Batch) -> Column:
    """One nat where 。 is proposed at a paragraph's end, in a text whose other paragraphs of running text end in marks.

    None ends in a comma; but where lines are wrapped by the measure of the column, or cut by its end, they may.
    """
    page = _page(b.survey)
    last, runs = page.running
    ended = runs & stands(page.codes[last - 1], '。!?;:")')
    if 2 * (ended.sum() + 1) < runs.sum():
        return np.zeros(len(b.p.start), dtype=np.int64)
    stop = b.resources.language.ids(code_points("。"))[0]
    at_end = np.flatnonzero(page.edge[b.p.end] & (b.p.ids[:, 0] == stop))
    result = np.zeros(len(b.p.start), dtype=np.int64)
    result[at_end] = 1000 * (_carried_on(b.survey, b.p.end[at_end], b.resources.language) <= 0)
    return result


def clause(b: Batch) -> Column:
    """How long the clause is in which a mark is missing, or one too many would leave, as 1000 ln(1 + symbols)."""
    page = _page(b.survey)
    first, last = (
        page.before[b.p.start],
        np.where(b.p.end > b.p.start, page.after[b.p.start], page.after[b.p.start - 1]),
    )
    return logs(last - first - 1)


def shorter(b: Batch) -> Column:
    """How long the shorter of the two clauses is that a mark parts, as 1000 ln(1 + symbols)."""
    page = _page(b.survey)
    last = np.where(b.p.end > b.p.start, page.after[b.p.start], page.after[b.p.start - 1])
    return logs(np.minimum(b.p.start - page.before[b.p.start] - 1, last - b.p.end))


def paragraph(b: Batch) -> Column:
    """How long the paragraph is, as 1000 ln(1 + symbols)."""
    first, last = _paragraph(_page(b.survey), b.p.start)
    return logs(last - first - 1)


def sentences(b: Batch) -> Column:
    """How many sentences end within the paragraph, as 1000 ln(1 + times): headlines and captions have none."""
    page = _page(b.survey)
    first, last = _paragraph(page, b.p.start)
    ends = np.concatenate(([0], np.cumsum(page.among("。!?;"))))
    return logs(ends[last] - ends[first])


def continued(b: Batch) -> Column:
    """How much better the next paragraph reads as a continuation of this one than as a beginning."""
    return _carried_on(b.survey, b.p.start, b.resources.language)


def ends(b: Batch) -> Column:
    """How many of the text's other paragraphs of running text end in a mark: ln of the share of those that do not."""
    page = _page(b.survey)
    last, runs = page.running
    bare = int((runs & (page.han | page.digit)[last - 1]).sum())
    return np.full(len(b.p.start), round(1000 * float(np.log(max(bare, 1) / (int(runs.sum()) + 1)))))


EVIDENCE: Mapping[str, tuple[Evidence, ...]] = {
    "misread_marks": (rhythm, closes, colon_or_comma, slips_elsewhere, clause, shorter),
    "dropped_marks": (rhythm, slips_elsewhere, clause, shorter),
    "dropped_stops": (slips_elsewhere, clause, paragraph, sentences, continued, ends),
    "made_up_marks": (slips_elsewhere, clause, shorter),
}
"""What counts besides the language model, how readily engines slip so, and a change's own cost."""


def _carried_on(survey: Survey, edge: Column, model: LanguageModel) -> Column:
    """How much better what follows an edge reads after what stands before it than at the beginning of a paragraph."""
    rows = survey.ids[edge[:, None] + np.arange(-PAD, PAD + 1)]
    joined = model.log_probabilities(np.delete(rows, PAD, axis=1))[:, PAD:].sum(axis=1, dtype=np.int64)
    apart = model.log_probabilities(rows)[:, PAD + 1 :].sum(axis=1, dtype=np.int64)
    return np.asarray(np.where(edge < len(survey.ids) - PAD - 1, joined - apart, LAST))


def _paragraph(page: _Page, at: Column) -> tuple[Column, Column]:
    """The edges of the paragraph in which a position lies, or that it ends."""
    edges = np.flatnonzero(page.edge)
    k = np.searchsorted(edges, at)
    return edges[k - 1], edges[k]


def _beat(page: _Page, start: Column, end: Column) -> Column:
    """The row of the table of rhythms: what the stop before and the stop after are, and how far they stand."""
    first = page.before[start]
    last = np.where(end > start, page.after[start], page.after[start - 1])
    one, other = (page.codes[at].astype(np.int64) for at in (first, last))
    return beat(one, start - first - 1, other, last - end)


@lru_cache(maxsize=4)
def _order(model: LanguageModel) -> Column:
    """Which of MARKS each vocabulary index is, -1 for none."""
    order = np.full(len(model.vocabulary) + 2, -1, dtype=np.int64)
    order[model.ids(code_points(MARKS))] = np.arange(len(MARKS))
    return order


def _channel(survey: Survey, start: Column, end: Column, ids: NDArray[np.uint16], resources: Resources) -> Column:
    table = confusions(resources.lexicon.folder)
    vocabulary = resources.language.vocabulary
    return np.array(
        [
            table.get((survey.symbols(a, b), vocabulary[row[0] - 2] if row else ""), UNHEARD)
            for a, b, row in zip(start.tolist(), end.tolist(), ids.tolist(), strict=True)
        ],
        dtype=np.int64,
    )


UNHEARD = -8_000
"""Milli-nats. A confusion that the table does not have."""
