"""Copies of tdata: rows of stock parsers, written by plaso, become neutral facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from dfdatetime import filetime
from dfvfs.lib import definitions
from dfvfs.path import factory as path_spec_factory

from telegram_forensics.attribution.engine import attribute
from telegram_forensics.attribution.findings import Finding
from telegram_forensics.attribution.records import Grade, SourceState
from telegram_forensics.report import file_traces, ingest, rule_texts
from telegram_forensics.report.selection import is_selected, is_wanted
from telegram_forensics.report.storage import PlasoStorage

TDATA = "\\Users\\Ann\\AppData\\Roaming\\Telegram Desktop\\tdata"
COPY = "\\Users\\Ann\\Desktop\\x\\tdata"
HASH = "D877F783D5D3EF8C"
START = datetime(2026, 11, 20, 18, 30, tzinfo=timezone.utc).timestamp()
HOME, AWAY, AWAY_ACCOUNT = (1 << 48) + 40, (1 << 48) + 90, (2 << 48) + 91
CREATE, EXTEND, OLD, NEW, CLOSE = 0x100, 0x2, 0x1000, 0x2000, 0x80000000


def at(seconds: float) -> filetime.Filetime:
    """A FILETIME, by seconds after the start."""
    return filetime.Filetime(
        timestamp=round((START + seconds + 11_644_473_600) * 10_000_000)
    )


def change(name: str, seconds: float, flags: int, **values: Any) -> Any:
    """A record of a change journal."""
    from plaso.parsers import ntfs

    event_data = ntfs.NTFSUSNChangeEventData()
    event_data.filename = name
    event_data.update_time = at(seconds)
    event_data.update_reason_flags = flags
    event_data.parent_file_reference = AWAY
    event_data.file_reference = (1 << 48) + 1000 + sum(name.encode())
    event_data.offset = 0x1000
    event_data.update_sequence_number = 0x1000
    for key, value in values.items():
        setattr(event_data, key, value)
    return event_data


def entry(
    path: str, attribute_type: int, created: float, modified: float, **values: Any
) -> Any:
    """An attribute of an entry of an $MFT."""
    from plaso.parsers import ntfs

    event_data = ntfs.NTFSFileStatEventData()
    event_data.attribute_type = attribute_type
    event_data.creation_time = at(created)
    event_data.modification_time = at(modified)
    event_data.file_reference = (1 << 48) + 2000 + sum(path.encode())
    event_data.path_hints = [path]
    event_data.is_allocated = True
    if attribute_type == 0x30:
        event_data.name = path.rpartition("\\")[2]
        event_data.parent_file_reference = AWAY
    for key, value in values.items():
        setattr(event_data, key, value)
    return event_data


def copied(name: str, seconds: float) -> list[Any]:
    """What the journal has of a file that was made under its name."""
    return [
        change(name, seconds, CREATE),
        change(name, seconds, CREATE | EXTEND),
        change(name, seconds, CLOSE | CREATE | EXTEND),
    ]


@pytest.fixture(name="write")
def fixture_write(tmp_path: Path) -> Callable[..., Path]:
    """Writes event data with plaso's own writer."""
    from plaso.containers import events, sessions
    from plaso.storage import factory

    def write(**streams: list[Any]) -> Path:
        path = tmp_path / "case.plaso"
        writer = factory.StorageFactory.CreateStorageWriter("sqlite")
        writer.Open(path=str(path))
        session = sessions.Session()
        session.enabled_parser_names = ["mft", "usnjrnl"]
        writer.AddAttributeContainer(session)
        for name, rows in streams.items():
            image = path_spec_factory.Factory.NewPathSpec(
                definitions.TYPE_INDICATOR_OS, location="/evidence/office.E01"
            )
            raw = path_spec_factory.Factory.NewPathSpec(
                definitions.TYPE_INDICATOR_EWF, parent=image
            )
            stream = events.EventDataStream()
            stream.path_spec = path_spec_factory.Factory.NewPathSpec(
                definitions.TYPE_INDICATOR_NTFS, location=f"\\{name}", parent=raw
            )
            writer.AddAttributeContainer(stream)
            for event_data in rows:
                event_data.SetEventDataStreamIdentifier(stream.GetIdentifier())
                writer.AddAttributeContainer(event_data)
        writer.Close()
        return path

    return write


