"""Which encoding is a file in? ocrfix's own answer beside those of charset-normalizer and chardet, by length of text.

    pip install charset-normalizer chardet
    python benchmarks/encodings.py FILE ...             files of correct text in UTF-8, one paragraph a line

Samples are cut from the files anywhere, Traditional ones made of them with OpenCC, and spelled in GB18030 and in Big5.
right: the text comes back as it was. refused: no answer; the file is left and --encoding asked for. Whatever is neither
is wrong. ocrfix is asked as the command asks it (`files.decode`), the others by their documented call.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from pathlib import Path

import chardet
from charset_normalizer import from_bytes
from opencc import OpenCC

from ocrfix import files

LENGTHS = (2, 4, 8, 16, 64, 1_000)


def ours(data: bytes) -> str | None:
    try:
        return files.decode(data, "sample")[0]
    except files.FileError:
        return None


def charset_normalizer(data: bytes) -> str | None:
    best = from_bytes(data).best()
    return str(best) if best else None


def chardets(data: bytes) -> str | None:
    encoding = chardet.detect(data)["encoding"]
    try:
        return data.decode("gb18030" if str(encoding).lower().startswith("gb") else str(encoding)) if encoding else None
    except (LookupError, UnicodeDecodeError):
        return None


ASKED: dict[str, Callable[[bytes], str | None]] = {
    "ocrfix": ours,
    "charset-normalizer": charset_normalizer,
    "chardet": chardets,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--samples", type=int, default=300)
    args = parser.parse_args()
    chance = random.Random(5)
    paragraphs = [line for path in args.files for line in path.read_text(encoding="utf-8").split("\n") if len(line) > 8]
    traditional = OpenCC("s2t")
    print(f"| written in | characters | {' | '.join(f'{name}: right, refused' for name in ASKED)} |")
    print(f"| --- | --: | {' | '.join('--:' for _ in ASKED)} |")
    for what, encoding in (("Simplified", "gb18030"), ("Traditional", "gb18030"), ("Traditional", "big5")):
        for length in LENGTHS:
            samples: dict[bytes, str] = {}
            while len(samples) < args.samples:
                text = "\n".join(chance.choices(paragraphs, k=1 + length // 30))
                start = chance.randrange(max(1, len(text) - length))
                text = text[start : start + length]
                text = traditional.convert(text) if what == "Traditional" else text
                data = text.encode(encoding, "ignore")  # without the few characters that Big5 lacks
                text = data.decode(encoding)
                if not text.isascii():
                    samples[data] = text
            row = []
            for ask in ASKED.values():
                answers = [(ask(data), text) for data, text in samples.items()]
                right = sum(answer == text for answer, text in answers) / len(answers)
                row.append(f"{right:.3f}, {sum(answer is None for answer, _ in answers) / len(answers):.3f}")
            print(f"| {what}, {encoding} | {length} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
