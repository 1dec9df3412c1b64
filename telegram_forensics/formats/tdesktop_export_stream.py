"""A JSON document as a stream of values with byte offsets, damage included.

Why not ijson: its C back-end gives no byte offsets, ends for good at the first byte
that is not UTF-8 or not JSON (the exporter's own `\\xHH` included), and keeps a prefix
text for each level of nesting (200,000 opening brackets take it out of memory). Here
only the borders of a value are looked for; the value itself is decoded by Python's own
C decoder.

Borders are found by layout first: the exporter puts the closing bracket of a value on a
line of its own with the indent of the line that opens it, and a text holds no line
break. If what lies between is one JSON value, the border was right; otherwise brackets
are counted, which works for any layout. `ValueStream` reads forward only and holds one
value at a time, no longer than `maximum`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO, Final

CHUNK_SIZE: Final = 1 << 18
MAXIMUM_VALUE: Final = 1 << 22
"""A message with a text of full length and all its entities takes 200 KB."""

NOTE_ESCAPES: Final = r"escapes \xHH, which the exporter writes and JSON does not know"
NOTE_CONTROL: Final = "control characters in a text"
NOTE_UTF8: Final = "bytes that are not UTF-8"

_STRICT: Final = json.JSONDecoder()
# Marks that are looked at in vain: a second. A value of the largest size has a fifth.
_MAXIMUM_SEARCHED: Final = 1 << 20
_BYTES_LIKE_A_MARK: Final = 256
_MAXIMUM_SCALAR: Final = 1 << 16
_OVERLAP: Final = 1 << 12

_CLOSING: Final = {b"{": b"}", b"[": b"]"}
_SPACE: Final = re.compile(rb"[ \t\r\n]*")
_STRUCTURE: Final = re.compile(rb'["{}\[\]]')
_QUOTE: Final = re.compile(rb'["\\]')
_SCALAR: Final = re.compile(rb'[^,:\[\]{}"\s]+')
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
# Never valid JSON, and never a sign that a quote is lost.
_CONTROL: Final = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f]")
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


class StructureError(Exception):
    """The document is not what it should be at a place.

    Attributes:
        offset: byte offset of that place.
        reason: what is wrong there.
    """

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(f"offset 0x{offset:x}: {reason}")
        self.offset = offset
        self.reason = reason


class EndOfDocument(StructureError):
    """The document ends in the middle."""


class BadValue(StructureError):
    """A value cannot be decoded; the stream stands behind it and goes on."""


class ValueStream:
    """Cursor over a document.

    Attributes:
        notes: what was worked around, in words -> number of values and byte offset of
            the first.
        is_damaged: the last value was read in spite of damage.
    """

    def __init__(self, file_object: BinaryIO, maximum: int = MAXIMUM_VALUE) -> None:
        self._file = file_object
        self._maximum = maximum
        self._data = b""
        self._base = 0
        self._position = 0
        self._at_end = False
        self._indent = 0
        # Marks at which the ends of values were searched for in vain.
        self._searched = 0
        self.notes: dict[str, list[int]] = {}
        self.is_damaged = False
        file_object.seek(0)

    @property
    def offset(self) -> int:
        """Byte offset of the cursor."""
        return self._base + self._position

    def peek(self) -> bytes:
        """The next byte that is no white space, b"" at the end."""
        first = self._data[self._position : self._position + 1]
        if first and first not in b" \n\r\t":
            return first
        indent: int | None = None
        while True:
            match = _SPACE.match(self._data, self._position)
            assert match is not None
            start, end = match.span()
            line = self._data.rfind(b"\n", start, end)
            if line >= 0:
                indent = end - line - 1
            elif indent is not None:
                indent += end - start
            self._position = end
            if end < len(self._data) or not self._more():
                break
        if indent is not None:
            self._indent = indent
        return self._data[self._position : self._position + 1]

    def take(self) -> None:
        """Steps over the byte that `peek` gave."""
        self._position += 1

    def read_key(self) -> str:
        """Reads the key of a member and the colon behind it.

        Raises:
            StructureError: if there is none.
        """
        start = self.offset
        key = self.read_scalar()
        if not isinstance(key, str) or self.peek() != b":":
            raise StructureError(start, "a key with a colon is missing")
        self.take()
        return key

    def read_scalar(self) -> Any:
        """Reads a text, number, true, false or null.

        Raises:
            StructureError: if there is none, or a longer one than makes sense.
        """
        first = self.peek()
        start = self.offset
        if first == b'"':
            end = self._string_end(self._position, _MAXIMUM_SCALAR)
        else:
            while len(self._data) - self._position < 64 and self._more():
                pass
            match = _SCALAR.match(self._data, self._position)
            if not match:
                if not first:
                    raise EndOfDocument(start, "the document ends before a value")
                raise StructureError(start, "a value is missing")
            end = match.end()
            if self._at_end and end == len(self._data):
                raise EndOfDocument(start, "the document ends in a value")
        raw = self._data[self._position : end]
        try:
            value = self._decode(raw, start)
        except ValueError as exception:
            raise StructureError(start, f"no JSON value: {exception}") from exception
        self._position = end
        return value

    def read_value(self) -> tuple[int, Any]:
        """Reads an object or array.

        Returns:
            Its byte offset and the decoded value.

        Raises:
            EndOfDocument: if the document ends inside.
            BadValue: if it cannot be decoded; the cursor stands behind it.
            StructureError: if even its end cannot be told.
        """
        first = self._data[self._position : self._position + 1]
        if first != b"{":
            first = self.peek()
        start = self._base + self._position
        if first not in _CLOSING:
            raise StructureError(start, "an object or array is missing")
        closing = _CLOSING[first]
        problem: Exception | None = None
        end = self._layout_end(closing)
        if end is not None:
            try:
                value = self._decode(self._data[self._position : end], start)
            except (ValueError, RecursionError) as exception:
                problem = exception
            else:
                self._position = end
                return start, value
        layout_length = None if end is None else end - self._position
        before = self._searched
        try:
            length = self._bracket_end() - self._position
        except StructureError:
            if layout_length is None:
                raise
            length = layout_length
        if length != layout_length:
            try:
                raw = self._data[self._position : self._position + length]
                value = self._decode(raw, start)
            except (ValueError, RecursionError) as exception:
                problem = exception
                if layout_length is not None:
                    length = layout_length
            else:
                self._searched = before
                self._position += length
                return start, value
        reason = f"damaged value: {_describe(problem)}"
        return self._step_over(start, length, reason)

    def _step_over(self, start: int, length: int, reason: str) -> tuple[int, Any]:
        """Leaves a damaged value behind, if there is no doubt where it ends.

        Raises:
            BadValue: the cursor stands behind the value.
            StructureError: the damage may have swallowed more than this value.
        """
        raw = self._data[self._position : self._position + length]
        opening = b"\n" + b" " * self._indent + raw[:1]
        indent = self._indent
        if opening in raw or b"\x00" in raw:
            raise StructureError(start, reason)
        self._position += length
        if self.peek() not in (b",", b"]", b"}") or self._indent > indent:
            raise StructureError(start, reason)
        raise BadValue(start, reason)

    def skip_value(self) -> None:
        """Steps over a value without decoding it; objects may have any size.

        Raises:
            StructureError: if there is none or it has no end.
        """
        first = self.peek()
        start = self.offset
        if first not in (b"{", b"["):
            self.read_scalar()
            return
        while len(self._data) - self._position < 2 and self._more():
            pass
        if self._data[self._position + 1 : self._position + 2] == b"\n":
            # The line that closes it, or the next member if that line is damaged.
            border = rb'\n {%d}(?:["}\]])' % self._indent
            match = self.find(re.compile(border), start)
            if match is None:
                raise EndOfDocument(start, "the document ends in a value")
            self._position = match.end()
            if match.group()[-1:] == b'"':
                self._position -= 1
            return
        depth = 0
        while True:
            match = _STRUCTURE.search(self._data, self._position)
            if match is None:
                self._position = len(self._data)
                if not self._more():
                    raise EndOfDocument(start, "the document ends in a value")
                continue
            if match.group() == b'"':
                self._position = match.start()
                self._position = self._string_end(match.start(), self._maximum)
                continue
            self._position = match.end()
            depth += 1 if match.group() in b"{[" else -1
            if depth == 0:
                return

    def find(self, pattern: re.Pattern[bytes], start: int) -> re.Match[bytes] | None:
        """Moves to the next place that a pattern describes.

        Args:
            pattern: matches no more than 4096 bytes.
            start: byte offset to begin at, not before the cursor's chunk.

        Returns:
            The match (its offsets count within a chunk), None at the end.
        """
        self._position = max(0, start - self._base)
        while True:
            match = pattern.search(self._data, self._position)
            if match and (self._at_end or match.end() < len(self._data)):
                self._position = match.start()
                return match
            self._position = max(self._position, len(self._data) - _OVERLAP)
            if not self._more():
                if match:
                    self._position = match.start()
                    return match
                self._position = len(self._data)
                return None

    def rest(self) -> Iterator[bytes]:
        """What is left of the document, in chunks."""
        while True:
            if self._position < len(self._data):
                yield self._data[self._position :]
                self._position = len(self._data)
            if not self._more():
                return

    def _more(self) -> bool:
        """Reads on; what lies before the cursor is dropped. False at the end."""
        if self._at_end:
            return False
        kept = len(self._data) - self._position
        chunk = self._file.read(max(CHUNK_SIZE, kept))
        if not chunk:
            self._at_end = True
            return False
        self._data = self._data[self._position :] + chunk
        self._base += self._position
        self._position = 0
        return True

    def _layout_end(self, closing: bytes) -> int | None:
        """End of a value by its layout, None if it is laid out in another way."""
        while len(self._data) - self._position < 2 and self._more():
            pass
        if not self._data.startswith(b"\n", self._position + 1):
            return None
        line = b"\n" + b" " * self._indent + closing
        searched = 1
        while True:
            found = self._data.find(line, self._position + searched)
            if found >= 0:
                return found + len(line)
            searched = max(1, len(self._data) - self._position - len(line))
            if searched > self._maximum or not self._more():
                return None

    def _bracket_end(self) -> int:
        """End of a value by counting brackets.

        A damaged value costs a search up to the limit: when these have cost too much,
        no end is searched for any more.
        """
        start = self.offset
        if self._searched > _MAXIMUM_SEARCHED:
            raise StructureError(start, "no end; too many of these, not searched for")
        return self._search_end(start)

    def _search_end(self, start: int) -> int:
        depth = 0
        place = 0
        while True:
            match = _STRUCTURE.search(self._data, self._position + place)
            end = match.end() if match else len(self._data)
            passed = end - self._position - place
            self._searched += 1 + passed // _BYTES_LIKE_A_MARK
            if match is None:
                place = len(self._data) - self._position
                if place > self._maximum:
                    raise StructureError(start, f"a value over {self._maximum} bytes")
                if not self._more():
                    raise EndOfDocument(start, "the document ends in a value")
                continue
            found = match.group()
            if found == b'"':
                begin = match.end() - self._position
                most = self._maximum // _BYTES_LIKE_A_MARK
                self._searched += most
                end = self._string_end(match.start(), self._maximum)
                place = end - self._position
                self._searched += (place - begin) // _BYTES_LIKE_A_MARK - most
                continue
            depth += 1 if found in b"{[" else -1
            place = match.end() - self._position
            if depth == 0:
                return self._position + place

    def _string_end(self, index: int, maximum: int) -> int:
        """End of a text, behind its quote; the index is that of the opening quote."""
        start = self.offset
        place = index + 1 - self._position
        while True:
            match = _QUOTE.search(self._data, self._position + place)
            if match is None:
                place = len(self._data) - self._position
                if place > maximum:
                    raise StructureError(start, f"a value over {maximum} bytes")
            elif match.group() == b'"':
                return match.end()
            else:
                place = match.end() + 1 - self._position
                if self._position + place <= len(self._data):
                    continue
                # The escaped character is in the next chunk.
            if not self._more():
                raise EndOfDocument(start, "the document ends in a value")

    def _decode(self, raw: bytes, offset: int) -> Any:
        """Decodes a value.

        Raises:
            ValueError, RecursionError: if it is not JSON.
        """
        self.is_damaged = False
        if b"\\x" in raw:
            fixed = _ESCAPE.sub(_repair, raw)
            if fixed != raw:
                raw = fixed
                self._note(NOTE_ESCAPES, offset)
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = raw.decode("utf-8", "replace")
            self.is_damaged = True
            self._note(NOTE_UTF8, offset)
        # Strict: a line break or a zero in a text means that a quote is lost.
        try:
            value, end = _STRICT.raw_decode(text)
        except json.JSONDecodeError as exception:
            if not exception.msg.startswith("Invalid control character"):
                raise
            text = _CONTROL.sub(lambda match: f"\\u{ord(match.group()):04x}", text)
            value, end = _STRICT.raw_decode(text)
            self.is_damaged = True
            self._note(NOTE_CONTROL, offset)
        if end != len(text):
            raise ValueError("more than one value")
        if b"\\u" in raw and _SURROGATE.search(raw):
            value = _without_surrogates(value)
        return value

    def _note(self, note: str, offset: int) -> None:
        found = self.notes.setdefault(note, [0, offset])
        found[0] += 1


def _repair(match: re.Match[bytes]) -> bytes:
    r"""Turns \xHH into \u00HH and leaves every other escape alone."""
    digits = match.group(1)
    return match.group() if digits is None else b"\\u00" + digits


def _without_surrogates(value: Any) -> Any:
    """Replaces halves of surrogate pairs, which no other program could store."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {
            _without_surrogates(key): _without_surrogates(item)
            for key, item in value.items()
        }
    return value


def _describe(problem: Exception | None) -> str:
    if isinstance(problem, RecursionError):
        return "nested too deeply"
    return str(problem) if problem is not None else "no end"
