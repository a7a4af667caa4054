r"""Build lexicons/channel/ENGINE.tsv: what an OCR engine prints for each character that stands on the page.

    apt-get install fonts-noto-cjk fonts-arphic-uming fonts-arphic-gbsn00lp fonts-arphic-gkai00mp fontconfig
    apt-get install texlive-lang-chinese          # or only its Fandol fonts, their folder given with --fonts
    apt-get install tesseract-ocr tesseract-ocr-chi-sim
    pip install numpy pillow fonttools rapidfuzz onnx onnxruntime opencv-python-headless
    pip download --no-deps rapidocr-onnxruntime==1.4.4       # the wheel holds the PP-OCRv4 model

    python tools/build_channel.py ../shared/corpus --engine ppocr --out lexicons/channel/ppocr.tsv
    python tools/build_channel.py ../shared/corpus --engine tesseract --out lexicons/channel/tesseract.tsv

    apt-get install tesseract-ocr-chi-tra fonts-arphic-bsmi00lp fonts-arphic-bkai00mp fonts-arphic-ukai
    python tools/build_channel.py ../shared/corpus --script traditional --rounds 3 --names 0 --engine ppocr \
        --out lexicons/channel/traditional/ppocr.tsv
    python tools/build_channel.py ../shared/corpus --script traditional --rounds 3 --names 0 --engine tesseract \
        --out lexicons/channel/traditional/tesseract.tsv

Text is set and worn as in tools/channel_pages.py, read by the engine, and laid beside what was set: by dynamic
programming over symbols and places, as it is known where each character stands (tools/channel_readings.py). Counted is
what was printed, and what the engine held possible there: of PP-OCR the softmax at the peak of each character, of
tesseract its choices. P(printed | true) is smoothed by absolute discounting; what that leaves goes by the engine's own
likeness, and by how often a symbol is printed wrongly. The settings are those under which the misreadings of every
other page are most probable, given the rest. Traditional print is set in the usages of Taiwan, Hong Kong and OpenCC;
what was set and what was printed are both counted as the Simplified characters that they are read as.

What an engine fails on in place names is set `--names` times more, for ENGINE.names.tsv; 0: no such table. `--counts
FILE` keeps the counts, those of names beside it, and reads them where the file exists. `--pages N` reads the first N
pages only. Error rates by severity are shown. `--measure ../shared/dev` prints how well the tables foretell the
substitutions of the dev pairs, and of those that are in the tables of names.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from copy import deepcopy
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import channel_pages as pages
import cv2
import numpy as np
from channel_pages import symbols
from channel_readings import ENGINES, PPOCR, Counts, Likeness, Misread, Tesseract, tally
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

from ocrfix.worn import UNLISTED

ROOT = Path(__file__).resolve().parent.parent
FANDOL = Path("/usr/share/texlive/texmf-dist/fonts/opentype/public/fandol")
LOOK_ALIKES = {
    "simplified": ROOT / "lexicons" / "glyphs.tsv",
    "traditional": ROOT / "lexicons" / "glyphs.traditional.tsv",
}
LINES_A_PAGE = 32
FAILS = 0.2
"""A character of place names that an engine misreads or drops so often is set more often."""

# From light to heavy: pixels a character, JPEG quality; and how harsh, so that errors are as many as on dev's pages.
WORN: dict[str, tuple[tuple[float, float], tuple[float, float], float]] = {
    "ppocr": ((21.5, 16.5), (56, 27), 0.6),
    "tesseract": ((25.5, 21.5), (68, 50), 0.25),
}


def gather(args: argparse.Namespace, engine: PPOCR | Tesseract) -> tuple[Counts, Counts]:
    """Sets, wears and reads all pages; shows how severity tells on Han characters and marks.

    What fails in place names is set again, more often: of rare characters a few readings are too few to tell what an
    engine makes of them. Returns what was counted before, and with that.
    """
    cv2.setNumThreads(1)
    rng = np.random.default_rng(args.seed)
    texts = pages.texts_to_set(args.corpus, ROOT / "lexicons", args.rounds, args.running, rng, args.script)
    faces, counts = pages.open_faces(args.fonts, args.script), Counts()
    by_severity = defaultdict[int, Counter[str]](Counter)
    read = _read(islice(pages.plan(texts, faces, LINES_A_PAGE, rng), args.pages or None), 1, engine, counts, rng, args)
    for severity, seen in read:
        by_severity[int(severity * 5)] += seen
    print("severity: Han characters; % of them misread, dropped; invented; % of marks, digits and letters wrong")
    for at, n in sorted(by_severity.items()):
        shares = [100 * n[what] / n["han"] for what in ("sub", "drop", "invent")]
        print(f"{at / 5:.1f} {n['han']:7}", *(f"{each:5.2f}" for each in (*shares, 100 * n["mark wrong"] / n["mark"])))
    first = deepcopy(counts)
    if args.names:
        some = failing(counts)
        print(f"{len(some)} characters of place names are not read at least {FAILS:.0%} of the time", flush=True)
        texts = pages.names_to_set(args.corpus, some, args.names, rng, args.script)
        _read(pages.plan(texts, faces, LINES_A_PAGE, rng), len(read) + 1, engine, counts, rng, args)
    for each, path in ((first, args.counts), (counts, args.counts and of_names(args.counts))):
        each.round()
        if path:
            each.save(path)
    return first, counts


def failing(counts: Counts) -> dict[str, list[str]]:
    """The characters of place names on which the engine fails, and the names that each stands in."""
    names = pages.every_character(ROOT / "lexicons")[1]
    return {ch: names[ch] for ch in sorted(names) if counts.failed(ch) >= FAILS}


def of_names(path: Path) -> Path:
    """Where the same of names lies."""
    return path.with_name(f"{path.stem}.names{path.suffix}")


def _read(
    planned: Iterable[tuple[pages.Face, list[str]]],
    start: int,
    engine: PPOCR | Tesseract,
    counts: Counts,
    rng: np.random.Generator,
    args: argparse.Namespace,
) -> list[tuple[float, Counter[str]]]:
    """Sets, wears and reads pages, and counts them in: of each its severity, and what went wrong."""
    pixels, jpeg, harsh = WORN[args.engine]
    begun, unread, read = time.time(), 0, list[tuple[float, Counter[str]]]()
    for done, (face, some) in enumerate(planned, start):
        page = pages.set_page(some, face, pages.draw_wear(rng, pixels, jpeg, harsh), rng)
        seen = Counter[str]()
        for line, reading in zip(page.lines, engine.read(page, rng), strict=True):
            if reading is None:
                unread += 1
            else:
                centres = (line.centres / page.wear.px).tolist()
                seen += counts.line(done % 2, symbols(line.text, args.script), centres, reading)
        if done % 20 == 0:
            print(f"{done} pages, {time.time() - begun:.0f} s, {unread} lines not found", flush=True)
        read.append((page.wear.severity, seen))
    return read


# ---------------------------------------------------------------- smoothing


class Smoothing(NamedTuple):
    """How counts become probabilities.

    soft: weight of what the engine held possible beside what it printed. discount: taken from every count, for what was
    not seen. prior: characters that the mean error rate counts as. like: share of what is left for the unseen that
    goes by the engine's likeness (`sharp` is of that); the rest goes by how often a symbol is printed wrongly.
    """

    soft: float
    discount: float
    prior: float
    like: float = 0.0
    sharp: float = 0.0


class Channel:
    """P(printed | true), estimated from some of the counts."""

    def __init__(
        self, counts: Counts, halves: tuple[int, ...], smoothing: Smoothing, likeness: Likeness | None = None
    ) -> None:
        self.smoothing, self.likeness = smoothing, likeness
        weight = smoothing.soft
        self.counts, self.hard = tally(), [counts.hard[half] for half in halves]
        for half in halves:
            for seen, share in ((counts.hard[half], 1 - weight), (counts.soft[half], weight)):
                for x, row in seen.items() if share else ():
                    into = self.counts[x]
                    for y, n in row.items():
                        into[y] += share * n
        self.seen = {x: sum(row.values()) for x, row in self.counts.items()}
        self.kept = {
            x: sum(min(n, smoothing.discount) for y, n in row.items() if y != x) for x, row in self.counts.items()
        }
        misprints, taken = defaultdict[str, float](float), 0.0
        for x, row in self.counts.items():
            for y, n in row.items():
                if x and x != y:
                    misprints[y] += min(n, 1.0)
                    taken += n
        total = sum(misprints.values())
        self.usual = {y: n / total for y, n in misprints.items()}
        self.never = 0.5 / total
        self.wrong = taken / sum(n for x, n in self.seen.items() if x)
        self.printed_as = defaultdict[str, set[str]](set)
        for x, row in self.counts.items():
            for y in row:
                self.printed_as[y].add(x)

    def probability(self, printed: str, true: str) -> float:
        """P(printed | true) of two that differ."""
        _, discount, prior, like, _ = self.smoothing
        n = self.counts[true].get(printed, 0.0) if true in self.counts else 0.0
        behind, left = 0.0, 1.0
        if self.likeness and printed and true in self.likeness.true:
            at = self.likeness.printed.get(printed)
            alike = 0.0 if at is None else self.likeness.shares[self.likeness.true[true], at]
            behind, left = like * alike, 1 - like
        behind += left * self.usual.get(printed, self.never)
        return float((max(n - discount, 0.0) + self.unseen(true) * behind) / (self.seen.get(true, 0.0) + prior))

    def read_so(self, printed: str, true: str) -> float:
        """How often `true` was printed so: a share of its readings and of `prior` more."""
        times = sum(half[true].get(printed, 0.0) for half in self.hard if true in half)
        return times / (self.seen.get(true, 0.0) + self.smoothing.prior)

    def unseen(self, true: str) -> float:
        """What of a character's counts is left for what it was not printed as."""
        return self.kept.get(true, 0.0) + self.smoothing.prior * self.wrong

    def candidates(self, printed: str) -> set[str]:
        """What `printed` may stand for: seen so, seen the other way round, or alike."""
        found = self.printed_as.get(printed, set()) | {x for x in self.counts.get(printed, ()) if x in self.counts}
        if self.likeness and printed in self.likeness.printed:
            shares = self.likeness.shares[:, self.likeness.printed[printed]] * self._unseen_share
            nearest = np.argpartition(-shares, 4 * LONGEST)[: 4 * LONGEST]
            found |= {self._likened[at] for at in nearest.tolist() if self._likened[at] in self.counts}
        return found - {printed}

    @cached_property
    def _likened(self) -> list[str]:
        return list(self.likeness.true) if self.likeness else []

    @cached_property
    def _unseen_share(self) -> NDArray[np.float64]:
        prior = self.smoothing.prior
        return np.array([self.unseen(x) / (self.seen.get(x, 0.0) + prior) for x in self._likened])


