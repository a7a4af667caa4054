"""Fuzzes one target for a while, led by coverage; what it finds is kept in found/TARGET/, where the tests run it again.

    pip install atheris
    python tests/fuzz/fuzzer.py decoding --seconds 60

Prints how many inputs were tried, and ends with an error at the first find.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

FOUND = Path(__file__).resolve().parent / "found"

SEEDS = {
    "decoding": ["在平区\r\n".encode(), "在平区".encode("gbk"), "聊城縣".encode("big5"), "在平".encode("utf-16")],
    "settings": ['engine = "ppocr"\nprotect = ["在平"]\n'.encode(), b"[tool.ocrfix]\naccept = 0.9\ndate = 1998\n"],
    "lists": ["371503\t茌平区\tcounty\t3715\t2019\t\tforce\n".encode(), "# ours\n和平\tforce\n".encode()],
    "changes": [b'{"path": "p", "line": 1, "column": 1, "start": 0, "end": 0, "original": "", "replacement": "x"}\n'],
    "correcting": ["中共聊城市在平区委，\n要坚持以经济建没为中心。".encode()],
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
    options = [f"-max_total_time={args.seconds}", f"-artifact_prefix={folder}/", "-max_len=400", "-print_final_stats=1"]
    options.append("-report_slow_units=60")
    atheris.Setup([sys.argv[0], str(corpus), *options], TARGETS[args.target])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
