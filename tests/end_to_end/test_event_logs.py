"""RDP sessions out of event logs that the stock parser reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from telegram_forensics.report import ingest
from tests.builders import evtx

COMMANDS = Path(sys.executable).parent
SECURITY = "Microsoft-Windows-Security-Auditing"
CHROMOTING = "chromoting"
START = 1_790_000_000


def logon(time: float, kind: str, address: str, identifier: str) -> evtx.Event:
    """A log-on of Windows 10, with all its strings."""
    values = ["-"] * 27
    values[5], values[6], values[7] = "Zoë", "OFFICE", identifier
    values[8], values[18], values[19] = kind, address, "51234"
    return evtx.Event(
        SECURITY,
        4624,
        time,
        [(f"n{place}", value) for place, value in enumerate(values)],
    )


def strings(event: int, time: float, *values: str) -> evtx.Event:
    """Another event of the Security log."""
    return evtx.Event(
        SECURITY,
        event,
        time,
        [(f"n{place}", value) for place, value in enumerate(values)],
    )


def test_security_log(tmp_path: Path) -> None:
    """Log-ons, reconnections and their ends; a log-on at the keyboard is none."""
    folder = tmp_path / "logs"
    folder.mkdir()
    log = [
        logon(START, "2", "127.0.0.1", "0x10"),
        logon(START + 100, "10", "203.0.113.50", "0x20"),
        strings(4779, START + 400, "Zoë", "OFFICE", "0x20", "RDP-Tcp#5", "PC", "x"),
        strings(
            4778,
            START + 500,
            "Zoë",
            "OFFICE",
            "0x20",
            "RDP-Tcp#6",
            "HOME",
            "198.51.100.4",
        ),
        strings(4634, START + 700, "S-1", "Zoë", "OFFICE", "0x20", "10"),
        logon(START + 900, "7", "-", "0x30"),
    ]
    (folder / "Security.evtx").write_bytes(evtx.build(log))
    partner = "mark@example.com/chromoting_ftl_3f0c"
    application = [
        evtx.Event(CHROMOTING, 1, START + 1000, [("", partner)], channel="Application"),
        evtx.Event(CHROMOTING, 2, START + 1300, [("", partner)], channel="Application"),
        evtx.Event(CHROMOTING, 3, START + 1400, [("", "eve")], channel="Application"),
    ]
    (folder / "Application.evtx").write_bytes(evtx.build(application))
    storage = tmp_path / "case.plaso"
    subprocess.run(
        [
            COMMANDS / "log2timeline",
            "--quiet",
            "--unattended",
            "--single_process",
            "--status_view=none",
            "--parsers=winevtx",
            f"--logfile={tmp_path / 'log.gz'}",
            f"--storage-file={storage}",
            folder,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    evidence = ingest.collect([storage])
    found = [
        (item.tool, item.start, item.end, item.remote_identifier)
        for item in sorted(evidence.remote, key=lambda item: item.start or 0)
    ]
    assert found == [
        ("RDP", START + 100, START + 400, "203.0.113.50"),
        ("RDP", START + 500, START + 700, "198.51.100.4"),
        ("Chrome Remote Desktop", START + 1000, START + 1300, "mark@example.com"),
    ]
    rdp = [item for item in evidence.remote if item.tool == "RDP"]
    assert {item.local_account for item in rdp} == {"Zoë"}
    assert [(item.kind, item.start) for item in evidence.presence] == [
        ("unlock", START + 900)
    ]
