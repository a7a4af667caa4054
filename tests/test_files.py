"""Files read and written back byte for byte, in the encodings and line ends that people hold."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textfiles import read, write

from ocrfix import files
from ocrfix.files import FileError, Form

CHINESE = "中共聊城市茌平区委书记出席会议,并作了题为“团结奋进”的讲话。1998年3月5日·新华社"
FORMS = {
    "utf-8": Form("utf-8"),
    "utf-8-sig": Form("utf-8", codecs.BOM_UTF8),
    "utf-16-le": Form("utf-16-le", codecs.BOM_UTF16_LE),
    "utf-16-be": Form("utf-16-be", codecs.BOM_UTF16_BE),
    "utf-32-le": Form("utf-32-le", codecs.BOM_UTF32_LE),
    "utf-32-be": Form("utf-32-be", codecs.BOM_UTF32_BE),
    "gbk": Form("gbk"),
}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_read_and_written_back(tmp_path: Path, form: Form, end: str) -> None:
    path = tmp_path / "page.txt"
    text = end.join([CHINESE, "", CHINESE, "末行"])
    path.write_bytes(form.bom + text.encode(form.encoding))
    file = read(path)
    assert (file.text, file.form) == (text, form)
    write(file, file.text)
    assert path.read_bytes() == file.data
    write(file, text.replace("茌平", "郯城"))
    assert path.read_bytes() == form.bom + text.replace("茌平", "郯城").encode(form.encoding)
    assert os.listdir(tmp_path) == ["page.txt"]


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_spelled_back(data: bytes) -> None:
    try:
        text, form = files.decode(data, "page.txt")
    except FileError as error:
        assert str(error).startswith("page.txt: ")
    else:
        assert files.encode(text, form, "page.txt") == data


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), st.sampled_from(sorted(FORMS)))
def test_any_text_comes_back_in_a_marked_encoding(text: str, name: str) -> None:
    form = FORMS[name]
    if form.bom:
        assert files.decode(files.encode(text, form, "page.txt"), "page.txt") == (text, form)


TRADITIONAL = "中國共產黨第十五屆中央委員會全體會議,聽取並討論了總書記受中央政治局委託所作的工作報告。"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("한국어 신문 기사를 읽습니다".encode("johab"), "no known encoding .*convert it to UTF-8 or pass --encoding"),
        ("これはペンです。日本語の新聞記事を読みます".encode("shift_jis"), "no known encoding"),
        ("これはペンです。日本語の新聞記事を読みます".encode("euc_jp"), "no known encoding"),
        ("Привет, это газета".encode("cp1251"), "no known encoding"),
        ("résumé déjà vu".encode("latin-1"), "no known encoding"),
        (CHINESE.encode("utf-16-le"), "binary data, or UTF-16 without .*pass --encoding"),
        ((CHINESE + "\n").encode("utf-16-le") + b"\n\0", "no known encoding|binary data"),
        (bytes(range(256)), "binary data"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "binary data"),
        (b"MZ\0\0", r"expected text, found binary data \(a NUL at character 2\)"),
        (CHINESE.encode("utf-8")[:-1] + b"\xff\xff\x01", "no known encoding"),
        (codecs.BOM_UTF16_LE + b"\x2d", "no known encoding"),
        (CHINESE.encode("gb18030") + b"\x01", "no known encoding"),
    ],
)
def test_bytes_of_no_text_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(FileError, match=f"^page.txt: .*({message})"):
        files.decode(data, "page.txt")


@pytest.mark.parametrize("text", [TRADITIONAL, "", "\n", "ASCII only\n", "(资料图)", "①②③ ±5°C"])
def test_chinese_in_gb18030_is_known(text: str) -> None:
    assert files.decode(text.encode("gb18030"), "page.txt")[0] == text


@pytest.mark.parametrize("text", ["聊城縣東門", "聽取並討論了總書記的報告。\r\n", "〔原文〕，「是」、『否』"])
def test_chinese_in_big5_is_known(text: str) -> None:
    assert files.decode(text.encode("big5"), "page.txt") == (text, Form("big5"))


def test_gbk_is_told_from_gb18030_and_no_wider_character_comes_into_it(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes((CHINESE + "䶮").encode("gb18030"))  # of four bytes
    assert read(path).form == Form("gb18030")
    path.write_bytes(CHINESE.encode("gbk"))
    file = read(path)
    with pytest.raises(FileError, match=r"page.txt: gbk has no '䶮' \(U\+4DAE\); nothing written"):
        write(file, file.text + "䶮")
    assert path.read_bytes() == CHINESE.encode("gbk")


@pytest.mark.parametrize(
    ("name", "data", "form"),
    [
        ("big5", TRADITIONAL.encode("big5"), Form("big5")),
        ("utf8", CHINESE.encode("utf-8-sig"), FORMS["utf-8-sig"]),
        ("utf-8-sig", CHINESE.encode("utf-8"), FORMS["utf-8"]),
        ("utf-16", CHINESE.encode("utf-16-le"), Form("utf-16-le")),
        ("utf_16", codecs.BOM_UTF16_BE + CHINESE.encode("utf-16-be"), FORMS["utf-16-be"]),
        ("UTF-16BE", CHINESE.encode("utf-16-be"), Form("utf-16-be")),
    ],
)
def test_an_encoding_that_is_named(name: str, data: bytes, form: Form) -> None:
    text, found = files.decode(data, "page.txt", name)
    assert found == form
    assert not text.startswith("\ufeff")
    assert files.encode(text, found, "page.txt") == data


def test_a_named_encoding_that_is_not_the_files() -> None:
    with pytest.raises(FileError, match=r"^page.txt: bytes that are not utf-8; pass another --encoding, or none"):
        files.decode(CHINESE.encode("gb18030"), "page.txt", "utf-8")


def test_a_character_that_the_encoding_lacks(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_bytes("在平区".encode("gb2312"))
    before = path.stat()
    with pytest.raises(FileError, match=r"page.txt: gb2312 has no '镕' \(U\+9555\); nothing written"):
        write(read(path, "gb2312"), "在平区镕")
    assert path.read_bytes() == "在平区".encode("gb2312")
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_bytes_that_cannot_be_spelled_back_are_left(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    data = b"\x1b$B" + b"\x1b(B\x1b$B\x1b(B" + b"a"  # shifts that say nothing, which the encoder leaves out
    path.write_bytes(data)
    with pytest.raises(FileError, match="cannot be written back byte for byte as iso2022_jp"):
        write(read(path, "iso2022_jp"), "b")
    assert path.read_bytes() == data


def test_a_file_that_changed_meanwhile_is_left(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text("在平区\n", encoding="utf-8")
    file = read(path)
    path.write_text("另一个人的修改\n", encoding="utf-8")
    with pytest.raises(FileError, match="has changed since it was read; nothing written, run again"):
        write(file, "茌平区\n")
    assert path.read_text(encoding="utf-8") == "另一个人的修改\n"


@pytest.mark.skipif(os.name != "posix", reason="modes and links of POSIX")
def test_mode_and_link_are_kept(tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    target = folder / "page.txt"
    target.write_text("在平区\n", encoding="utf-8")
    target.chmod(0o640)
    link = tmp_path / "link.txt"
    link.symlink_to(target)
    write(read(link), "茌平区\n")
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8") == "茌平区\n"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["elsewhere", "link.txt"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write to anything")
def test_a_file_that_may_not_be_written(tmp_path: Path) -> None:
    path = tmp_path / "page.txt"
    path.write_text("在平区\n", encoding="utf-8")
    path.chmod(0o444)
    with pytest.raises(FileError, match="may not be written to"):
        write(read(path), "茌平区\n")


def test_find_walks_in_order_and_passes_over_what_is_hidden(tmp_path: Path) -> None:
    for name in ["b.txt", "a.md", "c/d.TXT", "c/e.jpg", ".git/f.txt", ".g.txt", "h.text", "i.py"]:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [path.relative_to(tmp_path).as_posix() for path in files.find(tmp_path)] == [
        "a.md",
        "b.txt",
        "c/d.TXT",
        "h.text",
    ]
    assert files.find(tmp_path / "i.py") == (tmp_path / "i.py",)


def test_find_and_read_name_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nowhere.txt: no such file or folder"):
        files.find(tmp_path / "nowhere.txt")
    with pytest.raises(FileError, match=r"expected text files in this folder \(.markdown .md .text .txt\), found none"):
        files.find(tmp_path)
    with pytest.raises(FileError, match=r"nowhere.txt: cannot be read: No such file"):
        files.read_bytes(tmp_path / "nowhere.txt")


def test_an_output_is_whole_or_not_there(tmp_path: Path) -> None:
    path = tmp_path / "profile.tsv"
    files.create_bytes(path, b"one", lambda head: False)
    assert path.read_bytes() == b"one"
    path.chmod(0o640)
    files.create_bytes(path, b"two", lambda head: head == b"one")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o640)
    with pytest.raises(files.FileError, match="expected no file, or one of the kind that is written, found another"):
        files.create_bytes(path, b"three", lambda head: head == b"one")
    assert path.read_bytes() == b"two"
    assert [other.name for other in tmp_path.iterdir()] == ["profile.tsv"]
    with pytest.raises(files.FileError, match="cannot be written: No such file or directory; nothing written"):
        files.create_bytes(tmp_path / "nowhere" / "profile.tsv", b"", lambda head: True)
    with pytest.raises(files.FileError, match="expected no file"):
        files.create_bytes(tmp_path, b"", lambda head: True)
