"""Reads worn pages with an engine, lays what was printed beside what was set, and counts.

A part of tools/build_channel.py, which says what to install.
"""

from __future__ import annotations

import html
import json
import re
import struct
import subprocess
import tempfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import channel_pages as pages
import cv2
import numpy as np
import onnx
import onnxruntime  # type: ignore[import-untyped]
from channel_pages import symbols
from numpy.typing import NDArray

LANGUAGES = {"simplified": "chi_sim", "traditional": "chi_tra"}
"""What tesseract calls its model of a script."""
LEAST = 0.001  # an alternative less probable is not counted


class Printed(NamedTuple):
    """One symbol as the engine printed it: its place in ems from the start of the line, and its alternatives ("" for
    nothing) with their probabilities."""

    symbol: str
    place: float
    alternatives: dict[str, float]


class Reading(NamedTuple):
    """A line as it was read. gap: what the engine held possible at a place (in ems) where it printed nothing; slack: by
    how many ems the places may be wrong."""

    printed: list[Printed]
    gap: Callable[[float], dict[str, float]]
    slack: float


# ---------------------------------------------------------------- the engines


Misread = Mapping[str, Mapping[str, float]]  # true, printed, times


class Likeness(NamedTuple):
    """How probably an engine takes a symbol for each other, once it misreads it, by how it tells them apart: rows by
    `true`, columns by `printed`, each row summing to 1."""

    true: dict[str, int]
    printed: dict[str, int]
    shares: NDArray[np.float32]

    @classmethod
    def normal(cls, true: dict[str, int], printed: dict[str, int], shares: NDArray[np.float32]) -> Likeness:
        for symbol in true.keys() & printed.keys():
            shares[true[symbol], printed[symbol]] = 0
        return cls(true, printed, shares / shares.sum(1, keepdims=True))


