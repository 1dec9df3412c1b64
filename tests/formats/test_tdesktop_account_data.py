"""Drafts, locations and cache of Telegram Desktop: vectors, damage, fuzz.

The constants are the known answers of formats/telegram_desktop.md sections 9.8 and 9.9.
"""

from __future__ import annotations

import datetime
import hashlib
import random
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telegram_forensics.formats import tdesktop_account_files as account_files
from telegram_forensics.formats import tdesktop_cache as cache
from telegram_forensics.formats import tdesktop_cache_keys as cache_keys
from telegram_forensics.formats import tdesktop_drafts as drafts
from telegram_forensics.formats import tdesktop_locations as locations
from telegram_forensics.formats import tdesktop_tdef as tdef
from telegram_forensics.formats.errors import FormatError

VERSION = 6001002
LOCAL_KEY = bytes((7 * number + 3) % 256 for number in range(256))
PATH = "C:/Users/ann/Downloads/Telegram Desktop/a.pdf"
DOCUMENT = 5123456789012345678
LOCATION = bytes.fromhex(
    "4e45abe900000002471a2ccdeb24f34e000000000000005a0043003a002f0055007300650072"
    "0073002f0061006e006e002f0044006f0077006e006c006f006100640073002f00540065006c"
    "0065006700720061006d0020004400650073006b0074006f0070002f0061002e007000640066"
    "ffffffff0000000000258a6704fba280ff00003039"
)
DOWNLOADS = bytes.fromhex(
    "00000001471a2ccdeb24f34e000000000000018bcfe5687b0000303900020000499602d20000"
    "00000000004d00000000000011110000005a0043003a002f00550073006500720073002f0061"
    "006e006e002f0044006f0077006e006c006f006100640073002f00540065006c006500670072"
    "0061006d0020004400650073006b0074006f0070002f0061002e007000640066"
)
DRAFT = bytes.fromhex(
    "ffffffffffffff06008000013161bf1500000001ffffffffffffffff0000000400680069ffff"
    "ffff000000000000000000000000000000000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000"
)
VALUE_FILE = bytes.fromhex(
    "54444546fffefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0dfde"
    "dddcdbdad9d8d7d6d5d4d3d2d1d0cfcecdcccbcac9c8c7c6c5c4c3c2c1c023dd37cdbaeb5a2a"
    "17f743ba1cdd8721c98a0a332dac770b046fb1d9d31698cafc469fc05702bb7d0d6f61626893"
    "3ffe6bc45e508319efafc62e0f43e25128b1dd1483abc1b9d4eadeaf7606f63e8326"
)
BINLOG_PLAIN = bytes.fromhex(
    "0001000000f15365000000000000000001051f0000ab0123456789cdd7acc452020100000000"
    "0000887766554433221110ff53650000000010ff53650000000004010000200d546500000000"
    "580c546502010000000000008877665544332211030100000000000000000000000000000200"
    "02000000000099000000000000000201000000000000000000000000000001051f0000ab0123"
    "456789cdd7acc4520201000000000000887766554433221110ff53650000000010ff53650000"
    "0000"
)
BINLOG = bytes.fromhex(
    "54444546000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021"
    "22232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f43887ba19bcb1b43"
    "3ead2f0fa5de8df41195acd58a792223fa27914e5eb1f20946d2e331c60d5907eb5ea7ca1395"
    "aa17b85c41c333a3a559c394b103a39d15d4a0cbffd20291dacd41a5bf1e72c22eecd5d498fd"
    "41737adfac0ec774f729c91f02d48feca4e98123069f3e31e08d5e754f8cd73b9a6cd1675000"
    "c0b1decb8fe21c2086a893016a95e1664116fadc152e5a3fd3479137ab67c8888ec1a2b814eb"
    "aa8f6bbd4429ea8a50ec42d2c446c0768405081180adea1099857b951dfe8605e88df44d8d00"
    "bc4515d9b1e20f295350aa19cf2f47189063c8c2aa3722275f376578ac75e53d3abc77234812"
    "a90b4e40"
)
UPLOAD = bytes.fromhex(
    "0001000000f1536500000000000000000103a05b001032547698badcbebafeca020100000000"
    "000078695a4b3c2d1e0fe8f4536500000000e8f4536500000000030100000000000000000000"
    "00000000020100000000000078695a4b3c2d1e0f0103a05b001032547698badcbebafeca0201"
    "0000000000004ef324ebcd2c1a47e8f4536500000000e8f4536500000000"
)
SELF = bytes.fromhex(
    "008000013161bf1577ffffffffffffff00000002000000000000000080000000ffffffff0000"
    "0000000000060041006e006e00000006004c0065006500000018003400390031003700300031"
    "0032003300340035003600370000000c0061006e006e006c0065006500000000000000000000"
    "0000ffffffff535a4c0000000000ffffffff0000000600620069006f"
)
# End mark of the location records, 60 seconds later.
END_MARK = (
    bytes(8 + 8 + 4)
    + b"\xff\xff\xff\xff"
    + b"\xff\xff\xff\xff"
    + bytes.fromhex("0000000000258a6704fc8ce0ff")
    + bytes(4)
)
LOCATIONS_FILE = (
    LOCATION
    + END_MARK
    + bytes(4)
    + bytes(4)
    + struct.pack(">I", len(DOWNLOADS))
    + DOWNLOADS
)


