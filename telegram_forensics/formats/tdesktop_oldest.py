"""The files of Telegram Desktop 0.5.0 to 0.7.18, before everything moved into TDF$.

Specification: formats/telegram_desktop.md section 2.6. Plain block streams: `config` in
tdata, and beside tdata `<data name>` (keys) and `<data name>_config` (user settings and
the salt for both). No passcode exists for them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats import tdesktop_crypto as crypto
from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_authorization import (
    Authorization,
    read_authorization,
)
from telegram_forensics.formats.tdesktop_settings_blocks import BlockStream, read_blocks

# Block 666 (version) comes first in each of the three files.
SIGNATURE: Final = b"\x00\x00\x02\x9a"
_ENCRYPTED_WITH_SALT: Final = 333
_ENCRYPTED: Final = 444


@dataclass(slots=True)
class OldestConfig:
    """`<data name>_config`.

    Attributes:
        version: AppVersion of the writer as text.
        salt: salt of this file and of the key file beside it.
        blocks: user settings.
    """

    version: str | None
    salt: bytes
    blocks: BlockStream


def read_plain_config(data: bytes) -> tuple[str | None, BlockStream]:
    """Reads `tdata/config`: version of the writer, and the blocks.

    Raises:
        FormatError: if it does not begin with a version.
    """
    reader = QdsReader(data)
    version = _read_version(reader)
    stream = read_blocks(data[reader.offset :])
    if stream.issue:
        offset, reason = stream.issue
        stream.issue = (offset + reader.offset, reason)
    return version, stream


def read_user_config(data: bytes) -> OldestConfig:
    """Reads `<data name>_config`.

    Raises:
        FormatError: if it is damaged.
    """
    reader = QdsReader(data)
    version = _read_version(reader)
    _expect(reader, _ENCRYPTED_WITH_SALT)
    salt = reader.bytes()
    start = reader.offset
    try:
        content = crypto.decrypt_local(reader.bytes(), crypto.settings_key(salt))
    except crypto.DecryptionError as exception:
        raise FormatError(start, str(exception)) from exception
    return OldestConfig(version, salt, read_blocks(content))


def read_keys(data: bytes, salt: bytes) -> tuple[str | None, Authorization]:
    """Reads `<data name>`: version of the writer, and the login.

    Args:
        data: the file.
        salt: salt of the `_config` file beside it.

    Raises:
        FormatError: if it is damaged or the salt is not the one it was written with.
    """
    reader = QdsReader(data)
    version = _read_version(reader)
    _expect(reader, _ENCRYPTED)
    start = reader.offset
    try:
        content = crypto.decrypt_local(reader.bytes(), crypto.settings_key(salt))
    except crypto.DecryptionError as exception:
        raise FormatError(start, str(exception)) from exception
    return version, read_authorization(content)


def _read_version(reader: QdsReader) -> str | None:
    if reader.raw(4) != SIGNATURE:
        raise FormatError(0, "does not begin with a version block")
    return tdf.version_text(reader.i32())


def _expect(reader: QdsReader, block_id: int) -> None:
    start = reader.offset
    actual = reader.u32()
    if actual != block_id:
        raise FormatError(start, f"block {actual} instead of {block_id}")
