"""Damage in every kind of file beside logins and maps, through plaso's worker.

Encrypted files are damaged in their plain content and encrypted anew: what the checks
of the encryption would stop is what the readers behind it must stand, too. Each file
goes through the worker alone. Whatever the damage is: no traceback, no event of another
account, warnings that name the file.
"""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builders import tdata, tdata_cache, tdesktop_export
from tests.builders import tdata_stickers as stickers
from tests.helpers import mutations
from tests.parsers import support

VERSION = 6001002
PARSERS = (
    "telegram_desktop,telegram_desktop_damaged,telegram_desktop_export_html,"
    "telegram_desktop_export_json,telegram_desktop_log,telegram_desktop_mark"
)
ACCOUNT = "640011223"
MUTATIONS = 40
TRUNCATIONS = 30
_DATE_TIME = struct.pack(">qIb", 2460000, 3_600_000, -1)


def peer() -> bytes:
    """A serialized user."""
    record = tdata.self_record(
        tdata.BuiltAccount(
            0, 42, 2, {}, first_name="Ann", last_name="Lee", phone="491"
        ),
        VERSION,
    )
    return record[: -len(tdata.string(""))]


def location(number: int) -> bytes:
    """A record of a file on this computer."""
    path = tdata.string(f"C:/Users/ann/{number}.pdf") if number else tdata.string(None)
    key = struct.pack(">IIQ", 0x4E45ABE9, 2, number) if number else bytes(16)
    return key + tdata.u32(0) + path + tdata.byte_array(None) + _DATE_TIME + bytes(4)


def locations() -> bytes:
    """A file of locations with downloads."""
    download = struct.pack(
        ">QiqIQqQ", 9, 0, 1_700_000_000_000, 12, 1 << 55 | 42, 5, 6
    ) + tdata.string("C:/a.pdf")
    downloads = tdata.i32(2) + download * 2
    return (
        location(1)
        + location(2)
        + location(0)
        + tdata.u32(0)
        + tdata.u32(1)
        + tdata.string("https://example.org/a")
        + tdata.u64(3)
        + tdata.i32(77)
        + tdata.byte_array(downloads)
    )


def bot_downloads() -> bytes:
    """A list of files that Mini Apps saved."""
    entry = tdata.string("https://example.org/b") + tdata.string("C:/b") + tdata.i64(3)
    bots = tdata.u64(1 << 55 | 42) + tdata.u32(2) + entry * 2
    return tdata.byte_array(tdata.u32(1) + tdata.u32(1) + bots)


def suggestions() -> bytes:
    """Frequent contacts and peers of the search."""
    top = tdata.u32(VERSION) + tdata.u32(0) + tdata.u32(1) + peer() + tdata.u64(5)
    recent = tdata.u32(VERSION) + tdata.u32(2) + peer() * 2
    return tdata.byte_array(top) + tdata.byte_array(recent)


def plain_files() -> dict[int, list[bytes | None]]:
    """Plain content of the files that a map names, by type of the record."""
    sets = stickers.sticker_sets(
        [
            stickers.Set(
                501,
                stickers=[stickers.Sticker(1), stickers.Sticker(2)],
                dates=[1700000000, 1700000001],
            ),
            stickers.Set(502),
        ],
        VERSION,
    )
    settings = tdata.settings_blocks() + tdata.u32(0x26) + tdata.u32(1)
    hashtag = tdata.string("invoice") + b"\0\3"
    return {
        0x04: [locations()],
        0x07: [stickers.old_recent([(stickers.Sticker(5), 9)] * 2, VERSION)],
        0x09: [settings + tdata.u64(77) + b"\0\x08"],
        0x0A: [tdata.u32(1) + tdata.u32(1) + hashtag * 2 + tdata.u32(1) + peer()],
        0x0C: [tdata.u32(2) + (peer() + _DATE_TIME) * 2],
        0x0F: [stickers.saved_gifs([stickers.Sticker(3, None)] * 2, VERSION)],
        0x10: [sets, None, sets, None],
        0x13: [
            tdata.u32(0xFFF)
            + tdata.u32(7)
            + tdata.u32(1)
            + tdata.u32(1 << 20)
            + tdata.u32(1)
            + tdata.string("D:/export")
            + tdata.u32(1700000000)
            + tdata.i32(9)
            + tdata.u64(42)
            + tdata.u64(43)
            + tdata.i32(1600000000)
            + tdata.i32(1700000000)
        ],
        0x18: [suggestions()],
        0x1B: [bot_downloads()],
    }


