"""Text files of any encoding found, read and written back in the form they had."""

from __future__ import annotations

import codecs
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

SUFFIXES = (".markdown", ".md", ".text", ".txt")
"""What names end in that are taken for text when a folder is searched; a file named outright may end in anything."""

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_TRIED = "UTF-8, UTF-16 with a byte order mark, GB18030"
_SAMPLE = 20_000  # characters looked at to judge whether GB18030 made sense of the bytes


class FileError(Exception):
    """A file that cannot be read or written; the message names it and says what to do."""


class Form(NamedTuple):
    """How a text stands in its file: Python's name of the encoding, and the byte order mark, which may be empty."""

    encoding: str
    bom: bytes = b""


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file as it was read: its bytes, the text they spell, and the form to write it back in."""

    path: Path
    data: bytes
    text: str
    form: Form


def find(path: Path, wanted: Callable[[Path], bool] | None = None) -> tuple[Path, ...]:
    """The file itself, or the text files of a folder and those below it, sorted; hidden ones are passed over.

    wanted: which other files of a folder to take as well.
    Raises FileError where nothing stands at `path`, a folder cannot be read, or none of its files ends as text does.
    """

    def refuse(error: OSError) -> None:
        raise FileError(f"{error.filename}: folder cannot be read: {error.strerror}") from error

    if not path.is_dir():
        if not os.path.lexists(path):
            raise FileError(f"{path}: no such file or folder")
        return (path,)
    found: list[Path] = []
    for folder, folders, names in os.walk(path, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        shown = [Path(folder, name) for name in names if not name.startswith(".")]
        found += [file for file in shown if file.name.lower().endswith(SUFFIXES) or (wanted and wanted(file))]
    if not found:
        raise FileError(
            f"{path}: expected text files in this folder ({' '.join(SUFFIXES)}), found none; name them outright"
        )
    return tuple(sorted(found))


def read(path: Path, encoding: str | None = None) -> TextFile:
    """The file with its text; line ends stay as they are.

    encoding: Python's name of it; by default it is found out, see decode.
    Raises FileError where the file cannot be read or decoded.
    """
    data = read_bytes(path)
    text, form = decode(data, str(path), encoding)
    return TextFile(path, data, text, form)


def read_bytes(path: Path) -> bytes:
    """What a file holds; FileError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error


def write(file: TextFile, text: str) -> None:
    """Puts `text` in place of what the file holds, in the same form: all of it or nothing, see write_bytes.

    Raises FileError where the encoding lacks a character, and as write_bytes does.
    """
    if encode(file.text, file.form, str(file.path)) != file.data:
        raise FileError(
            f"{file.path}: cannot be written back byte for byte as {file.form.encoding}; convert it to UTF-8"
        )
    write_bytes(file.path, file.data, encode(text, file.form, str(file.path)))


def write_bytes(path: Path, before: bytes, data: bytes) -> None:
    """Puts `data` in place of what the file held when it was read: all of it or nothing.

    It is written beside the file, and then takes its name, mode and owner; a link keeps pointing to it.
    Raises FileError where the file is no ordinary one, may not be written, or has changed since it was read.
    """
    try:
        target = path.resolve(strict=True)
        if not target.is_file():
            raise FileError(f"{path}: expected an ordinary file to write to; nothing written")
        if not os.access(target, os.W_OK):
            raise FileError(f"{path}: may not be written to; nothing written")
        if target.read_bytes() != before:
            raise FileError(f"{path}: has changed since it was read; nothing written, run again")
        _replace(target, data)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}; nothing written") from error


