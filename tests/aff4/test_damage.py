"""Tests of damaged volumes (section 9), row by row, then by force."""

from __future__ import annotations

import struct
import time
import tracemalloc
from collections.abc import Callable, Iterable

import pytest

from telegram_forensics.aff4 import classify
from telegram_forensics.aff4.errors import Aff4Error, NotAff4Error
from telegram_forensics.aff4.logical import build_tree, open_file
from telegram_forensics.aff4.map_stream import Stream
from telegram_forensics.aff4.verify import Outcome, verify
from telegram_forensics.aff4.volume import looks_like_aff4
from tests.aff4 import support
from tests.builders import aff4
from tests.builders.aff4_zip import Member, deflate, write_zip
from tests.helpers import every_truncation, mutations

DATA = aff4.pattern(9000)
BEVY = f"{aff4.STREAM}/00000001"
SECONDS = 2
MAXIMUM_MEMORY = 64 << 20


def volume(method: str = "zlib", dialect: str = "A") -> aff4.AFF4Volume:
    """A sound volume: a map with a gap over five bevies of four chunks."""
    built = aff4.AFF4Volume(dialect=dialect)
    built.add_stream(aff4.STREAM, DATA, method, block_hashes=["md5"])
    targets = [aff4.STREAM, built.symbolic("UnknownData")]
    entries = [(0, 9000, 0, 0), (9500, 500, 0, 1)]
    built.add_map(aff4.MAP, entries, targets, size=10_000, path=b"\0\0")
    built.add_image(aff4.IMAGE, aff4.MAP, size=10_000)
    return built


def member(built: aff4.AFF4Volume, urn: str, suffix: str) -> Member:
    """A segment of a volume."""
    return built.members[built.member_name(urn, suffix)]


def image(built: aff4.AFF4Volume) -> Stream:
    """The image of a volume."""
    return support.only_image(support.open_volume(built.build())).stream


def assert_only_second_bevy_fails(built: aff4.AFF4Volume, reason: str) -> Aff4Error:
    """Ranges of the second bevy fail, all others are read."""
    stream = image(built)
    for offset in (0, 2047, 4096, 8999, 9100, 9600):
        size = min(100, 2048 - offset if offset < 2048 else 100, 10_000 - offset)
        found = stream.read_at(offset, size)
        if offset + size <= 9000:
            assert found == DATA[offset : offset + size]
    with pytest.raises(Aff4Error, match=reason) as caught:
        for offset in range(2048, 4096, 256):
            stream.read_at(offset, 256)
    with pytest.raises(Aff4Error):
        stream.read_at(0, 10_000)
    return caught.value


@pytest.mark.parametrize("missing", range(1, 400, 7))
def test_truncated(missing: int) -> None:
    """Row 1: a cut volume is called truncated, by the analyzer as well."""
    data = volume().build()[:-missing]
    with pytest.raises(Aff4Error, match="truncated") as caught:
        support.open_volume(data)
    assert not isinstance(caught.value, NotAff4Error)
    assert (caught.value.segment, caught.value.offset) == ("image.aff4", len(data))
    assert looks_like_aff4(support.source(data))
    assert classify.classify(support.source(data)) is classify.Kind.IMAGE


def test_truncated_other_zip() -> None:
    """Row 1: a cut ZIP file of another kind is not taken for AFF4."""
    data = write_zip([Member("word/document.xml", bytes(500))])[:-30]
    assert not looks_like_aff4(support.source(data))
    assert classify.classify(support.source(data)) is None


def test_directory_outside() -> None:
    """Row 2: a directory outside of the file is an error with its place."""
    data = bytearray(volume().build())
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<L", data, end + 16, len(data) * 2)
    with pytest.raises(Aff4Error, match="outside of the file") as caught:
        support.open_volume(bytes(data))
    assert caught.value.offset == end


def test_member_past_the_end() -> None:
    """Row 3: a member that leaves the file fails when it is used."""
    built = volume()
    bad = member(built, aff4.STREAM, "/00000001")
    bad.stored_size = bad.size = 1 << 30
    error = assert_only_second_bevy_fails(built, "file ends before")
    assert error.segment == f"image.aff4: {bad.name}"
    assert error.offset