def choose_smoothing(
    counts: Counts, engine: PPOCR | Tesseract, frequency: Counter[str], look_alikes: Misread
) -> tuple[Smoothing, Likeness]:
    """The most likely by the misread Han characters of one half under the other; prints it, and what its parts are good
    for. One setting after the other."""
    ppocr = isinstance(engine, PPOCR)
    sharps = (16.0, 24.0, 36.0) if ppocr else (5.0, 10.0, 20.0)
    alike = {sharp: [engine.likeness(half, sharp, look_alikes) for half in counts.hard] for sharp in sharps}
    grid = {
        "soft": (0.0, 0.5, 0.8, 0.95, 0.98),
        "discount": (0.0005, 0.002, 0.01, 0.05, 0.2, 0.5),
        "prior": (4.0, 8.0, 16.0, 32.0),
        "like": (0.0, 0.15, 0.3, 0.6, 0.85),
        "sharp": sharps,
    }
    best = Smoothing(0.95, 0.0005, 8.0, 0.3, sharps[1]) if ppocr else Smoothing(0.95, 0.5, 32.0, 0.85, sharps[1])
    tried = {best: held_out(counts, best, alike[best.sharp], frequency)}
    for name, values in grid.items():
        for smoothing in (best._replace(**{name: value}) for value in values):
            if smoothing not in tried:
                tried[smoothing] = held_out(counts, smoothing, alike[smoothing.sharp], frequency)
        best = max(tried, key=lambda each: tried[each])
    for smoothing in (best, *(best._replace(**{name: 0.0}) for name in ("soft", "like"))):
        likelihood = held_out(counts, smoothing, alike[best.sharp], frequency)
        print(f"held out: {likelihood:.3f} nats a misreading, {smoothing}", flush=True)
    both = tally()
    for half in counts.hard:
        for x, row in half.items():
            for y, n in row.items():
                both[x][y] += n
    return best, engine.likeness(both, best.sharp, look_alikes)


