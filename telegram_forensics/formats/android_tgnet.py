"""Network state of Telegram for Android: `tgnet.dat`, one per account slot.

Specification: formats/android.md section 8.1 (3.2.2, 2015, and later: configuration
versions 1 to 5, data center versions 2 to 13) and 8.3 (before: the same data centers in
`dataconfig.xml` or `config.dat`). The file holds authorization keys in clear: only
their identifiers leave this module, never keys or salts.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from telegram_forensics.formats.android_network_state import (
    Address,
    Datacenter,
    NetworkState,
    Salt,
)
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.tdesktop_crypto import auth_key_identifier
from telegram_forensics.formats.tl_reader import TLStream

MAXIMUM_SIZE: Final = 4 * 1024 * 1024
LATEST_VERSION: Final = 5
OLDEST_DATACENTER_VERSION: Final = 2
LATEST_DATACENTER_VERSION: Final = 13
AUTH_KEY_SIZE: Final = 256

_ADDRESS_LISTS: Final = ("ipv4", "ipv6", "ipv4_download", "ipv6_download")
_SALT_SIZE: Final = 16
_MAXIMUM_DATACENTER_NUMBER: Final = 100_000
# Version, id, one address list, key sizes, authorized, salts.
_SMALLEST_DATACENTER: Final = 28
# Version and id, to find records behind a damaged one.
_DATACENTER_HEAD: Final = re.compile(rb"[\x02-\x0d]\0\0\0[\x01-\x09]\0\0\0")
_MAXIMUM_TRIALS: Final = 64
_MAXIMUM_RESUMES: Final = 16
# Of addresses and salts of one data center; servers give out some dozens.
_MAXIMUM_LIST: Final = 1024
_MAXIMUM_RESUMED: Final = 64


def read_tgnet(data: bytes) -> NetworkState:
    """Reads `tgnet.dat` or its copy `tgnet.dat.bak`.

    Raises:
        FormatError: if it does not begin like such a file and holds no data center.
            What is wrong otherwise is in `problems`; everything intact is kept.
    """
    reader = TLStream(data)
    try:
        size = reader.read_uint32()
        version = reader.read_int32()
        if not 1 <= version <= LATEST_VERSION:
            raise FormatError(4, f"version {version} of the configuration is unknown")
        state = NetworkState(version, reader.read_bool())
    except FormatError as exception:
        return _salvage(data, exception)
    if size != len(data) - 4:
        state.problems.append(
            (0, f"{size} bytes announced, the file has {len(data) - 4} of them")
        )
    try:
        # The whole file counts: the announced size may be what is damaged.
        state.is_complete = _read_body(reader, state, version)
        if reader.remaining and state.is_complete:
            state.problems.append(
                (reader.offset, f"{reader.remaining} bytes behind the last field")
            )
    except FormatError as exception:
        state.problems.append((exception.offset, exception.reason))
        # From the beginning: a damaged length may have led too far.
        if not state.datacenters and _resume(reader, state, 0):
            _read_datacenters(reader, state, _MAXIMUM_RESUMED)
    state.problems += [
        (offset, "text with bytes that are no UTF-8") for offset in reader.damaged_text
    ]
    return state


def _salvage(data: bytes, exception: FormatError) -> NetworkState:
    """Data centers of a file whose beginning is damaged."""
    state = NetworkState(problems=[(exception.offset, exception.reason)])
    reader = TLStream(data)
    if not _resume(reader, state, 0):
        raise exception
    _read_datacenters(reader, state, _MAXIMUM_RESUMED)
    return state


def _read_body(reader: TLStream, state: NetworkState, version: int) -> bool:
    """Reads everything behind the first Bool; False if data centers are damaged."""
    if version >= 3:
        state.client_blocked = reader.read_bool()
    if version >= 4:
        state.language_code = reader.read_string()
    if not reader.read_bool():
        return True
    state.current_datacenter = reader.read_int32()
    state.time_difference = reader.read_int32()
    state.last_datacenter_update = reader.read_int32()
    state.push_session = reader.read_int64()
    if version >= 2:
        state.registered_for_push = reader.read_bool()
    if version >= 5:
        state.last_server_time = reader.read_int32() or None
    try:
        _read_sessions(reader, state)
        count = _count(reader, _SMALLEST_DATACENTER, "data centers")
    except FormatError as exception:
        state.problems.append((exception.offset, exception.reason))
        count = _MAXIMUM_RESUMED
        if not _resume(reader, state, exception.offset):
            return False
    return _read_datacenters(reader, state, count)


def _read_datacenters(reader: TLStream, state: NetworkState, count: int) -> bool:
    """Reads data centers, those behind a damaged one too; False if one is damaged."""
    # Of a list whose length is lost, the end shows as damage.
    is_undamaged = count < _MAXIMUM_RESUMED
    resumes = 0
    for _ in range(count):
        start = reader.offset
        try:
            _read_datacenter(reader, state)
        except FormatError as exception:
            if is_undamaged or exception.offset != start:
                state.problems.append((exception.offset, exception.reason))
            is_undamaged = False
            resumes += 1
            if resumes > _MAXIMUM_RESUMES or not _resume(reader, state, start + 4):
                break
    return is_undamaged


def _resume(reader: TLStream, state: NetworkState, offset: int) -> bool:
    """Looks for the next intact data center behind a damaged place.

    Returns:
        True if there is one: the reader stands at it.
    """
    known = {item.number for item in state.datacenters if item.authorized is not None}
    for start in islice(_find(reader, offset), _MAXIMUM_TRIALS):
        trial = NetworkState()
        reader.offset = start
        try:
            _read_datacenter(reader, trial)
        except FormatError:
            continue
        found = trial.datacenters[0]
        if found.addresses and found.number not in known and not trial.problems:
            reader.offset = start
            return True
    return False


def _find(reader: TLStream, offset: int) -> Iterator[int]:
    """Offsets where a data center may begin, overlapping ones included."""
    while match := _DATACENTER_HEAD.search(reader.data, max(0, offset)):
        yield match.start()
        offset = match.start() + 1


def _count(
    reader: TLStream, smallest: int, what: str, maximum: int | None = None
) -> int:
    """Number of entries, checked against what can stand in the data."""
    start = reader.offset
    number = reader.read_uint32()
    if number * smallest > reader.remaining:
        raise FormatError(
            start, f"{number} {what} announced, {reader.remaining} bytes are left"
        )
    if maximum is not None and number > maximum:
        raise FormatError(start, f"{number} {what} announced, which is impossible")
    return number


def _uint64(reader: TLStream) -> int:
    return reader.read_int64() % (1 << 64)


def _read_sessions(reader: TLStream, state: NetworkState) -> None:
    for _ in range(_count(reader, 8, "sessions to destroy")):
        state.sessions_to_destroy.append(f"{_uint64(reader):016x}")


def _read_datacenter(reader: TLStream, state: NetworkState) -> None:
    """Reads a data center; what was read of a damaged one is kept."""
    start = reader.offset
    version = reader.read_int32()
    if not OLDEST_DATACENTER_VERSION <= version <= LATEST_DATACENTER_VERSION:
        raise FormatError(start, f"version {version} of a data center is unknown")
    number = reader.read_int32()
    if not 0 < number < _MAXIMUM_DATACENTER_NUMBER:
        raise FormatError(reader.offset - 4, f"data center {number} is impossible")
    item = Datacenter(start, version, number)
    state.datacenters.append(item)
    if version >= 3:
        item.last_init_version = reader.read_int32()
    if version >= 10:
        reader.read_int32()  # the same for media
    for kind in _ADDRESS_LISTS if version >= 5 else ("any",):
        _read_addresses(reader, item, kind)
    if version >= 6:
        item.is_cdn = reader.read_bool()
    item.permanent_key = _read_key(reader)
    _check_key(reader, state, item)
    # Each with its identifier; there is none without a key.
    for _ in range((version >= 8) + (version >= 12)):
        key = _read_key(reader)
        place = reader.offset
        stored = _uint64(reader)
        if key is not None:
            item.temporary_keys.append(key)
            _compare(state, place, stored, key, item)
    item.authorized = reader.read_int32()
    _read_salts(reader, item.salts)
    if version >= 13:
        _read_salts(reader, item.media_salts)


def _read_addresses(reader: TLStream, item: Datacenter, kind: str) -> None:
    version = item.version
    smallest = 8 + 4 * (version >= 7) + 4 * (version >= 9)
    for _ in range(_count(reader, smallest, "addresses", _MAXIMUM_LIST)):
        address = reader.read_string()
        port = reader.read_int32()
        flags = reader.read_int32() if version >= 7 else None
        has_secret = bool(reader.read_bytes()) if version >= 9 else False
        item.addresses.append(Address(kind, address, port, flags, has_secret))


def _read_key(reader: TLStream) -> str | None:
    start = reader.offset
    size = reader.read_uint32()
    if size not in (0, AUTH_KEY_SIZE):
        raise FormatError(start, f"a key of {size} bytes is impossible")
    return auth_key_identifier(reader.read_raw(size)) if size else None


def _check_key(reader: TLStream, state: NetworkState, item: Datacenter) -> None:
    """Reads the stored identifier of the permanent key."""
    place = reader.offset
    if item.version < 4:
        size = reader.read_uint32()
        if size == 0:
            return
        if size != 8:
            raise FormatError(place, f"a key identifier of {size} bytes is impossible")
        place = reader.offset
    stored = _uint64(reader)
    if item.permanent_key is not None:
        _compare(state, place, stored, item.permanent_key, item)


def _compare(
    state: NetworkState, place: int, stored: int, computed: str, item: Datacenter
) -> None:
    if f"{stored:016x}" != computed:
        state.problems.append(
            (
                place,
                f"identifier {stored:016x} is stored with a key of data center "
                f"{item.number} that has {computed}: key or identifier is damaged",
            )
        )


def _read_salts(reader: TLStream, salts: list[Salt]) -> None:
    for _ in range(_count(reader, _SALT_SIZE, "salts", _MAXIMUM_LIST)):
        salts.append(Salt(reader.read_int32(), reader.read_int32()))
        reader.read_raw(8)


# Before 3.2.2.


def read_data_config(values: Mapping[str, object]) -> NetworkState:
    """Reads the entries of `dataconfig.xml`.

    Args:
        values: the preferences by name.

    Returns:
        The state. Offsets of its problems are positions in the decoded value.
    """
    state = NetworkState()
    state.test_backend = _number(values, "datacenterSetId") not in (None, 0)
    state.current_datacenter = _number(values, "currentDatacenterId")
    state.time_difference = _number(values, "timeDifference")
    state.last_datacenter_update = _number(values, "lastDcUpdateTime")
    state.push_session = _number(values, "pushSessionId")
    try:
        sessions = _base64(values, "sessionsToDestroy")
        if sessions:
            _read_bare_sessions(sessions, state)
        datacenters = _base64(values, "datacenters")
        if datacenters:
            reader = TLStream(datacenters)
            for _ in range(_count(reader, _SMALLEST_DATACENTER, "data centers")):
                _read_datacenter(reader, state)
            if reader.remaining:
                raise FormatError(reader.offset, f"{reader.remaining} bytes left over")
        state.is_complete = True
    except FormatError as exception:
        state.problems.append((exception.offset, exception.reason))
    return state


def _read_bare_sessions(data: bytes, state: NetworkState) -> None:
    """Identifiers, with or without their number in front."""
    reader = TLStream(data)
    if len(data) % 8 == 4:
        _read_sessions(reader, state)
    else:
        while reader.remaining:
            state.sessions_to_destroy.append(f"{_uint64(reader):016x}")
    if reader.remaining:
        raise FormatError(reader.offset, f"{reader.remaining} bytes left over")


def _number(values: Mapping[str, object], name: str) -> int | None:
    value = values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _base64(values: Mapping[str, object], name: str) -> bytes:
    value = values.get(name)
    if not isinstance(value, str):
        return b""
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as exception:
        raise FormatError(0, f"{name} is no Base64: {exception}") from exception


def read_config_dat(data: bytes) -> NetworkState:
    """Reads `config.dat`: the fields of `dataconfig.xml` in binary.

    The layout is not confirmed by a real file. Therefore a file counts only if every
    byte of it fits.

    Raises:
        FormatError: if it does not.
    """
    reader = TLStream(data)
    state = NetworkState()
    state.test_backend = reader.read_int32() != 0
    state.current_datacenter = reader.read_int32()
    state.time_difference = reader.read_int32()
    state.last_datacenter_update = reader.read_int32()
    state.push_session = reader.read_int64()
    _read_sessions(reader, state)
    for _ in range(_count(reader, _SMALLEST_DATACENTER, "data centers")):
        _read_datacenter(reader, state)
    if reader.remaining:
        raise FormatError(reader.offset, f"{reader.remaining} bytes left over")
    if state.home is None:
        raise FormatError(4, f"no data center {state.current_datacenter} is listed")
    state.is_complete = True
    return state
