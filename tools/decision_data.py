"""What the decision is fitted on: texts as engines read them, texts damaged on purpose, clean ones; and their gold."""

from __future__ import annotations

import json
import random
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ocrfix.channel import Channel
from ocrfix.config import Config
from ocrfix.established import established
from ocrfix.marks import SOURCES
from ocrfix.model import OcrText
from ocrfix.pairs import misread, seen
from ocrfix.propose import PAIR_MARK
from ocrfix.proposed_names import FAR_NAMES, NAMES
from ocrfix.resources import Resources
from ocrfix.survey import Survey
from ocrfix.text import HAN
from ocrfix.usage import converted

RARE = Path(__file__).resolve().parent.parent / "benchmarks" / "rare_counties"
"""Lines with the names of counties that hold rare characters, as engines read them."""
FOLDS = 5
CLEAN = ("clean_people_daily_1998", "clean_news_2026")
PAGE = 10
"""Paragraphs of a page that is damaged on purpose."""
DAMAGED = 1 / 3
"""Of the pages read by engines, how many are damaged on purpose besides."""
NAMES_PAGE = 20
"""Paragraphs of a clean page in which names are misread."""
LONG_PAGE = 60
"""Paragraphs of a clean page in which forms that it has again and again are misread."""


class Text(NamedTuple):
    """A text and what the page says. source: which file it is of; fold: the same for all that share a gold text.

    read: the text with the engine's confidences, where these are at hand. In a few rows it lacks the spaces of `noisy`.
    """

    source: str
    noisy: str
    gold: str
    fold: int
    read: OcrText | None = None