def held_out(counts: Counts, smoothing: Smoothing, alike: list[Likeness], frequency: Counter[str]) -> float:
    """Nats a misreading of running text: those of a character weigh as much as it is frequent there."""
    total, weights = 0.0, 0.0
    for half in (0, 1):
        channel = Channel(counts, (1 - half,), smoothing, alike[1 - half])
        for x, row in counts.hard[half].items():
            weight = (frequency[x] + 0.5) / sum(row.values())
            for y, times in row.items():
                if x != y and pages.is_han(x or "0") and pages.is_han(y or "0"):
                    total += weight * times * float(np.log(channel.probability(y, x)))
                    weights += weight * times
    return total / weights


# ---------------------------------------------------------------- the tables

NOTHING = "∅"
LONGEST = 60  # true symbols a row
LARGEST = 1_450_000  # bytes of a table
OFTEN = 0.005  # what of names is printed less often, as a share of a character's readings, is not listed
ALWAYS = 9999
FAVOUR = 0.3  # nats a nat of frequency: of two equally near, the commoner is listed


def summary(counts: Counts) -> str:
    """How many Han characters were set, and what share of them was misread or dropped."""
    rows = [(x, row) for half in counts.hard for x, row in half.items() if x and pages.is_han(x)]
    han = sum(sum(row.values()) for _, row in rows)
    dropped, right = sum(row.get("", 0.0) for _, row in rows), sum(row.get(x, 0.0) for x, row in rows)
    misread = han - right - dropped
    shares = f"{misread / han:.1%} misread, {dropped / han:.1%} dropped"
    return f"{len({x for x, _ in rows}):,} Han characters, set {han:,.0f} times: {shares}"


