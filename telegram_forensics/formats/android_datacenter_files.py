"""Small binary files beside `tgnet.dat`: `dc<N>conf.dat` and `stats2.dat`.

Specification: formats/android.md sections 8.2 and 8.4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from telegram_forensics.formats.errors import FormatError

ADDRESS_FILE_SIZE: Final = 40
_ADDRESS_BODY_SIZE: Final = 36
ADDRESS_KINDS: Final = ("ipv4", "ipv6", "ipv4_download", "ipv6_download")
_ADDRESS_NAME: Final = re.compile(r"dc([1-9][0-9]{0,4})conf\.dat(?:\.bak)?")

STATISTICS_NAME: Final = "stats2.dat"
STATISTICS_SIZES: Final = (540, 612)
NETWORKS: Final = ("mobile", "wifi", "roaming")
TRAFFIC_KINDS: Final = (
    "calls",
    "messages",
    "videos",
    "audio",
    "photos",
    "files",
    "total",
)
MUSIC: Final = "music"
_ENTRY_SIZE: Final = 24
_NETWORK_SIZE: Final = len(TRAFFIC_KINDS) * _ENTRY_SIZE + 12


@dataclass(frozen=True, slots=True)
class AddressChoice:
    """Which of the known addresses last worked, by kind of address.

    Attributes:
        indexes: kind (`ADDRESS_KINDS`) -> (port index, address index).
    """

    indexes: dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Counters since the last reset.

    Attributes:
        sent_bytes, received_bytes: bytes.
        sent_items, received_items: number of items. Messages sent count those that
            **this device** sent.
    """

    sent_bytes: int
    received_bytes: int
    sent_items: int
    received_items: int

    @property
    def is_empty(self) -> bool:
        """Nothing was counted."""
        return not (
            self.sent_bytes
            or self.received_bytes
            or self.sent_items
            or self.received_items
        )


@dataclass(frozen=True, slots=True)
class NetworkTraffic:
    """Counters of one kind of network.

    Attributes:
        network: `mobile`, `wifi` or `roaming`.
        traffic: by kind (`TRAFFIC_KINDS`, in newer files `MUSIC`).
        call_seconds: total length of calls in seconds.
        reset_time: milliseconds since 1970 (UTC, device's clock) of the last reset.
    """

    network: str
    traffic: dict[str, Traffic]
    call_seconds: int
    reset_time: int


def address_file_number(file_name: str) -> int | None:
    """Data center of a `dc<N>conf.dat`, None if it is no such name."""
    match = _ADDRESS_NAME.fullmatch(file_name)
    return int(match[1]) if match else None


def read_address_file(data: bytes) -> AddressChoice:
    """Reads a `dc<N>conf.dat`.

    Raises:
        FormatError: if it is none, or cut off.
    """
    if len(data) != ADDRESS_FILE_SIZE:
        raise FormatError(
            min(len(data), ADDRESS_FILE_SIZE),
            f"{len(data)} bytes, {ADDRESS_FILE_SIZE} are expected",
        )
    numbers = [
        int.from_bytes(data[offset : offset + 4], "little")
        for offset in range(0, ADDRESS_FILE_SIZE, 4)
    ]
    if numbers[0] != _ADDRESS_BODY_SIZE:
        raise FormatError(0, f"a length of {numbers[0]} is not expected")
    if numbers[1] != 1:
        raise FormatError(4, f"version {numbers[1]} is unknown")
    return AddressChoice(
        {
            kind: (numbers[2 + 2 * index], numbers[3 + 2 * index])
            for index, kind in enumerate(ADDRESS_KINDS)
        }
    )


def read_statistics(data: bytes) -> list[NetworkTraffic]:
    """Reads `stats2.dat`, with or without the counters of music.

    Raises:
        FormatError: if it has another size.
    """
    if len(data) not in STATISTICS_SIZES:
        raise FormatError(
            min(len(data), STATISTICS_SIZES[0]),
            f"{len(data)} bytes, {STATISTICS_SIZES[0]} or {STATISTICS_SIZES[1]} are "
            f"expected",
        )
    networks = []
    for index, network in enumerate(NETWORKS):
        start = index * _NETWORK_SIZE
        traffic = {
            kind: _traffic(data, start + number * _ENTRY_SIZE)
            for number, kind in enumerate(TRAFFIC_KINDS)
        }
        end = start + len(TRAFFIC_KINDS) * _ENTRY_SIZE
        if len(data) == STATISTICS_SIZES[1]:
            traffic[MUSIC] = _traffic(data, STATISTICS_SIZES[0] + index * _ENTRY_SIZE)
        networks.append(
            NetworkTraffic(network, traffic, _big(data, end, 4), _big(data, end + 4, 8))
        )
    return networks


def _traffic(data: bytes, offset: int) -> Traffic:
    return Traffic(
        _big(data, offset, 8),
        _big(data, offset + 8, 8),
        _big(data, offset + 16, 4),
        _big(data, offset + 20, 4),
    )


def _big(data: bytes, offset: int, size: int) -> int:
    """A signed big-endian number."""
    return int.from_bytes(data[offset : offset + size], "big", signed=True)
