#!/usr/bin/env python3
"""What limits accuracy: at which stage each error that engines made is lost.

    python benchmarks/limits.py --dev ../shared/dev                  pairs and whole documents, settings as they come
    python benchmarks/limits.py --dev ../shared/dev --engine own     with the profile of the engine that read the page
    python benchmarks/limits.py --dev ../shared/dev --confidence     what came with confidences, and with these

Markdown to stdout, and results/DATE-limits.json (--json FILE: there instead; --no-write: nowhere). Two minutes or so.

Noisy text and gold are aligned as the pipeline sees them (ocrfix.text.view: digits and letters are one symbol each, so
errors in them are not counted). What lies between characters that agree is one error; Han characters and marks in it
are counted apart, by Levenshtein distance, so that totals are those of the character error rate but for ties in
the alignment. Each wrong character is

  not suspected   neither detected nor touched by any proposal
  no candidate    looked at, but nothing proposed there brings the text nearer to the page
  behind another  proposed, but another proposal for the same characters scores more
  below accept    proposed, ahead of its rivals, and not made; in brackets how many are suggested at least
  made            mended in the result

A proposal counts wherever it comes from: whatever stands in PROPOSERS is asked.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import devdata
import numpy as np
import run
from rapidfuzz.distance import Levenshtein
from tables import markdown

from ocrfix import Config, Corrector, OcrText
from ocrfix.detect import suspects
from ocrfix.model import Correction
from ocrfix.propose import propose
from ocrfix.score import Scored, score
from ocrfix.survey import PAD, Survey
from ocrfix.text import BOUNDARY, HAN, code_points, fold, view

STAGES = ("not suspected", "no candidate", "behind another", "below accept", "made")
TYPES = (
    "one misread",  # its neighbours are right
    "two side by side misread",
    "three side by side",
    "four or more side by side",
    "dropped",
    "made up",
    "one for two",
    "two for one",  # 木目 for 相
    "of another length",
    "beside a mark",  # 一 for —, or a character misread and the mark after it dropped
)
MARK = re.compile(rf"[^\w{BOUNDARY}]")
LAYERS = {"Han": HAN, "marks": MARK}
"""What is counted apart: characters that match."""


class Change(NamedTuple):
    """Characters first to last of the view, half-open, and what stands there afterwards. score: of a proposal."""

    first: int
    last: int
    form: str
    score: int = 0


class Error(NamedTuple):
    """Symbols that differ: first to last of the noisy view, low to high of the gold's; both half-open."""

    first: int
    last: int
    low: int
    high: int


class Fate(NamedTuple):
    """What became of an error: its type, and of how many wrong characters each stage disposed.

    in_mind: whether the engine had the right reading in mind for each wrong character; of errors of another length it
    cannot.
    """

    layer: str
    type: str
    stages: dict[str, int]
    suggested: int
    in_mind: bool


class Page:
    """A noisy text beside its gold, as the pipeline sees them, and where they differ."""

    def __init__(self, noisy: str, gold: str) -> None:
        self.noisy, self.gold = noisy, gold
        joined: list[Error] = []
        for op in Levenshtein.opcodes(noisy, gold):
            if op.tag == "equal":
                continue
            new = Error(op.src_start, op.src_end, op.dest_start, op.dest_end)
            if joined and (joined[-1].last, joined[-1].high) == (new.first, new.low):
                new = Error(joined[-1].first, new.last, joined[-1].low, new.high)
                joined.pop()
            joined.append(new)
        self.errors = joined
        self._firsts, self._lasts = [e.first for e in joined], [e.last for e in joined]

    def parts(self, error: Error) -> tuple[str, str]:
        """What is printed, and what the page has."""
        return self.noisy[error.first : error.last], self.gold[error.low : error.high]

    def nearer(self, change: Change, kept: re.Pattern[str]) -> int:
        """How many wrong characters fewer there are after a change; below 0 where there are more.

        Compared in a window that holds the change and the errors within a character of it: 人 may be dropped from
        人人 at either place.
        """
        i, j = bisect_left(self._lasts, change.first - 1), bisect_right(self._firsts, change.last + 1) - 1
        if i > j:
            return -1
        left, right = self.errors[i], self.errors[j]
        low, high = min(change.first, left.first), max(change.last, right.last)
        target = only(kept, self.gold[left.low - (left.first - low) : right.high + (high - right.last)])
        before = only(kept, self.noisy[low:high])
        after = only(kept, self.noisy[low : change.first] + change.form + self.noisy[change.last : high])
        return Levenshtein.distance(before, target) - Levenshtein.distance(after, target)


def only(kept: re.Pattern[str], text: str) -> str:
    return "".join(kept.findall(text))


def type_of(printed: str, true: str, layer: str) -> str:
    """Which of TYPES an error is."""
    other = HAN if layer == "marks" else MARK
    if other.search(printed + true):
        return TYPES[9]
    if len(printed) == len(true):
        return TYPES[min(len(true), 4) - 1]
    if not printed or not true:
        return TYPES[5] if printed else TYPES[4]
    return {(1, 2): TYPES[6], (2, 1): TYPES[7]}.get((len(printed), len(true)), TYPES[8])


