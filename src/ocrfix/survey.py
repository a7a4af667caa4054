"""What the whole document knows, read once and before anything is changed."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ocrfix.activation import Active, activate, names_in
from ocrfix.confidence import Reading, reading
from ocrfix.config import Config
from ocrfix.gazetteer import Gazetteer, Mention
from ocrfix.language import EDGE, UNKNOWN, LanguageModel
from ocrfix.model import OcrText
from ocrfix.resources import Resources, Weights, beside
from ocrfix.script import read, simplified_form
from ocrfix.tally import Forms, Tally, fingerprint
from ocrfix.text import View, is_han, standard, standards, view
from ocrfix.trie import Ids, MilliNats

PAD = 4
"""Symbols of context that a window holds on either side: the order of the language model less one."""

PIECE = 1 << 14
"""Symbols of a text that are looked through together."""

TELLING = 20
"""Han characters from which it can be told how familiar a text is."""

ROWS = 1 << 16
"""Replacements that are scored together."""

_LEFT = re.compile(r"[□■×〇◇△▲●○]+|[^\n,。;:!?]{0,8}[\[(]原文如此[\])]")
"""Marks of the censor and the printer, and what an editor has vouched for, as the model sees them."""
_FOREIGN = re.compile(r"```.*?```|`[^`\n]+`|\bhttps?://[!-~]+|(?<![\w.+-])[\w.+-]+@[\w.-]+\w", re.DOTALL | re.ASCII)
"""Code and addresses: not prose, whatever they look like."""


class Survey:
    """A document before anything is changed: what the language model makes of it, and what it speaks of.

    text: as the caller gave it. writing: which script it is in, and how it is read. resources: the tables for what is
    printed in that. engine: what read it, as far as that is known. view: what the model sees of it. ids: vocabulary
    indices of the view, with PAD edges on either side. logp: their log-probabilities, milli-nats, same shape.
    logp_before: their sums from the start. reading: how sure the engine was, where that is known. weights: what
    evidence then weighs. Positions of the other stages are positions in `ids`.

    known: what the texts say together of which this is one, itself included; by default it stands alone. ValueError
    where that was counted with another language model.
    """

    def __init__(self, text: str | OcrText, resources: Resources, config: Config, known: Tally | None = None) -> None:
        self.text = str(text)
        self.writing = read(self.text, resources.variants)
        self.resources = resources = resources.printed_in(self.writing.script, self.writing.is_mixed)
        self.engine = config.engine
        self.view: View = view(self.writing.plain)
        edge = np.full(PAD, EDGE, dtype=np.uint16)
        ids, self._rare = _read(self.view.codes, resources.language)
        self.ids: Ids = np.concatenate((edge, ids, edge))
        self.logp: MilliNats = resources.language.log_probabilities(self.ids)
        # Of long texts it wraps around; what lies between two places near each other comes out right all the same.
        self.logp_before: NDArray[np.int32] = np.zeros(len(self.logp) + 1, dtype=np.int32)
        np.cumsum(self.logp, dtype=np.int32, out=self.logp_before[1:])
        self.reading: Reading | None = None
        self.weights: Weights = resources.weights
        if isinstance(text, OcrText) and text.tells:
            self.reading = reading(
                text, self.view, resources.language, resources.confidences, config.engine, PAD, self.writing.read_as
            )
            self.engine = self.reading.engine
            self.weights = beside(resources.weights, resources.confident[self.engine])
        self.leads: dict[tuple[str, bytes], int] = {}  # what names.class_lead has found out: class, symbols around
        self._config = config
        if known and known.vocabulary not in (0, fingerprint(resources.language.vocabulary)):
            raise ValueError("survey: expected one made with this language model, found another's; survey anew")
        self._known = known

    @cached_property
    def weights_of(self) -> Mapping[str, Mapping[str, int]]:
        """What each kind of evidence weighs, thousandths, by source of proposals."""
        found = defaultdict[str, dict[str, int]](dict)
        for (source, kind), weight in self.weights.items():
            found[source][kind] = weight
        return found

    @cached_property
    def forms(self) -> Forms:
        """Which runs of three symbols recur."""
        return self._known.forms if self._known else Forms.of(self.ids)

    @cached_property
    def places(self) -> tuple[Active, ...]:
        """The places that the document speaks of, and why."""
        gazetteer, region, date = self.resources.gazetteer, self._config.region, self._config.date
        if self._known:
            return _spoken_of(self._known, gazetteer, region, date)
        return activate(gazetteer, self.writing.plain, region, date)

    @property
    def tally(self) -> Tally:
        """What the text itself says how often, to be added to what others say."""
        names = names_in(self.resources.gazetteer, self.writing.plain)
        return Tally(Forms.of(self.ids), names, fingerprint(self.resources.language.vocabulary))

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Where the text, as the model sees it, names a place of the country; positions are those of `read`."""
        return self.resources.gazetteer.mentions(self.read)

    @cached_property
    def protected(self) -> NDArray[np.bool_]:
        """Which symbols must stay: protected words, illegible ones, what 〔原文如此〕 follows, Traditional ones.

        Of a protected word, its characters: a line break within it may go.
        """
        kept = np.zeros(len(self.ids), dtype=bool)
        for match in _LEFT.finditer(self.read):
            kept[match.start() + PAD : match.end() + PAD] = True
        words = self.resources.lexicon.protects(self.text, self._config.protect)
        if self.writing.traditional.any():  # what is listed in the other script is the same word
            words = words | self.resources.lexicon.protects(self.writing.plain, self._config.protect)
        kept[PAD + 1 : -PAD - 1] |= words[self.view.where[1:-1]]
        for match in _FOREIGN.finditer(self.text):
            first, last = np.searchsorted(self.view.where, [match.start(), match.end()])
            kept[first + PAD : last + PAD] = True
        kept[self._rare + PAD] = True  # Traditional characters and variants: nothing is ever converted
        return kept

    @cached_property
    def protected_before(self) -> NDArray[np.int32]:
        """How many symbols before each position must stay, and how many there are in all."""
        before = np.zeros(len(self.protected) + 1, dtype=np.int32)
        np.cumsum(self.protected, out=before[1:])
        return before

    @cached_property
    def pieces(self) -> NDArray[np.int64]:
        """Where pieces of some PIECE symbols begin, each before a symbol that is no Han character, and where they end.

        A long text is looked through piece by piece: nothing that is replaced by a word or a name reaches over its end.
        """
        cuts = np.flatnonzero(~is_han(self.view.codes)) + PAD
        begins, at = [PAD], PAD
        while (k := int(np.searchsorted(cuts, at + PIECE))) < len(cuts):
            at = int(cuts[k])
            begins.append(at)
        return np.array([*begins, len(self.ids) - PAD], dtype=np.int64)

    def by_piece(self, places: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
        """Positions, which rise, piece by piece; all pieces are there, also those without any."""
        bounds = np.searchsorted(places, self.pieces)
        return (places[low:high] for low, high in pairwise(bounds.tolist()))

    @cached_property
    def familiar(self) -> int:
        """How familiar the language is to the model: the median log-probability of Han characters, milli-nats.

        0 where there are too few of them to tell.
        """
        logp = self.logp[PAD:-PAD][is_han(self.view.codes)]
        return int(np.median(logp)) if len(logp) >= TELLING else 0

    def source_span(self, start: int, end: int) -> tuple[int, int] | None:
        """The characters of the caller's text that positions start to end were read from; None if space is between.

        An empty span is the place before the character at `start`.
        """
        where = self.view.where
        if start == end:  # before the character at `start`, and at a paragraph's end after the one before it
            at = int(where[start - PAD - 1]) + 1 if self.ids[start] == EDGE else int(where[start - PAD])
            return at, at
        first, last = int(where[start - PAD]), int(where[end - 1 - PAD])
        return (first, last + 1) if last - first == end - 1 - start else None

    def before(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
        """The log-likelihood of what is printed, over all places that a replacement of start to end touches."""
        return np.asarray((self.logp_before[end + PAD] - self.logp_before[start]).astype(np.int64))

    def after(self, start: NDArray[np.int64], end: NDArray[np.int64], ids: Ids) -> NDArray[np.int64]:
        """The log-likelihood of each replacement, over all places that it touches, milli-nats.

        start, end: (n,), half-open; ids: (n, length), what to put there. Returns (n,).
        """
        logp = np.zeros(len(start), dtype=np.int64)
        for k in range(0, len(start), ROWS):  # all at once would need room for each symbol of each
            some = slice(k, k + ROWS)
            new = (np.diff(start[some], prepend=-1) != 0) | (np.diff(end[some], prepend=-1) != 0)
            left = self.ids[start[some][new, None] + np.arange(-PAD, 0)]
            right = self.ids[end[some][new, None] + np.arange(PAD)]
            logp[some] = self.resources.language.between(left, right, np.cumsum(new) - 1, ids[some])
        return logp

    def gain(self, start: NDArray[np.int64], end: NDArray[np.int64], ids: Ids) -> NDArray[np.int64]:
        """By how much the text grows likelier with each replacement, milli-nats."""
        return self.after(start, end, ids) - self.before(start, end)

    def gap(self, edge: int) -> tuple[int, int]:
        """The line breaks and white space of the caller's text that the edge at a position was read from."""
        where = self.view.where
        return int(where[edge - PAD - 1]) + 1, int(where[edge - PAD + 1])

    @cached_property
    def read(self) -> str:
        """The text as the model sees it: folded, without white space."""
        return self.letters.tobytes().decode("utf-32-le")

    @cached_property
    def letters(self) -> NDArray[np.uint32]:
        """The code points of `read`."""
        lone = np.flatnonzero(self.view.codes - 0xD800 < 0x800)  # surrogates
        if not len(lone):
            return self.view.codes
        letters = self.view.codes.copy()
        letters[lone] = 0xFFFD
        return letters

    def symbols(self, start: int, end: int) -> str:
        """The folded symbols at positions start to end."""
        return self.read[start - PAD : end - PAD]


@lru_cache(maxsize=4)
def _spoken_of(known: Tally, gazetteer: Gazetteer, region: tuple[str, ...], date: int | None) -> tuple[Active, ...]:
    """The places that texts speak of together, found once for all of them."""
    return activate(gazetteer, known.names, region, date)


def _read(codes: NDArray[np.uint32], model: LanguageModel) -> tuple[Ids, NDArray[np.int64]]:
    """Vocabulary indices of a text, Traditional characters read as their Simplified forms; and where such may stand."""
    ids = model.ids(codes)
    rare = np.flatnonzero(_unusual(model)[ids] & is_han(codes) & ~((codes >= 0xD800) & (codes < 0xE000)))
    rare = np.array([at for at in rare.tolist() if not standard(chr(int(codes[at])))], dtype=np.int64)
    plain = np.array([ord(simplified_form(chr(c))) for c in codes[rare].tolist()], dtype=np.uint32)
    ids[rare] = model.ids(plain)
    traditional = plain != codes[rare]
    # Beside Traditional characters, others outside the standard set are variants (砲), not slips (乂).
    return ids, rare if traditional.any() else rare[traditional]


@lru_cache(maxsize=4)
def _unusual(model: LanguageModel) -> NDArray[np.bool_]:
    """Which vocabulary indices may be Traditional characters: the unknown, and what the standard set lacks."""
    unusual = np.zeros(len(model.vocabulary) + 2, dtype=bool)
    unusual[UNKNOWN] = True
    unusual[2:] = ~standards(model.vocabulary)
    return unusual
