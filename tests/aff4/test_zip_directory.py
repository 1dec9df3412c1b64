"""Tests of the ZIP directory (section 1.1)."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib

import pytest

from telegram_forensics.aff4.errors import Aff4Error, NotAff4Error
from telegram_forensics.aff4.volume import DeflatedSource
from telegram_forensics.aff4.zip_directory import ZipDirectory
from tests.aff4 import support
from tests.builders.aff4 import AFF4Volume, pattern
from tests.builders.aff4_zip import ZIP_FORMS, Member, deflate, write_zip

LIMIT = 1 << 20
MEMBERS = [
    Member("container.description", b"aff4://x"),
    Member("a b/ü%20.txt", pattern(5000), deflated=True),
    Member("empty", b""),
    Member("stored", pattern(700, 1)),
]


def directory(data: bytes) -> ZipDirectory:
    """The directory of a file in memory."""
    return ZipDirectory(support.source(data))


@pytest.mark.parametrize("prefix", [b"", b"junk" * 999, b"PK\x03\x04" + b"x" * 99])
@pytest.mark.parametrize("form", ZIP_FORMS)
def test_forms(form: str, prefix: bytes) -> None:
    """Every form of ZIP file gives the same members, whatever stands in front."""
    found = directory(write_zip(MEMBERS, b"aff4://x", form=form, prefix=prefix))
    assert list(found) == [member.name for member in MEMBERS]
    assert found.comment == b"aff4://x"
    assert found.problems == []
    for member in MEMBERS:
        assert found.read(member.name, LIMIT) == member.data


@pytest.mark.parametrize("form", ["plain", "evimetry", "pyaff4", "zip64"])
def test_builder_against_zipfile(form: str) -> None:
    """Python's zipfile reads what the builder writes, so the builder is sound."""
    data = write_zip(MEMBERS, b"aff4://x", form=form)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        # By position: without the flag for UTF-8 zipfile takes names for code page 437.
        for info, member in zip(archive.infolist(), MEMBERS, strict=True):
            assert archive.read(info) == member.data


def test_zero_size_extra_needs_an_own_parser() -> None:
    """What pyaff4 writes is refused by zipfile, which is why ZipDirectory exists."""
    data = write_zip(MEMBERS, form="zip64-zero")
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(data))
    assert directory(data).read("stored", LIMIT) == MEMBERS[3].data


@pytest.mark.parametrize("form", ["zip64", "zip64-zero"])
def test_offsets_beyond_4_gib(form: str) -> None:
    """Offsets of 64 bits are followed."""
    start = 5 << 30
    data = write_zip(MEMBERS, b"aff4://x", form=form, start=start)
    sparse = support.SparseSource(start + len(data), {start: data})
    found = ZipDirectory(sparse)
    member = found.member("stored")
    assert member.header_offset > start
    assert found.read("stored", LIMIT) == MEMBERS[3].data


def test_sizes_beyond_4_gib() -> None:
    """A member of more than 4 GiB has its size from the ZIP64 extra."""
    size = (4 << 30) + 12345
    tail = write_zip([Member("big", b"", stored_size=size, size=size)], form="zip64")
    header, rest = tail[:33], tail[33:]
    end = rest.rfind(b"PK\x05\x06")
    moved = bytearray(rest)
    # The directory lies behind the data: both records that say where must follow.
    struct.pack_into("<Q", moved, rest.find(b"PK\x06\x06") + 48, 33 + size)
    struct.pack_into("<Q", moved, end - 20 + 8, 33 + size + rest.find(b"PK\x06\x06"))
    pieces = {0: header, 33 + size - 4: b"last", 33 + size: bytes(moved)}
    sparse = support.SparseSource(33 + size + len(moved), pieces)
    found = ZipDirectory(sparse)
    member = found.member("big")
    assert (member.size, member.stored_size) == (size, size)
    assert sparse.read_at(found.data_offset(member) + size - 4, 4) == b"last"


def test_comment_ends_at_nul() -> None:
    """Evimetry counts a trailing NUL as part of the comment."""
    assert directory(write_zip(MEMBERS, b"aff4://x\0")).comment == b"aff4://x"


def test_end_signature_inside_the_comment() -> None:
    """An end record that does not fit into the file is none."""
    data = write_zip(MEMBERS, b"aff4://x PK\x05\x06 and some more text behind it")
    assert directory(data).comment.startswith(b"aff4://x PK")
    assert len(directory(data)) == len(MEMBERS)


