"""The language model against slow, obvious twins: how it is estimated, how it is stored, how it is read."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import lzma
import math
import pickle
import random
import sys
import tempfile
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from conftest import PAGE, ROOT
from hypothesis import given, settings
from hypothesis import strategies as st

from ocrfix.language import BLOCK, EDGE, MAGIC, UNKNOWN, LanguageModel, write
from ocrfix.text import code_points, fold, view

SHIPPED = ROOT / "lexicons" / "models" / "news.lm"
TEXT = PAGE.read_text(encoding="utf-8")
ORDER = 5

Gram = tuple[int, ...]


@cache
def builder() -> ModuleType:
    """tools/build_language_model.py, which is a program and no package."""
    spec = importlib.util.spec_from_file_location("build_language_model", ROOT / "tools" / "build_language_model.py")
    assert spec and spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- twins ------------------------------------------------------------------------------------------------------------


class Textbook:
    """Interpolated Kneser-Ney with three discounts an order, in dictionaries (Chen & Goodman 1999, section 3).

    EDGE stands before and after each paragraph. An n-gram may begin or end with it, and has none inside. Below the
    highest order, an n-gram counts as often as different symbols stand before it; one that begins a paragraph, as often
    as it stands there.
    """

    def __init__(self, stream: list[int], size: int) -> None:
        self.size = size
        raw: list[Counter[Gram]] = [Counter() for _ in range(ORDER + 1)]
        for n in range(1, ORDER + 1):
            for k in range(len(stream) - n + 1):
                gram = tuple(stream[k : k + n])
                if EDGE not in gram[1:-1] and gram != (EDGE, EDGE):
                    raw[n][gram] += 1
        self.counts: list[dict[Gram, int]] = [{} for _ in range(ORDER + 1)]
        self.followers: dict[Gram, dict[int, int]] = defaultdict(dict)
        for n in range(1, ORDER + 1):
            before: dict[Gram, set[int]] = defaultdict(set)
            if n < ORDER:
                for longer in raw[n + 1]:
                    before[longer[1:]].add(longer[0])
            for gram, times in raw[n].items():
                starts = n > 1 and gram[0] == EDGE
                self.counts[n][gram] = times if n == ORDER or starts else len(before[gram])
                self.followers[gram[:-1]][gram[-1]] = self.counts[n][gram]
        self.discounts = [self._discounts(list(counts.values())) for counts in self.counts]

    @staticmethod
    def _discounts(counts: list[int]) -> list[float]:
        n1, n2, n3, n4 = (max(1, counts.count(k)) for k in (1, 2, 3, 4))
        y = n1 / (n1 + 2 * n2)
        taken = [0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
        return [0.0] + [min(max(taken[k], 0.05), k - 0.05) for k in (1, 2, 3)]

    def left(self, context: Gram) -> float:
        """What a context leaves to the next shorter one."""
        followers = self.followers.get(context)
        if not followers:
            return 1.0
        discounts = self.discounts[len(context) + 1]
        return sum(discounts[min(count, 3)] for count in followers.values()) / sum(followers.values())

    def probability(self, context: Gram, symbol: int) -> float:
        lower = self.probability(context[1:], symbol) if context else 1 / self.size
        followers = self.followers.get(context, {})
        count = followers.get(symbol, 0)
        own = (count - self.discounts[len(context) + 1][min(count, 3)]) / sum(followers.values()) if count else 0.0
        return own + self.left(context) * lower


def node(model: LanguageModel, gram: Gram) -> int | None:
    """Where an n-gram lies in its level, found by reading all continuations of every node on the way."""
    at = gram[0]
    for n, symbol in enumerate(gram[1:]):
        level = model._levels[n]
        begin, end = (int(level.base[k >> level.shift]) + int(level.offset[k]) for k in (at, at + 1))
        symbols = model._levels[n + 1].chars[begin:end].tolist()
        if symbol not in symbols:
            return None
        at = begin + symbols.index(symbol)
    return at


def held(model: LanguageModel, gram: Gram) -> int | None:
    """The log-probability that the model holds for an n-gram, milli-nats."""
    level, at = model._levels[len(gram) - 1], node(model, gram)
    return None if at is None else int(level.probabilities[level.probability[at]])


def walked(model: LanguageModel, row: list[int]) -> list[int]:
    """log_probabilities, one symbol and one context at a time."""
    result = []
    for k, symbol in enumerate(row):
        context = tuple(row[max(0, k - ORDER + 1) : k])
        total = model._unknown if symbol == UNKNOWN else 0
        while (logp := held(model, (*context, symbol))) is None:
            level, at = model._levels[len(context) - 1], node(model, context)
            total += 0 if at is None else int(level.backoffs[level.backoff[at]])
            context = context[1:]
        result.append(total + logp)
    return result


# --- what they are compared with --------------------------------------------------------------------------------------


class Trial:
    """A model of the sample page and all that is known on the way to it."""

    def __init__(self, texts: list[str], rare: int = 2) -> None:
        b = builder()
        self.ids, self.vocabulary = b.stream(texts, rare)
        self.base = len(self.vocabulary) + 2
        self.grams = b.count(self.ids, self.base, ORDER)
        self.estimates = b.estimate(self.grams, self.base)
        self.everything = [np.ones(len(g.keys), dtype=bool) for g in self.grams]

    @property
    def textbook(self) -> Textbook:
        return Textbook(self.ids.tolist(), self.base)

    def some(self, threshold: float) -> list[Any]:
        """Which n-grams stay where each must be worth `threshold`."""
        worth = builder().importance(self.grams, self.estimates, self.base)
        return list(builder().choose(self.grams, worth, self.base, threshold, (1,) * ORDER))

    def kept(self, keep: list[Any]) -> list[Any]:
        return list(builder().prune(self.grams, self.estimates, keep, self.base))

    def written(self, path: Path, keep: list[Any], unknown: int = 0) -> LanguageModel:
        write(path, self.vocabulary, unknown, builder().pack(self.kept(keep), self.base))
        return LanguageModel.open(path)

    def gram(self, key: int, n: int) -> Gram:
        return tuple(int(key) // self.base**k % self.base for k in reversed(range(n)))

    def probability(self, context: Gram, symbol: int) -> float:
        """What the builder says before it prunes."""
        n, gram = len(context) + 1, (*context, symbol)
        at = self._at(gram)
        if at is not None:
            return float(self.estimates[n - 1].probability[at])
        if not context:  # never met: an even share of what is left
            return float((1 - self.estimates[0].probability.sum()) / (self.base - len(self.grams[0].keys)))
        above = self._at(context)
        left = 1.0 if above is None else float(self.estimates[n - 2].gamma[above])
        return left * self.probability(context[1:], symbol)

    def _at(self, gram: Gram) -> int | None:
        keys = self.grams[len(gram) - 1].keys
        key = np.uint64(sum(symbol * self.base**k for k, symbol in enumerate(reversed(gram))))
        at = int(np.searchsorted(keys, key))
        return at if at < len(keys) and keys[at] == key else None


@cache
def trial() -> Trial:
    return Trial(TEXT.splitlines())


@pytest.fixture(scope="module")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    """A model of the page that has forgotten half of it."""
    path = tmp_path_factory.mktemp("model") / "pruned.lm"
    return trial().written(path, trial().some(1.5), builder().UNSEEN_SHARE)


@cache
def shipped() -> LanguageModel:
    return LanguageModel.open(SHIPPED)


def contexts(sure: list[int], size: int, many: int) -> list[Gram]:
    """Contexts of all lengths: as they stand in a text, with a symbol or two put in at random, and wholly made up."""
    rng = random.Random(1)
    found: list[Gram] = [(), (EDGE,), (UNKNOWN,), (EDGE, sure[1], EDGE)]
    for _ in range(many):
        k = rng.randrange(len(sure) - 4)
        context = sure[k : k + rng.randint(1, 4)]
        found.append(tuple(context))
        context[rng.randrange(len(context))] = rng.randrange(size)
        found += [tuple(context), tuple(rng.randrange(size) for _ in range(rng.randint(1, 4)))]
    return found


def total(model: LanguageModel, context: Gram, unknown: int = 0) -> float:
    """The sum of all symbols' probabilities after a context."""
    size = len(model.vocabulary) + 2
    rows = np.empty((size, len(context) + 1), dtype=np.uint16)
    rows[:, :-1] = context
    rows[:, -1] = np.arange(size)
    logp = model.log_probabilities(rows)[:, -1]
    return math.fsum([math.exp((int(logp[UNKNOWN]) - unknown) / 1000), *np.exp(logp[UNKNOWN + 1 :] / 1000).tolist()])


