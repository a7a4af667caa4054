#!/usr/bin/env python3
"""The pictures of the README, from the latest dated records in results/.

    python benchmarks/plots.py                     docs/figures/harm-gain.png, reliability.png, cer.png, names.png,
                                                   speed.png
    python benchmarks/plots.py --results DIR --out DIR

Needs matplotlib besides what the library needs (`pip install matplotlib`), and the records that `accuracy.py`,
`names.py`, `speed.py` and `peers.py --clean ... --pairs ...` leave. Every point is a figure of a record; nothing is
measured here.

  harm-gain     share of correct paragraphs altered, against Han gain on medium scans: ocrfix along `accept`, and peers
  reliability   how often corrections of a score came true: all pairs, made and suggested, one point a bin
  cer           character error rate before and after, by file: Han characters, and all
  names         of misread names, how many are restored, by file; and the time of a text against how many are known
  speed         where the time goes; time and memory against the length of a text; throughput against processes
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
import run
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedLocator, FuncFormatter, MultipleLocator, NullLocator
from matplotlib.transforms import Bbox
from PIL import Image

Record = dict[str, Any]
FIGURES = run.HERE.parent / "docs" / "figures"
# Of Okabe & Ito's colours, told apart by those who see fewer.
BLUE, ORANGE, GREY, INK, FAINT = "#0072B2", "#D55E00", "#8A8A8A", "#222222", "#DDDDDD"
MEDIUM = ("rapidocr_medium", "tesseract_medium")
NONE_AT = 0.003
"""Where no harm at all stands on the logarithmic axis, in per cent."""
LOWEST = -0.15
"""The gain at which the picture ends; what is lower stands at its edge, with its figure."""
FEW = 10
"""Corrections in a bin, below which it tells little."""
PER_CENT = FuncFormatter(lambda share, _: f"{100 * share:,.0f} %".replace("-", "−"))
STYLE = {
    **{"font.family": "DejaVu Sans", "font.size": 10, "text.color": INK, "axes.labelcolor": INK},
    **{"axes.edgecolor": GREY, "axes.linewidth": 0.8, "xtick.color": INK, "ytick.color": INK},
    **{"axes.spines.top": False, "axes.spines.right": False, "savefig.dpi": 150, "figure.dpi": 150},
}


def latest(results: Path, name: str) -> Record:
    """The newest record of a kind. Raises SystemExit where there is none."""
    found = sorted(results.glob(f"????-??-??-{name}.json"))
    if not found:
        raise SystemExit(f"{results}: expected a DATE-{name}.json, found none; {name}.py makes it")
    record: Record = json.loads(found[-1].read_text(encoding="utf-8"))
    return record


# ---------------------------------------------------------------------------------------------------------------------
# Harm against gain.


def harm_gain(accuracy: Record, peers: Record) -> Figure:
    """ocrfix at a ladder of thresholds, and its peers as they come."""
    figure = Figure(figsize=(7.2, 4.0), layout="constrained")
    axes = figure.subplots()
    lines = [one for one in accuracy["clean"] if not one["whole"]]
    read = {one["file"]: one for one in accuracy["pairs"] if one["engine"] == "generic"}
    systems = [(label(name), s) for name, s in peers["systems"].items() if not name.startswith("ocrfix")]
    spots = [(harm_of(system), gain_of(system), name) for name, system in systems]
    far = [spot for spot in spots if spot[1] < LOWEST]
    spots = [spot for spot in spots if spot[1] >= LOWEST]
    for x, y, _ in spots:
        axes.plot(x, y, "D", color=INK, markersize=5.5, clip_on=False, zorder=3)
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set_xlim(NONE_AT, 110)
    axes.xaxis.set_major_locator(FixedLocator([NONE_AT, 0.01, 0.1, 1, 10, 100]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: "none" if x <= NONE_AT else f"{x:g} %"))
    axes.yaxis.set_major_formatter(PER_CENT)
    of, of_peers = sum(one["texts"] for one in lines), sum(one["paragraphs"] for one in systems[0][1]["clean"])
    axes.set_xlabel(f"harm: correct paragraphs altered, of {of:,} (peers: of {of_peers:,}); logarithmic")
    axes.set_ylabel("gain: errors in Han characters\nmended on medium scans, net")
    for name, colour in zip(MEDIUM, (BLUE, ORANGE), strict=True):
        curve(axes, lines, read[name], colour, accuracy["settings"]["accept"])
    axes.set_ylim(LOWEST, axes.get_ylim()[1] + 0.03)
    name_far(axes, far)
    name_spots(figure, axes, spots)
    return figure


def curve(axes: Axes, clean: Sequence[Record], read: Record, colour: str, default: float) -> None:
    """One engine's scans, from the lowest threshold to the highest."""
    points = []
    for k, rung in enumerate(read["ladder"]):
        altered, paragraphs = (sum(one["ladder"][k][what] for one in clean) for what in ("altered", "texts"))
        points.append((max(100 * altered / paragraphs, NONE_AT), rung["han_gain"], rung["accept"]))
    xs, ys, accepts = zip(*points, strict=True)
    axes.plot(xs, ys, "-", color=colour, linewidth=1.6, zorder=2)
    axes.plot(xs, ys, "o", color="white", markeredgecolor=colour, markersize=5, zorder=3, clip_on=False)
    for x, y, accept in points:
        if accept == default:
            axes.plot(x, y, "o", color=colour, markersize=8, zorder=4, clip_on=False)
            note(axes, f"accept {accept}", (x, y), (4, -7), color=colour, weight="bold", va="top")
        elif accept in (accepts[0], accepts[-1]):
            note(axes, f"{accept}", (x, y), (0, -8), color=colour, ha="center", va="top")
    engine = "PP-OCRv4" if read["reader"] == "rapidocr" else read["reader"]
    note(axes, f"ocrfix on {engine}", (xs[0], ys[0]), (10, 0), color=colour, weight="bold", size=10, va="center")