# Drafts.


def test_draft() -> None:
    """The known answer."""
    found = drafts.read_drafts(DRAFT, VERSION)
    assert (found.peer.kind, found.peer.bare) == ("user", 5123456789)
    (draft,) = found.drafts
    assert (draft.text, draft.section, draft.is_editing) == ("hi", "local", False)
    assert draft.message_id is None
    assert found.problems == []


def test_draft_truncated_at_every_byte() -> None:
    """What is whole is kept, and the place of the damage is told."""
    for size in range(len(DRAFT)):
        try:
            found = drafts.read_drafts(DRAFT[:size], VERSION)
        except FormatError:
            continue
        assert all(draft.text in ("hi", "") for draft in found.drafts)
        for offset, reason in found.problems:
            assert 0 <= offset <= size
            assert reason


# Peers.


def test_search_suggestions() -> None:
    """Frequent contacts with their rating, and peers opened from the search."""
    peer = SELF[:-10]  # Without the biography, which only the owner's record has.
    top = struct.pack(">III", VERSION, 0, 1) + peer + struct.pack(">Q", 12_500_000)
    recent = struct.pack(">II", VERSION, 2) + peer + peer
    data = struct.pack(">I", len(top)) + top + struct.pack(">I", len(recent)) + recent
    found = account_files.read_search_suggestions(data)
    assert found.problem is None
    assert [(item.source, item.position, item.rating) for item in found.items] == [
        ("frequent", 1, 12.5),
        ("recent_search", 1, None),
        ("recent_search", 2, None),
    ]
    for item in found.items:
        assert (item.peer.name, item.peer.phone) == ("Ann Lee", "491701234567")
        assert item.peer.last_seen is not None
        assert item.peer.last_seen.online_until == 1700000000
    for size in range(len(data)):
        cut = account_files.read_search_suggestions(data[:size])
        assert cut.problem is not None
        assert cut.items == found.items[: len(cut.items)]


# Locations.


def test_locations() -> None:
    """The known answer: file, download, and the hash of the whole."""
    assert hashlib.sha256(LOCATIONS_FILE).hexdigest() == (
        "f6c12d064cd757fa1a611e86060badfad2eb619391ac4fa6814bdc0eb65696d5"
    )
    found = locations.read_locations(LOCATIONS_FILE, VERSION)
    (location,) = found.files
    assert (location.document_id, location.kind) == (DOCUMENT, "document")
    assert (location.data_center, location.path, location.size) == (2, PATH, 12345)
    assert location.modified is not None
    wall_clock = datetime.datetime.fromisoformat("2023-11-14T23:13:20")
    assert location.modified.value == wall_clock
    assert not location.modified.is_utc
    assert found.written is not None
    assert found.written.value == wall_clock + datetime.timedelta(seconds=60)
    (download,) = found.downloads
    assert download.peer is not None
    assert (download.peer.kind, download.peer.bare) == ("channel", 1234567890)
    assert (download.message_id, download.started) == (77, 1700000000123)
    assert (download.path, download.size) == (PATH, 12345)
    assert found.problems == []


