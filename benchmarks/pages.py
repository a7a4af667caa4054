"""Whole pages in layout files: read, corrected, written back, and looked at by other parsers.

    python benchmarks/pages.py --pages FOLDER    NAME.alto.xml, NAME.hocr, NAME.rapidocr.json, each with NAME.truth.json

Of each file: the character error rate before and after, over all characters without width and white space, as read
from the file in its reading order; the wrong Han characters before and after (Levenshtein distance); and what is amiss:
a byte that changes without corrections, a box or id that is not where it was (as xml.etree and json read them), a text
that reads back otherwise, lines that hocr-tools does not find again (where it is installed), an error rate that does
not fall. Exit code 1 where anything is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from metrics import han
from rapidfuzz.distance import Levenshtein
from run import folded
from tables import markdown

from ocrfix import Config, Corrector
from ocrfix.config import ENGINES
from ocrfix.files import FileError
from ocrfix.formats import correct_together, open_document

SUFFIXES = (".alto.xml", ".hocr", ".page.xml", ".rapidocr.json", ".paddleocr.json")
COLUMNS = ("file", "before", "after", "Han", "corrections", "amiss")
BOXES = ("HPOS", "VPOS", "WIDTH", "HEIGHT", "ID", "id", "points", "WC", "class")


def boxes(data: bytes, name: str) -> list[Any]:
    """All that a file says of where things are and what they are called, as a parser that is not ours reads it."""
    if name.endswith(".json"):
        return list(numbers(json.loads(data)))
    found = []
    for element in ET.fromstring(data).iter():
        title = element.get("title", "").partition("; x_printed")[0]
        values = [title, *(element.get(key) for key in BOXES)]
        if any(values):
            found.append((element.tag, *values))
    return [item for item in found if not str(item).count("ocrfix")]


def numbers(value: Any) -> Iterator[Any]:
    """The numbers of a JSON value, and how they are nested; of texts only that there is one."""
    if isinstance(value, list):
        yield "["
        for item in value:
            yield from numbers(item)
        yield "]"
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from numbers(item)
    else:
        yield "text" if isinstance(value, str) else value


def hocr_tools_agree(before: bytes, after: bytes) -> bool | None:
    """Whether hocr-lines finds as many lines in both; None where hocr-tools is not installed."""
    program = shutil.which("hocr-lines")
    if not program:
        return None
    counts = []
    for data in (before, after):
        with tempfile.NamedTemporaryFile(suffix=".hocr") as file:
            file.write(data)
            file.flush()
            done = subprocess.run([program, file.name], capture_output=True, check=True)
        counts.append(len(done.stdout.splitlines()))
    return counts[0] == counts[1] > 0


def error_rate(text: str, gold: str) -> float:
    return Levenshtein.distance(folded(text), gold) / len(gold)


def measured(path: Path, truth: Path, corrector: Corrector) -> dict[str, str]:
    """One row: what reading, correcting and writing back did to a file."""
    data = path.read_bytes()
    whole = "".join(json.loads(truth.read_text(encoding="utf-8"))["paragraphs"])
    gold = folded(whole)
    document = open_document(data, path.name)
    (result,) = correct_together(corrector.correct, [document])
    written = document.rewritten(result.corrections)
    again = open_document(written, path.name)
    before, after = error_rate(str(document.text), gold), error_rate(str(again.text), gold)
    amiss = {
        "bytes": document.rewritten(()) != data,
        "boxes": boxes(written, path.name) != boxes(data, path.name),
        "text": folded(str(again.text)) != folded(result.text),
        "hocr-tools": path.suffix == ".hocr" and hocr_tools_agree(data, written) is False,
        "error rate": after >= before,
    }
    return {
        "file": path.name,
        "before": f"{before:.2%}",
        "after": f"{after:.2%}",
        "Han": " → ".join(str(Levenshtein.distance(han(str(d.text)), han(whole))) for d in (document, again)),
        "corrections": str(len(result.corrections)),
        "amiss": ", ".join(name for name, wrong in amiss.items() if wrong) or "nothing",
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--engine", choices=ENGINES, default="generic")
    args = parser.parse_args()
    corrector = Corrector(config=Config(engine=args.engine))
    rows = []
    for path in sorted(args.pages.iterdir()):
        suffix = next((s for s in SUFFIXES if path.name.endswith(s)), "")
        truth = path.with_name(path.name.removesuffix(suffix) + ".truth.json")
        if suffix and truth.exists():
            try:
                rows.append(measured(path, truth, corrector))
            except FileError as error:
                rows.append(
                    {"file": path.name, "before": "", "after": "", "Han": "", "corrections": "", "amiss": str(error)}
                )
    print(markdown(["file", "before", "after", "Han", "corrections", "amiss"], [list(row.values()) for row in rows]))
    bad = sum(row["amiss"] != "nothing" for row in rows)
    print(f"{bad} of {len(rows)} files amiss")
    return 1 if bad or not rows else 0


if __name__ == "__main__":
    raise SystemExit(main())