@pytest.mark.parametrize("name", ["/map", "/idx"])
def test_wrong_crc_of_a_map(name: str) -> None:
    """Row 4: a wrong CRC of a map segment is an error that names it."""
    built = volume()
    bad = member(built, aff4.MAP, name)
    bad.crc = 1
    with pytest.raises(Aff4Error, match="CRC-32") as caught:
        support.open_volume(built.build()).images()
    assert caught.value.segment == f"image.aff4: {bad.name}"
    assert caught.value.offset


def test_wrong_crc_of_an_index() -> None:
    """Row 4: a wrong CRC of an index is an error for its bevy."""
    built = volume()
    bad = member(built, aff4.STREAM, "/00000001.index")
    bad.crc = 1
    error = assert_only_second_bevy_fails(built, "CRC-32")
    assert error.segment == f"image.aff4: {bad.name}"


def test_wrong_crc_of_the_metadata() -> None:
    """Row 4: a wrong CRC of the turtle is an error, one of version.txt a remark."""
    built = volume()
    members = built.all_members()
    members[-1].crc = 1
    with pytest.raises(Aff4Error, match="CRC-32") as caught:
        support.open_volume(write_zip(members))
    assert caught.value.segment == "image.aff4: information.turtle"
    members = built.all_members()
    members[1].crc = 1
    found = support.open_volume(write_zip(members))
    assert "version.txt" in next(iter(found.problems))
    assert support.only_image(found).stream.read_at(0, 9000) == DATA


def test_wrong_crc_of_a_bevy() -> None:
    """Row 4: the CRC of a bevy is not looked at: it would need the whole bevy."""
    built = volume()
    member(built, aff4.STREAM, "/00000001").crc = 1
    assert image(built).read_at(0, 9000) == DATA


def test_turtle_syntax() -> None:
    """Row 5: a syntax error is an error with its position, and no partial graph."""
    built = volume()
    members = built.all_members()
    text = members[-1].data
    position = text.index(b"aff4:dataStream")
    members[-1].data = text[:position] + b"}" + text[position:]
    with pytest.raises(Aff4Error, match="Turtle") as caught:
        support.open_volume(write_zip(members, aff4.VOLUME.encode()))
    assert caught.value.segment == "image.aff4: information.turtle"
    assert caught.value.offset == position


def _drop(name: str) -> Callable[[aff4.AFF4Volume], None]:
    def change(built: aff4.AFF4Volume) -> None:
        del built.members[built.member_name(aff4.STREAM, name)]

    return change


def _index(edit: Callable[[bytes], bytes]) -> Callable[[aff4.AFF4Volume], None]:
    def change(built: aff4.AFF4Volume) -> None:
        bad = member(built, aff4.STREAM, "/00000001.index")
        bad.data = edit(bad.data)

    return change


def _entry(offset: int, length: int) -> Callable[[aff4.AFF4Volume], None]:
    entry = struct.pack("<QL", offset, length)
    return _index(lambda data: data[:12] + entry + data[24:])


@pytest.mark.parametrize(
    ("change", "reason", "offset"),
    [
        (_drop("/00000001"), "bevy is missing", None),
        (_drop("/00000001.index"), "index of the bevy is missing", None),
        (_index(lambda data: data[:24]), "2 entries, chunk 2", None),
        (_index(lambda data: data[:-1]), "3 entries, chunk 3", None),
        (_index(lambda data: b""), "0 entries, chunk 0", None),
        (_entry(1 << 40, 50), "leaves the bevy", 1 << 40),
        (_entry(5, 0xFFFFFFFF), "leaves the bevy", 5),
        (_entry((1 << 64) - 1, 2), "leaves the bevy", (1 << 64) - 1),
        (_entry(1, 100), "does not decompress", 1),
    ],
)
def test_bevies(
    change: Callable[[aff4.AFF4Volume], None], reason: str, offset: int | None
) -> None:
    """Row 6: a bevy or index that is missing, short or wrong fails where it is used."""
    built = volume()
    change(built)
    error = assert_only_second_bevy_fails(built, reason)
    assert (error.segment, error.offset) == (BEVY, offset)