PARAGRAPH = st.text(alphabet="甲乙丙。", max_size=12)
# The first is long enough for the highest order to hold something.
CORPUS = st.tuples(st.text(alphabet="甲乙丙", min_size=5, max_size=12), st.lists(PARAGRAPH, max_size=8)).map(
    lambda texts: [texts[0], *texts[1]]
)

# Runs of the page, and what the model has not met, in any order.
CHARACTERS = "\n\r 　甲曱龘𠀀\ue000０aA，,在茌平"
PIECE = st.one_of(
    st.tuples(st.integers(0, len(TEXT)), st.integers(1, 20)).map(lambda at: TEXT[at[0] : at[0] + at[1]]),
    st.text(alphabet=CHARACTERS, max_size=3),
)
TEXTS = st.lists(PIECE, max_size=8).map("".join)


def ids_of(model: LanguageModel, text: str) -> Any:
    return model.ids(view(text).codes)


# --- how it is estimated ----------------------------------------------------------------------------------------------


def test_stream_puts_an_edge_around_each_paragraph() -> None:
    ids, vocabulary = builder().stream(["稳中 有进", "稳中有忧"])
    assert vocabulary == "中有稳"
    assert ids.tolist() == [EDGE, 4, 2, 3, UNKNOWN, EDGE, 4, 2, 3, UNKNOWN, EDGE]