class PPOCR:
    """PP-OCRv4's recogniser as rapidocr runs it: lines 48 pixels high, padded to 320 if shorter."""

    def __init__(self, wheel: Path, script: str = "simplified") -> None:
        with zipfile.ZipFile(wheel) as archive:
            self.model = archive.read("rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(self.model, options, providers=["CPUExecutionProvider"])
        listed = self.session.get_modelmeta().custom_metadata_map["character"].splitlines()
        # Blank first, white space last.
        self.classes = ["", *(symbols(ch, script).strip() for ch in listed), ""]
        self.native = [at for at, ch in enumerate(listed, start=1) if ch != self.classes[at]]
        self.version = {"rapidocr-onnxruntime": wheel.name, "onnxruntime": onnxruntime.__version__}

    def likeness(self, hard: Misread, sharp: float, look_alikes: Misread) -> Likeness:
        """By the angle between what the last layer looks for in either: a softmax of `sharp` times its cosine."""
        constants = (node for node in onnx.load_from_string(self.model).graph.node if node.op_type == "Constant")
        arrays = (onnx.numpy_helper.to_array(node.attribute[0].t) for node in constants)
        (weights,) = (array for array in arrays if array.shape[1:] == (len(self.classes),))
        place = {symbol: at for at, symbol in reversed(list(enumerate(self.classes))) if symbol}
        place |= {self.classes[at]: at for at in reversed(self.native) if pages.is_han(self.classes[at] or "0")}
        vectors = weights.T[list(place.values())]
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        at = {symbol: nth for nth, symbol in enumerate(place)}
        return Likeness.normal(at, at, np.exp(sharp * (vectors @ vectors.T - 1)))

    def read(self, page: pages.Page, rng: np.random.Generator) -> list[Reading | None]:
        found = list[Reading | None]()
        for line in page.lines:
            image, start, em = self._crop(page, line, rng)
            batch = np.zeros((1, 3, 48, max(320, image.shape[1])), np.float32)
            batch[0, :, :, : image.shape[1]] = image / 127.5 - 1
            found.append(self._decode(self.session.run(None, {"x": batch})[0][0], start, em))
        return found

    @staticmethod
    def _crop(page: pages.Page, line: pages.Line, rng: np.random.Generator) -> tuple[Any, float, float]:
        """The line as a detector cuts it out, 48 high; where it begins, and an em's width, in pixels of that."""
        px = page.wear.px
        left, top, right, bottom = line.box
        centre, half = (top + bottom) / 2 + rng.normal(0.02, 0.05) * px, rng.uniform(0.5, 0.66) * px
        left, right = left - rng.uniform(-0.05, 0.3) * px, right + rng.uniform(-0.1, 0.3) * px
        tilt = np.tan(np.radians(rng.normal(0, 0.25))) * (right - left) / 2
        corners = np.array([(left, centre - half - tilt), (right, centre - half + tilt), (left, centre + half - tilt)])
        source = corners @ page.turn[:, :2].T + page.turn[:, 2]
        size = (int(right - left), max(8, int(2 * half)))
        target = np.array([(0, 0), (size[0], 0), (0, size[1])], np.float32)
        shift = cv2.getAffineTransform(source.astype(np.float32), target)
        cut = cv2.warpAffine(page.image, shift, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        scale = 48 / size[1]
        return cv2.resize(cut, (int(np.ceil(size[0] * scale)), 48)), (line.box[0] - left) * scale, px * scale

    def _decode(self, softmax: NDArray[np.float32], start: float, em: float) -> Reading:
        best = softmax.argmax(1)
        changes = np.flatnonzero(np.diff(best, prepend=-1))
        printed = []
        for first, last in zip(changes.tolist(), [*changes[1:].tolist(), len(best)], strict=True):
            if self.classes[best[first]]:
                peak = first + int(softmax[first:last, best[first]].argmax())
                place = ((first + last - 1) / 2 * 8 + 4 - start) / em
                printed.append(Printed(self.classes[best[first]], place, self._alternatives(softmax[peak])))

        def gap(place: float) -> dict[str, float]:
            """At the step nearest to `place` at which anything but a blank is most probable."""
            at = int((place * em + start) / 8)
            near = softmax[max(0, at - 1) : at + 2]
            return self._alternatives(near[near[:, 0].argmin()]) if len(near) else {}

        return Reading(printed, gap, slack=0.3)

    def _alternatives(self, step: NDArray[np.float32]) -> dict[str, float]:
        found = defaultdict[str, float](float)
        for at in np.flatnonzero(step > LEAST).tolist():
            found[self.classes[at]] += float(step[at])
        return dict(found)


class Tesseract:
    """Tesseract's command line, its LSTM's choices for each symbol taken from hOCR."""

    LAG = 0.38  # ems: so far to the right of a character does its LSTM's box lie, in the mean
    SYMBOL = re.compile(
        r"<span class='ocr_line'[^>]*title=\"bbox (?P<line>[\d ]+);"
        r"|<span class='ocrx_cinfo' title='x_bboxes (?P<box>[-\d ]+); x_conf (?P<conf>[\d.]+)'>(?P<symbol>[^<]*)</span>"
        r"|<span class='ocrx_cinfo' id='choice_[^>]*title='x_confs (?P<p>[\d.e-]+)'>(?P<choice>[^<]*)</span>"
    )

    def __init__(self, wheel: Path, script: str = "simplified") -> None:
        self.script, self.language = script, LANGUAGES[script]
        said = subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True).stdout
        self.version = {"tesseract": said.split("\n")[0], "language": self.language}

    def read(self, page: pages.Page, rng: np.random.Generator) -> list[Reading | None]:
        command = ["tesseract", "-", "-", "-l", self.language, "--psm", "6", "-c", "lstm_choice_mode=2"]
        command += ["-c", "hocr_char_boxes=1", "-c", "tessedit_create_hocr=1"]
        image = cv2.imencode(".png", page.image)[1].tobytes()
        hocr = subprocess.run(command, input=image, capture_output=True, check=True).stdout.decode("utf8", "replace")
        return self._lines(hocr, page)

    def _lines(self, hocr: str, page: pages.Page) -> list[Reading | None]:
        back = np.asarray(cv2.invertAffineTransform(page.turn), np.float64)
        px = page.wear.px
        middles = np.array([(line.box[1] + line.box[3]) / 2 for line in page.lines])
        found: list[list[Printed]] = [[] for _ in page.lines]
        taken = [0] * len(page.lines)
        line = 0
        for match in self.SYMBOL.finditer(hocr):
            if match["line"]:
                line = int(np.abs(middles - self._middle(match["line"], back)[1]).argmin())
                taken[line] += 1
            elif match["box"]:
                place = (self._middle(match["box"], back)[0] - page.lines[line].box[0]) / px - self.LAG
                for ch in symbols(html.unescape(match["symbol"]), self.script).strip():
                    found[line].append(Printed(ch, place, {ch: float(match["conf"]) / 100}))
            elif found[line] and float(match["p"]) > 100 * LEAST:
                choice = symbols(html.unescape(match["choice"]), self.script).strip()
                if len(choice) == 1:
                    last = found[line][-1].alternatives
                    last[choice] = max(last.get(choice, 0.0), float(match["p"]) / 100)
        return [
            Reading(printed, lambda place: {}, slack=0.8) if times == 1 and len(printed) > len(each.text) / 2 else None
            for printed, times, each in zip(found, taken, page.lines, strict=True)
        ]

    def codes(self) -> dict[str, tuple[int, ...]]:
        """What the LSTM really prints: each Han character is two to five codes, as those of its recoder say."""
        said = subprocess.run(["tesseract", "--list-langs"], capture_output=True, text=True, check=True).stdout
        model = Path(said.split('"')[1]) / f"{self.language}.traineddata"
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["combine_tessdata", "-u", model, f"{folder}/model."], capture_output=True, check=True)
            data = Path(folder, "model.lstm-recoder").read_bytes()
            listed = Path(folder, "model.lstm-unicharset").read_text(encoding="utf8").split("\n")[1:]
        (count,), at, found = struct.unpack_from("<I", data), 4, {}
        for line in listed[:count]:
            _, length = struct.unpack_from("<bI", data, at)
            found[symbols(line.split(" ")[0], self.script)] = struct.unpack_from(f"<{length}i", data, at + 5)
            at += 5 + 4 * length
        return {symbol: codes for symbol, codes in found.items() if len(symbol) == 1 and pages.is_han(symbol)}

    def likeness(self, hard: Misread, sharp: float, look_alikes: Misread) -> Likeness:
        """By the codes: which is printed for which, learnt for each place of the code from all misreadings, and for a
        character from its own, those of all others weighing as much as `sharp` of them. What has no code is taken to
        have those of its look-alikes (fourth power of their similarity)."""
        codes = self.codes()
        known = {symbol: at for at, symbol in enumerate(codes)}
        size = 2 + max(max(each) for each in codes.values())
        table = np.array([[code + 1 for code in each] + [0] * (5 - len(each)) for each in codes.values()])
        true = {x: at for at, x in enumerate(sorted({*codes, *(x for x in hard if pages.is_han(x or "0"))}))}
        rows = [
            (true[x], known.get(x, -1), known[y], n)
            for x in true
            for y, n in hard.get(x, {}).items()
            if y in known and x != y
        ]
        x, as_known, y, times = (np.array(column) for column in zip(*rows, strict=True))
        home = np.zeros((len(true), len(known)), np.float32)
        for symbol, at in true.items():
            near = (
                {symbol: 1.0}
                if symbol in known
                else {z: n**4 for z, n in look_alikes.get(symbol, {}).items() if z in known}
            )
            for z, n in near.items():
                home[at, known[z]] = n / sum(near.values())
        homeless = 1 - home.sum(1, keepdims=True)
        shares = np.ones((len(true), len(known)), np.float32)
        for place in range(5):
            code = table[:, place]
            usual = np.bincount(code[y], times, size) + 0.1
            usual /= usual.sum()
            taken = np.zeros((size, size))
            np.add.at(taken, (code[as_known[as_known >= 0]], code[y[as_known >= 0]]), times[as_known >= 0])
            taken = (taken + 3 * usual) / (taken.sum(1, keepdims=True) + 3)
            own = np.zeros((len(true), size))
            np.add.at(own, (x, code[y]), times)
            before = home @ taken[code] + homeless * usual
            own = (own + sharp * before) / (own.sum(1, keepdims=True) + sharp)
            shares *= own[:, code].astype(np.float32)
        return Likeness.normal(true, known, shares)

    @staticmethod
    def _middle(box: str, back: NDArray[np.float64]) -> tuple[float, float]:
        """The middle of a bounding box on the page before it was turned."""
        left, top, right, bottom = map(int, box.split())
        x, y = back @ ((left + right) / 2, (top + bottom) / 2, 1)
        return float(x), float(y)