def cost(probability: float) -> int:
    return round(-100 * float(np.log(probability)))


def table(channel: Channel, frequency: Counter[str]) -> str:
    """For every printed symbol the LONGEST best of its candidates, and of all rows as many as LARGEST allows. Best is
    judged by cost and FAVOUR, as a character set a few times only looks likelier or unlikelier than it is; that a
    symbol was made up is always listed."""
    listed = list[tuple[int, str, int, str]]()
    for y in sorted(channel.printed_as):
        candidates = channel.candidates(y) if y else set(channel.counts) - {""}
        costs = [(cost(channel.probability(y, x)), x) for x in candidates]
        favour = {x: round(100 * FAVOUR * float(np.log(frequency[x] + 0.5))) if x else ALWAYS for _, x in costs}
        judged = sorted((at - favour[x], y, at, x) for at, x in costs)
        listed += judged[:LONGEST] if y else [(-ALWAYS, y, at, x) for _, _, at, x in judged]
    rows, size = defaultdict[str, list[tuple[int, str]]](list), 0
    for _, y, at, x in sorted(listed):
        size += len((x or NOTHING).encode()) + len(str(at)) + 1 + (0 if y in rows else len(y.encode()) + 2)
        if size > LARGEST:
            break
        rows[y or NOTHING].append((at, x or NOTHING))
    return written(rows)


