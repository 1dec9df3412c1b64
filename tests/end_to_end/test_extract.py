"""`telegram-forensics extract` on the committed images."""

from __future__ import annotations

import csv
import hashlib
import json
import pathlib

import pytest
from PIL import Image

from telegram_forensics import extract
from tests.end_to_end import support

IMAGE = support.TEST_DATA / "windows_telegram.E01"
PASSCODES = support.TEST_DATA / "passcodes.txt"


def run_extract(
    source: pathlib.Path, folder: pathlib.Path, *options: str | pathlib.Path
) -> list[dict[str, str]]:
    """Runs the command; the rows of the manifest."""
    target = folder / "decrypted"
    command = support.COMMANDS / "telegram-forensics"
    support.run(command, "extract", source, "-o", target, *options, folder=folder)
    with (target / "manifest.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def known_hashes() -> set[str]:
    """SHA-256 of every file that the made-up service gave out."""
    found = set()
    for path in (support.TEST_DATA / "samples").glob("*/truth.json"):
        world = json.loads(path.read_text("utf-8")).get("world", {})
        for value in world.get("files", {}).values():
            found |= {value["sha256"], value.get("sha256_half_size_m", "")}
    return found


def test_image(tmp_path: pathlib.Path) -> None:
    """Pictures open and are the service's; log2timeline hashes the same bytes."""
    before = hashlib.sha256(IMAGE.read_bytes()).hexdigest()
    rows = run_extract(IMAGE, tmp_path, "--passcodes", PASSCODES)
    assert hashlib.sha256(IMAGE.read_bytes()).hexdigest() == before
    target = tmp_path / "decrypted"
    written = {
        path.relative_to(target).as_posix()
        for path in target.rglob("*")
        if path.is_file()
    }
    assert written == {row["file"] for row in rows if row["file"]} | {"manifest.csv"}
    known = known_hashes()
    pictures = 0
    for row in rows:
        if row["tdata_location"].endswith("/mtp_authorization"):
            assert not row["file"]
            assert "never written" in row["note"]
            continue
        data = (target / row["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == row["sha256"]
        assert int(row["size"]) == len(data)
        assert row["modified_utc"].startswith("2026-11-")
        if row["type"].startswith("image/"):
            assert row["sha256"] in known
            assert row["account"]
            assert row["meaning"]
            Image.open(target / row["file"]).load()
            pictures += 1
    assert pictures >= 6

    timeline = support.make_timeline(
        IMAGE,
        tmp_path,
        "--parsers",
        "telegram,filestat",
        "--telegram_passcodes",
        PASSCODES,
    )
    hashed = {
        (event["display_name"].removeprefix("TDATA:"), event["sha256_hash"])
        for event in timeline.events
        if event["display_name"].startswith("TDATA:") and event.get("sha256_hash")
    }
    assert {
        (row["tdata_location"], row["sha256"]) for row in rows if row["file"]
    } == hashed


def test_without_passcode(tmp_path: pathlib.Path) -> None:
    """What is locked is left out, the rest is there."""
    rows = run_extract(IMAGE, tmp_path)
    sources = {row["source"] for row in rows}
    assert len(sources) == 3
    (locked,) = (s for s in sources if r"Marta\AppData\Roaming\Telegram Desktop" in s)
    # No passcode protects the global settings.
    assert [row["tdata_location"] for row in rows if row["source"] == locked] == [
        "/settings"
    ]


def test_refusals(tmp_path: pathlib.Path) -> None:
    """Nothing is overwritten, and nothing is written into the evidence."""
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    (evidence / "x").write_bytes(b"")

    def run(source: pathlib.Path, target: pathlib.Path) -> None:
        extract.extract(str(source), target, [], False, lambda text: None)

    with pytest.raises(extract.ExtractError, match="is there already"):
        run(evidence, evidence)
    with pytest.raises(extract.ExtractError, match="lies in the source"):
        run(evidence, evidence / "new")
    with pytest.raises(extract.ExtractError, match="unable to open"):
        run(tmp_path / "missing.E01", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["evidence", "x"]
