"""Databases that TDLib wrote, with their keys as the specification derives them.

The keys are read from the binlogs here in a few lines, apart from the reader of them.
"""

from __future__ import annotations

import hashlib
import hmac
import tarfile
from pathlib import Path
from typing import NamedTuple

import pytest
from Crypto.Cipher import AES

from tests import helpers
from tests.builders import sqlite_files

FOLDER = helpers.SHARED / "samples" / "tdlib"
_HEAD_SIZE = 128
_NAME = b"\x0asqlite_key\0"
_PASSWORDS = {
    "tdlib-1.8.46-key": "k1846-shared",
    "tdlib-1.8.65-key": "correct horse battery",
    "tdlib-1.8.66-key-closed": "correct horse battery staple",
    "tdlib-1.8.66-key-live-wal": "correct horse battery staple",
    "tdlib-1.8.69-unauthorized-key": "offline-69",
}


class Sample(NamedTuple):
    """A sample: its files and its key."""

    files: sqlite_files.Files
    key: bytes


def samples() -> pytest.MarkDecorator:
    """Runs a test once for each sample, with its name as `sample_name`."""
    names = sorted(path.name for path in FOLDER.glob("tdlib-*"))
    if not names:
        skip = pytest.mark.skip(reason=helpers.NO_SAMPLES)
        return pytest.mark.parametrize("sample_name", [pytest.param("", marks=skip)])
    return pytest.mark.parametrize("sample_name", names)


def read(name: str) -> Sample:
    """Reads a sample."""
    found = _files(FOLDER / name)
    password = _PASSWORDS.get(name, "cucumber").encode()
    files = sqlite_files.Files(found["db.sqlite"], found.get("db.sqlite-wal"), None)
    return Sample(files, database_key(found["td.binlog"], password))


def _files(folder: Path) -> dict[str, bytes]:
    archive = folder / "home.tar.gz"
    if not archive.exists():
        return {path.name: path.read_bytes() for path in folder.iterdir()}
    found = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isfile() else None
            if file is not None:
                found[Path(member.name).name] = file.read()
    return found


def database_key(binlog: bytes, password: bytes) -> bytes:
    """The key of the database, which stands in the binlog."""
    # Salt (32 bytes), IV (16) and hash of the key (32), each behind its length.
    salt, iv, digest = binlog[33:65], binlog[69:85], binlog[89:121]
    assert (binlog[32], binlog[68], binlog[88]) == (32, 16, 32)
    key = hashlib.pbkdf2_hmac("sha256", password, salt, 2, 32)
    assert hmac.digest(key, b"cucumbers everywhere", "sha256") == digest
    cipher = AES.new(key, AES.MODE_CTR, nonce=b"", initial_value=iv)
    plain = cipher.decrypt(binlog[_HEAD_SIZE:])
    start = plain.rindex(_NAME) + len(_NAME) + 1
    return plain[start : start + 32]
