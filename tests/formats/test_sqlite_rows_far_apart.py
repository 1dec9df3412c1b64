"""Rows behind damage whose row ids lie far apart, found with the page reader."""

from __future__ import annotations

import random
import sqlite3
from pathlib import Path

import pytest

from telegram_forensics.formats.sqlite_recovery import SqliteEvidence
from telegram_forensics.formats.sqlite_rows import read_rows
from tests.formats.test_sqlite_rows import LEAF, Damaged


def page_rowids(path: Path, table: str) -> list[int]:
    """Row ids of the sound pages of a table, without SQLite."""
    data = path.read_bytes()

    def read_at(offset: int, size: int) -> bytes:
        return data[offset : offset + size]

    rows = SqliteEvidence(read_at, len(data)).live_rows([table])
    return sorted({rowid for _, rowid, _ in rows if rowid is not None})


@pytest.mark.parametrize("seed", range(6))
def test_row_ids_far_apart(tmp_path: Path, seed: int) -> None:
    """Message ids of channels before version 84: a channel id in the upper half."""
    generator = random.Random(seed)
    rowids = [
        (channel << 32) + number
        for channel in (0, 1, 7, 1_234_567_890)
        for number in sorted(generator.sample(range(1, 100_000), 150))
    ]
    damaged = Damaged(tmp_path, rowids)
    leaves = damaged.pages(LEAF)
    for page in generator.sample(leaves, len(leaves) // 3):
        damaged.break_page(page)
    connection = damaged.open()
    reachable = set()
    for rowid in rowids:
        try:
            query = "SELECT a, b FROM t WHERE id = ?"
            if connection.execute(query, (rowid,)).fetchone():
                reachable.add(rowid)
        except sqlite3.DatabaseError:
            continue
    warnings: list[str] = []
    found = [
        row.rowid
        for row in read_rows(
            connection,
            "t",
            ["a", "b"],
            warnings.append,
            lambda table: page_rowids(damaged.path, table),
        )
    ]
    connection.close()
    assert found == sorted(reachable)
    assert warnings
    assert len(found) < len(rowids)
