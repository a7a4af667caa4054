#!/usr/bin/env python3
"""Count what each engine printed for what the page shows: lexicons/channel/ENGINE.counts.tsv.

    python tools/count_misreadings.py ../shared/dev --out lexicons/channel
    python tools/count_misreadings.py ../shared/dev --choose        how well other FAITH and MILDER would foretell them
    python tools/count_misreadings.py FOLDER --traditional --out lexicons/channel/traditional

Over the dev pairs of each engine, aligned by Levenshtein distance. A few seconds. `ocrfix.channel` says what the counts
are for. Numbers and single symbols; no text is contained. The last is for Traditional print, from a folder that
benchmarks/traditional.py has made: counted are the Simplified characters that both sides are read as.
"""

from __future__ import annotations

import argparse
import math
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from decision_data import CLEAN, ENGINES, FOLDS, Misread, Text, engine_pairs

from ocrfix.channel import COUNTED, NOTHING, UNLISTED, Channel
from ocrfix.resources import Resources, channels
from ocrfix.script import SIMPLIFIED, TRADITIONAL, simplified

OFTEN = 20
"""How often a symbol must stand on the page to be listed though it was never misread."""


def table(counts: Misread) -> str:
    """The table of an engine: each true symbol, how often it stood on the page, what was printed for it how often."""
    read: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for (printed, true), times in counts.read.items():
        if printed != "\n":
            read[true].append((-times, printed or NOTHING))
    rows = sorted(
        (true or NOTHING, shown, sorted(read[true]))
        for true, shown in counts.shown.items()
        if true != "\n" and (read[true] or shown >= OFTEN)
    )
    lines = (
        f"{true}\t{shown}\t{''.join(ch for _, ch in what)}\t{' '.join(str(-n) for n, _ in what)}\n"
        for true, shown, what in rows
    )
    return "\t".join(COUNTED) + "\n" + "".join(lines)


def write(texts: Iterable[Text], folder: Path) -> None:
    """The tables of all engines, from texts that they read."""
    texts = list(texts)
    for engine, of in ENGINES.items():
        counts = Misread.of(text for text in texts if of in text.source)
        (folder / f"{engine}.counts.tsv").write_text(table(counts), encoding="utf8", newline="\n")


def read_in(script: str, dev: Path, resources: Resources) -> list[Text]:
    """The pairs of every engine, as the model sees what is printed in a script."""
    if script == SIMPLIFIED:
        return engine_pairs(dev)
    known = resources.variants
    return [
        text._replace(noisy=simplified(text.noisy, known), gold=simplified(text.gold, known))
        for text in engine_pairs(dev)
    ]


def held_out(dev: Path, resources: Resources, script: str = SIMPLIFIED) -> Callable[[Text], Resources]:
    """For each dev text the resources without what was counted of its own paragraphs.

    Of a whole document these are all that were read of local documents, else those of its fold.
    """
    texts = read_in(script, dev, resources)
    known: dict[int, Resources] = {}

    def of(text: Text) -> Resources:
        key = WHOLE if "\n" in text.noisy and text.source not in CLEAN else text.fold
        if key not in known:
            others = [t for t in texts if (not t.source.startswith("cities") if key == WHOLE else t.fold != key)]
            known[key] = counted_on(others, resources, script)
        return known[key]

    return of


def counted_on(texts: Iterable[Text], resources: Resources, script: str = SIMPLIFIED) -> Resources:
    """The resources with what was counted of these texts, and of no others, in place of what the script has."""
    first = next(iter(resources.printed_in(script).channels.values())).paths[0].parent
    with TemporaryDirectory() as name:
        folder = Path(name)
        for table in first.glob("*.tsv"):
            if not table.stem.endswith(".counts"):
                shutil.copy(table, folder)
        write(texts, folder)
        if script == SIMPLIFIED:
            return replace(resources, channels=channels(folder))
        own = replace(resources.traditional, misread=folder)
        assert own.channels  # opened as long as the folder is there
        return replace(resources, traditional=own)


WHOLE = -1


def choose(texts: Iterable[Text], known: Mapping[str, Channel]) -> None:
    """Print the log-likelihood of what each engine printed, each fold foretold from the others, over a grid."""
    texts = list(texts)
    for engine, of in ENGINES.items():
        folds = [Misread.of(t for t in texts if of in t.source and t.fold == k) for k in range(FOLDS)]
        worn = known[engine].worn()
        misread = Counter[str]()  # in worn type, by true symbol
        for (_, true), p in worn.items():
            misread[true] += p
        for milder in (2, 4, 7, 10, 33):
            found = []
            for faith in (20, 50, 100, 200, 400, 1600):
                total = 0.0
                for k, held in enumerate(folds):
                    rest = [fold for n, fold in enumerate(folds) if n != k]
                    shown = sum((fold.shown for fold in rest), Counter())
                    read = sum((fold.read for fold in rest), Counter())
                    wrong = Counter[str]()
                    for (_, true), times in read.items():
                        wrong[true] += times
                    for pair, times in held.read.items():
                        p = (read[pair] + faith / milder * worn.get(pair, WORST)) / (shown[pair[1]] + faith)
                        total += times * math.log(p)
                    for true, times in held.shown.items():
                        total -= times * (wrong[true] + faith / milder * misread[true]) / (shown[true] + faith)
                found.append(f"{faith}: {total:.0f}")
            print(f"{engine}, MILDER {milder}, FAITH " + ", ".join(found))


WORST = math.exp(-UNLISTED / 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dev", type=Path, help="the folder of dev data")
    parser.add_argument("--out", type=Path, help="the folder of channels; nothing is written without it")
    parser.add_argument("--choose", action="store_true", help="print how well other settings would foretell")
    parser.add_argument(
        "--traditional", dest="script", action="store_const", const=TRADITIONAL, default=SIMPLIFIED, help="count for it"
    )
    args = parser.parse_args()
    resources = Resources.builtin()
    texts = read_in(args.script, args.dev, resources)
    if args.choose:
        choose(texts, resources.printed_in(args.script).channels)
    if args.out:
        write(texts, args.out)


if __name__ == "__main__":
    main()
