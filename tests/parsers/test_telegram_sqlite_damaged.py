"""Databases that SQLite cannot open, through plaso's own worker."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from plaso.containers import events
from plaso.parsers import sqlite
from telegram_forensics.parsers import sqlite_plugin
from telegram_forensics.parsers import telegram_sqlite_damaged as damaged

from tests.builders import android_database
from tests.builders import sqlite_files as builder
from tests.parsers import support

recovery = pytest.importorskip("tests.validation.recovery")
recovery_stores = pytest.importorskip("tests.validation.recovery_stores")

NAMES = "telegram_sqlite_damaged,telegram_sqlite_damaged_named"
STORES = {store.name: store for store in recovery.STORES}
ANDROID = STORES["Telegram for Android, cache4.db"]
POSTBOX = STORES["Telegram for iOS, Postbox db_sqlite"]
MACOS = STORES["Telegram for macOS, Postbox db_sqlite (encrypted)"]
CHROMIUM = STORES["Chromium, IndexedDB (SQLite)"]
FIREFOX = STORES["Firefox, IndexedDB (idb, SQLite)"]
LEGACY = STORES["Telegram for iOS before 5.0, tgdata.db"]
TDLIB = STORES["TDLib, db.sqlite (encrypted)"]
PLAIN = recovery.CAUSES[0]
WAL = recovery.CAUSES[4]
PAGE = 4096

Damage = Callable[[bytes], bytes]


def no_header(data: bytes) -> bytes:
    """The header is zeroed."""
    return bytes(100) + data[100:]


def bad_header(data: bytes) -> bytes:
    """The header is zeroed behind its signature."""
    return data[:16] + bytes(84) + data[100:]


def no_first_page(data: bytes) -> bytes:
    """The first page is overwritten."""
    return random.Random(5).randbytes(PAGE) + data[PAGE:]


def cut(data: bytes) -> bytes:
    """The file ends early."""
    return data[: len(data) * 3 // 4]


def read(store: Any, cause: Any, damage: Damage | None, folder: Path) -> Any:
    """Writes the database of a client, damages it and reads it."""
    files = recovery.make(store, cause, folder / "work")
    if damage is not None and store.has_journal:
        files = files._replace(database=damage(files.database))
    case = folder / "case"
    case.mkdir()
    target = store.place(files, case)
    if damage is not None and not store.has_journal:
        (path,) = (
            item for item in case.rglob("*") if item.name in ("db.sqlite", "db_sqlite")
        )
        path.write_bytes(damage(path.read_bytes()))
    return support.extract(target, parsers=f"{store.parsers},{NAMES}")


def told(store: Any, found: Any) -> Counter[Any]:
    """Rows of ours that events tell."""
    return Counter((row.key, row.values) for row in store.rows(found))


def expected(store: Any) -> set[Any]:
    """Live rows."""
    return {store.truth(number) for number in recovery.live(store.size)}


def check_marks(found: Any, parser: str) -> list[Any]:
    """All that came this way is marked; returns it."""
    items = [item for item in found.event_data if parser in item._parser_chain]
    assert items
    for item in items:
        assert item._recovered
        assert getattr(item, "record_state", "recovered") in (
            *("recovered", "removed", "overwritten", "unused_slot", "damaged"),
        )
        if hasattr(item, "recovery_method"):
            assert item.recovery_method
    return items


@pytest.mark.parametrize("name", sorted(set(STORES) - {MACOS.name, TDLIB.name}))
@pytest.mark.parametrize("damage", [no_header, bad_header])
def test_header(tmp_path: Path, name: str, damage: Damage) -> None:
    """Without its header a database tells what it tells with it."""
    store = STORES[name]
    sound = read(store, PLAIN, None, tmp_path / "sound")
    found = read(store, PLAIN, damage, tmp_path / "damaged")
    assert set(told(store, found)) == set(told(store, sound))
    assert expected(store) <= set(told(store, found))
    items = check_marks(found, "telegram_sqlite_damaged")
    assert len(found.event_data) == len(items) == len(sound.event_data)
    (warning,) = (text for text in found.warnings if "what was rebuilt" in text)
    assert "SQLite cannot open it (file is not a database)" in warning
    assert "offset 0x10: page size 4096" in warning
    stock = sum("unable to open SQLite database" in text for text in found.warnings)
    assert stock == (damage is bad_header)


MARKS = ("record_state", "recovery_method", "record_offset")


def facts(item: Any) -> tuple[Any, ...]:
    """What an event says, but for how it was recovered."""
    values = {
        name: str(getattr(value, "timestamp", value))
        for name, value in vars(item).items()
        if value is not None and name not in MARKS and not name.startswith("_")
    }
    return (item.data_type, *sorted(values.items()))


@pytest.mark.parametrize("version", [60, 177])
def test_whole_database_of_android(tmp_path: Path, version: int) -> None:
    """All that the client writes comes out without the header, and means the same.

    The version is lost with it; ids of messages of channels depend on it.
    """
    data = tmp_path / "work.db"
    android_database.build(data, version, 300)
    told_by: dict[str, Any] = {}
    for damage in (bytes, no_header, no_first_page):
        folder = tmp_path / damage.__name__ / "data/data/org.telegram.messenger/files"
        folder.mkdir(parents=True)
        (folder / "cache4.db").write_bytes(damage(data.read_bytes()))
        found = support.extract(
            tmp_path / damage.__name__, parsers=f"{ANDROID.parsers},{NAMES}"
        )
        told_by[damage.__name__] = found
    sound = Counter(map(facts, told_by["bytes"].event_data))
    assert Counter(map(facts, told_by["no_header"].event_data)) == sound
    check_marks(told_by["no_header"], "telegram_sqlite_damaged")
    # Of the tables behind the first page nothing is invented.
    keys = [
        Counter(
            (item.message_identifier, item.chat_identifier, item.text)
            for item in told_by[name].of_type("telegram:message")
        )
        for name in ("bytes", "no_first_page")
    ]
    assert not keys[1] - keys[0]
    assert keys[1].total() > 0.9 * keys[0].total()


def test_methods(tmp_path: Path) -> None:
    """Rows in use have the method of the repair, others their own as well."""
    found = read(ANDROID, PLAIN, no_header, tmp_path / "a").of_type("telegram:message")
    methods = Counter((item.recovery_method.split(",")[0]) for item in found)
    assert methods["rebuilt_header"] == 80
    assert methods["unreferenced_page"] + methods["free_block"] > 140
    for item in found:
        is_live = item.recovery_method.startswith("rebuilt_header")
        assert (item.record_state == "recovered") is is_live
        assert is_live or item.recovery_method.endswith("; rebuilt_header")
    found = read(ANDROID, PLAIN, cut, tmp_path / "b").of_type("telegram:message")
    methods = Counter((item.recovery_method.split(",")[0]) for item in found)
    assert methods["cut_file"] > 20
    # Nothing is called removed where the page of a row may be missing.
    assert "removed" not in {item.record_state for item in found}
    found = read(ANDROID, PLAIN, no_first_page, tmp_path / "c").event_data
    assert "rebuilt_schema, confidence low, database" in {
        getattr(item, "recovery_method", None) for item in found
    }


@pytest.mark.parametrize(
    "name",
    [
        *(ANDROID.name, POSTBOX.name, LEGACY.name, FIREFOX.name),
        "Firefox, localStorage (ls/data.sqlite)",
        "Safari, localStorage (ItemTable)",
    ],
)
def test_first_page(tmp_path: Path, name: str) -> None:
    """The tables of the client are found by what their rows look like."""
    store = STORES[name]
    found = read(store, PLAIN, no_first_page, tmp_path)
    rows = told(store, found)
    assert expected(store) <= set(rows)
    assert max(rows.values()) == 1
    check_marks(found, "telegram_sqlite_damaged")
    (warning,) = (text for text in found.warnings if "what was rebuilt" in text)
    if store is not POSTBOX:
        assert "is not defined: the tree at page" in warning
    else:
        assert "definitions of" in warning


@pytest.mark.parametrize("damage", [no_header, bad_header, no_first_page])
def test_macos(tmp_path: Path, damage: Damage) -> None:
    """The salt stands in the key file: all but the first page is decrypted."""
    found = read(MACOS, PLAIN, damage, tmp_path)
    assert expected(MACOS) <= set(told(MACOS, found))
    check_marks(found, "telegram_sqlite_damaged")


def test_tdlib(tmp_path: Path) -> None:
    """The salt is in front of the header: with it, the rest is decrypted."""
    found = read(TDLIB, PLAIN, bad_header, tmp_path / "a")
    assert expected(TDLIB) <= set(told(TDLIB, found))
    check_marks(found, "telegram_sqlite_damaged")
    lost = read(TDLIB, PLAIN, no_header, tmp_path / "b")
    assert not told(TDLIB, lost)
    assert any("cannot be decrypted" in text for text in lost.warnings)


@pytest.mark.parametrize("store", [MACOS, TDLIB])
def test_cut_and_encrypted(tmp_path: Path, store: Any) -> None:
    found = read(store, PLAIN, cut, tmp_path)
    check_marks(found, "telegram_sqlite_damaged")
    assert any("were announced" in text for text in found.warnings)
    truth = {store.truth(number) for number in range(1, store.size + 1)}
    assert set(told(store, found)) <= truth


@pytest.mark.parametrize("store", [ANDROID, POSTBOX, FIREFOX])
def test_cut_at_every_page(tmp_path: Path, store: Any) -> None:
    """What is there comes out, each row once; nothing that never was."""
    files = recovery.make(store, PLAIN, tmp_path / "work")
    truth = {store.truth(number) for number in range(1, store.size + 1)}
    last: set[Any] = set()
    size = len(files.database)
    for number, pages in enumerate(range(3, size // PAGE, max(size // PAGE // 12, 1))):
        folder = tmp_path / str(number)
        folder.mkdir()
        part = files._replace(database=files.database[: pages * PAGE])
        target = store.place(part, folder)
        found = support.extract(target, parsers=f"{store.parsers},{NAMES}")
        rows = told(store, found)
        doubtful = {
            item.text
            for item in found.of_type("telegram:message")
            if "confidence low" in item.recovery_method
        }
        assert {row for row in set(rows) - truth if row[1][0] not in doubtful} == set()
        assert not rows or max(rows.values()) == 1
        assert len(last - set(rows)) <= 2
        last = set(rows)
        assert all(item._recovered for item in found.event_data)
    assert len(last) > 60


@pytest.mark.parametrize("damage", [no_header, no_first_page, cut])
@pytest.mark.parametrize("store", [ANDROID, POSTBOX])
def test_log(tmp_path: Path, store: Any, damage: Damage) -> None:
    """The log beside the file is read with it, and each row comes once."""
    found = read(store, WAL, damage, tmp_path)
    rows = told(store, found)
    assert expected(store) <= set(rows) or damage is cut
    assert max(rows.values()) == 1
    check_marks(found, "telegram_sqlite_damaged")
    if damage is not cut:
        gone = {store.truth(n) for n in recovery.block(store.size)}
        assert gone <= set(rows)


def test_log_of_a_sound_file_after_it(tmp_path: Path) -> None:
    """Rows that only the log has are events of the log."""
    path = tmp_path / "work.db"
    ANDROID.begin(path)
    connection = builder.connect(path, journal_mode="wal", wal_autocheckpoint=0)
    for number in range(1, 41):
        ANDROID.insert(connection, number)
        if number == 20:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    files = builder.take(path)
    connection.close()
    files = files._replace(database=no_header(files.database))
    target = ANDROID.place(files, tmp_path / "case")
    found = support.extract(target, parsers=f"{ANDROID.parsers},{NAMES}")
    assert set(told(ANDROID, found)) == {ANDROID.truth(n) for n in range(1, 41)}
    assert max(told(ANDROID, found).values()) == 1
    check_marks(found, "telegram_sqlite_damaged")


class _Spy(sqlite_plugin.TelegramSQLitePlugin):
    """Counts how often it is asked to read."""

    NAME = "telegram_test_spy"
    DATA_FORMAT = "test"
    REQUIRED_STRUCTURE = {"spied": frozenset(["id"])}
    count = 0

    def ProcessView(self, parser_mediator: Any, view: Any) -> None:  # noqa: N802
        """Produces all rows."""
        type(self).count += 1
        for row, _ in view.Read("spied", ["value"]):
            event_data = events.EventData(data_type="test:spied")
            event_data.value = row.values[0]
            parser_mediator.ProduceEventData(event_data)


class _Failing(_Spy):
    NAME = "telegram_test_failing"

    def ProcessView(self, parser_mediator: Any, view: Any) -> None:  # noqa: N802
        """Fails."""
        raise KeyError("of the plugin")


@pytest.fixture
def spy() -> Iterator[type[_Spy]]:
    """A plugin that is asked beside ours."""
    _Spy.count = 0
    sqlite.SQLiteParser.RegisterPlugins([_Failing, _Spy])
    yield _Spy
    sqlite.SQLiteParser.DeregisterPlugin(_Spy)
    sqlite.SQLiteParser.DeregisterPlugin(_Failing)


def spied(path: Path, **pragmas: Any) -> bytes:
    """A small database."""
    connection = builder.connect(path, **pragmas)
    connection.execute("CREATE TABLE spied(id INTEGER PRIMARY KEY, value)")
    connection.executemany(
        "INSERT INTO spied(value) VALUES (?)", [(f"{n} " * 20,) for n in range(200)]
    )
    connection.close()
    return path.read_bytes()


def test_a_sound_file_is_left_alone(tmp_path: Path, spy: type[_Spy]) -> None:
    """Nothing is read twice, and no copy is made of the whole."""
    copied = []
    original = sqlite.SQLiteDatabase._CopyFileObjectToTemporaryFile

    def count_copies(self: Any, file_object: Any, temporary_file: Any) -> None:
        copied.append(type(self).__name__)
        original(self, file_object, temporary_file)

    data = spied(tmp_path / "work.db")
    target = tmp_path / "case" / "a.sqlite"
    target.parent.mkdir()
    target.write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sqlite.SQLiteDatabase, "_CopyFileObjectToTemporaryFile", count_copies
        )
        found = support.extract(target, parsers=f"sqlite/telegram_test_spy,{NAMES}")
    assert spy.count == 1
    assert copied == ["SQLiteDatabase"]
    assert len(found.event_data) == 200
    assert not any(item._recovered for item in found.event_data)
    assert not found.warnings


@pytest.mark.parametrize("damage", [no_header, bad_header, cut])
def test_a_plugin_that_fails(tmp_path: Path, spy: type[_Spy], damage: Damage) -> None:
    """It is reported, and the others are asked."""
    target = tmp_path / "a.sqlite"
    target.write_bytes(damage(spied(tmp_path / "work.db")))
    found = support.extract(target, parsers=f"sqlite/telegram_test_spy,{NAMES}")
    assert spy.count == 1
    assert found.event_data
    assert all(item._recovered for item in found.event_data)
    (warning,) = (text for text in found.warnings if "of the plugin" in text)
    assert "telegram_test_failing" in warning


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("data.sqlite", random.Random(1).randbytes(50_000)),
        ("notes.sqlite", b"plain text " * 5000),
        ("db.sqlite", bytes(40_960)),
        ("a.session", b""),
        ("a.session", b"x"),
        ("localstorage.sqlite3", random.Random(2).randbytes(99)),
        ("whatever.bin", b"SQLite format 3\0" + random.Random(3).randbytes(30_000)),
    ],
)
def test_no_database(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    found = support.extract(path, parsers=NAMES)
    assert not found.event_data
    assert not found.warnings


@pytest.mark.parametrize("name", ["cache4.db", "db_sqlite", "tgdata.db"])
def test_nothing_is_left_of_a_certain_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(random.Random(1).randbytes(50_000))
    found = support.extract(path, parsers=NAMES)
    assert not found.event_data
    (warning,) = found.warnings
    assert warning.startswith(f"{name}: SQLite cannot open it (file is not a database)")
    assert "no page of a SQLite database is left" in warning


def test_a_database_of_another_program(tmp_path: Path) -> None:
    """It is damaged, and nobody's business."""
    for name, damage in (("a.sqlite", no_header), ("b.db", bad_header), ("c.db", cut)):
        path = tmp_path / name
        path.write_bytes(damage(spied(tmp_path / f"work {name}")))
        found = support.extract(path, parsers=NAMES)
        assert not found.event_data
        assert not found.warnings