def table_of_names(channel: Channel, failing: Iterable[str]) -> str:
    """For every printed symbol the characters of place names that fail, and were printed so OFTEN."""
    rows = defaultdict[str, list[tuple[int, str]]](list)
    for y in channel.printed_as:
        for x in failing:
            if x != y and channel.read_so(y, x) >= OFTEN:
                rows[y or NOTHING].append((cost(channel.probability(y, x)), x))
    return written(rows)


def written(rows: dict[str, list[tuple[int, str]]]) -> str:
    """A table: of each printed symbol what it may stand for, by cost."""
    lines = ["printed\ttrue\tcost\n"]
    for y, row in sorted(rows.items()):
        row.sort()
        lines.append(f"{y}\t{''.join(x for _, x in row)}\t{' '.join(str(at) for at, _ in row)}\n")
    return "".join(lines)


def read_table(path: Path) -> dict[str, dict[str, int]]:
    """Printed to true to cost, of a table of this kind (or of look-alikes: to similarity); nothing left out."""
    rows = (line.split("\t") for line in path.read_text(encoding="utf8").splitlines()[1:])
    return {printed: dict(zip(true, map(int, costs.split()), strict=True)) for printed, true, costs in rows}


def measure(dev: Path, folder: Path) -> None:
    """Of one-to-one Han substitutions in the dev pairs, the share whose true character is among the first k."""
    look_alikes = read_table(LOOK_ALIKES["simplified"])
    print("file  pairs | first 5, 20, 60 of the channel | of look-alikes | of either | nats of those listed")
    for engine, prefix in (("ppocr", "rapidocr"), ("tesseract", "tesseract")):
        channel = read_table(folder / f"{engine}.tsv")
        for path in sorted((dev / "ocr").glob(f"*{prefix}_[lmh]*.tsv")):
            pairs = list(substitutions(path))
            found = np.array([[_rank(each.get(y, {}), x) for each in (channel, look_alikes)] for y, x in pairs])
            ranks = np.column_stack((found, found.min(1)))
            shares = [" ".join(f"{np.mean(column < k):.3f}" for k in (5, 20, 60)) for column in ranks.T]
            nats = np.mean([channel[y][x] for y, x in pairs if x in channel.get(y, ())]) / -100
            print(f"{path.stem:28} {len(pairs):4} | {' | '.join(shares)} | {nats:.2f}")
    print("of characters in the tables of names: file  pairs | listed without, with | nats of all without, with")
    for engine, prefix in (("ppocr", "rapidocr"), ("tesseract", "tesseract")):
        channel = read_table(folder / f"{engine}.tsv")
        names = read_table(folder / f"{engine}.names.tsv")
        failing, never = {x for row in names.values() for x in row}, UNLISTED // 10
        files = [*sorted((dev / "ocr").glob(f"rare_names_{prefix}_[lm]*.tsv"))]
        for path in files + sorted((ROOT / "benchmarks" / "rare_counties").glob(f"{prefix}*.tsv")):
            pairs = [pair for pair in substitutions(path) if pair[1] in failing]
            plain = np.array([channel.get(y, {}).get(x, never) for y, x in pairs])
            with_names = np.array([names.get(y, {}).get(x, was) for (y, x), was in zip(pairs, plain, strict=True)])
            told = [f"{np.mean(each < never):.2f}" for each in (plain, with_names)]
            told += [f"{np.mean(each) / -100:.2f}" for each in (plain, with_names)]
            print(f"{path.parent.name}/{path.stem:28} {len(pairs):4} | {told[0]}, {told[1]} | {told[2]}, {told[3]}")


def _rank(row: dict[str, int], true: str) -> int:
    """Its place among the Han characters of a row; far behind where it is not listed."""
    listed = [x for x in row if x != NOTHING]
    return listed.index(true) if true in listed else 10**6


