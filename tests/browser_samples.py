"""Browser profiles of ../shared/samples/web, and folders in memory."""

from __future__ import annotations

import functools
import io
import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from telegram_forensics.formats.browser_leveldb_folder import LevelDbFolder
from tests.helpers import NO_SAMPLES, SHARED

WEB = SHARED / "samples" / "web"
LOCAL_STORAGE = "Default/Local Storage/leveldb"
INDEXED_DB = "Default/IndexedDB/https_web.telegram.org_0.indexeddb.leveldb"
LEVELDB_PROFILES = (
    "chromium113_leveldb_webogram_webz",
    "chromium156_leveldb_weba",
    "chromium156_leveldb_weba_passcode",
    "chromium156_leveldb_webk",
    "chromium156_leveldb_webk_passcode",
)

needs_samples = pytest.mark.skipif(not WEB.is_dir(), reason=NO_SAMPLES)


def _opener(data: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(data)


def folder(files: Mapping[str, bytes]) -> LevelDbFolder:
    """A folder of files in memory."""
    return LevelDbFolder((name, _opener(data)) for name, data in files.items())


def sample_folder(path: Path) -> LevelDbFolder:
    """A folder of the samples."""
    return LevelDbFolder(
        (item.name, functools.partial(open, item, "rb"))
        for item in sorted(path.iterdir())
        if item.is_file()
    )


def truth(profile: str) -> dict[str, Any]:
    """ground_truth.json of a profile."""
    content = (WEB / profile / "ground_truth.json").read_text(encoding="utf-8")
    result: dict[str, Any] = json.loads(content)
    return result


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of a database, which is not changed by that."""
    connection = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()
