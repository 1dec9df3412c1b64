"""Bounded decompression and checksums."""

from __future__ import annotations

import random

import cramjam
import pytest

from telegram_forensics.formats.browser_bytes import (
    Findings,
    read_all,
    read_sized,
    read_varint,
)
from telegram_forensics.formats.browser_compression import (
    decompress_snappy,
    decompress_snappy_framed,
    decompress_zstd,
    extend_crc32c,
    mask_crc32c,
    masked_crc32c,
    salvage_snappy,
)
from telegram_forensics.formats.errors import FormatError, Issue
from tests.builders.leveldb import crc32c, masked

TEXT = b"".join(b"line %d of a text that repeats itself\n" % n for n in range(900))


def framed(data: bytes, limit: int = 1 << 20) -> tuple[bytes, list[Issue]]:
    issues: list[Issue] = []
    return decompress_snappy_framed(data, Findings(issues), limit), issues


def test_checksum() -> None:
    # The check value of RFC 3720 and of the catalogue of checksums.
    assert crc32c(b"123456789") == 0xE3069283
    for data in (b"", b"123456789", bytes(100)):
        assert masked_crc32c(data).to_bytes(4, "little") == masked(data)
    whole = extend_crc32c(extend_crc32c(0, b"1234"), b"56789")
    assert whole == 0xE3069283
    assert mask_crc32c(whole) == masked_crc32c(b"123456789")


def test_snappy() -> None:
    packed = bytes(cramjam.snappy.compress_raw(TEXT))
    assert decompress_snappy(packed) == TEXT
    assert decompress_snappy(packed, len(TEXT)) == TEXT
    with pytest.raises(FormatError, match="limit"):
        decompress_snappy(packed, len(TEXT) - 1)
    with pytest.raises(FormatError, match="cannot come from"):
        decompress_snappy(b"\xff\xff\xff\x0f\x00a")
    for wrong in (b"", packed[:-1], b"\x80" * 20, b"\x05\x00"):
        with pytest.raises(FormatError):
            decompress_snappy(wrong)


def test_salvage() -> None:
    packed = bytes(cramjam.snappy.compress_raw(TEXT))
    assert salvage_snappy(packed) == TEXT
    half = salvage_snappy(packed[: len(packed) // 2])
    assert len(half) > 1000
    assert TEXT.startswith(half)
    generator = random.Random(10)
    for _ in range(300):
        broken = bytearray(packed)
        broken[generator.randrange(3, len(broken))] = generator.randrange(256)
        assert len(salvage_snappy(bytes(broken))) <= len(TEXT)
    assert salvage_snappy(b"\xff\xff\xff\xff\x0f") == b""


def test_frames() -> None:
    packed = bytes(cramjam.snappy.compress(TEXT * 5))
    assert framed(packed) == (TEXT * 5, [])
    plain, issues = framed(packed, 100_000)
    assert TEXT.startswith(plain[: len(TEXT)])
    assert "more than" in issues[0].reason
    assert framed(b"") == (b"", [])
    for wrong, reason in (
        (packed[:-1], "frame of"),
        (b"\xff\x06\0\0wrong!", "not a stream"),
        (b"\x02\0\0\0", "unknown kind"),
        (b"\0\x03\0\0abc", "without a checksum"),
        (b"\1\x05\0\0\0\0\0\0a", "wrong checksum"),
    ):
        assert reason in framed(wrong)[1][0].reason
    # Padding and what may be skipped.
    assert framed(b"\xfe\x02\0\0ab\x80\0\0\0" + packed)[0] == TEXT * 5


def test_frames_of_firefox() -> None:
    """Their checksum lacks its last inversion: a file that Firefox 153 wrote."""
    data = bytes.fromhex("ff060000734e61507059000a00000bdf9ff9040c2f2f6a73")
    assert framed(data) == (b"//js", [])


@pytest.mark.parametrize("size", [0, 1, 300, 70_000, 3_000_000])
def test_zstd(size: int) -> None:
    plain = (TEXT * 100)[:size]
    packed = bytes(cramjam.zstd.compress(plain))
    compressor = cramjam.zstd.Compressor()
    compressor.compress(plain)
    # A stream does not tell its size.
    for data in (packed, bytes(compressor.finish())):
        assert decompress_zstd(data) == plain
        if size > 1:
            with pytest.raises(FormatError):
                decompress_zstd(data, size - 1)
            with pytest.raises(FormatError):
                decompress_zstd(data[:-1])


def test_zstd_that_is_none() -> None:
    for wrong in (b"", b"abcdefgh", bytes.fromhex("28b52ffde0"), b"\x28\xb5\x2f\xfd"):
        with pytest.raises(FormatError):
            decompress_zstd(wrong)
    # A frame that announces 2^60 bytes.
    with pytest.raises(FormatError, match="limit"):
        decompress_zstd(bytes.fromhex("28b52ffde0") + (1 << 60).to_bytes(8, "little"))


def test_numbers() -> None:
    assert read_varint(b"\x96\x01", 0) == (150, 2)
    assert read_varint(b"\xff" * 9 + b"\x01", 0) == ((1 << 64) - 1, 10)
    assert read_sized(b"x\x02abc", 1) == (b"ab", 4)
    for wrong in (b"", b"\x80", b"\x80" * 11):
        with pytest.raises(FormatError):
            read_varint(wrong, 0)
    with pytest.raises(FormatError):
        read_sized(b"\x05abc", 0)


def test_files_that_give_less_than_asked() -> None:
    class Slow:
        def __init__(self) -> None:
            self.left = list(b"abcdef")

        def read(self, size: int) -> bytes:
            taken, self.left = self.left[: min(size, 2)], self.left[min(size, 2) :]
            return bytes(taken)

    assert read_all(Slow(), 5) == b"abcde"  # type: ignore[arg-type]
    assert read_all(Slow(), 50) == b"abcdef"  # type: ignore[arg-type]
