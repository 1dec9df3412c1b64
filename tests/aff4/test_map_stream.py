"""Tests of maps (section 5)."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telegram_forensics.aff4.errors import Aff4Error, MissingStreamError
from telegram_forensics.aff4.map_stream import MapRange, MapStream, Target
from telegram_forensics.aff4.symbolic import SymbolicStream, symbolic_stream
from tests.aff4 import support
from tests.builders import aff4

DATA = aff4.pattern(6000)
OTHER = "aff4://3bf0bd14-7a3c-4c8b-a2a7-0e5c5b8b3f16"
ZERO, FF, UNKNOWN = (
    f"{aff4.SCHEMA}{name}" for name in ("Zero", "SymbolicStreamFF", "UnknownData")
)
TARGETS = [aff4.STREAM, ZERO, UNKNOWN, FF]
NEAR_END = (1 << 63) - 512


def segment(entries: list[aff4.MapEntry]) -> bytes:
    """The segment `map`."""
    return b"".join(struct.pack("<3QL", *entry) for entry in entries)


def symbolic(name: str) -> SymbolicStream:
    """A symbolic stream."""
    stream = symbolic_stream(f"{aff4.SCHEMA}{name}")
    assert stream is not None
    return stream


def open_target(urn: str) -> Target:
    """The targets of these tests."""
    return symbolic_stream(urn) or support.source(DATA)


def made(
    entries: list[aff4.MapEntry],
    size: int | None = None,
    gap: str = "Zero",
    opener: Callable[[str], Target] = open_target,
) -> MapStream:
    """A map over the data and some symbolic streams."""
    raw = segment(entries)
    pieces = [raw[:5], raw[5:61], raw[61:]]
    return MapStream(aff4.MAP, lambda: pieces, TARGETS, size, symbolic(gap), opener)


def model(entries: list[aff4.MapEntry], size: int, gap: str) -> bytes:
    """The same as plain bytes, the later entry winning."""
    expected = bytearray(symbolic(gap).read(0, size))
    for start, length, offset, number in entries:
        target = symbolic_stream(TARGETS[number])
        if target is None:
            part = DATA[offset : offset + length]
        else:
            part = target.read(offset, length)
        expected[start : start + length] = part
    return bytes(expected[:size])


_ENTRIES = st.lists(
    st.tuples(
        st.integers(0, 3000),
        st.integers(0, 1500),
        st.integers(0, 4500),
        st.integers(0, len(TARGETS) - 1),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(
    _ENTRIES,
    st.integers(4500, 6000),
    st.sampled_from(["Zero", "UnknownData", "SymbolicStream61"]),
    st.integers(0, 1 << 30),
)
def test_like_bytes(
    entries: list[aff4.MapEntry], size: int, gap: str, seed: int
) -> None:
    """Gaps, symbolic targets, disorder and overlaps read like plain bytes."""
    stream = made(entries, size, gap)
    expected = model(entries, size, gap)
    assert stream.size == size
    assert stream.read_at(0, size) == expected
    generator = random.Random(seed)
    for _ in range(20):
        offset = generator.randrange(size + 1)
        length = generator.randrange(size - offset + 1)
        assert stream.read_at(offset, length) == expected[offset : offset + length]
    position = 0
    for item in stream.ranges():
        assert (item.offset, item.size > 0) == (position, True)
        position += item.size
    assert position == size


@pytest.mark.parametrize("dialect", "ABCEF")
def test_volumes(dialect: str) -> None:
    """A map in a volume of any dialect reads like plain bytes."""
    volume = aff4.AFF4Volume(dialect=dialect)
    targets = [aff4.STREAM, volume.symbolic("Zero"), volume.symbolic("UnknownData")]
    entries = [(4000, 100, 900, 0), (0, 2000, 3000, 0), (2000, 500, 2000, 2)]
    volume.add_stream(aff4.STREAM, DATA, "snappy")
    volume.add_map(aff4.MAP, entries, targets, size=7000, gap="UnreadableData")
    volume.add_image(aff4.IMAGE, aff4.MAP, size=7000)
    image = support.only_image(support.open_volume(volume.build()))
    expected = bytearray(symbolic("UnreadableData").read(0, 7000))
    expected[4000:4100] = DATA[900:1000]
    expected[:2000] = DATA[3000:5000]
    expected[2000:2500] = symbolic("UnknownData").read(2000, 500)
    assert support.read_all(image.stream, 777) == expected


def test_gap_reads_at_the_map_offset() -> None:
    """Filler in a gap restarts at multiples of 1 MiB of the map, not of the gap."""
    stream = made([(0, 100, 0, 0)], 3 << 20, "UnknownData")
    assert stream.read_at(1048570, 20) == b"WNUNKNUNKNOWNUNKNOWN"


def test_size() -> None:
    """The size is the recorded one, else the end of the last entry."""
    assert made([(5, 10, 0, 0)]).size == 15
    assert made([]).size == 0
    assert made([(5, 10, 0, 0)], 99).read_at(14, 85) == DATA[9:10] + bytes(84)
    short = made([(0, 100, 0, 0)], 50)
    assert short.size == 50
    assert list(short.problems) == ["entries reach to 100, the size of the map is 50"]


def test_exabyte() -> None:
    """Offsets and sizes up to 2^63-512 work, without a loop over what is between."""
    entries = [
        (0, 1 << 20, 0, 3),
        (0x3FFFFFFFFFFFFF00, 5000, 100, 0),
        (NEAR_END - 512, 512, NEAR_END - 512, 2),
    ]
    stream = made(entries, NEAR_END)
    assert stream.size == NEAR_END
    assert stream.read_at(0x3FFFFFFFFFFFFF00 - 8, 16) == bytes(8) + DATA[100:108]
    assert stream.read_at(0x3FFFFFFFFFFFFF00 + 4990, 20) == DATA[5090:5100] + bytes(10)
    assert stream.read_at(1 << 62, 100) != bytes(100)
    assert stream.read_at(1 << 61, 100) == bytes(100)
    assert stream.read_at((1 << 20) - 1, 2) == b"\xff\0"
    last = symbolic("UnknownData").read(NEAR_END - 9, 9)
    assert stream.read_at(NEAR_END - 9, 9) == last
    assert len(list(stream.ranges())) == 5
    with pytest.raises(Aff4Error):
        stream.read_at(NEAR_END - 9, 10)


def test_exabyte_volume() -> None:
    """A sparse image of nearly 2^63 bytes opens from a volume."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, DATA, chunk_size=131072)
    volume.add_map(aff4.MAP, [(1 << 62, 6000, 0, 0)], [aff4.STREAM], size=NEAR_END)
    volume.add_image(aff4.IMAGE, aff4.MAP, size=NEAR_END)
    image = support.only_image(support.open_volume(volume.build()))
    assert image.size == NEAR_END
    assert image.stream.read_at((1 << 62) - 10, 6020) == bytes(10) + DATA + bytes(10)