def note(
    axes: Axes, text: str, at: tuple[float, float], away: tuple[float, float], size: float = 8, **looks: Any
) -> Text:
    """Some words beside a point; away: in printer's points."""
    return axes.annotate(text, at, away, textcoords="offset points", fontsize=size, **looks)


def harm_of(system: Record) -> float:
    """Of all correct paragraphs, per cent altered; no less than where none stands."""
    altered, paragraphs = (sum(one[what] for one in system["clean"]) for what in ("altered", "paragraphs"))
    return max(100 * altered / paragraphs, NONE_AT)


def gain_of(system: Record) -> float:
    """Han gain on medium scans of all engines together."""
    pairs = [one for one in system["pairs"] if one["file"].removesuffix(".tsv") in MEDIUM]
    before, after = (sum(one[f"han_{when}"] for one in pairs) for when in ("before", "after"))
    return float((before - after) / before)


def label(name: str) -> str:
    return {
        "pycorrector, own list": "pycorrector",
        "pycorrector, counties": "pycorrector, county names",
        "pycorrector, counties, short forms too": "pycorrector, short names too",
    }.get(name, name)


Spot = tuple[float, float, str]
"""Harm, gain, and what to call it."""
SIDES = (((0, 8), "center", "bottom"), ((0, -8), "center", "top"), ((-8, 0), "right", "center"))
"""Where the name of a point may stand: above it, below, left."""


def name_spots(figure: Figure, axes: Axes, spots: Sequence[Spot]) -> None:
    """A name beside each point, on the first side where it covers no other name and no point."""
    figure.draw_without_rendering()
    held = [text.get_window_extent() for text in axes.texts]
    held += [
        Bbox.from_extents(x - 8, y - 8, x + 8, y + 8) for x, y in map(axes.transData.transform, [s[:2] for s in spots])
    ]
    for x, y, name in sorted(spots):
        for away, ha, va in SIDES:
            text = note(axes, name, (x, y), away, size=9, ha=ha, va=va)
            text.set_in_layout(False)
            box = text.get_window_extent()
            if box.x1 <= figure.bbox.x1 and not any(box.overlaps(other) for other in held):
                break
            text.remove()
        else:
            raise ValueError(f"no room to name {name}; expected some in SIDES")
        held.append(box)