def test_negative_length() -> None:
    """Row 6: an index of end offsets that goes back is an error."""
    built = volume(dialect="E")
    index = member(built, aff4.STREAM, "/00000001/index")
    words = list(struct.unpack("<4L", index.data))
    words[1] = words[0] - 1
    index.data = struct.pack("<4L", *words)
    assert_only_second_bevy_fails(built, "leaves the bevy|does not decompress")


def _bevy_of(chunks: Iterable[bytes]) -> Callable[[aff4.AFF4Volume], None]:
    def change(built: aff4.AFF4Volume) -> None:
        bevy = index = b""
        for chunk in chunks:
            index += struct.pack("<QL", len(bevy), len(chunk))
            bevy += chunk
        member(built, aff4.STREAM, "/00000001").data = bevy
        member(built, aff4.STREAM, "/00000001.index").data = index

    return change


@pytest.mark.parametrize("method", ["zlib", "deflate", "snappy", "lz4"])
@pytest.mark.parametrize(
    "size", [513, 100_000, 16 << 20], ids=["one more", "more", "bomb"]
)
def test_chunks_that_grow(method: str, size: int) -> None:
    """Rows 7 and 8: a chunk of more than its size is an error, bombs included."""
    built = volume(method)
    _bevy_of([aff4.compress(bytes(size), method)] * 4)(built)
    error = assert_only_second_bevy_fails(built, "does not decompress|stored bytes")
    assert (error.segment, error.offset) == (BEVY, 0)


@pytest.mark.parametrize("method", ["zlib", "deflate", "snappy", "lz4"])
def test_chunks_that_do_not_decompress(method: str) -> None:
    """Row 7: garbage instead of a chunk is an error that names bevy and offset."""
    built = volume(method)
    good = aff4.compress(DATA[2048:2560], method)
    _bevy_of([good, b"\xff" * 60, good, good])(built)
    error = assert_only_second_bevy_fails(built, "chunk 1 does not decompress")
    assert (error.segment, error.offset) == (BEVY, len(good))


def test_chunk_with_absurd_stored_length() -> None:
    """Row 8: a chunk with far more stored bytes than plain ones is not even read."""
    built = volume()
    _bevy_of([bytes(3000)] * 4)(built)
    error = assert_only_second_bevy_fails(built, "chunk 0 has 3000 stored bytes")
    assert (error.segment, error.offset) == (BEVY, 0)


def test_last_chunk_too_short() -> None:
    """Row 7: a last chunk that gives less than is needed is an error."""
    built = volume()
    bad = member(built, aff4.STREAM, "/00000004")
    packed = aff4.compress(DATA[8704:8800], "zlib")
    index = struct.unpack(
        "<QL", member(built, aff4.STREAM, "/00000004.index").data[:12]
    )
    assert index[0] == 0
    bad.data = bad.data[: index[1]] + packed
    name = built.member_name(aff4.STREAM, "/00000004.index")
    entries = built.members[name].data
    built.members[name].data = entries[:12] + struct.pack("<QL", index[1], len(packed))
    stream = image(built)
    assert stream.read_at(0, 8704) == DATA[:8704]
    with pytest.raises(Aff4Error, match="last chunk gives 96 bytes") as caught:
        stream.read_at(8704, 1)
    assert caught.value.segment == f"{aff4.STREAM}/00000004"


def test_bombs_in_the_metadata() -> None:
    """Row 8: metadata, maps and indexes that are bombs are refused."""
    spaces = Member("information.turtle", b" " * (32 << 20), deflated=True)
    zeros = bytes(32 << 20)
    members = volume().all_members()
    with pytest.raises(Aff4Error, match="decompression bomb"):
        support.open_volume(write_zip([*members[:-1], spaces], aff4.VOLUME.encode()))
    for name in ("/map", "/idx"):
        built = volume()
        built.add_member(aff4.MAP, name, zeros, deflated=True)
        with pytest.raises(Aff4Error, match="decompression bomb"):
            support.open_volume(built.build()).images()
    built = volume()
    built.add_member(aff4.STREAM, "/00000001.index", zeros, deflated=True)
    assert_only_second_bevy_fails(built, "are not read")


