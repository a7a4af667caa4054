"""What the command's streams take: reports in UTF-8, diffs that steer no terminal, a bar that says how far it is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
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
def progress(paths: Sequence[Path], doing: str) -> Iterator[Iterator[Path]]:
    """The paths one by one, with a bar on standard error that says what is being done, if asked for."""
    if not doing:
        yield iter(paths)
        return
    from rich.console import Console
    from rich.progress import Progress

    # On one terminal the report is printed above the bar; a report that goes to a file must not be drawn into it.
    with Progress(console=Console(stderr=True), transient=True, redirect_stdout=sys.stdout.isatty()) as progress:
        yield iter(progress.track(paths, description=doing))


def wants_colour(when: str, stream: TextIO) -> bool:
    """Whether a stream is coloured: always, never, or where it is a terminal and the user has not said no."""
    return when == "always" or (when == "auto" and stream.isatty() and not os.environ.get("NO_COLOR"))
