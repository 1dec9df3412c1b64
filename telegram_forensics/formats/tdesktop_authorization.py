"""MTP authorization of one Telegram Desktop account: `tdata/<HASH>s`.

Specification: formats/telegram_desktop.md section 3.2. Three layouts: blocks 0x00 and
0x01 (0.7.19 to 1.0.14), block 0x4B with 32-bit user id (1.0.15 to 2.7.1) and block 0x4B
with a wide user id (2.7.2 and later).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_crypto import auth_key_identifier

AUTH_KEY_SIZE: Final = 256
_BLOCK_KEY: Final = 0x00
_BLOCK_USER: Final = 0x01
_BLOCK_AUTHORIZATION: Final = 0x4B
_WIDE_TAG: Final = 0xFFFFFFFFFFFFFFFF
_KEY_ENTRY_SIZE: Final = 4 + AUTH_KEY_SIZE
_MAXIMUM_PLAUSIBLE_NUMBER: Final = 100_000
# Keys for media and CDN data centers carry shifted ids: 10000 + n and more.


@dataclass(frozen=True, slots=True)
class AuthKey:
    """An authorization key; only its identifier is kept, never the key itself.

    Attributes:
        data_center: data center id as stored; media connections use shifted ids.
        identifier: 16 lower-case hex digits.
    """

    data_center: int
    identifier: str


@dataclass(slots=True)
class Authorization:
    """What `<HASH>s` says.

    Attributes:
        user_id: account, None if nobody is logged in (stored as 0).
        main_data_center: home data center; None if the old layout lacks it.
        keys: keys in use.
        keys_to_destroy: keys of an earlier login waiting for removal.
        is_complete: False if the file is cut off; what is listed then is only what
            the structure behind it vouches for.
        problems: (offset in the decrypted data, reason).
    """

    user_id: int | None
    main_data_center: int | None
    keys: list[AuthKey] = field(default_factory=list)
    keys_to_destroy: list[AuthKey] = field(default_factory=list)
    is_complete: bool = True
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def session_identifier(self) -> str | None:
        """Identifier of the home data center's key: it names the session."""
        for key in self.keys:
            if key.data_center == self.main_data_center:
                return key.identifier
        return None

    @property
    def key_identifiers(self) -> list[str]:
        """Identifiers of all keys, those to be destroyed with the prefix `destroy:`."""
        return [key.identifier for key in self.keys] + [
            f"destroy:{key.identifier}" for key in self.keys_to_destroy
        ]


def read_authorization(data: bytes) -> Authorization:
    """Reads the decrypted content of `<HASH>s`.

    Raises:
        FormatError: if it begins with none of the known blocks.
    """
    reader = QdsReader(data)
    first = reader.u32()
    if first == _BLOCK_AUTHORIZATION:
        start = reader.offset + 4
        authorization = _read_block(QdsReader(reader.bytes()), start)
        if reader.remaining:
            authorization.problems.append(
                (reader.offset, f"{reader.remaining} bytes behind the block")
            )
        return authorization
    if first in (_BLOCK_KEY, _BLOCK_USER):
        return _read_old_blocks(data)
    raise FormatError(0, f"block 0x{first:x} is not an MTP authorization")


def read_authorization_prefix(data: bytes) -> Authorization | None:
    """Reads the intact beginning of a cut-off `<HASH>s`.

    Args:
        data: decrypted bytes behind the length field, without any checksum.

    The check is structural, which is enough here: in IGE a damaged block spoils
    everything behind it, so a value is taken only if the number that follows it still
    makes sense.

    Returns:
        An incomplete authorization, None if not even the account can be vouched for.
    """
    reader = QdsReader(data)
    try:
        if reader.u32() != _BLOCK_AUTHORIZATION:
            return None
        reader.u32()
        user_id, main_data_center = _read_identity(reader)
        count = reader.i32()
    except FormatError:
        return None
    plausible = (_plausible(main_data_center), _plausible(count))
    if not all(plausible) or not 0 < user_id < 2**56:
        return None
    authorization = Authorization(user_id, main_data_center, is_complete=False)
    try:
        data_center = reader.i32()
        for number in range(count):
            identifier = auth_key_identifier(reader.raw(AUTH_KEY_SIZE))
            following = reader.i32()
            if not _plausible(data_center) or not _plausible(following):
                break
            authorization.keys.append(AuthKey(data_center, identifier))
            data_center = following
            if number + 1 == count:
                break
    except FormatError:
        pass  # The cut: what was appended so far is all there is.
    return authorization


def _plausible(number: int) -> bool:
    return 0 <= number <= _MAXIMUM_PLAUSIBLE_NUMBER


def _read_identity(reader: QdsReader) -> tuple[int, int]:
    tag = reader.u64()
    if tag == _WIDE_TAG:
        return reader.u64(), reader.i32()
    return tag >> 32, tag & 0xFFFFFFFF


def _read_block(reader: QdsReader, base: int) -> Authorization:
    try:
        user_id, main_data_center = _read_identity(reader)
    except FormatError as exception:
        raise FormatError(base + exception.offset, exception.reason) from exception
    authorization = Authorization(user_id or None, main_data_center)
    try:
        _read_keys(reader, authorization.keys)
        _read_keys(reader, authorization.keys_to_destroy)
        if reader.remaining:
            raise FormatError(reader.offset, f"{reader.remaining} bytes left over")
    except FormatError as exception:
        authorization.is_complete = False
        authorization.problems.append((base + exception.offset, exception.reason))
    return authorization


def _read_keys(reader: QdsReader, keys: list[AuthKey]) -> None:
    start = reader.offset
    count = reader.i32()
    if count < 0 or count * _KEY_ENTRY_SIZE > reader.remaining:
        raise FormatError(
            start, f"{count} keys announced, {reader.remaining} bytes are left"
        )
    for _ in range(count):
        data_center = reader.i32()
        identifier = auth_key_identifier(reader.raw(AUTH_KEY_SIZE))
        keys.append(AuthKey(data_center, identifier))


def _read_old_blocks(data: bytes) -> Authorization:
    reader = QdsReader(data)
    authorization = Authorization(None, None)
    while reader.remaining:
        start = reader.offset
        try:
            block = reader.u32()
            if block == _BLOCK_USER:
                authorization.user_id = reader.i32() & 0xFFFFFFFF or None
                authorization.main_data_center = reader.u32()
            elif block == _BLOCK_KEY:
                data_center = reader.u32()
                identifier = auth_key_identifier(reader.raw(AUTH_KEY_SIZE))
                authorization.keys.append(AuthKey(data_center, identifier))
            else:
                raise FormatError(start, f"unknown block 0x{block:x}")
        except FormatError as exception:
            authorization.is_complete = False
            authorization.problems.append((exception.offset, exception.reason))
            break
    return authorization