ENGINES: dict[str, type[PPOCR] | type[Tesseract]] = {"ppocr": PPOCR, "tesseract": Tesseract}


# ---------------------------------------------------------------- laying the print beside the text


def align(
    true: str, centres: list[float], printed: list[Printed], slack: float = 0.3
) -> list[tuple[int | None, int | None]]:
    """Which symbol was printed for which: indices into both, None where one side has nothing.

    The cheapest path: 1 for another symbol, 0.75 for one dropped or invented, and what lies more than `slack` apart
    costs more, so that it is known which of two was dropped.

    >>> align("木目", [0.5, 1.5], [Printed("目", 1.4, {})])
    [(0, None), (1, 0)]
    """
    rows, columns = len(true), len(printed)
    cost = [[0.75 * column for column in range(columns + 1)]]
    for row in range(rows):
        above, here = cost[-1], [0.75 * (row + 1)]
        for column, each in enumerate(printed):
            as_this = above[column] + _apart(true[row], centres[row], each, slack)
            here.append(min(as_this, above[column + 1] + 0.75, here[-1] + 0.75))
        cost.append(here)
    path: list[tuple[int | None, int | None]] = []
    row, column = rows, columns
    while row or column:
        if row and column:
            each = printed[column - 1]
            if cost[row][column] == cost[row - 1][column - 1] + _apart(true[row - 1], centres[row - 1], each, slack):
                row, column = row - 1, column - 1
                path.append((row, column))
                continue
        if row and cost[row][column] == cost[row - 1][column] + 0.75:
            row -= 1
            path.append((row, None))
        else:
            column -= 1
            path.append((None, column))
    return path[::-1]


