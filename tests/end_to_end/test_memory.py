"""What log2timeline takes of memory for inputs that are large, or that become large."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.builders import large_inputs
from tests.end_to_end import support

LIMIT = 512 << 20
MEBIBYTE = 1 << 20
# Just below what is read at all, where there is such a limit: these take most.
SIZES: dict[str, float] = {
    "android_value": 66,
    "apple_value": 66,
    "sqlcipher_database": 66,
    "desktop_log": 0.1,
    "desktop_log_line": 32,
    "desktop_key_file": 66,
    "desktop_cache_index": 0.1,
    "export_json": 0.1,
    "export_html": 0.1,
    "android_preferences": 30,
    "tdlib_binlog": 60,
    "local_storage": 24,
    "snappy_bomb": 46,
    "web_state": 44,
    "indexed_db_blob": 46,
    "cache_storage": 60,
    "firefox_bomb": 46,
    "anydesk_trace": 0.1,
    "teamviewer_log": 32,
    "aff4_chunk": 60,
    "aff4_map": 5,
}
# Those of which nothing comes out, by their nature.
SILENT = {"snappy_bomb", "firefox_bomb", "aff4_chunk", "aff4_map"}
# A process keeps some of what it had for earlier files: two runs.
WEB = {
    *("local_storage", "snappy_bomb", "web_state", "indexed_db_blob", "cache_storage"),
    "firefox_bomb",
}
# Files that are evidence by themselves, not part of a file system.
IMAGES = ("aff4_chunk", "aff4_map")


# A process that is started counts the memory of the one that starts it: ours is large.
MEASURE = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[2:], cwd=sys.argv[1], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss * 1024)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def _run(source: Path, folder: Path) -> int:
    """Most memory of log2timeline over a source, in bytes."""
    result = support.run(
        *(sys.executable, "-c", MEASURE, folder),
        *(support.COMMANDS / "log2timeline", "--quiet", "--unattended"),
        *("--status_view", "none", "--single_process", "--parsers", "telegram"),
        *("--hashers", "none"),
        *("--logfile", folder / "log", "--storage-file", folder / "case.plaso"),
        source,
        folder=folder,
    )
    return int(result.stdout)


def _sources(storage: Path, folder: Path) -> str:
    """Paths of the files that event data came from."""
    script = (
        "import sys\n"
        "from plaso.storage import factory\n"
        "reader = factory.StorageFactory.CreateStorageReaderForFile(sys.argv[1])\n"
        "streams = {str(item.GetIdentifier().CopyToString()): item.path_spec\n"
        "           for item in reader.GetAttributeContainers('event_data_stream')}\n"
        "used = {item.GetEventDataStreamIdentifier().CopyToString()\n"
        "        for item in reader.GetAttributeContainers('event_data')}\n"
        "print([streams[item].comparable for item in used])\n"
    )
    return support.run(sys.executable, "-c", script, storage, folder=folder).stdout


def _make(name: str, folder: Path) -> None:
    # In a process of its own, or log2timeline starts with our memory.
    folder.mkdir()
    script = (
        "import pathlib, sys; from tests.builders import large_inputs;"
        "large_inputs.MAKERS[sys.argv[1]](pathlib.Path(sys.argv[2]), int(sys.argv[3]))"
    )
    size = str(int(SIZES[name] * MEBIBYTE))
    support.run(
        *(sys.executable, "-c", script, name, folder, size),
        folder=support.REPOSITORY,
    )


def test_every_input_has_a_size() -> None:
    """Nothing is left out of the test below."""
    assert set(SIZES) == set(large_inputs.MAKERS)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="memory cannot be told here")
@pytest.mark.parametrize("is_web", [True, False])
def test_folder(is_web: bool, tmp_path: Path) -> None:
    """Several in one run: if each stays below, their most does."""
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    names = [name for name in SIZES if name not in IMAGES and (name in WEB) == is_web]
    for name in names:
        _make(name, evidence / name)
    peak = _run(evidence, tmp_path)
    told = _sources(tmp_path / "case.plaso", tmp_path)
    warned = "\n".join(support.warnings(tmp_path / "case.plaso", tmp_path))
    for name in names:
        assert name in SILENT or f"/{name}/" in told, name
    reason = "too many values" if is_web else "of more than 64 MiB are not read"
    assert reason in warned
    assert peak < LIMIT, f"{peak / MEBIBYTE:.0f} MiB"


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "wait4"), reason="memory cannot be told here")
@pytest.mark.parametrize("name", IMAGES)
def test_image(name: str, tmp_path: Path) -> None:
    """Chunks and maps that grow when they are unpacked."""
    _make(name, tmp_path / "evidence")
    (image,) = (tmp_path / "evidence").iterdir()
    peak = _run(image, tmp_path)
    assert peak < LIMIT, f"{peak / MEBIBYTE:.0f} MiB"
