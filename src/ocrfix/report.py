"""The report of a collection: one HTML file that needs no other, in Chinese and English, and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

from ocrfix.collection import RESCAN, Branch, PageFacts, Series
from ocrfix.model import KINDS
from ocrfix.plots import bars, columns
from ocrfix.profile import NOTHING
from ocrfix.spans import visible

STEPS = (0.0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 1.0)
"""Where the columns of suspected error rates begin, and the last one ends."""
ROWS, AT_ONCE = 500, 25
"""Rows of a table at the most, and those that are not folded away; the rest is counted."""
ON, DRAWN, FEW = 5, 15, 20
"""Pages that a series names, series that are drawn, and pages to review first."""

_STYLE = """
:root { color-scheme: light dark; --ink: #222; --paper: #fff; --line: #ddd; --bar: #4a7ab5; --bad: #b3261e; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ddd; --paper: #181818; --line: #444; --bar: #7aa5d8; --bad: #f2867e; } }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .2rem .6rem .2rem 0; vertical-align: top; }
tr { border-bottom: 1px solid var(--line); } .n { text-align: right; font-variant-numeric: tabular-nums; }
.wide { overflow-x: auto; } th { white-space: nowrap; } td { overflow-wrap: break-word; }
svg { width: 100%; height: auto; font-size: 13px; fill: var(--ink); } .bar { fill: var(--bar); }
.name { text-anchor: end; } .mid { text-anchor: middle; } .bad { color: var(--bad); font-weight: bold; }
del { text-decoration: none; color: var(--bad); } ins { text-decoration: none; font-weight: bold; }
ul { padding-left: 1.2rem; } summary { cursor: pointer; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; } dd { margin: 0; }
input[name=lang] { margin-left: 1rem; } #en:checked ~ * [lang=zh], #zh:checked ~ * [lang=en] { display: none; }
"""
_SCRIPT = 'document.getElementById(/^zh/.test(navigator.language) ? "zh" : "en").checked = true;'

KIND_NAMES = dict(zip(KINDS, ("字形", "地名", "词语", "重复", "漏字", "多字", "标点", "空白", "断行"), strict=True))


def report(
    pages: Sequence[PageFacts], series: Sequence[Series], places: Sequence[Branch], about: str, language: str = "en"
) -> str:
    """The report on pages, errors that recur, and places. about: what it was made with, in a line.

    language: "zh" or "en", which of the two is shown where no script may run; else the browser's.

    >>> report([], [], [], "ocrfix").startswith("<!DOCTYPE html>")
    True
    """
    title = "ocrfix: 校对报告 / report"
    policy = f"default-src 'none'; style-src '{_hash(_STYLE)}'; script-src '{_hash(_SCRIPT)}'; base-uri 'none'"
    checked = {name: " checked" if name == language else "" for name in ("zh", "en")}
    parts = (
        _summary(pages, about),
        _first(pages),
        _recurring(series, pages),
        _rates(pages),
        _places(places),
        _all(pages),
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n<style>{_STYLE}</style>\n'
        "</head>\n<body>\n"
        f'<input type="radio" name="lang" id="zh"{checked["zh"]}><label for="zh">中文</label>\n'
        f'<input type="radio" name="lang" id="en"{checked["en"]}><label for="en">English</label>\n'
        f"<script>{_SCRIPT}</script>\n<main>\n<h1>{_both('Report of a collection', '文集校对报告')}</h1>\n"
        + "".join(parts)
        + "</main>\n</body>\n</html>\n"
    )


def _hash(text: str) -> str:
    """How a policy names a script or a style that may stand in the page."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _both(english: str, chinese: str) -> str:
    """A text in both languages, of which one is shown; escaped."""
    return f'<span lang="en">{escape(english)}</span><span lang="zh">{escape(chinese)}</span>'


def _shown(text: str) -> str:
    """What a page says, or a file is called, as it may stand in the report."""
    return escape(visible(text).encode("utf-8", "backslashreplace").decode())


def _section(english: str, chinese: str, *body: str) -> str:
    return f"<section>\n<h2>{_both(english, chinese)}</h2>\n" + "\n".join(body) + "\n</section>\n"


def _table(head: Sequence[tuple[str, str, bool]], rows: Iterable[Sequence[str]], more: int = 0) -> str:
    """A table; head: each column in both languages, and whether it is of numbers; more: rows that are left out.

    What goes beyond AT_ONCE rows is folded away.
    """
    kinds = [' class="n"' if number else "" for _, _, number in head]
    tops = "".join(f"<th{kind}>{_both(e, c)}</th>" for (e, c, _), kind in zip(head, kinds, strict=True))
    body = [
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for cell, kind in zip(row, kinds, strict=True)) + "</tr>\n"
        for row in rows
    ]
    first, others = (
        f'<div class="wide"><table><thead><tr>{tops}</tr></thead><tbody>\n{"".join(part)}</tbody></table></div>'
        for part in (body[:AT_ONCE], body[AT_ONCE:])
    )
    count = len(body) - AT_ONCE
    folded = f"<details><summary>{_both(f'{count:,} more', f'另有 {count:,} 项')}</summary>{others}</details>"
    rest = f"<p>{_both(f'{more:,} more are not shown.', f'另有 {more:,} 项未列出。')}</p>" if more > 0 else ""
    return first + folded * (count > 0) + rest


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f} %"