def _apart(true: str, centre: float, each: Printed, slack: float) -> float:
    distance = abs(centre - each.place)
    return 0.2 * distance if true == each.symbol else 1 + max(0.0, distance - slack)


# ---------------------------------------------------------------- counting


Tally = defaultdict[str, defaultdict[str, float]]  # true, printed, how often


def tally() -> Tally:
    return defaultdict(lambda: defaultdict(float))


class Counts:
    """What was printed for what. By half (pages in turns): hard[half][true][printed] times printed, soft: the same by
    what the engine held possible; "" for nothing."""

    def __init__(self) -> None:
        self.hard: tuple[Tally, Tally] = (tally(), tally())
        self.soft: tuple[Tally, Tally] = (tally(), tally())

    def line(self, half: int, text: str, centres: list[float], reading: Reading) -> Counter[str]:
        """Counts a line in; returns how many Han characters it has, and errors of what sort."""
        seen = Counter[str]()
        keep = [at for at, ch in enumerate(text) if ch != " "]
        true, centres = "".join(text[at] for at in keep), [centres[at] for at in keep]
        printed = reading.printed
        hard, soft = self.hard[half], self.soft[half]
        path = align(true, centres, printed, reading.slack)
        for row, column in path:
            x = true[row] if row is not None else ""
            y = printed[column].symbol if column is not None else ""
            hard[x][y] += 1
            if column is not None:
                held = printed[column].alternatives if x else {y: 1.0}
            else:
                at = centres[row or 0]
                held = reading.gap(at)
                beside = {each.symbol for each in printed if abs(each.place - at) < 1.5}
                held = {ch: p for ch, p in held.items() if ch not in beside and ch}
                held[""] = max(0.0, 1.0 - sum(held.values()))
            whole = max(1.0, sum(held.values()))
            for ch, p in held.items():
                soft[x][ch] += p / whole
            han = pages.is_han(x)
            seen["han"] += han
            seen["sub"] += han and x != y != ""
            seen["drop"] += han and not y
            seen["invent"] += not x
            seen["mark"] += bool(x) and not han
            seen["mark wrong"] += bool(x) and not han and x != y
        hard[""][""] += len(true) - sum(1 for row, _ in path if row is None)
        return seen

    def failed(self, true: str) -> float:
        """The share of a symbol's readings that were wrong; 0 for what was not read."""
        rows = [half[true] for half in self.hard if true in half]
        read = sum(sum(row.values()) for row in rows)
        return 1 - sum(row.get(true, 0.0) for row in rows) / read if read else 0.0

    def round(self) -> None:
        """Rounds what is soft to four places, so that counts kept in a file and counts at hand give the same table."""
        for half in self.soft:
            for row in half.values():
                row.update({y: round(n, 4) for y, n in row.items()})

    def save(self, path: Path) -> None:
        facts = {"hard": self.hard, "soft": self.soft}
        path.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf8")

    @classmethod
    def load(cls, path: Path) -> Counts:
        facts, counts = json.loads(path.read_text(encoding="utf8")), cls()
        for name in ("hard", "soft"):
            for half, kept in zip(getattr(counts, name), facts[name], strict=True):
                for x, row in kept.items():
                    half[x].update(row)
        return counts