def test_counts_and_discounts_are_those_of_the_textbook() -> None:
    textbook = trial().textbook
    for n, (keys, _, counts) in enumerate(trial().grams, 1):
        assert {trial().gram(key, n): count for key, count in zip(keys, counts.tolist(), strict=True)} == dict(
            textbook.counts[n]
        )
        assert builder().discounts(counts) == pytest.approx(textbook.discounts[n], abs=1e-12)


def test_every_probability_is_that_of_the_textbook() -> None:
    textbook = trial().textbook
    for n, (grams, estimate) in enumerate(zip(trial().grams, trial().estimates, strict=True), 1):
        for key, found in zip(grams.keys, estimate.probability.tolist(), strict=True):
            *context, symbol = trial().gram(key, n)
            assert found == pytest.approx(textbook.probability(tuple(context), symbol), abs=1e-9, rel=1e-9)
        for key, left in zip(grams.keys[: len(estimate.gamma)], estimate.gamma.tolist(), strict=False):
            assert left == pytest.approx(textbook.left(trial().gram(key, n)), abs=1e-9)


def test_probabilities_sum_to_one_before_pruning() -> None:
    textbook = trial().textbook
    for context in contexts(trial().ids.tolist(), trial().base, 15):
        built = [trial().probability(context, symbol) for symbol in range(trial().base)]
        assert built == pytest.approx([textbook.probability(context, symbol) for symbol in range(trial().base)])
        assert math.fsum(built) == pytest.approx(1, abs=1e-9)


@given(CORPUS)
@settings(max_examples=40, deadline=None)
def test_any_corpus_is_estimated_as_in_the_textbook(texts: list[str]) -> None:
    small = Trial(texts, rare=1)
    textbook = small.textbook
    for context in contexts(small.ids.tolist(), small.base, 5):
        built = [small.probability(context, symbol) for symbol in range(small.base)]
        assert built == pytest.approx([textbook.probability(context, symbol) for symbol in range(small.base)], abs=1e-9)
        assert math.fsum(built) == pytest.approx(1, abs=1e-9)


