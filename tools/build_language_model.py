#!/usr/bin/env python3
"""Build the language model: a folder of texts in, one mapped file out.

    python tools/build_language_model.py ../shared/corpus --out lexicons/models/news.lm

The model is a character 5-gram, interpolated Kneser-Ney with three discounts an order (Chen & Goodman 1999), pruned by
weighted difference (Seymore & Rosenfeld 1996) to --megabytes, its back-off weights made anew after pruning so that
probabilities still sum to one, and quantised to 256 values an order. Paragraphs that stand twice count once. Sources
can be weighed down: `--weight laws=0.25` takes a quarter of their paragraphs, chosen by hash. lexicons/models/README.md
has the command and the choice. Two minutes and 4 GB of memory.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ocrfix.language import EDGE, write
from ocrfix.text import view
from ocrfix.trie import Level

Keys = NDArray[np.uint64]
Floats = NDArray[np.float64]


class Grams(NamedTuple):
    """All n-grams of one order, sorted by key: ids as the digits of a number to the base of the vocabulary's size."""

    keys: Keys
    raw: NDArray[np.int64]  # how often it stands in the text
    counts: NDArray[np.int64]  # what Kneser-Ney counts: raw at the top, different characters before it below


class Estimate(NamedTuple):
    """Of one order: the probability of each n-gram, and what it leaves, as a context, to the next lower order."""

    probability: Floats
    gamma: Floats  # aligned with the n-grams of this order read as contexts; 1 where nothing follows


# ---------------------------------------------------------------- reading


def paragraphs(folder: Path, weights: dict[str, float]) -> Iterator[str]:
    """Paragraphs of all sources in order of their names, each once, fewer of those weighed down."""
    seen: set[bytes] = set()
    for path in sorted(folder.glob("*.txt.xz")):
        share = weights.get(path.name.removesuffix(".txt.xz"), 1.0)
        with lzma.open(path, "rt", encoding="utf8") as lines:
            for line in lines:
                line = line.strip()
                data = line.encode()
                if not line or zlib.crc32(data) >= share * 2**32:
                    continue
                mark = hashlib.blake2b(data, digest_size=8).digest()
                if mark not in seen:
                    seen.add(mark)
                    yield line


def stream(texts: Iterable[str], rare: int = 2) -> tuple[NDArray[np.uint16], str]:
    """All texts as vocabulary indices, EDGE around each, and the vocabulary: what stands `rare` times or more."""
    parts, counts, batch, size = [], Counter[int](), list[str](), 0

    def flush() -> None:
        codes = view("\n".join(batch)).codes[:-1]
        values, times = np.unique(codes, return_counts=True)
        counts.update(dict(zip(values.tolist(), times.tolist(), strict=True)))
        parts.append(codes)
        batch.clear()

    for text in texts:
        batch.append(text)
        size += len(text)
        if size > 1 << 22:
            flush()
            size = 0
    if batch:
        flush()
    # None of the private use area. Behind it even what stands once stays: one symbol did in the model that is shipped.
    chosen = sorted(c for c, n in counts.items() if (n >= rare and 0x20 <= c < 0xE000) or 0xF8FF < c < 0x10000)
    vocabulary = "".join(map(chr, chosen))
    table = np.zeros(0x110000, dtype=np.uint16)
    table[chosen] = np.arange(2, 2 + len(chosen), dtype=np.uint16)
    table[ord("\n")] = EDGE
    ids = np.concatenate([table[p] for p in parts] + [np.array([EDGE], dtype=np.uint16)])
    return ids, vocabulary


# ---------------------------------------------------------------- counting


def count(ids: NDArray[np.uint16], base: int, order: int) -> list[Grams]:
    """The n-grams of orders 1 to `order`. Those with EDGE inside, between other characters, are none."""
    if base**order >= 2**64:
        most = int(2 ** (64 / order))
        raise ValueError(f"expected a vocabulary of at most {most} symbols, found {base}; raise `rare`")
    raw = [_count_one(ids, base, n) for n in range(1, order + 1)]
    result = []
    for n in range(1, order + 1):
        keys, times = raw[n - 1]
        if n == order:
            kn = times
        else:  # how many different characters stand before it; before what begins a paragraph nothing can: raw
            suffixes, kinds = np.unique(raw[n][0] % np.uint64(base**n), return_counts=True)
            kn = times.copy()
            kn[np.searchsorted(keys, suffixes)] = kinds
        result.append(Grams(keys, times, kn))
    return result