def decode(data: bytes, where: str, encoding: str | None = None) -> tuple[str, Form]:
    r"""The text that bytes spell, and the form to spell it so again.

    where: the file, for messages. encoding: Python's name of it; by default it is UTF-8, UTF-16 where a byte order mark
    says so, or else GB18030, if that makes Chinese of the bytes.

    >>> decode("在平\r\n".encode("gb18030"), "page.txt")
    ('在平\r\n', Form(encoding='gb18030', bom=b''))

    Raises FileError for bytes in none of them, and for those of no text.
    """
    bom, marked = byte_order_mark(data)
    if encoding is None:
        tries = [Form(marked, bom)] if bom else [Form("utf-8"), Form("gb18030")]
    else:
        tries = [_form(encoding, bom, marked)]
    for form in tries:
        try:
            text = data[len(form.bom) :].decode(form.encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            raise FileError(f"{where}: expected text, found binary data (a NUL at character {text.index(chr(0))})")
        if encoding is None and form.encoding == "gb18030" and not _looks_chinese(text):
            continue
        return text, form
    if encoding is None:
        raise FileError(f"{where}: bytes in no known encoding (tried {_TRIED}); convert it to UTF-8 or pass --encoding")
    raise FileError(f"{where}: bytes that are not {encoding}; pass another --encoding, or none")


def encode(text: str, form: Form, where: str) -> bytes:
    """The bytes that spell `text` in this form; raises FileError, naming the character, where it has none for one."""
    try:
        return form.bom + text.encode(form.encoding)
    except UnicodeEncodeError as error:
        lacking = text[error.start]
        raise FileError(
            f"{where}: {form.encoding} has no {lacking!r} (U+{ord(lacking):04X}); nothing written, convert it to UTF-8"
        ) from None


def byte_order_mark(data: bytes) -> tuple[bytes, str]:
    """The mark that bytes begin with and Python's name of its encoding; both empty where there is none."""
    return next(((bom, name) for bom, name in _BOMS if data.startswith(bom)), (b"", ""))


def is_encoding(name: str) -> bool:
    """Whether Python knows a text encoding of this name.

    >>> is_encoding("big5"), is_encoding("rot13"), is_encoding("utf-9")
    (True, False, False)
    """
    try:
        "".encode(name)
    except LookupError:
        return False
    return True


def _form(encoding: str, bom: bytes, marked: str) -> Form:
    """The form of bytes whose encoding the caller knows; a byte order mark of that encoding is kept aside."""
    name = codecs.lookup(encoding).name.removesuffix("-sig")
    if bom and marked in (name, f"{name}-le", f"{name}-be"):
        return Form(marked, bom)
    return Form("utf-16-le" if name == "utf-16" else name)  # Python's utf-16 would add a mark that was not there


def _looks_chinese(text: str) -> bool:
    """Whether GB18030, which decodes most bytes into something, made sense of them.

    Big5, Shift JIS, EUC-JP and binary data become characters outside the 3,755 common ones of GB 2312, or none at all;
    simplified text holds nine of ten within them, traditional text six of ten. EUC-KR alone is not told apart.
    """
    sample = text[:_SAMPLE]
    if any((ord(ch) < 32 and ch not in "\t\n\f\r") or 0x7F <= ord(ch) < 0xA0 for ch in sample):
        return False
    wide = [ch for ch in sample if not ch.isascii()]
    han = [ch for ch in wide if _is_han(ch)]
    common = {bytes((0xB0 + i // 94, 0xA1 + i % 94)).decode("gb2312") for i in range(3755)}
    strange = sum(not (_is_han(ch) or _is_printed(ch)) for ch in wide)
    return 3 * sum(ch in common for ch in han) >= len(han) and 20 * strange <= len(wide)


def _is_han(ch: str) -> bool:
    return "\u3400" <= ch <= "\u9fff" or "\U00020000" <= ch <= "\U0003ffff"


def _is_printed(ch: str) -> bool:
    """Punctuation and forms of full width, as they stand between Han characters in print."""
    return "\u2000" <= ch <= "\u27bf" or "\u3000" <= ch <= "\u303f" or "\uff00" <= ch <= "\uffef" or ch in "°±·×÷"


def _replace(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".ocrfix-", dir=target.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, name)
        if hasattr(os, "chown"):
            with suppress(PermissionError):  # only the superuser may give files away
                old = target.stat()
                os.chown(name, old.st_uid, old.st_gid)
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