# --- how it is pruned and stored --------------------------------------------------------------------------------------


@pytest.mark.parametrize("threshold", [0.0, 0.3, 1.5, 3.0])
def test_probabilities_sum_to_one_after_pruning(threshold: float) -> None:
    keep = trial().some(threshold)
    kept = trial().kept(keep)
    if threshold:
        assert sum(k.sum() for k in keep) < sum(map(len, trial().everything))
    symbols = np.arange(trial().base, dtype=np.uint64)
    for context in contexts(trial().ids.tolist(), trial().base, 40):
        key = np.uint64(sum(symbol * trial().base ** k for k, symbol in enumerate(reversed(context), 1)))
        logp = builder()._log_probability(kept, key + symbols, len(context) + 1, trial().base)
        assert math.fsum(np.exp(logp)) == pytest.approx(1, abs=1e-9)


def test_what_is_pruned_is_what_matters_least() -> None:
    worth = builder().importance(trial().grams, trial().estimates, trial().base)
    keep = trial().some(1.5)
    for n in range(2, ORDER + 1):
        dropped = ~keep[n - 1]
        assert (worth[n - 1][dropped] < 1.5).all()
        contexts_of = np.unique(trial().grams[n - 1].keys[keep[n - 1]] // np.uint64(trial().base))
        assert np.isin(contexts_of, trial().grams[n - 2].keys[keep[n - 2]]).all()


@given(st.lists(st.floats(-20, 2), min_size=1, max_size=400))
def test_few_values_are_kept_to_the_milli_nat(values: list[float]) -> None:
    index, table = builder().quantise(np.array(values))
    milli = np.round(np.array(values) * 1000)
    if len(np.unique(milli)) <= 256:
        assert (table[index] == milli).all()
    assert (np.diff(table[index][np.argsort(milli, kind="stable")]) >= 0).all()


def test_what_is_read_back_is_what_was_kept(tmp_path: Path) -> None:
    """256 values an order: on average within 10 milli-nats of what they stand for, and all within 100."""
    keep = trial().some(1.5)
    kept = trial().kept(keep)
    model = trial().written(tmp_path / "model.lm", keep)
    assert model.vocabulary == trial().vocabulary
    assert len(model) == trial().base + sum(len(k.keys) for k in kept[1:])
    for n, (keys, logp, backoff) in enumerate(kept, 1):
        level = model._levels[n - 1]
        at = [node(model, trial().gram(key, n)) for key in keys]
        assert None not in at
        error = np.abs(level.probabilities[level.probability[at]] - 1000 * logp)
        assert error.mean() < 10 and error.max() < 100
        if n < ORDER:
            error = np.abs(level.backoffs[level.backoff[at]] - 1000 * backoff)
            assert error.mean() < 10 and error.max() < 100


def test_probabilities_sum_to_about_one_after_quantising(pruned: LanguageModel) -> None:
    """Within one part in fifty."""
    for context in contexts(trial().ids.tolist(), trial().base, 40):
        assert total(pruned, context, builder().UNSEEN_SHARE) == pytest.approx(1, abs=0.02)


@given(CORPUS, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_any_corpus_can_be_pruned_and_stored(texts: list[str], rng: random.Random) -> None:
    """However it is pruned, probabilities sum to one but for what rounding to milli-nats does."""
    small = Trial(texts, rare=1)
    worth = [np.array([rng.random() for _ in g.keys]) for g in small.grams]
    worth[-1][0] = 1.0  # an order that holds nothing cannot be stored
    keep = builder().choose(small.grams, worth, small.base, rng.random(), (1,) * ORDER)
    with tempfile.TemporaryDirectory() as folder:
        model = small.written(Path(folder) / "small.lm", keep)
        for context in contexts(small.ids.tolist(), small.base, 5):
            assert total(model, context) == pytest.approx(1, abs=0.005)
        row = small.ids.tolist()
        assert model.log_probabilities(small.ids).tolist() == walked(model, row)


# --- how it is read ---------------------------------------------------------------------------------------------------


@given(text=TEXTS)
@settings(deadline=None)
def test_log_probabilities_are_those_of_a_walk(pruned: LanguageModel, text: str) -> None:
    ids = ids_of(pruned, text)
    found = pruned.log_probabilities(ids)
    assert (found.dtype, found.shape) == (np.int32, ids.shape)
    assert found.tolist() == walked(pruned, ids.tolist())


@given(text=TEXTS)
@settings(max_examples=20, deadline=None)
def test_so_they_are_in_the_shipped_model(text: str) -> None:
    ids = ids_of(shipped(), text)[:60]
    assert shipped().log_probabilities(ids).tolist() == walked(shipped(), ids.tolist())


@given(st.lists(TEXTS, min_size=1, max_size=6), st.integers(1, 12), st.integers(1, 4))
@settings(deadline=None)
def test_rows_are_scored_one_by_one(pruned: LanguageModel, texts: list[str], width: int, times: int) -> None:
    """Equal neighbours are looked up once: rows are repeated, and differ from their neighbours in a symbol or two."""
    rows = np.full((len(texts) * times, width), EDGE, dtype=np.uint16)
    for k in range(len(rows)):
        ids = ids_of(pruned, texts[k // times])[:width]
        rows[k, : len(ids)] = ids
        rows[k, k % width] = k % times
    found = pruned.log_probabilities(rows)
    assert (found.dtype, found.shape) == (np.int32, rows.shape)
    assert found.tolist() == [pruned.log_probabilities(row).tolist() for row in rows]
    deep = rows.reshape(len(texts), times, width)
    assert pruned.log_probabilities(deep).tolist() == found.reshape(deep.shape).tolist()
    assert pruned.log_probabilities(np.asfortranarray(rows)).tolist() == found.tolist()


def test_long_texts_and_many_rows_are_scored_block_by_block() -> None:
    ids = np.tile(ids_of(shipped(), TEXT), 2 * BLOCK // len(TEXT) + 4)
    narrow, wide = (np.lib.stride_tricks.sliding_window_view(ids, n) for n in (ORDER - 1, ORDER))
    expected = shipped().log_probabilities(wide)[:, -1]
    # Let the second block begin at a symbol that hangs on all of the four before it.
    matters = np.flatnonzero(expected != shipped().log_probabilities(narrow)[1:, -1]) + ORDER - 1
    cut = int(matters[matters >= BLOCK][0]) - BLOCK
    text = ids[cut:]
    assert len(text) > 2 * BLOCK
    whole = shipped().log_probabilities(text)
    assert (whole[ORDER - 1 :] == expected[cut:]).all()
    assert (shipped().log_probabilities(np.stack((text, text))) == whole).all()


@pytest.mark.parametrize("shape", [(0,), (0, 9), (5, 0), (3, 0, 2)])
def test_nothing_is_scored_as_nothing(shape: tuple[int, ...]) -> None:
    found = shipped().log_probabilities(np.zeros(shape, dtype=np.uint16))
    assert (found.dtype, found.shape) == (np.int32, shape)


@given(before=TEXTS, after=TEXTS)
@settings(deadline=None)
def test_context_never_reaches_over_an_edge(pruned: LanguageModel, before: str, after: str) -> None:
    first, second = (ids_of(pruned, text) for text in (before, after))
    together = pruned.log_probabilities(np.concatenate((first, second)))
    assert together[len(first) + 1 :].tolist() == pruned.log_probabilities(second)[1:].tolist()


def test_the_first_of_a_row_has_no_context(pruned: LanguageModel) -> None:
    every = np.arange(1, trial().base, dtype=np.uint16)
    assert (pruned.log_probabilities(every[:, None])[:, 0] == pruned.unigrams[1:]).all()
    assert not pruned.unigrams.flags.writeable


def test_ids() -> None:
    model = shipped()
    text = "在\n曱𠀀\ue000０Ａ"  # in the vocabulary, an edge, three never met, folded forms
    ids = model.ids(fold(code_points(text)))
    assert ids.dtype == np.uint16
    assert [model.vocabulary[i - 2] if i > EDGE else int(i) for i in ids] == ["在", EDGE, 0, 0, 0, "0", "a"]
    assert model.ids(np.arange(0x10000, 0x110000, dtype=np.uint32)).max() == UNKNOWN


def test_an_unknown_character_is_one_of_many() -> None:
    model = shipped()
    unknown = np.zeros(1, dtype=np.uint16)
    assert model.log_probabilities(unknown) - model.unigrams[UNKNOWN] == builder().UNSEEN_SHARE
    assert round(-1000 * math.log(20_000)) == builder().UNSEEN_SHARE
    assert model.log_probabilities(ids_of(model, "中国𠀀")).tolist() == walked(model, ids_of(model, "中国𠀀").tolist())


@given(text=TEXTS)
@settings(deadline=None)
def test_met(pruned: LanguageModel, text: str) -> None:
    ids = ids_of(pruned, text)
    met = [node(pruned, pair) is not None for pair in zip(ids[:-1].tolist(), ids[1:].tolist(), strict=True)]
    assert pruned.met(ids[:-1], ids[1:]).tolist() == met


@given(text=TEXTS, end=st.integers(0, 60))
@settings(deadline=None)
def test_continuations(pruned: LanguageModel, text: str, end: int) -> None:
    """All that follows the longest context that anything follows, as log_probabilities has it."""
    context = ids_of(pruned, text)[:end]
    symbols, logp = pruned.continuations(context)
    tails = [tuple(context[-n:].tolist()) for n in range(min(len(context), ORDER - 1), 0, -1)]
    followed = [
        {s: held(pruned, (*tail, s)) for s in range(trial().base)} for tail in tails if node(pruned, tail) is not None
    ]
    known = [{s: p for s, p in each.items() if p is not None} for each in followed]
    assert dict(zip(symbols.tolist(), logp.tolist(), strict=True)) == next((each for each in known if each), {})
    assert (symbols.dtype, logp.dtype) == (np.uint16, np.int32)


def test_a_model_is_pickled_by_its_path(pruned: LanguageModel) -> None:
    data = pickle.dumps(pruned)
    again = pickle.loads(data)
    ids = ids_of(pruned, TEXT)
    assert len(data) < 1000
    assert again.path == pruned.path
    assert (again.log_probabilities(ids) == pruned.log_probabilities(ids)).all()


# --- damaged files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0" * 100,
        MAGIC[:-3],
        MAGIC.replace(b"1", b"2") + b"\0" * 100,
        b"version https://git-lfs.github.com/spec/v1\n",
    ],
)
def test_another_file_is_no_model(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.lm"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"other\.lm: expected a language model .* found b.*; install ocrfix anew"):
        LanguageModel.open(path)


@pytest.mark.parametrize(
    "header",
    [
        *(b"", b"{", b"\xff\xfe", b"[]", b"{}", b'{"arrays": []}', b'{"arrays": [["1.chars", "nothing", 0, 1]]}'),
        b'{"arrays": [["1.chars", "<u2", 0, 1]], "shifts": [0], "vocabulary": "", "unknown": 0}',
        b'{"arrays": [["1.chars", "<u2", 0, 0]], "shifts": [], "vocabulary": "", "unknown": 0}',
    ],
)
def test_a_damaged_header_is_an_error(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "broken.lm"
    for announced in (len(header), len(header) + 5, 2**64 - 1):
        path.write_bytes(MAGIC + announced.to_bytes(8, "little") + header)
        with pytest.raises(ValueError, match=r"broken\.lm: expected a whole language model, found it damaged"):
            LanguageModel.open(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999999])
def test_a_file_cut_short_is_an_error(pruned: LanguageModel, tmp_path: Path, share: float) -> None:
    whole = pruned.path.read_bytes()
    path = tmp_path / "short.lm"
    path.write_bytes(whole[: len(MAGIC) + int(share * (len(whole) - len(MAGIC)))])
    with pytest.raises(ValueError, match=r"short\.lm: expected a whole language model, found it damaged"):
        LanguageModel.open(path)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LanguageModel.open(tmp_path / "missing.lm")


# --- the model that is shipped ----------------------------------------------------------------------------------------


def test_the_shipped_model_is_the_one_described() -> None:
    about = json.loads(SHIPPED.with_suffix(".json").read_text(encoding="utf-8"))
    assert hashlib.sha256(SHIPPED.read_bytes()).hexdigest() == about["sha256"]
    assert SHIPPED.stat().st_size <= 64_000_000
    assert [len(level.chars) for level in shipped()._levels] == about["ngrams"]
    assert len(shipped()) == sum(about["ngrams"])
    assert about["command"].startswith("python tools/build_language_model.py")
    assert len(about["sources"]) == 5


def test_probabilities_of_the_shipped_model_sum_to_about_one() -> None:
    """256 values an order, each off by up to some tens of milli-nats: on average within 1 %, all within 10 %."""
    size = len(shipped().vocabulary) + 2
    sums = [
        total(shipped(), context, builder().UNSEEN_SHARE)
        for context in contexts(ids_of(shipped(), TEXT).tolist(), size, 20)
    ]
    assert sums == pytest.approx([1] * len(sums), abs=0.1)
    assert np.abs(np.array(sums) - 1).mean() < 0.01


# --- the command that builds one --------------------------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Two sources, one of them twice as long as it seems, and a paragraph that stands in both."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    lines = TEXT.splitlines()
    for name, part in (("laws", lines[:20]), ("news", lines[15:] + lines[15:])):
        with lzma.open(folder / f"{name}.txt.xz", "wt", encoding="utf-8") as out:
            out.writelines(f"{line}\n" for line in part)
    return folder


def test_a_paragraph_counts_once(corpus: Path) -> None:
    expected = list(dict.fromkeys(line.strip() for line in TEXT.splitlines() if line.strip()))
    assert sorted(builder().paragraphs(corpus, {})) == sorted(expected)


def test_a_source_is_weighed_down(corpus: Path) -> None:
    some, without = (set(builder().paragraphs(corpus, {"laws": share})) for share in (0.5, 0.0))
    news = {line.strip() for line in TEXT.splitlines()[15:] if line.strip()}
    assert without == news
    assert news < some < {line.strip() for line in TEXT.splitlines()}


def test_built_twice_it_is_the_same_file(corpus: Path, tmp_path: Path) -> None:
    files = []
    for name in ("one.lm", "two.lm"):
        builder().main([str(corpus), "--out", str(tmp_path / name), "--weight", "laws=0.5"])
        files.append((tmp_path / name).read_bytes())
    assert files[0] == files[1]
    model = LanguageModel.open(tmp_path / "one.lm")
    about = json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))
    assert about["sha256"] == hashlib.sha256(files[0]).hexdigest()
    assert [source["file"] for source in about["sources"]] == ["laws.txt.xz", "news.txt.xz"]
    assert "--weight laws=0.5" in about["command"]
    assert (
        model.log_probabilities(ids_of(model, "会议强调")).sum()
        > model.log_probabilities(ids_of(model, "调强议会")).sum()
    )


def test_a_smaller_model_holds_less(corpus: Path, tmp_path: Path) -> None:
    builder().main([str(corpus), "--out", str(tmp_path / "page.lm"), "--megabytes", "0.05", "0.1"])
    small, large = (LanguageModel.open(tmp_path / f"page.{size}.lm") for size in ("0.05", "0.1"))
    assert len(small) < len(large)


def test_a_weight_must_name_a_source(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        builder().main([str(corpus), "--out", str(tmp_path / "page.lm"), "--weight", "lawes=0.5"])
    assert "lawes" in capsys.readouterr().err
