"""The record of accuracy.py as Markdown, harm first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from devdata import PROFILES

Record = dict[str, Any]


def report(figures: Record) -> str:
    """All tables, with their headings."""
    read = beside([*figures["pairs"], *figures["documents"], *figures["typed"]])
    rungs = [one for one in (*figures["pairs"], *figures["documents"]) if "ladder" in one]
    parts = [
        ("Harm: correct text", harm(figures["clean"])),
        ("Harm: wrong edits on noisy text", precision(read)),
        ("Character error rates", error_rates(read)),
        ("Recall and F0.5 (errors recalled, not edits)", recall(read)),
        ("By engine and wear", together(beside(figures["groups"]))),
        ("By kind of correction: right, wrong", kinds(figures)),
        ("Scores that come true: all pairs, made and suggested", reliability(figures["groups"][0])),
        ("Thresholds: correct text, paragraphs altered; edits per 10,000 characters", clean_ladder(figures["clean"])),
        ("Thresholds: Han gain, precision and the number of edits", ladder(rungs)),
        ("The sample page", page(figures["page"])),
    ]
    version, machine = figures["versions"]["ocrfix"], figures["machine"]["cpu"]
    head = f"ocrfix {version}, {figures['date']}, {figures['seconds']} s on {machine}"
    said = "Settings as they come; *own*: with the profile of the engine that read the page, or typed for typed text."
    return "\n\n".join([f"{head}. {said}", *(f"### {title}\n\n{body}" for title, body in parts)])


def beside(records: Iterable[Record]) -> list[tuple[Record, Record | None]]:
    """Each file's figures with the generic settings, and with its own where there are such."""
    found: dict[str, list[Record | None]] = {}
    for one in records:
        found.setdefault(one["file"], [None, None])[one["engine"] != "generic"] = one
    return [(generic, own) for generic, own in found.values() if generic]


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are figures."""
    lines = [f"| {' | '.join(head)} |", "| --- |" + " --: |" * (len(head) - 1)]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def cell(one: Record, name: str, form: str = ".3f") -> str:
    """A figure with its interval."""
    value, ends = one[name], one["intervals"][name]
    if value is None:
        return "–"
    return format(value, form) + (f" [{format(ends[0], form)}, {format(ends[1], form)}]" if ends else "")


def bare(one: Record | None, name: str, form: str = ".3f") -> str:
    """A figure without its interval, for what stands beside; empty where there is none."""
    return "" if one is None else "–" if one[name] is None else format(one[name], form)


def rate(one: Record, layer: str) -> str:
    return f"{one[f'{layer}_cer_before']:.2%} → {one[f'{layer}_cer_after']:.2%}"


def harm(clean: Sequence[Record]) -> str:
    rows = [
        [
            one["file"],
            f"{one['paragraphs']:,} as one" if one["whole"] else f"{one['paragraphs']:,} one by one",
            "" if one["whole"] else f"{one['altered']}: {cell(one, 'altered_share', '.2%')}",
            cell(one, "edits_per_10k", ".2f"),
            cell(one, "form_per_10k", ".2f"),
        ]
        for one in clean
    ]
    return markdown(["", "paragraphs", "altered", "edits per 10,000 characters", "of form"], rows)


Beside = Sequence[tuple[Record, Record | None]]


def precision(read: Beside) -> str:
    rows = [
        [
            *(one["file"], str(one["edits"]), cell(one, "precision"), bare(own, "precision")),
            *(cell(one, "harm_per_10k", ".2f"), bare(own, "harm_per_10k", ".2f")),
        ]
        for one, own in read
    ]
    return markdown(["", "edits", "precision", "own", "wrong edits per 10,000 characters", "own"], rows)


def error_rates(read: Beside) -> str:
    rows = [
        [
            *(one["file"], rate(one, "han"), cell(one, "han_gain", ".2f"), bare(own, "han_gain", ".2f")),
            *(rate(one, "text"), cell(one, "text_gain", ".2f"), bare(own, "text_gain", ".2f")),
            f"{one['characters_per_second']:,}",
        ]
        for one, own in read
    ]
    return markdown(["", "Han CER", "Han gain", "own", "text CER", "text gain", "own", "characters a second"], rows)


def recall(read: Beside) -> str:
    wanted = ("han_recall", "han_f05", "text_recall", "text_f05")
    rows = [
        [one["file"], *(text for name in wanted for text in (cell(one, name, ".2f"), bare(own, name, ".2f")))]
        for one, own in read
    ]
    return markdown(["", "Han recall", "own", "Han F0.5", "own", "text recall", "own", "text F0.5", "own"], rows)


def together(groups: Beside) -> str:
    wanted = {"precision": ".3f", "harm_per_10k": ".2f", "han_gain": ".2f", "text_gain": ".2f", "ece": ".3f"}
    rows = [
        [
            one["file"],
            *(text for name, form in wanted.items() for text in (cell(one, name, form), bare(own, name, form))),
        ]
        for one, own in groups
    ]
    titles = ("precision", "wrong edits per 10,000 characters", "Han gain", "text gain", "ECE")
    return markdown(["", *(text for title in titles for text in (title, "own"))], rows)


def kinds(figures: Record) -> str:
    """Right and wrong edits of each kind, in what was read by engines, whole documents, and typed text."""
    sets: dict[str, list[Record]] = {}
    documents = [one for one in figures["documents"] if one["reader"] in PROFILES]  # as engines read them
    all_pairs = [one for one in figures["groups"] if one["file"] == "all pairs"]
    for title, records in (("pairs", all_pairs), ("documents", documents), ("typed", figures["typed"])):
        for one in records:
            sets.setdefault(title + ", own" * (one["engine"] != "generic"), []).append(one)
    every = sorted({kind for chosen in sets.values() for one in chosen for kind in one["kinds"]})
    rows = []
    for kind in every:
        totals = (
            [sum(one["kinds"].get(kind, (0, 0))[k] for one in chosen) for k in (0, 1)] for chosen in sets.values()
        )
        rows.append([kind, *(f"{right}, {wrong}" for right, wrong in totals)])
    return markdown(["", *sets], rows)


def reliability(one: Record) -> str:
    rows = []
    for b in one["reliability"]:
        cells = [f"{b['from']:.1f} to {b['from'] + 0.1:.1f}"]
        for part in (b["made"], b["suggested"]):
            count = part["count"]
            cells += (
                [str(count), f"{part['mean_score']:.3f}", f"{part['right'] / count:.3f}"] if count else ["", "", ""]
            )
        rows.append(cells)
    head = ["score", "made", "mean score", "came true", "suggested", "mean score", "came true"]
    return f"Expected calibration error {cell(one, 'ece')}.\n\n{markdown(head, [row for row in rows if any(row[1:])])}"


def clean_ladder(clean: Sequence[Record]) -> str:
    files = [one for one in clean if "ladder" in one]
    rows = [
        [one["file"], *(f"{r['altered_share']:.2%}; {r['edits_per_10k']:.2f}" for r in one["ladder"])] for one in files
    ]
    return markdown(["", *(f"≥ {rung['accept']}" for rung in (files[0]["ladder"] if files else ()))], rows)


def ladder(files: Sequence[Record]) -> str:
    rows = [[one["file"], *(rung(r) for r in one["ladder"])] for one in files]
    apart = [one["file"] for one in files if one["ladder_by"] != "one pass"]
    said = f"\n\nA pass for each threshold: {', '.join(apart)}." if apart else ""
    return markdown(["", *(f"≥ {r['accept']}" for r in (files[0]["ladder"] if files else ()))], rows) + said


def rung(r: Record) -> str:
    if not r["edits"]:
        return f"{r['han_gain']:.2f}, none made"
    return f"{r['han_gain']:.2f}, {r['precision']:.3f} of {r['edits']}"


def page(one: Record) -> str:
    certain = one["certain"]
    of = certain["found"]["all"] + certain["missed"]["all"]
    rows = [
        ["sample", str(one["wrong"]["all"]), f"{certain['found']['all']} of {of}", str(certain["suggested"]["all"])]
    ]
    return markdown(["", "wrong changes", "certain errors mended", "suggested"], rows)