def test_merging() -> None:
    """Entries that continue the one before become one range."""
    entries = [(n * 100, 100, 1000 + n * 100, 0) for n in range(30)]
    entries += [(3000 + n * 10, 10, 7, 1) for n in range(30)]
    entries += [(3300 + n * 10, 10, 7, 2) for n in range(2)]
    stream = made(entries)
    assert list(stream.ranges()) == [
        MapRange(0, 3000, aff4.STREAM, 1000),
        # The target offset of a constant stream does not matter, that of filler does.
        MapRange(3000, 300, ZERO, 7),
        MapRange(3300, 10, UNKNOWN, 7),
        MapRange(3310, 10, UNKNOWN, 7),
    ]
    assert len(stream) == 4
    shuffled = list(entries)
    random.Random(1).shuffle(shuffled)
    assert list(made(shuffled).ranges()) == list(stream.ranges())


def test_later_entry_wins() -> None:
    """Where entries overlap the later one counts, and that is noted."""
    entries = [(0, 1000, 0, 0), (400, 200, 0, 3), (500, 50, 0, 1), (0, 0, 0, 99)]
    stream = made(entries)
    assert support.read_all(stream) == model(entries[:3], 1000, "Zero")
    assert list(stream.problems) == ["entries overlap; the later one counts"]