def test_first_page_of_a_browser(tmp_path: Path) -> None:
    """Nothing of it is known without its schema; the place says whose it is."""
    found = read(CHROMIUM, PLAIN, no_first_page, tmp_path)
    assert not found.event_data
    (warning,) = found.warnings
    assert "no tables of a client were found in it" in warning


def test_nothing_is_counted_as_missing(tmp_path: Path) -> None:
    """What cannot be reached may be what looks lost."""
    made = {}
    for name, damage in (("header", no_header), ("cut", cut)):
        path = tmp_path / name / "work.db"
        path.parent.mkdir()
        ANDROID.begin(path)
        connection = builder.connect(path)
        connection.execute(
            "CREATE TABLE randoms_v2(random_id INTEGER, mid INTEGER, uid INTEGER, "
            "PRIMARY KEY (random_id, mid, uid))"
        )
        for number in range(1, 121):
            ANDROID.insert(connection, number)
            connection.execute(
                "INSERT INTO randoms_v2 VALUES (?, ?, ?)",
                (number * 7919, number, recovery_stores.android.OTHER),
            )
        connection.execute("DELETE FROM messages_v2 WHERE mid = 5")
        files = builder.take(path)
        connection.close()
        files = files._replace(database=damage(files.database))
        target = ANDROID.place(files, tmp_path / name / "case")
        found = support.extract(target, parsers=f"{ANDROID.parsers},{NAMES}")
        made[name] = [
            item.number_of_lost_messages
            for item in found.of_type("telegram:chat")
            if item.record_table == "randoms_v2"
        ]
    assert made["header"]
    assert all(number is not None for number in made["header"])
    assert made["cut"]
    assert all(number is None for number in made["cut"])