def substitutions(path: Path) -> Iterator[tuple[str, str]]:
    head, *lines = path.read_text(encoding="utf8").splitlines()
    noisy_at, gold_at = head.split("\t").index("noisy"), head.split("\t").index("gold")
    for line in lines:
        noisy, gold = (symbols(line.split("\t")[at]).replace(" ", "") for at in (noisy_at, gold_at))
        for op in Levenshtein.editops(noisy, gold):
            if op.tag == "replace" and pages.is_han(noisy[op.src_pos]) and pages.is_han(gold[op.dest_pos]):
                yield noisy[op.src_pos], gold[op.dest_pos]


# ----------------------------------------------------------------------------------------------------------------------


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def provenance(
    args: argparse.Namespace, engine: PPOCR | Tesseract, text: str, smoothing: Smoothing, are_names: bool
) -> str:
    given = ("seed", "rounds", "running", "pages", *(("names",) if are_names else ()))
    inputs = [args.corpus / f"{name}.txt.xz" for name in pages.SOURCES]
    inputs += [ROOT / "lexicons" / name for name in ("gazetteer.tsv", "forms.tsv")]
    facts = {
        "engine": engine.version,
        "settings": {**{name: vars(args)[name] for name in given}, "wear": WORN[args.engine]}
        | ({} if args.script == "simplified" else {"script": args.script}),
        "smoothing": smoothing._asdict(),
        "table": {"rows": text.count("\n") - 1, "sha256": hashlib.sha256(text.encode()).hexdigest()},
        "faces": {face.name: digest(face.path) for face in pages.open_faces(args.fonts, args.script)},
        "inputs": {path.name: digest(path) for path in inputs},
    }
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?", help="folder of *.txt.xz")
    parser.add_argument("--engine", choices=sorted(ENGINES), default="ppocr")
    parser.add_argument("--script", choices=sorted(pages.FACES), default="simplified", help="what the pages are set in")
    parser.add_argument("--out", type=Path, help="the table; its provenance and pairs are written beside it")
    parser.add_argument("--wheel", type=Path, default=Path("rapidocr_onnxruntime-1.4.4-py3-none-any.whl"))
    parser.add_argument("--fonts", type=Path, default=FANDOL, help="folder of the Fandol fonts")
    parser.add_argument("--rounds", type=int, default=6, help="renderings of every character among common ones")
    parser.add_argument("--running", type=int, default=900, help="lines of running text a round")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--counts", type=Path, help="keep the counts here; read them if the file exists")
    parser.add_argument("--pages", type=int, default=0, help="of these pages, read so many only; 0: all")
    parser.add_argument("--names", type=int, default=60, help="renderings more of what fails in place names")
    parser.add_argument("--measure", type=Path, metavar="DEV", help="print the recall table, build nothing")
    args = parser.parse_args()
    if args.measure:
        measure(args.measure, ROOT / "lexicons" / "channel")
        return 0
    if not args.corpus:
        parser.error("a corpus folder is needed to build (or --measure DEV)")
    engine = ENGINES[args.engine](args.wheel, args.script)
    if args.counts and args.counts.exists():
        first, counts = Counts.load(args.counts), Counts.load(of_names(args.counts))
    else:
        first, counts = gather(args, engine)
    if args.out:
        frequency, alike = pages.frequency(args.corpus), read_table(LOOK_ALIKES[args.script])
        for path, each in [(args.out, first), (of_names(args.out), counts)][: 2 if args.names else 1]:
            print(summary(each))
            smoothing, likeness = choose_smoothing(each, engine, frequency, alike)
            channel = Channel(each, (0, 1), smoothing, likeness)
            text = table(channel, frequency) if each is first else table_of_names(channel, failing(first))
            path.write_text(text, encoding="utf8", newline="\n")
            record = provenance(args, engine, text, smoothing, each is counts)
            path.with_name(f"{path.stem}.provenance.json").write_text(record, encoding="utf8")
            print(f"{path}: {len(text.encode()):,} bytes, {text.count(chr(10)) - 1:,} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