@pytest.mark.parametrize(
    "entry", [(0, 9, 0, 2), (0, 1 << 63, 1, 0), (1 << 63, 1, 0, 0)]
)
def test_map_entries(entry: aff4.MapEntry) -> None:
    """Row 9: an impossible map entry is an error at open."""
    built = volume()
    member(built, aff4.MAP, "/map").data += struct.pack("<3QL", *entry)
    with pytest.raises(Aff4Error) as caught:
        support.open_volume(built.build()).images()
    assert caught.value.segment == f"{aff4.MAP}/map"
    assert caught.value.offset == 56
    built = volume()
    member(built, aff4.MAP, "/idx").data = b"\xff\xfe\n"
    with pytest.raises(Aff4Error, match="UTF-8") as caught:
        support.open_volume(built.build()).images()
    assert (caught.value.segment, caught.value.offset) == (f"{aff4.MAP}/idx", 0)
    built = volume()
    del built.members[built.member_name(aff4.MAP, "/idx")]
    with pytest.raises(Aff4Error, match="segment is missing"):
        support.open_volume(built.build()).images()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", "-1"),
        ("size", str(1 << 63)),
        ("size", aff4.literal("many")),
        ("size", "1" * 5000),
        ("chunkSize", "0"),
        ("chunkSize", str(1 << 40)),
        ("chunksInSegment", "0"),
        ("compressionMethod", aff4.iri("http://example.org/")),
        ("mapGapDefaultStream", aff4.iri("aff4://x")),
    ],
)
def test_absurd_properties(name: str, value: str) -> None:
    """Row 12: numbers and names that make no sense are errors at open."""
    built = volume()
    if name == "mapGapDefaultStream":
        built.add_object(aff4.MAP, (), (name, value))
    else:
        pairs = built.objects[aff4.STREAM]
        pairs[:] = [pair for pair in pairs if pair[0] != f"aff4:{name}"]
        built.add_object(aff4.STREAM, (), (name, value))
    with pytest.raises(Aff4Error) as caught:
        image(built).read_at(0, 10)
    assert caught.value.segment in (aff4.STREAM, aff4.MAP)


def logical() -> aff4.AFF4Volume:
    """A small logical volume with every kind of storage."""
    built = aff4.AFF4Volume(dialect="C")
    urn = f"{aff4.VOLUME}//"
    built.add_file("./a", f"{urn}a", DATA[:300])
    built.add_file("./b", f"{urn}b", DATA[:900], deflated=True)
    built.add_deduplicated([("./c", f"{urn}c", DATA[:1500])], aff4.STREAM, 400)
    return built


def tiny() -> aff4.AFF4Volume:
    """A volume as small as one with a map can be."""
    built = aff4.AFF4Volume()
    built.add_stream(aff4.STREAM, DATA[:700], "snappy", block_hashes=["md5"])
    built.add_map(aff4.MAP, [(0, 700, 0, 0)], [aff4.STREAM], size=800)
    built.add_image(aff4.IMAGE, aff4.MAP)
    return built


def use_within_bounds(damaged: bytes) -> bool:
    """Reads a damaged volume; False if it cannot be opened.

    Only Aff4Error comes out, soon, and without much memory.
    """
    start = time.process_time()
    tracemalloc.reset_peak()
    try:
        looks_like_aff4(support.source(damaged))
        classify.classify(support.source(damaged))
        support.use_everything(damaged)
    except Aff4Error as exception:
        assert str(exception)
        return False
    finally:
        assert time.process_time() - start < SECONDS
        assert tracemalloc.get_traced_memory()[1] < MAXIMUM_MEMORY
    return True


@pytest.fixture(name="_traced")
def traced_memory() -> Iterable[None]:
    """Traces allocations during a test."""
    tracemalloc.start(1)
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("_traced")
@pytest.mark.parametrize("make", [tiny, logical])
def test_every_truncation(make: Callable[[], aff4.AFF4Volume]) -> None:
    """A volume that was cut anywhere does not open, and says so."""
    assert use_within_bounds(make().build())
    for damaged in every_truncation(make().build()):
        assert not use_within_bounds(damaged)