def name_far(axes: Axes, far: Sequence[Spot]) -> None:
    """What lies below the picture stands at its edge, with its figure, each on a line of its own."""
    lead = {"arrowstyle": "-", "color": GREY, "linewidth": 0.7, "shrinkA": 1, "shrinkB": 4, "relpos": (1, 0.5)}
    for k, (x, y, name) in enumerate(sorted(far)):
        axes.plot(x, LOWEST, "v", color=INK, markersize=5.5, clip_on=False, zorder=3)
        said, away = f"{name}: {PER_CENT(y)}", (-24, 10 + 14 * k)
        text = note(axes, said, (x, LOWEST), away, size=9, ha="right", va="center", arrowprops=lead)
        text.set_in_layout(False)


# ---------------------------------------------------------------------------------------------------------------------
# Reliability.


def reliability(accuracy: Record) -> Figure:
    """What scores promised and what came true, with 95 % intervals (Wilson 1927) and the number in each bin."""
    one = next(g for g in accuracy["groups"] if g["file"] == "all pairs" and g["engine"] == "generic")
    figure = Figure(figsize=(5.4, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    for what, colour in (("made", BLUE), ("suggested", ORANGE)):
        for part in (b[what] for b in one["reliability"] if b[what]["count"]):
            score, count = part["mean_score"], part["count"]
            low, high = wilson(part["right"], count)
            looks = {"color": colour, "alpha": 0.35 if count < FEW else 1.0}
            axes.plot([score, score], [low, high], linewidth=1.4, zorder=1, **looks)
            axes.plot(score, part["right"] / count, "o", markersize=6, zorder=2, clip_on=False, **looks)
            end, away, va = (high, 3, "bottom") if what == "made" else (low, -3, "top")
            note(axes, f"{count:,}", (score, end), (0, away), ha="center", va=va, **looks)
    legend = (
        ("made", BLUE, 10, "bold"),
        ("suggested", ORANGE, 10, "bold"),
        ("with the number of them in each tenth;", INK, 8, "normal"),
        (f"pale: fewer than {FEW}", INK, 8, "normal"),
        (f"expected calibration error {one['ece']:.3f}", INK, 8, "normal"),
    )
    for k, (text, colour, size, weight) in enumerate(reversed(legend)):
        axes.text(
            1, 0.03 + 0.055 * k, text, color=colour, size=size, weight=weight, ha="right", transform=axes.transAxes
        )
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PER_CENT)
        axis.set_major_locator(MultipleLocator(0.2))
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.06, 1.06)
    axes.set_xlabel("score: the probability that a correction is right")
    axes.set_ylabel("share that came true")
    return figure


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """The score interval of a share.

    >>> [round(end, 3) for end in wilson(9, 10)]
    [0.596, 0.982]
    """
    middle = (right + z * z / 2) / (total + z * z)
    reach = z / (total + z * z) * (right * (total - right) / total + z * z / 4) ** 0.5
    return middle - reach, middle + reach


# ---------------------------------------------------------------------------------------------------------------------
# Character error rates.


