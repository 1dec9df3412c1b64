"""Lines of text logs: encodings, offsets, bounded memory."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.formats import remote_text

ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}


def read(data: bytes, size: int = 100, code_page: str = "cp1252"):
    """Lines of data that comes in pieces."""
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return list(remote_text.read_lines(pieces, code_page))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("size", [1, 2, 3, 4095, 100000])
def test_encodings(encoding: str, size: int) -> None:
    """Each encoding in pieces of any size; empty lines and a last one without end."""
    texts = ["12 first", "", "zwölf Ĩ \u0a0a \u0d0a", "日本 😀", "last"]
    texts = texts * (1 if size < 3 else 300)
    data = ENCODINGS[encoding] + "\r\n".join(texts).encode(encoding)
    lines = read(data, size)
    assert [line.text for line in lines] == texts
    assert not any(line.is_damaged or line.is_cut for line in lines)
    plain = encoding.removesuffix("-sig")
    assert {line.encoding for line in lines} == {plain}
    for line, text in zip(lines, texts, strict=True):
        expected = text.encode(plain)
        assert data[line.offset : line.offset + len(expected)] == expected


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_mark(encoding: str) -> None:
    """As TightVNC writes it."""
    text = "[ 123/ 456] 2024-03-02 20:11:05 ! Подключение"
    (line,) = read(f"{text}\n".encode(encoding))
    assert (line.text, line.encoding) == (text, encoding)


def test_code_page_line_by_line() -> None:
    """One line of another encoding changes no other."""
    data = "é\n".encode() + "é\n".encode("cp1252") + b"\x81\n" + "日\n".encode()
    lines = read(data)
    assert [line.text for line in lines] == ["é", "é", "\ufffd", "日"]
    assert [line.encoding for line in lines] == ["utf-8", "cp1252", "cp1252", "utf-8"]
    assert [line.is_damaged for line in lines] == [False, False, True, False]
    assert read(b"\xff\n", code_page="no such")[0].is_damaged


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_long_lines_are_cut(encoding: str) -> None:
    """The rest of the line is left out, the next line is whole."""
    count = remote_text.MAXIMUM_LINE_SIZE * 3
    data = ENCODINGS[encoding] + f"{'é' * count}\nnext\n".encode(encoding)
    first, second = read(data, 65536)
    assert first.is_cut and not first.is_damaged
    assert 0 < len(first.text) <= remote_text.MAXIMUM_LINE_SIZE
    assert set(first.text) == {"é"}
    assert (second.text, second.is_cut) == ("next", False)
    assert data[second.offset :].decode(encoding) == "next\n"


def test_half_a_character() -> None:
    """UTF-16 that ends in the middle."""
    data = codecs.BOM_UTF16_LE + "ab".encode("utf-16-le") + b"c"
    (line,) = read(data)
    assert line.text == "ab\ufffd"
    assert line.is_damaged


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.integers(1, 50))
def test_any_bytes(data: bytes, size: int) -> None:
    """The same lines whatever the pieces; nothing raises."""
    assert read(data, size) == read(data, 4096)
