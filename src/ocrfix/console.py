"""What the command says to whoever runs it, besides its report: progress, errors, numbers of things."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


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


def complain(error: Exception) -> None:
    """Says on standard error what went wrong."""
    from ocrfix.spans import visible

    if isinstance(error, OSError) and error.filename is not None:
        print(f"ocrfix: {visible(str(error.filename))}: {error.strerror}", file=sys.stderr)
    else:
        print(f"ocrfix: {visible(str(error))}", file=sys.stderr)


def count(number: int, what: str) -> str:
    """A number of things, in words.

    >>> count(1, "file"), count(1200, "file")
    ('1 file', '1200 files')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"
