"""What the command's streams take, and what a person at the terminal is told: how far it has come, what went wrong."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


def open_what_is_closed() -> None:
    """Python has no stream for a handle that the caller closed: nothing is read there, and what is said is dropped."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (as long as the process)


def speak_utf8(stream: TextIO) -> None:
    """Reports quote Chinese and name files of any bytes, wherever they go; line ends are those of the text."""
    if hasattr(stream, "reconfigure"):
        if stream.isatty():
            stream.reconfigure(errors="backslashreplace")
        else:
            stream.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")


def show(diff: str, colour: bool = False) -> None:
    """Prints a unified diff."""
    from ocrfix.findings import coloured
    from ocrfix.spans import harmless

    diff = harmless(diff) if sys.stdout.isatty() else diff  # what `patch` is to read must be as it is
    sys.stdout.write(coloured(diff) if colour else diff)


@contextmanager
def progress(many: int, doing: str) -> Iterator[Callable[[int], None]]:
    """What is to be called when each of many files is done, with the characters in it; it draws the bar.

    doing: what is being done, as the bar says it; where that is empty nothing is drawn.
    """
    if not doing:
        yield lambda characters: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    # On one terminal the report is printed above the bar; a report that goes to a file must not be drawn into it.
    with Progress(
        *columns,
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout.isatty(),
    ) as bar:
        task = bar.add_task(doing, total=many, rate="")
        begun, characters = time.monotonic(), 0

        def done(more: int) -> None:
            nonlocal characters
            characters += more
            rate = characters / max(time.monotonic() - begun, 1e-3)
            bar.update(task, advance=1, rate=f"{rate:,.0f} characters/s" if characters else "")

        yield done


def complain(error: Exception) -> None:
    """Says on standard error what went wrong."""
    from ocrfix.spans import visible

    if isinstance(error, OSError) and error.filename is not None:
        print(f"ocrfix: {visible(str(error.filename))}: {error.strerror}", file=sys.stderr)
    else:
        print(f"ocrfix: {visible(str(error))}", file=sys.stderr)


def count(number: int, what: str) -> str:
    """So many of something.

    >>> count(1, "file"), count(2, "file")
    ('1 file', '2 files')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"


def wants_colour(when: str, stream: TextIO) -> bool:
    """Whether a stream is coloured: always, never, or where it is a terminal and the user has not said no."""
    return when == "always" or (when == "auto" and stream.isatty() and not os.environ.get("NO_COLOR"))