def test_locations_truncated_at_every_byte() -> None:
    """Never an exception; records that are whole are kept."""
    for size in range(len(LOCATIONS_FILE)):
        found = locations.read_locations(LOCATIONS_FILE[:size], VERSION)
        if size >= len(LOCATION):
            assert found.files[0].path == PATH
        for offset, _ in found.problems:
            assert 0 <= offset <= size


@given(st.binary(max_size=300), st.sampled_from([8036, 9013, 2001014, VERSION]))
def test_any_bytes(data: bytes, version: int) -> None:
    """No decoder of account files raises anything but FormatError, nor hangs."""
    for read in (
        lambda: drafts.read_drafts(data, version),
        lambda: locations.read_locations(data, version),
        lambda: account_files.read_hashtags_and_bots(data, version),
        lambda: account_files.read_search_suggestions(data),
        lambda: account_files.read_saved_peers(data, version),
        lambda: account_files.read_export_settings(data),
        lambda: account_files.read_bot_downloads(data),
        lambda: account_files.read_bot_storage(data),
        lambda: account_files.read_media_positions(data),
        lambda: cache.read_index(data),
    ):
        try:
            read()
        except FormatError as exception:
            assert exception.offset is None or exception.offset <= len(data)


# Cache.


def test_value_file() -> None:
    """The known answer, and its check sum."""
    assert hashlib.sha256(VALUE_FILE).hexdigest() == (
        "cc1bcb87eab1428a2a62d7b8fb88bb4844c45bb43393b8b0c1f7b8b4cc1b55eb"
    )
    found = tdef.decrypt_tdef(VALUE_FILE, LOCAL_KEY)
    assert found.is_verified
    assert found.data[:31] == b"Telegram cache value #1 (31 b)."
    head = tdef.decrypt_tdef(VALUE_FILE[: tdef.DATA_OFFSET + 16], LOCAL_KEY)
    assert (head.data, head.is_verified) == (b"Telegram cache v", True)


def test_wrong_key_or_damaged_header() -> None:
    """The check in the header says that something is wrong."""
    assert not tdef.decrypt_tdef(VALUE_FILE, LOCAL_KEY[::-1]).is_verified
    for position in range(4, tdef.DATA_OFFSET):
        data = bytearray(VALUE_FILE)
        data[position] ^= 1
        assert not tdef.decrypt_tdef(bytes(data), LOCAL_KEY).is_verified, position
    for size in range(tdef.DATA_OFFSET):
        with pytest.raises(FormatError):
            tdef.decrypt_tdef(VALUE_FILE[:size], LOCAL_KEY)


def read_binlog(plain: bytes) -> cache.CacheIndex:
    """Index of plain data."""
    index = cache.read_index(plain)
    assert index is not None
    return index


def test_binlog() -> None:
    """The known answer: store, use with a clock set back, removal, compaction."""
    found = tdef.decrypt_tdef(BINLOG, LOCAL_KEY)
    assert found.is_verified
    assert found.data[: len(BINLOG_PLAIN)] == BINLOG_PLAIN
    index = read_binlog(BINLOG_PLAIN)
    assert (index.created, index.problem) == (1700000000, None)
    store, access, remove, compacted = index.records
    assert isinstance(store, cache.Store)
    assert isinstance(access, cache.Access)
    assert isinstance(remove, cache.Remove)
    assert isinstance(compacted, cache.Store)
    key = cache.CacheKey(0x102, 0x1122334455667788)
    assert (store.key, store.tag, store.size) == (key, 5, 31)
    assert store.path == "BA/1032547698DC"
    assert store.time == cache.TimePoint(1700003600, 1700003600)
    assert (access.keys, access.time.relative) == ((key,), 1700007200)
    assert (access.time.system, access.time.set_back) == (1700007000, 200)
    assert remove.keys == (cache.CacheKey(0x20002, 0x99),)
    assert compacted.is_compacted
    assert index.entries[key].size == 31