class Batch(NamedTuple):
    """Proposals of one batch, in the view."""

    scored: Scored
    first: Any
    last: Any


def fates(text: str | OcrText, gold: str, corrector: Corrector) -> Iterator[Fate]:
    """What became of each error of a text."""
    survey = Survey(text, corrector.resources, corrector.config)
    where = suspects(survey, corrector.resources)
    scored = score(survey, propose(survey, where, corrector.resources), corrector.resources, least=None)
    batches = [Batch(s, s.proposals.start - PAD, s.proposals.end - PAD) for s in scored]
    result = corrector.correct(text)
    page = Page(survey.read, "".join(map(chr, view(gold).codes.tolist())))
    made = [change_of(c, survey) for c in result.corrections]
    suggested = [change_of(c, survey) for c in result.suggestions]
    looked_at = np.zeros(len(survey.ids) + 1, dtype=bool)
    looked_at[where.at] = True
    for error in page.errors:
        offers = list(near(batches, error, corrector))
        gap = error.first == error.last  # something was dropped there: its neighbours give it away
        touched = looked_at[error.first + PAD - gap : error.last + PAD + gap]
        seen = bool(touched.any()) or any(c.first <= error.last and error.first <= c.last for c in offers)
        for layer, kept in LAYERS.items():
            printed, true = page.parts(error)
            wrong = Levenshtein.distance(only(kept, printed), only(kept, true))
            if wrong:
                stages, told = disposed(page, error, kept, wrong, seen, offers, made, suggested)
                yield Fate(layer, type_of(printed, true, layer), stages, told, in_mind(survey, page, error))


def in_mind(survey: Survey, page: Page, error: Error) -> bool:
    """Whether the engine had in mind what the page says, or nothing, for each character of an error."""
    printed, true = page.parts(error)
    if not survey.reading or not printed or len(true) not in (0, len(printed)):
        return False
    ids = survey.resources.language.ids(code_points(true or "\0" * len(printed))).tolist()
    wanted = zip(range(error.first + PAD, error.last + PAD), printed, true or printed, ids, strict=True)
    considered = survey.reading.considered
    return all(
        (index > 0 or not true) and index in considered.get(at, ())
        for at, old, new, index in wanted
        if not true or old != new
    )


def disposed(
    page: Page,
    error: Error,
    kept: re.Pattern[str],
    wrong: int,
    seen: bool,
    offers: Sequence[Change],
    made: Iterable[Change],
    suggested: Iterable[Change],
) -> tuple[dict[str, int], int]:
    """How many of the wrong characters of an error each stage disposed of, and how many more are suggested."""
    mended = min(wrong, sum(max(page.nearer(c, kept), 0) for c in made if is_near(c, error)))
    right = [(page.nearer(c, kept), c) for c in offers]
    best = non_overlapping(sorted((-n, -c.score, c) for n, c in right if n > 0))
    offered = max(mended, min(wrong, sum(n for n, _ in best)))
    behind, left = 0, offered - mended
    for n, c in best:
        if left and any(o.score > c.score and overlap(o, c) and page.nearer(o, kept) <= 0 for o in offers):
            behind += min(n, left - behind)
    stages = dict.fromkeys(STAGES, 0)
    stages["made"] = mended
    stages["behind another"] = behind
    stages["below accept"] = left - behind
    stages["no candidate" if seen else "not suspected"] = wrong - offered
    told = sum(max(page.nearer(c, kept), 0) for c in suggested if is_near(c, error))
    return stages, min(told, left)


def non_overlapping(ranked: Iterable[tuple[int, int, Change]]) -> list[tuple[int, Change]]:
    """Changes that can be made together, those that mend the most first."""
    chosen: list[tuple[int, Change]] = []
    for less, _, change in ranked:
        if not any(overlap(change, other) for _, other in chosen):
            chosen.append((-less, change))
    return chosen


def overlap(a: Change, b: Change) -> bool:
    """Whether two changes claim the same characters, or the same place between two."""
    if a.first == a.last or b.first == b.last:
        return a.first <= b.last and b.first <= a.last
    return a.first < b.last and b.first < a.last


def is_near(change: Change, error: Error) -> bool:
    return change.first <= error.last + 1 and error.first <= change.last + 1


def near(batches: Iterable[Batch], error: Error, corrector: Corrector) -> Iterator[Change]:
    """The proposals within a character of an error."""
    for scored, first, last in batches:
        for k in np.flatnonzero((first <= error.last + 1) & (last >= error.first - 1)).tolist():
            form = folded(scored.proposals.form(k, corrector.resources.language))
            yield Change(int(first[k]), int(last[k]), form, int(scored.score[k]))


def change_of(c: Correction, survey: Survey) -> Change:
    """A correction as a change of the view."""
    first, last = np.searchsorted(survey.view.where, [c.start, c.end]).tolist()
    return Change(first, last, folded(c.replacement))


