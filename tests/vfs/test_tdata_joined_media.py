"""Streamed media, joined from their slices: through dfVFS, plaso and `extract`."""

from __future__ import annotations

import csv
import hashlib
import itertools
import random
import struct
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics import extract
from tests.builders import tdata
from tests.builders import tdata_cache as builder
from tests.builders.tdata_cache import PART, SLICE, Value
from tests.parsers import support as runs
from tests.vfs import support

KEY = runs.LOCAL_KEY
IDENTIFIER = 5123456789012345678
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom"
PREFIX = "/accounts/0/media_cache/0/joined"
PARSERS = f"filestat,{runs.PARSERS}"


def made_up(size: int, head: bytes = MP4) -> bytes:
    """A file of some size that begins like a video."""
    return head + random.Random(size).randbytes(size - len(head))


BIG = made_up(2 * SLICE + 3 * PART + 12345)
BIG_PARTS = range(-(-len(BIG) // PART))
HEADER = [*range(5), len(BIG_PARTS) - 1]


def values(
    slices: dict[int, bytes],
    identifier: int = IDENTIFIER,
    kind: int = builder.DOCUMENT,
    **changes: Any,
) -> list[Value]:
    """Values of slices, each an hour after the one before."""
    return [
        Value(
            builder.slice_key(identifier, number, kind),
            data,
            stored=1700003600 + 3600 * place,
            **changes,
        )
        for place, (number, data) in enumerate(sorted(slices.items()))
    ]


def build(folder: Path, cached: list[Value], **options: Any) -> Path:
    """Writes a profile with streamed media; its tdata folder."""
    runs.build(folder / "tdata", [runs.one_account()])
    builder.build_cache(
        folder / "tdata" / "user_data" / "media_cache", cached, KEY, **options
    )
    return folder / "tdata"


def joined_event(folder: Path, *, nested: bool = False) -> Any:
    """The only event of a joined file, and the warnings."""
    found = runs.Engine(PARSERS).run([runs.os_path_spec(folder)], nested=nested)
    assert not [text for text in found.warnings if runs.FAILURE in text]
    (event,) = [
        item for item in found.of_type("telegram:cache") if item.cache_event == "joined"
    ]
    return event, found


def mounted(folder: Path) -> dict[str, bytes]:
    """Joined files by their names, read whole."""
    file_system = support.mount(support.os_file(folder / "key_datas"))
    return {
        location.removeprefix(f"{PREFIX}/"): support.read(file_system, location)
        for location in support.files(file_system)
        if "/joined/" in location
    }


def seconds(date_time: Any) -> float:
    """A dfDateTime value as seconds since 1970 UTC."""
    return date_time.GetPlasoTimestamp() / 1_000_000


CASES = {
    # Name: content, loaded parts, header parts, name of the file, state.
    "several slices": (BIG, BIG_PARTS, HEADER, "", "complete"),
    "large header": (BIG, BIG_PARTS, [*range(3), *range(64, 74)], "", "complete"),
    "in the header": (made_up(10 * PART + 1), range(11), [], "", "complete"),
    "whole parts": (made_up(4 * PART), range(4), [], ".end_unknown", "end_unknown"),
    "beginning": (made_up(9 * PART + 1), range(4), [], ".end_unknown", "end_unknown"),
    "hole": (made_up(9 * PART + 1), [0, 1, 4, 9], [], ".partial", "partial"),
    "sought": (BIG, [0, 1, 70, 75, 130], [0, 1, 130], ".partial", "partial"),
    "first slice": (BIG, range(64), range(64), ".end_unknown", "end_unknown"),
}


@pytest.mark.parametrize("case", CASES)
def test_round_trip(case: str, tmp_path: Path) -> None:
    """Every loaded byte is where it belongs, every other one zero and told."""
    content, parts, header, suffix, state = CASES[case]
    slices = builder.stream(content, parts, header)
    folder = build(tmp_path, values(slices))
    name = f"document_{IDENTIFIER}{suffix}.mp4"
    found = mounted(folder)
    assert list(found) == [name]
    size = max((min((number + 1) * PART, len(content)) for number in parts), default=0)
    expected = bytearray(size)
    for number in parts:
        data = content[number * PART : (number + 1) * PART]
        expected[number * PART : number * PART + len(data)] = data
    assert found[name] == bytes(expected)

    event, extraction = joined_event(folder, nested=True)
    assert extraction.warnings == []
    assert (event.joined_state, event.file_size) == (state, size)
    assert (event.file_path, event.key_meaning) == (f"joined/{name}", "document")
    assert event.document_identifier == str(IDENTIFIER)
    stored = sum(len(content[number * PART : (number + 1) * PART]) for number in parts)
    assert event.stored_size == stored
    missing = missing_of(event, size)
    assert missing == {
        offset for offset in range(0, size, PART) if offset // PART not in set(parts)
    }
    assert bool(event.missing_ranges) == (state != "complete")
    # Times of the index, and the times of the value files.
    last = 1700003600 + 3600 * (len(slices) - 1)
    assert seconds(event.first_stored_time) == 1700003600
    assert seconds(event.stored_time) == seconds(event.last_used_time) == last
    assert seconds(event.written_time) == last + 60
    # Stock hashers and filestat.
    stats = [
        item
        for item in extraction.of_type("fs:stat")
        if item.filename == f"{PREFIX}/{name}"
    ]
    (stat,) = stats
    assert stat.file_size == size
    assert seconds(stat.modification_time) == seconds(stat.access_time) == last
    assert seconds(stat.creation_time) == 1700003600


def missing_of(event: Any, size: int) -> set[int]:
    """Offsets of the parts that an event says are missing."""
    found: set[int] = set()
    for text in event.missing_ranges or ():
        if text.endswith("(end not stored)"):
            assert text == f"{size}- (end not stored)"
            continue
        first, last = map(int, text.split("-"))
        found |= set(range(first, last + 1, PART))
    return found


def test_hashes(tmp_path: Path) -> None:
    """The hash of a complete file is that of the original."""
    folder = build(tmp_path, values(builder.stream(BIG, BIG_PARTS, HEADER)))
    found = runs.Engine(PARSERS).run([runs.os_path_spec(folder)])
    name = f"{PREFIX}/document_{IDENTIFIER}.mp4"
    assert name in found.nested
    assert name in {item.filename for item in found.of_type("fs:stat")}


def test_reading_anywhere(tmp_path: Path) -> None:
    """Seeks and reads of odd sizes over the borders of slices and holes."""
    parts = [number for number in BIG_PARTS if number not in (1, 63, 64, 100)]
    folder = build(tmp_path, values(builder.stream(BIG, parts, [0, 2, 131])))
    expected = bytearray(BIG)
    for number in (1, 63, 64, 100):
        expected[number * PART : (number + 1) * PART] = bytes(PART)
    file_system = support.mount(support.os_file(folder / "key_datas"))
    location = f"{PREFIX}/document_{IDENTIFIER}.partial.mp4"
    entry = file_system.GetFileEntryByPathSpec(file_system.NewPathSpec(location))
    assert (entry.size, entry.name) == (len(BIG), location.rpartition("/")[2])
    file_object = entry.GetFileObject()
    assert file_object.get_size() == len(BIG)
    rng = random.Random(5)
    borders = [0, PART, 2 * PART, SLICE - 1, SLICE, SLICE + PART, len(BIG) - 7]
    for _ in range(200):
        offset = max(rng.choice(borders) + rng.randint(-40, 40), 0)
        size = rng.choice([0, 1, 15, 16, 17, 100, PART + 3])
        file_object.seek(offset)
        assert file_object.read(size) == expected[offset : offset + size]
        assert file_object.get_offset() == min(offset + size, max(offset, len(BIG)))
    with pytest.raises(OSError, match="less than zero|negative|Invalid"):
        file_object.seek(-1)


def test_use_and_compaction(tmp_path: Path) -> None:
    """The last use of any slice counts; a compaction takes the store times."""
    slices = values(builder.stream(BIG, BIG_PARTS, HEADER))
    used = [([slices[1].key], 1700090000)]
    event, _ = joined_event(build(tmp_path / "a", slices, used=used))
    assert seconds(event.last_used_time) == 1700090000
    folder = build(tmp_path / "b", slices, used=used, compacted=True)
    event, _ = joined_event(folder)
    assert (event.first_stored_time, event.stored_time) == (None, None)
    assert seconds(event.last_used_time) == 1700090000


def test_photo_and_other_type(tmp_path: Path) -> None:
    """A profile video, and a song told by its content."""
    song = made_up(3 * PART + 5, b"ID3\4\0\0\0\0\0\0")
    cached = values({0: song}, kind=builder.PHOTO) + values({0: song}, 42)
    assert mounted(build(tmp_path, cached)) == {
        "document_42.mp3": song,
        f"photo_{IDENTIFIER}.mp3": song,
    }


def frames(count: int = 60) -> bytes:
    """Rendered frames of a sticker."""
    return struct.pack(">8i", 0, 256, 256, 512, 512, 60, count, count) + bytes(777)


def emoji_frames() -> bytes:
    """Rendered frames of a custom emoji."""
    return struct.pack("<4i", 0, 40, 30, 500) + bytes(500 + 2 * 30)


@pytest.mark.parametrize(
    "slices",
    [{0: frames()}, {2: frames(), 0x12: frames()}, {0xF2: emoji_frames()}, {0x41: MP4}],
    ids=["sticker", "sizes", "emoji", "undetermined"],
)
def test_frames_are_no_slices(slices: dict[int, bytes], tmp_path: Path) -> None:
    """Rendered frames share the keys of slices and are told by their content."""
    folder = build(tmp_path, values(slices))
    assert mounted(folder) == {}
    found = runs.Engine(PARSERS).run([runs.os_path_spec(folder)])
    events = [item.cache_event for item in found.of_type("telegram:cache")]
    assert "joined" not in events
    assert events.count("stored") == len(slices)
    assert found.warnings == []


def test_extract(tmp_path: Path) -> None:
    """The manifest says what is complete and what is missing."""
    whole = made_up(6 * PART + 17)
    cached = values(builder.stream(whole, range(7), []), 42)
    cached += values(builder.stream(whole, [0, 1, 4, 6], []), 43)
    cached += values(builder.stream(whole, range(3), []), 44)
    folder = build(tmp_path / "evidence", cached)
    target = tmp_path / "out"
    outcome = extract.extract(str(folder.parent), target, [], False, lambda text: None)
    assert outcome.warnings == []
    with (target / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {
            row["tdata_location"].rpartition("/")[2]: row
            for row in csv.DictReader(file)
            if "/joined/" in row["tdata_location"]
        }
    notes = {name: row["note"] for name, row in rows.items()}
    assert notes == {
        "document_42.mp4": "complete",
        "document_43.partial.mp4": (
            f"partial; missing bytes: {2 * PART}-{4 * PART - 1}, "
            f"{5 * PART}-{6 * PART - 1}"
        ),
        "document_44.end_unknown.mp4": (
            f"end unknown; missing bytes: {3 * PART}- (end not stored)"
        ),
    }
    row = rows["document_42.mp4"]
    assert row["sha256"] == hashlib.sha256(whole).hexdigest()
    assert (target / row["file"]).read_bytes() == whole
    assert row["meaning"] == "document 42, joined from its slices"
    assert row["type"] == "video/mp4"
    assert row["modified_utc"].startswith("2023-11-14T23:13:20")


# Damage and ill will.


def hostile(*parts: tuple[int, int], count: int | None = None) -> bytes:
    """A list of parts with any offsets and sizes; each has 100 bytes."""
    data = struct.pack("<I", len(parts) if count is None else count)
    return data + b"".join(
        struct.pack("<II", *part) + bytes([number]) * 100
        for number, part in enumerate(parts, 1)
    )


HOSTILE = {
    # Name: slices, text of a warning, stored bytes.
    "count": ({0: hostile((0, 100), count=77)}, "cut off", 100),
    "offset": ({1: hostile((0, 100), (SLICE, 100))}, "part of 100 bytes at 0x8", 100),
    "wrapped": (
        {0: hostile((0, 100), (0xFFFFFFFF, 100))},
        "part of 100 bytes at 0xffffffff",
        100,
    ),
    "large part": ({1: hostile((0, PART), (PART, 7))}, "part is cut off", 208),
    "empty part": ({0: hostile((0, 100), (PART, 0))}, "part of 0 bytes", 100),
    "overlap": ({1: hostile((0, 100), (50, 100))}, "stored twice and differ", 150),
    "same place": ({1: hostile((0, 100), (0, 100))}, "stored twice and differ", 100),
    "no end": ({0: hostile((0, 100), (20000, 100))}, None, 200),
    "long slice": ({1: made_up(SLICE + PART)}, "has room for", SLICE),
    "behind": ({1: hostile((0, 100)) + b"x" * 20}, "behind the list", 100),
    "ends": (
        {1: made_up(100_000), 2: made_up(200_000)},
        "disagree about the size",
        300_000,
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_slices(case: str, tmp_path: Path) -> None:
    """What can be read is joined, the rest is told with file and offset."""
    slices, text, stored = HOSTILE[case]
    folder = build(tmp_path, values(slices))
    event, found = joined_event(folder, nested=True)
    assert event.stored_size == stored
    ((name, data),) = mounted(folder).items()
    assert len(data) == event.file_size
    assert event.file_path == f"joined/{name}"
    if text is None:
        assert found.warnings == []
    else:
        assert any(text in warning for warning in found.warnings), found.warnings
        assert all(warning.startswith("binlog: ") for warning in found.warnings)


def test_damaged_value_files(tmp_path: Path) -> None:
    """Missing, cut off and foreign value files, wrong sizes in the index."""
    cached = values(builder.stream(BIG, BIG_PARTS, HEADER))
    cached[1].has_file = False
    event, found = joined_event(build(tmp_path / "missing", cached))
    assert event.joined_state == "partial"
    assert event.missing_ranges == [f"{SLICE}-{2 * SLICE - 1}"]
    assert found.warnings == []

    cached[1].has_file = True
    cached[2].has_file = False
    event, found = joined_event(build(tmp_path / "end", cached))
    # The last part stands in the header, too.
    last = (len(BIG_PARTS) - 1) * PART
    assert (event.joined_state, event.file_size) == ("partial", len(BIG))
    assert event.missing_ranges == [f"{2 * SLICE}-{last - 1}"]
    short = values(builder.stream(BIG, BIG_PARTS, range(5)))
    short[1].has_file = short[2].has_file = False
    event, found = joined_event(build(tmp_path / "gone", short))
    assert (event.joined_state, event.file_size) == ("partial", 2 * SLICE)
    assert event.missing_ranges == [
        f"{SLICE}-{2 * SLICE - 1}",
        f"{2 * SLICE}- (slice gone)",
    ]

    cached[2].has_file = True
    cached[1].file_size = 116 + 1000
    event, found = joined_event(build(tmp_path / "cut", cached))
    assert event.missing_ranges == [f"{SLICE + 992}-{2 * SLICE - 1}"]
    assert any("ends after 992" in text for text in found.warnings)

    cached[1].file_size = 100
    event, found = joined_event(build(tmp_path / "header", cached))
    assert event.missing_ranges == [f"{SLICE}-{2 * SLICE - 1}"]
    assert any("ends inside the TDEF header" in text for text in found.warnings)

    cached[1].file_size = None
    cached[2].size = len(cached[2].data) + 12
    event, found = joined_event(build(tmp_path / "size", cached))
    assert any("ends after" in text for text in found.warnings)
    assert event.joined_state == "partial"

    cached[2].size = None
    folder = build(tmp_path / "key", cached)
    path = next(
        path
        for path in (folder / "user_data").rglob("*")
        if path.is_file() and path.stat().st_size > SLICE
    )
    path.write_bytes(b"TDEF" + bytes(path.stat().st_size - 4))
    event, found = joined_event(folder)
    assert any("no key of this storage fits" in text for text in found.warnings)
    assert event.joined_state == "partial"


def test_one_value_file_for_several_keys(tmp_path: Path) -> None:
    """A crafted index cannot multiply a value file."""
    place = b"\1\2\3\4\5\6\7"
    cached = values({1: made_up(PART)}, 1, place=place)
    for identifier in range(2, 50):
        cached += values({1: made_up(PART)}, identifier, place=place)
    folder = build(tmp_path, cached)
    event, found = joined_event(folder)
    assert event.document_identifier == "49"
    assert sum("is that of another key" in text for text in found.warnings) == 48


def test_next_to_nothing_but_holes(tmp_path: Path) -> None:
    """Gigabytes of zero bytes are not made of a few stored ones."""
    cached = values({0: hostile((0, 100)), 512: made_up(100)})
    folder = build(tmp_path, cached)
    event, found = joined_event(folder)
    assert (event.joined_state, event.file_path) == ("too_sparse", None)
    assert event.file_size == 511 * SLICE + 100
    assert mounted(folder) == {}
    cached = values({0: made_up(PART), 513: made_up(100), 0xFFFF: made_up(100)})
    event, _ = joined_event(build(tmp_path / "far", cached))
    assert event.file_size == PART


def test_login_in_slices(tmp_path: Path) -> None:
    """A login that was put into slices is not given out."""
    login = tdata.authorization(runs.one_account())
    folder = build(tmp_path, values({0: login}))
    file_system = support.mount(support.os_file(folder / "key_datas"))
    entry = file_system.GetFileEntryByPathSpec(
        file_system.NewPathSpec(f"{PREFIX}/document_{IDENTIFIER}.bin")
    )
    assert entry.size == len(login)
    assert entry.number_of_data_streams == 0


def test_unreadable_joined_names(tmp_path: Path) -> None:
    """Only the true name of a joined file is found."""
    folder = build(tmp_path, values({0: made_up(PART + 1)}))
    file_system = support.mount(support.os_file(folder / "key_datas"))
    names = [f"document_{IDENTIFIER}.partial.mp4", "document_1.mp4", "x", "", "a/b"]
    for name in [*names, f"document_{IDENTIFIER}.mp4/x"]:
        path_spec = file_system.NewPathSpec(f"{PREFIX}/{name}")
        if name:
            assert not file_system.FileEntryExistsByPathSpec(path_spec), name
    for location in (PREFIX, f"{PREFIX}/document_{IDENTIFIER}.mp4"):
        assert file_system.FileEntryExistsByPathSpec(file_system.NewPathSpec(location))


def test_mutations(tmp_path: Path) -> None:
    """Random damage in the plain values: never more than a warning, never a hang."""
    whole = made_up(SLICE + 18 * PART + 99)
    slices = builder.stream(whole, [0, 1, 2, 64, 66, 82], [0, 1, 82])
    rng = random.Random(1)
    for number in range(25):
        damaged = {}
        for key, data in slices.items():
            content = bytearray(data)
            for _ in range(rng.choice([0, 1, 3])):
                offset = rng.choice([0, 4, 8, 12 + PART, rng.randrange(len(data) - 4)])
                content[offset : offset + 4] = rng.choice(
                    [bytes(4), b"\xff" * 4, rng.randbytes(4), struct.pack("<I", PART)]
                )
            if not rng.randrange(4):
                del content[rng.randrange(1, len(content)) :]
            damaged[key] = bytes(content)
        folder = build(tmp_path / str(number), values(damaged))
        found = runs.Engine(PARSERS, hashers="none").run([runs.os_path_spec(folder)])
        assert not [text for text in found.warnings if runs.FAILURE in text]
        for name, data in mounted(folder).items():
            assert data, name


def test_stored_bytes_never_lie_outside(tmp_path: Path) -> None:
    """Pieces of a layout are sorted, apart from each other and inside the file."""
    from telegram_forensics.formats import tdesktop_media_slices as media_slices

    rng = random.Random(3)
    for _ in range(300):
        layouts = {}
        for number in range(3):
            data = hostile(
                *(
                    (rng.choice([0, 10, 50, PART, SLICE - 100, SLICE]), 100)
                    for _ in range(rng.randrange(1, 5))
                )
            )
            layouts[number] = media_slices.read_slice(
                number,
                len(data),
                len(data),
                lambda offset, size, data=data: data[offset : offset + size],
            )
        joined = media_slices.join(layouts)
        for first, second in itertools.pairwise(joined.pieces):
            assert first.end <= second.start
        assert all(piece.size > 0 for piece in joined.pieces)
        assert all(piece.end <= joined.size for piece in joined.pieces)
        total = sum(
            piece.size for layout in layouts.values() for piece in layout.pieces
        )
        dropped = sum(piece.size for piece, _ in joined.overlaps)
        assert joined.stored_size + dropped == total