# ---------------------------------------------------------------------------------------------------------------------


def _summary(pages: Sequence[PageFacts], about: str) -> str:
    characters, suspected = sum(page.characters for page in pages), sum(page.suspected for page in pages)
    made, spots = sum(page.made for page in pages), sum(len(page.spots) for page in pages)
    rows = (
        ("Pages", "页数", f"{len(pages):,}"),
        ("Characters", "字数", f"{characters:,}"),
        ("Corrections", "改正", f"{made:,}"),
        ("Suggestions", "建议", f"{spots - made:,}"),
        ("Suspected error rate", "疑误率", _percent(suspected / max(characters, 1))),
        ("Made with", "生成", _shown(about)),
    )
    items = "".join(f"<dt>{_both(english, chinese)}</dt><dd>{value}</dd>" for english, chinese, value in rows)
    note = _both(
        "Suspected are the errors that were found, each as likely as its score; more than twice as many are there.",
        "疑误为已发现的错误，按其可信度计；实际错误在其两倍以上。",
    )
    return f"<dl>{items}</dl>\n<p>{note}</p>\n"


_PAGE = ("Page", "页", False)
_NUMBERS = (("Characters", "字数", True), ("Suspected", "疑误", True), ("Rate", "疑误率", True))
_FOUND = (("Corrections", "改正", True), ("Suggestions", "建议", True), ("To mend", "待改", True))


def _row(page: PageFacts) -> tuple[str, ...]:
    rate = _percent(page.rate)
    return (
        *(_shown(page.name), f"{page.characters:,}", f"{page.suspected:.1f}"),
        f'<span class="bad">{rate}</span>' if page.rate >= RESCAN else rate,
        *(f"{page.made:,}", f"{len(page.spots) - page.made:,}", f"{page.doubtful:.1f}"),
    )


def _first(pages: Sequence[PageFacts]) -> str:
    """What to scan again, and what to look through first."""
    worn = sorted((page for page in pages if page.rate >= RESCAN), key=lambda page: (-page.rate, page.name))
    open_ = sorted((p for p in pages if p.rate < RESCAN and p.spots), key=lambda p: (-p.doubtful, p.name))
    head = (_PAGE, *_NUMBERS, *_FOUND)
    none = f"<p>{_both('None.', '无。')}</p>"
    again = _both(
        f"From a rate of {_percent(RESCAN)} a page is worn so badly that two thirds of what is wrong stay so: a better "
        "scan, or another reading, mends more than any correction.",
        f"疑误率达 {_percent(RESCAN)} 的页面磨损严重，约三分之二的错误无从改正：重新扫描或重新识别，胜过任何校改。",
    )
    first = _both(
        "The others, by how many errors a person is likely to mend who decides what was found there.",
        "其余页面，按人工裁定后预计可改正的错误数排列。",
    )
    return _section(
        "What to scan again",
        "建议重新扫描",
        f"<p>{again}</p>",
        _table(head, map(_row, worn[:ROWS]), len(worn) - ROWS) if worn else none,
    ) + _section(
        "What to review first",
        "建议优先校阅",
        f"<p>{first}</p>",
        _table(head, map(_row, open_[:FEW]), len(open_) - FEW) if open_ else none,
    )


