"""How likely is this character here? A character 5-gram model, read from one mapped file.

The n-grams form a trie: those of one order lie in one array, sorted by the node they continue and then by character,
so that the continuations of a node are neighbours. Probabilities and back-off weights are indices into tables of
256 whole milli-nats, so that sums are exact and the same on every machine. The model is interpolated Kneser-Ney with
three discounts an order (Chen & Goodman 1999), pruned by weighted difference (Seymore & Rosenfeld 1996);
tools/build_language_model.py makes it.
"""

from __future__ import annotations

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 0
EDGE = 1
MAGIC = b"ocrfix language model 1\n"
BLOCK = 1 << 16
"""Symbols that are scored at a time: few enough for their arrays to stay in the processor's cache."""

Ids = NDArray[np.uint16]
MilliNats = NDArray[np.int32]
Nodes = NDArray[np.int64]
Flags = NDArray[np.bool_]
Context = tuple[Nodes, ...]
"""The n-grams that end with the last symbol of each row, the shortest first; -1 where the model has none so long."""


class Level(NamedTuple):
    """The n-grams of one order: for each its last character, its probability, its back-off weight, its continuations.

    Continuations of node k are the nodes from `base[k >> shift] + offset[k]` to the same of k + 1 in the next level.
    """

    chars: NDArray[np.uint16]
    probability: NDArray[np.uint8]
    backoff: NDArray[np.uint8]
    base: NDArray[np.uint32]
    offset: NDArray[np.uint16]
    probabilities: MilliNats
    backoffs: MilliNats
    shift: int

    def first(self, node: Nodes) -> Nodes:
        """Where the continuations of each node begin, in the next level."""
        return self.base.take(node >> self.shift).astype(np.int64) + self.offset.take(node)

    def logp(self, node: Nodes) -> MilliNats:
        """The log-probability of each node's character after those before it, milli-nats."""
        return self.probabilities.take(self.probability.take(node))

    def weight(self, node: Nodes) -> MilliNats:
        """What is added, milli-nats, where a node has no continuation by the character that follows."""
        return self.backoffs.take(self.backoff.take(node))