def test_many_overlaps_take_no_time() -> None:
    """100,000 entries in disorder that all overlap are sorted out in a moment."""
    generator = random.Random(2)
    entries = [
        (generator.randrange(1 << 40), generator.randrange(1, 1 << 30), 0, number % 3)
        for number in range(100_000)
    ]
    start = time.process_time()
    stream = made(entries)
    assert time.process_time() - start < 5
    assert stream.size == max(start + size for start, size, _, _ in entries)


@pytest.mark.parametrize(
    ("raw", "offset", "reason"),
    [
        (segment([(0, 10, 0, 0), (10, 10, 0, 4)]), 28, "target 4 of 4"),
        (segment([(0, 10, 0, 0)]) + b"half", 28, "4 bytes behind"),
        (segment([(0, 10, 0, 0), (1 << 63, 1, 0, 0)]), 28, "beyond 2\\^63"),
        (segment([(0, 10, 0, 0), ((1 << 64) - 1, 1, 0, 0)]), 28, "beyond"),
        (segment([(0, 10, (1 << 63) - 9, 0)]), 0, "beyond"),
        (segment([(0, (1 << 64) - 1, 0, 0)]), 0, "beyond"),
    ],
)
def test_impossible_entries(raw: bytes, offset: int, reason: str) -> None:
    """An entry that makes no sense is an error at open, with its offset."""
    with pytest.raises(Aff4Error, match=reason) as caught:
        MapStream(aff4.MAP, lambda: [raw], TARGETS, None, symbolic("Zero"), open_target)
    assert caught.value.segment == f"{aff4.MAP}/map"
    assert caught.value.offset == offset


@pytest.mark.parametrize("offset", [-1, 1, 1000, 1 << 64])
def test_outside(offset: int) -> None:
    """A range that leaves the map is an error, never a short read."""
    stream = made([(0, 1000, 0, 0)])
    with pytest.raises(Aff4Error) as caught:
        stream.read_at(offset, 1000)
    assert (caught.value.segment, caught.value.offset) == (aff4.MAP, offset)
    assert stream.read_at(1000, 0) == b""


def test_target_that_is_missing() -> None:
    """A target that cannot be opened fails the ranges that need it, no others."""

    def opener(urn: str) -> Target:
        if urn == aff4.STREAM:
            raise MissingStreamError(urn, None, "not here")
        return open_target(urn)

    entries = [(0, 100, 0, 3), (100, 100, 0, 0), (200, 100, 0, 1)]
    stream = made(entries, 400, opener=opener)
    assert stream.read_at(0, 100) == b"\xff" * 100
    assert stream.read_at(200, 200) == bytes(200)
    for offset, size in [(100, 1), (0, 101), (199, 1), (50, 300)]:
        with pytest.raises(MissingStreamError):
            stream.read_at(offset, size)


def test_target_that_is_too_short() -> None:
    """An entry beyond the end of its target fails, only there."""
    stream = made([(0, 100, 5950, 0), (100, 100, 0, 0)])
    assert stream.read_at(0, 50) == DATA[5950:]
    assert stream.read_at(100, 100) == DATA[:100]
    with pytest.raises(Aff4Error):
        stream.read_at(49, 2)


def nested(*links: tuple[str, str]) -> aff4.AFF4Volume:
    """Maps each of which shows the next one, over the data."""
    volume = aff4.AFF4Volume()
    volume.add_stream(aff4.STREAM, DATA)
    for urn, target in links:
        volume.add_map(urn, [(0, 3000, 100, 0), (3000, 9, 0, 1)], [target, FF])
    volume.add_image(aff4.IMAGE, links[0][0])
    return volume


