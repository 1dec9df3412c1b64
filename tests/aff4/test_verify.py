"""Tests of the verification of recorded hashes (section 6)."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from telegram_forensics.aff4 import local
from telegram_forensics.aff4.describe import describe
from telegram_forensics.aff4.verify import Check, Outcome, verify
from tests.aff4 import support
from tests.builders import aff4
from tests.builders.aff4_zip import write_zip

DATA = aff4.pattern(9000)
ALL = list(aff4.BLOCK_ALGORITHMS)
# What nobody knows how to compute (section 6).
UNKNOWN_RULES = {"imageStreamHash", "linearBlockHash"}
HASHED = {
    **dict.fromkeys(support.REFERENCE_IMAGES, 9),
    "py_zlib.aff4": 2,
    "py_lz4.aff4": 2,
    "py_map_gaps.aff4": 2,
    "py_map_symbolic.aff4": 2,
    "py_logical_zip.aff4": 26,
    "py_logical_dedup.aff4": 26,
    "py_logical_windows.aff4": 10,
    "c_logical.aff4": 0,
    "c_none.aff4": 0,
    "c_snappy.aff4": 0,
    "c_split.aff4": 0,
}


def volume(dialect: str = "A", algorithms: list[str] | None = None) -> aff4.AFF4Volume:
    """A volume with every hash that the dialect knows."""
    built = aff4.AFF4Volume(dialect=dialect)
    hashes = [("hash", aff4.hash_term("sha1", DATA))]
    built.add_stream(
        aff4.STREAM,
        DATA,
        "snappy",
        block_hashes=(ALL if dialect == "A" else ["md5", "sha1"])
        if algorithms is None
        else algorithms,
        pairs=hashes,
    )
    targets = [aff4.STREAM, built.symbolic("Zero")]
    built.add_map(
        aff4.MAP,
        [(0, 9000, 0, 0), (9000, 192, 9000, 1)],
        targets,
        size=9192,
        path=b"\0\xe8\x47",
    )
    image = DATA + bytes(192)
    pairs = [("hash", aff4.hash_term(name, image)) for name in ALL]
    built.add_image(aff4.IMAGE, aff4.MAP, size=9192, pairs=pairs)
    if dialect in "AE":
        built.add_map_hashes(
            aff4.MAP, aff4.STREAM, image=aff4.IMAGE if dialect == "A" else ""
        )
    return built


def checks(data: bytes, **others: bytes) -> list[Check]:
    """All checks of a volume."""
    return list(verify(support.open_volume(data, others=others)))


def failures(data: bytes) -> dict[str, str]:
    """What did not match: what was checked -> note."""
    found = {}
    for check in checks(data):
        if check.outcome is not Outcome.MATCH:
            found[f"{check.what} {check.algorithm}".strip()] = check.note
    return found


@pytest.mark.parametrize("name", HASHED)
def test_samples(name: str) -> None:
    """All recorded hashes of the samples match, but for those without a known rule."""
    found = list(verify(local.open_path(support.sample(name))))
    outcomes = Counter(check.outcome for check in found)
    assert outcomes[Outcome.MISMATCH] == outcomes[Outcome.UNREADABLE] == 0
    unknown = {check.what for check in found if check.outcome is Outcome.UNKNOWN}
    assert unknown <= UNKNOWN_RULES
    assert outcomes[Outcome.MATCH] >= HASHED[name]


@pytest.mark.parametrize("dialect", "ABCEF")
def test_all_hashes_match(dialect: str) -> None:
    """All hashes of a built volume match, and each kind is checked."""
    found = checks(volume(dialect).build())
    assert {check.outcome for check in found} == {Outcome.MATCH}
    kinds = {(check.what, check.algorithm) for check in found}
    assert ("image stream", "SHA1") in kinds
    assert {("image", name) for name in aff4.HASH_NAMES.values()} <= kinds
    assert ("chunks against block hashes", "md5") in kinds
    if dialect == "A":
        assert {("block hashes", "SHA512"), ("blockMapHash", "SHA512")} <= kinds
        assert ("image", "blockMapHashSHA512") in kinds
        assert {("chunks against block hashes", name) for name in ALL} <= kinds
    if dialect == "E":
        assert {("block hashes", "MD5"), ("blockHashesHash", "SHA256")} <= kinds
    if dialect in "AE":
        names = {"mapPointHash", "mapIdxHash", "mapPathHash", "mapHash"}
        assert names <= {what for what, _ in kinds}


def test_progress() -> None:
    """The progress counts every byte that was read."""
    sizes: list[int] = []
    list(verify(support.open_volume(volume().build()), sizes.append))
    # Stream and image once, the chunks once for each algorithm.
    assert sum(sizes) == 9000 + 9192 + 5 * 9000


def test_nothing_recorded() -> None:
    """Without hashes there is nothing to check: that is not the same as verified."""
    built = aff4.AFF4Volume()
    built.add_stream(aff4.STREAM, DATA)
    built.add_image(aff4.IMAGE, aff4.STREAM)
    assert checks(built.build()) == []


def flipped(built: aff4.AFF4Volume, urn: str, suffix: str, position: int = 0) -> bytes:
    """The volume with one bit of a segment flipped, and the CRC made to fit."""
    member = built.members[built.member_name(urn, suffix)]
    data = bytearray(member.data)
    data[position] ^= 1
    member.data = bytes(data)
    return built.build()


def test_flipped_bit_in_a_stored_chunk() -> None:
    """A flipped bit in a chunk is found by every hash, and the chunk is named."""
    built = volume()
    # Chunks whose packed form is no shorter are stored: this one is random.
    found = failures(flipped(built, aff4.STREAM, "/00000002", 40))
    for name in ALL:
        note = found[f"chunks against block hashes {name}"]
        assert "bad" in note
        assert "00000002" in note
    assert "image SHA1" in found
    assert "image stream SHA1" in found
    assert "blockMapHash SHA512" not in found


def test_flipped_bit_in_a_chunk_that_still_decompresses() -> None:
    """A bit that no decompressor notices is found as well, with its offset."""
    built = aff4.AFF4Volume()
    built.add_stream(aff4.STREAM, DATA, "stored", block_hashes=["sha1"])
    found = checks(flipped(built, aff4.STREAM, "/00000001", 700))
    (bad,) = (check for check in found if check.outcome is Outcome.MISMATCH)
    assert bad.note == "1 bad: chunk 1 of bevy 00000001 (offset 2560 of the stream)"


@pytest.mark.parametrize(
    ("suffix", "names"),
    [
        ("/map", {"mapPointHash SHA512", "mapHash SHA512"}),
        ("/idx", {"mapIdxHash SHA512", "mapHash SHA512"}),
        ("/mapPath", {"mapPathHash SHA512", "mapHash SHA512"}),
    ],
)
def test_flipped_bit_in_a_map(suffix: str, names: set[str]) -> None:
    """A flipped bit in a segment of a map is found by its hashes."""
    built = volume()
    position = 16 if suffix == "/map" else -2
    found = failures(flipped(built, aff4.MAP, suffix, position))
    assert names <= set(found)
    assert "blockMapHash SHA512" in found
    assert "image blockMapHashSHA512" in found
    assert "image stream SHA1" not in found


def test_flipped_bit_in_block_hashes() -> None:
    """A flipped bit in a block hash segment is found, and the chunk is named."""
    segment = "/00000003.blockHash.sha256"
    found = failures(flipped(volume(), aff4.STREAM, segment, 33))
    assert "bevy 00000003" in found["chunks against block hashes sha256"]
    assert "chunks against block hashes md5" not in found
    assert "block hashes SHA512" in found
    assert "blockMapHash SHA512" in found


@pytest.mark.parametrize(
    ("urn", "suffix"),
    [
        (aff4.STREAM, "/00000000.blockHash.md5"),
        (aff4.STREAM, "/00000002.blockHash.sha512"),
        (aff4.MAP, "/map"),
        (aff4.MAP, "/mapPath"),
        (aff4.STREAM, "/00000001.index"),
    ],
)
def test_wrong_crc(urn: str, suffix: str) -> None:
    """A segment whose CRC is wrong is unreadable: named, and the rest is checked."""
    built = volume()
    name = built.member_name(urn, suffix)
    built.members[name].crc = 1
    found = checks(built.build())
    outcomes = Counter(check.outcome for check in found)
    assert outcomes[Outcome.UNREADABLE] + outcomes[Outcome.MISMATCH] > 0
    assert outcomes[Outcome.MATCH] > 0
    notes = [check.note for check in found if check.outcome is not Outcome.MATCH]
    assert any(name in note and "CRC-32" in note for note in notes)


def test_missing_block_hashes() -> None:
    """Block hashes that end early are reported, not passed over."""
    built = volume()
    del built.members[built.member_name(aff4.STREAM, "/00000004.blockHash.md5")]
    found = failures(built.build())
    assert "00000004 are missing" in found["chunks against block hashes md5"]
    assert "missing" in found["block hashes SHA512"]
    built = volume()
    member = built.members[built.member_name(aff4.STREAM, "/00000001.blockHash.md5")]
    member.data = member.data[:-1]
    assert "bevy 00000001" in failures(built.build())["chunks against block hashes md5"]


def test_unreadable_stream() -> None:
    """A stream with a missing bevy is unreadable, not a match."""
    built = volume()
    del built.members[built.member_name(aff4.STREAM, "/00000001")]
    found = failures(built.build())
    assert "bevy is missing" in found["image stream SHA1"]
    assert "bevy is missing" in found["image SHA512"]
    assert "4 bad" in found["chunks against block hashes sha1"]


def test_unknown_algorithm() -> None:
    """A hash of an unknown kind is reported as not checked."""
    built = volume()
    term = aff4.literal("abcd", "aff4:Whirlpool")
    built.add_object(aff4.STREAM, (), ("hash", term), ("imageStreamHash", term))
    built.add_object(aff4.MAP, (), ("mapHash", term), ("blockMapHash", term))
    built.add_object(aff4.IMAGE, (), ("hash", term))
    found = [
        check for check in checks(built.build()) if check.outcome is not Outcome.MATCH
    ]
    assert {check.outcome for check in found} == {Outcome.UNKNOWN}
    assert len(found) == 5


@pytest.mark.parametrize("value", ["", "xyz", "ab" * 500])
def test_hashes_that_are_none(value: str) -> None:
    """A recorded value that is no hash is a mismatch or unknown, never a failure."""
    for dialect in "AE":
        built = volume(dialect)
        for pairs in built.objects.values():
            pairs[:] = [
                (name, aff4.literal(value) + term[term.rindex("^^") :])
                if "ash" in name and "^^" in term
                else (name, term)
                for name, term in pairs
            ]
        found = checks(built.build())
        bad = [check for check in found if check.outcome is not Outcome.MATCH]
        assert len(bad) > 5
        # Block hashes are segments: they still match.
        good = {c.what for c in found if c.outcome is Outcome.MATCH}
        assert good == {"chunks against block hashes"}


def test_hash_of_an_image_without_stream() -> None:
    """A hash of an image that is not there is unreadable."""
    built = volume()
    other = "aff4://nothing"
    built.add_image(other, None, pairs=[("hash", aff4.hash_term("md5", b""))])
    (bad,) = (c for c in checks(built.build()) if c.outcome is not Outcome.MATCH)
    assert (bad.urn, bad.outcome) == (other, Outcome.UNREADABLE)


@pytest.mark.parametrize("first", [0, 1])
def test_striped(first: int) -> None:
    """The hash over the maps of both volumes is that of the standard."""
    pair = aff4.striped_pair(DATA)
    found = checks(pair[first], **{"other.aff4": pair[1 - first]})
    assert {check.outcome for check in found} == {Outcome.MATCH}
    assert "blockMapHashSHA512" in {check.algorithm for check in found}
    alone = checks(pair[first])
    of_image = [c for c in alone if c.algorithm == "blockMapHashSHA512"]
    assert all(check.outcome is not Outcome.MATCH for check in of_image)
    assert Outcome.MATCH in {check.outcome for check in alone}


def test_linear_block_hash() -> None:
    """Before the standard: hash over the hashes of all blocks of 32 KiB."""
    data = aff4.pattern(100_000)
    for has_gap in (False, True):
        built = aff4.AFF4Volume(dialect="E")
        built.add_stream(aff4.STREAM, data)
        end = 90_000 if has_gap else 100_000
        image = data[:end] + bytes(100_000 - end)
        blocks = b"".join(
            hashlib.sha1(image[at : at + 32768]).digest()
            for at in range(0, len(image), 32768)
        )
        pairs = [("linearBlockHash", aff4.hash_term("sha1", blocks))]
        built.add_map(
            aff4.MAP, [(0, end, 0, 0)], [aff4.STREAM], size=100_000, pairs=pairs
        )
        (check,) = checks(built.build())
        assert (check.what, check.outcome) == ("linearBlockHash", Outcome.MATCH)
        built.objects[aff4.MAP][-1] = (
            "aff4:linearBlockHash",
            aff4.hash_term("sha1", b"wrong"),
        )
        (check,) = checks(built.build())
        expected = Outcome.UNKNOWN if has_gap else Outcome.MISMATCH
        assert check.outcome is expected


def test_logical_files() -> None:
    """The hash of every file is checked, one that differs is named."""
    built = aff4.AFF4Volume(dialect="C")
    built.add_file("./a", f"{aff4.VOLUME}//a", b"first", hashes=ALL)
    built.add_file("./b", f"{aff4.VOLUME}//b", b"second")
    built.add_file("./c", f"{aff4.VOLUME}//c", None, size=4)
    built.members["/b"].data = b"sec0nd"
    found = checks(built.build())
    results = {(check.urn[-1], check.outcome) for check in found}
    assert results == {
        ("a", Outcome.MATCH),
        ("b", Outcome.MISMATCH),
        ("c", Outcome.UNREADABLE),
    }


def test_short_last_chunk() -> None:
    """Block hashes of a short last chunk count with its padding or without."""
    for padded in (True, False):
        built = aff4.AFF4Volume()
        built.add_stream(aff4.STREAM, DATA, "zlib", block_hashes=["md5"], padded=padded)
        assert {check.outcome for check in checks(built.build())} == {Outcome.MATCH}


def test_description() -> None:
    """The description names images, streams, gaps, filler and hashes."""
    built = volume()
    built.add_object("aff4://case", ["CaseNotes"], ("examiner", aff4.literal("Ada")))
    text = "\n".join(describe(support.open_volume(built.build())))
    for part in (
        f"Volume {aff4.VOLUME}",
        f"Image 1: {aff4.IMAGE}",
        "size      9192 bytes",
        "snappy, chunks of 512, 4 in a segment",
        f"9000 bytes from {aff4.STREAM}",
        "hash SHA1",
        "examiner                     Ada",
    ):
        assert part in text
    alone = "\n".join(describe(support.open_volume(aff4.striped_pair(DATA)[0])))
    assert f"MISSING   {aff4.STRIPE_STREAMS[1]}" in alone
    files = aff4.AFF4Volume(dialect="C")
    files.add_file("./a", f"{aff4.VOLUME}//a", b"first")
    text = "\n".join(describe(support.open_volume(files.build())))
    assert "files     1, 5 bytes; 1 with recorded hashes" in text


@pytest.mark.parametrize("name", [*HASHED, "py_encrypted.aff4"])
def test_descriptions_of_samples(name: str) -> None:
    """Every sample has a description that names its volume."""
    volumes = local.open_path(support.sample(name), password="password")
    lines = list(describe(volumes))
    assert lines[0] == f"Volume {volumes.volumes[0].urn}"
    assert len(lines) > 4
    assert not any("not readable" in line for line in lines)


def test_filler_is_named() -> None:
    """The description says which ranges are filler."""
    built = aff4.AFF4Volume()
    built.add_map(aff4.MAP, [(0, 700, 0, 0)], [built.symbolic("UnknownData")], size=900)
    built.add_image(aff4.IMAGE, aff4.MAP)
    data = write_zip(built.all_members(), aff4.VOLUME.encode())
    text = "\n".join(describe(support.open_volume(data)))
    assert "700 bytes from http://aff4.org/Schema#UnknownData (filler, not" in text
    assert "200 bytes in 1 gaps: Zero" in text
    built.add_object(aff4.MAP, (), ("mapGapDefaultStream", "aff4:UnreadableData"))
    text = "\n".join(describe(support.open_volume(built.build())))
    assert "200 bytes in 1 gaps: UnreadableData (filler, not evidence)" in text
