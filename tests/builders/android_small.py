"""Builds the small files of Telegram for Android, after the format description alone.

Nothing of the readers is used: numbers are packed one by one.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

TRUE = bytes.fromhex("b5757299")
FALSE = bytes.fromhex("379779bc")


def made_up_key(name: object) -> bytes:
    """256 bytes that depend on a name."""
    parts = [hashlib.sha256(f"{name} {index}".encode()).digest() for index in range(8)]
    return b"".join(parts)


def key_identifier(key: bytes) -> str:
    """Identifier of a key, 16 hex digits."""
    return f"{struct.unpack('<Q', hashlib.sha1(key).digest()[12:20])[0]:016x}"


def _identifier(key: bytes) -> bytes:
    return hashlib.sha1(key).digest()[12:20] if key else bytes(8)


def tl_bytes(data: bytes) -> bytes:
    """Bytes as TL writes them."""
    if len(data) < 254:
        head = bytes([len(data)])
    else:
        head = b"\xfe" + struct.pack("<I", len(data))[:3]
    return head + data + bytes(-(len(head) + len(data)) % 4)


def tl_text(text: str) -> bytes:
    """Text as TL writes it."""
    return tl_bytes(text.encode())


def truth(value: object) -> bytes:
    """A Bool."""
    return TRUE if value else FALSE


@dataclass
class Center:
    """A data center to be written.

    Attributes:
        number: id.
        version: layout.
        key, temporary, media: keys, empty if none.
        authorized: as stored.
        addresses: address and port.
        salts: valid since, valid until.
    """

    number: int
    version: int = 13
    key: bytes = b""
    temporary: bytes = b""
    media: bytes = b""
    authorized: int = 0
    addresses: list[tuple[str, int]] = field(
        default_factory=lambda: [("149.154.167.51", 443)]
    )
    salts: list[tuple[int, int]] = field(default_factory=list)

    def pack(self) -> bytes:
        """The record."""
        version = self.version
        data = struct.pack("<ii", version, self.number)
        if version >= 3:
            data += struct.pack("<i", 1234)
        if version >= 10:
            data += struct.pack("<i", 0)
        for index in range(4 if version >= 5 else 1):
            addresses = self.addresses if index == 0 else []
            data += struct.pack("<I", len(addresses))
            for address, port in addresses:
                data += tl_text(address) + struct.pack("<i", port)
                if version >= 7:
                    data += struct.pack("<i", 16)
                if version >= 9:
                    data += tl_bytes(b"")
        if version >= 6:
            data += FALSE
        data += struct.pack("<I", len(self.key)) + self.key
        if version >= 4:
            data += _identifier(self.key)
        elif self.key:
            data += struct.pack("<I", 8) + _identifier(self.key)
        else:
            data += struct.pack("<I", 0)
        if version >= 8:
            data += struct.pack("<I", len(self.temporary)) + self.temporary
            data += _identifier(self.temporary)
        if version >= 12:
            data += struct.pack("<I", len(self.media)) + self.media
            data += _identifier(self.media)
        data += struct.pack("<i", self.authorized)
        for salts in (self.salts, []) if version >= 13 else (self.salts,):
            data += struct.pack("<I", len(salts))
            for since, until in salts:
                data += struct.pack("<iiq", since, until, 0x5A17)
        return data


def tgnet(
    centers: list[Center],
    current: int = 2,
    version: int = 5,
    push: int = 0x1122334455667788,
    server_time: int = 1717243200,
    destroy: tuple[int, ...] = (),
) -> bytes:
    """A tgnet.dat."""
    body = struct.pack("<i", version) + FALSE
    if version >= 3:
        body += FALSE
    if version >= 4:
        body += tl_text("en-us")
    body += TRUE + struct.pack("<iiiq", current, -1, 629, push)
    if version >= 2:
        body += TRUE
    if version >= 5:
        body += struct.pack("<i", server_time)
    body += struct.pack("<I", len(destroy))
    body += b"".join(struct.pack("<q", number) for number in destroy)
    body += struct.pack("<I", len(centers))
    body += b"".join(center.pack() for center in centers)
    return struct.pack("<I", len(body)) + body


def data_config(centers: list[Center], current: int = 2) -> dict[str, object]:
    """Values of a dataconfig.xml."""
    packed = struct.pack("<i", len(centers)) + b"".join(item.pack() for item in centers)
    return {
        "datacenterSetId": 0,
        "currentDatacenterId": current,
        "timeDifference": 7,
        "lastDcUpdateTime": 100,
        "pushSessionId": Long(0x99),
        "sessionsToDestroy": wrapped(struct.pack("<qq", 5, -6)),
        "datacenters": wrapped(packed),
    }


def config_dat(centers: list[Center], current: int = 2) -> bytes:
    """A config.dat."""
    data = struct.pack("<iiiiq", 0, current, 7, 100, 0x99)
    data += struct.pack("<Iq", 1, 5) + struct.pack("<I", len(centers))
    return data + b"".join(center.pack() for center in centers)


def wrapped(data: bytes) -> str:
    """Base64 with the line breaks and the tail that Android writes."""
    text = base64.b64encode(data).decode()
    lines = [text[start : start + 76] for start in range(0, len(text), 76)]
    return "\n".join(lines) + "\n    "


class Long(int):
    """A number that is written as `long`."""


def preferences(values: Mapping[str, object]) -> bytes:
    """A preferences file."""
    lines = ["<?xml version='1.0' encoding='utf-8' standalone='yes' ?>", "<map>"]
    for name, value in values.items():
        attribute = f"name={quoteattr(name)}"
        if isinstance(value, bool):
            lines.append(f'    <boolean {attribute} value="{str(value).lower()}" />')
        elif isinstance(value, Long):
            lines.append(f'    <long {attribute} value="{int(value)}" />')
        elif isinstance(value, int):
            lines.append(f'    <int {attribute} value="{value}" />')
        elif isinstance(value, float):
            lines.append(f'    <float {attribute} value="{value}" />')
        elif isinstance(value, (list, tuple)):
            lines.append(f"    <set {attribute}>")
            lines += [f"        <string>{escape(item)}</string>" for item in value]
            lines.append("    </set>")
        else:
            text = escape(str(value), {"\n": "&#10;"})
            lines.append(f"    <string {attribute}>{text}</string>")
    return ("\n".join([*lines, "</map>"]) + "\n").encode()


# TL objects.


def user(
    identifier: int,
    first: str = "Ann",
    last: str = "Lee",
    username: str = "annlee",
    phone: str = "491701234567",
) -> bytes:
    """A user of layers 105 to 132 (32-bit id)."""
    flags = 1 << 10 | 1 << 1 | 1 << 2 | 1 << 3 | 1 << 4
    head = struct.pack("<IIi", 0x938458C1, flags, identifier)
    return head + b"".join(map(tl_text, (first, last, username, phone)))


def new_user(
    identifier: int,
    usernames: tuple[tuple[str, bool], ...] = (),
    name: str = "Zoë",
) -> bytes:
    """A user of layers 167 to 184 (64-bit id), with several usernames."""
    flags2 = 1 if usernames else 0
    head = struct.pack("<IIIq", 0x215C4438, 1 << 10 | 1 << 1, flags2, identifier)
    data = head + tl_text(name)
    if usernames:
        data += struct.pack("<II", 0x1CB5C415, len(usernames))
        for username, is_active in usernames:
            data += struct.pack("<II", 0xB4073647, 2 if is_active else 0)
            data += tl_text(username)
    return data


def draft(text: str, date: int, reply_to: int | None = None) -> bytes:
    """A draft of layers 53 to 166."""
    data = struct.pack("<II", 0xFD8E711F, 0 if reply_to is None else 1)
    if reply_to is not None:
        data += struct.pack("<i", reply_to)
    return data + tl_text(text) + struct.pack("<i", date)


def new_draft(text: str, date: int, reply_to: int) -> bytes:
    """A draft of layers 182 to 206 that answers a message."""
    reply = struct.pack("<IIi", 0x22C0F6D5, 0, reply_to)
    data = struct.pack("<II", 0x2D65321F, 1 << 4) + reply
    return data + tl_text(text) + struct.pack("<i", date)


def authorization(user_object: bytes, token: bytes = b"") -> bytes:
    """An auth.authorization of layers 152 to 229."""
    data = struct.pack("<II", 0x2EA2C0D4, 4 if token else 0)
    return data + (tl_bytes(token) if token else b"") + user_object


def logged_out(token: bytes) -> bytes:
    """An auth.loggedOut."""
    return struct.pack("<II", 0xC3A2835F, 1) + tl_bytes(token)


def temporary_password(until: int) -> bytes:
    """An account.tmpPassword."""
    return (
        struct.pack("<I", 0xDB64FD34) + tl_bytes(b"secret!") + struct.pack("<i", until)
    )


# Android itself.


def persistent_properties(values: Mapping[str, str]) -> bytes:
    """The protocol buffer of persistent properties."""

    def field_of(number: int, data: bytes) -> bytes:
        assert len(data) < 128
        return bytes([number << 3 | 2, len(data)]) + data

    return b"".join(
        field_of(1, field_of(1, name.encode()) + field_of(2, value.encode()))
        for name, value in values.items()
    )


BUILD_PROPERTIES = b"""# begin build properties
ro.product.manufacturer=samsung
ro.product.model=SM-G991B
ro.build.version.release=11
ro.build.version.sdk=30
"""


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    """Writes files below a folder."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root
