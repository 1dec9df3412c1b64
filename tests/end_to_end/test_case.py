"""The model case with the stock tools: two images, two storage files, one report."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from telegram_forensics.report import ingest
from tests.builders import case

COMMANDS = Path(sys.executable).parent
IMAGES = Path(__file__).resolve().parents[2] / "test_data" / "case"


@pytest.fixture(scope="module")
def storages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Storage files of the telephone and of the computer."""
    folder = tmp_path_factory.mktemp("case")
    storages = []
    for name in ("telephone.aff4", "office.E01"):
        storage = folder / f"{name}.plaso"
        subprocess.run(
            [
                COMMANDS / "log2timeline",
                "--quiet",
                "--unattended",
                "--single_process",
                "--status_view=none",
                f"--logfile={folder / name}.log.gz",
                f"--storage-file={storage}",
                IMAGES / name,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        storages.append(storage)
    return storages


def report(storages: list[Path], folder: Path, text: str | None) -> dict[str, Any]:
    """The JSON report, with a case file or without."""
    target = folder / "report.json"
    arguments: list[str | Path] = []
    if text is not None:
        path = folder / "case.yaml"
        path.write_text(text, encoding="utf-8")
        arguments = ["--case", path]
    done = subprocess.run(
        [
            COMMANDS / "telegram-forensics",
            "report",
            *storages,
            *arguments,
            "--json",
            target,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(target.read_text("utf-8"))


def pointing(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Findings that point beyond the owner."""
    return [item for item in found["findings"] if item["rule"][3] in "12"]


def test_findings(storages: list[Path], tmp_path: Path) -> None:
    """Each planted fact is found, nothing is asserted that was not planted."""
    found = report(storages, tmp_path, case.CASE)
    assert [item["rule"] for item in pointing(found)] == case.TRUTH["rules"]
    surplus, controlled = pointing(found)
    # The count names candidates: those without a trace of their own.
    assert set(case.TRUTH["denied"]) <= {
        item["message_identifier"] for item in surplus["messages"]
    }
    assert "12 outgoing messages" in surplus["statement"]
    assert "9 traces" in surplus["statement"]
    assert [
        item["message_identifier"] for item in controlled["messages"]
    ] == case.TRUTH["denied"]
    assert case.PARTNER in controlled["statement"]
    assert controlled["start_time"] == "2026-11-20T18:29:40Z"
    assert controlled["end_time"] == "2026-11-20T18:36:12Z"
    assert controlled["account_identifier"] == str(case.OWNER)
    for item in (surplus, controlled):
        assert item["not_excluded"]
        assert item["would_decide"]


def test_sessions(storages: list[Path], tmp_path: Path) -> None:
    """Two sessions of the account, each in its image."""
    found = report(storages, tmp_path, case.CASE)
    sessions = {
        item["session_identifier"]: {place["image"] for place in item["places"]}
        for item in found["sessions"]
        if item["match"] in ("key", "matched")
    }
    assert sessions == {
        case.TRUTH["phone_session"]: {"telephone.aff4"},
        case.TRUTH["desktop_session"]: {"office.E01"},
    }
    states = {
        (item["image"], item["name"]): item["status"] for item in found["sources"]
    }
    assert states["office.E01", "TeamViewer connections"] == "parsed"
    assert states["telephone.aff4", "Telegram for Android messages"] == "parsed"
    assert states["office.E01", "RDP (Windows event logs)"] == "parsed"
    # The parser is not one for telephones.
    assert states["telephone.aff4", "RDP (Windows event logs)"] == "parser_not_run"


def test_code_by_sms(storages: list[Path], tmp_path: Path) -> None:
    """The SMS that opened the telephone's own login is a neutral fact."""
    found = report(storages, tmp_path, case.CASE)
    (fact,) = [item for item in found["findings"] if "by SMS" in item["statement"]]
    assert fact["rule"] == "TF-010"
    assert fact["start_time"] == "2026-11-01T07:59:20Z"
    assert fact["evidence"][0]["image"] == "telephone.aff4"


def test_remote_sessions(storages: list[Path]) -> None:
    """Every connection to the computer, with partner, start and end."""
    evidence = ingest.collect(storages)
    rdp = case.TRUTH["rdp"]
    found = {
        (item.tool, item.start, item.end, item.remote_identifier, item.has_input)
        for item in evidence.remote
    }
    assert found == {
        ("RDP", rdp["start"], rdp["end"], rdp["address"], True),
        ("TeamViewer", *case.WINDOW, case.PARTNER, True),
        (
            "TeamViewer",
            case.utc("2026-11-20 12:00:00"),
            case.utc("2026-11-20 13:00:00"),
            case.ADMITTED_PARTNER,
            True,
        ),
        (
            "TeamViewer",
            case.utc("2026-11-20 14:00:00"),
            case.utc("2026-11-20 14:02:00"),
            case.PARTNER,
            False,
        ),
    }
    # A connection at the keyboard is none, and its unlock is a sign of presence.
    unlocks = [item for item in evidence.presence if item.kind == "unlock"]
    assert [item.start for item in unlocks] == [case.utc("2026-11-20 18:45:10")]
    visits = [item for item in evidence.presence if "visited" in item.words]
    assert [item.start for item in visits] == [case.TRUTH["web_visit"]]


def test_committed_ground_truth() -> None:
    """The files beside the images say what the builder put into them."""
    truth = json.loads((IMAGES / "truth.json").read_text("utf-8"))
    hashes = truth.pop("sha256")
    assert truth == json.loads(json.dumps(case.TRUTH))
    assert (IMAGES / "case.yaml").read_text("utf-8") == case.CASE
    for name, value in hashes.items():
        assert hashlib.sha256((IMAGES / name).read_bytes()).hexdigest() == value


def test_disputed_messages(storages: list[Path], tmp_path: Path) -> None:
    """What the data sets say of each message of the disputed chat and period."""
    found = report(storages, tmp_path, case.CASE)
    disputed = {
        item["messages"][0]["message_identifier"]
        for item in found["findings"]
        if item["rule"] == "TF-020"
    }
    assert disputed == {*case.TRUTH["denied"], "160"}


def test_without_case_file(storages: list[Path], tmp_path: Path) -> None:
    """Without it nothing is disputed, and the facts stay what they are."""
    found = report(storages, tmp_path, None)
    rules = [item["rule"] for item in pointing(found)]
    assert rules == ["TF-101", "TF-102", "TF-102"]
    assert not [item for item in found["findings"] if item["rule"] == "TF-020"]


def test_admitted_partner(storages: list[Path], tmp_path: Path) -> None:
    """The partner is the owner's own machine: no finding of remote control."""
    both = f'"{case.ADMITTED_PARTNER}", "{case.PARTNER}"'
    text = case.CASE.replace(f'"{case.ADMITTED_PARTNER}"', both)
    assert text != case.CASE
    found = report(storages, tmp_path, text)
    assert [item["rule"] for item in pointing(found)] == ["TF-101"]


def test_telephone_alone(storages: list[Path], tmp_path: Path) -> None:
    """Without the computer the surplus is all that can be said."""
    found = report(storages[:1], tmp_path, case.CASE)
    assert [item["rule"] for item in pointing(found)] == ["TF-101"]
    # The case file names a computer that is not there.
    (problem,) = found["problems"]
    assert "office.E01" in problem
