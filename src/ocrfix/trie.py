"""Which n-gram continues which? The arrays that a language model is made of, and how many are looked up at once."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint16]
MilliNats = NDArray[np.int32]
Nodes = NDArray[np.int64]
Flags = NDArray[np.bool_]


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

    def met(self, before: Ids, char: Ids, one: Nodes, other: Nodes) -> Flags:
        """Whether one character follows another, for pairs of an entry of `before` and an entry of `char`."""
        rows, high, low = (
            before.astype(np.int64) * self.wide,
            (char >> 4).astype(np.int64),
            (char & 15).astype(np.uint32),
        )
        words = self.words.take(rows.take(one) + high.take(other))
        return (words >> low.take(other) & 1).astype(np.bool_)


def runs(upper: Level, lower: Level, parent: Nodes, char: Ids) -> tuple[Nodes, Flags]:
    """The same as find, where equal neighbours are looked up once."""
    new = np.empty(len(char), dtype=np.bool_)
    new[:1] = True
    new[1:] = (parent[1:] != parent[:-1]) | (char[1:] != char[:-1])
    begins = np.flatnonzero(new)
    if 2 * len(begins) > len(new):
        return find(upper, lower, parent, char)
    node, found = find(upper, lower, parent.take(begins), char.take(begins))
    run = np.cumsum(new) - 1
    return node.take(run), found.take(run)


def find(upper: Level, lower: Level, parent: Nodes, char: Ids) -> tuple[Nodes, Flags]:
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
    _, bits = np.frexp(np.arange(0x10000, dtype=np.float64))
    return np.concatenate(([0], bits)).astype(np.uint8)


@cache
def _ones() -> NDArray[np.uint8]:
    """How many bits of a number of 16 bits are set."""
    bits = np.unpackbits(np.arange(0x10000, dtype=np.uint16).view(np.uint8))
    ones: NDArray[np.uint8] = bits.reshape(-1, 16).sum(axis=1, dtype=np.uint8)
    return ones
