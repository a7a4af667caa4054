"""What becomes of one row: its text corrected, with what was changed, or the reason why it is refused."""

from __future__ import annotations

from typing import Any

from ocrfix.model import OcrText, Result

LONGEST = 1_000_000
"""Characters: a longer text is refused unless the caller says otherwise; correcting takes half a KB of memory each."""

CORRECTIONS, COUNTS = "corrections", "counts"
"""The columns that are added, beside the text, which takes the place of what was read."""


class RowError(Exception):
    """A row that is refused; the message is the reason."""


def text_of(value: object, longest: int = LONGEST) -> str | OcrText:
    """The text that a row holds: a string, bytes in UTF-8, or an OcrText.

    >>> text_of("茌平".encode())
    '茌平'

    Raises RowError for what is no text, or longer than `longest` characters.
    """
    if isinstance(value, bytes):
        try:
            value = value.decode()
        except UnicodeDecodeError as error:
            raise RowError(f"bytes that are not UTF-8, at byte {error.start}") from None
    if not isinstance(value, str | OcrText):
        raise RowError(f"expected text, found {'null' if value is None else type(value).__name__}")
    if len(value) > longest:
        raise RowError(f"expected at most {longest:,} characters, found {len(value):,}")
    try:
        str(value).encode()
    except UnicodeEncodeError as error:
        raise RowError(f"half a character, which UTF-8 cannot spell, at character {error.start}") from None
    return value


def fields(result: Result, column: str = "text") -> dict[str, Any]:
    """The columns of a corrected row: its text, each correction, and how much there is of what.

    >>> from ocrfix import correct
    >>> row = fields(correct("要坚持以经济建没为中心。"))
    >>> row["text"], row["counts"]
    ('要坚持以经济建设为中心。', {'characters': 12, 'corrections': 1, 'suggestions': 0})
    >>> {name: row["corrections"][0][name] for name in ("start", "end", "original", "replacement", "kind")}
    {'start': 7, 'end': 8, 'original': '没', 'replacement': '设', 'kind': 'phrase'}
    """
    return {
        column: result.text,
        CORRECTIONS: [
            {
                "start": c.start,
                "end": c.end,
                "original": c.original,
                "replacement": c.replacement,
                "score": round(c.score, 4),
                "kind": c.kind,
            }
            for c in result.corrections
        ],
        COUNTS: {
            "characters": len(result.source),
            "corrections": len(result.corrections),
            "suggestions": len(result.suggestions),
        },
    }
