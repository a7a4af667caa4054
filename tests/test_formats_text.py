"""Markdown, JSON Lines and Parquet: what is text in them, and that all else stays."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from conftest import DAMAGED, MENDED, Ran
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import FILES, correction, opened, replaced, source_of, words
from pyarrow import parquet

from ocrfix.files import FileError
from ocrfix.formats import open_document
from ocrfix.model import Correction

Run = Callable[..., Ran]

MARKDOWN = [
    ("一段**话**，和*另*一段。", ["一段话，和另一段。"]),
    ("# 标题 #\n\n标题\n====\n\n正文", ["标题", "标题", "正文"]),
    ("[文字](网址/文字 '题')与![图](图)与<https://a.b/文>。", ["文字与与。"]),
    ("[文字][甲]\n\n[甲]: 网址/文字", ["文字"]),
    ("[不是链接] 与 ![也不是", ["[不是链接] 与 ![也不是"]),
    ("用`代码`和``代`码``，未完`的。", ["用和，未完的。"]),
    ("```\n代码\n```\n\n    代码\n\n~~~py\n代码", []),
    ("<div>\n标记\n</div>\n\n前<b>中</b>后<!-- 注 -->", ["前中后"]),
    ("> 引文\n> 第二行\n>\n> - 一点\n>   接着", ["引文第二行", "一点接着"]),
    ("1. 甲\n2. 乙\n   - 丙", ["甲", "乙", "丙"]),
    ("| 甲 | 乙 |\n|---|---|\n| 甲 | `码`丙 |\n| 乙 | 甲 |", ["甲", "乙", "甲", "丙", "乙", "甲"]),
    ("---\n题: 前言\n---\n正文", ["正文"]),
    ("+++\r\n题 = '前言'\r\n+++\r\n正文\r\n第二行", ["正文第二行"]),
    ("\r# 标题\r\r正文\r第二行\r", ["标题", "正文第二行"]),
    ("---\r题: 前言\r---\r正文", ["正文"]),
    ("正文\n\n---\n\n再来", ["正文", "再来"]),
    ("甲\\*乙 &amp; 丙", ["甲乙  丙"]),
    ("", []),
]


@pytest.mark.parametrize(("source", "said"), MARKDOWN)
def test_the_words_of_markdown(source: str, said: list[str]) -> None:
    document = open_document(source.encode(), "page.md")
    assert str(document.text) == words(said)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from([source for source, _ in MARKDOWN] + list("*_`[]()<>|#-\\&\n\r 甲a")), max_size=12),
    st.sampled_from(("\n", "\r\n", "\r")),
)
def test_a_character_of_markdown_is_that_of_its_place(pieces: list[str], end: str) -> None:
    source = end.join(pieces)
    document = source_of(open_document(source.encode(), "page.md"))
    places = [(ch, spelled[0]) for ch, spelled in zip(str(document.text), document.spelled, strict=True) if spelled]
    assert all(source[place.start] == ch for ch, place in places)
    starts = [place.start for _, place in places]
    assert starts == sorted(set(starts))


def test_only_words_of_markdown_are_corrected(ocrfix: Run, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_bytes(FILES["page.md"])
    assert ocrfix("check", "-w", "page.md").code == 0
    before, after = FILES["page.md"].decode(), (tmp_path / "page.md").read_text()
    changed = [(a, b) for a, b in zip(before.split("\n"), after.split("\n"), strict=True) if a != b]
    assert ("# 要坚持以**经济建没**为中心", "# 要坚持以**经济建设**为中心") in changed
    kept = [
        line for line in before.split("\n") if "://" in line or "```" in line or line.startswith(("    ", "<", "---"))
    ]
    assert [line for line in after.split("\n") if line in kept] == kept


# ---------------------------------------------------------------------------------------------------------------------


def test_json_lines_keep_spacing_numbers_and_all_other_columns() -> None:
    document = opened("rows.jsonl")
    assert str(document.text) == "要坚持以经济建没为中心。\n\n会议强调，\n要稳中求进。𠮷"
    assert document.rewritten(()) == FILES["rows.jsonl"]
    made = [replaced(document, "没", "设"), replaced(document, "强调", '强"调\n'), replaced(document, "𠮷", "吉")]
    before, after = FILES["rows.jsonl"].decode().split("\n"), document.rewritten(made).decode().split("\n")
    assert after[0] == before[0].replace("没", "设")
    assert after[1] == before[1].replace("\\u8c03", '\\"\\u8c03').replace("\\ud842\\udfb7", "吉")
    assert after[2:] == before[2:]


def test_each_row_is_a_document_of_its_own() -> None:
    document = opened("rows.jsonl")
    assert [str(document.text)[start:end] for start, end in document.parts] == str(document.text).split("\n\n")


def test_columns_of_json_lines(ocrfix: Run, tmp_path: Path) -> None:
    rows = [{"id": k, "body": text} for k, text in enumerate([DAMAGED, "会议强调。", DAMAGED])]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert (
        "no row has text in column 'text'; the columns are body, id: pass --column"
        in ocrfix("check", "rows.jsonl").stderr
    )
    report = ocrfix("check", "--column", "body", "rows.jsonl")
    assert [line.partition(" [")[0].split(": ")[1] for line in report.out.splitlines()] == ["row 1", "row 3"]
    assert ocrfix("check", "-w", "--column", "body", "rows.jsonl").code == 0
    written = [json.loads(line) for line in (tmp_path / "rows.jsonl").read_text().splitlines()]
    assert written == [{"id": row["id"], "body": row["body"].replace(DAMAGED, MENDED)} for row in rows]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('{"text": "a"}\n[1]\n', r"rows\.jsonl:2: expected a JSON object, found '\[1\]'"),
        ('{"text": "a"}\n{"text": 5}\n', r"rows\.jsonl:2: expected a string in column 'text', found 5"),
        ('{"text": "a"}\n{"text": "b\n', r"rows\.jsonl:2: not JSON"),
    ],
)
def test_json_lines_that_are_none(data: str, message: str) -> None:
    with pytest.raises(FileError, match=message):
        open_document(data.encode(), "rows.jsonl")


json_text = st.text(st.sampled_from('没设a"\\/\n\t\x00\x7f茌𠮷\ud842\u2028'), max_size=12)


@settings(max_examples=200, deadline=None)
@given(json_text, json_text, st.booleans(), st.data())
def test_any_string_of_json_is_written_as_json_reads_it(old: str, new: str, ascii_: bool, data: st.DataObject) -> None:
    line = json.dumps({"a": [1.50, old], "text": old}, ensure_ascii=ascii_)
    try:
        raw = line.encode()
    except UnicodeEncodeError:  # half a character, which only \u spells
        raw = json.dumps({"a": [1.50, old], "text": old}).encode()
    document = open_document(raw, "rows.jsonl")
    assert str(document.text) == json.loads(raw)["text"]
    start = data.draw(st.integers(0, len(document.text)))
    end = data.draw(st.integers(start, len(document.text)))
    made = correction(document, start, end, new.replace("\n", "").replace("\ud842", ""))
    if document.carries(made) and len(document.text):
        said = json.loads(document.rewritten([made]))
        assert said["text"] == str(document.text)[:start] + made.replacement + str(document.text)[end:]
        assert said["a"] == json.loads(raw)["a"]


# ---------------------------------------------------------------------------------------------------------------------


def table() -> pa.Table:
    schema = pa.schema(
        [("id", pa.int32()), ("text", pa.large_string()), ("score", pa.float32())], metadata={"by": "us"}
    )
    return pa.table(
        {"id": [1, 2, 3, 4], "text": [DAMAGED, None, "会议强调。", DAMAGED], "score": [0.5, 1, None, 2]}, schema
    )


def test_parquet_is_corrected_in_place(ocrfix: Run, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    parquet.write_table(table(), path, row_group_size=3, compression={"id": "NONE", "text": "ZSTD", "score": "GZIP"})
    before, bytes_before = parquet.ParquetFile(path), path.read_bytes()
    assert [line.split(": ")[1].split(" [")[0] for line in ocrfix("check", "rows.parquet").out.splitlines()] == [
        "row 1",
        "row 4",
    ]
    assert path.read_bytes() == bytes_before
    assert ocrfix("check", "-w", "rows.parquet").code == 0
    after = parquet.ParquetFile(path)
    said = after.read()
    assert said.column("text").to_pylist() == [MENDED, None, "会议强调。", MENDED]
    assert said.drop_columns("text") == before.read().drop_columns("text")
    assert after.schema_arrow.equals(before.schema_arrow, check_metadata=True)
    groups = [[f.metadata.row_group(k) for k in range(f.metadata.num_row_groups)] for f in (before, after)]
    assert [[g.num_rows for g in found] for found in groups] == [[3, 1], [3, 1]]
    assert [[g.column(k).compression for k in range(3)] for g in groups[1]] == [["UNCOMPRESSED", "ZSTD", "GZIP"]] * 2
    assert ocrfix("check", "-w", "rows.parquet").code == 0


@settings(deadline=None)
@given(st.lists(st.none() | st.text("在平", max_size=3), min_size=1, max_size=6), st.data())
def test_rows_of_parquet_are_those_that_counting_finds(values: list[str | None], data: st.DataObject) -> None:
    out = io.BytesIO()
    parquet.write_table(pa.table({"text": pa.array(values, pa.string())}), out)
    document = open_document(out.getvalue(), "rows.parquet")
    text, expected, made = str(document.text), list(values), []
    for row, (start, end) in zip((k for k, v in enumerate(values) if v is not None), document.parts, strict=True):
        assert {document.origin(at).element for at in range(start, end + 1)} == {f"row {row + 1}"}
        at = data.draw(st.integers(start, end))
        until = data.draw(st.integers(at, end))
        made.append(Correction(at, until, text[at:until], "茌", 0.9, "glyph"))
        expected[row] = f"{text[start:at]}茌{text[until:end]}"
    after = parquet.read_table(io.BytesIO(document.rewritten(made)))
    assert after.column("text").to_pylist() == expected


def test_parquet_that_unpacks_to_more_than_memory_is_refused() -> None:
    out = io.BytesIO()
    parquet.write_table(pa.table({"text": ["在" * 1000] * 1000}), out)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ocrfix.files.LARGEST", len(out.getvalue()))
        patch.setattr("ocrfix.formats.parquet.UNPACKED", 0)
        with pytest.raises(FileError, match=r"^rows\.parquet: unpacks to more than 0 MB; cut it into parts"):
            open_document(out.getvalue(), "rows.parquet")


def test_parquet_of_bytes_that_are_no_text_is_refused() -> None:
    out = io.BytesIO()
    parquet.write_table(pa.table({"text": pa.array([b"\xe5\x9c\xa8", b"\xbf"]).view(pa.string())}), out)
    with pytest.raises(FileError, match=r"^rows\.parquet: bytes that are not UTF-8 in column 'text'"):
        open_document(out.getvalue(), "rows.parquet")


def test_parquet_has_no_half_of_a_character() -> None:
    out = io.BytesIO()
    parquet.write_table(pa.table({"text": ["在平"]}), out)
    document = open_document(out.getvalue(), "rows.parquet")
    with pytest.raises(FileError, match=r"^rows\.parquet: Parquet can hold no .* \(U\+D800\); nothing written"):
        document.rewritten([Correction(0, 1, "在", "\ud800", 0.9, "glyph")])


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ("body", "no column 'body'; the columns are id, text, score: pass --column"),
        ("id", "expected strings in .*int32"),
    ],
)
def test_columns_of_parquet(column: str, message: str) -> None:
    out = io.BytesIO()
    parquet.write_table(table(), out)
    with pytest.raises(FileError, match=f"rows.parquet: {message}"):
        open_document(out.getvalue(), "rows.parquet", column=column)


def test_parquet_that_is_none() -> None:
    with pytest.raises(FileError, match="rows.parquet: not a Parquet file"):
        open_document(b"PAR1 and no more", "rows.parquet")