def test_map_over_a_map() -> None:
    """A map may show another map, and a byte range of one."""
    for target in (OTHER, f"{OTHER}[0x0:0xbb8]"):
        # The entry begins at 100 in the other map, so the end is cut there.
        volume = nested((aff4.MAP, target), (OTHER, aff4.STREAM))
        stream = support.only_image(support.open_volume(volume.build())).stream
        assert stream.read_at(0, 2900) == DATA[200:3100]
        with pytest.raises(Aff4Error):
            stream.read_at(0, 3000)


@pytest.mark.parametrize(
    "links",
    [
        [(aff4.MAP, aff4.MAP)],
        [(aff4.MAP, OTHER), (OTHER, aff4.MAP)],
        [(aff4.MAP, f"{OTHER}[0x0:0xbb8]"), (OTHER, f"{aff4.MAP}[0x0:0xbb8]")],
    ],
)
def test_cycles(links: list[tuple[str, str]]) -> None:
    """A map that leads back to itself is an error, and its rest stays readable."""
    stream = support.only_image(support.open_volume(nested(*links).build())).stream
    for _ in range(2):
        with pytest.raises(Aff4Error, match="leads back to itself") as caught:
            stream.read_at(0, 10)
        assert caught.value.segment == aff4.MAP
        assert stream.read_at(3000, 9) == b"\xff" * 9


def test_chain() -> None:
    """A chain of maps without end is an error, not a full stack."""
    urns = [f"aff4://{number:032x}" for number in range(3000)]
    volume = nested(*zip(urns, urns[1:], strict=False), (urns[-1], aff4.STREAM))
    stream = support.open_volume(volume.build()).open_stream(urns[0])
    with pytest.raises(Aff4Error, match="nested too deeply"):
        stream.read_at(0, 10)
    assert stream.read_at(3000, 9) == b"\xff" * 9


def test_ranges_of_ranges() -> None:
    """Byte ranges of byte ranges without end are an error as well."""
    volume = nested((aff4.MAP, aff4.STREAM + "[0x0:0x64]" * 100))
    stream = support.only_image(support.open_volume(volume.build())).stream
    with pytest.raises(Aff4Error, match="nested too deeply"):
        stream.read_at(0, 10)


@pytest.mark.parametrize("place", ["[0x0:0x1771]", "[0x1771:0x0]", "[0x1:0xfffffffff]"])
def test_range_outside(place: str) -> None:
    """A byte range that leaves its stream is an error that names the range."""
    stream = support.only_image(
        support.open_volume(nested((aff4.MAP, aff4.STREAM + place)).build())
    ).stream
    with pytest.raises(Aff4Error, match="leaves the stream") as caught:
        stream.read_at(0, 1)
    assert caught.value.segment == aff4.STREAM + place


def test_line_ends() -> None:
    """Only LF and CRLF separate targets: names may hold other Unicode line breaks."""
    odd = f"{aff4.VOLUME}/a\u2028b\u0085c"
    for line_end in ("\n", "\r\n"):
        for end in ("", line_end):
            volume = aff4.AFF4Volume()
            volume.add_stream(odd, DATA)
            volume.add_map(aff4.MAP, [(0, 500, 7, 0), (500, 5, 0, 1)], [])
            index = f"{odd}{line_end}{FF}{end}".encode()
            volume.add_member(aff4.MAP, "/idx", index)
            volume.add_image(aff4.IMAGE, aff4.MAP)
            stream = support.only_image(support.open_volume(volume.build())).stream
            assert support.read_all(stream) == DATA[7:507] + b"\xff" * 5


def test_too_many_targets() -> None:
    """An `idx` with far more lines than the map has entries is an error."""
    volume = aff4.AFF4Volume()
    volume.add_map(aff4.MAP, [(0, 9, 0, 0)], [], deflated=True)
    volume.add_member(aff4.MAP, "/idx", b"\n" * 70_000, deflated=True)
    volume.add_image(aff4.IMAGE, aff4.MAP)
    with pytest.raises(Aff4Error, match="70000 targets for 1 entries"):
        support.open_volume(volume.build()).images()