def _recurring(series: Sequence[Series], pages: Sequence[PageFacts]) -> str:
    head = (
        *(
            ("Error", "错误", False),
            ("Times", "次数", True),
            ("Made", "已改", True),
            ("Mean score", "平均可信度", True),
        ),
        *(("Kind", "类别", False), ("Pages", "页", False)),
    )
    rows = []
    for one in series[:ROWS]:
        kind = one.spots[0].kind
        names = ", ".join(_shown(pages[k].name) for k in one.pages[:ON])
        more = f" … ({len(one.pages):,})" if len(one.pages) > ON else ""
        change = f"<del>{_shown(one.original) or NOTHING}</del>→<ins>{_shown(one.replacement) or NOTHING}</ins>"
        made = sum(spot.made for spot in one.spots)
        cells = (change, f"{len(one.spots):,}", f"{made:,}", f"{one.mean:.2f}", _both(kind, KIND_NAMES[kind]))
        rows.append((*cells, names + more))
    plot = [
        (visible(f"{one.original or NOTHING}→{one.replacement or NOTHING}")[:14], len(one.spots), f"{len(one.spots):,}")
        for one in series[:DRAWN]
    ]
    drawn = bars(plot, "errors that recur / 相同错误")
    return _section(
        "Errors that recur",
        "相同错误",
        drawn if plot else f"<p>{_both('None.', '无。')}</p>",
        _table(head, rows, len(series) - ROWS) if rows else "",
    )


def _rates(pages: Sequence[PageFacts]) -> str:
    """Pages by suspected error rate, and corrections by kind."""
    steps = list(pairwise(STEPS))
    many = [sum(low <= page.rate < high for page in pages) for low, high in steps[:-1]]
    many.append(sum(page.rate >= steps[-1][0] for page in pages))
    ticks = [f"{100 * low:g} %" for low, _ in steps]
    kinds = [(kind, sum(spot.kind == kind for page in pages for spot in page.spots)) for kind in KINDS]
    rows = [(f"{kind} {KIND_NAMES[kind]}", n, f"{n:,}") for kind, n in kinds if n]
    return _section(
        "Pages by suspected error rate",
        "各疑误率的页数",
        columns(many, ticks, "pages by suspected error rate / 各疑误率的页数"),
    ) + _section("Findings by kind", "各类发现", bars(rows, "findings by kind / 各类发现"))


def _places(places: Sequence[Branch]) -> str:
    note = _both(
        "Named so often, on so many pages; of them restored from a misreading.",
        "提及次数、页数；其中由误识恢复的次数。",
    )
    body = f"<p>{note}</p>\n<ul>{''.join(map(_branch, places))}</ul>" if places else f"<p>{_both('None.', '无。')}</p>"
    return _section("Places", "地名", body)


def _branch(branch: Branch) -> str:
    pages = _both(f"{branch.pages:,} page{'' if branch.pages == 1 else 's'}", f"{branch.pages:,} 页")
    restored = f", {_both(f'{branch.restored:,} restored', f'恢复 {branch.restored:,}')}" if branch.restored else ""
    own = f" {branch.times:,} ({pages}{restored})" if branch.times else ""
    said = _shown(branch.place.name) + own
    if not branch.within:
        return f"<li>{said}</li>"
    return f"<li><details open><summary>{said}</summary><ul>{''.join(map(_branch, branch.within))}</ul></details></li>"


def _all(pages: Sequence[PageFacts]) -> str:
    worst = sorted(pages, key=lambda page: (-page.rate, page.name))
    head = (_PAGE, *_NUMBERS, *_FOUND)
    return _section("All pages, the worst first", "全部页面（疑误率由高到低）", _table(head, map(_row, worst)))