def test_longest_comment() -> None:
    """The end record is found in front of a comment of 65,535 bytes."""
    data = write_zip(MEMBERS, b"c" * 65535)
    assert len(directory(data).comment) == 65535


def test_repeated_name() -> None:
    """Of a repeated name the last entry counts."""
    found = directory(write_zip([Member("x", b"old"), Member("x", b"new!")]))
    assert found.read("x", LIMIT) == b"new!"


def test_appended_volume() -> None:
    """Of two directories in one file the last one counts."""
    data = write_zip(MEMBERS) + write_zip([Member("x", b"new")])
    assert list(directory(data)) == ["x"]
    assert directory(data).read("x", LIMIT) == b"new"


def test_zip64_record_beside_the_locator() -> None:
    """Where the locator points wrongly, the record in front of it is taken."""
    data = bytearray(write_zip(MEMBERS, form="zip64"))
    locator = data.rfind(b"PK\x06\x07")
    struct.pack_into("<Q", data, locator + 8, 3)
    assert len(directory(bytes(data))) == len(MEMBERS)
    record = data.rfind(b"PK\x06\x06")
    data[record : record + 4] = b"gone"
    with pytest.raises(Aff4Error, match="ZIP64 end record") as caught:
        directory(bytes(data))
    assert caught.value.offset == locator


@pytest.mark.parametrize("data", [b"", b"P", b"not a ZIP file" * 9, bytes(70000)])
def test_not_a_zip(data: bytes) -> None:
    """Something else is told from a damaged volume."""
    with pytest.raises(NotAff4Error):
        directory(data)


def test_no_end_record() -> None:
    """A cut file that begins like a ZIP file is called truncated."""
    data = write_zip(MEMBERS)[:-30]
    with pytest.raises(Aff4Error, match="truncated") as caught:
        directory(data)
    assert not isinstance(caught.value, NotAff4Error)
    assert caught.value.offset == len(data)


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        (16, 0xFFFFFF00, "outside of the file"),
        (12, 0xFFFFFF00, "directory of"),
        (12, 0x00FFFFFF, "outside of the file"),
        (12, 7, "cut off"),
    ],
)
def test_lying_end_record(field: int, value: int, reason: str) -> None:
    """A directory that lies elsewhere than announced is an error with its place."""
    data = bytearray(write_zip(MEMBERS))
    struct.pack_into("<L", data, data.rfind(b"PK\x05\x06") + field, value)
    with pytest.raises(Aff4Error, match=reason) as caught:
        directory(bytes(data))
    assert caught.value.offset is not None


def test_wrong_count_is_noted() -> None:
    """A wrong number of entries is a remark, the members are all there."""
    data = bytearray(write_zip(MEMBERS))
    struct.pack_into("<2H", data, data.rfind(b"PK\x05\x06") + 8, 9, 9)
    found = directory(bytes(data))
    assert len(found) == len(MEMBERS)
    assert "announces 9 entries, 4 are there" in found.problems[0][1]


def test_damaged_entry() -> None:
    """An entry without signature is an error at its offset."""
    data = bytearray(write_zip(MEMBERS))
    second = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 1)
    data[second] ^= 1
    with pytest.raises(Aff4Error, match="entry 1") as caught:
        directory(bytes(data))
    assert caught.value.offset == second


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (Member("x", b"data", crc=1), "CRC-32"),
        (Member("x", b"data", size=5), "4 of 5 bytes"),
        (Member("x", pattern(999), deflated=True, size=998), "999 of 998 bytes"),
        (Member("x", b"data", stored_size=1 << 20, size=1 << 20), "ends before"),
        (Member("x", b"data", offset=1 << 20), "local header lies outside"),
        (Member("x", b"data", offset=2), "no local header"),
        (Member("x", b"data", size=1 << 30), "are not read"),
    ],
)
def test_lying_entry(lie: Member, reason: str) -> None:
    """A member that is not what its entry says is an error that names it."""
    found = directory(write_zip([lie, *MEMBERS]))
    with pytest.raises(Aff4Error, match=reason) as caught:
        found.read("x", LIMIT)
    assert caught.value.segment == "image.aff4: x"
    assert found.read("stored", LIMIT) == MEMBERS[3].data


def test_damaged_deflate() -> None:
    """Deflated data that is damaged is an error that names the member."""
    data = bytearray(write_zip(MEMBERS))
    at = data.find(deflate(MEMBERS[1].data)[:20])
    data[at : at + 20] = b"\xff" * 20
    with pytest.raises(Aff4Error, match="damaged") as caught:
        directory(bytes(data)).read(MEMBERS[1].name, LIMIT)
    assert MEMBERS[1].name in caught.value.segment


