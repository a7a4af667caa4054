"""How likely is this character here? A character 5-gram model, read from one mapped file.

The n-grams form a trie: those of one order lie in one array, sorted by the node they continue and then by character,
so that the continuations of a node are neighbours. Probabilities and back-off weights are indices into tables of
256 whole milli-nats, so that sums are exact and the same on every machine. The model is interpolated Kneser-Ney with
three discounts an order (Chen & Goodman 1999), pruned by weighted difference (Seymore & Rosenfeld 1996);
tools/build_language_model.py makes it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrfix.text import distinct
from ocrfix.trie import Flags, Ids, Level, MilliNats, Nodes, Pairs, find, runs

UNKNOWN = 0
EDGE = 1
MAGIC = b"ocrfix language model 1\n"
BLOCK = 1 << 16
"""Symbols that are scored at a time: few enough for their arrays to stay in the processor's cache."""

Context = tuple[Nodes, ...]
"""The n-grams that end with the last symbol of each row, the shortest first; -1 where the model has none so long."""


FEW = 2_000
"""Rows. Below that, to find out what they share takes longer than it saves."""


class LanguageModel:
    """A character n-gram model over a mapped file. Immutable, shared between threads, pickled by its path.

    >>> from ocrfix.resources import Resources
    >>> from ocrfix.text import code_points
    >>> model = Resources.builtin().language
    >>> right, wrong = (model.log_probabilities(model.ids(code_points(text))) for text in ("人民日报", "人民曰报"))
    >>> bool(right.sum() - wrong.sum() > 9_000)
    True
    """

    def __init__(self, path: Path, vocabulary: str, unknown: int, levels: tuple[Level, ...]) -> None:
        self.path = path
        self.vocabulary = vocabulary
        self._unknown = unknown
        self._levels = levels
        table = np.zeros(0x10000, dtype=np.uint16)
        table[[ord(ch) for ch in vocabulary]] = np.arange(2, 2 + len(vocabulary), dtype=np.uint16)
        table[ord("\n")] = EDGE
        self._id_of = table

    @classmethod
    def open(cls, path: Path) -> LanguageModel:
        """The model in a file, mapped and not read.

        Raises FileNotFoundError where there is none, ValueError where the file is no model of this version, or only
        a part of one.
        """
        path = Path(path)
        mend = "install ocrfix anew, or build the model with tools/build_language_model.py"
        with path.open("rb") as file:
            head = file.read(len(MAGIC) + 8)
            if not head.startswith(MAGIC):
                wanted = MAGIC.decode().strip()
                raise ValueError(f"{path}: expected a language model ({wanted!r}), found {head[:24]!r}; {mend}")
            found = path.stat().st_size
            header = file.read(min(int.from_bytes(head[len(MAGIC) :], "little"), found))
        try:
            about: dict[str, Any] = json.loads(header)
            places = [
                (name, np.dtype(kind), at, at + count * np.dtype(kind).itemsize)
                for name, kind, at, count in about["arrays"]
            ]
            expected = max(end for *_, end in places)
            if expected != found:
                raise ValueError(f"{expected} bytes announced, {found} there")
            raw = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
            arrays = {name: raw[at:end].view(kind) for name, kind, at, end in places}
            levels = tuple(
                Level._make([*(arrays[f"{n}.{field}"] for field in Level._fields[:-1]), shift])
                for n, shift in enumerate(about["shifts"], 1)
            )
            if len(levels[0].chars) != 2 + len(about["vocabulary"]):  # UNKNOWN and EDGE are not spelled
                raise ValueError(f"{len(about['vocabulary'])} characters announced, {len(levels[0].chars) - 2} there")
            return cls(path, about["vocabulary"], about["unknown"], levels)
        except (ValueError, LookupError, TypeError) as error:
            raise ValueError(f"{path}: expected a whole language model, found it damaged ({error}); {mend}") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return LanguageModel.open, (self.path,)

    def __len__(self) -> int:
        """How many n-grams the model holds."""
        return sum(len(level.chars) for level in self._levels)

    def ids(self, codes: NDArray[np.uint32]) -> Ids:
        """Vocabulary indices of folded code points: UNKNOWN for what the model has not met, EDGE for a line break."""
        return self._id_of.take(codes, mode="clip")  # U+FFFF is no character: UNKNOWN, as are those beyond

    def log_probabilities(self, ids: Ids) -> MilliNats:
        """Natural log-probability of each character after the (up to four) before it in its row, in milli-nats.

        ids: shape (..., n), vocabulary indices. Returns the same shape, int32. Context never reaches over EDGE, nor
        over the start of a row. An unknown character is given the share of one of many equally rare ones. Rows that
        begin alike are scored faster where they are neighbours.
        """
        if not ids.size:
            return np.zeros(ids.shape, dtype=np.int32)
        rows = ids.reshape(-1, ids.shape[-1])
        many, width = rows.shape
        result = np.empty((width, many), dtype=np.int32)
        high = max(1, BLOCK // width)
        for top in range(0, many, high):
            block = rows[top : top + high]
            wide = max(1, BLOCK // len(block))
            for left in range(0, width, wide):
                begin = max(0, left - len(self._levels) + 1)
                scored = self._score(block[:, begin : left + wide])
                result[left : left + wide, top : top + high] = scored[left - begin :]
        return result.T.reshape(ids.shape)

    def _score(self, rows: Ids) -> MilliNats:
        """What log_probabilities says of a few rows, transposed.

        The symbols are laid out column by column, so that what follows in a row stands `step` further on, and equal
        beginnings of neighbouring rows are neighbours. `start` are the places from which an n-gram of the order at hand
        has been found, rising, and `node` what it is; each order asks what follows.
        """
        step, width = rows.shape
        line = np.ascontiguousarray(rows.T).ravel()
        result = self.unigrams.take(line)
        start: Nodes = np.arange(step * width)
        node: Nodes = line.astype(np.int64)
        for n in range(1, min(len(self._levels), width)):
            upper, lower = self._levels[n - 1], self._levels[n]
            following, logp = line[n * step :], result[n * step :]
            inside = int(start.searchsorted(len(following)))
            start, node = start[:inside], node[:inside]
            char = following.take(start)
            if n == 1:
                child, found = self._pairs.find(node, char)
            else:
                child, found = runs(upper, lower, node, char) if step > 1 else find(upper, lower, node, char)
            lost, kept = np.flatnonzero(~found), np.flatnonzero(found)
            logp[start.take(lost)] += upper.weight(node.take(lost))
            start, node = start.take(kept), child.take(kept)
            logp[start] = lower.logp(node)
        result[line == UNKNOWN] += self._unknown
        return result.reshape(width, step)

    def likelihoods(self, rows: Sequence[Sequence[int]], first: int) -> NDArray[np.int64]:
        """The log-likelihood of each row, milli-nats, from its symbol number `first` on; rows may differ in length."""
        widths = np.array([len(row) for row in rows], dtype=np.int64)
        table = np.full((len(rows), int(widths.max(initial=0))), EDGE, dtype=np.uint16)
        for k, row in enumerate(rows):
            table[k, : len(row)] = row
        logp = self.log_probabilities(table)
        logp[np.arange(table.shape[1]) >= widths[:, None]] = 0
        return np.asarray(logp[:, first:].sum(axis=1, dtype=np.int64))

    def between(
        self, left: Ids, right: Ids, which: Nodes, middle: Ids, sizes: Nodes | None = None
    ) -> NDArray[np.int64]:
        """The log-likelihood, milli-nats, of what is put between two pieces of text, and of the right piece after it.

        left, right: (places, width); which: (n,), the place of each row; middle: (n, length), what to put there;
        sizes: (n,), how much of it, all by default. Returns (n,): what `log_probabilities` says of left, middle and
        right, summed over the last two. What the rows of a place share is looked up once, and what reaches over the
        middle where anything does.
        """
        if sizes is not None and len(which) < FEW:
            total = np.zeros(len(which), dtype=np.int64)
            for size in distinct(sizes).tolist():
                same = np.flatnonzero(sizes == size)
                total[same] = self.between(left, right, which[same], middle[same, :size])
            return total
        if len(which) < FEW:
            whole = np.concatenate((left.take(which, axis=0), middle, right.take(which, axis=0)), axis=1)
            return np.asarray(self.log_probabilities(whole)[:, left.shape[1] :].sum(axis=1, dtype=np.int64))
        context, rows = self.context(left), which
        total = np.zeros(len(which), dtype=np.int64)
        for k, char in enumerate(middle.T):
            if sizes is not None and len(some := np.flatnonzero(sizes > k)) < len(sizes):
                logp, longer = self.extended(context, rows.take(some), char.take(some))
                context = tuple(each.take(rows) for each in context)
                for each, grown in zip(context, longer, strict=True):
                    each[some] = grown
                total[some] += logp
            else:
                logp, context = self.extended(context, rows, char)
                total += logp
            rows = np.arange(len(which))
        alone: Context = ()
        begun = np.arange(len(which))  # the rows in which an n-gram that begins before the right piece goes on
        for k, char in enumerate(right.T):
            by_itself, alone = self.extended(alone, np.arange(len(char)), char)
            total += by_itself.take(which)
            if context and len(begun):
                nodes = [each.take(rows) for each in context]
                some = np.flatnonzero(np.logical_or.reduce([each >= 0 for each in nodes]))
                begun, place = begun.take(some), which.take(begun.take(some))
                alone_here = by_itself.take(place)
                logp = alone_here.copy()
                context = self._lengthened([each.take(some) for each in nodes], k, char.take(place), logp)
                total[begun] += logp - alone_here
                rows = np.arange(len(begun))
        return total

    def preceding(self, index: int) -> tuple[Ids, MilliNats]:
        """After what the model has seen a character, ids rising, and the log-probability of it there, milli-nats."""
        nodes, ids, begins = self._preceding
        some = slice(int(begins[index]), int(begins[index + 1]))
        return ids[some], self._levels[1].logp(nodes[some])

    @cached_property
    def _preceding(self) -> tuple[Nodes, Ids, Nodes]:
        """The pairs of characters by the second: their nodes, the first of each, where those of each second begin."""
        upper, lower = self._levels[0], self._levels[1]
        nodes = np.argsort(lower.chars, kind="stable")
        many = np.diff(upper.first(np.arange(len(upper.chars) + 1)))
        first = np.repeat(np.arange(len(upper.chars), dtype=np.uint16), many)
        begins = np.concatenate(([0], np.cumsum(np.bincount(lower.chars, minlength=len(upper.chars)))))
        return nodes, first[nodes], begins

    def context(self, left: Ids) -> Context:
        """What the model knows of the symbols before a place. left: (n, width), of which the last four count."""
        known: Context = ()
        for char in left.T[1 - len(self._levels) :]:
            _, known = self.extended(known, np.arange(len(left)), char)
        return known

    def extended(self, context: Context, which: Nodes, char: Ids) -> tuple[MilliNats, Context]:
        """The log-probability, milli-nats, of each character in its context, and what is then its context.

        which: (n,), the row of each character's context; char: (n,). The sum over a row's symbols is what
        `log_probabilities` says of them, but what contexts share is looked up once.
        """
        logp = self.unigrams.take(char)
        logp[char == UNKNOWN] += self._unknown
        longer = self._lengthened([nodes.take(which) for nodes in context], 0, char, logp)
        return logp, (char.astype(np.int64), *longer)

    def _lengthened(self, nodes: Sequence[Nodes], shortest: int, char: Ids, logp: MilliNats) -> Context:
        """The nodes of n-grams, of rising order, each with one character more; what that says is entered in `logp`.

        shortest: the level of the first; -1 stands for no n-gram.
        """
        longer = []
        for n, each in enumerate(nodes, shortest):
            upper, lower = self._levels[n], self._levels[n + 1]
            some = np.flatnonzero(each >= 0)
            node, then = each.take(some), char.take(some)
            child, found = self._pairs.find(node, then) if not n else runs(upper, lower, node, then)
            lost, kept = np.flatnonzero(~found), np.flatnonzero(found)
            logp[some.take(lost)] += upper.weight(node.take(lost))
            some, child = some.take(kept), child.take(kept)
            logp[some] = lower.logp(child) + np.where(then.take(kept) == UNKNOWN, self._unknown, 0)
            if n < len(self._levels) - 2:
                grown = np.full(len(char), -1, dtype=np.int64)
                grown[some] = child
                longer.append(grown)
        return tuple(longer)

    @cached_property
    def _pairs(self) -> Pairs:
        return Pairs.of(self._levels[0], self._levels[1])

    @cached_property
    def unigrams(self) -> MilliNats:
        """Log-probability of each vocabulary index by itself, milli-nats. Read-only."""
        logp = self._levels[0].probabilities[self._levels[0].probability]
        logp.setflags(write=False)
        return logp

    def met(self, first: Ids, second: Ids) -> Flags:
        """Whether the model has seen one character right after the other. Two arrays of one shape (n,)."""
        here = np.arange(len(first))
        return self._pairs.met(first, second, here, here)

    def met_among(self, first: Ids, second: Ids, one: Nodes, other: Nodes) -> Flags:
        """The same for pairs of entries, by number: whether second[other] has been seen right after first[one]."""
        return self._pairs.met(first, second, one, other)

    def seen(self, first: Ids, second: Ids) -> MilliNats:
        """The log-probability of one character right after the other, milli-nats, where the model has met them so.

        Two arrays of one shape (n,). What it says of others means nothing.
        """
        return self._levels[1].logp(self._pairs.find(first.astype(np.int64), second)[0])

    def following(self, first: Ids, second: Ids) -> tuple[MilliNats, Flags]:
        """The log-probability of one character right after the other, milli-nats, and whether the model has seen it so.

        Two arrays of one shape (n,).
        """
        node, found = self._pairs.find(first.astype(np.int64), second)
        seen = self._levels[1].logp(np.where(found, node, 0))
        unseen = self._levels[0].weight(first.astype(np.int64)) + self.unigrams.take(second)
        return np.where(found, seen, unseen), found

    def children(self, order: int, node: int) -> tuple[Ids, MilliNats]:
        """What the model has seen after an n-gram: ids, rising, and log-probabilities in milli-nats.

        order: how many symbols it has less one; node: as in a Context.
        """
        begin, end = self._levels[order].first(np.array([node, node + 1])).tolist()
        level = self._levels[order + 1]
        return np.array(level.chars[begin:end]), level.logp(np.arange(begin, end))

    def continuations(self, context: Ids) -> tuple[Ids, MilliNats]:
        """What the model has seen after a context (the last four of it): ids and log-probabilities in milli-nats.

        A shorter context is taken where the longer has not been met.
        """
        for length in range(min(len(context), len(self._levels) - 1), 0, -1):
            last = context[len(context) - length :].astype(np.uint16)
            node, found = last[:1].astype(np.int64), np.ones(1, dtype=np.bool_)
            for n in range(1, length):
                node, found = find(self._levels[n - 1], self._levels[n], node, last[n : n + 1])
                if not found[0]:
                    break
            if not found[0]:
                continue
            ids, logp = self.children(length - 1, int(node[0]))
            if len(ids):
                return ids, logp
        return np.zeros(0, dtype=np.uint16), np.zeros(0, dtype=np.int32)


def write(
    path: Path, vocabulary: str, unknown: int, levels: tuple[Level, ...], about: dict[str, Any] | None = None
) -> None:
    """Write a model file: the magic line, the length of a JSON header, the header, then arrays at multiples of 64."""
    arrays = {
        f"{n}.{field}": getattr(level, field) for n, level in enumerate(levels, 1) for field in Level._fields[:-1]
    }
    header: dict[str, Any] = {
        "order": len(levels),
        "vocabulary": vocabulary,
        "unknown": unknown,
        "shifts": [level.shift for level in levels],
        **(about or {}),
    }

    def encoded(start: int) -> tuple[bytes, int]:
        at, places = start, []
        for name, array in arrays.items():
            at = -(-at // 64) * 64
            places.append((name, array.dtype.str, at, len(array)))
            at += array.nbytes
        return json.dumps({**header, "arrays": places}, ensure_ascii=False).encode(), at

    room = -(-(len(MAGIC) + 8 + len(encoded(1 << 40)[0])) // 64) * 64
    text, _ = encoded(room)
    text = text.ljust(room - len(MAGIC) - 8)
    with path.open("wb") as out:
        out.write(MAGIC + len(text).to_bytes(8, "little") + text)
        for array in arrays.values():
            out.write(b"\0" * (-out.tell() % 64))
            out.write(array.tobytes())
