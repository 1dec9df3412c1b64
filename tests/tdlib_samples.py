"""The TDLib samples: folders that the real library wrote, with what it told itself."""

from __future__ import annotations

import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import NO_SAMPLES, SHARED

SAMPLES = SHARED / "samples" / "tdlib"
STAPLE = "correct horse battery staple"
UPDATES = {
    "tdlib-1.7.0-closed": "",
    "tdlib-1.8.14-closed": "",
    "tdlib-1.8.50-live-wal": "",
    "tdlib-1.8.66-key-closed": STAPLE,
    "tdlib-1.8.66-key-live-wal": STAPLE,
}
ARCHIVES = {
    "tdlib-1.8.46-key": "k1846-shared",
    "tdlib-1.8.65-key": "correct horse battery",
    "tdlib-1.8.65-no-key": "",
    "tdlib-1.8.69-unauthorized-key": "offline-69",
    "tdlib-1.8.69-unauthorized-no-key": "",
}


@dataclass
class Sample:
    """A sample.

    Attributes:
        name: of its folder.
        folder: with td.binlog and db.sqlite.
        key: database key, empty if the application gave none.
        truth: content of truth.json or tdlib_updates.json.
    """

    name: str
    folder: Path
    key: str
    truth: Any

    @property
    def passcodes(self) -> list[str]:
        """Candidates of a run."""
        return ["wrong", self.key] if self.key else []


def load(name: str, folder: Path) -> Sample:
    """Finds a sample, or unpacks it; skips the test where it is absent."""
    source = SAMPLES / name
    if not source.is_dir():
        pytest.skip(NO_SAMPLES)
    if name in UPDATES:
        truth = json.loads((source / "tdlib_updates.json").read_text("utf-8"))
        return Sample(name, source, UPDATES[name], truth)
    truth = json.loads((source / "truth.json").read_text("utf-8"))
    with tarfile.open(source / "home.tar.gz") as tar:
        tar.extractall(folder, filter="data")
    (path,) = folder.rglob("td.binlog")
    return Sample(name, path.parent, ARCHIVES[name], truth)
