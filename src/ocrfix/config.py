"""Every setting, in one frozen value; and where a user's settings are found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from os import PathLike, fspath
from pathlib import Path
from typing import Any

ENGINES = ("generic", "ppocr", "tesseract", "typed")
SETTINGS_FILE = "ocrfix.toml"
FILES = ("gazetteers", "protect_files")
"""Settings that name files; in a settings file, relative to it."""


@dataclass(frozen=True)
class Config:
    """The settings of a Corrector; vary one with `dataclasses.replace`.

    engine: what read the page, and so which characters it is known to take for which: "ppocr", "tesseract", "generic"
        (default) for any of these, or "typed" for text that was typed or dictated, in which sound-alikes are proposed
        besides.
    accept: the score from which a correction is made, 0 to 1, default 0.83; for marks of punctuation half of the doubt
        that this leaves (0.91), for repetitions a quarter (0.955). Raise it where a wrong change costs more than a
        missed one.
    suggest: the score from which it is suggested, all alternatives of the place together, 0 to `accept`, default 0.5.
        Lower it for review by hand.
    region: places that the text is about, by name or code, default none. For text too short to say where it is from.
    date: the year of the paper, default unknown. Names not in use that year count for less.
    gazetteers: files of further names, default none; columns as in lexicons/gazetteer.tsv.
    protect: words that are never touched, default none; found also over white space within them, and in any width.
    protect_files: lists of such words, default none: one a line, after a tab the reason, or a table as
        lexicons/protected.tsv. For lists kept with their reasons.
    profile: what `ocrfix learn` learnt of other pages of the same collection, a file, default none. Where `engine` is
        "generic", it says which engine it was.

    >>> Config(accept=0.97).accept
    0.97

    Raises ValueError for a value out of range, TypeError for one of another type; the message names the field.
    """

    engine: str = "generic"
    accept: float = 0.83
    suggest: float = 0.5
    region: tuple[str, ...] = ()
    date: int | None = None
    gazetteers: tuple[str, ...] = ()
    protect: tuple[str, ...] = ()
    protect_files: tuple[str, ...] = ()
    profile: str | None = None

    def __post_init__(self) -> None:
        for name in ("region", "protect", *FILES):
            object.__setattr__(self, name, _strings(name, getattr(self, name)))
        if self.engine not in ENGINES:
            raise ValueError(f"engine: expected one of {', '.join(ENGINES)}, found {self.engine!r}")
        for name in ("accept", "suggest"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise TypeError(f"{name}: expected a number from 0 to 1, found {value!r}")
            if not 0 <= value <= 1:
                raise ValueError(f"{name}: expected a number from 0 to 1, found {value}")
        if self.suggest > self.accept:
            raise ValueError(
                f"suggest: expected at most accept, which is {self.accept}, found {self.suggest}; set both"
            )
        if self.profile is not None:
            object.__setattr__(self, "profile", _strings("profile", (self.profile,))[0])
        if self.date is not None:
            if isinstance(self.date, bool) or not isinstance(self.date, int):
                raise TypeError(f"date: expected a year, for instance 1998, found {self.date!r}")
            if not 1 <= self.date <= 9999:
                raise ValueError(f"date: expected a year, for instance 1998, found {self.date}")

    def lists(self) -> tuple[str, ...]:
        """The SHA-256 of each file that the settings name: two settings are the same where these are too.

        >>> Config().lists()
        ()

        Raises OSError where one cannot be read.
        """
        import hashlib

        paths = (*self.gazetteers, *self.protect_files, *filter(None, [self.profile]))
        return tuple(hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in paths)

    @classmethod
    def from_mapping(
        cls,
        mapping: Mapping[str, Any],
        where: str = SETTINGS_FILE,
        *,
        lines: Mapping[str, int] | None = None,
        folder: str | PathLike[str] = "",
    ) -> Config:
        """The settings that a table of a settings file holds; what it leaves out keeps its default.

        where: the file, for messages. lines: at which line each key stands, where known.
        folder: what relative paths in `gazetteers`, `protect_files` and `profile` are relative to, default the current
            directory.

        >>> Config.from_mapping({"engine": "ppocr", "region": ["山东省"]}).region
        ('山东省',)

        Raises SettingsError, naming file, line and key.
        """
        known = [field.name for field in fields(cls)]
        values = dict(mapping)

        def at(key: str) -> str:
            return f"{where}:{lines[key]}" if lines and key in lines else where

        for key in values:
            if key not in known:
                raise SettingsError(f"{at(key)}: unknown key {key!r}{_meant(key, known)}; known: {', '.join(known)}")
        if isinstance(values.get("region"), str):
            values["region"] = [values["region"]]  # one place needs no list
        try:
            for name in (name for name in FILES if name in values):
                values[name] = tuple(str(Path(folder, path)) for path in _strings(name, values[name]))
            if isinstance(values.get("profile"), str):
                values["profile"] = str(Path(folder, values["profile"])) if values["profile"] else ""
            return cls(**values)
        except (TypeError, ValueError) as error:
            key = str(error).partition(":")[0]  # each message opens with its field
            raise SettingsError(f"{at(key if key in values else 'accept')}: {error}") from None

    @classmethod
    def from_file(cls, path: str | PathLike[str]) -> Config:
        """The settings in an ocrfix.toml, or in `[tool.ocrfix]` of a pyproject.toml.

        Raises SettingsError where the file cannot be read, is no TOML, has no such table, or holds what from_mapping
        refuses.
        """
        path = Path(path)
        found = _read(path)
        if found is None:
            raise SettingsError(f"{path}: expected a table [tool.ocrfix], found none")
        return found

    @classmethod
    def discover(cls, folder: str | PathLike[str] = ".") -> Config:
        """The settings nearest to `folder`, in it or above it; the defaults where there are none.

        The first ocrfix.toml, or pyproject.toml with `[tool.ocrfix]`, is taken alone: files are not merged.

        Raises SettingsError as from_file does.
        """
        here = Path(folder).resolve()
        for parent in (here, *here.parents):
            for name in (SETTINGS_FILE, "pyproject.toml"):
                if (path := parent / name).is_file() and (found := _read(path)) is not None:
                    return found
        return cls()


class SettingsError(ValueError):
    """Settings that cannot be used; the message names the file, and the line where it is known."""


def _strings(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise TypeError(f"{name}: expected a list of strings, found {value!r}")
    items = tuple(value)
    for item in items:
        if not isinstance(item, str | PathLike):
            raise TypeError(f"{name}: expected a list of strings, found {item!r} in it")
        if not fspath(item):
            raise ValueError(f"{name}: expected strings that are not empty, found {item!r}")
    return tuple(str(fspath(item)) for item in items)


def _meant(key: str, known: Iterable[str]) -> str:
    """A hint at the known key nearest to a mistyped one, or nothing."""
    from rapidfuzz import fuzz, process

    best = process.extractOne(key.lower(), known, scorer=fuzz.ratio, score_cutoff=60)
    return f", did you mean {best[0]!r}?" if best else ""


def _read(path: Path) -> Config | None:
    """The settings in a file; None where a pyproject.toml says nothing of ocrfix."""
    import tomllib

    try:
        source = path.read_bytes().decode("utf-8-sig")
        table: Any = tomllib.loads(source)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: expected UTF-8, found other bytes at {error.start}") from None
    except RecursionError:
        raise SettingsError(f"{path}: expected TOML, found brackets within brackets without end") from None
    except ValueError as error:  # TOMLDecodeError, or a number too long to be read
        at = re.search(r"at line (\d+)", str(error))
        raise SettingsError(f"{path}{':' + at[1] if at else ''}: expected TOML: {error}") from None
    header = ""
    if path.name == "pyproject.toml":
        header = "tool.ocrfix"
        tool = table.get("tool", {})
        table = tool.get("ocrfix") if isinstance(tool, dict) else None
        if table is None:
            return None
        if not isinstance(table, dict):
            raise SettingsError(f"{path}: expected a table [tool.ocrfix], found {table!r}")
    return Config.from_mapping(table, str(path), lines=_key_lines(source, header), folder=path.parent)


def _key_lines(source: str, header: str) -> dict[str, int]:
    """At which line, from 1, each key of a table stands; for messages only, so a key that it overlooks does no harm."""
    found: dict[str, int] = {}
    prefix = header + "." if header else ""
    current = ""
    for number, line in enumerate(source.split("\n"), 1):
        if table := re.match(r"\s*\[+([^\]]+)\]", line):
            current = re.sub(r"[\s\"']", "", table[1]) + "."
            if current != prefix and current.startswith(prefix):
                found.setdefault(current.removeprefix(prefix).partition(".")[0], number)
        elif current == prefix and (key := re.match(r"\s*[\"']?([\w-]+)", line)):
            found.setdefault(key[1], number)
    return found