def error_rates(accuracy: Record) -> Figure:
    """Before and after, a line for each file; Han characters and all characters side by side, on one scale."""
    rows = list(named(accuracy))
    figure = Figure(figsize=(8.0, 0.235 * len(rows) + 0.7), layout="constrained")
    figure.get_layout_engine().set(wspace=0.04)
    panels = figure.subplots(1, 2, sharex=True, sharey=True)
    for axes, layer, title in zip(panels, ("han", "text"), ("Han characters", "all characters"), strict=True):
        for k, (_, one) in enumerate(rows):
            if one:
                dumbbell(axes, k, one[f"{layer}_cer_before"], one[f"{layer}_cer_after"])
        axes.set_xlabel(f"character error rate, {title}")
        axes.xaxis.set_major_formatter(PER_CENT)
        axes.xaxis.set_major_locator(MultipleLocator(0.02))
        axes.grid(axis="x", color=FAINT, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    worst = max(one["text_cer_before"] for _, one in rows if one)
    panels[0].set_xlim(0, 1.12 * worst)
    panels[0].set_yticks(range(len(rows)), [name for name, _ in rows])
    panels[0].set_ylim(len(rows) - 0.4, -0.6)
    for tick, (_, one) in zip(panels[0].get_yticklabels(), rows, strict=True):
        if not one:
            tick.set_fontweight("bold")
    first = next(k for k, (_, one) in enumerate(rows) if one and one["severity"] == "heavy")
    for text, when, ha, away, colour in (("before", "before", "left", 4, GREY), ("after", "after", "right", -4, BLUE)):
        at = (rows[first][1][f"text_cer_{when}"], first)
        note(panels[1], text, at, (away, 6), ha=ha, va="bottom", color=colour)
    return figure


def dumbbell(axes: Axes, row: int, before: float, after: float) -> None:
    """The way from one rate to another, and by how much it changed."""
    colour = BLUE if after <= before else ORANGE
    axes.plot([before, after], [row, row], color=colour, linewidth=1.8, zorder=1, solid_capstyle="butt")
    axes.plot(before, row, "o", color="white", markeredgecolor=GREY, markersize=5, zorder=2)
    axes.plot(after, row, "o", color=colour, markersize=5, zorder=3)
    change = (after - before) / before if before else 0.0
    said = f"{change:+.0%}".replace("-", "−").replace("%", " %") if round(100 * change) else "0 %"
    note(axes, said, (max(before, after), row), (6, 0), size=7.5, va="center", color=colour)


READERS = {"rapidocr": "PP-OCRv4", "tesseract": "tesseract", "rapidocr_v6": "PP-OCRv6"}


def named(accuracy: Record) -> Iterator[tuple[str, Record]]:
    """Files by what they are, in English, under the engine that read them; a heading has no figures."""
    read = [one for one in accuracy["pairs"] if one["engine"] == "generic"]
    whole = [one for one in accuracy["documents"] if one["engine"] == "generic"]
    cities = sorted({one["file"].partition(".")[0] for one in whole})
    for reader, title in READERS.items():
        found = []
        for one in (o for o in (*read, *whole) if o["reader"] == reader):
            wear = ("light", "medium", "heavy").index(one["severity"])
            if one["file"].startswith("rare_names"):
                found.append((3, wear, f"lines of rare names, {one['severity']} wear", one))
            elif one["file"].startswith("cities"):
                found.append((1, 0, "city reports, a paragraph each", one))
            elif one in whole:
                number = cities.index(one["file"].partition(".")[0]) + 1
                found.append((2, number, f"city report {number}, whole", one))
            else:
                found.append((0, wear, f"news, {one['severity']} wear", one))
        if found:
            yield title, {}
        yield from ((name, one) for _, _, name, one in sorted(found, key=lambda row: row[:3]))


# ---------------------------------------------------------------------------------------------------------------------
# Names.

NAMED = {"rare_names": "lines of rare names", "rare_counties": "lines of rare counties", "cities": "city reports"}


def restored(names: Record) -> Figure:
    """Of misread names the share that is restored, with 95 % intervals (Wilson 1927); time against names known."""
    figure = Figure(figsize=(8.0, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2))
    rows = list(misread(names))
    for k, (_, back, of) in enumerate(rows):
        if of:
            low, high = wilson(back, of)
            left.plot([low, high], [k, k], color=BLUE, linewidth=1.4)
            left.plot(back / of, k, "o", color=BLUE, markersize=6, clip_on=False)
            note(left, f"{back} of {of}", (1, k), (6, 0), va="center", color=INK)
    left.set_yticks(range(len(rows)), [title for title, _, _ in rows])
    for tick, (_, _, of) in zip(left.get_yticklabels(), rows, strict=True):
        if not of:
            tick.set_fontweight("bold")
    left.set_ylim(len(rows) - 0.4, -0.6)
    left.set_xlim(0, 1)
    left.tick_params(axis="y", length=0)
    left.xaxis.set_major_formatter(PER_CENT)
    left.set_xlabel("misread names restored")
    known, times = zip(*((one["names"], one["ratio"]) for one in names["speed"]), strict=True)
    right.plot(known, times, "o-", color=BLUE, markersize=6, linewidth=1.4, clip_on=False)
    right.set_ylim(0, 1.1 * max(times))
    right.set_xlim(0, None)
    right.xaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,.0f}"))
    right.set_xlabel("names known")
    right.set_ylabel("time of a text, against 1,000 names")
    return figure


