"""How the house is built: imports point one way, modules are short, and no rule knows the sample page."""

from __future__ import annotations

import ast
import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import PAGE, ROOT

import ocrfix

SOURCE = ROOT / "src" / "ocrfix"
MODULES = sorted(SOURCE.rglob("*.py"))
LEXICONS = ROOT / "lexicons"

FORMATS = tuple(
    f"formats.{module}"
    for module in (
        *("scan", "document", "assembly", "together", "markup", "json_source", "reading_order", "lines"),
        *("alto", "hocr", "page_xml", "mets", "rapidocr", "paddleocr", "markdown", "jsonl", "parquet"),
    )
)

# A module imports from those to its left only. A new one takes its place here.
ORDER = (
    *("spans", "review", "review.page", "model", "config", "text"),
    *("spellings", "trie", "language", "mapped", "glyphs", "sounds", "lexicon", "usage", "script"),
    *("profile", "pairs", "worn", "channel", "confidence"),
    *("places", "rows", "short_forms", "bearers", "gazetteer", "name_index", "activation"),
    *("resources", "tally", "survey", "detect"),
    *(
        "proposals",
        "near_names",
        "far_names",
        "proposed_names",
        "names",
        "repeats",
        "expectations",
        "characters",
        "established",
    ),
    *("readings", "evidence", "name_evidence", "doubts", "rereading", "rhythm", "marks", "strangers", "propose"),
    *("score", "decode", "notes", "decide", "workers", "pipeline", "learn", "collection", "plots", "report"),
    *("files", *FORMATS, "formats", "findings", "review.pictures", "review.sheets", "changes", "applying"),
    *("journal", "console", "corpus.rows", "corpus.parts", "corpus.contents", "corpus.store", "corpus.work", "corpus"),
    *(
        "integrations",
        "integrations.ray",
        "integrations.datasets",
        "integrations.datatrove",
        "options",
        "settings",
        "runs",
    ),
    *(f"commands.{verb}" for verb in ("check", "places", "review", "apply", "learn", "report", "corpus")),
    *("commands", "cli"),
)

PUBLIC = {
    "Alternative",
    "Config",
    "Correction",
    "Corrector",
    "Evidence",
    "OcrText",
    "Resources",
    "Result",
    "__version__",
    "correct",
}


def imported(module: str) -> set[str]:
    """The modules of ours that a module imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source_of(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.removeprefix("ocrfix.") for alias in node.names if alias.name.startswith("ocrfix.")}
        elif isinstance(node, ast.ImportFrom):
            parts = [part for part in ("ocrfix" if node.level else "", node.module) if part]
            package, _, name = ".".join(parts).partition(".")
            if package == "ocrfix":
                inner = {f"{name}.{alias.name}" if name else alias.name for alias in node.names} & set(ORDER)
                found |= inner or ({name} if name else set())
    return found


def source_of(module: str) -> Path:
    """The file of a module; that of a package is its __init__."""
    path = SOURCE / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


def test_every_module_has_its_place() -> None:
    assert {name_of(path) for path in MODULES} - {"__init__", "__main__"} == set(ORDER)


@pytest.mark.parametrize("module", ORDER)
def test_imports_point_one_way(module: str) -> None:
    assert imported(module) <= set(ORDER[: ORDER.index(module)])


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_modules_are_short_and_say_what_they_are(path: object) -> None:
    source = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert len(source.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(source))


def test_public_names() -> None:
    assert set(ocrfix.__all__) == PUBLIC
    assert all(hasattr(ocrfix, name) for name in PUBLIC)
    assert set(dir(ocrfix)) >= PUBLIC
    with pytest.raises(AttributeError, match="module 'ocrfix' has no attribute 'corect'"):
        ocrfix.corect  # noqa: B018


@pytest.mark.parametrize("statement", ["import ocrfix", "import ocrfix.cli; ocrfix.cli.main(['check', '--help'])"])
def test_import_is_cheap(statement: str) -> None:
    heavy = {
        "numpy",
        "pypinyin",
        "opencc",
        "rapidfuzz",
        "rich",
        "ocrfix.pipeline",
        "ocrfix.resources",
    }
    program = f"import sys\ntry:\n    {statement}\nexcept SystemExit:\n    pass\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert not heavy & set(done.stderr.decode().split())


def test_correcting_imports_no_pypinyin() -> None:
    program = "import sys, ocrfix; ocrfix.correct('会议强调。'); assert 'pypinyin' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def strings() -> Iterator[tuple[str, str]]:
    """The strings that code uses, with where they stand; docstrings are for the reader and are left out."""
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                yield f"{path.name}:{node.lineno}", node.value


def test_no_rule_knows_the_sample_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for where, string in strings():
        known = [run for run in re.findall(r"[\u3400-\u9fff]{3,}", string) if run in page]
        assert not known, f"{where}: {known} stands on the sample page; what is place-specific belongs in a lexicon"


def test_no_rule_names_a_place() -> None:
    names: set[str] = set()
    for table in (LEXICONS / "gazetteer.tsv", *(LEXICONS / "local").glob("*.tsv")):
        with table.open(encoding="utf-8", newline="") as file:
            names |= {row["name"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    assert len(names) > 1000
    for where, string in strings():
        parts = {string[i:j] for i in range(len(string)) for j in range(i + 2, min(i + 12, len(string)) + 1)}
        assert not parts & names, (
            f"{where}: {sorted(parts & names)} is a place; what is place-specific belongs in a lexicon"
        )