def findings(path: Path, rule: str) -> list[Finding]:
    """Findings of a rule; all that they say is translated."""
    evidence = ingest.collect([path])
    assert not evidence.problems
    found = [item for item in attribute(evidence).findings if item.rule == rule]
    for finding in found:
        assert finding.is_neutral
        for text in (
            finding.statement,
            *finding.supports,
            *finding.contradicts,
            *finding.not_excluded,
            *finding.would_decide,
            *(words for _, words in finding.evidence),
        ):
            assert rule_texts.translate(text) is not None, text
    return found


def test_copy_in_the_journal(write: Callable[..., Path]) -> None:
    """A burst of creations in a second folder, whose path the $MFT gives."""
    from plaso.parsers.winreg_plugins import mountpoints, usbstor

    device = usbstor.USBStorDeviceInstanceEventData()
    device.device_display_name = "Stick: USB Device"
    device.device_last_arrival_time = at(-600)
    device.driver_first_installation_time = at(-90_000)
    mount = mountpoints.MountPoints2EventData()
    mount.name = "{a-b}"
    mount.last_written_time = at(300)
    journal = [
        change("noise.txt", -86_400, CREATE),
        change(HASH, 0, CREATE, file_reference=AWAY_ACCOUNT),
        *copied(f"{HASH}s", 1),
        *copied("key_datas", 2),
        *copied("settingss", 70),
        change("maps", 3, CREATE, parent_file_reference=AWAY_ACCOUNT),
        # The client at work in its own folder.
        change("key_datas.XqzzQw", 900, CREATE | OLD, parent_file_reference=HOME),
        change("key_datas", 900, CREATE | NEW, parent_file_reference=HOME),
        change("key_datas", 900, CLOSE | CREATE | NEW, parent_file_reference=HOME),
        change("other.txt", 86_400, CREATE),
    ]
    mft = [
        entry(f"{COPY}\\key_datas", 0x30, 2, 2),
        entry(f"{TDATA}\\key_datas", 0x30, -9_000, -9_000, parent_file_reference=HOME),
    ]
    path = write(**{"$UsnJrnl": journal, "$MFT": mft, "SYSTEM": [device, mount]})
    (finding,) = findings(path, "TF-030")
    assert finding.statement == (
        f"Files of a tdata folder came to {COPY} on office.E01 within 69 seconds: "
        f"{HASH}s, key_datas, maps, settingss."
    )
    assert finding.grade is Grade.A
    assert (finding.start, finding.end) == (START + 1, START + 70)
    assert f"another folder has files of these names: {TDATA}" in finding.supports
    devices = [text for text in finding.supports if "removable" in text]
    assert devices == [
        "a removable device or mount point within an hour: Stick: USB Device, "
        "connected 2026-11-20T18:20:00Z",
        "a removable device or mount point within an hour: {a-b}, mount point used "
        "2026-11-20T18:35:00Z",
    ]
    assert not finding.contradicts
    assert any("backup program" in text for text in finding.not_excluded)

    (covered,) = findings(path, "TF-032")
    assert (covered.start, covered.end) == (START - 86_400, START + 86_400)
    assert covered.evidence[0][1] == f"{len(journal)} records"
    sources = {item.name: item for item in ingest.collect([path]).sources}
    source = sources["NTFS change journal"]
    assert (source.state, source.first, source.last) == (
        SourceState.PARSED,
        START - 86_400,
        START + 86_400,
    )


def test_journal_without_mft(write: Callable[..., Path]) -> None:
    """The folder has a number, and its name if the journal tells it."""
    rows = [*copied("key_datas", 2), *copied(f"{HASH}s", 3)]
    (finding,) = findings(write(**{"$UsnJrnl": rows}), "TF-030")
    assert "came to MFT 90-1 on office.E01" in finding.statement
    # Nothing says that there is a second place.
    assert len(finding.contradicts) == 1


