"""Tests of the SQLCIPHER file system: open, list, read, seek, keys, processes."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dfvfs.lib import definitions as dfvfs_definitions
from dfvfs.lib import errors
from dfvfs.resolver import context as resolver_context
from dfvfs.resolver import resolver
from plaso.storage import serializers

from telegram_forensics.formats import sqlcipher_detection
from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_keys import DatabaseKey
from telegram_forensics.vfs import sqlcipher_key_sources as key_sources
from telegram_forensics.vfs import sqlcipher_mount
from tests.builders import sqlcipher, sqlite_files
from tests.parsers import support as runs
from tests.vfs import support

DATABASE, WAL = "/db_sqlite", "/db_sqlite-wal"
READ_IN_ANOTHER_PROCESS = """
import hashlib, json, sys
from dfvfs.resolver import resolver
from plaso.storage import serializers
convert = serializers.JSONPathSpecAttributeSerializer().DeserializeValue
path_spec = convert(json.loads(sys.argv[1]))
file_object = resolver.Resolver.OpenFileObject(path_spec)
print(hashlib.sha256(file_object.read()).hexdigest())
"""


@pytest.fixture(autouse=True)
def _clean_slate(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credential of an earlier test."""
    monkeypatch.setattr(
        resolver.Resolver, "key_chain", type(resolver.Resolver.key_chain)()
    )


@pytest.fixture(name="built", scope="module")
def _built(tmp_path_factory: pytest.TempPathFactory) -> sqlcipher.Built:
    return sqlcipher.build(tmp_path_factory.mktemp("built"), sqlcipher.APPLE)


def path_spec_of(path: Path, location: str = "/", **properties: Any) -> Any:
    """Path specification in the database that is mounted on a file."""
    return support.new_path_spec(
        "SQLCIPHER", location=location, parent=support.os_file(path), **properties
    )


def mount(path: Path | Any, **properties: Any) -> Any:
    """Opens the file system that is mounted on a file, in a fresh context."""
    path_spec = path
    if isinstance(path, Path):
        path_spec = path_spec_of(path, **properties)
    return resolver.Resolver.OpenFileSystem(
        path_spec, resolver_context=resolver_context.Context()
    )


def locations(file_system: Any) -> list[str]:
    """Locations of all files, as a walk finds them."""
    root = file_system.GetRootFileEntry()
    return [file_entry.path_spec.location for file_entry in root.sub_file_entries]


def content(file_system: Any, location: str) -> bytes:
    """Content of a file."""
    file_entry = file_system.GetFileEntryByPathSpec(file_system.NewPathSpec(location))
    data: bytes = file_entry.GetFileObject().read()
    return data


def test_files(tmp_path: Path, built: sqlcipher.Built) -> None:
    """Two files with the bytes of the decrypted ones."""
    file_system = mount(sqlcipher.mac_store(tmp_path, built.encrypted))
    assert not file_system.IsLocked()
    assert locations(file_system) == [DATABASE, WAL]
    assert content(file_system, DATABASE) == built.plain.database
    assert content(file_system, WAL) == built.plain.wal
    assert file_system.NewPathSpec(DATABASE).identifier == "tempkey:0"


def test_file_entries(tmp_path: Path, built: sqlcipher.Built) -> None:
    """Names, sizes, types, parents and times are what dfVFS expects."""
    path = sqlcipher.mac_store(tmp_path, built.encrypted)
    os.utime(path, (1_700_000_000, 1_700_000_100))
    os.utime(f"{path}-wal", (1_700_000_200, 1_700_000_300))
    file_system = mount(path)
    root = file_system.GetRootFileEntry()
    assert root.IsRoot()
    assert root.IsVirtual()
    assert root.IsDirectory()
    assert root.GetParentFileEntry() is None
    assert root.number_of_sub_file_entries == 2
    assert (root.modification_time, root.size) == (None, None)
    assert root.data_streams == [] or not list(root.data_streams)
    database, wal = root.sub_file_entries
    assert (database.name, wal.name) == ("db_sqlite", "db_sqlite-wal")
    for entry, data, modified in (
        (database, built.plain.database, 1_700_000_100),
        (wal, built.plain.wal, 1_700_000_300),
    ):
        assert data is not None
        assert entry.IsFile()
        assert not entry.IsRoot()
        assert not entry.IsVirtual()
        assert entry.IsAllocated()
        assert entry.size == len(data)
        assert entry.type_indicator == "SQLCIPHER"
        assert entry.GetParentFileEntry().IsRoot()
        assert [stream.name for stream in entry.data_streams] == [""]
        assert entry.modification_time.CopyToPosixTimestamp() == modified
        assert entry.access_time.CopyToPosixTimestamp() == modified - 100
        assert entry.change_time is not None
        stat = entry.GetStatAttribute()
        assert stat.size == len(data)
        assert stat.type == dfvfs_definitions.FILE_ENTRY_TYPE_FILE


