"""Settings: checked, found, and refused with file, line and key."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from ocrfix import Config
from ocrfix.config import SettingsError


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"engine": "abbyy"}, ValueError, "engine: expected one of generic, ppocr, tesseract, typed, found 'abbyy'"),
        ({"accept": 1.5}, ValueError, "accept: expected a number from 0 to 1, found 1.5"),
        ({"accept": float("nan")}, ValueError, "accept: expected a number from 0 to 1"),
        ({"accept": "0.9"}, TypeError, "accept: expected a number"),
        ({"accept": True}, TypeError, "accept: expected a number"),
        ({"accept": 0.4}, ValueError, "suggest: expected at most accept, which is 0.4, found 0.5; set both"),
        ({"suggest": 0.95}, ValueError, "suggest: expected at most accept"),
        ({"date": "1998"}, TypeError, "date: expected a year"),
        ({"date": 19980305}, ValueError, "date: expected a year"),
        ({"protect": "茌平"}, TypeError, "protect: expected a list of strings, found '茌平'"),
        ({"region": [371503]}, TypeError, "region: expected a list of strings, found 371503 in it"),
        ({"protect_files": "w.txt"}, TypeError, "protect_files: expected a list of strings, found 'w.txt'"),
        ({"gazetteers": [""]}, ValueError, "gazetteers: expected strings that are not empty"),
    ],
)
def test_values_out_of_range(values: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Config(**values)


def test_config_is_a_value() -> None:
    config = Config(engine="ppocr", protect=["茌平"], gazetteers=[Path("names.tsv")])  # type: ignore[arg-type]
    assert config == Config(engine="ppocr", protect=("茌平",), gazetteers=("names.tsv",))
    assert pickle.loads(pickle.dumps(config)) == config
    assert len({config, Config()}) == 2


FULL = """\
# comment
engine = "tesseract"
accept = 0.95
suggest = 0.6
region = "山东省"
date = 1998
gazetteers = ["lists/names.tsv", "/abs/names.tsv"]
protect = [
    "保护词",
]
protect_files = ["lists/words.txt"]
"""


@pytest.mark.parametrize(("name", "header"), [("ocrfix.toml", ""), ("pyproject.toml", "[tool.ocrfix]\n")])
def test_every_key_in_either_file(tmp_path: Path, name: str, header: str) -> None:
    (tmp_path / name).write_text(header + FULL, encoding="utf-8")
    expected = Config(
        "tesseract",
        0.95,
        0.6,
        ("山东省",),
        1998,
        (str(tmp_path / "lists/names.tsv"), str(Path("/abs/names.tsv"))),
        ("保护词",),
        (str(tmp_path / "lists/words.txt"),),
    )
    assert Config.from_file(tmp_path / name) == expected
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert Config.discover(below) == expected


def test_the_nearest_settings_are_taken_alone(tmp_path: Path) -> None:
    below = tmp_path / "below"
    below.mkdir()
    (tmp_path / "ocrfix.toml").write_text("accept = 0.97\n")
    (below / "pyproject.toml").write_text("[tool.other]\nline-length = 120\n")
    assert Config.discover(below).accept == 0.97
    (below / "pyproject.toml").write_text("[tool.ocrfix]\nsuggest = 0.1\n")
    assert Config.discover(below) == Config(suggest=0.1)
    (below / "ocrfix.toml").write_text('engine = "ppocr"\n')
    assert Config.discover(below) == Config(engine="ppocr")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "ocrfix.toml",
            "date = 1998\nacept = 0.9\n",
            "ocrfix.toml:2: unknown key 'acept', did you mean 'accept'[?]; known:",
        ),
        ("ocrfix.toml", "zzzz = 1\n", "ocrfix.toml:1: unknown key 'zzzz'; known: engine, accept"),
        ("ocrfix.toml", "\n[acept]\nx = 1\n", "ocrfix.toml:2: unknown key 'acept'"),
        ("ocrfix.toml", '[tool.ocrfix]\nengine = "ppocr"\n', "ocrfix.toml:1: unknown key 'tool'"),
        ("pyproject.toml", "[a]\nacept=1\n[tool.ocrfix]\nacept = 1\n", "pyproject.toml:4: unknown key 'acept'"),
        ("pyproject.toml", "tool.ocrfix.acept = 1\n", "pyproject.toml: unknown key 'acept'"),
        ("pyproject.toml", "[tool]\nocrfix = 3\n", r"pyproject.toml: expected a table \[tool.ocrfix\], found 3"),
        ("pyproject.toml", "[project]\n", r"pyproject.toml: expected a table \[tool.ocrfix\], found none"),
        ("ocrfix.toml", "date = 1998\naccept = 7\n", "ocrfix.toml:2: accept: expected a number from 0 to 1, found 7"),
        ("ocrfix.toml", "\naccept = 0.3\n", "ocrfix.toml:2: suggest: expected at most accept"),
        ("ocrfix.toml", 'gazetteers = "names.tsv"\n', "ocrfix.toml:1: gazetteers: expected a list of strings"),
        (
            "ocrfix.toml",
            "date = 1\nprotect_files = 3\n",
            "ocrfix.toml:2: protect_files: expected a list of strings, found 3",
        ),
        ("ocrfix.toml", "accept = \n", "ocrfix.toml:1: expected TOML"),
        ("ocrfix.toml", "accept = " + 10_000 * "[", "ocrfix.toml: expected TOML, found brackets within brackets"),
        ("ocrfix.toml", "date = " + 5_000 * "9", "ocrfix.toml: expected TOML: Exceeds the limit"),
        ("missing.toml", None, "missing.toml: cannot be read: No such file"),
    ],
)
def test_settings_that_cannot_be_used(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(SettingsError, match=message):
        Config.from_file(tmp_path / name)


def test_settings_in_another_encoding(tmp_path: Path) -> None:
    (tmp_path / "ocrfix.toml").write_bytes('region = "山东省"\n'.encode("gb18030"))
    with pytest.raises(SettingsError, match="ocrfix.toml: expected UTF-8, found other bytes at 12"):
        Config.from_file(tmp_path / "ocrfix.toml")


def test_from_mapping_needs_no_file() -> None:
    assert Config.from_mapping({"gazetteers": ["names.tsv"]}, folder="lists").gazetteers == (
        str(Path("lists/names.tsv")),
    )
    with pytest.raises(SettingsError, match="^ocrfix.toml: unknown key 'engin', did you mean 'engine'"):
        Config.from_mapping({"engin": "ppocr"})
