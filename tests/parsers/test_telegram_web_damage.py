"""Damaged profiles through plaso's worker: warnings, and never an error."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from telegram_forensics.parsers import telegram_web_storage

from telegram_forensics.formats import (
    browser_leveldb_table,
    browser_local_storage,
    telegram_web_history,
)
from tests import browser_samples, helpers
from tests.browser_samples import WEB
from tests.builders import browser_profile as profile
from tests.builders.browser_profile import Commit
from tests.formats.web_items import identifier
from tests.parsers import support, web_support
from tests.parsers.test_telegram_web_built import LOCAL, a_account, moment
from tests.parsers.test_telegram_web_samples import (
    ALL,
    FIREFOX_K,
    WEB_A_PASSCODE,
    WEB_K,
    WEB_K_SQLITE,
    WEBOGRAM,
)

# A file and, where there is one, an offset.
PLACE = re.compile(r"[\w.-]+(?:: |$)")
# Files that our parsers do not read, and large ones.
SKIPPED = re.compile(r"History|ScriptCache|Session Storage|Database|-shm$|index-dir")


def files(folder: Path) -> list[Path]:
    """Files of a profile that are read."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and path.stat().st_size
        and not SKIPPED.search(path.relative_to(folder).as_posix())
    )


def check(found: support.Extraction) -> None:
    """No error of a program, only warnings that name a file."""
    for warning in found.warnings:
        assert support.FAILURE not in warning, warning
        assert "Traceback" not in warning
        assert "unable to parse" not in warning or "error" in warning
        for word in (
            "KeyError",
            "TypeError",
            "AttributeError",
            "IndexError",
            "object has no attribute",
            "NoneType",
            "unexpected",
        ):
            assert word not in warning, warning
    for item in found.sessions:
        assert item.session_identifier is None or len(item.session_identifier) == 16
        assert item.account_identifier is None or item.account_identifier.isdigit()


@browser_samples.needs_samples
@pytest.mark.parametrize(
    "name", [WEBOGRAM, WEB_K, WEB_A_PASSCODE, WEB_K_SQLITE, FIREFOX_K]
)
def test_damaged_files(tmp_path: Path, name: str) -> None:
    """Each file of a profile damaged in several ways, the others whole."""
    folder = web_support.copy_profile(name, tmp_path / "p")
    with support.given_passcodes(["2580"]):
        engine = support.Engine(web_support.PARSERS, hashers="")
        for path in files(folder):
            data = path.read_bytes()
            seed = path.relative_to(folder).as_posix()
            for damaged in helpers.mutations(data, 4, seed):
                path.write_bytes(damaged)
                check(engine.run([support.os_path_spec(folder)]))
            path.write_bytes(data)


@browser_samples.needs_samples
@pytest.mark.parametrize("name", ALL)
def test_missing_files(tmp_path: Path, name: str) -> None:
    """Without one of its files, or with an empty one."""
    folder = web_support.copy_profile(name, tmp_path / "p")
    generator = random.Random(name)
    paths = files(folder)
    with support.given_passcodes(["2580"]):
        engine = support.Engine(web_support.PARSERS, hashers="")
        for path in generator.sample(paths, min(6, len(paths))):
            data = path.read_bytes()
            path.unlink()
            check(engine.run([support.os_path_spec(folder)]))
            path.write_bytes(b"")
            check(engine.run([support.os_path_spec(folder)]))
            path.write_bytes(data)


def cuts(data: bytes) -> Iterator[bytes]:
    """Prefixes at every byte."""
    yield from helpers.every_truncation(data)


@browser_samples.needs_samples
def test_every_truncation_of_a_log() -> None:
    """What is whole is read; nothing is ever more than in the whole log."""
    data = (WEB / WEBOGRAM / browser_samples.LOCAL_STORAGE / "000003.log").read_bytes()

    def read(content: bytes) -> set[str | None]:
        folder = browser_samples.folder({"000003.log": content})
        storage = browser_local_storage.LocalStorage(folder)
        keys: set[str | None] = set()
        for items in telegram_web_storage.ReadTexts(folder, storage).values():
            found = telegram_web_history.read_history(items)
            keys |= {
                session.login.key for session in found.sessions if session.login.key
            }
        return keys

    whole = read(data)
    counts = []
    for cut in cuts(data):
        keys = read(cut)
        assert keys <= whole | {"2fa18aa0de099ca1"}
        counts.append(len(keys))
    assert counts[0] == 0
    assert counts[-1] >= 1


def test_damage_is_told_with_its_place(tmp_path: Path) -> None:
    """File and offset; the logins before and behind are read."""
    commits = [
        Commit(moment(number), {f"account{number}": a_account(number)})
        for number in (1, 2, 3)
    ]
    data = bytearray(profile.local_storage(commits)["000003.log"])
    middle = data.index(b"account2")
    data[middle + 30] ^= 0xFF
    path = tmp_path / "Default" / LOCAL / "000003.log"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    found = web_support.extract(tmp_path)
    assert {item.account_slot for item in found.sessions} == {"1", "2", "3"}
    for warning in found.warnings:
        assert re.match(r"000003\.log: offset 0x[0-9a-f]+", warning), warning
    assert any("account2 is not what it should be" in item for item in found.warnings)
    damaged = next(item for item in found.sessions if item.account_slot == "2")
    assert damaged.session_identifier == identifier(2)
    assert damaged.record_state == "damaged"
    # Nothing has a time of its login any more: a change is missing.
    second = next(item for item in found.sessions if item.account_slot == "3")
    assert second.created_time is None


def test_many_damaged_records(tmp_path: Path) -> None:
    """The number of warnings is bounded."""
    commits = [
        Commit(moment(number), {"account1": a_account(number)}) for number in range(99)
    ]
    data = bytearray(profile.local_storage(commits)["000003.log"])
    for place in range(100, len(data), 300):
        data[place] ^= 0xFF
    path = tmp_path / "Default" / LOCAL / "000003.log"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    found = web_support.extract(tmp_path)
    assert 1 <= len(found.warnings) <= 51
    check(found)


def test_damaged_table_is_searched_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To search for blocks is slow; the folder is read several times."""
    commits = [Commit(moment(n), {f"account{n}": a_account(n)}) for n in (1, 2, 3)]
    data = bytearray(profile.local_storage(commits, is_table=True)["000003.ldb"])
    data[-60:] = bytes(60)
    path = tmp_path / "Default" / LOCAL / "000003.ldb"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    calls = []
    real = browser_leveldb_table.read_table
    monkeypatch.setattr(
        "telegram_forensics.formats.browser_leveldb_folder.read_table",
        lambda *arguments: calls.append(1) or real(*arguments),
    )
    found = web_support.extract(tmp_path)
    assert {item.account_slot for item in found.sessions} == {"1", "2", "3"}
    assert found.warnings
    assert len(calls) == 1