class Pairs(NamedTuple):
    """Which characters follow which: the continuations of single characters, found in one step.

    words: a row for each character, and in it a word of 32 bits for each 16 that may follow: the lower half says which
    of them do, the upper how many of the row come before. wide: words in a row. first: where continuations begin.
    """

    words: NDArray[np.uint32]
    wide: int
    first: Nodes

    @classmethod
    def of(cls, upper: Level, lower: Level) -> Pairs:
        """Built from the model's first two levels: 8 MB in some 10 ms."""
        many = len(upper.chars)
        wide = (many + 15) // 16
        first = upper.first(np.arange(many + 1))
        place = np.repeat(np.arange(0, many * wide, wide, dtype=np.int32), np.diff(first))
        place += lower.chars >> 4
        begins = np.flatnonzero(np.diff(place, prepend=np.int32(-1)))
        bits = np.bitwise_or.reduceat(np.left_shift(1, lower.chars & 15, dtype=np.uint32), begins)
        place = place.take(begins)
        words = np.zeros(many * wide, dtype=np.uint32)
        words[place] = (begins - first.take(place // wide)) << 16 | bits
        return cls(words, wide, first)

    def find(self, before: Nodes, char: Ids) -> tuple[Nodes, Flags]:
        """The node of each pair of characters, and whether there is one; where there is none the node is arbitrary."""
        words = self.words.take(before * self.wide + (char >> 4))
        bit = np.left_shift(1, char & 15, dtype=np.uint32)
        node = self.first.take(before) + (words >> 16) + _ones().take(words & (bit - 1))
        return node, (words & bit) != 0


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
            if expected > found:
                raise ValueError(f"{expected} bytes announced, {found} there")
            raw = np.asarray(np.memmap(path, dtype=np.uint8, mode="r"))
            arrays = {name: raw[at:end].view(kind) for name, kind, at, end in places}
            levels = tuple(
                Level._make([*(arrays[f"{n}.{field}"] for field in Level._fields[:-1]), shift])
                for n, shift in enumerate(about["shifts"], 1)
            )
            return cls(path, about["vocabulary"], about["unknown"], levels)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}: expected a whole language model, found it damaged ({error}); {mend}") from error

    def __reduce__(self) -> tuple[Any, ...]:
        return LanguageModel.open, (self.path,)

    def __len__(self) -> int:
        """How many n-grams the model holds."""
        return sum(len(level.chars) for level in self._levels)

    def ids(self, codes: NDArray[np.uint32]) -> Ids:
        """Vocabulary indices of folded code points: UNKNOWN for what the model has not met, EDGE for a line break."""
        return np.where(codes < 0x10000, self._id_of[codes & 0xFFFF], UNKNOWN).astype(np.uint16)

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
                child, found = _runs(upper, lower, node, char) if step > 1 else _find(upper, lower, node, char)
            lost, kept = np.flatnonzero(~found), np.flatnonzero(found)
            logp[start.take(lost)] += upper.weight(node.take(lost))
            start, node = start.take(kept), child.take(kept)
            logp[start] = lower.logp(node)
        result[line == UNKNOWN] += self._unknown
        return result.reshape(width, step)

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
        longer = [char.astype(np.int64)]
        for n, nodes in enumerate(context):
            upper, lower = self._levels[n], self._levels[n + 1]
            node = nodes.take(which)
            some = np.flatnonzero(node >= 0)
            node, then = node.take(some), char.take(some)
            child, found = self._pairs.find(node, then) if not n else _runs(upper, lower, node, then)
            lost, kept = np.flatnonzero(~found), np.flatnonzero(found)
            logp[some.take(lost)] += upper.weight(node.take(lost))
            child = child.take(kept)
            logp[some.take(kept)] = lower.logp(child)
            if n < len(self._levels) - 2:
                nodes = np.full(len(char), -1, dtype=np.int64)
                nodes[some.take(kept)] = child
                longer.append(nodes)
        logp[char == UNKNOWN] += self._unknown
        return logp, tuple(longer)

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
        return self._pairs.find(first.astype(np.int64), second)[1]

    def following(self, first: Ids, second: Ids) -> tuple[MilliNats, Flags]:
        """The log-probability of one character right after the other, milli-nats, and whether the model has seen it so.

        Two arrays of one shape (n,).
        """
        node, found = self._pairs.find(first.astype(np.int64), second)
        seen = self._levels[1].logp(np.where(found, node, 0))
        unseen = self._levels[0].weight(first.astype(np.int64)) + self.unigrams.take(second)
        return np.where(found, seen, unseen), found

    def continuations(self, context: Ids) -> tuple[Ids, MilliNats]:
        """What the model has seen after a context (the last four of it): ids and log-probabilities in milli-nats.

        A shorter context is taken where the longer has not been met.
        """
        for length in range(min(len(context), len(self._levels) - 1), 0, -1):
            last = context[len(context) - length :].astype(np.uint16)
            node, found = last[:1].astype(np.int64), np.ones(1, dtype=np.bool_)
            for n in range(1, length):
                node, found = _find(self._levels[n - 1], self._levels[n], node, last[n : n + 1])
                if not found[0]:
                    break
            if not found[0]:
                continue
            begin, end = self._levels[length - 1].first(np.array([node[0], node[0] + 1])).tolist()
            if end > begin:
                level = self._levels[length]
                return np.array(level.chars[begin:end]), level.logp(np.arange(begin, end))
        return np.zeros(0, dtype=np.uint16), np.zeros(0, dtype=np.int32)


def _runs(upper: Level, lower: Level, parent: Nodes, char: Ids) -> tuple[Nodes, Flags]:
    """The same as _find, where equal neighbours are looked up once."""
    new = np.empty(len(char), dtype=np.bool_)
    new[:1] = True
    new[1:] = (parent[1:] != parent[:-1]) | (char[1:] != char[:-1])
    begins = np.flatnonzero(new)
    if 2 * len(begins) > len(new):
        return _find(upper, lower, parent, char)
    node, found = _find(upper, lower, parent.take(begins), char.take(begins))
    run = np.cumsum(new) - 1
    return node.take(run), found.take(run)


def _find(upper: Level, lower: Level, parent: Nodes, char: Ids) -> tuple[Nodes, Flags]:
    """The node of each `parent` continued by its `char`, and whether there is one: binary search, all at once.

    Sorted by how many steps they need, those that are still searching stand at the end of the arrays. The first step
    of each leaves a power of two to search, so that all later ones are of one length. A search without branches:
    the last that is not greater, or the first of all.
    """
    if not len(char):
        return parent, np.zeros(0, dtype=np.bool_)
    chars = lower.chars
    begin = upper.first(parent)
    length = upper.first(parent + 1) - begin
    steps = _steps().take(length)
    order = np.argsort(steps, kind="stable")
    steps, at, sought = steps.take(order), begin.take(order), char.take(order)
    searching = steps.searchsorted(np.arange(int(steps[-1]) + 2))  # from where on a search takes so many steps
    if (some := searching[1]) < len(at):
        jump = length.take(order[some:]) - np.left_shift(1, steps[some:] - 1, dtype=np.int64)
        place = at[some:]
        place += (chars.take(place + jump) <= sought[some:]) * jump
    for step in range(len(searching) - 2, 1, -1):
        half, some = 1 << (step - 2), searching[step]
        place = at[some:]
        place += (chars.take(place + half) <= sought[some:]) * half
    node = np.empty_like(at)
    node[order] = at
    return node, (length > 0) & (chars.take(node, mode="clip") == char)


@cache
def _steps() -> NDArray[np.uint8]:
    """How many steps a binary search takes for the last of n: the bits of n - 1."""
    return np.array([0, *(n.bit_length() for n in range(0x10000))], dtype=np.uint8)


@cache
def _ones() -> NDArray[np.uint8]:
    """How many bits of a number of 16 bits are set."""
    bits = np.unpackbits(np.arange(0x10000, dtype=np.uint16).view(np.uint8))
    ones: NDArray[np.uint8] = bits.reshape(-1, 16).sum(axis=1, dtype=np.uint8)
    return ones


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
