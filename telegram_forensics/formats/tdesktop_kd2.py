"""The trailer that Telegram Desktop 7.3 appends to its key file.

Specification: formats/telegram_desktop_key_file_7_3.md. UNCONFIRMED: the page follows
a public reader, no file of the real 7.3 client was at hand.

Only the wrap whose generation is the committed one counts. A second wrap is left over
from an interrupted passcode change: it must not open the data, but it is reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import construct

from telegram_forensics.formats import tdesktop_crypto as crypto
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.qds import QdsReader

MAGIC: Final = 0x4B443200
FORMAT_VERSION: Final = 2
KIND_ARGON2ID: Final = 1
KIND_SCRYPT: Final = 2

_MAXIMUM_WRAPS: Final = 2
_MINIMUM_SALT_SIZE: Final = 8
_MAXIMUM_ARGON2_MEMORY: Final = 262144
_MAXIMUM_ARGON2_TIME: Final = 64
_MAXIMUM_ARGON2_LANES: Final = 16
_MAXIMUM_SCRYPT_MEMORY: Final = 192 * 1024 * 1024
# The program bounds the memory only; within it a made-up file could ask for years of
# work. 64 times the cost with which the program writes (N r p = 2^20) is allowed.
_MAXIMUM_SCRYPT_WORK: Final = 64 * 131072 * 8

_HEADER = construct.Struct(
    "magic" / construct.Int32ub,
    "version" / construct.Int32ub,
    "generation" / construct.Int32ub,
    "count" / construct.Int32ub,
)
_WRAP_HEADER = construct.Struct(
    "kind" / construct.Int32ub,
    "generation" / construct.Int32ub,
    "memory" / construct.Int32ub,
    "time" / construct.Int32ub,
    "parallel" / construct.Int32ub,
)


@dataclass(frozen=True, slots=True)
class Kd2Wrap:
    """One wrapped copy of the local key.

    Attributes:
        kind: key derivation, 1 Argon2id, 2 scrypt.
        generation: number of the passcode change that made it.
        memory, time, parallel: cost; KiB, passes, lanes for Argon2id, N, r, p for
            scrypt.
        salt: salt of the derivation.
        blob: the wrapped key.
        offset: where the wrap begins in the trailer.
        problem: why it cannot be used, None if it can.
    """

    kind: int
    generation: int
    memory: int
    time: int
    parallel: int
    salt: bytes
    blob: bytes
    offset: int
    problem: str | None

    @property
    def kdf_name(self) -> str:
        """Derivation and cost in words."""
        if self.kind == KIND_ARGON2ID:
            cost = f"{self.memory} KiB, {self.time} passes, {self.parallel} lanes"
            return f"Argon2id, {cost}"
        if self.kind == KIND_SCRYPT:
            return f"scrypt, N {self.memory}, r {self.time}, p {self.parallel}"
        return f"unknown derivation {self.kind}"

    def derive(self, passcode: bytes) -> bytes:
        """Derives the key of this wrap.

        Raises:
            DecryptionError: if the derivation refuses the parameters.
        """
        derivation = (
            crypto.argon2id_key if self.kind == KIND_ARGON2ID else crypto.scrypt_key
        )
        return derivation(passcode, self.salt, self.memory, self.time, self.parallel)


@dataclass(slots=True)
class Kd2Trailer:
    """The trailer.

    Attributes:
        version: format version, 2.
        generation: committed generation, 0 where no passcode is set.
        wraps: all wraps in file order.
        problems: (offset in the trailer, reason).
    """

    version: int
    generation: int
    wraps: list[Kd2Wrap]
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def live_wrap(self) -> Kd2Wrap | None:
        """The wrap of the committed generation; None if there is not exactly one."""
        live = [wrap for wrap in self.wraps if wrap.generation == self.generation]
        return live[0] if len(live) == 1 else None

    @property
    def stale_wraps(self) -> list[Kd2Wrap]:
        """Wraps left over from an interrupted passcode change."""
        return [wrap for wrap in self.wraps if wrap.generation != self.generation]


def read_trailer(data: bytes) -> Kd2Trailer:
    """Reads the trailer.

    Args:
        data: the fourth record of the key file.

    Raises:
        FormatError: if it is not a trailer of a known version.
    """
    if len(data) < _HEADER.sizeof():
        raise FormatError(0, f"trailer of {len(data)} bytes is too short")
    header = _HEADER.parse(data)
    if header.magic != MAGIC:
        raise FormatError(0, f"trailer begins with {header.magic:08x}, not 4b443200")
    if header.version != FORMAT_VERSION:
        raise FormatError(4, f"trailer format version {header.version} is unknown")
    if header.count > _MAXIMUM_WRAPS:
        raise FormatError(12, f"trailer announces {header.count} wraps, 2 at most")
    reader = QdsReader(data, _HEADER.sizeof())
    trailer = Kd2Trailer(header.version, header.generation, [])
    for _ in range(header.count):
        wrap = _read_wrap(reader)
        trailer.wraps.append(wrap)
        if wrap.problem:
            trailer.problems.append((wrap.offset, wrap.problem))
    if reader.remaining:
        trailer.problems.append(
            (reader.offset, f"{reader.remaining} bytes behind the last wrap")
        )
    live = len(trailer.wraps) - len(trailer.stale_wraps)
    # Generation 0 without a live wrap: no passcode is set yet, and the change that was
    # to set one was interrupted.
    if live > 1 or (live == 0 and trailer.generation):
        trailer.problems.append(
            (
                8,
                f"{live} wraps have the committed generation {trailer.generation}, "
                f"1 expected: no passcode can open this file",
            )
        )
    return trailer


def _read_wrap(reader: QdsReader) -> Kd2Wrap:
    offset = reader.offset
    header = _WRAP_HEADER.parse(reader.raw(_WRAP_HEADER.sizeof()))
    salt = reader.bytes()
    blob = reader.bytes()
    return Kd2Wrap(
        header.kind,
        header.generation,
        header.memory,
        header.time,
        header.parallel,
        salt,
        blob,
        offset,
        _wrap_problem(header, salt),
    )


def _wrap_problem(header: construct.Container, salt: bytes) -> str | None:
    """Why the program would not use a wrap with these parameters."""
    memory, time, parallel = header.memory, header.time, header.parallel
    if len(salt) < _MINIMUM_SALT_SIZE:
        return f"wrap has a salt of {len(salt)} bytes, at least 8 expected"
    if header.kind == KIND_ARGON2ID:
        allowed = (
            1 <= time <= _MAXIMUM_ARGON2_TIME
            and 1 <= parallel <= _MAXIMUM_ARGON2_LANES
            and 8 * parallel <= memory <= _MAXIMUM_ARGON2_MEMORY
        )
    elif header.kind == KIND_SCRYPT:
        allowed = (
            memory >= 2
            and memory & (memory - 1) == 0
            and time >= 1
            and parallel >= 1
            and 128 * time * (memory + parallel) <= _MAXIMUM_SCRYPT_MEMORY
            and memory * time * parallel <= _MAXIMUM_SCRYPT_WORK
        )
    else:
        return f"wrap has the unknown key derivation {header.kind}"
    if allowed:
        return None
    return f"cost of the wrap is out of bounds ({memory}, {time}, {parallel})"
