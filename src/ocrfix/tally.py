"""How often do texts say what? Counted text by text, added up for an issue, a year, a whole paper."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ocrfix.trie import Ids

AT_ONCE = 1 << 16
"""Runs that are gathered at least before they are added to what there is: adding costs as much as there is."""


class Forms:
    """How often each run of three symbols stands in a text, or in many.

    keys: each run as one number, rising. counts: how often it is there.
    """

    def __init__(self, keys: NDArray[np.uint64], counts: NDArray[np.int64]) -> None:
        self.keys, self.counts = keys, counts

    @classmethod
    def of(cls, ids: Ids) -> Forms:
        """Those of one text."""
        keys = _packed(ids)
        keys.sort()
        begins = np.flatnonzero(np.concatenate((np.ones(min(len(keys), 1), dtype=bool), keys[1:] != keys[:-1])))
        return cls(keys[begins], np.diff(begins, append=len(keys)))

    @classmethod
    def total(cls, parts: Iterable[Forms]) -> Forms:
        """Those of all parts together, whatever their order."""
        given = list(parts)
        keys = np.concatenate([np.empty(0, dtype=np.uint64), *(part.keys for part in given)])
        counts = np.concatenate([np.empty(0, dtype=np.int64), *(part.counts for part in given)])
        order = np.argsort(keys, kind="stable")
        keys, counts = keys[order], counts[order]
        first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else order
        return cls(keys[first], np.add.reduceat(counts, first) if len(first) else counts)

    def times(self, rows: Ids) -> NDArray[np.int64]:
        """How often each window of three symbols is there. rows: (..., n); returns (..., n - 2)."""
        keys = _packed(rows)
        if not len(self.keys):
            return np.zeros(keys.shape, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, self.counts[at], 0)

    def often(self, least: int) -> tuple[Ids, NDArray[np.int64]]:
        """The runs that are there so many times at least, (n, 3), in rising order, and how often each is."""
        which = self.counts >= least
        keys = self.keys[which, None] >> np.array([32, 16, 0], dtype=np.uint64)
        return (keys & np.uint64(0xFFFF)).astype(np.uint16), self.counts[which]


def _packed(ids: Ids) -> NDArray[np.uint64]:
    keys = ids[..., :-2].astype(np.uint64)
    for offset in (1, 2):  # in place: of a long text these are many
        keys <<= np.uint64(16)
        keys |= ids[..., offset : ids.shape[-1] - 2 + offset]
    return keys


@dataclass(frozen=True, eq=False)
class Tally:
    """What texts say, and how often: evidence that they share. Tallies of parts add up to that of the whole.

    forms: runs of three symbols. names: forms of names of places, and how often each counts as named. vocabulary: of
    the language model that numbered the symbols (`fingerprint`), 0 where there are none yet.

    The order of adding does not matter, nor how the texts were cut among the parts. Tallies are pickled, and kept in a
    file by `to_bytes` and `from_bytes`.

    >>> from ocrfix import Corrector
    >>> survey = Corrector().survey
    >>> whole = survey(["聊城市茌平区委", "茌平区政府"])
    >>> whole.names
    {'聊城市': 1, '茌平区': 2}
    >>> survey(["茌平区政府"]) + survey(["聊城市茌平区委"]) == whole == Tally.from_bytes(whole.to_bytes())
    True
    """

    forms: Forms = field(default_factory=lambda: Forms.total(()))
    names: Mapping[str, int] = field(default_factory=dict)
    vocabulary: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", dict(sorted(self.names.items())))

    @classmethod
    def total(cls, parts: Iterable[Tally]) -> Tally:
        """The tally of all parts; the empty one where there are none.

        Raises ValueError where parts were counted with different language models.
        """
        whole, waiting, many = cls(), list[Tally](), 0
        for part in parts:
            waiting.append(part)
            many += len(part.forms.keys)
            if many > AT_ONCE + len(whole.forms.keys):
                whole, waiting, many = cls._of_all([whole, *waiting]), [], 0
        return cls._of_all([whole, *waiting])

    @classmethod
    def _of_all(cls, parts: list[Tally]) -> Tally:
        vocabularies = {part.vocabulary for part in parts} - {0}
        if len(vocabularies) > 1:
            raise ValueError(
                f"surveys: expected them counted with one language model, found {len(vocabularies)}; survey anew"
            )
        names: Counter[str] = Counter()
        for part in parts:
            names.update(part.names)
        return cls(Forms.total(part.forms for part in parts), names, next(iter(vocabularies), 0))

    def __add__(self, other: Tally) -> Tally:
        return Tally.total((self, other))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tally):
            return NotImplemented
        return self is other or (
            self.vocabulary == other.vocabulary
            and self.names == other.names
            and np.array_equal(self.forms.keys, other.forms.keys)
            and np.array_equal(self.forms.counts, other.forms.counts)
        )

    def __hash__(self) -> int:
        return hash((len(self.forms.keys), len(self.names), self.vocabulary))

    def __repr__(self) -> str:
        return f"<Tally of {len(self.forms.keys)} runs and {len(self.names)} names>"

    def to_bytes(self) -> bytes:
        """The tally as a file holds it: arrays of numpy, in a zip."""
        names = np.frombuffer(json.dumps(self.names, ensure_ascii=False).encode(), dtype=np.uint8)
        file = io.BytesIO()
        np.savez_compressed(
            file, keys=self.forms.keys, counts=self.forms.counts, names=names, vocabulary=np.array(self.vocabulary)
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Tally:
        """The tally that `to_bytes` spelled; ValueError where the bytes are of something else."""
        try:
            with np.load(io.BytesIO(data)) as held:  # which refuses objects: no code comes from data
                names = json.loads(held["names"].tobytes())
                return cls(Forms(held["keys"], held["counts"]), names, int(held["vocabulary"]))
        except (OSError, ValueError, KeyError, EOFError, AttributeError, zlib.error, zipfile.BadZipFile) as error:
            raise ValueError(f"survey: expected what Tally.to_bytes gives, found other bytes ({error})") from None


@cache
def fingerprint(vocabulary: str) -> int:
    """A number that tells vocabularies apart, never 0.

    >>> fingerprint("在平") == fingerprint("平在")
    False
    """
    return zlib.crc32(vocabulary.encode("utf-8", "surrogatepass")) | 1 << 32
