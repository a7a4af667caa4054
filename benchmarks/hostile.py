"""Do texts made to hurt take longer than ordinary ones? The time and the memory of each, beside the sample page's.

    python benchmarks/hostile.py [--length N]

Each text is N characters long (default 4,000) and is corrected three times; the quickest counts, in
seconds of the processor, which do not hang on what else it does. times: against the
sample page, repeated or cut to the same length. Every diff is drawn too, and the corrections taken back.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import time
from pathlib import Path

from ocrfix import correct
from ocrfix.spans import apply

PAGE = Path(__file__).resolve().parent / "sample" / "page.txt"

HOSTILE = {
    "one character": "在",
    "two by turns": "在平",
    "a name again and again": "茌平区",
    "a misread name again and again": "在平区、",
    "a phrase, slipped": "稳中向好、稳中向好，",
    "marks alone": "，",
    "stops and a character": "在。",
    "a line a character": "在\n",
    "blank lines": "\n",
    "carriage returns": "\r",
    "white space between all": "在 平　",
    "squares of the censor": "□",
    "open brackets": "[",
    "原文如此, never closed": "（原文如此",
    "原文如此": "（原文如此）",
    "backquotes": "`",
    "code, never closed": "```在",
    "addresses": "http://a.b/在",
    "at signs": "a@",
    "a long local part": "a.",
    "digits": "1998年3月5日",
    "combining marks": "在\u0301",
    "variation selectors": "在\ufe00\U000e0100",
    "lone surrogates": "在\ud800",
    "private use": "\ue000\U000f0000",
    "right to left": "\u202eשלום\u202c在",
    "joined emoji": "👨\u200d👩\u200d👧",
    "every ideograph": "".join(map(chr, range(0x4E00, 0x9FA6))),
    "rare ideographs": "".join(map(chr, range(0x20000, 0x24000))),
    "traditional": "縣國東會議",
    "kana": "これはペンです",
    "hangul": "한국어 신문",
}


def long_as(text: str, length: int) -> str:
    return "".join(itertools.islice(itertools.cycle(text), length))


def seconds(text: str, rounds: int = 3) -> float:
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        result = correct(text)
        taken.append(time.process_time() - started)
    assert apply(result.text, result.inverse) == text
    for style in ("unified", "inline", "json", "html"):
        result.diff(style)
    return min(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--length", type=int, default=4_000)
    args = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    seconds(page, 1)  # reads the tables
    ordinary = 0.0
    print(f"| {args.length:,} characters | seconds | times | most memory so far, MB |\n| --- | --: | --: | --: |")
    rows = {"the sample page": long_as(page, args.length), "the same in one line": long_as(page, args.length)}
    rows["the same in one line"] = rows["the same in one line"].replace("\n", "")
    rows |= {name: long_as(text, args.length) for name, text in HOSTILE.items()}
    for name, text in rows.items():
        taken = seconds(text)
        ordinary = ordinary or taken  # the sample page's
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"| {name} | {taken:.3f} | {taken / ordinary:.1f} | {memory} |", flush=True)


if __name__ == "__main__":
    main()
