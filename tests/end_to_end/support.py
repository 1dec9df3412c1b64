"""Runs the stock tools as an examiner would: as commands, in processes of their own."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
TEST_DATA = REPOSITORY / "test_data"
GROUND_TRUTH: dict[str, Any] = json.loads(
    (TEST_DATA / "ground_truth.json").read_text(encoding="utf-8")
)
COMMANDS = pathlib.Path(sys.executable).parent
START_METHOD_SCRIPT = """
import multiprocessing, sys
if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv.pop(1))
    from plaso.scripts import log2timeline
    sys.exit(log2timeline.Main())
"""


@dataclass(frozen=True)
class Timeline:
    """What log2timeline and psort made of some evidence.

    Attributes:
        storage: the .plaso file.
        events: events as psort's json_line has them.
        output: everything that log2timeline printed and logged.
    """

    storage: pathlib.Path
    events: list[dict[str, Any]]
    output: str

    def of_type(self, data_type: str) -> list[dict[str, Any]]:
        """One record for each event data of a type, whatever number of times it has."""
        found = {}
        for event in self.events:
            if event["data_type"] == data_type:
                record = {
                    key: value
                    for key, value in event.items()
                    if key not in ("date_time", "timestamp", "timestamp_desc")
                }
                found[json.dumps(record, sort_keys=True)] = record
        return list(found.values())

    @property
    def logins(self) -> list[dict[str, Any]]:
        """Sessions out of authorization files; exports and debug logs repeat some."""
        return [
            item
            for item in self.of_type("telegram:session")
            if item["attribution_basis"] == "tdata_authorization"
        ]

    @property
    def accounts(self) -> list[dict[str, Any]]:
        """Accounts of storages; exports repeat some."""
        return [
            item
            for item in self.of_type("telegram:account")
            if item["attribution_basis"].startswith("tdata_")
        ]


def run(
    *arguments: str | os.PathLike[str],
    folder: pathlib.Path,
    environment: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Runs a command; a failure shows its output."""
    result = subprocess.run(
        [str(argument) for argument in arguments],
        cwd=folder,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    assert "Traceback" not in result.stderr, result.stderr
    return result


def make_timeline(
    source: pathlib.Path,
    folder: pathlib.Path,
    *options: str | os.PathLike[str],
    start_method: str | None = None,
    environment: dict[str, str] | None = None,
) -> Timeline:
    """Runs log2timeline over a source, then psort."""
    storage = folder / "case.plaso"
    log = folder / "log2timeline.log"
    command: list[str | os.PathLike[str]] = [COMMANDS / "log2timeline"]
    if start_method:
        script = folder / "start.py"
        script.write_text(START_METHOD_SCRIPT, encoding="utf-8")
        command = [sys.executable, script, start_method]
    result = run(
        *command,
        "--quiet",
        "--unattended",
        "--status_view",
        "none",
        "--logfile",
        log,
        *options,
        "--storage-file",
        storage,
        source,
        folder=folder,
        environment=environment,
    )
    output = result.stdout + result.stderr + log.read_text(encoding="utf-8")
    return Timeline(storage, read_events(storage, folder), output)


def read_events(storage: pathlib.Path, folder: pathlib.Path) -> list[dict[str, Any]]:
    """Runs psort over a storage file."""
    target = folder / "events.jsonl"
    run(
        COMMANDS / "psort",
        "--quiet",
        "--unattended",
        "--status_view",
        "none",
        "--logfile",
        folder / "psort.log",
        "-o",
        "json_line",
        "-w",
        target,
        storage,
        folder=folder,
    )
    with open(target, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def warnings(storage: pathlib.Path, folder: pathlib.Path) -> list[str]:
    """Extraction warnings of a storage file, read with plaso's own reader."""
    script = (
        "import sys\n"
        "from plaso.storage import factory\n"
        "reader = factory.StorageFactory.CreateStorageReaderForFile(sys.argv[1])\n"
        "for kind in ('extraction_warning', 'recovery_warning',\n"
        "             'timelining_warning', 'preprocessing_warning'):\n"
        "    for item in reader.GetAttributeContainers(kind):\n"
        "        print(kind, item.message)\n"
    )
    result = run(sys.executable, "-c", script, storage, folder=folder)
    return result.stdout.splitlines()