def test_tables_of_no_client_under_a_certain_name(tmp_path: Path) -> None:
    path = tmp_path / "cache4.db"
    path.write_bytes(no_header(spied(tmp_path / "work.db")))
    (warning,) = support.extract(path, parsers=NAMES).warnings
    assert "no tables of a client were found in it" in warning


@pytest.mark.parametrize("name", ["cache4.db", "b.db"])
def test_mutations(tmp_path: Path, name: str) -> None:
    """Damage anywhere in the first pages: no traceback, and nothing unmarked."""
    from tests.helpers import mutations

    files = recovery.make(replace(ANDROID, size=48), PLAIN, tmp_path / "work")
    truth = {ANDROID.truth(number) for number in range(1, 49)}
    folder = tmp_path / "case"
    outcomes = Counter[str]()
    for changed in mutations(no_header(files.database), 60, name):
        path = folder / "data/data/org.telegram.messenger/files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(changed)
        found = support.extract(folder, parsers=f"{ANDROID.parsers},{NAMES}")
        assert support.FAILURE not in " ".join(found.warnings)
        assert all(item._recovered for item in found.event_data)
        rows = set(told(ANDROID, found))
        outcomes["rows"] += len(rows & truth)
        outcomes["warnings"] += bool(found.warnings)
    assert (outcomes["rows"] > 500) is (name == "cache4.db")


