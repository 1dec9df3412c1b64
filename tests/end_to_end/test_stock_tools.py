"""The other stock tools, the switch, and what must never leave the evidence."""

from __future__ import annotations

import base64
import hashlib
import json
import pathlib
import sqlite3
import tarfile
import zlib
from collections.abc import Iterator

import pytest

from tests.end_to_end import support

IMAGE = support.TEST_DATA / "windows_telegram.E01"
SHARED_SAMPLES = support.REPOSITORY.parent / "shared" / "samples" / "tdata"


@pytest.fixture(scope="module")
def timeline(tmp_path_factory: pytest.TempPathFactory) -> support.Timeline:
    """A full run with hashers over the demo image."""
    return support.make_timeline(
        IMAGE,
        tmp_path_factory.mktemp("full"),
        "--workers",
        "2",
        "--hashers",
        "md5,sha1,sha256",
        "--debug",
        "--telegram_passcodes",
        support.TEST_DATA / "passcodes.txt",
    )


def test_psteal(tmp_path: pathlib.Path) -> None:
    """psteal takes the passcodes and writes Telegram events."""
    target = tmp_path / "timeline.csv"
    support.run(
        support.COMMANDS / "psteal",
        "--quiet",
        "--unattended",
        "--status_view",
        "none",
        "--telegram_passcodes",
        support.TEST_DATA / "passcodes.txt",
        "--storage_file",
        tmp_path / "case.plaso",
        "--source",
        IMAGE,
        "-o",
        "dynamic",
        "-w",
        target,
        folder=tmp_path,
    )
    text = target.read_text(encoding="utf-8")
    assert "Session ba17aaf2eb518876" in text
    assert "Session 473bc11ede6662fe" in text


def test_image_export(tmp_path: pathlib.Path) -> None:
    """image_export is not disturbed and does not run into decrypted files."""
    support.run(
        support.COMMANDS / "image_export",
        "--quiet",
        "--unattended",
        "--names",
        "key_datas",
        "-w",
        tmp_path / "export",
        IMAGE,
        folder=tmp_path,
    )
    exported = list((tmp_path / "export").rglob("key_datas*"))
    assert len([path for path in exported if path.is_file()]) == 3


def test_pinfo_and_psort_open_decrypted_path_specs(
    timeline: support.Timeline, tmp_path: pathlib.Path
) -> None:
    """Storage files with our path specifications open in tools that load no parser."""
    result = support.run(support.COMMANDS / "pinfo", timeline.storage, folder=tmp_path)
    assert "telegram:session" in result.stdout
    hashes = {
        event["display_name"]: event.get("sha256_hash")
        for event in timeline.events
        if event["display_name"].startswith("TDATA:")
    }
    assert hashes["TDATA:/settings"]
    assert hashes["TDATA:/accounts/0/mtp_authorization"] is None


def test_disabled(tmp_path: pathlib.Path) -> None:
    """TELEGRAM_FORENSICS_DISABLE=1 leaves the stock tool as it was."""
    timeline = support.make_timeline(
        IMAGE, tmp_path, environment={"TELEGRAM_FORENSICS_DISABLE": "1"}
    )
    assert timeline.events
    assert {event["data_type"] for event in timeline.events} == {"fs:stat"}


def test_unreadable_passcode_file(tmp_path: pathlib.Path) -> None:
    """A wrong path or a binary file ends the tool with a reason, before it works."""
    for name, content in (("missing", None), ("binary", b"\xff\xfe\x00")):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(AssertionError) as failure:
            support.make_timeline(IMAGE, tmp_path, "--telegram_passcodes", str(path))
        assert "Unable to read Telegram passcodes" in str(failure.value)
        assert not (tmp_path / "case.plaso").exists()


def test_no_key_material_leaves_the_evidence(
    timeline: support.Timeline, tmp_path: pathlib.Path
) -> None:
    """Neither storage file, output, warnings nor debug log hold a key or passcode."""
    secrets = list(secret_values())
    assert len(secrets) >= 8
    haystacks = [
        timeline.output.encode("utf-8"),
        json.dumps(timeline.events, ensure_ascii=False).encode("utf-8"),
        *stored_blobs(timeline.storage),
    ]
    for log in timeline.storage.parent.glob("*.log*"):
        haystacks.append(log.read_bytes())
    for secret in secrets:
        # 24 bytes anywhere in a key are enough to betray it.
        for part in (secret[:24], secret[100:124], secret[-24:]):
            for form in (
                part,
                part.hex().encode(),
                part.hex().upper().encode(),
                base64.b64encode(part),
                repr(part)[2:-1].encode(),
            ):
                assert not any(form in haystack for haystack in haystacks)
    assert not any(b"Pier7" in haystack for haystack in haystacks)


