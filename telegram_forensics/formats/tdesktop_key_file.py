"""The key file of Telegram Desktop: `key_datas` and, before 2.1.14, the legacy `map`.

Specification: formats/telegram_desktop.md sections 2.3, 2.5 and 2.7 (0.7.19 to 6.1.2);
formats/telegram_desktop_key_file_7_3.md for the trailer with Argon2id and scrypt wraps
(UNCONFIRMED against a file of the real 7.3 client).

The local key inside opens every account of the installation. It is wrapped with a key
that is derived from the local passcode, or from an empty one where none is set.
Whether a passcode is set can only be seen by trying the empty one.
"""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from telegram_forensics.formats import tdesktop_crypto as crypto
from telegram_forensics.formats import tdf
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader
from telegram_forensics.formats.tdesktop_kd2 import MAGIC as TRAILER_MAGIC_NUMBER
from telegram_forensics.formats.tdesktop_kd2 import Kd2Trailer, Kd2Wrap, read_trailer
from telegram_forensics.formats.tdesktop_passcodes import Passcodes

TRAILER_MAGIC: Final = TRAILER_MAGIC_NUMBER.to_bytes(4, "big")
SALT_SIZE: Final = 32
WRAPPED_KEY_SIZE: Final = 288
# Where the records stand in an undamaged file; used when length fields are damaged.
_SALT_OFFSET: Final = tdf.HEADER_SIZE + 4
_WRAPPED_KEY_OFFSET: Final = _SALT_OFFSET + SALT_SIZE + 4
_CONTENT_OFFSET: Final = _WRAPPED_KEY_OFFSET + WRAPPED_KEY_SIZE + 4
_MAXIMUM_LISTED_ACCOUNTS: Final = 64


class KeyFileKind(enum.Enum):
    """Which of the two layouts a key file has."""

    KEY_DATA = "key_data"
    LEGACY_MAP = "legacy map"


class PasscodeState(str, enum.Enum):
    """What the key file says about the local passcode.

    NONE: the empty passcode opens it. SET: a given passcode opens it. LOCKED: it is
    undamaged and none of the candidates opens it. UNKNOWN: it is damaged and nothing
    opens it, so that a passcode and damage cannot be told apart.
    """

    NONE = "none"
    SET = "set"
    LOCKED = "locked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class LocalKey:
    """The key of an installation's storage.

    Attributes:
        value: 256 bytes; kept out of `repr`, no log or event may show it.
        passcode_number: which candidate opened it, 0 = the empty passcode.
        source: where the key comes from if not from the file itself, in words.
    """

    value: bytes = field(repr=False)
    passcode_number: int
    source: str | None = None


@dataclass(frozen=True, slots=True)
class AccountList:
    """The account list of a key file.

    Attributes:
        indexes: account indexes in stored order.
        active: index of the active account, -1 as some versions store it, None if
            the field is missing.
    """

    indexes: tuple[int, ...]
    active: int | None


@dataclass(frozen=True, slots=True)
class _Layout:
    """One reading of the three records: by their lengths, or by fixed offsets."""

    salt: bytes
    wrapped_key: bytes
    content: bytes
    content_offset: int
    is_repaired: bool