LOG = (
    "[2026.03.29 01:59:59] Launched version: 6001002, install beta: [FALSE]\n"
    "[2026.03.29 03:00:00] Choosing gl\n"
    ' ("xcb_glx", "xcb_egl")\n'
    "[2026.03.29 03:00:01] Working dir: /home/zoë/\n"
    "[2026.03.29 03:00:02] Export Info: Started export to 'D:/export'.\n"
).encode()
MTP_LOG = b"""20260329
[10:00:00.123 00-0000001] (dc:2_main) Send: { core_message
  msg_id: 7710764799920951912 [LONG],
  body: { messages_sendMessage
    flags: 128 [INT],
    peer: { inputPeerUser
      user_id: 6477001122 [LONG],
    },
    message: "ok sent" [STRING],
    random_id: 18079154173121880852 [LONG],
    entities: [ vector<0x1cb5c415> (0) ],
  },
} (dc:2,key:2786365641523671994)
[10:00:00.456 00-0000002] (dc:2_main) Recv: { rpc_result
  req_msg_id: 7710764799920951912 [LONG],
  result: { updateShortSentMessage
    id: 77 [INT],
    date: 1774778400 [INT],
  },
} (dc:2,key:2786365641523671994)
"""


class Profile:
    """A working folder with every kind of file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        root = folder / "tdata"
        account = support.one_account(drafts=[(777000, "not sent"), (42, "nor that")])
        support.build(root, [account], version=VERSION)
        self.session = tdata.session_identifier(account.auth_keys[account.main_dc])
        account_folder = root / support.HASHES[0]
        drafts = {
            path: tdata.draft(777000, "not sent", VERSION)
            for path in account_folder.glob("*[0-9A-F]s")
        }
        self.victims: dict[str, tuple[Path, bytes, Callable[[bytes], bytes]]] = {}
        records = plain_files()
        files = stickers.add_to_account(
            account_folder, list(records.items()), support.LOCAL_KEY, VERSION
        )
        for (record_type, place), path in files.items():
            content = records[record_type][place]
            assert content is not None
            self._add(f"map 0x{record_type:02x}, {place}", path, content)
        # The map names them again, behind the other files.
        (first, *_) = drafts
        name = first.name[:-1]
        file_key = int.from_bytes(
            bytes(int(name[i + 1] + name[i], 16) for i in range(0, 16, 2)), "little"
        )
        plain = tdata.u32(1) + tdata.u32(1) + tdata.u64(file_key)
        plain += tdata.user_peer_id(777000, VERSION)
        for (record_type, place), path in files.items():
            assert path.exists()
            if place == 0:
                plain += self._record(record_type, records[record_type])
        (account_folder / "maps").write_bytes(
            tdata.map_file(plain, support.LOCAL_KEY, VERSION)
        )
        self._add("draft", first, drafts[first])
        self._add_raw("draft as it lies", first)
        self._add_caches(root / "user_data")
        self._add_others(folder)
        self.engine = support.Engine(PARSERS, hashers="none")

    @staticmethod
    def _record(record_type: int, contents: list[bytes | None]) -> bytes:
        keys = [
            0 if content is None else record_type << 8 | place | 1 << 60
            for place, content in enumerate(contents)
        ]
        return tdata.u32(record_type) + b"".join(map(tdata.u64, keys))

    def _add(self, name: str, path: Path, plain: bytes) -> None:
        self.victims[name] = (
            path,
            plain,
            lambda data: support.encrypted(data, VERSION),
        )
        path.write_bytes(support.encrypted(plain, VERSION))

    def _add_raw(self, name: str, path: Path) -> None:
        self.victims[name] = (path, path.read_bytes(), lambda data: data)

    def _add_caches(self, user_data: Path) -> None:
        key = support.LOCAL_KEY
        values = [
            tdata_cache.Value((0x102, number), b"\xff\xd8\xff picture" * 9)
            for number in range(3)
        ]
        slices = tdata_cache.stream(bytes(range(256)) * 2000, [0, 1, 3], [])
        streamed = [
            tdata_cache.Value(tdata_cache.slice_key(5, number), data)
            for number, data in slices.items()
        ]
        used = [([(0x102, 1), (0x102, 2)], 1700009000)]
        for kind, held in (("cache", values), ("media_cache", streamed)):
            tdata_cache.build_cache(user_data / kind, held, key, used=used)
            path = user_data / kind / "0" / "binlog"
            whole = path.read_bytes()
            self._add_raw(f"{kind} as it lies", path)
            plain = support_decrypt(whole, key)
            self.victims[kind] = (
                path,
                plain,
                lambda data: tdata_cache.tdef(data, key, bytes(64)),
            )

    def _add_others(self, folder: Path) -> None:
        owner = tdesktop_export.message(1, 1_690_000_000, "hello")
        call = tdesktop_export.service(2, 1_690_000_060, "phone_call")
        chat = tdesktop_export.chat("Ann", "personal_chat", 42, [owner, call])
        document = tdesktop_export.encode(tdesktop_export.account([chat]))
        body = tdesktop_export.html_message(1, "22.07.2023 04:26:40", "hello")
        page = tdesktop_export.page("Ann", body)
        for name, data in {
            "log.txt": LOG,
            "DebugLogs/mtp_10_00.txt": MTP_LOG,
            "DebugLogs/20261121_231500_upd.txt": b"Updating\n",
            "tdata/working": b"ApiId: 2040\nLaunched: 21.11.2026 23:19:08\n",
            "DataExport_2023-07-22/result.json": document,
            "ChatExport_2023-07-22/messages.html": page,
        }.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
            self._add_raw(name, path)

    def run(self, victim: str, data: bytes) -> support.Extraction:
        """Processes one file with another content, and puts it back."""
        path, _, encrypt = self.victims[victim]
        original = path.read_bytes()
        path.write_bytes(encrypt(data))
        started = time.monotonic()
        try:
            found = self.engine.run([support.os_path_spec(path)], nested=False)
        finally:
            path.write_bytes(original)
        assert time.monotonic() - started < 5
        for text in found.warnings:
            assert support.FAILURE not in text
            assert "Traceback" not in text
            assert text.startswith(f"{path.name}: "), text
        for item in found.event_data:
            self.check(victim, item)
        return found

    def check(self, victim: str, item: Any) -> None:
        """No event is put to another account or session of this storage."""
        if "Export" in victim or not hasattr(item, "session_identifier"):
            return
        assert item.account_identifier in (None, ACCOUNT)
        assert item.session_identifier in (None, self.session)


def support_decrypt(data: bytes, key: bytes) -> bytes:
    """Decrypts what the builder encrypted: CTR is its own inverse."""
    salt = data[4:68]
    again = tdata_cache.tdef(data[116:], key, salt)
    return again[116 : len(data)]


@pytest.fixture(name="profile", scope="module")
def _profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return Profile(tmp_path_factory.mktemp("fuzz"))


def victims() -> list[str]:
    """Names of the files, the same as in `Profile`."""
    names = [
        f"map 0x{record_type:02x}, {place}"
        for record_type, contents in plain_files().items()
        for place, content in enumerate(contents)
        if content is not None
    ]
    names += ["draft", "draft as it lies"]
    for kind in ("cache", "media_cache"):
        names += [kind, f"{kind} as it lies"]
    names += ["log.txt", "DebugLogs/mtp_10_00.txt", "tdata/working"]
    names += ["DebugLogs/20261121_231500_upd.txt"]
    exports = ("DataExport_2023-07-22/result", "ChatExport_2023-07-22/messages")
    return [*names, f"{exports[0]}.json", f"{exports[1]}.html"]


by_victim = pytest.mark.parametrize("victim", victims())


def truncations(data: bytes) -> Iterator[bytes]:
    """Beginnings of some lengths, the shortest ones included."""
    lengths = {0, 1, 4, 8, len(data) - 1}
    lengths |= set(range(0, len(data), max(len(data) // TRUNCATIONS, 1)))
    for length in sorted(lengths):
        if length < len(data):
            yield data[:length]


@by_victim
def test_undamaged(profile: Profile, victim: str) -> None:
    """The yardstick: every file gives events and no warning."""
    assert set(profile.victims) == set(victims())
    found = profile.run(victim, profile.victims[victim][1])
    assert found.warnings == []
    assert [item for item in found.event_data if item.data_type != "fs:stat"]


@by_victim
def test_truncations(profile: Profile, victim: str) -> None:
    """Files cut off; encrypted anew they give a warning or what was before the cut."""
    whole = profile.victims[victim][1]
    count = len(profile.run(victim, whole).event_data)
    for data in truncations(whole):
        found = profile.run(victim, data)
        # A file cut at its beginning may be reported as one event instead.
        assert len(found.event_data) <= count + 1


@by_victim
def test_mutations(profile: Profile, victim: str) -> None:
    """Random damage."""
    for data in mutations(profile.victims[victim][1], MUTATIONS, victim):
        profile.run(victim, data)


def test_noise(profile: Profile) -> None:
    """Pure noise instead of each file."""
    rng = random.Random(9)
    for victim in profile.victims:
        for size in (0, 1, 100, 5000):
            profile.run(victim, rng.randbytes(size))