def test_existence_is_truthful(tmp_path: Path, built: sqlcipher.Built) -> None:
    """Only what is there exists; without a log there is one file."""
    file_system = mount(
        sqlcipher.mac_store(tmp_path, built.encrypted._replace(wal=None))
    )
    assert locations(file_system) == [DATABASE]
    for location, exists in (
        ("/", True),
        (DATABASE, True),
        (WAL, False),
        ("/db_sqlite-shm", False),
        ("db_sqlite", False),
    ):
        path_spec = file_system.NewPathSpec(location)
        assert file_system.FileEntryExistsByPathSpec(path_spec) == exists
        assert (file_system.GetFileEntryByPathSpec(path_spec) is not None) == exists
    with pytest.raises(errors.PathSpecError):
        resolver.Resolver.OpenFileObject(file_system.NewPathSpec(WAL))
    with pytest.raises(errors.BackEndError):
        file_system.OpenContent(WAL)


def test_read_and_seek(tmp_path: Path, built: sqlcipher.Built) -> None:
    """The file object behaves like any other one."""
    file_system = mount(sqlcipher.mac_store(tmp_path, built.encrypted))
    generator = random.Random(4)
    for location, data in ((DATABASE, built.plain.database), (WAL, built.plain.wal)):
        assert data is not None
        entry = file_system.GetFileEntryByPathSpec(file_system.NewPathSpec(location))
        file_object = entry.GetFileObject()
        assert file_object.get_size() == len(data)
        assert file_object.problems == []
        for _ in range(50):
            offset = generator.randrange(len(data) + 20)
            size = generator.choice((0, 1, 100, 5000))
            file_object.seek(offset)
            assert file_object.read(size) == data[offset : offset + size]
        file_object.seek(-16, os.SEEK_END)
        assert file_object.read(100) == data[-16:]
        assert file_object.get_offset() == len(data)
        file_object.seek(10)
        file_object.seek(5, os.SEEK_CUR)
        assert file_object.read(4) == data[15:19]
        for arguments in ((-1,), (0, 7)):
            with pytest.raises(OSError, match="."):
                file_object.seek(*arguments)