def test_name_of_the_folder(write: Callable[..., Path]) -> None:
    """The journal's own record of the folder names it."""
    rows = [
        change("tdata", 1, CREATE, file_reference=AWAY, parent_file_reference=7),
        *copied("key_datas", 2),
        *copied(f"{HASH}s", 3),
    ]
    (finding,) = findings(write(**{"$UsnJrnl": rows}), "TF-030")
    assert "came to tdata (MFT 90-1) on office.E01" in finding.statement


def test_two_volumes(write: Callable[..., Path]) -> None:
    """With two journals a number of one is no path of the other."""
    rows = [*copied("key_datas", 2), *copied(f"{HASH}s", 3)]
    # A name of interest makes the second journal known.
    other = [change("settingss", 4, CLOSE)]
    mft = [entry(f"{COPY}\\key_datas", 0x30, 2, 2)]
    path = write(**{"$UsnJrnl": rows, "$UsnJrnl2": other, "$MFT": mft})
    (finding,) = findings(path, "TF-030")
    assert "came to MFT 90-1 on" in finding.statement
    assert len(findings(path, "TF-032")) == 2


def test_client_at_work(write: Callable[..., Path]) -> None:
    """Renamed temporary files and a single file are no copy."""
    rows = [
        change("key_datas", 1, CREATE | NEW),
        change(f"{HASH}s", 1, CLOSE | CREATE | NEW),
        change("settingss", 2, NEW),
        *copied("settingss", 3),
        *copied("maps", 3),
        *copied("key_datas", 4000),
    ]
    mft = [
        entry(f"{TDATA}\\{name}", kind, 5, 5 + later)
        for name, later in (("key_datas", 0), (f"{HASH}s", 7), ("settingss", -1))
        for kind in (0x10, 0x30)
    ]
    assert not findings(write(**{"$UsnJrnl": rows, "$MFT": mft}), "TF-030")


@pytest.mark.parametrize(
    ("entry_created", "grade", "words"),
    [(5, Grade.A, "has the same times"), (900, Grade.C, "has later times")],
)
def test_times_of_files(
    write: Callable[..., Path], entry_created: float, grade: Grade, words: str
) -> None:
    """Modified before created; what $FILE_NAME says of it."""
    mft = []
    for name in ("key_datas", f"{HASH}s", f"{HASH}\\maps"):
        mft.append(entry(f"{COPY}\\{name}", 0x10, 5, -5000))
        mft.append(entry(f"{COPY}\\{name}", 0x30, entry_created, entry_created))
    (finding,) = findings(write(**{"$MFT": mft}), "TF-030")
    assert finding.grade is grade
    assert any(words in text for text in finding.supports)
    assert finding.start == START + entry_created
    assert f"came to {COPY} on" in finding.statement
    assert "a program set the times of the files" in finding.not_excluded


def test_files_without_mft(write: Callable[..., Path]) -> None:
    """Times of files alone: any program can set them."""
    from plaso.parsers import filestat

    rows = []
    for name in ("key_datas", "settingss"):
        event_data = filestat.FileStatEventData()
        event_data.filename = f"/home/ann/x/tdata/{name}"
        event_data.file_entry_type = "file"
        event_data.creation_time, event_data.modification_time = at(5), at(-50)
        rows.append(event_data)
    (finding,) = findings(write(x=rows), "TF-030")
    assert finding.grade is Grade.C
    assert "came to /home/ann/x/tdata on" in finding.statement


def test_saved_with_an_older_creation_time(write: Callable[..., Path]) -> None:
    """NTFS gives a file that replaces another one its creation time: no copy."""
    mft = []
    for name in ("key_datas", "settingss"):
        mft.append(entry(f"{TDATA}\\{name}", 0x10, -9000, 6))
        mft.append(entry(f"{TDATA}\\{name}", 0x30, 5, 5))
    assert not findings(write(**{"$MFT": mft}), "TF-030")


def test_folder_as_source(write: Callable[..., Path]) -> None:
    """Times of a copy that the examiner made say nothing."""
    from plaso.parsers import filestat

    rows = []
    for name in ("key_datas", "settingss"):
        event_data = filestat.FileStatEventData()
        event_data.filename = f"/home/ann/x/tdata/{name}"
        event_data.file_system_type = "OS"
        event_data.creation_time, event_data.modification_time = at(5), at(-50)
        rows.append(event_data)
    assert not findings(write(x=rows), "TF-030")


