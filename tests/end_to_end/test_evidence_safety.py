"""Nothing writes to evidence, and nothing asks the network.

Every command runs with a guard: an audit hook of Python itself, loaded before anything
else, that writes down each attempt to reach another machine and each file of the
evidence that is opened for writing, and refuses both. What is not Python (SQLite,
libyal) is seen by its effect: contents, times and listings before and after. The times
of the folders tell of a side file that was made and removed again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.builders import android_database, android_tables, apple_store, tdata, tdlib
from tests.builders import browser_profile as browser
from tests.end_to_end import support
from tests.helpers import PEOPLE

GUARD = '''
"""Refuses the network, and writing to evidence; writes down both."""
import os, socket, sys

RECORD = os.environ["GUARD_RECORD"]
EVIDENCE = os.path.realpath(os.environ["GUARD_EVIDENCE"]) + os.sep
NETWORK = {
    "socket.connect", "socket.bind", "socket.sendto", "socket.sendmsg",
    "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr",
    "socket.getnameinfo",
}
CHANGES = {
    "os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename",
    "os.rmdir", "os.symlink", "os.truncate", "os.utime", "os.setxattr",
    "shutil.move", "shutil.rmtree",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def is_evidence(path):
    if isinstance(path, int) or path is None:
        return False
    name = os.path.abspath(os.fsdecode(path))
    return (os.path.realpath(name) + os.sep).startswith(EVIDENCE)


def refuse(what):
    record = os.open(RECORD, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(record, (what + "\\n").encode())
    os.close(record)
    raise PermissionError("refused by the guard of the test: " + what)


def guard(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if flags & WRITING and is_evidence(path):
            refuse(f"open {path!r} for writing")
    elif event in NETWORK:
        local = arguments and getattr(arguments[0], "family", None) == socket.AF_UNIX
        # A library that plaso imports asks in this way whether there is IPv6.
        probe = event == "socket.bind" and arguments[1] == ("::1", 0)
        if not local and not probe:
            refuse(f"{event} {arguments[1:]!r}")
    elif event in CHANGES:
        names = [item for item in arguments[:2] if isinstance(item, (str, bytes))]
        if any(map(is_evidence, names)):
            refuse(f"{event} {arguments!r}")
    elif event == "sqlite3.connect":
        path = os.fsdecode(arguments[0])
        name = path.split("?")[0].removeprefix("file:")
        if "immutable=1" not in path and is_evidence(name):
            refuse(f"{event} {path!r}")


sys.addaudithook(guard)
'''
EMPTY_NAMESPACE = ["unshare", "--net", "--mount", "--"]
# A private mount of the evidence that the kernel refuses to write to.
READ_ONLY_SCRIPT = (
    'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0"'
    ' && if touch "$0/written" 2> /dev/null; then exit 99; fi; exec "$@"'
)
LATEST = max(android_tables.VERSIONS)
Snapshot = dict[str, tuple[object, ...]]


@dataclass(frozen=True)
class Guarded:
    """Runs commands over evidence with the guard.

    Attributes:
        evidence: folder that must not change.
        work: folder for results.
        record: what the guard refused.
        done: events of what was run already, by name.
    """

    evidence: Path
    work: Path
    record: Path
    done: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Of the commands; Python imports `sitecustomize` before anything else."""
        return {
            **os.environ,
            "PYTHONPATH": str(self.record.parent),
            "GUARD_RECORD": str(self.record),
            "GUARD_EVIDENCE": str(self.evidence),
        }

    def run(
        self, *command: str | Path, in_front: tuple[str | Path, ...] = ()
    ) -> subprocess.CompletedProcess[str]:
        """Runs a command, whatever its status."""
        result = subprocess.run(
            [str(item) for item in (*in_front, *command)],
            cwd=self.work,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert "Traceback" not in result.stderr, result.stderr
        return result

    def refused(self) -> str:
        """What the guard refused so far."""
        return self.record.read_text("utf-8") if self.record.exists() else ""

    def log2timeline(
        self, source: Path, name: str, in_front: tuple[str | Path, ...] = ()
    ) -> list[dict[str, object]]:
        """Events of evidence, in `work` / name / case.plaso."""
        if name in self.done:
            return self.done[name]
        folder = self.work / name
        folder.mkdir()
        storage = folder / "case.plaso"
        result = self.run(
            support.COMMANDS / "log2timeline",
            *("--quiet", "--unattended", "--single_process", "--status_view", "none"),
            *("--parsers", "telegram,telegram_web", "--partitions", "all"),
            *("--telegram_passcodes", self.work / "passcodes.txt"),
            *("--logfile", folder / "log2timeline.log", "--storage-file", storage),
            source,
            in_front=in_front,
        )
        assert result.returncode == 0, result.stdout + result.stderr
        self.done[name] = support.read_events(storage, folder)
        return self.done[name]


def snapshot(folder: Path) -> Snapshot:
    """All there is to see of a folder without reading a file (access times stay out:
    a file system that is mounted for writing sets them for any reader)."""
    found: Snapshot = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        about = path.lstat()
        found[str(path.relative_to(folder))] = (
            about.st_ino,
            about.st_mode,
            about.st_uid,
            about.st_nlink,
            about.st_size,
            about.st_mtime_ns,
            about.st_ctime_ns,
        )
    return found


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def write(folder: Path, files: dict[str, bytes]) -> None:
    """Writes files into a new folder."""
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def make_telephone(folder: Path) -> None:
    """`cache4.db` with a log that no one has written back."""
    folder.mkdir(parents=True)
    making = folder.parent / "making"
    making.mkdir()
    connection = android_database.connect(making / "cache4.db", is_log=True)
    generator = android_database.Generator(connection, LATEST, 1)
    generator.run(60)
    for name in ("cache4.db", "cache4.db-wal"):
        shutil.copy(making / name, folder / name)
    connection.close()
    shutil.rmtree(making)
    assert (folder / "cache4.db-wal").stat().st_size > 100_000


def make_browser(profile: Path) -> None:
    """Local storage and IndexedDB of Chromium, with the files that LevelDB locks."""
    login = {
        "user_auth": '{"id":5211046831,"dcID":2}',
        "dc2_auth_key": '"' + "ab" * 256 + '"',
    }
    files = browser.local_storage([browser.Commit(13_380_000_000_000_000, login)])
    write(profile / "Local Storage" / "leveldb", {**files, "LOCK": b"", "LOG": b""})
    database = browser.IndexedDb()
    database.database(1, "tt-data", {1: "store"})
    database.put(1, 1, "tt-global-state", {"users": []})
    folder = profile / "IndexedDB" / "https_web.telegram.org_0.indexeddb.leveldb"
    write(folder, {**database.files(), "LOCK": b"", "LOG": b""})


def make_evidence(folder: Path) -> None:
    """One of each kind: files, databases with and without key, images."""
    home = folder / "home"
    tdata.build_tdata(home / "TelegramDesktop" / "tdata", PEOPLE[:2], passcode="1234")
    for name in ("desktop-ana-one-account-no-passcode",):
        with tarfile.open(support.TEST_DATA / "samples" / name / "home.tar.gz") as tar:
            tar.extractall(home / name, filter="data")
    make_telephone(folder / "data" / "data" / "org.telegram.messenger" / "files")
    make_browser(home / ".config" / "chromium" / "Default")
    apple_store.make_macos(folder / "mac", "12.2", has_log=True, seed=1)
    directory = folder / "tdlib"
    text = tdlib.message(number=1 << 20, content=tdlib.text_content("kept"))
    # The builder leaves its plain database behind.
    making = folder.parent / "making"
    making.mkdir()
    encrypted = tdlib.database(making, {(5, 1 << 20): text})
    write(
        directory,
        {"db.sqlite": encrypted, "td.binlog": tdlib.log(tdlib.state_records())},
    )
    images = folder / "images"
    images.mkdir()
    for path in (
        support.TEST_DATA / "case" / "telephone.aff4",
        support.TEST_DATA / "case" / "office.E01",
    ):
        shutil.copy(path, images / path.name)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Guarded:
    """Evidence, and the guard."""
    top = tmp_path_factory.mktemp("safety")
    for name in ("work", "guard"):
        (top / name).mkdir()
    (top / "guard" / "sitecustomize.py").write_text(GUARD, encoding="utf-8")
    (top / "work" / "passcodes.txt").write_text("1234\ncucumber\n", encoding="utf-8")
    make_evidence(top / "evidence")
    for path in (top / "evidence").rglob("*"):
        if path.is_file():
            path.chmod(0o444)
    return Guarded(top / "evidence", top / "work", top / "guard" / "record")


@pytest.fixture
def unchanged(guarded: Guarded) -> Callable[[], None]:
    """A check that evidence is what it was, and that nothing was refused."""
    contents = hashes(guarded.evidence)
    before = snapshot(guarded.evidence)
    guarded.record.unlink(missing_ok=True)

    def check() -> None:
        assert guarded.refused() == ""
        assert snapshot(guarded.evidence) == before
        assert hashes(guarded.evidence) == contents

    return check


# Each of these reads something that a careless reader would write beside.
EXPECTED = {
    "sqlite/telegram_android_database",
    "sqlite/telegram_apple_database",
    "sqlite/telegram_tdlib_database",
    "telegram_desktop",
    "telegram_tdlib_binlog",
    "telegram_web_indexed_db",
    "telegram_web_local_storage",
}


def test_guard_sees(guarded: Guarded) -> None:
    """The guard itself: a test of what it refuses would pass without it."""
    database = guarded.evidence / "tdlib" / "db.sqlite"
    for code in (
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "import socket; socket.gethostbyname('localhost')",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
        f"open({str(database)!r}, 'r+b')",
        f"import sqlite3; sqlite3.connect({str(database)!r})",
        f"import os; os.utime({str(database)!r})",
        f"import os; os.mkdir({str(database.parent / 'new')!r})",
    ):
        guarded.record.unlink(missing_ok=True)
        result = subprocess.run(
            [sys.executable, "-c", code],
            env=guarded.environment,
            capture_output=True,
            check=False,
        )
        assert result.returncode == 1, code
        assert guarded.refused(), code


def test_snapshot_sees(tmp_path: Path) -> None:
    """A side file that is gone again leaves its mark on the folder."""
    (tmp_path / "file").write_bytes(b"1")
    before = snapshot(tmp_path)
    (tmp_path / "file-wal").write_bytes(b"2")
    (tmp_path / "file-wal").unlink()
    assert snapshot(tmp_path) != before


def test_folder(guarded: Guarded, unchanged: Callable[[], None]) -> None:
    """Stock log2timeline over a folder of all kinds of evidence."""
    events = guarded.log2timeline(guarded.evidence, "folder")
    unchanged()
    assert {item["parser"] for item in events} >= EXPECTED


@pytest.mark.parametrize("name", ["telephone.aff4", "office.E01"])
def test_image(guarded: Guarded, unchanged: Callable[[], None], name: str) -> None:
    """Stock log2timeline over images."""
    events = guarded.log2timeline(guarded.evidence / "images" / name, name)
    unchanged()
    assert any("telegram" in str(item["data_type"]) for item in events)


def test_own_commands(guarded: Guarded, unchanged: Callable[[], None]) -> None:
    """Each command of ours, over evidence and over results, which are evidence, too."""
    command = support.COMMANDS / "telegram-forensics"
    work = guarded.work
    image = guarded.evidence / "images" / "telephone.aff4"
    for name, *arguments in (
        (
            "extract",
            "extract",
            guarded.evidence,
            "-o",
            work / "files",
            "--passcodes",
            work / "passcodes.txt",
        ),
        ("aff4 info", "aff4", "info", image),
        ("timesketch", "timesketch", "-o", work / "timesketch"),
        ("info", "info", "--json"),
    ):
        result = guarded.run(command, *arguments)
        assert result.returncode == 0, (name, result.stdout, result.stderr)
        assert result.stdout or name == "timesketch"
    # No hash is recorded in it: status 2.
    assert guarded.run(command, "aff4", "verify", image).returncode in (0, 2)
    assert (work / "files" / "manifest.csv").exists()
    unchanged()


def test_report(
    guarded: Guarded, unchanged: Callable[[], None], tmp_path: Path
) -> None:
    """The report reads storage files and does not touch them."""
    image = "office.E01"
    guarded.log2timeline(guarded.evidence / "images" / image, image)
    storages = tmp_path / "storages"
    storages.mkdir()
    shutil.copy(guarded.work / image / "case.plaso", storages / "case.plaso")
    before, contents = snapshot(storages), hashes(storages)
    on_storages = Guarded(storages, tmp_path, guarded.record)
    result = on_storages.run(
        support.COMMANDS / "telegram-forensics",
        *("report", storages / "case.plaso", "--quiet"),
        *("-o", tmp_path / "report.html", "--json", tmp_path / "report.json"),
        *("--csv", tmp_path / "report.csv", "--xlsx", tmp_path / "report.xlsx"),
    )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "report.html").stat().st_size > 10_000
    assert (snapshot(storages), hashes(storages)) == (before, contents)
    unchanged()


def test_read_only_mount_without_network(
    guarded: Guarded, unchanged: Callable[[], None]
) -> None:
    """The same folder, where the kernel lets nothing write and there is no network.

    Its events are those of the run without, and here access times stay as well.
    """
    evidence = str(guarded.evidence)
    closed = (*EMPTY_NAMESPACE, "sh", "-c", READ_ONLY_SCRIPT, evidence)
    is_there = shutil.which("unshare") is not None
    if not is_there or subprocess.run([*closed, "true"], check=False).returncode:
        pytest.skip("no namespaces of one's own here")
    usual = guarded.log2timeline(guarded.evidence, "folder")
    before = {path: path.stat().st_atime_ns for path in guarded.evidence.rglob("*")}
    events = guarded.log2timeline(guarded.evidence, "read_only", closed)
    after = {path: path.stat().st_atime_ns for path in guarded.evidence.rglob("*")}
    assert before == after
    unchanged()

    def stable(items: list[dict[str, object]]) -> list[str]:
        return sorted(str(sorted(item.items())) for item in items)

    assert stable(events) == stable(usual)
