"""Writes Android's binary XML, as its serializer does.

Attributes are given with the type that the system services use: names of packages are
interned, times are long and hexadecimal, switches are true or false.
"""

from __future__ import annotations

import struct
from xml.etree import ElementTree

_LONG_HEX = frozenset({"ft", "it", "ut", "first-install-time"})
_INTERNED = frozenset({"installer", "package"})
_INTEGER = frozenset({"version", "enabled", "id"})


class _Writer:
    """Collects the bytes."""

    def __init__(self) -> None:
        self.data = bytearray(b"ABX\0\x10")
        self._names: dict[str, int] = {}

    def string(self, text: str) -> None:
        """A string with its length, characters beyond 16 bits as surrogates."""
        wide = text.encode("utf-16-be", "surrogatepass")
        encoded = b"".join(
            unit.decode("utf-16-be", "surrogatepass")
            .replace("\0", "\ufffe")
            .encode("utf-8", "surrogatepass")
            for unit in (wide[i : i + 2] for i in range(0, len(wide), 2))
        )
        self.data += struct.pack(">H", len(encoded)) + encoded

    def interned(self, text: str) -> None:
        """A name: itself when it comes first, then its number."""
        number = self._names.get(text)
        if number is None:
            self._names[text] = len(self._names)
            self.data += b"\xff\xff"
            self.string(text)
        else:
            self.data += struct.pack(">H", number)

    def attribute(self, name: str, text: str) -> None:
        """An attribute with a type."""
        if text in ("true", "false"):
            self.data.append(0xCF if text == "true" else 0xDF)
            self.interned(name)
        elif name in _LONG_HEX:
            self.data.append(0x9F)
            self.interned(name)
            self.data += struct.pack(">q", int(text, 16))
        elif name in _INTEGER:
            self.data.append(0x6F)
            self.interned(name)
            self.data += struct.pack(">i", int(text))
        elif name in _INTERNED:
            self.data.append(0x3F)
            self.interned(name)
            self.interned(text)
        else:
            self.data.append(0x2F)
            self.interned(name)
            self.string(text)

    def element(self, element: ElementTree.Element) -> None:
        """An element with all in it."""
        self.data.append(0x32)
        self.interned(element.tag)
        for name, text in element.attrib.items():
            self.attribute(name, text)
        for below in element:
            self.element(below)
        self.data.append(0x33)
        self.interned(element.tag)


def to_binary(*texts: str) -> bytes:
    """Gives XML as binary XML; several texts become several roots."""
    writer = _Writer()
    for text in texts:
        writer.element(ElementTree.fromstring(text))
    writer.data.append(0x11)
    return bytes(writer.data)
