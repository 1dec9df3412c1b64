"""Lets plaso's worker read databases of Telegram for Android."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from tests.parsers import support

PARSERS = "sqlite/telegram_android_database"


def extract(source: Path) -> support.Extraction:
    """Reads a folder; the worker must not fail at anything."""
    found = support.extract(source, parsers=PARSERS)
    assert not [text for text in found.warnings if support.FAILURE in text]
    assert not [text for text in found.warnings if "unable to parse" in text]
    return found


def write_row(connection: sqlite3.Connection, table: str, **values: Any) -> None:
    """Adds a row."""
    names = ", ".join(values)
    marks = ", ".join("?" * len(values))
    connection.execute(
        f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values())
    )
