"""The targets of the fuzzer on bytes that hypothesis makes, and on all that was found before."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE))
from fuzzer import SEEDS  # noqa: E402
from targets import TARGETS  # noqa: E402

FOUND = sorted(path for path in (HERE / "found").rglob("*") if path.is_file())

# Words of the formats, so that more than the first byte is read.
WORDS = (
    *(
        b"accept",
        b"protect",
        b"[tool.ocrfix]",
        b"=",
        b"[",
        b"]",
        b'"',
        b"'",
        b"\n",
        b"\r",
        b"\t",
        b"{",
        b"}",
        b":",
        b",",
    ),
    *(b"0.9", b"1998", b"-1", b"9" * 30, b"true", b"null", b'"path"', b'"start"', b'"suggestion"', b"force", b"#"),
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\x80", b"\xff"),
    *("在平".encode(), "在平".encode("gbk"), "縣".encode("big5")),
)
words = st.sampled_from(WORDS)
data = st.lists(words | st.binary(max_size=6), max_size=30).map(b"".join)


@pytest.mark.parametrize("target", TARGETS)
@given(data=data)
def test_bytes_of_any_sort(target: str, data: bytes) -> None:
    TARGETS[target](data)


def test_there_is_a_seed_for_each_target() -> None:
    assert SEEDS.keys() == TARGETS.keys()


@pytest.mark.parametrize("target", SEEDS)
@settings(deadline=None)
@given(draw=st.data())
def test_what_is_nearly_right(target: str, draw: st.DataObject) -> None:
    good = draw.draw(st.sampled_from(SEEDS[target]))
    start = draw.draw(st.integers(0, len(good)))
    end = draw.draw(st.integers(start, min(len(good), start + 20)) | st.just(len(good)))
    TARGETS[target](good[:start] + draw.draw(words | st.binary(max_size=8)) + good[end:])


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}/{path.name[:20]}")
def test_what_was_found_before(path: Path) -> None:
    TARGETS[path.parent.name](path.read_bytes())