def test_opening_looks_for_no_key(
    tmp_path: Path, built: sqlcipher.Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Plaso's foreman opens each path specification: that must cost nothing."""
    calls = []
    find = sqlcipher_mount.find_cipher

    def watched(*arguments: Any) -> Any:
        calls.append(arguments)
        return find(*arguments)

    monkeypatch.setattr(sqlcipher_mount, "find_cipher", watched)
    path = sqlcipher.mac_store(tmp_path, built.encrypted)
    file_system = mount(path, identifier="tempkey:0")
    assert calls == []
    assert locations(file_system) == [DATABASE, WAL]
    assert content(file_system, DATABASE) == built.plain.database
    assert len(calls) == 1


def test_passcode(tmp_path: Path, built: sqlcipher.Built) -> None:
    """The number of the passcode is part of the path specification, and only that."""
    path = sqlcipher.mac_store(tmp_path, built.encrypted, password="пароль")
    for given in (None, ["wrong", "12345"]):
        with runs.given_passcodes(given):
            file_system = mount(path)
            assert file_system.IsLocked()
            assert locations(file_system) == []
            assert not file_system.FileEntryExistsByPathSpec(
                path_spec_of(path, DATABASE)
            )
            assert file_system.GetRootFileEntry().IsLocked()
    with runs.given_passcodes(["wrong", "пароль"]):
        assert file_system.IsLocked()
        assert file_system.Unlock()
        file_system = mount(path)
        path_spec = file_system.NewPathSpec(DATABASE)
        assert path_spec.identifier == "tempkey:2"
        assert "пароль" not in path_spec.comparable
        for identifier in ("tempkey:2", "tempkey:0", "tempkey:99", "key_chain:0", "x"):
            other = mount(path, identifier=identifier)
            assert content(other, DATABASE) == built.plain.database


def test_reasons(tmp_path: Path, built: sqlcipher.Built) -> None:
    """A locked database says what is missing."""
    context = resolver_context.Context()

    def reasons() -> str:
        mounted = sqlcipher_mount.Mount(support.os_file(path), context)
        assert mounted.is_locked
        assert mounted.identifier is None
        assert mounted.locations == ()
        with pytest.raises(FileNotFoundError):
            mounted.open(DATABASE)
        return " ".join(mounted.reasons)

    path = sqlcipher.mac_store(tmp_path, built.encrypted, password="1234")
    with runs.given_passcodes(None):
        assert "a local passcode is set, and none was given" in reasons()
    with runs.given_passcodes(["a", "b"]):
        assert "none of 2 that were given opens it" in reasons()
    key_file = tmp_path / ".tempkeyEncrypted"
    key_file.write_bytes(sqlcipher.tempkey()[:63])
    assert "a key file has 64 bytes, not 63" in reasons()
    key_file.write_bytes(sqlcipher.tempkey(key=bytes(32)))
    assert "tempkey: key 0 does not fit" in reasons()
    key_file.unlink()
    assert "no .tempkeyEncrypted in the folders above" in reasons()


def test_clear_key_file(tmp_path: Path, built: sqlcipher.Built) -> None:
    """The key file of iOS; and one that lies beside the database."""
    path = sqlcipher.mac_store(tmp_path, built.encrypted)
    (tmp_path / ".tempkeyEncrypted").unlink()
    (tmp_path / ".tempkey").write_bytes(sqlcipher.KEY + sqlcipher.SALT)
    assert content(mount(path), DATABASE) == built.plain.database
    (tmp_path / ".tempkey").rename(path.parent / ".tempkey")
    assert content(mount(path), DATABASE) == built.plain.database
    (path.parent / ".tempkey").unlink()
    (path.parent / ".tempkeyEncrypted").write_bytes(sqlcipher.tempkey())
    assert content(mount(path), DATABASE) == built.plain.database


def test_key_file_of_another_store_is_passed_over(
    tmp_path: Path, built: sqlcipher.Built
) -> None:
    """The HMAC decides which of several key files is the right one."""
    path = sqlcipher.mac_store(tmp_path, built.encrypted)
    (tmp_path / ".tempkeyEncrypted").write_bytes(sqlcipher.tempkey(bytes(32)))
    (tmp_path / ".tempkey").write_bytes(bytes(48))
    (path.parent / ".tempkey").write_bytes(b"damaged")
    parent = path.parent.parent / ".tempkeyEncrypted"
    parent.write_bytes(sqlcipher.tempkey())
    assert content(mount(path), DATABASE) == built.plain.database


@pytest.mark.parametrize(
    "key_data",
    [
        sqlcipher.KEY + sqlcipher.SALT,
        (sqlcipher.KEY + sqlcipher.SALT).hex(),
        (sqlcipher.KEY + sqlcipher.SALT).hex().encode(),
        f"x'{(sqlcipher.KEY + sqlcipher.SALT).hex()}'",
    ],
)
def test_key_chain(tmp_path: Path, built: sqlcipher.Built, key_data: Any) -> None:
    """Programs that use dfVFS give the key themselves."""
    path = sqlcipher.mac_store(tmp_path, built.encrypted)
    (tmp_path / ".tempkeyEncrypted").unlink()
    file_system = mount(path)
    assert file_system.IsLocked()
    root = path_spec_of(path)
    resolver.Resolver.key_chain.SetCredential(root, "key_data", key_data)
    assert file_system.GetRootFileEntry().Unlock()
    assert content(file_system, WAL) == built.plain.wal
    assert file_system.NewPathSpec("/").identifier == "key_chain:0"
    assert "key" not in root.CopyToDict()


def test_passwords_of_the_key_chain(tmp_path: Path, built: sqlcipher.Built) -> None:
    """A password is a local passcode or a passphrase of the database."""
    path = sqlcipher.mac_store(tmp_path, built.encrypted, password="1234")
    root = path_spec_of(path)
    resolver.Resolver.key_chain.SetCredential(root, "password", "1234")
    file_system = mount(path)
    assert file_system.NewPathSpec("/").identifier == "tempkey:1"
    assert content(file_system, DATABASE) == built.plain.database

    key = sqlcipher.key_of_passphrase("open sesame")
    parameters = sqlcipher.VERSION_4._replace(key=key)
    other = sqlcipher.build(tmp_path, parameters, log=False)
    path = other.encrypted.write(tmp_path / "other")
    resolver.Resolver.key_chain.SetCredential(
        path_spec_of(path), "password", "open sesame"
    )
    file_system = mount(path)
    assert file_system.NewPathSpec("/").identifier == "key_chain:0"
    assert content(file_system, DATABASE) == other.plain.database


def test_what_is_no_encrypted_database(tmp_path: Path, built: sqlcipher.Built) -> None:
    """Databases in clear, empty files and missing files are told apart."""
    for name, data, reason in (
        ("clear", built.plain.database, "not encrypted"),
        ("empty", b"", "empty"),
    ):
        path = tmp_path / name
        path.write_bytes(data)
        with pytest.raises(errors.BackEndError, match=reason):
            locations(mount(path))
        with pytest.raises(FormatError, match=reason):
            sqlcipher_mount.Mount(support.os_file(path), resolver_context.Context())
    with pytest.raises(errors.BackEndError):
        locations(mount(tmp_path / "missing"))
    (tmp_path / "random").write_bytes(random.Random(2).randbytes(9000))
    assert mount(tmp_path / "random").IsLocked()
    with pytest.raises(errors.PathSpecError):
        resolver.Resolver.OpenFileObject(path_spec_of(tmp_path / "random", DATABASE))


def test_only_the_log_is_left(tmp_path: Path, built: sqlcipher.Built) -> None:
    """A log without its database is mounted by itself."""
    path = sqlcipher.mac_store(tmp_path, built.encrypted)
    wal = path.with_name("db_sqlite-wal")
    whole = mount(wal)
    assert locations(whole) == [DATABASE, WAL]
    assert content(whole, DATABASE) == built.plain.database
    path.unlink()
    file_system = mount(wal)
    assert locations(file_system) == [DATABASE, WAL]
    assert content(file_system, WAL) == built.plain.wal
    entry = file_system.GetFileEntryByPathSpec(file_system.NewPathSpec(DATABASE))
    assert entry.IsVirtual()
    assert entry.modification_time is None
    (problem,) = entry.GetFileObject().problems
    assert problem[1].startswith("the database file is missing: ")
    rebuilt = content(file_system, DATABASE)
    log = built.plain.wal
    assert log is not None
    pages = {}
    for start in range(32, len(log), 4120):
        pages[int.from_bytes(log[start : start + 4], "big")] = log[start + 24 :][:4096]
    assert 1 in pages
    count = int.from_bytes(log[-4116:-4112], "big")
    expected = [pages.get(number, bytes(4096)) for number in range(1, count + 1)]
    assert rebuilt == b"".join(expected)
    # A database of no bytes is as good as none.
    path.write_bytes(b"")
    assert content(mount(path), DATABASE) == rebuilt
    assert not mount(path).IsLocked()


def test_verification(tmp_path: Path, built: sqlcipher.Built) -> None:
    """What cannot be read is named with file, offset and reason."""
    data = bytearray(built.encrypted.database)
    data[4096 + 50] ^= 1
    assert built.encrypted.wal is not None
    log = built.encrypted.wal[:-7]
    path = sqlcipher.mac_store(tmp_path, sqlite_files.Files(bytes(data), log, None))
    mounted = sqlcipher_mount.Mount(support.os_file(path), resolver_context.Context())
    calls = []
    first, second = mounted.verify(lambda: calls.append(1))
    assert first == (DATABASE, 4096, "page 2 has a wrong HMAC: it reads as zeros")
    assert second.location == WAL
    assert second.offset == 32 + (len(log) - 32) // 4120 * 4120
    assert "is cut off" in second.reason
    assert calls
    assert mounted.cipher is not None
    assert mounted.cipher.clear_header_size == 32
    file_object = resolver.Resolver.OpenFileObject(mounted.path_spec(DATABASE))
    assert file_object.read()[4096:8192] == bytes(4096)
    assert file_object.problems == [first[1:]]


def test_many_damaged_pages(tmp_path: Path, built: sqlcipher.Built) -> None:
    """Not every page of a wiped database is named."""
    garbage = random.Random(8).randbytes(700 * 4096)
    files = sqlite_files.Files(built.encrypted.database + garbage, None, None)
    path = sqlcipher.mac_store(tmp_path, files)
    mounted = sqlcipher_mount.Mount(support.os_file(path), resolver_context.Context())
    found = list(mounted.verify())
    assert len(found) == 501
    assert found[-1].reason == "200 more behind it"


def test_in_an_archive(tmp_path: Path, built: sqlcipher.Built) -> None:
    """The database may lie in any file system, such as a TAR of an extraction."""
    folder = tmp_path / "appstore"
    path = sqlcipher.mac_store(folder, built.encrypted)
    parent = support.tar_file(folder, path.relative_to(folder).as_posix())
    file_system = mount(support.new_path_spec("SQLCIPHER", location="/", parent=parent))
    assert content(file_system, DATABASE) == built.plain.database
    assert content(file_system, WAL) == built.plain.wal


def test_another_process(tmp_path: Path, built: sqlcipher.Built) -> None:
    """A path specification that came from storage opens in a process of its own."""
    path = sqlcipher.mac_store(tmp_path, built.encrypted, password="1234")
    with runs.given_passcodes(["0000", "1234"]):
        for location, data in (
            (DATABASE, built.plain.database),
            (WAL, built.plain.wal),
        ):
            assert data is not None
            path_spec = mount(path).NewPathSpec(location)
            stored = serializers.JSONPathSpecAttributeSerializer().SerializeValue(
                path_spec
            )
            text = json.dumps(stored)
            assert sqlcipher.KEY.hex() not in text
            assert "1234" not in text.replace(str(path), "")
            result = subprocess.run(
                [sys.executable, "-c", READ_IN_ANOTHER_PROCESS, text],
                capture_output=True,
                text=True,
                check=True,
            )
            assert result.stdout.strip() == hashlib.sha256(data).hexdigest()


@pytest.fixture(name="other_source")
def _other_source(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    requests: list[Any] = []

    def find(request: Any) -> Iterator[key_sources.FoundKey]:
        requests.append(request)
        folder = request.folder()
        assert folder is not None
        yield key_sources.FoundKey(DatabaseKey(bytes(32)), 0)
        yield key_sources.FoundKey(DatabaseKey(folder.read("the.key")), 7)

    monkeypatch.setitem(key_sources.KEY_SOURCES, "other", find)
    yield requests


def test_pluggable_key_source(tmp_path: Path, other_source: list[Any]) -> None:
    """Another client's way to keep the key is one function."""
    built = sqlcipher.build(tmp_path, sqlcipher.VERSION_3)
    path = built.encrypted.write(tmp_path / "db.sqlite")
    assert mount(path).IsLocked()
    assert other_source
    (tmp_path / "the.key").write_bytes(sqlcipher.KEY)
    file_system = mount(path)
    assert content(file_system, DATABASE) == built.plain.database
    assert content(file_system, WAL) == built.plain.wal
    assert file_system.NewPathSpec(WAL).identifier == "other:7"
    other_source.clear()
    assert content(mount(path, identifier="other:7"), WAL) == built.plain.wal
    (request,) = other_source
    assert request.candidate == 7
    assert request.path_spec == support.os_file(path)


def test_identifier() -> None:
    """An identifier is a hint; what is none is ignored."""
    parse = sqlcipher_mount.parse_identifier
    assert parse("tempkey:12") == ("tempkey", 12)
    assert parse("tempkey:") == ("tempkey", None)
    assert parse("tempkey:-1") == ("tempkey", None)
    assert parse("tempkey:" + "9" * 5000) == ("tempkey", None)
    for text in (None, "", ":", "tempkey", "nobody:1", "5"):
        assert parse(text) == (None, None)


def test_detection_reads_little(built: sqlcipher.Built) -> None:
    """With page 1 whole, nothing but the beginning of the database is read."""
    places = []

    def read(offset: int, size: int) -> bytes:
        places.append((offset, size))
        return built.encrypted.database[offset : offset + size]

    def never(offset: int, size: int) -> bytes:
        assert (offset, size) == (0, 32)
        return b""

    size = len(built.encrypted.database)
    files = sqlcipher_detection.Files(read, size, never, 50_000)
    key = DatabaseKey(sqlcipher.KEY, sqlcipher.SALT)
    assert sqlcipher_detection.find_cipher(key, files) is not None
    assert places == [(0, 65536)]