def test_upload_signature() -> None:
    """A value that moves from a random local key to a document was sent from here."""
    index = read_binlog(UPLOAD)
    (move,) = index.moves
    local = cache_keys.cache_key_meaning(move.local.key)
    final = cache_keys.cache_key_meaning(move.final.key)
    assert local.identifier == 0x0F1E2D3C4B5A6978
    assert (final.kind, final.identifier, final.data_center) == (
        "document",
        DOCUMENT,
        2,
    )
    assert (move.final.size, move.final.path) == (23456, "01/23456789ABCD")
    assert move.final.time is not None
    assert move.final.time.system == 1700001000
    assert cache.TAGS[move.final.tag] == "voice message"


@pytest.mark.parametrize("plain", [BINLOG_PLAIN, UPLOAD], ids=["binlog", "upload"])
def test_index_truncated_at_every_byte(plain: bytes) -> None:
    """Whole records are kept, the place of the damage is told."""
    whole = read_binlog(plain)
    for size in range(len(plain)):
        index = cache.read_index(plain[:size])
        if index is None:
            assert size < cache.HEADER_SIZE
            continue
        assert index.records == whole.records[: len(index.records)]
        if size < len(plain) - 16:
            assert index.problem is not None or len(index.records) < len(whole.records)
        if index.problem is not None:
            assert index.problem[0] <= size


def test_mutated_index() -> None:
    """Mutations raise nothing and stay bounded."""
    chance = random.Random(9)
    for _ in range(3000):
        data = bytearray(BINLOG_PLAIN)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        index = cache.read_index(bytes(data))
        if index is not None:
            assert len(index.records) <= len(data) // 16 + 1
            index.periods()
            index.compactions()


@pytest.mark.parametrize(
    ("high", "low", "kind", "data_center", "variant"),
    [
        (0x102, 0x471A2CCDEB24F34E, "document", 2, ""),
        (0x202, 0x471A2CCDEB24F34E, "document good thumbnail", 2, ""),
        (0x6D0502, 0x471A2CCDEB24F34E, "document thumbnail", 2, "m"),
        (0x790804, 0x471A2CCDEB24F34E, "photo", 4, "y"),
        (0x902, 0x471A2CCDEB24F34E, "peer photo", 2, ""),
    ],
)
def test_keys(high: int, low: int, kind: str, data_center: int, variant: str) -> None:
    """The known answers."""
    meaning = cache_keys.cache_key_meaning(cache.CacheKey(high, low))
    assert (meaning.kind, meaning.identifier) == (kind, DOCUMENT)
    assert (meaning.data_center, meaning.variant) == (data_center, variant)


def test_keys_without_document() -> None:
    """Map tiles, web files, and slices of streamed media."""
    tile = cache_keys.cache_key_meaning(
        cache.CacheKey(0x00000F02014000A0, 0x18968E481641B51A)
    )
    assert (tile.kind, tile.variant) == ("map tile", "52.520008,13.404954")
    web = cache.CacheKey(0x000002047D887C07, 0xB30CD855C9684309)
    assert cache_keys.cache_key_meaning(web).kind == "web file"
    url = cache.CacheKey(0x00002F567D887C07, 0xB30CD855C9684309)
    assert cache_keys.cache_key_meaning(url).kind == "url"
    base = cache.CacheKey(0x1471A, 0x2CCDEB24F34E0000)
    meaning = cache_keys.media_cache_key_meaning(base)
    assert (meaning.kind, meaning.identifier, meaning.variant) == (
        "document slice or rendered frame",
        DOCUMENT,
        "0",
    )
    for kind, number, name in (
        (1, 0x100, "document slice"),
        (1, 0xF2, "document slice or rendered frame"),
        (2, 3, "photo slice"),
    ):
        key = cache.CacheKey(kind << 16 | 0x471A, 0x2CCDEB24F34E0000 + number)
        meaning = cache_keys.media_cache_key_meaning(key)
        assert (meaning.kind, meaning.variant) == (name, str(number))
