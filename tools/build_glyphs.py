"""Build lexicons/glyphs.tsv: which characters look alike on a printed page, and how much.

    apt-get install fonts-noto-cjk fonts-arphic-uming fonts-arphic-ukai unicode-data fontconfig
    pip download --no-deps pycorrector==1.1.4
    pip install numpy scipy pillow fonttools rapidfuzz
    python tools/build_glyphs.py --strokes pycorrector-1.1.4-py3-none-any.whl
    python tools/build_glyphs.py --strokes pycorrector-1.1.4-py3-none-any.whl --script traditional

Every character is drawn in each font, in its place in the em square (曰 is not 日 made wider), blurred as by wear,
and described by a histogram of oriented gradients (Dalal & Triggs 2005) over soft cells, so that a shift of a pixel
costs little. The descriptors are whitened with shrinkage: what half of all characters share says little of any two.
The cosine, averaged over the fonts, and a quarter of the likeness of stroke sequences (Levenshtein) make the
similarity, the same in both directions. Directed is the choice of neighbours: of two equally alike, the commoner one
was more probably on the page. Of Traditional print the forms are drawn and compared, and two characters are as alike
as those of their forms that are most alike; the table names them by the Simplified characters that they are read as.

`--check` builds again and compares with the committed table. `--measure ../shared/dev/ocr` shows how often the true
character is among the neighbours of the printed one, for a grid of settings: chosen on half of the texts, verified
on the other.
"""

from __future__ import annotations

import argparse
import bz2
import hashlib
import json
import lzma
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeAlias

import numpy as np
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, features
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cdist
from scipy.ndimage import gaussian_filter

from ocrfix.script import simplified
from ocrfix.usage import Variants, converted

Floats: TypeAlias = NDArray[np.floating]

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "lexicons" / "glyphs.tsv"
TABLES = {"simplified": TABLE, "traditional": TABLE.with_name("glyphs.traditional.tsv")}
FONTS = {
    "simplified": ("Noto Serif CJK SC", "Noto Sans CJK SC", "AR PL UMing CN", "AR PL UKai CN"),
    "traditional": ("Noto Serif CJK TC", "Noto Sans CJK TC", "AR PL UMing TW", "AR PL UKai TW"),
}

SIDE, MARGIN = 96, 8  # pixels of the em square as it is drawn, and around it; halved before anything is measured
ORIENTATIONS, GRID, CELL = 8, 10, 2.5  # cells of GRID x GRID, each a Gaussian of CELL pixels (of 56)
QUANTUM = 2048  # descriptors are rounded to this many steps, so that their products are exact on every machine
# Where strokes are not listed (1,694 rare characters) their likeness is guessed from shape: a regression over the rest.
STROKES_GUESS, STROKES_PER_SHAPE = 0.37, 0.35


@dataclass(frozen=True)
class Settings:
    """blur: in pixels of 56; shrinkage: of the whitening, in mean variances; strokes: weight of the stroke sequence, 1
    being the shape's; favour: added for every tenfold of a character's occurrences, in the choice of neighbours only;
    neighbours: at most so many; floor: no neighbour is less alike, for then it says no more than any character."""

    blur: float = 1.5
    shrinkage: float = 30.0
    strokes: float = 0.25
    favour: float = 0.02
    neighbours: int = 100
    floor: float = 0.20


# --- the characters ---------------------------------------------------------------------------------------------------


def is_han(ch: str) -> bool:
    return "\u3400" <= ch <= "\u9fff" or "\U00020000" <= ch <= "\U0003ffff" or ch == "〇"


def standard_characters(unihan: Path) -> set[str]:
    """The 8,105 characters of the 通用规范汉字表 (2013): Unihan's property kTGH."""
    with bz2.open(unihan, "rt", encoding="utf-8") as file:
        return {chr(int(line.split("\t")[0][2:], 16)) for line in file if line.startswith("U+") and "\tkTGH\t" in line}