def test_temporary_files(tmp_path: Path, spy: type[_Spy]) -> None:
    """None stays, whether a file can be opened or not."""
    del spy
    import tempfile

    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(temporary))
        data = spied(tmp_path / "work.db", page_size=1024)
        for number, damage in enumerate(
            (no_header, bad_header, cut, lambda data: bytes(1024) + data[1024:])
        ):
            path = tmp_path / f"{number}.sqlite"
            path.write_bytes(damage(data))
            support.extract(path, parsers=f"sqlite/telegram_test_spy,{NAMES}")
    assert not list(temporary.iterdir())


def test_names() -> None:
    """Those of databases that our plugins read, and of no picture."""
    for name in (
        *("cache4.db", "tgdata.db", "db_sqlite", "db.sqlite", "db_test.sqlite"),
        *("webappsstore.sqlite", "3244498674t1w.sqlite", "my.session", "LocalStorage"),
        *("localstorage.sqlite3", "IndexedDB.sqlite3", "QuotaManager"),
        "https_web.telegram.org_0.localstorage",
    ):
        assert damaged._NAME.fullmatch(name)
    for name in ("cache4.db-wal", "photo.jpg", "db_sqlite.txt", "sqlite", "a.db"):
        assert not damaged._NAME.fullmatch(name)
