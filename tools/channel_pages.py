"""Sets text in newspaper faces and wears it as printing and scanning do: pages whose every character is known.

A part of tools/build_channel.py, which says what to install. Whatever is random is drawn from the generator handed in.
"""

from __future__ import annotations

import csv
import lzma
import subprocess
import unicodedata
import zlib
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from ocrfix.resources import lexicons
from ocrfix.script import simplified
from ocrfix.text import code_points, fold
from ocrfix.usage import Variants, converted

Floats = NDArray[np.float32]
VARIANTS = Variants.open(lexicons())

EM = 48  # pixels of the em square while ink is worn; scanned down to 16 to 26 afterwards

# Name as fontconfig knows it (or file name of a Fandol font), and its share of the pages: body faces first.
FACES = {
    "simplified": (
        ("AR PL SungtiL GB", 0.24),
        ("FandolSong-Regular", 0.20),
        ("Noto Serif CJK SC", 0.17),
        ("AR PL UMing CN", 0.10),
        ("FandolFang-Regular", 0.09),
        ("FandolKai-Regular", 0.07),
        ("AR PL KaitiM GB", 0.06),
        ("Noto Serif CJK SC:bold", 0.03),
        ("Noto Sans CJK SC", 0.04),
    ),
    "traditional": (
        ("AR PL UMing TW", 0.26),
        ("AR PL Mingti2L Big5", 0.22),
        ("Noto Serif CJK TC", 0.24),
        ("Noto Serif CJK HK", 0.06),
        ("AR PL KaitiM Big5", 0.07),
        ("AR PL UKai TW", 0.07),
        ("Noto Serif CJK TC:bold", 0.04),
        ("Noto Sans CJK TC", 0.04),
    ),
}
# What sets what no other face has.
WIDEST = {"simplified": "Noto Serif CJK SC", "traditional": "Noto Serif CJK TC"}

# How often text is set in the usage of Taiwan, of Hong Kong, and in OpenCC's own.
USAGES = (("s2tw", 0.5), ("s2hk", 0.25), ("s2t", 0.25))

SOURCES = ("gov_reports", "news_broadcast_2012_2025", "news_wire", "party_documents")  # laws: far from the press


# ---------------------------------------------------------------- the text


def symbols(text: str, script: str = "simplified") -> str:
    """A text as the language model sees it, white space and all: one symbol a character, a space for white space.

    Traditional characters are read as Simplified ones, each by itself.

    >>> symbols("２０２１年　“好”"), symbols("臺灣", "traditional")
    ('0000年 "好"', '台湾')
    """
    if script == "traditional":
        text = "".join(map(_plain, text))
    return "".join(chr(code) if code else " " for code in fold(code_points(text)).tolist())


@cache
def _plain(ch: str) -> str:
    return simplified(ch, VARIANTS)


def in_traditional(texts: list[str], rng: np.random.Generator) -> list[str]:
    """Lines in Traditional characters, each in one of USAGES."""
    shares = [share for _, share in USAGES]
    return [converted(text, USAGES[int(rng.choice(len(USAGES), p=shares))][0]) for text in texts]


def is_han(ch: str) -> bool:
    return "\u3400" <= ch <= "\u9fff" or "\U00020000" <= ch <= "\U0003ffff" or ch == "〇"


def every_character(lexicons: Path) -> tuple[list[str], dict[str, list[str]]]:
    """The Han characters of GB 2312 and of the place names, and for each of the latter the names that it stands in."""
    found = {bytes((hi, lo)).decode("gb2312", "ignore") for hi in range(0xB0, 0xF8) for lo in range(0xA1, 0xFF)}
    names = defaultdict[str, list[str]](list)
    for table, column in (("gazetteer.tsv", "name"), ("forms.tsv", "form")):
        with (lexicons / table).open(encoding="utf8") as rows:
            for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
                for ch in filter(is_han, row[column]):
                    if len(row[column]) <= 4 and len(names[ch]) < 50:
                        names[ch].append(row[column])
    return sorted(found - {""} | set(names)), dict(names)


def cut_lines(corpus: Path, rng: np.random.Generator, share: float) -> list[str]:
    """Lines as a column breaks them, 8 to 18 characters each, from `share` of the corpus' paragraphs, shuffled."""
    lines = list[str]()
    for name in SOURCES:
        with lzma.open(corpus / f"{name}.txt.xz", "rt", encoding="utf8") as paragraphs:
            for paragraph in paragraphs:
                text = paragraph.strip()
                if zlib.crc32(text.encode()) < share * 2**32 and len(text) >= 20:
                    lines.extend(_columns(text, rng))
    return [lines[at] for at in rng.permutation(len(lines)).tolist()]


