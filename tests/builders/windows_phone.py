"""Writes files as the source of Telegram for Windows Phone tells."""

from __future__ import annotations

import base64
import hashlib

from tests.builders.tdlib import i32, i64, text

OWN = 411223344
FRIEND = 690011223
GROUP = 4003333
CHANNEL = 1500233331
DATE = 1500000000
NULL = i32(0x56730BCC)
VECTOR = i32(0x1CB5C415)
MESSAGE_73, MESSAGE_45, MESSAGE_36 = 0x44F9B43D, 0xC992E15C, 0x2BEBFA86
MESSAGE_25, MESSAGE_17, SERVICE_49 = 0xA7AB1991, 0x567699B3, 0x9E19A1F6
OUT, FORWARD, REPLY, MEDIA, FROM = 2, 4, 8, 0x200, 0x100
EMPTY_MEDIA = i32(0x3DED6320)


def key(seed: bytes) -> bytes:
    """An authorization key."""
    return b"".join(
        hashlib.sha256(seed + bytes([number])).digest() for number in range(8)
    )


def key_identifier(seed: bytes) -> str:
    """Its identifier."""
    return f"{int.from_bytes(hashlib.sha1(key(seed)).digest()[-8:], 'little'):016x}"


def vector(*items: bytes) -> bytes:
    """A boxed vector, such as a whole file."""
    return VECTOR + i32(len(items)) + b"".join(items)


def peer(kind: str, number: int) -> bytes:
    """A peer."""
    kinds = {"user": 0x9DB1BC6D, "group": 0xBAD0E5BB, "channel": 0xBDDDE532}
    return i32(kinds.get(kind, 0xFFFFFF04), number)


def user(number: int, first: str, last: str, phone: str, bits: int = 0) -> bytes:
    """A user of layer 66 with the client's own fields behind."""
    flags = 0x1 | 0x2 | 0x4 | 0x8 | 0x10 | 0x40 | bits
    data = i32(0x2E13F4C3, flags, number) + i64(77) + text(first) + text(last)
    data += text(first.lower()) + text(phone) + i32(0x8C703F, DATE + 5)
    return data + NULL + NULL + NULL + NULL


def group(number: int, title: str) -> bytes:
    """A basic group of layer 40."""
    data = i32(0xD91CDD54, 0, number) + text(title) + i32(0x37C1011C)
    return data + i32(3, DATE, 1)


def channel(number: int, title: str) -> bytes:
    """A channel of layer 49."""
    data = i32(0xA14DCA52, 1 << 13 | 1 << 6 | 1 << 5, number) + i64(5) + text(title)
    return data + text("news") + i32(0x37C1011C) + i32(DATE, 1)


def message(
    number: int,
    words: str,
    to: bytes,
    sender: int,
    *,
    bits: int = 0,
    identifier: int = MESSAGE_73,
    middle: bytes = b"",
    media: bytes = b"",
    random_id: int = 0,
    status: int = 0,
) -> bytes:
    """A message with the client's own fields behind.

    Args:
        number: id.
        words: text.
        to: peer that it was sent to.
        sender: user id.
        bits: flags.
        identifier: constructor.
        middle: what stands before the date.
        media: attachment.
        random_id: that it was sent with.
        status: as the client numbers it.
    """
    head = i32(identifier, bits | FROM, number, sender) + to + middle
    end = NULL if identifier not in (MESSAGE_25, MESSAGE_17) else b""
    return head + i32(DATE) + text(words) + media + end + i64(random_id) + i32(status)


def dialog(to: bytes, with_: bytes, messages: list[bytes], unread: int = 2) -> bytes:
    """A dialog of layer 71."""
    data = i32(0xE4DEF5DB, 0) + to + i32(30, 20, 10, unread, 0) + NULL + i64(0)
    return data + with_ + vector(*messages) + NULL


def secret_dialog(number: int) -> bytes:
    """A secret chat without messages."""
    return i32(0xFFFFFF02) + peer("secret", number) + i64(0) + i32(1) + NULL + vector()


def init_connection(identifier: int = 0x785188B8) -> bytes:
    """The device."""
    data = i32(identifier)
    if identifier == 0x785188B8:
        data += i32(0)
    data += i32(7) + text("Lumia 950") + text("8.10.15148") + text("3.1.6.0")
    if identifier != 0x69796DE9:
        data += text("de") + text("wp")
    return data + text("en")


def settings(
    keys: dict[int, bytes], user_id: int = OWN, home: int | None = 2, extra: str = ""
) -> bytes:
    """`__ApplicationSettings`."""

    def option(center: int, value: bytes) -> str:
        return (
            "<a:TLDCOption><a:AuthKey>"
            f"{base64.b64encode(value).decode()}</a:AuthKey><a:Id><a:Value>{center}"
            "</a:Value></a:Id><a:IpAddress><a:Data>"
            f"{base64.b64encode(b'149.154.167.51').decode()}</a:Data></a:IpAddress>"
            f"<a:IsAuthorized>{'true' if center == 2 else 'false'}</a:IsAuthorized>"
            "</a:TLDCOption>"
        )

    def entry(name: str, value: str) -> str:
        return (
            f"<KeyValueOfstringanyType><Key>{name}</Key>{value}"
            "</KeyValueOfstringanyType>"
        )

    options = "".join(option(center, value) for center, value in keys.items())
    this = f"<a:ThisDC><a:Value>{home}</a:Value></a:ThisDC>" if home else ""
    content = entry("IsAuthorized", "<Value>true</Value>")
    content += entry("CurrentUser", f"<Value>{user_id}</Value>")
    content += entry(
        "Config", f"<Value><a:DCOptions>{options}</a:DCOptions>{this}</Value>"
    )
    return (
        "Telegram.Api.TL.TLConfig, Telegram.Api\n"
        '<ArrayOfKeyValueOfstringanyType xmlns:a="urn:a" xmlns:i="urn:i">'
        f"{content}{extra}</ArrayOfKeyValueOfstringanyType>"
    ).encode()
