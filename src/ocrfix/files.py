"""Text files of any encoding found, read and written back in the form they had."""

from __future__ import annotations

import codecs
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

SUFFIXES = (".markdown", ".md", ".text", ".txt")
"""What names end in that are taken for text when a folder is searched; a file named outright may end in anything."""

LARGEST = 32 << 20
"""Bytes: a larger file is refused, since correcting takes half a KB of memory a character; so is one without end."""

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16 does, which would go on with a NUL
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_TRIED = "UTF-8, UTF-16 or UTF-32 with a byte order mark, GB18030, Big5"
_HEAD = 8192  # bytes by which a file is known
_SAMPLE = 20_000  # characters looked at to judge whether an encoding made sense of the bytes


class FileError(Exception):
    """A file that cannot be read or written; the message names it and says what to do."""


class Form(NamedTuple):
    """How a text stands in its file: Python's name of the encoding, and the byte order mark, which may be empty."""

    encoding: str
    bom: bytes = b""


def find(path: Path, wanted: Callable[[Path], bool] | None = None) -> tuple[Path, ...]:
    """The file itself, or the text files of a folder and those below it, sorted.

    Hidden ones are passed over, and so are pipes and devices, which may never end; one that is named outright is read.
    wanted: which other files of a folder to take as well.

    Raises FileError where nothing stands at `path`, a folder cannot be read, or none of its files ends as text does.
    """

    def refuse(error: OSError) -> None:
        raise FileError(f"{error.filename}: folder cannot be read: {error.strerror}") from error

    try:
        if not path.is_dir():
            path.lstat()
            return (path,)
    except (FileNotFoundError, NotADirectoryError):
        raise FileError(f"{path}: no such file or folder") from None
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    found: list[Path] = []
    for folder, folders, names in os.walk(path, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = (Path(folder, name) for name in names if not name.startswith("."))
        there = (path for path in paths if path.is_file() or not path.exists())
        found += [path for path in there if path.name.lower().endswith(SUFFIXES) or (wanted and wanted(path))]
    if not found:
        raise FileError(
            f"{path}: expected text files in this folder ({' '.join(SUFFIXES)}), found none; name them outright"
        )
    return tuple(sorted(found))


def read_bytes(path: Path) -> bytes:
    """What a file holds, up to a byte more than LARGEST, so that what is larger is seen to be.

    Raises FileError where it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error


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
        with _written_beside(target, data) as beside:
            if target.read_bytes() != before:  # asked last, when all that is left to do is to take its name
                raise FileError(f"{path}: has changed since it was read; nothing written, run again")
            os.replace(beside, target)
            _sync_folder(target.parent)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}; nothing written") from error


def create_bytes(path: Path, data: bytes, may_replace: Callable[[bytes], bool]) -> None:
    """Puts `data` into a new file, all of it or nothing; may_replace: whether a file that begins so may be replaced.

    Raises FileError where another file stands there, or nothing can be written.
    """
    new = False
    try:
        try:
            path.open("xb").close()  # it has the mode that new files have here
            new = True
        except FileExistsError:
            head = _head(path) if path.is_file() else None  # a pipe may never end
            if head is None or (head and not may_replace(head)):
                raise FileError(
                    f"{path}: expected no file, or one of the kind that is written, found another; nothing written, "
                    "give another name"
                ) from None
        target = path.resolve(strict=True)
        with _written_beside(target, data) as beside:
            os.replace(beside, target)
            new = False
            _sync_folder(target.parent)
    except OSError as error:
        raise FileError(f"{path}: cannot be written: {error.strerror}; nothing written") from error
    finally:
        if new:
            path.unlink(missing_ok=True)


def decode(data: bytes, where: str, encoding: str | None = None) -> tuple[str, Form]:
    r"""The text that bytes spell, and the form to spell it so again.

    where: the file, for messages. encoding: Python's name of it; by default it is UTF-8, UTF-16 or UTF-32 where a byte
    order mark says so, or else GB18030 or Big5, whichever makes Chinese of the bytes. What GBK can spell stays in GBK.

    >>> decode("在平\r\n".encode("gb18030"), "page.txt")
    ('在平\r\n', Form(encoding='gbk', bom=b''))
    >>> decode("聊城縣東門".encode("big5"), "page.txt")
    ('聊城縣東門', Form(encoding='big5', bom=b''))

    Raises FileError for bytes in none of them, for those of no text, and for more than LARGEST.
    """
    refuse_larger(data, where)
    bom, marked = byte_order_mark(data)
    form = _form(encoding, bom, marked) if encoding else Form(marked or "utf-8", bom)
    try:
        text = data.removeprefix(form.bom).decode(form.encoding)
    except UnicodeError:
        if encoding:
            raise FileError(f"{where}: bytes that are not {encoding}; pass another --encoding, or none") from None
        found = None if bom else _chinese(data)
        if found is None and b"\0" in data:
            raise FileError(
                f"{where}: expected text, found binary data, or UTF-16 without a byte order mark (a NUL at byte "
                f"{data.index(0)}); pass --encoding if it is text"
            ) from None
        if found is None:
            raise FileError(
                f"{where}: bytes in no known encoding (tried {_TRIED}); convert it to UTF-8 or pass --encoding"
            ) from None
        text, form = found
    if "\0" in text:
        raise FileError(f"{where}: expected text, found binary data (a NUL at character {text.index(chr(0))})")
    return text, form


def encode(text: str, form: Form, where: str) -> bytes:
    """The bytes that spell `text` in this form; raises FileError, naming the character, where it has none for one.

    A NUL is refused too: what holds one is not taken for text when it is read again.
    """
    if "\0" in text:
        raise FileError(f"{where}: text can hold no NUL; nothing written, leave that change out")
    try:
        return form.bom + text.encode(form.encoding)
    except UnicodeEncodeError as error:
        lacking = text[error.start]
        raise FileError(
            f"{where}: {form.encoding} has no {lacking!r} (U+{ord(lacking):04X}); nothing written, convert it to UTF-8"
        ) from None


def refuse_larger(data: bytes, where: str) -> None:
    """Raises FileError where a file holds more than LARGEST."""
    if len(data) > LARGEST:
        raise FileError(f"{where}: expected {LARGEST >> 20} MB at most, found more; cut it into its documents")


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
    except (LookupError, UnicodeError):
        return False
    return bool(name)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _form(encoding: str, bom: bytes, marked: str) -> Form:
    """The form of bytes whose encoding the caller knows; a byte order mark of that encoding is kept aside."""
    name = codecs.lookup(encoding).name.removesuffix("-sig")
    if bom and marked in (name, f"{name}-le", f"{name}-be"):
        return Form(marked, bom)
    return Form("utf-16-le" if name == "utf-16" else name)  # Python's utf-16 would add a mark that was not there


_CHINESE = ((("gb18030",), "gb2312", 1 / 3), (("big5", "cp950", "big5hkscs"), "big5", 3 / 4))
"""Encodings of Chinese, the standard whose common characters most of their Han characters are, and what share at least.

Right text has nine of ten within them, traditional text in GB18030 six of ten.
"""


def _chinese(data: bytes) -> tuple[str, Form] | None:
    """The text and its form if GB18030 or Big5 makes Chinese of bytes; of the two, what makes the commoner characters.

    Shift JIS, EUC-JP and binary data become characters that are not common, or none at all. EUC-KR alone is not told
    apart.
    """
    best, found = -1.0, None
    for encodings, standard, least in _CHINESE:
        for encoding in encodings:
            try:
                text = data.decode(encoding)
                if text.encode(encoding) != data:  # Big5 spells some characters in two ways
                    continue
            except UnicodeError:
                continue
            sample = text[:_SAMPLE]
            if encoding == "gb18030" and _is_japanese(data, sample):
                return None
            if (share := _sense(sample, standard, least)) > best:
                best, found = share, (text, encoding)
            break
    if found is None:
        return None
    text, encoding = found
    if encoding == "gb18030":
        with suppress(UnicodeEncodeError):
            encoding = "gbk" if text.encode("gbk") == data else encoding
    return text, Form(encoding)


def _is_japanese(data: bytes, sample: str) -> bool:
    """Whether bytes are EUC-JP, in which kana stand where GB18030 has them; Big5 would make common characters of it."""
    with suppress(UnicodeDecodeError):
        data.decode("euc_jp")
        return 4 * sum("\u3040" <= ch <= "\u30ff" for ch in sample) >= len(sample)
    return False


def _sense(text: str, standard: str, least: float) -> float:
    """What share of a text is ASCII, common characters and marks of print; -1 if it is no Chinese."""
    if any((ord(ch) < 32 and ch not in "\t\n\f\r") or 0x7F <= ord(ch) < 0xA0 for ch in text):
        return -1.0
    wide = [ch for ch in text if not ch.isascii()]
    han = [ch for ch in wide if _is_han(ch)]
    common = sum(ch in _common(standard) for ch in han)
    printed = sum(map(_is_printed, wide))
    if common < least * len(han) or 20 * (len(wide) - len(han) - printed) > len(wide):
        return -1.0
    return 1 - (len(wide) - common - printed) / max(len(text), 1)


@cache
def _common(standard: str) -> frozenset[str]:
    """The common characters, those that a standard puts first."""
    first, last, trails = {
        "gb2312": (0xB0, 0xD7, (*range(0xA1, 0xFF),)),
        "big5": (0xA4, 0xC6, (*range(0x40, 0x7F), *range(0xA1, 0xFF))),
    }[standard]
    cells = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in trails)
    return frozenset("".join(cell.decode(standard, "ignore") for cell in cells))


def _is_han(ch: str) -> bool:
    return "\u3400" <= ch <= "\u9fff" or "\U00020000" <= ch <= "\U0003ffff"


def _is_printed(ch: str) -> bool:
    """Punctuation and forms of full width, as they stand between Han characters in print."""
    return "\u2000" <= ch <= "\u27bf" or "\u3000" <= ch <= "\u303f" or "\uff00" <= ch <= "\uffef" or ch in "°±·×÷"


@contextmanager
def _written_beside(target: Path, data: bytes) -> Iterator[str]:
    """A new file beside `target` that holds `data`, on the disk, with the mode, owner and attributes of `target`.

    Removed at the end, unless it has been given another name.
    """
    handle, name = tempfile.mkstemp(prefix=".ocrfix-", dir=target.parent)
    try:
        with open(handle, "wb") as file:
            file.write(data)
            _take_after(target, name)
            file.flush()
            os.fsync(file.fileno())
        yield name
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _take_after(target: Path, name: str) -> None:
    """Gives a new file what the system keeps of the old one, as far as it lets us; the mode always."""
    old = target.stat()
    if hasattr(os, "listxattr"):  # access lists among them
        with suppress(OSError):
            for attribute in os.listxattr(target):
                with suppress(OSError):
                    os.setxattr(name, attribute, os.getxattr(target, attribute))
    if hasattr(os, "chown"):
        try:
            os.chown(name, old.st_uid, old.st_gid)
        except OSError:  # only the superuser may give files away; a group is another matter
            with suppress(OSError):
                os.chown(name, -1, old.st_gid)
    os.chmod(name, stat.S_IMODE(old.st_mode))  # last: a new owner takes the rights of set-uid away


def _sync_folder(folder: Path) -> None:
    """Asks that the new name be on the disk too; not every system lets us."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
