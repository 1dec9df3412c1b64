"""Writes what TDLib stores: primitives, messages, event logs, whole directories.

Written apart from the reader, field by field as the specification lists them.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from pathlib import Path

from Crypto.Cipher import AES

from tests.builders import sqlcipher, sqlite_files

OWN = 111222333
FRIEND = 444555666
DATE = 1795301288
VERSION = 61
SALT = bytes(range(32))
IV = bytes(range(0x40, 0x50))
KEY_VALUE, OPTION, SEND, FORWARD = 0x4327, 0x1F18, 0x100, 0x104


def i32(*values: int) -> bytes:
    """32-bit numbers, signed or not."""
    return b"".join(struct.pack("<I", value & 0xFFFFFFFF) for value in values)


def i64(*values: int) -> bytes:
    """64-bit numbers."""
    return b"".join(struct.pack("<Q", value & 0xFFFFFFFFFFFFFFFF) for value in values)


def double(*values: float) -> bytes:
    """Floating point numbers."""
    return struct.pack(f"<{len(values)}d", *values)


def text(value: str | bytes) -> bytes:
    """A string."""
    data = value if isinstance(value, bytes) else value.encode()
    if len(data) < 254:
        found = bytes([len(data)]) + data
    else:
        found = b"\xfe" + len(data).to_bytes(3, "little") + data
    return found + bytes(-len(found) % 4)


def vector(*items: bytes) -> bytes:
    """A vector."""
    return i32(len(items)) + b"".join(items)


def formatted(value: str) -> bytes:
    """A text without entities."""
    return text(value) + vector()


def flags(*bits: int) -> bytes:
    """Flags."""
    return i32(sum(1 << bit for bit in bits))


def remote_file(number: int, size: int, name: str, kind: int = 5) -> bytes:
    """A file at Telegram; photos have a source, others none."""
    source = i32(1, 2, 109) if kind in (0, 1, 2) else b""
    body = i32(kind, 2) + i64(number, 77) + source
    return i32(4) + flags() + body + i32(size) + text(name) + i64(FRIEND)


def empty_file() -> bytes:
    """No file."""
    return i32(0)


def photo_size(width: int, height: int, file: bytes, size: int = 0) -> bytes:
    """A size of a photo, or a thumbnail."""
    return i32(109, width << 16 | height, size) + file + vector()


def photo(number: int) -> bytes:
    """A photo in one size."""
    size = photo_size(800, 600, remote_file(number, 5000, "photo.jpg", 2), 5000)
    return flags() + i64(number) + i32(DATE) + vector(size)


def no_thumbnail() -> bytes:
    """A thumbnail that is not there."""
    return photo_size(0, 0, empty_file())


def message(
    content: bytes,
    *,
    number: int = 201 << 20,
    version: int = VERSION,
    random_id: int | None = None,
    tail: bytes = b"",
    tail_bits: tuple[tuple[int, int], ...] = (),
    is_outgoing: bool = True,
    sender: int = OWN,
) -> bytes:
    """A message.

    Args:
        content: type and body.
        number: id as stored.
        version: of the library that writes it.
        random_id: that it was sent with.
        tail: what stands behind the content.
        tail_bits: word (1 to 4) and bit of the flags for that.
        is_outgoing: sent by the account.
        sender: user id.
    """
    words = [1 << 10, 0, 0, 0]
    if is_outgoing:
        words[0] |= 1 << 1
    if random_id is not None:
        words[0] |= 1 << 12
    for word, bit in tail_bits:
        words[word - 1] |= 1 << bit
    used = max(index for index in range(4) if words[index] or index == 0)
    for index in range(used):
        words[index] |= 1 << 29
    data = i32(version, *words[: used + 1]) + i64(number)
    identifier = i64(sender) if version >= 33 else i32(sender)
    data += identifier + i32(DATE)
    if random_id is not None:
        data += i64(random_id)
    return data + content + tail


def text_content(value: str, version: int = VERSION) -> bytes:
    """A text message."""
    if version >= 49:
        return i32(0) + flags() + formatted(value)
    return i32(0) + formatted(value) + i64(0)


def user(first: str, last: str, phone: str = "") -> bytes:
    """A user."""
    data = i32(VERSION) + flags(0, 4, 8, 13, 17, 18) + flags()
    data += text(first) + text(last) + text(phone) + i64(778556332)
    return data + i32(DATE - 500, 4)


def account_slots(entries: list[tuple[int, int, int]]) -> bytes:
    """Telegram X's list of accounts.

    Args:
        entries: flags, user id and time (milliseconds) of each slot.
    """
    data = struct.pack(">ii", len(entries), 0)
    for number, (bits, identifier, time) in enumerate(entries):
        data += struct.pack(">iqqi", bits, identifier, time, number)
    return data


def record(number: int, kind: int, payload: bytes, bits: int = 0) -> bytes:
    """A record of an event log in clear."""
    payload += bytes(-len(payload) % 4)
    data = struct.pack("<IQiiQ", len(payload) + 32, number, kind, bits, 0) + payload
    return data + i32(zlib.crc32(data))


def entry(name: str, value: str | bytes) -> bytes:
    """Payload of an entry of the key-value store or an option."""
    return text(name) + text(value)


def auth_key(seed: bytes = b"home") -> bytes:
    """An authorization key that is logged in, as stored."""
    key = b"".join(hashlib.sha256(seed + bytes([n])).digest() for n in range(8))
    identifier = hashlib.sha1(key).digest()[-8:]
    return identifier + i32(5) + text(key) + double(float(DATE - 100))


def key_identifier(seed: bytes = b"home") -> str:
    """Identifier of that key."""
    return f"{int.from_bytes(auth_key(seed)[:8], 'little'):016x}"


def state_records(
    database_key: bytes = sqlcipher.KEY, seed: bytes = b"home", user: int = OWN
) -> list[bytes]:
    """Records of an account that is logged in."""
    return [
        record(1, KEY_VALUE, entry("sqlite_key", database_key)),
        record(2, KEY_VALUE, entry("auth", "ok")),
        record(3, KEY_VALUE, entry("main_dc_id", "2")),
        record(4, KEY_VALUE, entry("auth2", auth_key(seed))),
        record(5, OPTION, entry("my_id", f"I{user}")),
        record(6, OPTION, entry("authorization_date", f"I{DATE - 90}")),
    ]


def log(records: list[bytes], key: bytes = b"cucumber") -> bytes:
    """An encrypted event log."""
    derived = hashlib.pbkdf2_hmac("sha256", key, SALT, 2)
    digest = hmac.digest(derived, b"cucumbers everywhere", "sha256")
    head = record(0, -3, i32(0) + text(SALT) + text(IV) + text(digest))
    cipher = AES.new(derived, AES.MODE_CTR, nonce=b"", initial_value=IV)
    return head + cipher.encrypt(b"".join(records))


def database(
    folder: Path,
    messages: dict[tuple[int, int], bytes],
    common: dict[str, bytes] | None = None,
    dialogs: dict[int, bytes] | None = None,
    files: dict[str, bytes] | None = None,
) -> bytes:
    """An encrypted database."""
    path = folder / "plain.sqlite"
    path.unlink(missing_ok=True)
    parameters = sqlcipher.VERSION_4
    sqlite_files.reserve(path, parameters.reserved, parameters.page_size)
    connection = sqlite_files.connect(path, journal_mode="delete")
    connection.executescript(
        "CREATE TABLE messages (dialog_id INT8, message_id INT8,"
        " unique_message_id INT4, sender_user_id INT8, random_id INT8,"
        " data BLOB, ttl_expires_at INT4,"
        " PRIMARY KEY (dialog_id, message_id));"
        "CREATE TABLE dialogs"
        " (dialog_id INT8 PRIMARY KEY, dialog_order INT8, data BLOB);"
        "CREATE TABLE common (k BLOB PRIMARY KEY, v BLOB);"
        "CREATE TABLE files (k BLOB PRIMARY KEY, v BLOB);"
    )
    rows = [(*key, data) for key, data in messages.items()]
    connection.executemany(
        "INSERT INTO messages (dialog_id, message_id, data) VALUES (?, ?, ?)", rows
    )
    for table, values in (("common", common), ("files", files)):
        connection.executemany(
            f"INSERT INTO {table} VALUES (?, ?)",
            [(key.encode(), data) for key, data in (values or {}).items()],
        )
    connection.executemany(
        "INSERT INTO dialogs VALUES (?, ?, ?)",
        [(key, DATE << 32, data) for key, data in (dialogs or {}).items()],
    )
    connection.close()
    plain = path.read_bytes()
    path.unlink()
    return sqlcipher.encrypt_database(plain, parameters)