def occurrences(corpus: Path) -> Counter[str]:
    counts = Counter[str]()
    for path in sorted(corpus.glob("*.txt.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            while block := file.read(1 << 22):
                counts.update(block)
    return Counter({ch: n for ch, n in counts.items() if is_han(ch)})


def place_names(sources: Path) -> list[Path]:
    return [sources / "THUOCL_diming.txt", *sorted((sources / "divisions-modood").glob("*.csv"))]


def stroke_sequences(source: Path) -> dict[str, str]:
    """Each character's strokes, h s p n z: pycorrector's stroke.txt, or the wheel that holds it."""
    if source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            text = wheel.read("pycorrector/data/stroke.txt").decode()
    else:
        text = source.read_text(encoding="utf-8")
    pairs = (line.split("\t") for line in text.splitlines() if line and line[0] != "#")
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def traditional_forms(characters: list[str]) -> tuple[list[str], NDArray[np.int64]]:
    """The characters of Traditional print that are read as one of these, and which of them each is read as.

    Those are what Big5 has, and what OpenCC makes of each character in any usage.
    """
    place, variants = {ch: at for at, ch in enumerate(characters)}, Variants.open(ROOT / "lexicons")
    codes = [bytes((high, low)) for high in range(0xA4, 0xFA) for low in (*range(0x40, 0x7F), *range(0xA1, 0xFF))]
    found = {ch for code in codes for ch in code.decode("big5", "ignore")}
    found |= {form for usage in ("s2t", "s2tw", "s2hk") for form in converted("\n".join(characters), usage)[::2]}
    forms = sorted(form for form in found if simplified(form, variants) in place)
    return forms, np.array([place[simplified(form, variants)] for form in forms])


def most_alike(similarity: Floats, read_as: NDArray[np.int64], many: int) -> Floats:
    """How alike characters are when those of their forms are compared that are most alike, shape (many, many)."""
    order = np.argsort(read_as, kind="stable")
    begins = np.flatnonzero(np.diff(read_as[order], prepend=-1))
    rows = np.maximum.reduceat(similarity[order][:, order], begins, axis=0)
    both, known = np.zeros((many, many), similarity.dtype), read_as[order][begins]
    both[np.ix_(known, known)] = np.maximum.reduceat(rows, begins, axis=1)
    np.fill_diagonal(both, 1)
    return both


# --- the shapes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Font:
    path: Path
    index: int
    name: str


def font(wanted: str) -> Font:
    """A font by the name fontconfig knows, or by path (PATH or PATH:INDEX)."""
    path, _, index = wanted.partition(":")
    if not Path(path).is_file():
        asked = f"{wanted}:style=Regular" if "Noto" in wanted else wanted
        answer = subprocess.run(
            ["fc-match", "-f", "%{file}\t%{index}\t%{family}", asked], capture_output=True, text=True, check=True
        )
        path, index, family = answer.stdout.split("\t")
        if wanted not in family:
            raise SystemExit(f"{wanted!r}: expected this font, found {family!r}; install it or give its path")
    name, style = ImageFont.truetype(path, SIDE, index=int(index or 0)).getname()
    return Font(Path(path), int(index or 0), f"{name} {style}")


def drawn(face: Font, characters: list[str]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Images, shape (n, 56, 56), ink 255; and which of the characters the font has."""
    typeface = ImageFont.truetype(str(face.path), SIDE, index=face.index, layout_engine=ImageFont.Layout.BASIC)
    known = TTFont(face.path, fontNumber=face.index, lazy=True).getBestCmap()
    whole, half = SIDE + 2 * MARGIN, SIDE // 2 + MARGIN
    images = np.zeros((len(characters), half, half), np.uint8)
    for at, ch in enumerate(characters):
        if ord(ch) in known:
            image = Image.new("L", (whole, whole), 0)
            ImageDraw.Draw(image).text((whole / 2, whole / 2), ch, 255, font=typeface, anchor="mm")
            images[at] = np.asarray(image).reshape(half, 2, half, 2).mean((1, 3))
    return images, np.array([ord(ch) in known for ch in characters])


def gradients(images: NDArray[np.uint8], blur: float) -> Floats:
    """Square roots of oriented gradients gathered in soft cells, shape (n, ORIENTATIONS * GRID * GRID)."""
    side = images.shape[1]
    centres = np.linspace(4, side - 4, 2 * GRID + 1)[1::2]
    cells = np.exp(-0.5 * ((np.arange(side) + 0.5 - centres[:, None]) / CELL) ** 2)
    found = np.empty((len(images), ORIENTATIONS, GRID, GRID))
    for start in range(0, len(images), 1000):
        part = gaussian_filter(images[start : start + 1000] / 255.0, (0, blur, blur))
        down, right = np.gradient(part, axis=(1, 2))
        strength = np.hypot(right, down)
        turn = np.arctan2(down, right) % np.pi / np.pi * ORIENTATIONS
        lower = np.floor(turn)
        for bin_ in range(ORIENTATIONS):
            share = np.where(lower % ORIENTATIONS == bin_, 1 - (turn - lower), 0)
            share += np.where((lower + 1) % ORIENTATIONS == bin_, turn - lower, 0)
            found[start : start + 1000, bin_] = cells @ (strength * share) @ cells.T
    return np.sqrt(found.reshape(len(images), -1))


def likeness(descriptors: Floats, shrinkage: float) -> Floats:
    """Cosines of whitened descriptors, shape (n, n): near 0 for unrelated characters, 1 for the same."""
    centred = descriptors - descriptors.mean(0)
    variances, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    scale = 1 / np.sqrt(np.maximum(variances, 0) + shrinkage * variances.mean())
    white = centred @ (axes * scale @ axes.T)  # symmetric: it does not hang on the sign or order of the axes
    white /= np.linalg.norm(white, axis=1, keepdims=True)
    steps = np.rint(white * QUANTUM).astype(np.float32)  # whole numbers, sums below 2**24: float32 adds them exactly
    return np.asarray(steps @ steps.T / np.float32(QUANTUM**2))


class Shapes:
    """The characters drawn once, and compared under varying settings."""

    def __init__(self, characters: list[str], fonts: list[Font], strokes: dict[str, str]) -> None:
        self.characters = characters
        self.drawings = [drawn(face, characters) for face in fonts]
        sequences = [strokes.get(ch, "") for ch in characters]
        known = np.array([bool(each) for each in sequences])
        self.stroked = np.outer(known, known)
        self.strokes = cdist(sequences, sequences, scorer=Levenshtein.normalized_similarity, dtype=np.float32)

    def shape(self, blur: float, *shrinkages: float) -> Iterator[Floats]:
        """Mean likeness over the fonts that have both characters, shape (n, n), for each shrinkage."""
        described = [(gradients(images[has], blur), np.flatnonzero(has)) for images, has in self.drawings]
        n = len(self.characters)
        for shrinkage in shrinkages:
            total, times = np.zeros((n, n), np.float32), np.zeros((n, n), np.float32)
            for descriptors, at in described:
                total[np.ix_(at, at)] += likeness(descriptors, shrinkage)
                times[np.ix_(at, at)] += 1
            yield np.asarray(total / np.maximum(times, 1), np.float32)

    def similarity(self, shape: Floats, weight: float) -> Floats:
        guess = np.float32(STROKES_GUESS) + np.float32(STROKES_PER_SHAPE) * shape
        strokes = np.where(self.stroked, self.strokes, guess)
        mixed = np.clip((shape + np.float32(weight) * strokes) / np.float32(1 + weight), 0, 1)
        return np.asarray(mixed, np.float32)


# --- the table --------------------------------------------------------------------------------------------------------


def favour(characters: list[str], counts: Counter[str]) -> Floats:
    """Tenfolds of occurrences, shape (n,)."""
    return np.asarray(np.log10(np.array([counts[ch] + 1 for ch in characters])))


def rows(characters: list[str], similarity: Floats, favoured: Floats, settings: Settings) -> Iterator[str]:
    """A line for every character that is like any; similarities of 1 are told from identity: .99 is the most."""
    hundredths = np.minimum(np.rint(similarity * 100), 99).astype(int)
    for at, ch in enumerate(characters):
        wanted = similarity[at] + settings.favour * favoured
        wanted[at] = -1
        chosen = np.argsort(-wanted, kind="stable")[: settings.neighbours]
        chosen = chosen[similarity[at, chosen] >= settings.floor]
        if not len(chosen):  # in no font
            continue
        best = sorted(chosen.tolist(), key=lambda i: (-hundredths[at, i], characters[i]))
        true = "".join(characters[i] for i in best)
        yield f"{ch}\t{true}\t{' '.join(str(hundredths[at, i]) for i in best)}\n"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def provenance(args: argparse.Namespace, fonts: list[Font], table: str, missing: list[str]) -> str:
    inputs = [args.unihan, args.strokes, *place_names(args.sources), *sorted(args.corpus.glob("*.txt.xz"))]
    facts = {
        "settings": vars(Settings()),
        "table": {"rows": table.count("\n") - 1, "sha256": hashlib.sha256(table.encode()).hexdigest()},
        "in no font": "".join(missing),
        "fonts": [{"name": f.name, "file": f.path.name, "index": f.index, "sha256": digest(f.path)} for f in fonts],
        "inputs": {path.name: digest(path) for path in inputs},
        "freetype": features.version("freetype2"),
    }
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


# --- how good it is ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Misread:
    file: str
    half: int
    printed: int
    true: int


def misread(folder: Path, characters: list[str]) -> list[Misread]:
    """One-to-one Han substitutions of noisy and gold; a text is in the same half in whatever file it stands."""
    place = {ch: at for at, ch in enumerate(characters)}
    found = []
    for path in sorted(folder.glob("*.tsv")):
        head, *lines = path.read_text(encoding="utf-8").splitlines()
        noisy_at, gold_at = head.split("\t").index("noisy"), head.split("\t").index("gold")
        for line in lines:
            noisy, gold = line.split("\t")[noisy_at], line.split("\t")[gold_at]
            half = hashlib.sha256(gold.encode()).digest()[-2] % 2
            for op in Levenshtein.editops(noisy, gold):
                if op.tag == "replace" and noisy[op.src_pos] in place and gold[op.dest_pos] in place:
                    found.append(Misread(path.stem, half, place[noisy[op.src_pos]], place[gold[op.dest_pos]]))
    return found


def recall(pairs: list[Misread], similarity: Floats, favoured: Floats, weight: float, ks: list[int]) -> Floats:
    """The share of true characters among the first k (of equals, the best place): shape (files, halves, ks)."""
    files = sorted({pair.file for pair in pairs})
    hits, total = np.zeros((len(files), 2, len(ks))), np.zeros((len(files), 2, 1))
    for pair in pairs:
        wanted = similarity[pair.printed] + weight * favoured
        before = np.count_nonzero(wanted > wanted[pair.true]) - (wanted[pair.printed] > wanted[pair.true])
        hits[files.index(pair.file), pair.half] += [before < k for k in ks]
        total[files.index(pair.file), pair.half] += 1
    return np.asarray(hits / np.maximum(total, 1))


def measure(shapes: Shapes, favoured: Floats, folder: Path, out: TextIO) -> None:
    """Mean over the files of light and medium wear (heavy ones are shown, and choose nothing)."""
    pairs, ks = misread(folder, shapes.characters), [20, 60, 80, 100, 120]
    files = sorted({pair.file for pair in pairs})
    judged = [not name.endswith("_heavy") for name in files]
    print("blur shrink strokes favour |", *(f"@{k}" for k in ks), "| other half", *(f"@{k}" for k in ks), file=out)
    results = []
    for blur in (1.0, 1.5, 2.5):
        shrinkages = (10.0, 30.0, 100.0)
        for shrinkage, shape in zip(shrinkages, shapes.shape(blur, *shrinkages), strict=True):
            for strokes in (0.0, 0.25, 0.5):
                similarity = shapes.similarity(shape, strokes)
                for weight in (0.0, 0.01, 0.02, 0.03, 0.04):
                    by_file = recall(pairs, similarity, favoured, weight, ks)
                    chosen_on, verified_on = by_file[judged].mean(0)
                    name = f"{blur:4} {shrinkage:6} {strokes:7} {weight:6}"
                    print(name, "|", _shares(chosen_on), "|", _shares(verified_on), file=out, flush=True)
                    results.append((chosen_on[1], name, by_file))
    _, name, by_file = max(results, key=lambda each: (each[0], each[1]))
    print(f"\nbest at 60 on the first half: {name}", file=out)
    for file, (first, second) in zip(files, by_file, strict=True):
        print(f"{file:32} | {_shares(first)} | {_shares(second)}", file=out)


def _shares(values: Floats) -> str:
    return " ".join(f"{value:.3f}" for value in values)


# ----------------------------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strokes", type=Path, required=True, help="pycorrector's stroke.txt, or its wheel")
    parser.add_argument("--unihan", type=Path, default=Path("/usr/share/unicode/Unihan_OtherMappings.txt.bz2"))
    parser.add_argument("--sources", type=Path, default=Path("../shared/lexicon-sources"), help="lists of place names")
    parser.add_argument("--corpus", type=Path, default=Path("../shared/corpus"), help="folder of *.txt.xz, for counts")
    parser.add_argument("--font", action="append", help="name, PATH or PATH:INDEX; repeat; default: those of FONTS")
    parser.add_argument("--script", choices=sorted(FONTS), default="simplified", help="which forms are compared")
    parser.add_argument("--check", action="store_true", help="compare with the committed table, write nothing")
    parser.add_argument("--measure", type=Path, metavar="FOLDER", help="try the grid on its *.tsv, write nothing")
    args = parser.parse_args()

    target = TABLES[args.script]
    counts = occurrences(args.corpus)
    named = {ch for path in place_names(args.sources) for ch in path.read_text(encoding="utf-8") if is_han(ch)}
    often = {ch for ch, n in counts.items() if n >= 2}
    characters = sorted(standard_characters(args.unihan) | named | often)
    fonts = [font(each) for each in args.font or FONTS[args.script]]
    forms, read_as = characters, np.arange(len(characters))
    if args.script == "traditional":
        forms, read_as = traditional_forms(characters)
    shapes = Shapes(forms, fonts, stroke_sequences(args.strokes))
    in_some = np.any([has for _, has in shapes.drawings], axis=0)
    missing = [ch for ch, has in zip(forms, in_some, strict=True) if not has]
    favoured = favour(characters, counts)
    if args.measure:
        measure(shapes, favoured, args.measure, sys.stdout)
        return 0

    settings = Settings()
    (shape,) = shapes.shape(settings.blur, settings.shrinkage)
    similarity = shapes.similarity(shape, settings.strokes)
    similarity[~in_some] = similarity[:, ~in_some] = 0  # an undrawn character is like none
    if args.script == "traditional":
        similarity = most_alike(similarity, read_as, len(characters))
    table = "printed\ttrue\tsimilarity\n" + "".join(rows(characters, similarity, favoured, settings))
    if args.check:
        old, new = target.read_text(encoding="utf-8").splitlines(), table.splitlines()
        differing = sorted({line[0] for line in set(old) ^ set(new)})
        print(f"{target.name}: {len(differing)} rows differ from those built now {''.join(differing[:40])}")
        return 1 if differing else 0
    target.write_text(table, encoding="utf-8", newline="\n")
    target.with_suffix(".provenance.json").write_text(provenance(args, fonts, table, missing), encoding="utf-8")
    print(f"{target}: {target.stat().st_size:,} bytes; in no font: {''.join(missing) or 'none'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