def misread(names: Record) -> Iterator[tuple[str, int, int]]:
    """By engine, which lines, how many of their misread names are restored, and how many there are; a heading has 0."""
    for reader, title in READERS.items():
        yield title, 0, 0
        for start, what in NAMED.items():
            for one in names["files"]:
                if one["reader"] == reader and one["file"].startswith(start):
                    wear = one["file"].rpartition("_")[2]
                    yield f"{what}, {wear} wear", one.get("misread and there", 0), one.get("misread", 0)


# ---------------------------------------------------------------------------------------------------------------------
# Speed.

COLOURS = ("#0072B2", "#56B4E9", "#009E73", "#F0E442", "#E69F00", "#D55E00", "#CC79A7", "#444444", "#BBBBBB")
"""Of the stages that take the most, and of all others together."""


def speed(record: Record) -> Figure:
    """Where the time of a character goes, and what a text and more processes come to."""
    figure = Figure(figsize=(8.0, 5.2), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=(2, 3))
    stages(above.subplots(), record["stages"])
    seconds, memory, processes = below.subplots(1, 3)
    length = [one["bytes"] for one in record["growth"]]
    for axes, what, title in ((seconds, "seconds", "seconds"), (memory, "peak_mb", "most memory, MB")):
        axes.plot(length, [one[what] for one in record["growth"]], "o-", color=BLUE, linewidth=1.4, markersize=5)
        axes.set_xscale("log")
        axes.set_xlabel("bytes of text")
        axes.set_title(title, fontsize=10)
    seconds.set_yscale("log")
    memory.set_ylim(0, None)
    many, rate = zip(*((p["processes"], p["characters_per_second"]) for p in record["processes"]), strict=True)
    processes.plot(many, [r / rate[0] for r in rate], "o-", color=BLUE, linewidth=1.4, markersize=5, clip_on=False)
    processes.set_xlim(0, max(many) + 0.2)
    processes.set_ylim(0, None)
    processes.xaxis.set_major_locator(MultipleLocator(1))
    processes.set_xlabel(f"processes, on {record['machine']['cores']} cores")
    processes.set_title("throughput, against one", fontsize=10)
    return figure


def stages(axes: Axes, ways: Record) -> None:
    """Microseconds a character of each way of giving texts, by stage."""
    micro = {way: {k: 1e6 * t / one["characters"] for k, t in one["seconds"].items()} for way, one in ways.items()}
    every = list(next(iter(micro.values())))
    most = sorted(every, key=lambda k: max(m[k] / sum(m.values()) for m in micro.values()))[1 - len(COLOURS) :]
    large = [k for k in every if k in most]
    for row, each in enumerate(micro.values()):
        shown = {k: each[k] for k in large} | {"all else": sum(v for k, v in each.items() if k not in large)}
        begin = 0.0
        for (stage, width), colour in zip(shown.items(), COLOURS, strict=True):
            axes.barh(row, width, left=begin, color=colour, height=0.6, label=stage if not row else None)
            begin += width
        note(axes, f"{begin:.0f}", (begin, row), (4, 0), va="center", color=INK)
    axes.set_yticks(range(len(micro)), list(micro))
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel("microseconds a character")
    axes.legend(ncols=4, fontsize=8, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def write(figure: Figure, file: Path) -> None:
    """A picture of few colours: a third of the size, and nobody sees it."""
    figure.savefig(whole := BytesIO(), format="png")
    Image.open(whole).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(file, optimize=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=run.RESULTS, metavar="DIR", help="where the records lie")
    parser.add_argument("--out", type=Path, default=FIGURES, metavar="DIR", help="where the pictures go")
    args = parser.parse_args(arguments)
    kinds = ("accuracy", "peers", "names", "speed")
    accuracy, peers, names, timed = (latest(args.results, name) for name in kinds)
    args.out.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context(STYLE):
        pictures = {
            "harm-gain": harm_gain(accuracy, peers),
            "reliability": reliability(accuracy),
            "cer": error_rates(accuracy),
            "names": restored(names),
            "speed": speed(timed),
        }
        for name, figure in pictures.items():
            file = args.out / f"{name}.png"
            write(figure, file)
            print(f"written: {file} ({file.stat().st_size / 1024:.0f} kB)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