@dataclass(slots=True)
class KeyFile:
    """A key file that has been read; `open` finds the local key.

    Attributes:
        kind: layout.
        container: the TDF$ file.
        trailer: what 7.3 and later append, else None.
        problems: (file offset, reason), damage that was worked around included.
    """

    kind: KeyFileKind
    container: tdf.TdfContainer
    trailer: Kd2Trailer | None
    problems: list[tuple[int, str]]
    _layouts: list[_Layout]
    _has_trailer: bool = False
    _opened: _Layout | None = None

    @property
    def is_damaged(self) -> bool:
        """True if the file is not byte for byte the one that was written."""
        return not self.container.md5_valid

    @property
    def kdf_name(self) -> str:
        """The key derivation that a passcode trial takes, with its cost."""
        wrap = self.trailer.live_wrap if self.trailer else None
        if wrap:
            return wrap.kdf_name
        if self.kind is KeyFileKind.LEGACY_MAP:
            return f"PBKDF2-HMAC-SHA1, {crypto.LEGACY_ITERATIONS_PASSCODE} rounds"
        if self._has_trailer and (self.trailer is None or self.trailer.wraps):
            return "unknown: the trailer of the key file is not usable"
        return f"PBKDF2-HMAC-SHA512, {crypto.ITERATIONS_PASSCODE} rounds"

    @property
    def recovery_line(self) -> str | None:
        """Line for hashcat mode 24500 (key_data) or 22600 (legacy map).

        None where no published mode exists (7.3 wraps) or a record is incomplete.
        """
        layout = next(
            (
                layout
                for layout in self._layouts
                if len(layout.salt) == SALT_SIZE
                and len(layout.wrapped_key) == WRAPPED_KEY_SIZE
                # Where 7.3 has its trailer no wrapped key stands at the old offset.
                and not (layout.is_repaired and self._has_trailer)
            ),
            None,
        )
        if layout is None or (self.trailer and self.trailer.wraps):
            return None
        prefix = (
            f"$telegram$1*{crypto.LEGACY_ITERATIONS_PASSCODE}"
            if self.kind is KeyFileKind.LEGACY_MAP
            else f"$telegram$2*{crypto.ITERATIONS_PASSCODE}"
        )
        return f"{prefix}*{layout.salt.hex()}*{layout.wrapped_key.hex()}"

    def open(
        self,
        passcodes: Passcodes,
        *,
        first: int | None = None,
        progress: Callable[[], None] | None = None,
    ) -> LocalKey | None:
        """Finds the local key.

        Args:
            passcodes: candidates; number 0 is the empty passcode.
            first: number of the candidate to try first, where it is known already.
            progress: called before each trial (about 0.1 s to several seconds each).

        Returns:
            The key, or None if no candidate opens the file.
        """
        for number in _trial_order(len(passcodes), first):
            if progress:
                progress()
            for layout in self._layouts:
                value = self._try(layout, passcodes[number])
                if value is not None:
                    self._opened = layout
                    if layout.is_repaired:
                        self.problems.append(
                            (
                                tdf.HEADER_SIZE,
                                "record lengths are damaged; the records were found "
                                "at their usual offsets",
                            )
                        )
                    return LocalKey(value, number)
        return None

    def _try(self, layout: _Layout, passcode: bytes) -> bytes | None:
        is_whole = len(layout.wrapped_key) == WRAPPED_KEY_SIZE
        if self.kind is KeyFileKind.LEGACY_MAP:
            if not is_whole:
                return None
            return _unwrap_legacy(passcode, layout.salt, layout.wrapped_key)
        trailer = self.trailer
        if trailer and trailer.wraps:
            wrap = trailer.live_wrap
            if wrap and passcode and not wrap.problem:
                return _unwrap_kd2(passcode, wrap)
            passcode_possible = not passcode
        else:
            passcode_possible = trailer is None or not passcode
        if layout.is_repaired and self._has_trailer:
            # 7.3 keeps the wrap of a passcode in the trailer, never at this offset.
            passcode_possible = not passcode
        if passcode_possible and is_whole:
            return _unwrap(passcode, layout.salt, layout.wrapped_key)
        return None

    def state(self, key: LocalKey | None) -> PasscodeState:
        """What the outcome of `open` says about the passcode."""
        if key is not None and key.source is None:
            return PasscodeState.SET if key.passcode_number else PasscodeState.NONE
        return PasscodeState.UNKNOWN if self.is_damaged else PasscodeState.LOCKED

    def content(self, key: LocalKey) -> bytes:
        """Decrypts the third record: account list, or the map of a legacy file.

        Raises:
            FormatError: if it is damaged or was written with another key.
        """
        opened = self._opened or self._layouts[0]
        # The length field of this record may be the damaged one.
        others = [layout for layout in self._layouts if layout is not opened]
        failure: FormatError | None = None
        for layout in (opened, *others):
            try:
                return crypto.decrypt_local(layout.content, key.value)
            except crypto.DecryptionError as exception:
                failure = failure or FormatError(layout.content_offset, str(exception))
        raise failure or FormatError(0, "no record to decrypt")

    def account_list(self, key: LocalKey) -> AccountList:
        """Reads the account list of a `key_data` file.

        Raises:
            FormatError: if it cannot be decrypted or is not a list.
        """
        reader = QdsReader(self.content(key))
        start = reader.offset
        count = reader.i32()
        if not 0 <= count <= _MAXIMUM_LISTED_ACCOUNTS:
            raise FormatError(start, f"account list of {count} entries")
        indexes = tuple(reader.i32() for _ in range(count))
        # The active index has been there since 2.1.14, yet the client checks for it.
        active = reader.i32() if reader.remaining >= 4 else None
        return AccountList(indexes, active)