def folded(text: str) -> str:
    return "".join(chr(code) for code in fold(code_points(text)).tolist() if code)


# ---------------------------------------------------------------------------------------------------------------------
# The program.


class Loss(NamedTuple):
    """What became of the errors of a file: (layer, type, stage or "suggested") and how many characters; and how many

    errors there are, and of how many the engine had all of what the page says in mind.
    """

    file: str
    reader: str
    counts: Counter[tuple[str, str, str]]


def losses(texts: devdata.Texts, engine: str) -> Loss:
    config = Config(engine=texts.profile if engine == "own" else engine)
    counts: Counter[tuple[str, str, str]] = Counter()
    for pair in texts.pairs:
        for fate in fates(pair.read or pair.noisy, pair.gold, Corrector(texts.unseen(pair), config)):
            for stage, n in fate.stages.items():
                counts[fate.layer, fate.type, stage] += n
            counts[fate.layer, fate.type, "suggested"] += fate.suggested
            counts[fate.layer, fate.type, "errors"] += 1
            counts[fate.layer, fate.type, "in mind"] += fate.in_mind
    print(f"{texts.name}: done", file=sys.stderr)
    return Loss(texts.name, texts.reader, counts)


def row(title: str, counts: Counter[str]) -> list[str]:
    """Counts by stage as a row of a table, with shares."""
    total = sum(counts[stage] for stage in STAGES)
    cells = [f"{counts[stage]} ({counts[stage] / max(total, 1):.0%})" for stage in STAGES]
    cells[3] += f" [{counts['suggested']}]"
    return [title, str(total), *cells]


def by_stage(found: Iterable[Loss], layer: str, type_: str | None = None) -> Counter[str]:
    total: Counter[str] = Counter()
    for loss in found:
        for (of, kind, stage), n in loss.counts.items():
            if of == layer and type_ in (None, kind):
                total[stage] += n
    return total


def report(found: Sequence[Loss]) -> str:
    """For Han characters and for marks: where they are lost by file, and by type for each engine."""
    parts = []
    for layer in LAYERS:
        head = ["", "wrong", *STAGES]
        rows = [row(loss.file, by_stage([loss], layer)) for loss in found]
        rows.append(row("together", by_stage(found, layer)))
        parts.append(f"### {layer}: by file\n\n{markdown(head, rows)}")
        for reader in dict.fromkeys(loss.reader for loss in found):
            these = [loss for loss in found if loss.reader == reader]
            rows = [row(kind, by_stage(these, layer, kind)) for kind in TYPES if by_stage(these, layer, kind)]
            if rows:
                parts.append(f"### {layer}: by type, read by {reader}\n\n{markdown(head, rows)}")
    if any(loss.counts[key] for loss in found for key in loss.counts if key[2] == "in mind"):
        heads = ["", *(f"{reader}: errors" for reader in READERS), *(f"{reader}: all in mind" for reader in READERS)]
        parts.append(f"### Han: what the engine had in mind\n\n{markdown(heads, minds(found))}")
    return "\n\n".join(parts)


READERS = ("rapidocr", "tesseract")


def minds(found: Sequence[Loss]) -> list[list[str]]:
    """By type, how many errors each reader made, and of how many it had the right reading in mind throughout."""
    rows = []
    for kind in TYPES:
        by_reader = [by_stage([x for x in found if x.reader.startswith(reader)], "Han", kind) for reader in READERS]
        rows.append([kind, *(str(of[what]) for what in ("errors", "in mind") for of in by_reader)])
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dev", type=Path, required=True, help="a folder with ocr/ and documents/")
    parser.add_argument("--engine", default="generic", help="generic (default), own, or the name of a profile")
    parser.add_argument("--confidence", action="store_true", help="files with confidences alone, and with these")
    parser.add_argument("--only", nargs="*", metavar="FILE", help="the files so called alone")
    parser.add_argument("--limit", type=int, metavar="N", help="the first N paragraphs of each file; no documents")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where the record goes, instead of results/")
    parser.add_argument("--no-write", action="store_true", help="leave no record")
    args = parser.parse_args(arguments)
    begun = time.perf_counter()

    if args.confidence:
        files = list(devdata.confident(args.dev, args.limit))
    else:
        files = [*devdata.pairs(args.dev, args.limit), *(devdata.documents(args.dev) if args.limit is None else ())]
    files = [texts for texts in files if not args.only or texts.name in args.only]
    found = [losses(texts, args.engine) for texts in files]
    print(report(found))
    if not args.no_write:
        record = {
            **run.circumstances(Config(), True, devdata.files(args.dev)),
            **{
                "engine": args.engine,
                "confidence": args.confidence,
                "limit": args.limit,
                "seconds": round(time.perf_counter() - begun),
            },
            "files": [
                {
                    "file": loss.file,
                    "reader": loss.reader,
                    "wrong": [
                        {"of": of, "type": t, "stage": s, "count": n}
                        for (of, t, s), n in sorted(loss.counts.items())
                        if n
                    ],
                }
                for loss in found
            ],
        }
        run.write(record, "limits", args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
