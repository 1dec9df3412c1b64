"""Folders of LevelDB: what is listed, and what became of each record."""

from __future__ import annotations

import io
from typing import BinaryIO

from telegram_forensics.formats.browser_leveldb_folder import (
    FileState,
    FolderRecord,
    LevelDbFolder,
    RecordState,
)
from telegram_forensics.formats.browser_leveldb_log import RecordKind
from tests.browser_samples import folder
from tests.builders.leveldb import (
    write_batch,
    write_log,
    write_manifest,
    write_table,
)

CURRENT = b"MANIFEST-000001\n"


def states(records: list[FolderRecord]) -> list[tuple[int, str, int | None, bool]]:
    return [
        (record.sequence, record.state.value, record.successor, record.is_key_live)
        for record in records
    ]


def test_states() -> None:
    log = write_log(
        [
            write_batch(1, [(1, b"a", b"1"), (1, b"b", b"1"), (1, b"c", b"1")]),
            write_batch(4, [(1, b"a", b"2"), (0, b"b", b""), (0, b"c", b"")]),
            write_batch(7, [(1, b"c", b"2"), (0, b"never", b"")]),
        ]
    )
    database = folder({"000003.log": log})
    assert states(database.sorted_records()) == [
        (1, "overwritten", 4, True),
        (2, "deleted", 5, False),
        (3, "deleted", 6, True),
        (4, "current", None, True),
        (5, "deleted", None, False),
        (6, "overwritten", 7, True),
        (7, "current", None, True),
        (8, "deleted", None, False),
    ]
    only = database.sorted_records(lambda key: key == b"c")
    assert [record.sequence for record in only] == [3, 6, 7]
    assert only[1].is_delete
    assert only[1].record.kind is RecordKind.DELETE


def test_copies_of_log_and_table_are_one() -> None:
    log = write_log(
        [write_batch(1, [(1, b"a", b"1"), (0, b"a", b""), (1, b"b", b"2")])]
    )
    table = write_table([(1, 1, b"a", b"1"), (2, 0, b"a", b""), (9, 1, b"c", b"3")])
    records = folder({"000003.log": log, "000005.ldb": table}).sorted_records()
    assert [(record.sequence, record.copies) for record in records] == [
        (1, 2),
        (2, 2),
        (3, 1),
        (9, 1),
    ]
    # The log's copy is given, for it knows the batch.
    assert records[0].record.batch == 0
    assert records[3].file.is_table


def test_same_sequence_with_another_value_is_no_copy() -> None:
    log = write_log([write_batch(1, [(1, b"a", b"new")])])
    table = write_table([(1, 1, b"a", b"old")])
    records = folder({"000003.log": log, "000002.ldb": table}).sorted_records()
    assert sorted(record.value for record in records) == [b"new", b"old"]


def test_damaged_copy_gives_way_to_an_intact_one() -> None:
    log = bytearray(write_log([write_batch(1, [(1, b"a", b"1"), (1, b"b", b"x" * 9)])]))
    log[0] ^= 0xFF
    table = write_table([(1, 1, b"a", b"1")])
    records = folder({"000003.log": bytes(log), "000005.ldb": table}).sorted_records()
    assert [(r.sequence, r.is_damaged, r.state.value) for r in records] == [
        (1, False, "current"),
        (2, True, "unknown"),
    ]


def test_damaged_record_does_not_decide_about_others() -> None:
    log = bytearray(
        write_log(
            [
                write_batch(1, [(1, b"a", b"1")]),
                write_batch(2, [(1, b"a", b"2")]),
                write_batch(3, [(1, b"b", b"3")]),
            ]
        )
    )
    second = 7 + len(write_batch(1, [(1, b"a", b"1")]))
    log[second] ^= 0xFF
    records = folder({"000003.log": bytes(log)}).sorted_records()
    assert [(r.sequence, r.state, r.is_damaged) for r in records] == [
        (1, RecordState.CURRENT, False),
        (2, RecordState.UNKNOWN, True),
        (3, RecordState.CURRENT, False),
    ]


def test_listed_and_orphaned_files() -> None:
    table = write_table([(1, 1, b"a", b"1")])
    log = write_log([write_batch(9, [(1, b"z", b"1")])])
    files = {
        "CURRENT": CURRENT,
        "MANIFEST-000001": write_manifest(7, [(5, 0), (6, 1), (4, 0)], [4]),
        "000003.log": log,
        "000007.log": log,
        "000004.ldb": table,
        "000005.ldb": table,
        "000006.sst": table,
        "LOCK": b"",
        "other.txt": b"",
    }
    database = folder(files)
    assert {file.name: file.state.value for file in database.files} == {
        "000003.log": "orphaned",
        "000007.log": "listed",
        "000004.ldb": "orphaned",
        "000005.ldb": "listed",
        "000006.sst": "listed",
    }
    assert database.manifest is not None
    assert database.manifest.tables == {5: 0, 6: 1}
    assert database.manifest.comparator == "leveldb.BytewiseComparator"
    assert not database.issues

    del files["CURRENT"], files["MANIFEST-000001"]
    assert {file.state for file in folder(files).files} == {FileState.UNKNOWN}


def test_damaged_manifest_calls_nothing_orphaned() -> None:
    manifest = bytearray(write_manifest(7, [(5, 0)]))
    manifest[-3] ^= 0xFF
    database = folder(
        {
            "CURRENT": CURRENT,
            "MANIFEST-000001": bytes(manifest),
            "000005.ldb": write_table([(1, 1, b"a", b"1")]),
        }
    )
    assert database.files[0].state is FileState.UNKNOWN
    assert database.issues


def test_current_without_manifest_takes_the_newest() -> None:
    database = folder(
        {
            "CURRENT": b"rubbish",
            "MANIFEST-000009": write_manifest(0, [(5, 0)]),
            "MANIFEST-000010": write_manifest(0, [(6, 0)]),
        }
    )
    assert database.manifest is not None
    assert database.manifest.name == "MANIFEST-000010"
    assert database.issues[0].file == "CURRENT"


def test_text_lines() -> None:
    text = (
        b"2026/11/21-22:53:29.083 5c28 Reusing MANIFEST /home/x/MANIFEST-000001\n"
        b"2026/11/21-22:53:29.084 5c28 Recovering log #3\n"
        b"rubbish\n"
    )
    database = folder({"LOG": text, "LOG.old": text.splitlines(True)[0]})
    lines = list(database.text_lines())
    assert [(line.file, line.local_time, line.is_run_start) for line in lines] == [
        ("LOG.old", "2026-11-21T22:53:29.083", True),
        ("LOG", "2026-11-21T22:53:29.083", True),
        ("LOG", "2026-11-21T22:53:29.084", False),
    ]
    assert lines[1].text == "Reusing MANIFEST /home/x/MANIFEST-000001"
    assert lines[1].thread == "5c28"
    assert [issue.reason for issue in database.issues] == ["line without a time"]


def test_file_that_cannot_be_opened() -> None:
    def fail() -> BinaryIO:
        raise OSError("gone")

    log = write_log([write_batch(1, [(1, b"a", b"1")])])
    database = LevelDbFolder(
        [("000003.log", fail), ("000004.log", lambda: io.BytesIO(log))]
    )
    assert len(database.sorted_records()) == 1
    assert [str(issue) for issue in database.issues] == [
        "000003.log: cannot be opened: gone"
    ]


def test_empty_folder() -> None:
    database = folder({})
    assert database.sorted_records() == []
    assert database.manifest is None
    assert list(database.text_lines()) == []