def secret_values() -> Iterator[bytes]:
    """Local and authorization keys of the profiles in the demo image."""
    for path in sorted((support.TEST_DATA / "samples").glob("*/truth.json")):
        if path.parent.name.endswith(("marta-one-account-no-passcode", "copied-tdata")):
            continue
        truth = json.loads(path.read_text(encoding="utf-8"))
        yield bytes.fromhex(truth["local_key_hex"])
        for account in truth["accounts"]:
            for key in account["auth_keys"].values():
                yield bytes.fromhex(key["key_hex"])


def stored_blobs(storage: pathlib.Path) -> Iterator[bytes]:
    """Everything in a .plaso file, decompressed where it is compressed."""
    yield storage.read_bytes()
    connection = sqlite3.connect(f"file:{storage}?mode=ro", uri=True)
    tables = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        )
    ]
    for table in tables:
        for row in connection.execute(f'SELECT * FROM "{table}"'):
            for value in row:
                if isinstance(value, bytes):
                    try:
                        yield zlib.decompress(value)
                    except zlib.error:
                        yield value
                elif isinstance(value, str):
                    yield value.encode("utf-8")
    connection.close()


@pytest.mark.skipif(not SHARED_SAMPLES.is_dir(), reason="samples are not here")
@pytest.mark.parametrize("passcodes", ["right", "wrong"])
def test_real_samples(passcodes: str, tmp_path: pathlib.Path) -> None:
    """All profiles that the real client wrote, in one run of the stock tools."""
    evidence = tmp_path / "evidence"
    expected = set()
    locked = set()
    candidates = []
    for path in sorted(SHARED_SAMPLES.glob("*/truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        name = path.parent.name
        for archive in path.parent.glob("*.tar.gz"):
            with tarfile.open(archive) as tar:
                tar.extractall(evidence / name, filter="data")
        passcode = truth.get("passcode") or ""
        if passcode:
            candidates.append(passcode)
        for account in truth["accounts"]:
            key = account["auth_keys"][str(account["main_dc"])]
            if passcode and passcodes != "right":
                locked.add((name, str(account["index"])))
                continue
            expected.add(
                (
                    name,
                    str(account["user_id"]),
                    account["main_dc"],
                    session_identifier(key),
                )
            )
    path = tmp_path / "passcodes.txt"
    wrong = [f"{text}x" for text in candidates]
    lines = {"right": wrong + candidates, "wrong": wrong}[passcodes]
    path.write_text("\n".join(lines), encoding="utf-8")
    timeline = support.make_timeline(
        evidence,
        tmp_path,
        "--parsers",
        "telegram",
        "--workers",
        "2",
        "--telegram_passcodes",
        path,
    )

    def sample_of(event: dict[str, str]) -> str:
        return event["display_name"].partition("/evidence/")[2].partition("/")[0]

    sessions = timeline.logins
    assert {
        (
            sample_of(item),
            item["account_identifier"],
            item["session_data_center"],
            item["session_identifier"],
        )
        for item in sessions
    } == expected
    assert {item["client_name"] for item in sessions} == {"Telegram Desktop"}
    found_locked = [
        item for item in timeline.accounts if item["passcode_state"] == "locked"
    ]
    assert {(sample_of(item), item["account_slot"]) for item in found_locked} == locked
    for item in found_locked:
        # hashcat has no mode for the Argon2id wraps of 7.3.
        if sample_of(item) == "made-7.3-argon2":
            assert "recovery_line" not in item
            assert item["passcode_kdf"].startswith("Argon2id")
        else:
            assert item["recovery_line"].startswith("$telegram$2*100000*")
    assert support.warnings(timeline.storage, tmp_path) == []


def session_identifier(key: str | dict[str, str]) -> str:
    """Identifier of a key of truth.json, computed or as stated."""
    if isinstance(key, str):
        return hashlib.sha1(bytes.fromhex(key)).digest()[-8:][::-1].hex()
    return bytes.fromhex(key["auth_key_id_hex_le_bytes"])[::-1].hex()