SMALL: dict[str, Callable[[], bytes]] = {
    "image": lambda: volume().build(),
    "zip64": lambda: volume("snappy").build(form="zip64"),
    "evimetry": lambda: volume("lz4").build(form="evimetry"),
    "dialect E": lambda: volume("deflate", "E").build(),
    "dialect F": lambda: volume("stored", "F").build(),
    "logical": lambda: logical().build(form="pyaff4"),
    "stripe": lambda: aff4.striped_pair(DATA)[0],
}


@pytest.mark.usefixtures("_traced")
@pytest.mark.parametrize("name", SMALL)
def test_mutations(name: str) -> None:
    """500 damaged copies of every kind of volume are read or refused, nothing else."""
    results = [use_within_bounds(one) for one in mutations(SMALL[name](), 500, name)]
    assert 100 < sum(results) < 500


@pytest.mark.usefixtures("_traced")
@pytest.mark.parametrize("name", ["image", "logical", "dialect E"])
def test_mutated_metadata(name: str) -> None:
    """Damaged metadata in a sound ZIP file is read or refused, nothing else."""
    makers = {"image": volume, "logical": logical}
    built = makers[name]() if name in makers else volume(dialect="E")
    members = built.all_members()
    sound = members[-1].data
    results = []
    for text in mutations(sound, 250, name):
        members[-1].data = text
        data = write_zip(members, built.urn.encode())
        results.append(use_within_bounds(data))
    assert 20 < sum(results) < 250


@pytest.mark.usefixtures("_traced")
@pytest.mark.parametrize("suffix", ["/map", "/idx", "/00000001.index"])
def test_mutated_segments(suffix: str) -> None:
    """Damaged maps and indexes with a fitting CRC are read or refused."""
    urn = aff4.STREAM if "index" in suffix else aff4.MAP
    sound = member(volume(), urn, suffix).data
    for damaged in mutations(sound, 200, suffix):
        built = volume()
        member(built, urn, suffix).data = damaged
        use_within_bounds(built.build())
    assert use_within_bounds(volume().build())


@pytest.mark.usefixtures("_traced")
def test_sizes_that_lie() -> None:
    """No length field causes an allocation before it is checked."""
    for field in ("size", "stored_size"):
        for lie in (1 << 29, (1 << 32) - 2, 1 << 62):
            form = "zip64" if lie >= 1 << 32 else "plain"
            members = volume().all_members()
            for number in range(len(members)):
                members = volume().all_members()
                setattr(members[number], field, lie)
                use_within_bounds(write_zip(members, aff4.VOLUME.encode(), form=form))
    for lie in (1 << 40, (1 << 63) - 1):
        built = volume()
        pairs = built.objects[aff4.STREAM]
        pairs[:] = [pair for pair in pairs if pair[0] != "aff4:size"]
        built.add_object(aff4.STREAM, (), ("size", lie))
        built.add_object(aff4.MAP, (), ("size", lie))
        stream = image(built)
        assert stream.size == lie
        assert stream.read_at(0, 9000) == DATA
        assert stream.read_at(lie - 5, 5) == bytes(5)


def test_damaged_file_among_others() -> None:
    """A damaged file of a logical image fails, the others are read and verified."""
    data = bytearray(logical().build())
    at = data.find(deflate(DATA[:900])[:40])
    data[at : at + 40] = b"\xff" * 40
    volumes = support.open_volume(bytes(data))
    tree = build_tree(volumes)
    contents = {}
    for node in tree.files():
        assert node.record is not None
        stream = open_file(volumes, node.record)
        try:
            contents[node.location] = support.read_all(stream)
        except Aff4Error as exception:
            assert exception.segment == "image.aff4: /b"
    assert contents == {"/a": DATA[:300], "/c": DATA[:1500]}
    outcomes = {
        check.urn[-1]: check.outcome for check in verify(volumes) if check.algorithm
    }
    assert outcomes == {
        "a": Outcome.MATCH,
        "b": Outcome.UNREADABLE,
        "c": Outcome.MATCH,
    }
