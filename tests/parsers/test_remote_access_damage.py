"""Damaged files of remote control programs, through plaso's worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from telegram_forensics.parsers import remote_access_reader

from telegram_forensics.formats import remote_teamviewer_connections as connections
from tests import helpers
from tests.builders import remote_access as lines
from tests.parsers import remote_access_support as remote
from tests.parsers import support

FILES = {
    "Connections_incoming.txt": lines.INCOMING_ROWS,
    "TeamViewer/connections.txt": (lines.OUTGOING_ROW,),
    "TeamViewer15_Logfile.log": (
        *lines.teamviewer_header(),
        *lines.teamviewer_session(),
    ),
    "ad_svc.trace": lines.ANYDESK_LINES,
    "connection_trace.txt": lines.CONNECTION_TRACE,
    "file_transfer_trace.txt": (lines.TRANSFER_TRACE,),
    "RustDesk/rustdesk_rCURRENT.log": lines.RUSTDESK_LINES,
    "access.log": lines.AMMYY_LINES,
    "mslogon.log": lines.ULTRAVNC_LINES,
    "system.conf": ("ad.anynet.id=294433414", "ad.anynet.pwd_hash=c0ffee"),
}


@pytest.mark.parametrize("name", FILES)
def test_mutations(tmp_path: Path, name: str) -> None:
    """No damage makes a parser fail."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    data = "\r\n".join(FILES[name]).encode()
    for count, damaged in enumerate(helpers.mutations(data, 25, name)):
        path.write_bytes(damaged.decode("utf-8", "replace").encode("utf-16"))
        if count % 5:
            path.write_bytes(damaged)
        found = remote.parse(path)
        for warning in found.warnings:
            assert support.FAILURE not in warning
            assert warning.startswith(f"{path.name}: offset 0x"), warning


def test_nothing_is_lost_silently(tmp_path: Path) -> None:
    """Each line of a list is a session, a line that could not be read, or empty."""
    rows = [*lines.INCOMING_ROWS, "", "damaged", *lines.INCOMING_ROWS]
    data = "\r\n".join(rows).encode()
    for damaged in helpers.mutations(data, 60, "rows"):
        path = tmp_path / "Connections_incoming.txt"
        path.write_bytes(damaged)
        found = remote.parse(path)
        records = remote.sessions(found) + remote.events(found, "unparsed_line")
        (coverage,) = remote.events(found, "log_coverage")
        if b"\0" * 64 not in damaged:
            written = [line for line in damaged.split(b"\n") if line.strip()]
            assert len(records) == len(written)
        assert coverage.number_of_entries == len(remote.sessions(found))


class _BadFile:
    """A file whose second piece cannot be read."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    def seek(self, offset: int) -> None:
        """Goes to an offset."""
        self._offset = offset

    def get_offset(self) -> int:
        """The offset."""
        return self._offset

    def read(self, size: int) -> bytes:
        """Reads."""
        if self._offset:
            raise OSError("bad sector")
        self._offset = len(self._data)
        return self._data


class _Mediator:
    """What the reader wants of plaso's mediator."""

    abort = False
    last_activity_timestamp = 0.0

    def __init__(self) -> None:
        self.event_data: list[Any] = []
        self.warnings: list[str] = []
        self.ProduceEventData = self.event_data.append
        self.ProduceWarning = self.warnings.append

    def GetCodePage(self) -> str:
        """Code page of the settings."""
        return "cp1252"


class _Entry:
    """What the reader wants of a file entry."""

    name = "Connections_incoming.txt"


def test_unreadable_place() -> None:
    """What stands before it is there, and the warning names the place."""
    mediator = _Mediator()
    data = f"{lines.INCOMING_ROWS[0]}\r\n".encode()
    reader = remote_access_reader.LogReader(
        mediator, _Entry(), connections.ConnectionsDecoder("incoming")
    )
    reader.Read(_BadFile(data))
    assert len(mediator.event_data) == 2
    (warning,) = mediator.warnings
    assert f"offset 0x{len(data):x}: unable to read what follows" in warning


def test_long_list() -> None:
    """Records do not wait for the end for ever; the last ones and the coverage know."""
    mediator = _Mediator()
    reader = remote_access_reader.LogReader(
        mediator, _Entry(), connections.ConnectionsDecoder("incoming")
    )
    row = f"{lines.INCOMING_ROWS[0]}\r\n".encode()
    reader._ReadChunks = lambda file_object: (row * 101 for _ in range(101))
    reader.Read(_BadFile(b""))
    assert len(mediator.event_data) == 10202
    known = [item.log_last_entry is not None for item in mediator.event_data]
    assert known == [False] * 10001 + [True] * 201
    assert mediator.event_data[-1].event_kind == "log_coverage"
    assert all(item.log_first_entry for item in mediator.event_data)
