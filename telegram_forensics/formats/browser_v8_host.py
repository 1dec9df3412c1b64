"""Objects of the browser inside values that Chromium stores, behind the tag `\\`.

Specification: Blink's serialization tags. Only what pages store in IndexedDB is read:
blobs, files, file system handles, crypto keys, geometry and exceptions. The layout of
crypto keys is UNCONFIRMED, for no sample holds one. The kinds of views and errors in
V8's own format stand here as well.
"""

from __future__ import annotations

import struct
from typing import Any, Final

from telegram_forensics.formats.browser_bytes import read_sized
from telegram_forensics.formats.browser_values import JsHost
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.varint import read_varint

VIEWS: Final = {
    ord("b"): "Int8Array",
    ord("B"): "Uint8Array",
    ord("C"): "Uint8ClampedArray",
    ord("w"): "Int16Array",
    ord("W"): "Uint16Array",
    ord("d"): "Int32Array",
    ord("D"): "Uint32Array",
    ord("h"): "Float16Array",
    ord("f"): "Float32Array",
    ord("F"): "Float64Array",
    ord("q"): "BigInt64Array",
    ord("Q"): "BigUint64Array",
    ord("?"): "DataView",
}
ERRORS: Final = {
    ord("E"): "EvalError",
    ord("R"): "RangeError",
    ord("F"): "ReferenceError",
    ord("S"): "SyntaxError",
    ord("T"): "TypeError",
    ord("U"): "URIError",
}
_DOUBLES: Final = {
    ord("Q"): ("DOMPoint", 4),
    ord("W"): ("DOMPointReadOnly", 4),
    ord("E"): ("DOMRect", 4),
    ord("R"): ("DOMRectReadOnly", 4),
    ord("T"): ("DOMQuad", 16),
    ord("Y"): ("DOMMatrix", 16),
    ord("U"): ("DOMMatrixReadOnly", 16),
    ord("I"): ("DOMMatrix", 6),
    ord("O"): ("DOMMatrixReadOnly", 6),
}
# Fields by tag: u = variable integer, s = text, b = bytes.
_FIELDS: Final = {
    ord("b"): ("Blob", "s:uuid s:type u:size"),
    ord("i"): ("Blob", "u:index"),
    ord("f"): ("File", "s:path s:name s:relative_path s:uuid s:type u:has_snapshot"),
    ord("e"): ("File", "u:index"),
    ord("d"): ("FileSystem", "u:type s:name s:root"),
    ord("n"): ("FileSystemFileHandle", "s:name u:token"),
    ord("N"): ("FileSystemDirectoryHandle", "s:name u:token"),
    ord("x"): ("DOMException", "s:name s:message s:stack"),
    ord("k"): ("RTCCertificate", "s:private_key s:certificate"),
    ord("M"): ("MessagePort", "u:index"),
}
_FILE, _FILE_LIST_INDEX, _CRYPTO_KEY = ord("f"), ord("L"), ord("K")
_KEY_FIELDS: Final = {
    1: "u:algorithm u:key_length u:usages",
    2: "u:key_length u:hash u:usages",
    4: "u:algorithm u:type u:modulus_length b:exponent u:hash u:usages",
    5: "u:algorithm u:type u:curve u:usages",
    6: "u:algorithm u:usages",
    7: "u:algorithm u:type u:usages",
}


def read_host_object(data: bytes, position: int, tag: int) -> tuple[JsHost, int]:
    """Reads an object of the browser.

    Args:
        data: the stored value.
        position: byte offset behind the object's tag.
        tag: the tag.

    Returns:
        The object and the offset behind it.

    Raises:
        FormatError: if it is of an unknown kind or not complete.
    """
    if tag in _FIELDS:
        kind, fields = _FIELDS[tag]
        detail, position = _read_fields(data, position, fields)
        if tag == _FILE:
            if detail["has_snapshot"]:
                detail["size"], position = read_varint(data, position)
                detail["last_modified"], position = _read_doubles(data, position, 1)
            detail["is_user_visible"], position = read_varint(data, position)
        return JsHost(kind, detail), position
    if tag in _DOUBLES:
        kind, count = _DOUBLES[tag]
        values, position = _read_doubles(data, position, count)
        return JsHost(kind, {"values": values}), position
    if tag == _FILE_LIST_INDEX:
        count, position = read_varint(data, position)
        indexes = []
        if count > len(data) - position:
            raise FormatError(position, f"list of {count} files")
        for _ in range(count):
            index, position = read_varint(data, position)
            indexes.append(index)
        return JsHost("FileList", {"indexes": indexes}), position
    if tag == _CRYPTO_KEY:
        return _read_crypto_key(data, position)
    raise FormatError(
        position - 1, f"object of the browser of unknown kind 0x{tag:02x}"
    )


def _read_crypto_key(data: bytes, position: int) -> tuple[JsHost, int]:
    kind, start = data[position : position + 1], position + 1
    fields = _KEY_FIELDS.get(kind[0]) if kind else None
    if fields is None:
        raise FormatError(position, "crypto key of unknown kind")
    detail, position = _read_fields(data, start, fields)
    detail["key"], position = read_sized(data, position)
    return JsHost("CryptoKey", {"kind": kind[0], **detail}), position


def _read_fields(data: bytes, position: int, fields: str) -> tuple[dict[str, Any], int]:
    detail: dict[str, Any] = {}
    for field in fields.split():
        kind, _, name = field.partition(":")
        if kind == "u":
            detail[name], position = read_varint(data, position)
        else:
            stored, position = read_sized(data, position)
            is_text = kind == "s"
            detail[name] = (
                stored.decode("utf-8", "backslashreplace") if is_text else stored
            )
    return detail, position


def _read_doubles(data: bytes, position: int, count: int) -> tuple[list[float], int]:
    end = position + 8 * count
    if end > len(data):
        raise FormatError(position, f"{count} numbers announced, the value ends")
    return list(struct.unpack_from(f"<{count}d", data, position)), end
