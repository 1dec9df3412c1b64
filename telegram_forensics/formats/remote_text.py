"""Lines of text logs of remote control programs, in any of their encodings.

Specification: formats/remote_access.md. The logs are UTF-8 with or without byte order
mark, UTF-16 with or without one, or in the code page of the system; some hold lines of
both, so lines that are no UTF-8 are read in the code page one by one.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

# Longer lines are cut: no format has them, and memory must stay bounded.
MAXIMUM_LINE_SIZE: Final = 256 * 1024
HEAD_SIZE: Final = 4096


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line.

    Attributes:
        offset: byte offset of the line in the file.
        text: the line without its end.
        encoding: what it was read with: "utf-8", "utf-16-le", "utf-16-be" or the name
            of the code page.
        is_cut: True if the line is longer than MAXIMUM_LINE_SIZE: text is its
            beginning.
        is_damaged: True if bytes are not of the encoding; they are "\\ufffd" in text.
    """

    offset: int
    text: str
    encoding: str = "utf-8"
    is_cut: bool = False
    is_damaged: bool = False


def detect_encoding(head: bytes) -> tuple[str, int]:
    """Encoding of a file.

    Args:
        head: first bytes of the file, some hundred at least unless it is shorter.

    Returns:
        "utf-8" (which leaves the code page open), "utf-16-le" or "utf-16-be", and the
        size of the byte order mark.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8", 3
    if head.startswith(codecs.BOM_UTF16_LE):
        return "utf-16-le", 2
    if head.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be", 2
    # Digits and blanks, of which every line has many, have a zero byte in UTF-16.
    sample = head[:HEAD_SIZE]
    even, odd = sample[::2], sample[1::2]
    for encoding, high, low in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if high and high.count(0) * 4 > len(high) and low.count(0) * 20 < len(low):
            return encoding, 0
    return "utf-8", 0


def head_lines(head: bytes, code_page: str) -> list[TextLine]:
    """Lines of the beginning of a file; the last one may be incomplete."""
    return list(read_lines([head], code_page))


def read_lines(chunks: Iterable[bytes], code_page: str) -> Iterator[TextLine]:
    """Reads lines in bounded memory.

    Args:
        chunks: content of the file, in pieces of any size.
        code_page: code page of the system, as Python names it.

    Yields:
        Lines, empty ones included.
    """
    splitter: _Splitter | None = None
    head = b""
    for chunk in chunks:
        if splitter is None:
            head += chunk
            if len(head) < HEAD_SIZE:
                continue
            splitter = _Splitter(head, code_page)
            yield from splitter.feed(b"")
        else:
            yield from splitter.feed(chunk)
    if splitter is None:
        splitter = _Splitter(head, code_page)
        yield from splitter.feed(b"")
    yield from splitter.end()


class _Splitter:
    """Cuts pieces of a file into lines."""

    def __init__(self, head: bytes, code_page: str) -> None:
        self._encoding, self._offset = detect_encoding(head)
        self._code_page = code_page
        self._rest = head[self._offset :]
        self._is_skipping = False
        is_wide = self._encoding != "utf-8"
        self._unit = 2 if is_wide else 1
        self._end = "\n".encode(self._encoding)

    def feed(self, chunk: bytes) -> Iterator[TextLine]:
        """Lines that end in a piece."""
        data = self._rest + chunk
        start = 0
        while True:
            end = self._find(data, start)
            if end < 0:
                break
            if self._is_skipping:
                self._is_skipping = False
            else:
                yield self._line(data[start:end], self._offset + start)
            start = end + self._unit
        self._offset += start
        self._rest = data[start:]
        if len(self._rest) > MAXIMUM_LINE_SIZE:
            if not self._is_skipping:
                self._is_skipping = True
                cut = self._rest[:MAXIMUM_LINE_SIZE]
                yield self._line(cut, self._offset, is_cut=True)
            kept = len(self._rest) % self._unit
            self._offset += len(self._rest) - kept
            self._rest = self._rest[len(self._rest) - kept :]

    def end(self) -> Iterator[TextLine]:
        """The last line, if it has no end."""
        if self._rest and not self._is_skipping:
            yield self._line(self._rest, self._offset)

    def _find(self, data: bytes, start: int) -> int:
        end = data.find(self._end, start)
        while end >= 0 and (end - start) % self._unit:
            end = data.find(self._end, end + 1)
        return end

    def _line(self, data: bytes, offset: int, is_cut: bool = False) -> TextLine:
        if len(data) > MAXIMUM_LINE_SIZE:
            data, is_cut = data[:MAXIMUM_LINE_SIZE], True
        if self._unit == 2:
            # A half character at the end of the file or of a cut line.
            text = data.decode(self._encoding, "replace")
            return TextLine(
                offset, text.rstrip("\r"), self._encoding, is_cut, "\ufffd" in text
            )
        data = data.rstrip(b"\r")
        try:
            return TextLine(offset, data.decode("utf-8"), "utf-8", is_cut)
        except UnicodeDecodeError as exception:
            if is_cut and exception.start > len(data) - 4:
                text = data[: exception.start].decode("utf-8")
                return TextLine(offset, text, "utf-8", True)
        try:
            text, is_damaged = data.decode(self._code_page), False
        except (UnicodeDecodeError, LookupError):
            text, is_damaged = self._decode_damaged(data), True
        return TextLine(offset, text, self._code_page, is_cut, is_damaged)

    def _decode_damaged(self, data: bytes) -> str:
        try:
            return data.decode(self._code_page, "replace")
        except LookupError:
            return data.decode("utf-8", "replace")