def _count_one(ids: NDArray[np.uint16], base: int, n: int) -> tuple[Keys, NDArray[np.int64]]:
    size = len(ids) - n + 1
    keys = np.zeros(size, dtype=np.uint64)
    whole = np.ones(size, dtype=bool)
    for k in range(n):
        part = ids[k : k + size]
        keys *= np.uint64(base)
        keys += part
        if 0 < k < n - 1:
            whole &= part != EDGE
    if n == 2:
        whole &= (ids[:-1] != EDGE) | (ids[1:] != EDGE)
    keys = keys[whole]
    keys.sort()
    new = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1])))
    return keys[new], np.diff(np.append(new, len(keys))).astype(np.int64)


# ---------------------------------------------------------------- estimating


def estimate(grams: list[Grams], base: int) -> list[Estimate]:
    """Interpolated Kneser-Ney probabilities for every n-gram counted."""
    estimates: list[Estimate] = []
    gammas: list[Floats] = []
    for n, (keys, _, kn) in enumerate(grams, 1):
        below = discounts(kn)
        taken = below[np.minimum(kn, 3)]
        contexts, group = _contexts(keys, base)
        total = np.bincount(group, weights=kn, minlength=len(contexts))
        left = np.bincount(group, weights=taken, minlength=len(contexts)) / total
        if n == 1:
            # Unseen symbols share what is left with the seen ones, evenly.
            lower = np.full(len(keys), 1 / base)
            probability = (kn - taken) / total[0] + left[0] * lower
        else:
            at = np.searchsorted(grams[n - 2].keys, keys % np.uint64(base ** (n - 1)))
            probability = (kn - taken) / total[group] + left[group] * estimates[-1].probability[at]
            gamma = np.ones(len(grams[n - 2].keys))
            gamma[np.searchsorted(grams[n - 2].keys, contexts)] = left
            gammas.append(gamma)
        estimates.append(Estimate(probability, np.zeros(0)))
    return [Estimate(e.probability, g) for e, g in zip(estimates, [*gammas, np.zeros(0)], strict=True)]


def discounts(kn: NDArray[np.int64]) -> Floats:
    """What is taken from n-grams counted 0, 1, 2 and 3 or more times (Chen & Goodman 1999, eq. 26).

    Where a corpus is so small that no n-gram has one of the counts 1 to 4, one is assumed to; and between 0.05 and all
    but 0.05 is taken of a count, so that every context leaves something and every n-gram keeps something.
    """
    n1, n2, n3, n4 = (max(int((kn == k).sum()), 1) for k in (1, 2, 3, 4))
    y = n1 / (n1 + 2 * n2)
    raw = (k - (k + 1) * y * more / some for k, some, more in ((1, n1, n2), (2, n2, n3), (3, n3, n4)))
    return np.array([0.0, *(min(max(d, 0.05), k - 0.05) for k, d in enumerate(raw, 1))])


def _contexts(keys: Keys, base: int) -> tuple[Keys, NDArray[np.int64]]:
    """The contexts of sorted n-grams, each once, and for each n-gram the index of its own."""
    contexts = keys // np.uint64(base)
    new = np.concatenate(([True], contexts[1:] != contexts[:-1]))
    return contexts[new], np.cumsum(new) - 1


# ---------------------------------------------------------------- pruning


class Kept(NamedTuple):
    """What remains of one order: keys, natural log-probabilities, log back-off weights."""

    keys: Keys
    logp: Floats
    backoff: Floats


