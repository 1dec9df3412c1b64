"""Writes Windows event logs (EVTX) as far as stock readers need them.

Each record is an instance of a template of its own that lies inside it, so that records
do not depend on each other. Layout: the public description of the format in libevtx's
documentation (file header, chunk header, binary XML).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_CHUNK = 65536
_FIRST_RECORD = 512
_STRING, _UNSIGNED_8, _UNSIGNED_16, _TIME = 0x01, 0x04, 0x06, 0x11
_SECONDS_1601_TO_1970 = 11_644_473_600


@dataclass(frozen=True)
class Event:
    """An event: time in seconds since 1970 UTC, names and strings in their order.

    `in_user_data` puts the strings below UserData, as the Terminal Services do.
    """

    provider: str
    identifier: int
    time: float
    strings: Sequence[tuple[str, str | None]]
    computer: str = "OFFICE-PC"
    channel: str = "Security"
    in_user_data: bool = False


class _Writer:
    """Binary XML at a place in a chunk."""

    def __init__(self, offset: int) -> None:
        self.data = bytearray()
        self._offset = offset
        self.values: list[tuple[int, bytes]] = []

    def name(self, text: str) -> None:
        """A name, always inline."""
        self.data += struct.pack("<I", self._offset + len(self.data) + 4)
        number = 0
        for character in text:
            number = (number * 65599 + ord(character)) & 0xFFFFFFFF
        self.data += struct.pack("<IHH", 0, number & 0xFFFF, len(text))
        self.data += text.encode("utf-16-le") + b"\0\0"

    def substitution(self, kind: int, value: bytes) -> None:
        """A value that the instance fills in; an empty string leaves it empty."""
        token = 0x0D if value else 0x0E
        self.data += struct.pack("<BHB", token, len(self.values), kind)
        self.values.append((kind if value else 0, value))

    def element(
        self,
        name: str,
        attributes: Sequence[tuple[str, int, bytes]] = (),
        value: tuple[int, bytes] | None = None,
        children: Sequence[tuple] = (),
    ) -> None:
        """An element with its attributes, a value and children."""
        self.data += struct.pack("<BHI", 0x41 if attributes else 0x01, 0xFFFF, 0)
        size_at = len(self.data) - 4
        self.name(name)
        if attributes:
            self.data += bytes(4)
            list_at = len(self.data) - 4
            for number, (key, kind, data) in enumerate(attributes):
                is_last = number == len(attributes) - 1
                self.data.append(0x06 if is_last else 0x46)
                self.name(key)
                if kind == _STRING:
                    # Names stand in the template itself, as in real logs.
                    self.data += struct.pack("<BBH", 0x05, _STRING, len(data) // 2)
                    self.data += data
                else:
                    self.substitution(kind, data)
            struct.pack_into("<I", self.data, list_at, len(self.data) - list_at - 4)
        if value is None and not children:
            self.data.append(0x03)
        else:
            self.data.append(0x02)
            if value is not None:
                self.substitution(*value)
            for child in children:
                self.element(*child)
            self.data.append(0x04)
        struct.pack_into("<I", self.data, size_at, len(self.data) - size_at - 4)


def _text(text: str | None) -> bytes:
    return (text or "").encode("utf-16-le")


def _filetime(time: float) -> bytes:
    ticks = round((time + _SECONDS_1601_TO_1970) * 1_000_000) * 10
    return struct.pack("<Q", ticks)


def _record(event: Event, number: int, offset: int) -> bytes:
    """A record that begins at an offset of its chunk."""
    if event.in_user_data:
        strings = [
            (name, (), (_STRING, _text(value)), ()) for name, value in event.strings
        ]
        body = ("UserData", (), None, [("EventXML", (), None, strings)])
    else:
        strings = [
            ("Data", [("Name", _STRING, _text(name))], (_STRING, _text(value)), ())
            for name, value in event.strings
        ]
        body = ("EventData", (), None, strings)
    system = (
        "System",
        (),
        None,
        [
            ("Provider", [("Name", _STRING, _text(event.provider))], None, ()),
            ("EventID", (), (_UNSIGNED_16, struct.pack("<H", event.identifier)), ()),
            ("Version", (), (_UNSIGNED_8, b"\0"), ()),
            ("Level", (), (_UNSIGNED_8, b"\4"), ()),
            (
                "TimeCreated",
                [("SystemTime", _TIME, _filetime(event.time))],
                None,
                (),
            ),
            ("Channel", (), (_STRING, _text(event.channel)), ()),
            ("Computer", (), (_STRING, _text(event.computer)), ()),
        ],
    )
    # Record header 24, fragment header 4, template instance 10, its definition 24.
    definition = offset + 24 + 4 + 10
    writer = _Writer(definition + 24)
    writer.data += b"\x0f\x01\x01\x00"
    writer.element("Event", (), None, [system, body])
    writer.data.append(0)
    data = b"\x0f\x01\x01\x00"
    data += struct.pack("<BBII", 0x0C, 1, number, definition)
    data += struct.pack("<II12xI", 0, number, len(writer.data)) + writer.data
    data += struct.pack("<I", len(writer.values))
    for kind, value in writer.values:
        data += struct.pack("<HBx", len(value), kind)
    data += b"".join(value for _, value in writer.values) + b"\0"
    size = 24 + len(data) + 4
    padding = -size % 8
    size += padding
    return (
        struct.pack("<4sIQ", b"**\0\0", size, number)
        + _filetime(event.time)
        + data
        + bytes(padding)
        + struct.pack("<I", size)
    )


def build(events: Sequence[Event]) -> bytes:
    """A log of one chunk.

    Raises:
        ValueError: if the events do not fit.
    """
    chunk = bytearray(_FIRST_RECORD)
    last = _FIRST_RECORD
    for number, event in enumerate(events, 1):
        last = len(chunk)
        chunk += _record(event, number, last)
    if len(chunk) > _CHUNK:
        raise ValueError("too many events for one chunk")
    free = len(chunk)
    struct.pack_into(
        "<8sQQQQIIII",
        chunk,
        0,
        b"ElfChnk\0",
        1,
        len(events),
        1,
        len(events),
        128,
        last,
        free,
        zlib.crc32(chunk[_FIRST_RECORD:]),
    )
    header = bytes(chunk[:120]) + bytes(chunk[128:_FIRST_RECORD])
    struct.pack_into("<I", chunk, 124, zlib.crc32(header))
    head = struct.pack(
        "<8sQQQIHHHH", b"ElfFile\0", 0, 0, len(events) + 1, 128, 1, 3, 4096, 1
    )
    head = head.ljust(120, b"\0")
    head += struct.pack("<II", 0, zlib.crc32(head))
    return head.ljust(4096, b"\0") + bytes(chunk).ljust(_CHUNK, b"\0")
