"""JSON as a tree whose strings know where in the source they stand."""

from __future__ import annotations

import json
import re
from functools import lru_cache, partial
from typing import Any

from ocrfix import files
from ocrfix.files import FileError, Form
from ocrfix.formats.document import Inline

DEPTH = 200
"""Arrays and objects within one another; what engines write has about eight."""

_CUT = "not JSON: the file is cut short"
_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORDS = {"true": True, "false": False, "null": None, "NaN": float("nan"), "Infinity": float("inf")}
_WORD = re.compile("|".join(_WORDS))
_DECODER = json.JSONDecoder()
_ESCAPE = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)


class Located(str):
    """A string of the file; start and end are those of what stands between its quotes, in code points of the source."""

    __slots__ = ("end", "start")
    start: int
    end: int


class JsonSource:
    """A JSON text; `value` is what it says, with each string Located.

    >>> JsonSource("page.json", '{"text": "\\\\u5728平"}').value
    {'text': '在平'}

    Raises FileError, naming the line, where it is not JSON, or nested beyond what an engine writes.
    """

    def __init__(self, name: str, source: str, start: int = 0, end: int | None = None) -> None:
        self.name, self.source = name, source
        self.limit = len(source) if end is None else end
        self.value, at = self._value(self._skip(start), 0)
        if self._skip(at) != self.limit:
            raise self.error(at, "expected the end of the file after the JSON value")

    def error(self, at: int, message: str) -> FileError:
        """What is wrong at a code point of the source, with file and line."""
        return FileError(f"{self.name}:{self.source.count(chr(10), 0, at) + 1}: {message}")

    def letters(self, string: Located) -> list[tuple[str, Inline]]:
        """The characters of a string, each with its place."""
        return letters(self.source, string.start, string.end)

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self.source, at, self.limit)
        return found.end() if found else at

    def _value(self, at: int, depth: int) -> tuple[Any, int]:
        if depth > DEPTH:
            raise self.error(at, f"arrays and objects nested more than {DEPTH} deep")
        ch = self.source[at : at + 1] if at < self.limit else ""
        if ch == '"':
            return self._string(at)
        if ch == "[":
            return self._array(at, depth)
        if ch == "{":
            return self._object(at, depth)
        if number := _NUMBER.match(self.source, at, self.limit):
            text = number[0]
            return (int(text) if text.isdecimal() and len(text) < 20 else float(text)), number.end()
        if word := _WORD.match(self.source, at, self.limit):
            return _WORDS[word[0]], word.end()
        raise self.error(at, f"not JSON: expected a value, found {ch!r}" if ch else _CUT)

    def _string(self, at: int) -> tuple[Located, int]:
        try:
            said, end = _DECODER.raw_decode(self.source, at)
        except json.JSONDecodeError as error:
            raise self.error(at, f"not JSON: {error.msg}") from None
        if end > self.limit:
            raise self.error(at, "not JSON: a string that is never closed")
        string = Located(said)
        string.start, string.end = at + 1, end - 1
        return string, end

    def _array(self, at: int, depth: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        at = self._skip(at + 1)
        while self.source[at : at + 1] != "]":
            value, at = self._value(at, depth + 1)
            found.append(value)
            at = self._next(at, "]")
        return found, at + 1

    def _object(self, at: int, depth: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        at = self._skip(at + 1)
        while self.source[at : at + 1] != "}":
            if self.source[at : at + 1] != '"':
                raise self.error(at, "not JSON: expected the name of a member, in quotes")
            key, at = self._string(at)
            at = self._skip(at)
            if self.source[at : at + 1] != ":":
                raise self.error(at, f"not JSON: expected a colon after {str(key)!r}")
            found[str(key)], at = self._value(self._skip(at + 1), depth + 1)
            at = self._next(at, "}")
        return found, at + 1

    def _next(self, at: int, end: str) -> int:
        """Past the comma before another value, or at the end."""
        at = self._skip(at)
        ch = self.source[at : at + 1] if at < self.limit else ""
        if ch == end:
            return at
        if ch != ",":
            raise self.error(at, f"not JSON: expected , or {end}, found {ch!r}" if ch else _CUT)
        at = self._skip(at + 1)
        if self.source[at : at + 1] == end:
            raise self.error(at, f"not JSON: a comma before {end}")
        return at


@lru_cache(maxsize=1)
def parsed(data: bytes, name: str, encoding: str | None = None) -> tuple[JsonSource, Form]:
    """A JSON file, and the form to write it back in. The last one is kept: what it is, is found out before it is read.

    Raises FileError as files.decode and JsonSource do.
    """
    source, form = files.decode(data, name, encoding)
    return JsonSource(name, source), form


def letters(source: str, start: int, end: int) -> list[tuple[str, Inline]]:
    """The characters that are spelled between two quotes of a JSON text, each with its place."""
    # What is put in is spelled by number where all of the file is in ASCII.
    escape = partial(_spelled, ensure_ascii=source.isascii())
    found: list[tuple[str, Inline]] = []
    for piece in _ESCAPE.finditer(source, start, end):
        ch = piece[0] if len(piece[0]) == 1 else json.loads(f'"{piece[0]}"')
        before = found[-1] if found else None
        if before and "\ud800" <= before[0] <= "\udbff" and "\udc00" <= ch <= "\udfff":  # the halves of one character
            ch = (before[0] + ch).encode("utf-16", "surrogatepass").decode("utf-16")
            found[-1] = (ch, Inline(before[1].start, piece.end(), escape))
        else:
            found.append((ch, Inline(piece.start(), piece.end(), escape)))
    return found


def _spelled(text: str, ensure_ascii: bool) -> str:
    return json.dumps(text, ensure_ascii=ensure_ascii)[1:-1]