def read_key_file(data: bytes) -> KeyFile:
    """Reads a `key_data` file of any version.

    Raises:
        FormatError: if it is too short to hold anything.
    """
    container = tdf.read_container(data)
    trailer = None
    problems = list(container.problems)
    if len(container.records) > 3 and container.records[3].data:
        offset = container.records[3].offset
        try:
            trailer = read_trailer(container.record_data(3))
        except FormatError as exception:
            problems.append((offset + exception.offset, exception.reason))
        else:
            problems += [(offset + where, why) for where, why in trailer.problems]
    layouts = list(_layouts(data, container))
    # In a damaged file the records may be wrong, and the trailer found by its magic.
    has_trailer = TRAILER_MAGIC in data or (
        len(container.records) > 3 and not container.records[-1].is_truncated
    )
    return KeyFile(
        KeyFileKind.KEY_DATA, container, trailer, problems, layouts, has_trailer
    )


def read_legacy_map(data: bytes) -> KeyFile | None:
    """Reads the key of a legacy `map` (0.7.19 to 2.1.13).

    Returns:
        The key file, None if the map is a modern one (it begins with null records and
        has its key in `key_data`).

    Raises:
        FormatError: if it is too short to hold anything.
    """
    container = tdf.read_container(data)
    first = container.records[0] if container.records else None
    if first is None or not first.announced_size:
        return None
    layouts = list(_layouts(data, container))
    problems = list(container.problems)
    return KeyFile(KeyFileKind.LEGACY_MAP, container, None, problems, layouts)


def _layouts(data: bytes, container: tdf.TdfContainer) -> Iterator[_Layout]:
    content_offset = (
        container.records[2].offset if len(container.records) > 2 else len(data)
    )
    by_length = _Layout(
        container.record_data(0),
        container.record_data(1),
        container.record_data(2),
        content_offset,
        False,
    )
    yield by_length
    if container.md5_valid:
        return
    # A 7.3 file with a passcode has no wrapped key where the others have theirs; what
    # stands there instead cannot pass the SHA-1 check.
    end = max(len(data) - tdf.DIGEST_SIZE, _CONTENT_OFFSET)
    by_offset = _Layout(
        data[_SALT_OFFSET : _SALT_OFFSET + SALT_SIZE],
        data[_WRAPPED_KEY_OFFSET : _WRAPPED_KEY_OFFSET + WRAPPED_KEY_SIZE],
        data[_CONTENT_OFFSET:end],
        _CONTENT_OFFSET,
        True,
    )
    if replace(by_offset, is_repaired=False) != by_length:
        yield by_offset


def _trial_order(count: int, first: int | None) -> Iterator[int]:
    if first is not None and 0 <= first < count:
        yield first
    for number in range(count):
        if number != first:
            yield number


# One worker process meets the same key file once for every file of the tdata folder:
# the outcome of a trial is kept, wrong candidates included.
@functools.lru_cache(maxsize=16384)
def _unwrap(passcode: bytes, salt: bytes, blob: bytes) -> bytes | None:
    return _local_key(blob, crypto.passcode_key(passcode, salt))


@functools.lru_cache(maxsize=16384)
def _unwrap_legacy(passcode: bytes, salt: bytes, blob: bytes) -> bytes | None:
    return _local_key(blob, crypto.legacy_passcode_key(passcode, salt))


@functools.lru_cache(maxsize=16384)
def _unwrap_kd2(passcode: bytes, wrap: Kd2Wrap) -> bytes | None:
    try:
        key = wrap.derive(passcode)
    except crypto.DecryptionError:
        return None
    return _local_key(wrap.blob, key)


def _local_key(blob: bytes, key: bytes) -> bytes | None:
    try:
        value = crypto.decrypt_local(blob, key)
    except crypto.DecryptionError:
        return None
    return value if len(value) == crypto.KEY_SIZE else None