def importance(grams: list[Grams], estimates: list[Estimate], base: int) -> list[Floats]:
    """What the text loses if an n-gram is forgotten: occurrences times the log-ratio to what the lower order says."""
    result = [np.full(len(grams[0].keys), np.inf)]
    for n in range(2, len(grams) + 1):
        keys, raw, _ = grams[n - 1]
        lower = estimates[n - 2].probability[np.searchsorted(grams[n - 2].keys, keys % np.uint64(base ** (n - 1)))]
        gamma = estimates[n - 2].gamma[np.searchsorted(grams[n - 2].keys, keys // np.uint64(base))]
        result.append(raw * np.abs(np.log(estimates[n - 1].probability) - np.log(gamma * lower)))
    return result


def choose(
    grams: list[Grams], worth: list[Floats], base: int, threshold: float, least: tuple[int, ...]
) -> list[NDArray[np.bool_]]:
    """Which n-grams stay: those worth `threshold` that stand `least` times, and every context of one that stays."""
    keep = [np.ones(len(grams[0].keys), dtype=bool)]
    keep += [(w >= threshold) & (g.raw >= k) for g, w, k in zip(grams[1:], worth[1:], least[1:], strict=True)]
    for n in range(len(grams), 2, -1):
        contexts = np.unique(grams[n - 1].keys[keep[n - 1]] // np.uint64(base))
        keep[n - 2][np.searchsorted(grams[n - 2].keys, contexts)] = True
    return keep


def prune(grams: list[Grams], estimates: list[Estimate], keep: list[NDArray[np.bool_]], base: int) -> list[Kept]:
    """The n-grams that stay, with back-off weights that make each context's probabilities sum to one again."""
    kept: list[Kept] = []
    for n, (g, e, k) in enumerate(zip(grams, estimates, keep, strict=True), 1):
        keys, probability = g.keys[k], e.probability[k]
        if n > 1:
            contexts, group = _contexts(keys, base)
            lower = np.exp(_log_probability(kept, keys % np.uint64(base ** (n - 1)), n - 1, base))
            given = np.bincount(group, weights=probability, minlength=len(contexts))
            covered = np.bincount(group, weights=lower, minlength=len(contexts))
            weight = np.log(np.maximum(1 - given, 1e-9) / np.maximum(1 - covered, 1e-9))
            kept[-1].backoff[np.searchsorted(kept[-1].keys, contexts)] = weight
        kept.append(Kept(keys, np.log(probability), np.zeros(len(keys))))
    return kept


def _log_probability(kept: list[Kept], keys: Keys, n: int, base: int) -> Floats:
    """Log-probability of the last character of n-grams after the others, backing off where one has been forgotten."""
    level = kept[n - 1]
    at = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
    found = level.keys[at] == keys
    result = np.where(found, level.logp[at], 0.0)
    if n > 1 and not found.all():
        lost = keys[~found]
        context = lost // np.uint64(base)
        above = kept[n - 2]
        where = np.minimum(np.searchsorted(above.keys, context), len(above.keys) - 1)
        weight = np.where(above.keys[where] == context, above.backoff[where], 0.0)
        result[~found] = weight + _log_probability(kept, lost % np.uint64(base ** (n - 1)), n - 1, base)
    return result


# ---------------------------------------------------------------- packing


def quantise(values: Floats, levels: int = 256) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Each value as an index into a table of whole milli-nats; where there are too many for it, the means of steps."""
    milli = np.round(values * 1000).astype(np.int64)
    distinct, inverse, times = np.unique(milli, return_inverse=True, return_counts=True)
    if len(distinct) <= levels:
        step = np.arange(len(distinct))
    else:
        # The cube root of the density spreads steps where values are many without leaving the rare ones to one step.
        spread = np.cumsum(np.diff(distinct, prepend=distinct[0] - 1) ** (2 / 3) * times ** (1 / 3))
        step = np.minimum((spread / spread[-1] * levels).astype(np.int64), levels - 1)
    weight = np.bincount(step, weights=times, minlength=levels)
    table = np.bincount(step, weights=times * distinct, minlength=levels) / np.maximum(weight, 1)
    return step[inverse].astype(np.uint8), np.round(table).astype(np.int32)


def pack(kept: list[Kept], base: int) -> tuple[Level, ...]:
    """The trie's levels, as `ocrfix.language` reads them."""
    levels = []
    for n, (keys, logp, backoff) in enumerate(kept, 1):
        if n == 1:  # every symbol has a node of its own, whether it was met or not
            left = max(1 - np.exp(logp).sum(), 1e-9) / max(base - len(keys), 1)
            dense = np.full(base, np.log(left))
            dense[keys.astype(np.int64)] = logp
            weights = np.zeros(base)
            weights[keys.astype(np.int64)] = backoff
            keys, logp, backoff = np.arange(base, dtype=np.uint64), dense, weights
        probability, probabilities = quantise(logp)
        if n < len(kept):
            index, backoffs = quantise(backoff)
            first = np.searchsorted(kept[n].keys // np.uint64(base), np.append(keys, keys[-1] + np.uint64(1)))
            shift = 0 if n == 1 else 4
            first = np.append(first, np.full(-len(first) % (1 << shift), first[-1]))
            start = first[:: 1 << shift]
            offset = first - np.repeat(start, 1 << shift)
            if offset.max() >= 1 << 16:
                raise ValueError(
                    f"order {n}: at most 65535 continuations fit a block, found {offset.max()}; lower `shift`"
                )
        else:
            index, backoffs = np.zeros(0, dtype=np.uint8), np.zeros(1, dtype=np.int32)
            start = offset = np.zeros(0, dtype=np.int64)
            shift = 0
        levels.append(
            Level(
                (keys % np.uint64(base)).astype(np.uint16), probability, index,
                start.astype(np.uint32), offset.astype(np.uint16), probabilities, backoffs, shift,
            )
        )  # fmt: skip
    return tuple(levels)


def _bytes(keep: list[NDArray[np.bool_]]) -> int:
    """What a choice will take on disk: 6.25 bytes an n-gram, 3 at the top."""
    return sum(int(k.sum()) * (25 if n < len(keep) else 12) // 4 for n, k in enumerate(keep, 1))


def to_size(
    grams: list[Grams], worth: list[Floats], base: int, megabytes: float, least: tuple[int, ...]
) -> tuple[float, list[NDArray[np.bool_]]]:
    """The lowest threshold whose choice fits in `megabytes`, by halving."""
    low, high = 0.0, 200.0
    for _ in range(14):
        middle = (low + high) / 2
        if _bytes(choose(grams, worth, base, middle, least)) > megabytes * 1e6:
            low = middle
        else:
            high = middle
    return high, choose(grams, worth, base, high, least)


# ---------------------------------------------------------------- the command


def main(argv: list[str] | None = None) -> None:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("corpus", type=Path, help="a folder of .txt.xz files, one paragraph a line")
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--megabytes", type=float, nargs="+", default=[62.0], help="several: one file each, named OUT.SIZE")
    p.add_argument("--weight", action="append", default=[], metavar="SOURCE=SHARE")
    p.add_argument("--least", type=int, nargs=5, default=[1, 1, 1, 2, 2], help="occurrences an n-gram needs, by order")
    args = p.parse_args(argv)
    weights = {name: float(share) for name, _, share in (w.partition("=") for w in args.weight)}
    if strangers := sorted(name for name in weights if not (args.corpus / f"{name}.txt.xz").is_file()):
        p.error(
            f"--weight: expected the names of files in {args.corpus}, without .txt.xz; found {', '.join(strangers)}"
        )
    begun = time.monotonic()

    def note(what: str) -> None:
        print(f"{time.monotonic() - begun:6.0f} s  {what}", file=sys.stderr, flush=True)

    ids, vocabulary = stream(paragraphs(args.corpus, weights))
    base = len(vocabulary) + 2
    note(f"{len(ids):,} symbols, {len(vocabulary):,} of them different")
    grams = count(ids, base, 5)
    note("counted " + " ".join(f"{len(g.keys):,}" for g in grams))
    estimates = estimate(grams, base)
    note("estimated")
    worth = importance(grams, estimates, base)
    for megabytes in args.megabytes:
        threshold, keep = to_size(grams, worth, base, megabytes, tuple(args.least))
        kept = prune(grams, estimates, keep, base)
        levels = pack(kept, base)
        path = args.out if len(args.megabytes) == 1 else args.out.with_suffix(f".{megabytes:g}{args.out.suffix}")
        write(path, vocabulary, UNSEEN_SHARE, levels)
        held = " ".join(f"{len(k.keys):,}" for k in kept)
        note(f"{path}: {held} n-grams, {path.stat().st_size / 1e6:.1f} MB, threshold {threshold:.3f}")
        record(path, args, len(ids), kept, threshold)


UNSEEN_SHARE = -9903  # round(-1000 ln 20000)
"""An unknown character is one of about 20,000 that the model has not met, in milli-nats."""


def record(path: Path, args: argparse.Namespace, symbols: int, kept: list[Kept], threshold: float) -> None:
    """Say beside the model where it comes from and how to make it again."""
    command = [
        "python tools/build_language_model.py",
        str(args.corpus),
        f"--out {path.as_posix()}",
        f"--megabytes {' '.join(f'{m:g}' for m in args.megabytes)}",
        f"--least {' '.join(map(str, args.least))}",
        *(f"--weight {w}" for w in args.weight),
    ]
    sources = [
        {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
        for file in sorted(args.corpus.glob("*.txt.xz"))
    ]
    about = {
        "command": " ".join(command),
        "method": "character 5-gram, interpolated Kneser-Ney (three discounts), weighted-difference pruning, "
        "8-bit quantisation",
        "symbols": symbols,
        "ngrams": [len(k.keys) for k in kept],
        "threshold": round(threshold, 4),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "sources": sources,
        "terms": "counts derived from official documents (PRC Copyright Law, art. 5) and news transcripts; "
        "no sentence is contained",
    }
    path.with_suffix(".json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
