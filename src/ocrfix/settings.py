"""Which settings does a run have: the settings file's, and what the command line says instead or besides."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from ocrfix import __version__
from ocrfix.config import Config

INSTEAD = ("engine", "accept", "suggest", "date", "profile")
"""Options that take the place of what a settings file says."""
BESIDES = (
    ("region", "region"),
    ("gazetteers", "gazetteer"),
    ("protect", "protect"),
    ("protect_files", "protect_file"),
)
"""Settings that options add to, and the options; a verb may lack some."""


def config(args: argparse.Namespace) -> Config:
    """The settings file's, with what the command line says instead or besides.

    >>> from ocrfix.options import parser
    >>> config(parser().parse_args(["places", "--isolated", "--region", "山东省", "page.txt"])).region
    ('山东省',)

    Raises SettingsError for a settings file that cannot be used, ValueError for an option out of range.
    """
    if args.config:
        found = Config.from_file(args.config)
    else:
        found = Config() if args.isolated else Config.discover()
    instead = {name: value for name in INSTEAD if (value := getattr(args, name, None)) is not None}
    besides: dict[str, Any] = {name: (*getattr(found, name), *getattr(args, option, ())) for name, option in BESIDES}
    return replace(found, **instead, **besides)


def in_a_line(config: Config) -> str:
    """The settings that corrections were made with, as a corrected file records them.

    >>> in_a_line(Config(region=("聊城",)))
    'accept=0.83; engine=generic; region=聊城'
    """
    said = {"accept": config.accept, "engine": config.engine, "region": " ".join(config.region), "date": config.date}
    said |= {"profile": Path(config.profile).name if config.profile else ""}
    return "; ".join(f"{name}={value}" for name, value in said.items() if value not in ("", None))


def that_count(args: argparse.Namespace, config: Config) -> str:
    """All that the result of a run hangs on, for its journal; lists that the user gave by what they hold.

    Raises OSError where one of them cannot be read.
    """
    said = {name: getattr(args, name) for name in ("write", "input_format", "encoding", "column")}
    said["lists"] = " ".join(config.lists()) or None
    return f"ocrfix {__version__}; {config!r}; {'; '.join(f'{name}={value}' for name, value in said.items())}"
