"""Databases that TDLib wrote: every sample is decrypted."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from telegram_forensics.formats.errors import FormatError
from telegram_forensics.formats.sqlcipher_keys import DatabaseKey, is_plaintext
from telegram_forensics.formats.sqlite_wal import WalFile
from tests.builders import sqlite_files
from tests.formats import sqlcipher_support as support
from tests.formats import tdlib_samples

UNAUTHORIZED = "unauthorized"


def true_texts(name: str) -> set[str]:
    """Texts that TDLib told its application, empty if there is no such record."""
    path = tdlib_samples.FOLDER / name / "tdlib_updates.json"
    if not path.exists():
        return set()
    found = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if value.get("@type") == "formattedText":
                found.add(value["text"])
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    for line in path.read_text("utf-8").splitlines():
        try:
            walk(json.loads(line))
        except ValueError:
            walk(json.loads(path.read_text("utf-8")))
            break
    return {text for text in found if len(text) > 20}


@tdlib_samples.samples()
def test_decryption(sample_name: str, tmp_path: Path) -> None:
    """The decrypted database is sound and has TDLib's tables and messages."""
    sample = tdlib_samples.read(sample_name)
    opened = support.open_files(sample.files, DatabaseKey(sample.key))
    assert (opened.cipher.profile.version, opened.cipher.page_size) == (4, 4096)
    decrypted = support.read_all(opened)
    assert opened.database is not None
    assert opened.database.problems == opened.database.verify() == []
    assert (opened.wal is not None) == ("live-wal" in sample_name)
    connection = sqlite3.connect(decrypted.write(tmp_path / "db"))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA user_version").fetchone()[0] >= 13
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert {"messages", "dialogs", "common", "files"} <= tables
    data = [row[0] for row in connection.execute("SELECT data FROM messages")]
    connection.close()
    assert bool(data) == (UNAUTHORIZED not in sample_name)
    texts = true_texts(sample_name)
    assert bool(texts) == (tdlib_samples.FOLDER / sample_name / "td.binlog").exists()
    stored = b"\n".join(data)
    assert len([text for text in texts if text.encode() in stored]) >= len(texts) // 2


@tdlib_samples.samples()
def test_log(sample_name: str) -> None:
    """Every frame of a log counts as it did before."""
    sample = tdlib_samples.read(sample_name)
    if sample.files.wal is None:
        assert "live-wal" not in sample_name
        return
    opened = support.open_files(sample.files, DatabaseKey(sample.key))
    decrypted = support.read_all(opened)
    assert opened.wal is not None
    assert opened.wal.problems == []
    assert decrypted.wal is not None
    before, after = (
        WalFile(sqlite_files.reader(log), len(log))
        for log in (sample.files.wal, decrypted.wal)
    )
    assert list(before.frames()) == list(after.frames())
    assert len(after) == after.commit_end > 100


@tdlib_samples.samples()
def test_wrong_key(sample_name: str) -> None:
    """Another key opens none of them."""
    sample = tdlib_samples.read(sample_name)
    assert not is_plaintext(sample.files.database[:100])
    with pytest.raises(FormatError, match="the key opens no page"):
        support.open_files(sample.files, DatabaseKey(sample.key[::-1]))