def frequency(corpus: Path) -> Counter[str]:
    """How often each symbol stands in a fiftieth of the lines."""
    return Counter(symbols("".join(cut_lines(corpus, np.random.default_rng(0), 0.02))))


def _columns(text: str, rng: np.random.Generator) -> Iterator[str]:
    at, measure = 0, int(rng.integers(11, 19))
    while at < min(len(text), 400):
        line = text[at : at + measure].strip()
        at += measure
        if len(line) >= 8 and all(map(_settable, line)) and sum(map(is_han, line)) >= 5:
            yield line


def _settable(ch: str) -> bool:
    try:
        return len(ch.encode("gb18030")) <= 2 and unicodedata.category(ch)[0] != "C" and ch not in "\u3000\xa0"
    except UnicodeEncodeError:
        return False


def running_text(lines: Iterable[str], wanted: int, quota: int) -> list[str]:
    """Lines that hold a character still seen fewer than `quota` times, so that middling characters get many samples."""
    seen, chosen = Counter[str](), []
    for line in lines:
        if min(seen[ch] for ch in line if is_han(ch)) < quota:
            chosen.append(line)
            seen.update(line)
            if len(chosen) >= wanted:
                break
    return chosen


def rare_among_common(
    lines: list[str], characters: list[str], names: dict[str, list[str]], rng: np.random.Generator
) -> list[str]:
    """Each character once, five in a line of real text; half of those of place names within a name."""
    tasks = [characters[at] for at in rng.permutation(len(characters)).tolist()]
    long = [line for line in lines if len(line) >= 14]
    long = [long[at] for at in rng.permutation(len(long)).tolist()]
    chosen = []
    for at in range(0, len(tasks), 5):
        line, start = list(long[at // 5 % len(long)]), 0
        for nth, ch in enumerate(tasks[at : at + 5], start=1):
            inside = names.get(ch)
            word = inside[int(rng.integers(len(inside)))] if inside and rng.random() < 0.5 else ch
            place = int(rng.integers(start, max(start + 1, len(line) * nth // 5 - len(word) + 1)))
            line[place : place + len(word)] = word
            start = place + len(word)
        chosen.append("".join(line))
    return chosen


def texts_to_set(
    corpus: Path, lexicons: Path, rounds: int, running: int, rng: np.random.Generator, script: str = "simplified"
) -> list[str]:
    """In each round every character of GB 2312 and of the place names once, and `running` lines of running text."""
    lines = cut_lines(corpus, rng, 0.1)
    characters, names = every_character(lexicons)
    natural = running_text(lines, rounds * running, quota=80)
    texts = []
    for at in range(rounds):
        both = natural[at * running : (at + 1) * running] + rare_among_common(lines, characters, names, rng)
        texts += [both[each] for each in rng.permutation(len(both)).tolist()]
    return texts if script == "simplified" else in_traditional(texts, rng)


def names_to_set(
    corpus: Path, names: dict[str, list[str]], rounds: int, rng: np.random.Generator, script: str = "simplified"
) -> list[str]:
    """In each round each of some characters once, half of the time within one of its names."""
    lines = cut_lines(corpus, rng, 0.1)
    texts = [text for _ in range(rounds) for text in rare_among_common(lines, sorted(names), names, rng)]
    return texts if script == "simplified" else in_traditional(texts, rng)


def plan(texts: list[str], faces: list[Face], size: int, rng: np.random.Generator) -> Iterator[tuple[Face, list[str]]]:
    """Pages of `size` lines, each in one face that has all its characters; what only WIDEST has is set in that."""
    listed = next(listed for listed in FACES.values() if [name for name, _ in listed] == [face.name for face in faces])
    shares = np.array([share for _, share in listed]) / sum(share for _, share in listed)
    widest = next(face for face in faces if face.name in WIDEST.values())
    waiting, left = deque(texts), list[str]()
    while waiting:
        face = faces[int(rng.choice(len(faces), p=shares))]
        taken: list[str] = []
        while waiting and len(taken) < size:
            text = waiting.popleft()
            (taken if face.has.issuperset(text) else left).append(text)
        yield face, taken
        while len(left) >= size or (left and not waiting):
            yield widest, [text for text in left[:size] if widest.has.issuperset(text)]
            del left[:size]


# ---------------------------------------------------------------- the type


@dataclass(eq=False)
class Face:
    """A typeface: which characters it has, and each as ink (1) on nothing (0) with its advance in pixels of EM."""

    name: str
    path: Path
    index: int
    _glyphs: dict[str, tuple[Floats, float]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        cmap: dict[int, str] = TTFont(self.path, fontNumber=max(self.index, 0), lazy=True).getBestCmap()
        self.has = frozenset(map(chr, cmap))
        self._font = ImageFont.truetype(str(self.path), EM, index=self.index, layout_engine=ImageFont.Layout.BASIC)

    def glyph(self, ch: str) -> tuple[Floats, float]:
        if ch not in self._glyphs:
            advance = self._font.getlength(ch)
            image = Image.new("L", (int(advance) + 13, EM + 16))
            ImageDraw.Draw(image).text((6, EM - 4), ch, fill=255, font=self._font, anchor="ls")
            self._glyphs[ch] = (np.asarray(image, dtype=np.float32) / np.float32(255), advance)
        return self._glyphs[ch]


def open_faces(folder: Path, script: str = "simplified") -> list[Face]:
    """The FACES of a script, by fontconfig or from `folder`; FileNotFoundError names one that is not installed."""
    faces = []
    for name, _ in FACES[script]:
        path, index = folder / f"{name}.otf", 0
        if not path.exists():
            command = ["fc-match", "-f", "%{file}\n%{index}\n%{family}", name]
            file, at, family = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
            if name.split(":")[0] not in family:
                raise FileNotFoundError(
                    f"{name}: neither known to fontconfig nor in {folder}; install it (see the head)"
                )
            path, index = Path(file), int(at)
        faces.append(Face(name, path, index))
    return faces


# ---------------------------------------------------------------- the wear


@dataclass(frozen=True)
class Wear:
    """How a page came to look. Lengths in ems unless said otherwise.

    px: pixels a character; spread: of ink beyond the stroke (below 0: strokes thin out); patchy, grain: how unevenly,
    by place and by fibre; ink, paper: grey values; mottle: of the paper, grey values; through: how black the back
    shows; blur: pixels; noise: grey values; specks: a character; angle: degrees; jpeg: quality.
    """

    severity: float
    px: float
    spread: float
    patchy: float
    grain: float
    ink: float
    paper: float
    mottle: float
    through: float
    blur: float
    noise: float
    specks: float
    angle: float
    jpeg: int


def draw_wear(rng: np.random.Generator, pixels: tuple[float, float], jpeg: tuple[float, float], harsh: float) -> Wear:
    """A page's wear. Severity runs from 0 to 1, light more often than heavy; `harsh` scales what it does; `pixels` and
    `jpeg` run from light to heavy."""
    s = float(rng.random() ** 1.4)

    def between(light: float, heavy: float, give: float = 0.25) -> float:
        return float(light + (heavy - light) * np.clip(s + rng.normal(0, give), 0, 1.15))

    bad = harsh
    return Wear(
        severity=s,
        px=between(*pixels),
        spread=float(rng.normal(0.01 - 0.06 * bad * s, 0.02 + 0.02 * s)),
        patchy=between(0.01, 0.05 * bad),
        grain=between(0.02, 0.08 * bad),
        ink=between(50, 105),
        paper=float(rng.uniform(175, 215)),
        mottle=between(2, 6),
        through=between(0.0, 0.10 * bad),
        blur=between(0.35, 0.75 * bad),
        noise=between(3, 9 * bad),
        specks=between(0.01, 0.12 * bad),
        angle=float(np.clip(rng.normal(0, 0.4), -1, 1)),
        jpeg=int(between(*jpeg)),
    )


@dataclass(frozen=True)
class Line:
    """A line as it was set. centres: of its characters, from the left end, and box: left, top, right, bottom of the
    ink's em boxes before the page was turned; pixels."""

    text: str
    centres: NDArray[np.float64]
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Page:
    """A worn column. turn: the affine map (2 x 3) from the boxes of its lines to the image."""

    image: NDArray[np.uint8]
    lines: list[Line]
    turn: NDArray[np.float64]
    wear: Wear
    face: str


def set_page(
    texts: list[str],
    face: Face,
    wear: Wear,
    rng: np.random.Generator,
    apart: tuple[float, float] | None = None,
) -> Page:
    """The texts as lines of one column, printed, worn and scanned.

    apart: ems from line to line, and between characters of a line; drawn where it is not given.
    """
    pitch, track = apart or (rng.uniform(1.28, 1.6), max(0.0, rng.normal(0.02, 0.03)))
    pitch, track = EM * pitch, EM * track
    margin = EM
    advances = [[face.glyph(ch)[1] + track for ch in text] for text in texts]
    size = (int(2 * margin + len(texts) * pitch), int(2 * margin + max(map(sum, advances))) + 16)
    ink = np.zeros(size, np.float32)
    scale = wear.px / EM
    lines = []
    for at, (text, advance) in enumerate(zip(texts, advances, strict=True)):
        top, left = margin + at * pitch, np.concatenate(([0.0], np.cumsum(advance))) + margin
        for ch, x in zip(text, left.tolist(), strict=False):
            mask = face.glyph(ch)[0]
            y, x = round(top) - 2, round(x) - 6
            into = ink[y : y + mask.shape[0], x : x + mask.shape[1]]
            np.maximum(into, mask, out=into)
        centres = (left[:-1] + left[1:] - track) / 2 - margin
        box = (left[0], top, left[-1] - track, top + EM)
        lines.append(Line(text, centres * scale, tuple(float(v * scale) for v in box)))  # type: ignore[arg-type]
    image, turn = _scan(_print(ink, wear, rng), wear, rng)
    return Page(image, lines, turn, wear, face.name)


def _clouds(size: tuple[int, ...], coarse: float, rng: np.random.Generator) -> Floats:
    """Smooth noise of unit variance whose spots are about `coarse` pixels wide."""
    small = rng.standard_normal((int(size[0] / coarse) + 3, int(size[1] / coarse) + 3), dtype=np.float32)
    grown: Any = cv2.resize(small, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(grown * 1.3, np.float32)


def _print(ink: Floats, wear: Wear, rng: np.random.Generator) -> Floats:
    """Ink on newsprint: a blurred stroke cut at a level that wanders, so that strokes swell, thin out and break."""
    field: Any = cv2.GaussianBlur(ink, (0, 0), 0.035 * EM)
    level = 0.34 - wear.spread + wear.patchy * _clouds(ink.shape, 3 * EM, rng)
    level = level + wear.grain * _clouds(ink.shape, 0.09 * EM, rng)
    printed: Any = cv2.resize(
        np.clip((field - level) / 0.25 + 0.5, 0, 1),
        None,
        fx=wear.px / EM,
        fy=wear.px / EM,
        interpolation=cv2.INTER_AREA,
    )
    return np.asarray(printed, np.float32)


def _scan(ink: Floats, wear: Wear, rng: np.random.Generator) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    height, width = ink.shape
    behind: Any = cv2.GaussianBlur(ink[:, ::-1], (0, 0), 0.1 * wear.px)
    behind = np.roll(behind, (int(rng.integers(height)), int(rng.integers(-3, 3) * wear.px)), (0, 1))
    paper = wear.paper + wear.mottle * (_clouds(ink.shape, 6 * wear.px, rng) + 0.5 * _clouds(ink.shape, wear.px, rng))
    paper = paper * (1 - wear.through * behind)
    grey: Any = paper * (1 - ink) + ink * np.minimum(paper, wear.ink + 6 * _clouds(ink.shape, 2 * wear.px, rng))

    turn: Any = cv2.getRotationMatrix2D((width / 2, height / 2), wear.angle, 1.0)
    back: Any = cv2.invertAffineTransform(turn)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    wobble = 0.03 * wear.px  # paper is never flat
    from_x = back[0, 0] * x + back[0, 1] * y + back[0, 2] + wobble * _clouds(ink.shape, 5 * wear.px, rng)
    from_y = back[1, 0] * x + back[1, 1] * y + back[1, 2] + wobble * _clouds(ink.shape, 5 * wear.px, rng)
    grey = cv2.remap(
        grey.astype(np.float32),
        from_x.astype(np.float32),
        from_y.astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    for _ in range(int(rng.poisson(wear.specks * height * width / wear.px**2 / 1.5))):
        spot = (int(rng.integers(width)), int(rng.integers(height)))
        cv2.circle(grey, spot, 0 if rng.random() < 0.6 else 1, float(rng.choice((70.0, 90.0, 120.0, 215.0))), -1)
    grey = cv2.GaussianBlur(grey, (0, 0), max(wear.blur, 0.2))
    noise: Any = cv2.GaussianBlur(rng.standard_normal(ink.shape, dtype=np.float32), (0, 0), 0.5)
    grey = np.clip(grey + wear.noise * 1.6 * noise, 0, 255).astype(np.uint8)
    squeezed: Any = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, wear.jpeg])[1]
    return np.asarray(cv2.imdecode(squeezed, cv2.IMREAD_GRAYSCALE)), np.asarray(turn, np.float64)
