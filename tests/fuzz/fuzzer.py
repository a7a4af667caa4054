"""Fuzzes one target for a while, led by coverage; what it finds is kept in found/TARGET/, where the tests run it again.

    pip install atheris
    python tests/fuzz/fuzzer.py decoding --seconds 60       the targets are those of targets.py

Prints how many inputs were tried, and ends with an error at the first find.
"""

from __future__ import annotations

import argparse
import io
import sys
import tempfile
from pathlib import Path

import pyarrow
import pyarrow.parquet

FOUND = Path(__file__).resolve().parent / "found"


def rows() -> bytes:
    """A small table in Parquet."""
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"text": ["要坚持以经济建没为中心", None, "在平"], "n": [1, 2, 3]}), out)
    return out.getvalue()


PAGES = FOUND.parent.parent / "formats"
PLACE = '"path": "PAGE", "line": 1, "column": 1, "start": 0, "end": 1, "original": "在"'
SEEDS = {
    "decoding": ["在平区\r\n".encode(), "在平区".encode("gbk"), "聊城縣".encode("big5"), "在平".encode("utf-16")],
    "settings": ['engine = "ppocr"\nprotect = ["在平"]\n'.encode(), b"[tool.ocrfix]\naccept = 0.9\ndate = 1998\n"],
    "lists": ["371503\t茌平区\tcounty\t3715\t2019\t\tforce\n".encode(), "# ours\n和平\tforce\n".encode()],
    "changes": [b'{"path": "p", "line": 1, "column": 1, "start": 0, "end": 0, "original": "", "replacement": "x"}\n'],
    "decisions": [
        f'{{{PLACE}, "replacement": "茌", "decision": "accept", "proposed": "茌", "by": "me"}}\n'.encode(),
        f'{{{PLACE}, "replacement": "茌", "before": "", "after": "平区", "suggestion": true}}\n'.encode(),
    ],
    "profiles": [
        "engine\tppocr\t\t\t\t\nmisread\t茌\t在\t18\t18\t\nname\t茌平\t\t2\t\t\nprotected\t在平\t\t\t\tx\n".encode()
    ],
    "journals": [b'{"journal":"ocrfix","settings":"s"}\n{"files":{"page.txt":"00"},"counts":{"corrections":1}}\n'],
    "issues": [(PAGES / "mets.xml").read_bytes().replace(b"text/", b"")],
    "recognising": [path.read_bytes() for path in sorted(PAGES.iterdir())],
    "correcting": ["中共聊城市在平区委，\n要坚持以经济建没为中心。".encode()],
    "alto": [path.read_bytes() for path in sorted(PAGES.glob("alto*"))],
    "hocr": [path.read_bytes() for path in sorted([*PAGES.glob("*.hocr"), *PAGES.glob("*.html")])],
    "page": [path.read_bytes() for path in sorted(PAGES.glob("page-*"))],
    "rapidocr": [path.read_bytes() for path in sorted(PAGES.glob("rapid*"))],
    "paddleocr": [path.read_bytes() for path in sorted(PAGES.glob("paddle*"))],
    "markdown": [path.read_bytes() for path in sorted(PAGES.glob("*.md"))],
    "jsonl": [path.read_bytes() for path in sorted(PAGES.glob("*.jsonl"))],
    "parquet": [rows()],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=SEEDS)
    parser.add_argument("--seconds", type=int, default=60)
    args = parser.parse_args()
    import atheris  # not among what the tests need

    with atheris.instrument_imports(include=["ocrfix", "tomllib"]):
        from targets import TARGETS
    folder = FOUND / args.target
    folder.mkdir(parents=True, exist_ok=True)
    corpus = Path(tempfile.gettempdir(), f"ocrfix-fuzz-{args.target}")
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(SEEDS[args.target]):
        (corpus / f"seed-{number}").write_bytes(seed)
    longest = max(400, *(len(seed) + 400 for seed in SEEDS[args.target]))
    options = [f"-max_total_time={args.seconds}", f"-artifact_prefix={folder}/", f"-max_len={longest}"]
    # What atheris remembers of the strings that were compared grows with each run.
    options += ["-print_final_stats=1", "-report_slow_units=60", "-rss_limit_mb=6000"]
    atheris.Setup([sys.argv[0], str(corpus), *options], TARGETS[args.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
