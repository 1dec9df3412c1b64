"""Event data of .plaso files: written by stock log2timeline, read by the report."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics import cli
from telegram_forensics.attribution.engine import attribute
from telegram_forensics.report import document, ingest, stores
from telegram_forensics.report.storage import Location, PlasoStorage, StorageError

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = Path(sys.executable).parent
IMAGE = ROOT / "test_data" / "linux_telegram.E01"
TDATA = ".local/share/TelegramDesktop/tdata"


@pytest.fixture(scope="module")
def storage_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Storage file of the Linux image: a profile, its stolen copy, and debug logs."""
    folder = tmp_path_factory.mktemp("storage")
    path = folder / "case.plaso"
    subprocess.run(
        [
            COMMANDS / "log2timeline",
            "--quiet",
            "--unattended",
            "--status_view=none",
            "--parsers=telegram",
            f"--logfile={folder / 'log.gz'}",
            f"--storage-file={path}",
            IMAGE,
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield path


def is_ours(data_type: str, record: bytes) -> bool:
    """Everything of Telegram."""
    return data_type.startswith("telegram:")


def test_rows_are_those_of_plaso(storage_path: Path) -> None:
    """As many of each data type, with the same times, as plaso's own reader gives."""
    from plaso.storage import factory

    storage = PlasoStorage(storage_path)
    found: dict[str, list[Any]] = {}
    for row in storage.rows(is_ours):
        found.setdefault(row.values["data_type"], []).append(
            (row.values.get("sent_time"), row.values.get("written_time"))
        )
    storage.close()
    reader = factory.StorageFactory.CreateStorageReaderForFile(str(storage_path))
    expected: dict[str, list[Any]] = {}
    for item in reader.GetAttributeContainers("event_data"):
        if is_ours(item.data_type, b""):
            times = []
            for name in ("sent_time", "written_time"):
                time = getattr(item, name, None)
                local = time is not None and time.is_local_time
                timestamp = None if time is None or local else time.GetPlasoTimestamp()
                times.append(None if timestamp is None else timestamp / 1_000_000)
            expected.setdefault(item.data_type, []).append(tuple(times))
    reader.Close()
    assert found == expected
    assert len(found["telegram:message"]) > 10


def test_info_and_locations(storage_path: Path) -> None:
    """Hash, sources, system; every row lies in the image."""
    storage = PlasoStorage(storage_path)
    info = storage.info
    assert info.sha256 == hashlib.sha256(storage_path.read_bytes()).hexdigest()
    assert info.sources == [str(IMAGE)]
    assert "telegram_desktop" in info.parsers
    assert info.systems["linux_telegram.E01"]["hostname"] == "pier7"
    images = {row.location.image for row in storage.rows(is_ours)}
    assert images == {"linux_telegram.E01"}
    (run,) = storage.read_runs()
    assert run.product.startswith("plaso 20")
    assert run.started and run.completed and run.completed >= run.started
    assert str(IMAGE) in run.command_line and "telegram_desktop" in run.parsers
    warnings = storage.read_warnings()
    assert sum(item.number for item in warnings) == info.number_of_warnings
    storage.close()


def test_reading_leaves_no_trace(storage_path: Path) -> None:
    """No side file, no other byte: a storage file is evidence, too."""
    before = storage_path.read_bytes()
    names = sorted(path.name for path in storage_path.parent.iterdir())
    ingest.collect([storage_path])
    assert storage_path.read_bytes() == before
    assert sorted(path.name for path in storage_path.parent.iterdir()) == names


def test_stolen_session(storage_path: Path) -> None:
    """The copy of marta's profile is found, the debug log is no third one."""
    result = attribute(ingest.collect([storage_path]))
    (finding,) = [item for item in result.findings if item.rule == "TF-201"]
    assert finding.sessions == ["ba17aaf2eb518876"]
    entry = result.ledger.entry("ba17aaf2eb518876")
    assert entry is not None
    assert entry.stores == [
        ("linux_telegram.E01", f"/home/{user}/{TDATA}") for user in ("guest7", "marta")
    ]
    assert [item.rule for item in result.findings if not item.is_neutral] == ["TF-201"]


def test_command(storage_path: Path, tmp_path: Path) -> None:
    """`telegram-forensics report`: summary, JSON, the same bytes each time."""
    reports = []
    for number in range(2):
        target = tmp_path / f"report{number}.json"
        assert cli.main(["report", str(storage_path), "--json", str(target)]) == 0
        reports.append(target.read_bytes())
    assert reports[0] == reports[1]
    found = json.loads(reports[0])
    assert found["schema_version"] == document.SCHEMA_VERSION
    assert found["inputs"] == [
        {
            "name": "case.plaso",
            "sha256": hashlib.sha256(storage_path.read_bytes()).hexdigest(),
        }
    ]
    assert {item["rule"] for item in found["findings"]} >= {
        "TF-001",
        "TF-002",
        "TF-201",
    }
    assert b"\\ud" not in reports[0]


def test_command_line_errors(
    storage_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong is said in a line; nothing is written."""
    text = tmp_path / "text.plaso"
    text.write_text("no database", encoding="utf-8")
    case = tmp_path / "case.yaml"
    case.write_text("dispute: {}", encoding="utf-8")
    target = tmp_path / "report.json"
    for arguments, words in (
        ([str(tmp_path / "none.plaso")], "No such file"),
        ([str(text)], "not a .plaso file"),
        ([str(storage_path), "--case", str(case)], "dispute is not known"),
        ([str(storage_path), "--case", str(tmp_path / "x.yaml")], "No such file"),
    ):
        assert cli.main(["report", *arguments, "--json", str(target)]) == 2
        assert words in capsys.readouterr().err
        assert not target.exists()


def change(storage_path: Path, target: Path, statement: str, *values: Any) -> Path:
    """A copy of the storage file with a change."""
    shutil.copy(storage_path, target)
    with sqlite3.connect(target) as connection:
        connection.execute(statement, values)
    connection.close()
    return target


def test_unknown_layouts_are_refused(storage_path: Path, tmp_path: Path) -> None:
    """A layout that was not tested is never half read."""
    for number, (key, value) in enumerate(
        (
            ("format_version", "99990101"),
            ("format_version", "x"),
            ("serialization_format", "pickle"),
        )
    ):
        path = change(
            storage_path,
            tmp_path / f"{number}.plaso",
            "UPDATE metadata SET value = ? WHERE key = ?",
            value,
            key,
        )
        with pytest.raises(StorageError, match="not known"):
            PlasoStorage(path)


def _inflated(data: bytes) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error:
        return b""


@pytest.mark.parametrize(
    "data",
    [
        None,
        5,
        b"",
        b"no zlib",
        zlib.compress(b"no json"),
        zlib.compress(b'{"data_type": "telegram:message"}'),
        zlib.compress(
            json.dumps(
                {
                    "data_type": "telegram:message",
                    "sent_time": {"__type__": "DateTimeValues", "timestamp": "x"},
                    "_event_data_stream_identifier": "event_data_stream.999999",
                }
            ).encode()
        ),
    ],
)
def test_damaged_records(storage_path: Path, tmp_path: Path, data: Any) -> None:
    """A record that cannot be read costs itself, and is counted."""
    path = change(
        storage_path,
        tmp_path / "damaged.plaso",
        "UPDATE event_data SET _data = ? WHERE _identifier = 1",
        data,
    )
    evidence = ingest.collect([path])
    assert evidence.sessions
    is_record = isinstance(data, bytes) and b"data_type" in _inflated(data)
    assert bool(evidence.problems) != is_record
    if evidence.problems:
        assert "1 records cannot be decoded, the first is row 1" in evidence.problems[0]


@pytest.mark.parametrize(
    ("path", "slot", "store"),
    [
        (
            r"\Users\A\AppData\Roaming\Telegram Desktop\tdata\D877F783D5D3EF8Cs",
            "0",
            r"\Users\A\AppData\Roaming\Telegram Desktop\tdata",
        ),
        ("/home/a/tdata/user_data/cache/0/binlog", None, "/home/a/tdata"),
        ("/home/a/tdata", None, "/home/a/tdata"),
        ("/data/data/p/files/cache4.db-wal", None, "/data/data/p"),
        ("/data/data/p/files/account2/tgnet.dat", None, "/data/data/p (slot 2)"),
        ("/data/data/p/shared_prefs/userconfig2.xml", "2", "/data/data/p (slot 2)"),
        ("/data/data/p/shared_prefs/userconfing.xml", "0", "/data/data/p"),
        ("/x/tdlib/td.binlog", None, "/x/tdlib"),
        ("/x/tdlib/db.sqlite-wal", None, "/x/tdlib"),
        ("/g/appstore/account-5/postbox/db/db_sqlite", "5", "/g/appstore/account-5"),
        ("/g/appstore/accounts-shared-data", "5", "/g/appstore/account-5"),
        (
            "/g/telegram-data/accounts-metadata/atomic-state",
            "-1",
            "/g/telegram-data/account-18446744073709551615",
        ),
        ("/g/telegram-data/accounts-metadata/login-tokens", None, "/g/telegram-data"),
        ("/elsewhere/result.json", None, "/elsewhere/result.json"),
    ],
)
def test_stores(path: str, slot: str | None, store: str) -> None:
    """The files of one data set are one store."""
    assert stores.store_of(Location("image", path, None), slot) == store


def run_psort(
    path: Path, target: Path, *options: str
) -> subprocess.CompletedProcess[str]:
    """Runs stock psort with the analysis plugin over a storage file."""
    return subprocess.run(
        [
            COMMANDS / "psort",
            "--unattended",
            "--status_view=none",
            # In one word plaso does not look for the options of the plugin.
            "--analysis",
            "telegram_attribution",
            *options,
            "--output_format=json_line",
            f"--logfile={target}.log.gz",
            f"--write={target}",
            path,
        ],
        capture_output=True,
        text=True,
        check=False,
    )


def test_analysis_plugin(storage_path: Path, tmp_path: Path) -> None:
    """psort tags events in neutral words and stores the report."""
    path = tmp_path / "copy.plaso"
    shutil.copy(storage_path, path)
    target = tmp_path / "timeline.jsonl"
    assert run_psort(path, target).returncode == 0
    labels: dict[str, set[str]] = {}
    for line in target.read_text("utf-8").splitlines():
        event = json.loads(line)
        for label in (event.get("tag") or {}).get("labels", []):
            labels.setdefault(label, set()).add(event["data_type"])
            if label == "telegram_copied_session":
                assert event["session_identifier"] == "ba17aaf2eb518876"
    assert labels["telegram_copied_session"] == {"telegram:session"}
    assert "telegram_unmatched_session" not in labels
    shown = subprocess.run(
        [COMMANDS / "pinfo", "--sections=reports", path],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "telegram_attribution" in shown
    assert "TF-201" in shown
    assert "not excluded" in shown


def test_analysis_plugin_with_a_wrong_case(storage_path: Path, tmp_path: Path) -> None:
    """A case file with a mistake ends psort before it starts, with the reason."""
    case = tmp_path / "case.yaml"
    case.write_text("dispute: {}", encoding="utf-8")
    path = tmp_path / "copy.plaso"
    shutil.copy(storage_path, path)
    done = run_psort(path, tmp_path / "t.jsonl", f"--telegram_case={case}")
    assert done.returncode != 0
    assert "dispute is not known" in done.stdout + done.stderr