def texts_for(proposer: str, dev: Path, resources: Resources) -> list[Text]:
    """The texts on which the evidence for one source of proposals is weighed; always the same."""
    rng = random.Random(proposer)
    if proposer in ("evident", "substitutions", "pairs", "omissions", "insertions", "phrases"):
        whole = [text for text in documents(dev) if not text.source.startswith("rare_names")]
        return (
            engine_pairs(dev)
            + whole
            + [t for name in CLEAN for t in clean_lines(dev, name, rng)[: len(engine_pairs(dev)) // 2]]
        )
    if proposer == "sound_alikes":
        typed = _typed(dev / "typed" / "ecspell_odw_train.tsv")
        return typed + [t for name in CLEAN for t in clean_lines(dev, name, rng)[: len(typed) // 2]]
    if proposer in NAMES:
        # The lines mix regions on purpose: they tell of names that nothing else speaks of.
        lines = [text for path in sorted(RARE.glob("*.tsv")) for text in _pairs_of(path)]
        rng = random.Random("names")
        known = documents(dev) + misread_documents(dev, resources, rng) + misread_news(dev, resources, rng)
        return known + lines if proposer in FAR_NAMES else known
    if proposer == "established":
        return documents(dev) + misread_again(dev, resources, rng)
    if proposer in SOURCES:
        return lines_and_pages(dev, rng)
    if proposer == "doubled_clauses":
        pairs = [phrase for phrase in resources.lexicon.phrases if PAIR_MARK in phrase]
        return slipped_pages(dev, pairs, rng)
    damage = {"doubled_characters": doubled_character, "repetitions": repeated, "cut_paragraphs": cut}[proposer]
    return damaged_pages(dev, lambda line: damage(line, rng), rng)


ENGINES = {"ppocr": "rapidocr", "tesseract": "tesseract"}
"""Engines, and what the names of the files of what they read contain."""


def texts_with_confidences(dev: Path) -> list[Text]:
    """The texts on which evidence is weighed where an engine's confidences are at hand: pairs, and whole documents."""
    read = [text for text in engine_pairs(dev) + read_documents(dev) if text.read]
    return [text._replace(noisy=str(text.read)) for text in read]


def texts_in_print(folder: Path) -> list[Text]:
    """The texts on which evidence is weighed for another script: what engines read, clean ones, and mixed ones.

    Harm is rare: all the clean text is needed of that half from which the pages were drawn.
    """
    read, rng = engine_pairs(folder), random.Random("print")
    clean = [text for name in CLEAN for text in clean_lines(folder, name, rng) if half_of(text.gold) == 0]
    return read + clean + [mixed for text in clean[::QUOTING] if (mixed := quoting(text, rng))]


QUOTING = 20
"""One in so many clean texts quotes the other script; on pages that is rarer still."""
CLAUSE = re.compile(r"[^\W\d_]{4,}")


def quoting(text: Text, rng: random.Random) -> Text | None:
    """A clean text with a clause in Simplified characters, as if quoted; it is right so."""
    clauses = list(CLAUSE.finditer(text.gold))
    if len(clauses) < 2:
        return None
    one = rng.choice(clauses)
    mixed = text.gold[: one.start()] + converted(one.group(), "t2s") + text.gold[one.end() :]
    return Text(f"{text.source}, quoting", mixed, mixed, text.fold)


# ---------------------------------------------------------------- texts as they are


def engine_pairs(dev: Path) -> list[Text]:
    """The dev pairs of every engine and wear, a paragraph each."""
    paths = (p for p in sorted((dev / "ocr").glob("*.tsv")) if not p.name.startswith("rare_names"))
    return [text for path in paths for text in _pairs_of(path)]


class Misread(NamedTuple):
    """How often each symbol stands on the page, and what it was printed as, (printed, true); "" for nothing."""

    shown: Counter[str]
    read: Counter[tuple[str, str]]

    @classmethod
    def of(cls, texts: Iterable[Text]) -> Misread:
        """Counted over texts, aligned by Levenshtein distance; what is made up counts by the symbol shown."""
        shown, read = Counter[str](), Counter[tuple[str, str]]()
        for text in texts:
            gold = seen(text.gold)
            shown.update(gold)
            shown[""] += len(gold)
            read.update(misread(text.noisy, text.gold))
        return cls(shown, read)


def lines_and_pages(dev: Path, rng: random.Random) -> list[Text]:
    """The pairs of every engine and all clean paragraphs, each by itself and ten to a page; and whole documents.

    What is wrong with marks is told by the rest of the text, and harm is rare: hence all the clean text there is.
    """
    lines = engine_pairs(dev) + [text for name in CLEAN for text in clean_lines(dev, name, rng)]
    by_source: dict[str, list[Text]] = {}
    for text in lines:
        by_source.setdefault(text.source, []).append(text)
    pages = [
        _page(
            f"{source}, pages", [row.noisy for row in rows[at : at + PAGE]], [row.gold for row in rows[at : at + PAGE]]
        )
        for source, rows in by_source.items()
        for at in range(0, len(rows) - PAGE + 1, PAGE)
    ]
    whole = [_page(f"{name}, whole", *[[row.gold for row in by_source[name]]] * 2) for name in CLEAN]
    return lines + pages + whole + [text for text in documents(dev) if "\n" in text.noisy]


def clean_lines(dev: Path, name: str, rng: random.Random) -> list[Text]:
    """The paragraphs of a clean set, in an order of their own."""
    lines = [line for line in (dev / f"{name}.txt").read_text(encoding="utf8").split("\n") if line.strip()]
    rng.shuffle(lines)
    return [Text(name, line, line, fold_of(line)) for line in lines]


def documents(dev: Path) -> list[Text]:
    """Whole local documents, and lines dense with rare names, as engines read them."""
    result = []
    for k, path in enumerate(sorted((dev / "documents").glob("*.noisy.txt"))):
        gold = path.with_name(path.name.replace(".noisy.", ".gold."))
        name = path.name.removesuffix(".noisy.txt")
        result.append(Text(name, path.read_text(encoding="utf8"), gold.read_text(encoding="utf8"), k % FOLDS))
    return result + [t for path in sorted((dev / "ocr").glob("rare_names_*.tsv")) for t in _pairs_of(path)]


def _pairs_of(path: Path) -> list[Text]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf8").rstrip("\n").split("\n")]
    number, noisy, gold = (rows[0].index(name) if name in rows[0] else -1 for name in ("id", "noisy", "gold"))
    read = confidences(path)
    return [Text(path.stem, row[noisy], row[gold], fold_of(row[gold]), read.get(row[number])) for row in rows[1:]]


def confidences(path: Path) -> dict[str, OcrText]:
    """What the engine knew of the paragraphs of a file, by their id; tesseract counts to 100."""
    path = path.with_suffix(".confidence.jsonl")
    scale = 100 if "tesseract" in path.name else 1
    rows = [json.loads(line) for line in path.read_text(encoding="utf8").splitlines()] if path.is_file() else []
    return {row["id"]: OcrText.from_chars((ch, p / scale, *(o or [()])) for ch, p, *o in row["chars"]) for row in rows}


def read_documents(dev: Path) -> list[Text]:
    """Whole local documents with the engine's confidences, put together from their paragraphs."""
    documents = []
    for path in sorted((dev / "ocr").glob("cities_*.tsv")):
        rows = [line.split("\t") for line in path.read_text(encoding="utf8").rstrip("\n").split("\n")]
        head, known = rows[0], confidences(path)
        of: dict[str, list[tuple[OcrText, str]]] = {}
        for row in rows[1:]:
            of.setdefault(row[head.index("doc")], []).append((known[row[head.index("id")]], row[head.index("gold")]))
        for k, (doc, parts) in enumerate(sorted(of.items())):
            read, gold = OcrText.joined([text for text, _ in parts], "\n"), "\n".join(line for _, line in parts)
            documents.append(Text(f"{path.stem} {doc}", str(read), gold, k % FOLDS, read))
    return documents


def _typed(path: Path) -> list[Text]:
    rows = [line.split("\t") for line in path.read_text(encoding="utf8").rstrip("\n").split("\n")]
    return [Text(path.stem, row[-2], row[-1], fold_of(row[-1])) for row in rows]


def half_of(gold: str) -> int:
    """The half of everything that has this gold text: figures are taken on the half that nothing was fitted on."""
    return zlib.crc32(gold.encode()) % 2


def fold_of(gold: str) -> int:
    """The fold of everything that has this gold text."""
    return zlib.crc32(gold.encode()) % FOLDS


# ---------------------------------------------------------------- names misread on purpose


def misread_documents(dev: Path, resources: Resources, rng: random.Random, times: int = 6) -> list[Text]:
    """Parts of local documents, each several times with other names misread."""
    result = []
    for path in sorted((dev / "documents").glob("*.names-only.gold.txt")):
        whole = path.read_text(encoding="utf8")
        for k in range(8):
            page = whole[len(whole) * k // 8 : len(whole) * (k + 1) // 8]
            for _ in range(times):
                result.append(Text(f"{path.stem} again", misread_names(page, resources, rng), page, k % FOLDS))
    return result


def misread_news(dev: Path, resources: Resources, rng: random.Random) -> list[Text]:
    """Clean pages, one in six with names misread."""
    result = []
    for name in CLEAN:
        lines = [text.gold for text in clean_lines(dev, name, rng)]
        for k, at in enumerate(range(0, len(lines) - NAMES_PAGE, NAMES_PAGE)):
            page = "\n\n".join(lines[at : at + NAMES_PAGE])
            noisy = page if k % 6 else misread_names(page, resources, rng)
            result.append(Text(name, noisy, page, fold_of(page)))
    return result


def misread_names(page: str, resources: Resources, rng: random.Random) -> str:
    """A page in which a character of a few names, the rarer the likelier, is read as a common look-alike.

    That is what engines do: 茌 is printed as 在, 兖 as 充. One in ten is read as nothing like it: 陈 as 冷.
    """
    model, glyphs = resources.language, resources.glyphs

    def commonness(ch: str) -> float:
        return float(model.unigrams[model.ids(np.array([ord(ch)], dtype=np.uint32))[0]]) / 1000

    common = sorted((ch for ch in model.vocabulary if HAN.match(ch)), key=lambda ch: (-commonness(ch), ch))[:500]
    names = sorted({m.form for m in resources.gazetteer.mentions(page) if len(m.form) > 1})
    for name in rng.sample(names, min(3, len(names))):
        at = rng.choices(range(len(name)), [np.exp(-commonness(ch) / 2) for ch in name])[0]
        others = glyphs.look_alikes(name[at])[:20]
        if not others:
            continue
        weights = [glyphs.similarity(ch, name[at]) ** 5 * np.exp(commonness(ch) / 2) for ch in others]
        printed = rng.choices(others, weights)[0] if rng.random() < 0.9 else rng.choice(common)
        wrong = name[:at] + printed + name[at + 1 :]
        parts = re.split(f"({re.escape(name)})", page)
        page = "".join(wrong if part == name and rng.random() < 0.9 else part for part in parts)
    return page


def misread_again(dev: Path, resources: Resources, rng: random.Random) -> list[Text]:
    """Local documents and clean pages, in some of which forms that they have again and again are misread once.

    And half of all clean paragraphs as one text: the longer it is, the more in it merely resembles something else.
    """
    pages = []
    for path in sorted((dev / "documents").glob("*.names-only.gold.txt")):
        whole = path.read_text(encoding="utf8")
        for k in range(4):
            page = whole[len(whole) * k // 4 : len(whole) * (k + 1) // 4]
            pages += [(f"{path.stem} again", page, k % FOLDS, True)] * 6
    for name in CLEAN:
        lines = [text.gold for text in clean_lines(dev, name, rng)]
        for at in range(0, len(lines) - LONG_PAGE, LONG_PAGE):
            page = "\n\n".join(lines[at : at + LONG_PAGE])
            pages.append((name, page, fold_of(page), rng.random() < DAMAGED))
        pages += [(f"{name}, whole", "\n\n".join(part), k, False) for k, part in enumerate(halves(lines))]
    return [
        Text(source, misread_once(page, resources, rng) if damaged else page, page, fold)
        for source, page, fold, damaged in pages
    ]


def halves(lines: list[str]) -> tuple[list[str], list[str]]:
    """The one and the other half."""
    return lines[: len(lines) // 2], lines[len(lines) // 2 :]


def misread_once(page: str, resources: Resources, rng: random.Random) -> str:
    """A page in which up to three of the forms that it establishes are misread at one of their places each."""
    model = resources.language
    forms = established(Survey(page, resources, Config()), model)[0].tolist()
    printed_for = _printed(*map(resources.channel, ENGINES))
    names = sorted("".join(model.vocabulary[k - 2] for k in form) for form in forms)
    for name in rng.sample(names, min(3, len(names))):
        at = rng.randrange(len(name))
        likely = [(p, printed) for printed, p in printed_for.get(name[at], ())]
        places = [match.start() for match in re.finditer(re.escape(name), page)]
        if likely and places:
            place = rng.choice(places) + at
            page = page[:place] + rng.choices([ch for _, ch in likely], [p for p, _ in likely])[0] + page[place + 1 :]
    return page


@lru_cache(maxsize=1)
def _printed(*channels: Channel) -> dict[str, list[tuple[str, float]]]:
    """What engines print for each character of worn type, and how likely."""
    found: dict[str, list[tuple[str, float]]] = {}
    for channel in channels:
        for (printed, true), p in sorted(channel.worn().items()):
            if HAN.match(printed) and printed != true:
                found.setdefault(true, []).append((printed, p))
    return found


# ---------------------------------------------------------------- pages damaged on purpose


def damaged_pages(dev: Path, damage: Callable[[str], str], rng: random.Random) -> list[Text]:
    """Pages of ten paragraphs as engines read them, two in each third page damaged; and clean pages as they are.

    Every engine's paragraph is taken three times. What reads as a repeat is rare in clean text: all of it is needed to
    learn what to leave alone.
    """
    by_source: dict[str, list[Text]] = {}
    for text in engine_pairs(dev) * 3 + [t for name in CLEAN for t in clean_lines(dev, name, rng)]:
        by_source.setdefault(text.source, []).append(text)
    pages = []
    for source, rows in by_source.items():
        for at in range(0, len(rows) - PAGE + 1, PAGE):
            worn, gold = ([row[side] for row in rows[at : at + PAGE]] for side in (1, 2))
            if source not in CLEAN and rng.random() < DAMAGED:
                for k in rng.sample(range(PAGE), 2):
                    worn[k] = damage(worn[k])
            pages.append(_page(source, worn, gold))
    return pages


def slipped_pages(dev: Path, pairs: list[str], rng: random.Random) -> list[Text]:
    """Clean pages of ten paragraphs, three times over, every set pair in them slipped."""
    pages = []
    for name in CLEAN * 3:
        rows = [text.gold for text in clean_lines(dev, name, rng)]
        for at in range(0, len(rows) - PAGE + 1, PAGE):
            gold = rows[at : at + PAGE]
            pages.append(_page(name, [slipped(line, pairs, rng) for line in gold], gold))
    return [page for page in pages if page.noisy != page.gold]


def _page(source: str, worn: list[str], gold: list[str]) -> Text:
    whole = "\n\n".join(gold)
    return Text(source, "\n\n".join(worn), whole, fold_of(whole))


def doubled_character(line: str, rng: random.Random) -> str:
    """A line with one Han character printed twice."""
    at = rng.randrange(max(len(line), 1))
    return line[:at] + line[at : at + 1] + line[at:] if HAN.match(line[at : at + 1]) else line


def repeated(line: str, rng: random.Random) -> str:
    """A line with a run of two to eight characters printed twice, or a clause with its mark: readers' models loop."""
    size = rng.choice((2, 2, 2, 3, 4, 5, 6, 8))
    at = rng.randrange(max(len(line) - size, 1))
    run = line[at : at + size]
    if not all(HAN.match(ch) for ch in run):
        return line
    return line[: at + size] + rng.choice(("", PAIR_MARK if size > 2 else "")) + line[at:]


def slipped(line: str, pairs: list[str], rng: random.Random) -> str:
    """A line in which one of the clauses of a set pair stands in place of the other too."""
    for pair in pairs:
        first, _, second = pair.partition(PAIR_MARK)
        if pair in line and len(first) == len(second):
            clause = rng.choice((first, second))
            return line.replace(pair, clause + PAIR_MARK + clause, 1)
    return line


def cut(line: str, rng: random.Random) -> str:
    """A line cut in two between two Han characters, as by the end of a column."""
    at = rng.randrange(1, max(len(line), 2))
    return line[:at] + "\n\n" + line[at:] if HAN.match(line[at - 1 : at]) and HAN.match(line[at : at + 1]) else line
