"""Bars and columns as inline SVG: sizes in pixels, colours by class, every figure as text too."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH = 640
"""Pixels: how wide a plot is; it shrinks with the page."""
ROW, COLUMNS = 22, 160


def bars(rows: Sequence[tuple[str, float, str]], label: str) -> str:
    """Horizontal bars, one a row: what it is, how much, and what to write behind it. label: for screen readers.

    >>> bars([("在<平", 3, "3")], "errors").count("<rect")
    1
    """
    most = max((value for _, value, _ in rows), default=0) or 1
    left, room = 190, WIDTH - 190 - 110
    parts = []
    for k, (name, value, said) in enumerate(rows):
        y = k * ROW
        parts.append(
            f'<text class="name" x="{left - 8}" y="{y + 15}">{escape(name)}</text>'
            f'<rect class="bar" x="{left}" y="{y + 3}" width="{max(room * value / most, 1):.1f}" height="16"/>'
            f'<text x="{left + 6 + room * value / most:.1f}" y="{y + 15}">{escape(said)}</text>'
        )
    return _svg("".join(parts), len(rows) * ROW, label)


def columns(values: Sequence[int], ticks: Sequence[str], label: str) -> str:
    """A histogram: how many there are in each step, and where the steps begin and end.

    >>> columns([3, 0, 1], ["0", "1", "2", "3"], "pages").count("<rect")
    3
    """
    most = max(values, default=0) or 1
    step = (WIDTH - 40) / max(len(values), 1)
    parts = []
    for k, value in enumerate(values):
        high, x = (COLUMNS - 40) * value / most, 20 + k * step
        box = f'x="{x + 2:.1f}" y="{COLUMNS - 20 - high:.1f}" width="{step - 4:.1f}" height="{high:.1f}"'
        parts.append(f'<rect class="bar" {box}/>')
        if value:
            parts.append(f'<text class="mid" x="{x + step / 2:.1f}" y="{COLUMNS - 25 - high:.1f}">{value:,}</text>')
    for k, tick in enumerate(ticks):
        parts.append(f'<text class="mid" x="{20 + k * step:.1f}" y="{COLUMNS - 4}">{escape(tick)}</text>')
    return _svg("".join(parts), COLUMNS, label)


def _svg(inside: str, height: int, label: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {max(height, 1)}" role="img" aria-label="{escape(label)}">{inside}</svg>'