def test_names(write: Callable[..., Path]) -> None:
    """Archives and lists of used items."""
    from plaso.containers import windows_events
    from plaso.parsers import winlnk
    from plaso.parsers.winreg_plugins import mrulistex

    link = winlnk.WinLnkLinkEventData()
    link.local_path = "E:\\out\\my tdata (2).ZIP"
    folder = winlnk.WinLnkLinkEventData()
    folder.local_path = TDATA
    other = winlnk.WinLnkLinkEventData()
    other.local_path = "E:\\listdata.zip"
    item = windows_events.WindowsShellItemFileEntryEventData()
    item.shell_item_path = "<My Computer> E:\\\\tdata\\\\user_data"
    recent = mrulistex.MRUListExEventData()
    recent.entries = [
        "Index: 1 [MRU Value 4]: Path: tdata.7z, Shell item: [tdata.7z.lnk]",
        "Index: 2 [MRU Value 1]: Path: letter.docx, Shell item: [letter.lnk]",
    ]
    recent.last_written_time = at(100)
    journal = [
        change("Tdata.rar", 7, CLOSE | CREATE),
        change("Tdata.rar", 9, CLOSE | 0x200),
        change("mytdata.rar", 9, CREATE),
        change("tdata.txt", 9, CREATE),
    ]
    path = write(x=[link, folder, other, item, recent], **{"$UsnJrnl": journal})
    found = {item.statement: item for item in findings(path, "TF-031")}
    assert set(found) == {
        f"An archive whose name tells of tdata is recorded on office.E01: {name}."
        for name in ("Tdata.rar", "my tdata (2).ZIP", "tdata.7z")
    } | {
        f"A tdata folder is in a list of used items on office.E01: {name}."
        for name in (TDATA, "<My Computer> E:\\\\tdata\\\\user_data")
    }
    rar = found[
        "An archive whose name tells of tdata is recorded on office.E01: Tdata.rar."
    ]
    assert [words for _, words in rar.evidence] == [
        "created (journal): 2026-11-20T18:30:07Z",
        "deleted (journal): 2026-11-20T18:30:09Z",
    ]


def test_selection(write: Callable[..., Path]) -> None:
    """What is told by the stored text is told by attributes, too."""
    from plaso.parsers import filestat

    rows = [
        change(name, 1, CREATE)
        for name in ("key_datas", "maps", HASH, "tdata", "a.txt", "Tdata.zip", "xmaps")
    ]
    paths = [f"{TDATA}\\{name}" for name in ("settingss", "log.txt", "key_data0")]
    for path in [*paths, "\\data.zip", '\\a"b\\tdata.rar', "\\maps\\x"]:
        rows += [entry(path, 0x10, 1, 1), entry(path, 0x30, 1, 1)]
        event_data = filestat.FileStatEventData()
        event_data.filename = path.replace("\\", "/")
        rows.append(event_data)
    orphan = entry("key_datas", 0x30, 1, 1)
    orphan.path_hints = None
    rows.append(orphan)
    storage = PlasoStorage(write(x=rows))
    found = []

    def note(data_type: str, record: bytes) -> bool:
        found.append(is_selected(data_type, record))
        return True

    expected = [
        file_traces.is_of_interest(row.values["data_type"], row.values)
        for row in storage.rows(note)
    ]
    storage.close()
    assert found == expected
    assert len(found) == len(rows)
    assert expected.count(True) == 5 + 3 * 3 + 1


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{",
        b'{"filename": "',
        b'{"filename": "\\\\key_datas',
        b'"path_hints": ["a", "b\\\\x"]',
        b'"update_time": {"timestamp": 99999999999999999999}',
        b'"update_time": {"timestamp": -5}',
        b'"_event_data_stream_identifier": "',
    ],
)
def test_damaged_records(record: bytes) -> None:
    """Any bytes are looked at without an error."""
    for data_type in file_traces.DATA_TYPES:
        assert is_wanted(data_type)
        assert is_selected(data_type, record) in (True, False)
    spans = file_traces.JournalSpans()
    spans.note(record)
    assert not list(spans.records(pytest.fail))
