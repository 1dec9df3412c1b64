"""plaso's task storage in a Redis server: the same events as in files."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end import support

# plaso knows this address only.
ADDRESS = ("127.0.0.1", 6379)
redis = pytest.importorskip("redis", reason="plaso has no Redis client here")


def _is_there() -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(ADDRESS) == 0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[object]:
    """A client of a Redis server that keeps nothing on the disk."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server here")
    if _is_there():
        pytest.skip("a Redis server runs here already, and plaso has one address")
    options = ("--bind", ADDRESS[0], "--port", str(ADDRESS[1]), "--save", "")
    process = subprocess.Popen(
        [program, *options, "--appendonly", "no", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            if _is_there():
                break
            assert process.poll() is None, "redis-server ended"
            time.sleep(0.1)
        yield redis.Redis(*ADDRESS)
    finally:
        process.terminate()
        process.wait(30)


def counted(timeline: support.Timeline) -> Counter[str]:
    """Events without their order."""
    return Counter(str(sorted(item.items())) for item in timeline.events)


def skip_if_plaso_loses_events(folder: Path) -> None:
    """plaso alone, with a stock parser: 20260720 stores no event that went by Redis."""
    folder.mkdir()
    (folder / "evidence").mkdir()
    (folder / "evidence" / "file").write_bytes(b"1")
    timeline = support.make_timeline(
        folder / "evidence",
        folder,
        *("--workers", "1", "--parsers", "filestat", "--task_storage_format", "redis"),
        environment={"TELEGRAM_FORENSICS_DISABLE": "1"},
    )
    if not timeline.events:
        pytest.skip("this plaso loses every event in Redis, without us as well")


def test_same_events(tmp_path: Path, server: object) -> None:
    """Workers that give their events to Redis, and workers that write files."""
    skip_if_plaso_loses_events(tmp_path / "plaso")
    image = support.TEST_DATA / "case" / "office.E01"
    found = {}
    for name in ("sqlite", "redis"):
        folder = tmp_path / name
        folder.mkdir()
        found[name] = support.make_timeline(
            image, folder, *("--workers", "2", "--task_storage_format", name)
        )
    used = server.info("commandstats")  # type: ignore[attr-defined]
    # The events went that way: the server has counted them.
    assert used["cmdstat_hset"]["calls"] + used["cmdstat_hsetnx"]["calls"] > 100
    assert counted(found["redis"]) == counted(found["sqlite"])
    assert found["redis"].logins
    assert support.warnings(found["redis"].storage, tmp_path / "redis") == (
        support.warnings(found["sqlite"].storage, tmp_path / "sqlite")
    )
