"""What a Timesketch server needs: stock psort without our package reads our events."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from telegram_forensics.autoload import DISABLE_VARIABLE
from tests.end_to_end import support

COMMANDS = Path(sys.executable).parent
# What its importer wants of every line.
FIELDS = {"timestamp", "message", "timestamp_desc"}


def words(event: dict[str, Any]) -> str:
    """The message; stock psort writes lists with their brackets and quotes."""
    return event["message"].translate(dict.fromkeys(map(ord, "[]'")))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the command writes."""
    folder = tmp_path_factory.mktemp("timesketch") / "new" / "folder"
    subprocess.run(
        [COMMANDS / "telegram-forensics", "timesketch", "-o", folder], check=True
    )
    return folder


def test_stock_psort(files: Path, tmp_path: Path) -> None:
    """Upload of the .plaso: the server's psort has the formatters file only."""
    storage = tmp_path / "case.plaso"
    # Path specifications of AFF4 and TDATA are known to our package only, see the docs.
    source = support.TEST_DATA / "android_telegram.E01"
    common = ["--quiet", "--unattended", "--status_view=none"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.run(
        [
            COMMANDS / "log2timeline",
            *common,
            "--single_process",
            "--parsers=telegram",
            f"--logfile={tmp_path / 'log.gz'}",
            f"--storage-file={storage}",
            source,
        ],
        check=True,
        **quiet,
    )
    ours, stock = tmp_path / "ours.jsonl", tmp_path / "stock.jsonl"
    for target, options, variables in (
        (ours, [], {}),
        (
            stock,
            [
                f"--custom_formatter_definitions={files / 'telegram_formatters.yaml'}",
            ],
            {DISABLE_VARIABLE: "1"},
        ),
    ):
        subprocess.run(
            [
                COMMANDS / "psort",
                *common,
                f"--logfile={tmp_path / 'psort.gz'}",
                "-o",
                "json_line",
                *options,
                "-w",
                target,
                storage,
                "data_type contains 'telegram'",
            ],
            check=True,
            env={**os.environ, **variables},
            **quiet,
        )
    events = [json.loads(line) for line in stock.read_text("utf-8").splitlines()]
    assert len(events) > 1000
    assert all(event.keys() >= FIELDS for event in events)
    expected = [json.loads(line) for line in ours.read_text("utf-8").splitlines()]
    assert [words(event) for event in events] == [words(event) for event in expected]
    assert any("origin: this_installation" in event["message"] for event in events)
    # OpenSearch loses digits of larger numbers.
    for event in events:
        for value in event.values():
            if isinstance(value, int) and not isinstance(value, bool):
                assert abs(value) < 2**53


def test_tagger_rules(files: Path) -> None:
    """Each rule has what the tagger wants, in words that accuse nobody."""
    rules = yaml.safe_load((files / "telegram_tags.yaml").read_text("utf-8"))
    assert len(rules) >= 8
    for name, rule in rules.items():
        assert name.startswith("telegram_")
        assert set(rule) == {"query_string", "tags", "save_search", "search_name"}
        assert rule["tags"]
        assert all(isinstance(tag, str) for tag in rule["tags"])


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """An error in words, no traceback."""
    blocked = tmp_path / "file"
    blocked.write_text("x")
    done = subprocess.run(
        [COMMANDS / "telegram-forensics", "timesketch", "-o", blocked],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