def test_unknown_method() -> None:
    """A method other than stored and deflated is an error."""
    data = bytearray(write_zip([Member("x", b"data")]))
    struct.pack_into("<H", data, data.find(b"PK\x01\x02") + 10, 12)
    with pytest.raises(Aff4Error, match="method 12"):
        directory(bytes(data)).read("x", LIMIT)


def test_missing_zip64_numbers() -> None:
    """All-ones sizes without a ZIP64 extra are an error."""
    data = bytearray(write_zip([Member("x", b"data")]))
    struct.pack_into("<L", data, data.find(b"PK\x01\x02") + 24, 0xFFFFFFFF)
    with pytest.raises(Aff4Error, match="ZIP64 sizes of x"):
        directory(bytes(data)).member("x")


def test_bomb() -> None:
    """A member that inflates two hundredfold and more is refused before it does."""
    data = write_zip([Member("x", bytes(32 << 20), deflated=True)])
    assert len(data) < 100_000
    with pytest.raises(Aff4Error, match="decompression bomb"):
        directory(data).read("x", 1 << 30)


def test_bomb_behind_a_small_size() -> None:
    """A member that inflates beyond the size it claims is cut off there."""
    data = write_zip([Member("x", bytes(64 << 20), deflated=True, size=5000)])
    found = directory(data)
    tracemalloc.start()
    with pytest.raises(Aff4Error, match="of 5000 bytes"):
        found.read("x", LIMIT)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 16 << 20


@pytest.mark.parametrize("extra", [0, 1, 2, 100, 257, 258, 259, 511, 512, 700, 1024])
def test_deflated_zeros_behind_a_step(extra: int) -> None:
    """The last bytes of a deflated member come out, even if no input is left.

    Of zeros, one byte of input gives hundreds of output: the inflater may hold the rest
    when a step of 4 MiB is full.
    """
    size = (4 << 20) + extra
    data = write_zip([Member("x", bytes(size), deflated=True)])
    assert directory(data).read("x", size) == bytes(size)
    found = directory(data)
    member = found.member("x")
    stored = support.source(deflate(bytes(size)))
    deflated = DeflatedSource(stored, member.size, "x")
    assert deflated.read_at(size - 100, 100) == bytes(100)
    assert deflated.read_at(0, size) == bytes(size)


def test_deflated_source_at_random() -> None:
    """A deflated member of several steps is read like a plain one, in any order."""
    data = pattern(13 << 20)
    packer = zlib.compressobj(1, zlib.DEFLATED, -15)
    stored = support.source(packer.compress(data) + packer.flush())
    deflated = DeflatedSource(stored, len(data), "x")
    for offset, size in [(12 << 20, 999), (5, 7), ((8 << 20) - 3, 6), (0, 5 << 20)]:
        assert deflated.read_at(offset, size) == data[offset : offset + size]
    with pytest.raises(Aff4Error):
        deflated.read_at(len(data) - 1, 2)
    cut = DeflatedSource(support.source(deflate(data[:99])), 200, "x")
    assert cut.read_at(0, 99) == data[:99]
    with pytest.raises(Aff4Error, match="ends here") as caught:
        cut.read_at(90, 50)
    assert caught.value.offset == 99


def test_many_members() -> None:
    """More members than 16 bits can count are all found."""
    members = [Member(f"{number:x}", b"") for number in range(70_000)]
    found = directory(write_zip(members))
    assert len(found) == 70_000
    assert found.problems == []
    assert found.member("1116f").size == 0


def test_reference_volume() -> None:
    """The known bytes of section 6.2 are found through the directory."""
    path = support.sample("AFF4Std/Base-Linear.aff4")
    found = directory(path.read_bytes())
    folder = "aff4%3A%2F%2Fc215ba20-5648-4209-a793-1f918c723610"
    index = found.read(f"{folder}/00000000.index", LIMIT)
    entries = list(struct.iter_unpack("<QL", index))
    assert entries[:4] == [(0, 1974), (1974, 24668), (26642, 32751), (59393, 32768)]
    assert sum(entries[-1]) == found.member(f"{folder}/00000000").size == 3047794


def test_volume_built() -> None:
    """A volume of the builder has the fixed members."""
    found = directory(AFF4Volume().build())
    names = ["container.description", "version.txt", "information.turtle"]
    assert list(found) == names
